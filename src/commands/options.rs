//! Flags that commands share.

use clap::Args;
use serde_json::Value;
use sim_core::scenario::Overrides;

/// Flags that change what a scenario file says.
#[derive(Clone, Debug, Args)]
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
}

impl Changes {
    /// In the form that reading takes.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            set: self.set.clone(),
            seed: self.seed,
            replications: self.replications,
            policies: (!self.policies.is_empty()).then(|| self.policies.clone()),
        }
    }

    /// The flags again, as they would be typed.
    pub fn typed(&self) -> String {
        let mut text = String::new();
        if let Some(seed) = self.seed {
            text.push_str(&format!(" --seed {seed}"));
        }
        text + &self.settings()
    }

    /// What is left of the file, as it would be typed: policies and settings, without seed and replications.
    pub fn kept(&self) -> String {
        let policies = if self.policies.is_empty() {
            String::new()
        } else {
            format!(" --policies {}", quoted(&self.policies.join(",")))
        };
        policies + &self.settings()
    }

    fn settings(&self) -> String {
        let typed =
            |(pointer, value): &(String, Value)| format!(" --set {}", quoted(&format!("{pointer}={value}")));
        self.set.iter().map(typed).collect()
    }
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
