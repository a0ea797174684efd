//! How many replications are made, and what is to be said about the policies.

use crate::measure::catalog::{self, Direction};
use crate::measure::stopping::looks;
use crate::scenario::declare::{choice, object};
use crate::scenario::problem::accepted;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Flag, Number, Positive, Range, Text};
use crate::scenario::section::List;
use crate::scenario::spec::{Best, Named, Policy, Select, Statistics, Until, Width};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

/// How many replications, as written.
#[derive(Debug)]
pub(in crate::scenario) struct Replications {
    min: Option<u32>,
    pub(in crate::scenario) max: u32,
    until: Option<Until>,
}

/// A number, or an object that says when enough is known.
pub(in crate::scenario) struct ReplicationsKind;

impl Kind for ReplicationsKind {
    type Out = Replications;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Replications, Json)> {
        if let Value::Object(_) = node.value {
            let (Adaptive { min, max, until }, json) = AdaptiveKind::read(node, reader)?;
            return Some((Replications { min: Some(min), max, until }, json));
        }
        let (max, json) = Count::<1>::read(node, reader)?;
        Some((Replications { min: None, max, until: None }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Count::<1>::schema(definitions), AdaptiveKind::schema(definitions)] })
    }
}

#[derive(Debug)]
pub(in crate::scenario) struct Adaptive {
    min: u32,
    max: u32,
    until: Option<Until>,
}

object! {
    /// Replications whose number depends on what they show.
    AdaptiveKind: Adaptive = Adaptive {
        /// Replications before the first decision.
        default "min" => min: Count<2> = "10",
        /// Replications at most.
        required "max" => max: Count<2>,
        /// When enough is known. Left out: it is `select` that decides.
        optional "until" => until: UntilKind,
    }
    check check_bounds
}

fn check_bounds(it: &Adaptive, node: &Node, reader: &mut Reader<'_>) {
    if it.min > it.max {
        let message = format!("`min` ({}) is more than `max` ({})", it.min, it.max);
        reader.fault_in(node, "min", message, "at most `max`");
    }
}

pub(in crate::scenario) struct UntilFields {
    metric: String,
    half_width: Option<f64>,
    relative_half_width: Option<f64>,
    difference: bool,
    policies: Option<Vec<String>>,
}

object! {
    /// A mean that is to be known well enough.
    UntilFieldsKind: UntilFields = UntilFields {
        /// Name of the metric.
        required "metric" => metric: MetricName,
        /// Half the width of its interval, in the unit of the metric.
        optional "half_width" => half_width: Number<Positive>,
        /// Half the width of its interval, as a share of the mean.
        optional "relative_half_width" => relative_half_width: Number<Share>,
        /// The differences between policies, paired by replication, instead of the means of each.
        default "difference" => difference: Flag = "false",
        /// Policies to which it applies. Left out: all.
        optional "policies" => policies: List<Text, 1>,
    }
}

/// When enough is known.
pub(in crate::scenario) struct UntilKind;

impl Kind for UntilKind {
    type Out = Until;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Until, Json)> {
        let (it, json) = UntilFieldsKind::read(node, reader)?;
        let width = match (it.half_width, it.relative_half_width) {
            (Some(width), None) => Width::Absolute(width),
            (None, Some(share)) if !it.difference => Width::Relative(share),
            (None, Some(_)) => {
                let message = "a difference can be zero, so that a share of it says nothing";
                reader.fault_in(node, "relative_half_width", message, "`half_width` instead");
                return None;
            }
            (there, _) => {
                let message = if there.is_some() { "two widths" } else { "no width that is enough" };
                reader.fault(node.span, message, "`half_width` or `relative_half_width`");
                return None;
            }
        };
        Some((Until { metric: it.metric, width, difference: it.difference, policies: it.policies }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        UntilFieldsKind::schema(definitions)
    }
}

object! {
    /// The best of all policies is found; runs are spent on those that may be it.
    SelectKind: Select = Select {
        /// Name of the metric.
        required "metric" => metric: MetricName,
        /// Which end of it is best.
        default "best" => best: BestKind = "\"auto\"",
        /// A policy that is worse by less than this is as good, in the unit of the metric.
        required "indifference" => indifference: Number<Positive>,
        /// Probability of finding the best where it is better than all others by the indifference or more.
        default "probability" => probability: Number<Sureness> = "0.95",
        /// Policies that take part; the others are run for the first replications alone. Left out: all take part.
        optional "policies" => policies: List<Text, 1>,
    }
    check check_best
}

fn check_best(select: &Select, node: &Node, reader: &mut Reader<'_>) {
    if select.best == Best::Auto && catalog::direction(&select.metric) == Direction::Neutral {
        let message = format!("neither more nor less of `{}` is better", select.metric);
        reader.fault_in(node, "metric", message, "add `best`: \"highest\" or \"lowest\"");
    }
}

choice! {
    /// Which end of a metric is best.
    BestKind: Best {
        words {
            /// More where more is better, and less where less is.
            "auto" => Best::Auto,
            /// More.
            "highest" => Best::Highest,
            /// Less.
            "lowest" => Best::Lowest,
        }
    }
}

/// A share that is not nothing and not all.
pub(in crate::scenario) struct Share;

impl Range for Share {
    fn holds(value: f64) -> bool {
        value > 0.0 && value < 1.0
    }
    const WORDS: &'static str = "more than 0 and less than 1";
    const BOUNDS: &'static [(&'static str, f64)] = &[("exclusiveMinimum", 0.0), ("exclusiveMaximum", 1.0)];
}

/// A probability at which a choice says anything.
pub(in crate::scenario) struct Sureness;

impl Range for Sureness {
    fn holds(value: f64) -> bool {
        (0.5..1.0).contains(&value)
    }
    const WORDS: &'static str = "from 0.5 to less than 1";
    const BOUNDS: &'static [(&'static str, f64)] = &[("minimum", 0.5), ("exclusiveMaximum", 1.0)];
}

/// The name of a metric, with or without a workload in brackets.
pub(in crate::scenario) struct MetricName;

impl Kind for MetricName {
    type Out = String;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(String, Json)> {
        let (name, json) = Text::read(node, reader)?;
        is_metric(&name, node, reader).then_some((name, json))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "name of a metric, as in `brownout catalog metrics`", "type": "string" })
    }
}

fn is_metric(name: &str, node: &Node, reader: &mut Reader<'_>) -> bool {
    let known = catalog::lookup(name).is_some();
    if !known {
        let names: Vec<&str> = catalog::metrics().iter().map(|metric| metric.pattern).collect();
        reader.fault(node.span, format!("there is no metric `{name}`"), accepted(name, &names));
    }
    known
}

/// Differences that do not matter, by metric.
pub(in crate::scenario) type Indifference = Named<f64>;

/// Puts together what is asked of the statistics, and checks it.
pub(in crate::scenario) fn complete(
    replications: &Replications,
    (indifference, select): (Indifference, Option<Select>),
    policies: &Named<Policy>,
    (node, reader): (&Node, &mut Reader<'_>),
) -> Statistics {
    let until = replications.until.clone();
    let at = node.get("replications").unwrap_or(node);
    if let Some(unknown) = until
        .iter()
        .flat_map(|until| until.policies.iter().flatten())
        .find(|name| !policies.contains_key(*name))
    {
        let names: Vec<&str> = policies.keys().map(String::as_str).collect();
        let help = accepted(unknown, &names);
        reader.within_all(&["replications", "until"], |reader| {
            reader.fault(at.span, format!("there is no policy `{unknown}`"), help);
        });
    }
    let compared = |until: &Until| until.policies.as_ref().map_or(policies.len(), Vec::len);
    if until.as_ref().is_some_and(|until| until.difference && compared(until) < 2) {
        reader.within_all(&["replications", "until"], |reader| {
            reader.fault(at.span, "a difference of one policy", "two policies or more");
        });
    }
    if until.is_some() && select.is_some() {
        reader.within("select", |reader| {
            let message = "`select` and `until` both say when enough is known";
            reader.fault(node.get("select").unwrap_or(node).span, message, "one of them");
        });
    }
    if let Some(select) = &select {
        check_contenders(select, policies, node, reader);
    }
    if replications.min.is_some() && until.is_none() && select.is_none() {
        reader.within("replications", |reader| {
            let help = "`until`, a `select` at the top level, or a plain number";
            reader.fault(at.span, "nothing says when enough is known", help);
        });
    }
    for name in indifference.keys() {
        let at = node.get("indifference").unwrap_or(node);
        reader.within("indifference", |reader| is_metric(name, at, reader));
    }
    let first = match (&until, &select) {
        (None, None) => None,
        _ => Some(replications.min.unwrap_or(FIRST).min(replications.max)),
    };
    debug_assert!(first.is_none_or(|first| first < 2 || !looks(first, replications.max).is_empty()));
    Statistics { first, until, indifference, select }
}

/// Whether there are two policies to select from, all of which the scenario has.
fn check_contenders(select: &Select, policies: &Named<Policy>, node: &Node, reader: &mut Reader<'_>) {
    let span = node.get("select").unwrap_or(node).span;
    let names: Vec<&str> = policies.keys().map(String::as_str).collect();
    let asked: Vec<&str> = select.policies.iter().flatten().map(String::as_str).collect();
    let unknown = asked.iter().find(|name| !names.contains(name));
    let twice = asked.iter().enumerate().find(|(index, name)| asked[..*index].contains(name));
    let fault = match (unknown, twice) {
        (Some(unknown), _) => Some((format!("there is no policy `{unknown}`"), accepted(unknown, &names))),
        (None, Some((_, twice))) => {
            Some((format!("`{twice}` takes part twice"), "each policy once".to_owned()))
        }
        _ if names.len() < 2 || asked.len() == 1 => {
            Some(("there is one policy to select from".to_owned(), "two policies or more".to_owned()))
        }
        _ => None,
    };
    if let Some((message, help)) = fault {
        reader.within("select", |reader| reader.fault(span, message, help));
    }
}

/// Replications before the first decision where nothing is said.
const FIRST: u32 = 10;
