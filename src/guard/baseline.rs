//! What a guard keeps of results: the digest, and the guarded metrics of each run. `NAME.json`, one for each scenario.

use super::margins::Margins;
use crate::commands::options::Threads;
use crate::failure::Failure;
use crate::output::Folder;
use crate::output::batch::Batch;
use crate::output::finish::{self, Kept};
use crate::output::manifest::Manifest;
use crate::tell::table;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sim_core::measure::catalog::sort_key;
use sim_core::measure::digest::Digester;
use sim_core::measure::record::RunRecord;
use std::fs;
use std::path::{Path, PathBuf};

/// Results as far as they are guarded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// Name of the scenario.
    pub scenario: String,
    /// Version of the models.
    pub model_version: String,
    /// SHA-256 of the resolved variations.
    pub scenario_hash: String,
    /// Seed of the scenario: only with the same one did runs meet the same weather.
    pub seed: u64,
    /// Digest of all results; absent if they are not complete.
    pub digest: Option<String>,
    /// The variations, in the order of the plan.
    pub variations: Vec<Guarded>,
}

/// One variation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guarded {
    /// What it sets, by JSON Pointer.
    pub values: IndexMap<String, Value>,
    /// By policy.
    pub policies: IndexMap<String, Runs>,
}

/// The runs of a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Runs {
    /// Values by metric, one for each replication; none where a run has no value.
    pub metrics: IndexMap<String, Vec<Option<f64>>>,
}

impl Guarded {
    /// What it sets, in words.
    pub fn words(&self) -> String {
        table::values(&self.values)
    }
}

impl Baseline {
    /// Takes what is guarded from a results folder.
    pub fn of(folder: &Path, margins: &Margins) -> Result<Self, Failure> {
        let folder = Folder::open(folder)?;
        let manifest = Manifest::read_whole(&folder)?;
        let mut held = finish::held(&folder, &manifest)?;
        let mut variations: Vec<Guarded> = manifest
            .variations
            .iter()
            .map(|variation| Guarded { values: variation.values.clone(), policies: IndexMap::new() })
            .collect();
        let mut digester = Digester::default();
        held.blocks(Threads::default().count(), |block| {
            for Kept { digest, record, .. } in block {
                digester.add(digest);
                let policies = &mut variations[record.variation as usize].policies;
                policies.entry(record.policy.clone()).or_default().add(&record, margins);
            }
            Ok(())
        })?;
        let digest = digester.finish();
        if manifest.digest.as_ref().is_some_and(|noted| *noted != digest) {
            return Err(Failure::Usage(format!(
                "{} does not hold the runs of its manifest: their digest is {digest:.16}, not {:.16}; make them again",
                folder.path().display(),
                manifest.digest.unwrap_or_default()
            )));
        }
        for runs in variations.iter_mut().flat_map(|variation| variation.policies.values_mut()) {
            runs.metrics.sort_by(|a, _, b, _| sort_key(a).cmp(&sort_key(b)));
        }
        Ok(Self {
            scenario: manifest.scenario,
            model_version: manifest.model_version,
            scenario_hash: manifest.scenario_hash,
            seed: manifest.seed,
            digest: manifest.digest,
            variations,
        })
    }

    /// Reads a baseline.
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
        serde_json::from_str(&text)
            .map_err(|error| Failure::Usage(format!("{} is not a baseline: {error}", path.display())))
    }

    /// Writes it: a line for each metric, so that a change of it can be read.
    pub fn write(&self, folder: &Folder) -> Result<(), Failure> {
        let value = serde_json::to_value(self).map_err(|error| Failure::Work(error.to_string()))?;
        let mut text = String::new();
        lines(&value, 0, &mut text);
        text.push('\n');
        folder.write(&format!("{}.json", self.scenario), text.as_bytes())
    }
}

impl Runs {
    /// Number of replications.
    pub fn replications(&self) -> usize {
        self.metrics.values().map(Vec::len).max().unwrap_or(0)
    }

    fn add(&mut self, record: &RunRecord, margins: &Margins) {
        let place = record.replication as usize;
        for (metric, value) in &record.metrics {
            if margins.of(metric).is_some() {
                let values = self.metrics.entry(metric.clone()).or_default();
                values.resize(values.len().max(place + 1), None);
                values[place] = Some(*value);
            }
        }
    }
}

/// Writes JSON with objects over several lines and arrays of numbers on one.
fn lines(value: &Value, depth: usize, text: &mut String) {
    let indent = |depth: usize| "  ".repeat(depth);
    let nested = |items: Vec<(Option<&String>, &Value)>, [open, close]: [&str; 2], text: &mut String| {
        text.push_str(open);
        for (index, (key, item)) in items.iter().enumerate() {
            text.push_str(if index > 0 { ",\n" } else { "\n" });
            text.push_str(&indent(depth + 1));
            if let Some(key) = key {
                text.push_str(&format!("{}: ", Value::from(key.as_str())));
            }
            lines(item, depth + 1, text);
        }
        text.push_str(&format!("\n{}{close}", indent(depth)));
    };
    match value {
        Value::Object(members) if !members.is_empty() => {
            nested(members.iter().map(|(key, item)| (Some(key), item)).collect(), ["{", "}"], text);
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            nested(items.iter().map(|item| (None, item)).collect(), ["[", "]"], text);
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The baselines at a path: of a folder of baselines or one file of it; or made from results, of one scenario or of a batch.
pub fn all(path: &Path, margins: &Margins) -> Result<Vec<Baseline>, Failure> {
    if path.is_file() {
        return Ok(vec![Baseline::read(path)?]);
    }
    if !path.is_dir() {
        return Err(Failure::Usage(format!("no file or folder {}", path.display())));
    }
    if path.join("manifest.json").is_file() {
        return Ok(vec![Baseline::of(path, margins)?]);
    }
    if let Some(batch) = Batch::read(path)? {
        return batch
            .scenarios
            .iter()
            .map(|entry| Baseline::of(&path.join(&entry.folder), margins))
            .collect();
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| Failure::file("read", path, &error))? {
        let file = entry.map_err(|error| Failure::file("read", path, &error))?.path();
        let is_baseline = file.extension().is_some_and(|extension| extension == "json")
            && file.file_name().is_some_and(|name| name != super::margins::NAME);
        files.extend(is_baseline.then_some(file));
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::Usage(format!(
            "{} holds neither baselines nor results; `brownout guard BASELINE RESULTS --update` makes baselines",
            path.display()
        )));
    }
    files.iter().map(|file| Baseline::read(file)).collect()
}
