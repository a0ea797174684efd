//! Which runs of a plan are wanted: those that meet conditions (`--only`), and of these a part (`--shard`).
//!
//! Conditions are separated by commas and must all hold. Each compares what is known of a run with a value, or with several
//! separated by `|` of which one must match: `policy`, `scenario`, `variation`, `replication`, or any field of the resolved scenario by its JSON Pointer.
//! Quantities compare by their size, whatever their units.

use super::Project;
use super::stages::Stages;
use crate::failure::Failure;
use clap::Args;
use serde_json::Value;
use sim_core::scenario::{Run, accepted, comparable};
use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::str::FromStr;

/// Flags that select runs.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// Only the runs that meet all conditions, as in --only 'policy=hedged|bare,/fleet/0/sites>100,replication<5'
    #[arg(long, value_name = "CONDITIONS")]
    pub only: Option<Conditions>,
    /// Only part I of N of the runs; `brownout merge` puts the parts together
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
}

/// One part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    part: u32,
    of: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parsed {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("accepted: I/N with I from 1 to N, as in 3/16".to_owned()),
        }
    }
}

impl Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// Conditions with the text that they were read from.
#[derive(Clone, Debug)]
pub struct Conditions {
    text: String,
    /// All must hold.
    pub all: Vec<Condition>,
}

/// A comparison that a run meets or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    what: What,
    relation: Relation,
    values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Scenario,
    Variation,
    Policy,
    Replication,
    Field(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// Relations as they are written, the longer ones first.
const RELATIONS: [(&str, Relation); 6] = [
    ("!=", Relation::Different),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("=", Relation::Equal),
    ("<", Relation::Less),
    (">", Relation::More),
];

impl FromStr for Conditions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = text.split(',').map(str::trim).map(Condition::from_str).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), all })
    }
}

impl Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let accepted = "accepted: scenario, policy, variation, replication or a JSON Pointer, then one of = != < <= > >=, then a value, \
                        as in policy=hedged or '/duration>=2 d'";
        let found =
            RELATIONS.iter().filter_map(|(sign, relation)| Some((text.find(sign)?, *sign, *relation)));
        // The first sign in the text; of two that begin there the longer one.
        let (at, sign, relation) = found
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()))
            .ok_or_else(|| format!("no comparison in {text:?}; {accepted}"))?;
        let (what, values) = (text[..at].trim(), text[at + sign.len()..].trim());
        let what = match what {
            "scenario" => What::Scenario,
            "policy" => What::Policy,
            "variation" => What::Variation,
            "replication" => What::Replication,
            pointer if pointer.starts_with('/') => What::Field(pointer.to_owned()),
            other => {
                let near =
                    sim_core::scenario::accepted(other, &["scenario", "policy", "variation", "replication"]);
                let near = near.split_once('?').map_or(String::new(), |(near, _)| format!("; {near}?"));
                return Err(format!("{other:?} is nothing to compare{near}; {accepted}"));
            }
        };
        if values.is_empty() {
            return Err(format!("no value in {text:?}; {accepted}"));
        }
        let values = values.split('|').map(|value| value.trim().trim_matches('"').to_owned()).collect();
        Ok(Self { what, relation, values })
    }
}

impl Condition {
    /// Whether a run of a scenario meets it; a field that the scenario has not is an error.
    fn is_met(&self, project: &Project, run: &Run, tree: &Value) -> Result<bool, Failure> {
        let value = match &self.what {
            What::Scenario => Value::from(project.plan.name.as_str()),
            What::Policy => Value::from(run.policy.as_str()),
            What::Variation => Value::from(run.variation),
            What::Replication => Value::from(run.replication),
            What::Field(pointer) => {
                let set = project.plan.variations[run.variation as usize].values.get(pointer);
                set.or_else(|| tree.pointer(pointer)).cloned().ok_or_else(|| {
                    Failure::Usage(format!(
                        "--only: {pointer} points to nothing in {}{}; `brownout check {0} --resolved` shows all fields",
                        project.file.display(),
                        nearby(tree, pointer)
                    ))
                })?
            }
        };
        Ok(if self.relation == Relation::Different {
            !self.values.iter().any(|wanted| order(&value, wanted) == Some(Ordering::Equal))
        } else {
            self.values.iter().any(|wanted| self.relation.holds(order(&value, wanted)))
        })
    }
}

impl Relation {
    fn holds(self, found: Option<Ordering>) -> bool {
        let Some(found) = found else { return false };
        match self {
            Self::Equal => found == Ordering::Equal,
            Self::Different => found != Ordering::Equal,
            Self::Less => found == Ordering::Less,
            Self::AtMost => found != Ordering::Greater,
            Self::More => found == Ordering::Greater,
            Self::AtLeast => found != Ordering::Less,
        }
    }
}

/// The name beside the first part of a pointer that leads nowhere, in words.
fn nearby(tree: &Value, pointer: &str) -> String {
    let mut at = tree;
    for segment in pointer.split('/').skip(1) {
        let Some(next) = at.pointer(&format!("/{segment}")) else {
            let names: Vec<&str> =
                at.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let near = accepted(segment, &names);
            return near.split_once('?').map_or_else(String::new, |(near, _)| format!(" ({near}?)"));
        };
        at = next;
    }
    String::new()
}

/// Refuses names of policies and scenarios that none of the projects has.
pub(super) fn refuse_unknown(projects: &[Project], conditions: &[Condition]) -> Result<(), Failure> {
    let mut policies: Vec<&str> = Vec::new();
    for variation in projects.iter().flat_map(|project| &project.plan.variations) {
        policies.extend(variation.scenario.policies.keys().map(String::as_str));
    }
    policies.sort_unstable();
    policies.dedup();
    let scenarios: Vec<&str> = projects.iter().map(|project| project.plan.name.as_str()).collect();
    for condition in
        conditions.iter().filter(|it| matches!(it.relation, Relation::Equal | Relation::Different))
    {
        let (what, names) = match condition.what {
            What::Policy => ("policy", &policies),
            What::Scenario => ("scenario", &scenarios),
            _ => continue,
        };
        if let Some(unknown) = condition.values.iter().find(|value| !names.contains(&value.as_str())) {
            let help = accepted(unknown, names);
            return Err(Failure::Usage(format!("--only: there is no {what} `{unknown}`; {help}")));
        }
    }
    Ok(())
}

/// How a value compares with what was asked for; `None` if it cannot.
fn order(value: &Value, wanted: &str) -> Option<Ordering> {
    match value {
        Value::String(text) if text == wanted => Some(Ordering::Equal),
        Value::String(text) => comparable(text, wanted).and_then(|(a, b)| a.partial_cmp(&b)),
        Value::Number(number) => number.as_f64()?.partial_cmp(&wanted.parse().ok()?),
        Value::Bool(yes) => (wanted == if *yes { "true" } else { "false" }).then_some(Ordering::Equal),
        _ => None,
    }
}

/// Keeps the runs of a project that meet all conditions.
pub(super) fn retain(project: &mut Project, conditions: &[Condition]) -> Result<(), Failure> {
    let (mut kept, mut tree) = (Vec::new(), (u32::MAX, Value::Null));
    for number in &project.wanted {
        let run = &project.runs[*number].run;
        if tree.0 != run.variation {
            tree = (run.variation, project.plan.variations[run.variation as usize].tree());
        }
        let mut met = conditions.iter().map(|condition| condition.is_met(project, run, &tree.1));
        if met.try_fold(true, |all, met| met.map(|met| all && met))? {
            kept.push(*number);
        }
    }
    project.selected = kept.len();
    project.wanted = kept;
    Ok(())
}

/// Keeps a part of what is wanted of all projects: of n parts, part i has every n-th run, from the i-th on. So each has its share of every policy and
/// variation, and all have about the same work. Where what runs show decides on their number, nothing can be cut.
pub fn cut(projects: &mut [Project], shard: Option<Shard>) -> Result<(), Failure> {
    let Some(Shard { part, of }) = shard else { return Ok(()) };
    if let Some(project) = projects.iter().find(|project| Stages::of(project).is_some()) {
        return Err(Failure::Usage(format!(
            "{} cannot be cut with --shard: how many replications it has depends on what all of them show (`until` or `select`); \
             fix their number with --replications N, and leave `select` out",
            project.file.display()
        )));
    }
    let mut number = 0;
    for project in projects {
        project.wanted.retain(|_| {
            number += 1;
            (number - 1) % of == part - 1
        });
    }
    Ok(())
}

/// A selection of nothing is a mistake.
pub fn refuse_nothing(projects: &[Project]) -> Result<(), Failure> {
    if projects.iter().all(|project| project.wanted.is_empty()) {
        return Err(Failure::Usage(
            "no run is selected; `brownout plan` with the same flags but --only and --shard lists all"
                .to_owned(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn condition(text: &str) -> Condition {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn conditions_are_read() {
        let field = What::Field("/fleet/0/sites".to_owned());
        assert_eq!(
            condition("/fleet/0/sites >= 100"),
            Condition { what: field, relation: Relation::AtLeast, values: vec!["100".to_owned()] }
        );
        assert_eq!(condition("policy=a|b").values, ["a", "b"]);
        assert_eq!(condition("policy!=a").relation, Relation::Different);
        for wrong in ["", "policy", "sites>3", "policy=", "=3"] {
            assert!(wrong.parse::<Condition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_compare_by_size() {
        let met = |text: &str, value: Value| {
            let it = condition(text);
            it.values.iter().any(|wanted| it.relation.holds(order(&value, wanted)))
        };
        assert!(
            met("/a>1 d", json!("25 h")) && !met("/a>1 d", json!("24 h")) && met("/a=1 d", json!("24 h"))
        );
        assert!(met("/a<2 kW", json!("300 W")) && !met("/a<2 kW", json!("3000 W")));
        assert!(met("/a>99", json!(100)) && !met("/a>99", json!(99)) && !met("/a>99", json!("x")));
        assert!(met("/a=x|y", json!("y")) && met("/a=true", json!(true)) && !met("/a=x", json!("y")));
    }

    #[test]
    fn shards_are_numbered_from_one() {
        assert_eq!("3/16".parse(), Ok(Shard { part: 3, of: 16 }));
        assert!(["0/4", "5/4", "1", "a/b", "1/0", "-1/3"].iter().all(|text| text.parse::<Shard>().is_err()));
    }
}
