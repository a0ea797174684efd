//! Flags that commands share.

use crate::work::Limits;
use clap::Args;
use serde_json::{Value, json};
use sim_core::kernel::SimDuration;
use sim_core::scenario::{Overrides, duration};
use std::time::Duration;

/// Flags that change what a scenario file says.
#[derive(Clone, Debug, Default, Args)]
pub struct Changes {
    /// Seed of all random draws, instead of the file's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replications of each policy, instead of the file's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,
    /// Only these policies of the file, separated by commas
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub policies: Vec<String>,
    /// Set a field before the file is checked, as in --set /fleet/0/sites=200; may be repeated
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = setting)]
    pub set: Vec<(String, Value)>,
    /// Find the best policy on a metric, with runs spent on those that may be it; one that is worse by less than DELTA, in the unit of the metric, is as good
    #[arg(long, value_name = "METRIC=DELTA", value_parser = contest)]
    pub select: Option<(String, f64)>,
}

impl Changes {
    /// In the form that reading takes.
    pub fn overrides(&self) -> Overrides {
        let select = self.select.iter().map(|(metric, indifference)| {
            ("/select".to_owned(), json!({ "metric": metric, "indifference": indifference }))
        });
        Overrides {
            set: select.chain(self.set.iter().cloned()).collect(),
            seed: self.seed,
            replications: self.replications,
            policies: (!self.policies.is_empty()).then(|| self.policies.clone()),
        }
    }

    /// These, with what `other` says instead where it says something.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let pick =
            |mine: &Vec<String>, its: &Vec<String>| if its.is_empty() { mine.clone() } else { its.clone() };
        Self {
            seed: other.seed.or(self.seed),
            replications: other.replications.or(self.replications),
            policies: pick(&self.policies, &other.policies),
            set: self.set.iter().chain(&other.set).cloned().collect(),
            select: other.select.clone().or_else(|| self.select.clone()),
        }
    }

    /// The flags again, as they would be typed.
    pub fn typed(&self) -> String {
        let mut text = String::new();
        if let Some(seed) = self.seed {
            text.push_str(&format!(" --seed {seed}"));
        }
        if let Some(replications) = self.replications {
            text.push_str(&format!(" --replications {replications}"));
        }
        if !self.policies.is_empty() {
            text.push_str(&format!(" --policies {}", quoted(&self.policies.join(","))));
        }
        if let Some((metric, indifference)) = &self.select {
            text.push_str(&format!(" --select {}", quoted(&format!("{metric}={indifference}"))));
        }
        for (pointer, value) in &self.set {
            text.push_str(&format!(" --set {}", quoted(&format!("{pointer}={value}"))));
        }
        text
    }

    /// What is left of a file, as it would be typed: policies and settings, without seed and replications.
    pub fn kept(&self) -> String {
        Self { seed: None, replications: None, ..self.clone() }.typed()
    }
}

/// How many threads work.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Threads {
    /// Threads [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl Threads {
    /// How many.
    pub fn count(self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// What a single run may cost.
#[derive(Clone, Debug, Default, Args)]
pub struct Budget {
    /// Let a run fail that has more events than this
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_events: Option<u64>,
    /// Let a run fail that takes longer than this on this machine, as in --max-time '10 min'
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub max_time: Option<SimDuration>,
}

impl Budget {
    /// In the form that making runs takes.
    pub fn limits(&self) -> Limits {
        let time = self.max_time.map(|time| Duration::from_nanos(time.as_nanos()));
        Limits { events: self.max_events, time }
    }
}

/// A time of more than zero.
pub fn some_time(text: &str) -> Result<SimDuration, String> {
    let time = duration(text)?;
    if time.is_zero() { Err("it must be more than zero".to_owned()) } else { Ok(time) }
}

/// Reads `/pointer=value`: the value is JSON, or else a text.
pub fn setting(text: &str) -> Result<(String, Value), String> {
    let accepted = "accepted: /json/pointer=value, as in /fleet/0/sites=200 or '/duration=3 d'";
    let (pointer, value) = text.split_once('=').ok_or_else(|| format!("no '='; {accepted}"))?;
    if !pointer.starts_with('/') {
        return Err(format!("a JSON Pointer begins with '/', found {pointer:?}; {accepted}"));
    }
    Ok((pointer.to_owned(), Overrides::parse_value(value)))
}

/// Reads `metric=indifference`.
fn contest(text: &str) -> Result<(String, f64), String> {
    let accepted =
        "accepted: METRIC=DELTA with a difference that does not matter, as in requests.success_ratio=0.001";
    let (metric, indifference) = text.rsplit_once('=').ok_or_else(|| format!("no '='; {accepted}"))?;
    let number = indifference.trim().parse().ok().filter(|it: &f64| it.is_finite() && *it > 0.0);
    let number = number.ok_or_else(|| format!("{indifference:?} is no number above zero; {accepted}"))?;
    Ok((metric.trim().to_owned(), number))
}

/// A word of a command line, in quotes where a shell needs them.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_settings_are_json_or_else_text() {
        assert_eq!(setting("/fleet/0/sites=200"), Ok(("/fleet/0/sites".to_owned(), json!(200))));
        assert_eq!(setting("/duration=3 d"), Ok(("/duration".to_owned(), json!("3 d"))));
        assert_eq!(setting("/a={\"b\": 1}"), Ok(("/a".to_owned(), json!({"b": 1}))));
        assert!(setting("duration=3 d").is_err() && setting("/duration").is_err());
    }

    #[test]
    fn words_are_quoted_for_a_shell_when_they_must_be() {
        assert_eq!(quoted("scenarios/first.json"), "scenarios/first.json");
        assert_eq!(quoted("/duration=\"3 d\""), "'/duration=\"3 d\"'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
