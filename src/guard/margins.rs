//! The policy of a guard: how much worse each metric may be. `guard.json` beside the baselines, if nothing else is said.
//!
//! ```json
//! {
//!   "confidence": 0.95,
//!   "unclear": "fail",
//!   "exact": ["smallest"],
//!   "margins": {
//!     "requests.success_ratio": { "absolute": 0.001 },
//!     "requests*.latency.*": { "relative": 0.05 },
//!     "engine.*": "ignore",
//!     "*": { "relative": 0.02 }
//!   }
//! }
//! ```
//!
//! Of the patterns the first that fits a metric counts, so the general ones come last; `*` is 2 % where it is left out. Metrics of which
//! neither more nor less is better are not guarded.

use crate::failure::Failure;
use glob::{Pattern, PatternError};
use indexmap::IndexMap;
use serde::Deserialize;
use sim_core::measure::catalog::{Direction, direction, is_headline};
use sim_core::measure::guard::Margin;
use std::fs;
use std::path::Path;

/// Name of the file beside the baselines.
pub const NAME: &str = "guard.json";

/// How much worse each metric may be, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default = "usual_confidence")]
    confidence: f64,
    #[serde(default)]
    unclear: Unclear,
    #[serde(default)]
    exact: Exact,
    #[serde(default)]
    margins: IndexMap<String, Rule>,
}

/// How much worse each metric may be.
#[derive(Clone, Debug)]
pub struct Margins {
    /// Confidence of the one-sided bounds.
    pub confidence: f64,
    unclear: Unclear,
    exact: Exact,
    /// The first that fits counts; the last fits all.
    rules: Vec<(Pattern, Rule)>,
}

/// What a metric counts of which cannot be said whether it is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unclear {
    #[default]
    Fail,
    Warn,
}

/// Scenarios of which the digest must stay: some, by name, or all.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Exact {
    All(bool),
    Some(Vec<String>),
}

impl Default for Exact {
    fn default() -> Self {
        Self::All(false)
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Rule {
    Ignore(Ignore),
    Within(Margin),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ignore {
    Ignore,
}

/// The pattern that fits all.
const ALL: &str = "*";

fn usual() -> Rule {
    Rule::Within(Margin::Relative(0.02))
}

fn usual_confidence() -> f64 {
    0.95
}

/// A pattern of metrics: `*` and `?` are wild, brackets are those of workloads.
fn pattern(text: &str) -> Result<Pattern, PatternError> {
    let literal = |c: char| if "[]".contains(c) { Pattern::escape(&c.to_string()) } else { c.to_string() };
    Pattern::new(&text.chars().map(literal).collect::<String>())
}

impl Default for Margins {
    /// Headline metrics may be worse by 2 % \[A\]: a round figure, to be set by who knows what matters.
    fn default() -> Self {
        let rules = vec![(pattern(ALL).expect("it is a pattern"), usual())];
        Self { confidence: usual_confidence(), unclear: Unclear::Fail, exact: Exact::default(), rules }
    }
}

impl Margins {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let written = serde_json::from_str(&text).map_err(|error| error.to_string());
        written.and_then(Self::of_written).map_err(|message| {
            Failure::Usage(format!(
                "{} holds no margins: {message}; accepted: {{\"confidence\": 0.95, \"unclear\": \"fail\" or \"warn\", \"exact\": true or names of scenarios, \
                 \"margins\": {{\"pattern of metrics\": {{\"absolute\": …}}, {{\"relative\": …}} or \"ignore\"}}}}",
                path.display()
            ))
        })
    }

    fn of_written(mut written: Written) -> Result<Self, String> {
        if !(0.5..1.0).contains(&written.confidence) {
            return Err(format!("a confidence of {} is not from 0.5 to below 1", written.confidence));
        }
        written.margins.entry(ALL.to_owned()).or_insert_with(usual);
        if let Some((last, _)) = written.margins.last().filter(|(last, _)| *last != ALL) {
            return Err(format!("{last:?} stands behind \"*\", which fits all, and so would never count"));
        }
        let mut rules = Vec::with_capacity(written.margins.len());
        for (text, rule) in written.margins {
            if let Rule::Within(Margin::Absolute(margin) | Margin::Relative(margin)) = rule
                && !(margin >= 0.0 && margin.is_finite())
            {
                return Err(format!("a margin of {margin} for {text:?} is not zero or more"));
            }
            rules.push((pattern(&text).map_err(|error| format!("the pattern {text:?}: {error}"))?, rule));
        }
        Ok(Self { confidence: written.confidence, unclear: written.unclear, exact: written.exact, rules })
    }

    /// Patterns with margins that fit none of these metrics, and names of exact scenarios that are none of these.
    pub fn idle<'a>(&self, metrics: &[&'a str], scenarios: &[&'a str]) -> Vec<String> {
        let is_idle = |(pattern, rule): &&(Pattern, Rule)| {
            let fits = pattern.as_str() == ALL || metrics.iter().any(|metric| pattern.matches(metric));
            matches!(rule, Rule::Within(_)) && !fits
        };
        let told = |(pattern, _): &(Pattern, Rule)| {
            let text = pattern.as_str().replace("[[]", "[").replace("[]]", "]");
            format!("the pattern {text:?} fits no metric here")
        };
        let mut idle: Vec<String> = self.rules.iter().filter(is_idle).map(told).collect();
        if let Exact::Some(names) = &self.exact {
            let unknown = names.iter().filter(|name| !scenarios.contains(&name.as_str()));
            idle.extend(unknown.map(|name| format!("the exact scenario {name:?} is not here")));
        }
        idle
    }

    /// The margin of a metric, if it is guarded. Those that are not headlines need a pattern of their own.
    pub fn of(&self, metric: &str) -> Option<Margin> {
        if direction(metric) == Direction::Neutral {
            return None;
        }
        let (pattern, rule) = self.rules.iter().find(|(pattern, _)| pattern.matches(metric))?;
        match rule {
            Rule::Within(margin) if pattern.as_str() != ALL || is_headline(metric) => Some(*margin),
            _ => None,
        }
    }

    /// Whether the digest of a scenario must stay.
    pub fn is_exact(&self, scenario: &str) -> bool {
        match &self.exact {
            Exact::All(all) => *all,
            Exact::Some(names) => names.iter().any(|name| name == scenario),
        }
    }

    /// Whether a metric of which nothing can be said is as bad as a worse one.
    pub fn refuses_unclear(&self) -> bool {
        self.unclear == Unclear::Fail
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Margins, Failure> {
        let place = tempfile::tempdir().expect("temporary folder");
        let path = place.path().join(NAME);
        fs::write(&path, text).expect("written");
        Margins::read(&path)
    }

    #[test]
    fn the_first_pattern_that_fits_counts() {
        let margins = read(
            r#"{ "margins": { "requests*.latency.*": { "relative": 0.05 }, "nodes.*": "ignore", "*": { "absolute": 1 } } }"#,
        );
        let margins = margins.expect("they are right");
        assert_eq!(margins.of("requests[web].latency.p999"), Some(Margin::Relative(0.05)));
        assert_eq!(margins.of("nodes.uptime"), None);
        assert_eq!(margins.of("requests.success_ratio"), Some(Margin::Absolute(1.0)));
        assert_eq!(margins.of("engine.events"), None);
        assert!(margins.refuses_unclear() && !margins.is_exact("any"));
        assert_eq!(
            margins.idle(&["nodes.uptime"], &[]),
            ["the pattern \"requests*.latency.*\" fits no metric here"]
        );
        let bracketed = read(r#"{ "margins": { "requests[web].latency.p99": { "absolute": 3 } } }"#);
        let bracketed = bracketed.expect("they are right");
        assert_eq!(bracketed.of("requests[web].latency.p99"), Some(Margin::Absolute(3.0)));
        assert_eq!(
            bracketed.idle(&["x"], &[]),
            ["the pattern \"requests[web].latency.p99\" fits no metric here"]
        );
        let few = read(r#"{ "exact": ["other"] }"#).expect("they are right");
        assert_eq!(few.of("requests.success_ratio"), Some(Margin::Relative(0.02)));
        assert_eq!(few.idle(&[], &["this"]), ["the exact scenario \"other\" is not here"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, what) in [
            (r#"{ "margin": {} }"#, "unknown field `margin`"),
            (r#"{ "confidence": 95 }"#, "a confidence of 95"),
            (r#"{ "margins": { "*": { "relative": -1 } } }"#, "a margin of -1"),
            (r#"{ "margins": { "***": { "relative": 1 } } }"#, "the pattern \"***\""),
            (r#"{ "margins": { "*": { "percent": 1 } } }"#, "accepted:"),
            (r#"{ "margins": { "*": { "relative": 1 }, "a": "ignore" } }"#, "\"a\" stands behind"),
            ("{", "accepted:"),
        ] {
            let Err(Failure::Usage(message)) = read(text) else { panic!("{text} is accepted") };
            assert!(message.contains(what), "{message}");
        }
    }
}
