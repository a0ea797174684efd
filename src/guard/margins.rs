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
use glob::Pattern;
use indexmap::IndexMap;
use serde::Deserialize;
use sim_core::measure::catalog::{Direction, direction, is_headline};
use sim_core::measure::guard::Margin;
use std::fs;
use std::path::Path;

/// Name of the file beside the baselines.
pub const NAME: &str = "guard.json";

/// How much worse each metric may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margins {
    /// Confidence of the one-sided bounds.
    #[serde(default = "usual_confidence")]
    pub confidence: f64,
    #[serde(default)]
    unclear: Unclear,
    #[serde(default)]
    exact: Exact,
    #[serde(default)]
    margins: IndexMap<String, Rule>,
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

impl Default for Margins {
    /// Headline metrics may be worse by 2 %, by what differs between runs of the same length in the bundled scenarios.
    fn default() -> Self {
        let margins = IndexMap::from([(ALL.to_owned(), usual())]);
        Self { confidence: usual_confidence(), unclear: Unclear::Fail, exact: Exact::default(), margins }
    }
}

impl Margins {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let wrong = |message: String| {
            Failure::Usage(format!(
                "{} holds no margins: {message}; accepted: {{\"confidence\": 0.95, \"unclear\": \"fail\" or \"warn\", \"exact\": true or names of scenarios, \
                 \"margins\": {{\"pattern of metrics\": {{\"absolute\": …}}, {{\"relative\": …}} or \"ignore\"}}}}",
                path.display()
            ))
        };
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        let margins: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if !(0.5..1.0).contains(&margins.confidence) {
            return Err(wrong(format!("a confidence of {} is not from 0.5 to below 1", margins.confidence)));
        }
        for (pattern, rule) in &margins.margins {
            Pattern::new(pattern).map_err(|error| wrong(format!("the pattern {pattern:?}: {error}")))?;
            if let Rule::Within(Margin::Absolute(margin) | Margin::Relative(margin)) = rule
                && !(*margin >= 0.0 && margin.is_finite())
            {
                return Err(wrong(format!("a margin of {margin} for {pattern:?} is not zero or more")));
            }
        }
        let mut margins = margins;
        if !margins.margins.contains_key(ALL) {
            margins.margins.insert(ALL.to_owned(), usual());
        }
        if let Some((last, _)) = margins.margins.last().filter(|(last, _)| *last != ALL) {
            return Err(wrong(format!(
                "{last:?} stands behind \"*\", which fits all, and so would never count"
            )));
        }
        Ok(margins)
    }

    /// Patterns with margins that fit none of these metrics, and names of exact scenarios that are none of these.
    pub fn idle<'a>(&self, metrics: &[&'a str], scenarios: &[&'a str]) -> Vec<String> {
        let rules =
            self.margins.iter().filter(|(pattern, rule)| *pattern != ALL && matches!(rule, Rule::Within(_)));
        let fits = |pattern: &str| {
            Pattern::new(pattern).is_ok_and(|pattern| metrics.iter().any(|metric| pattern.matches(metric)))
        };
        let mut idle: Vec<String> = rules
            .filter(|(pattern, _)| !fits(pattern))
            .map(|(pattern, _)| format!("the pattern {pattern:?} fits no metric here"))
            .collect();
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
        let fits = |pattern: &str| Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(metric));
        let (pattern, rule) = self.margins.iter().find(|(pattern, _)| fits(pattern))?;
        match rule {
            Rule::Within(margin) if pattern != ALL || is_headline(metric) => Some(*margin),
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
