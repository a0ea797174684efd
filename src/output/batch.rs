//! `batch.json`: which scenarios a batch has, in which folders, and the digest of all.

use super::Folder;
use super::manifest::Manifest;
use crate::failure::Failure;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sim_core::kernel::digest::hexadecimal;
use std::fs;
use std::path::Path;

const NAME: &str = "batch.json";

/// The content of `batch.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Batch {
    /// Digest of all results, if all scenarios are complete: of the names and digests of the scenarios in the order of their names.
    pub digest: Option<String>,
    /// The scenarios, in the order in which they were named.
    pub scenarios: Vec<Entry>,
}

/// One scenario of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Name of the scenario.
    pub scenario: String,
    /// Folder of its results, beside `batch.json`.
    pub folder: String,
    /// The file it was read from, as given.
    pub file: String,
    /// Number of runs that were asked for.
    pub runs: usize,
    /// How many of them failed.
    pub failed: usize,
    /// Which part of them was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// Digest of its results; absent until they are complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

impl Batch {
    /// Adds a scenario whose results go to a folder.
    pub fn add(&mut self, manifest: &Manifest, folder: &str) {
        self.scenarios.push(Entry {
            scenario: manifest.scenario.clone(),
            folder: folder.to_owned(),
            file: manifest.file.clone(),
            runs: manifest.runs,
            failed: manifest.failed.len(),
            shard: manifest.shard.clone(),
            digest: manifest.digest.clone(),
        });
    }

    /// Notes how a scenario ended.
    pub fn set(&mut self, manifest: &Manifest) {
        for entry in self.scenarios.iter_mut().filter(|entry| entry.scenario == manifest.scenario) {
            entry.failed = manifest.failed.len();
            entry.digest.clone_from(&manifest.digest);
        }
    }

    /// The entry of a scenario on a line.
    pub fn line(&self, scenario: &str) -> String {
        let entry = self.scenarios.iter().find(|entry| entry.scenario == scenario);
        entry.and_then(|entry| serde_json::to_string(entry).ok()).unwrap_or_default()
    }

    /// The digest of all, if all are complete.
    pub fn digest(&self) -> Option<String> {
        let mut scenarios: Vec<_> = self.scenarios.iter().collect();
        scenarios.sort_by(|a, b| a.scenario.cmp(&b.scenario));
        let mut hasher = Sha256::new();
        for entry in scenarios {
            hasher.update(format!("{}\n{}\n", entry.scenario, entry.digest.as_ref()?));
        }
        Some(hexadecimal(&hasher.finalize()))
    }

    /// Writes it.
    pub fn write(&mut self, folder: &Folder) -> Result<(), Failure> {
        self.digest = self.digest();
        let mut text =
            serde_json::to_string_pretty(self).map_err(|error| Failure::Work(error.to_string()))?;
        text.push('\n');
        folder.write(NAME, text.as_bytes())
    }

    /// The batch of a folder; `None` if it has none.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let file = path.join(NAME);
        if !file.exists() {
            return Ok(None);
        }
        let text = fs::read_to_string(&file).map_err(|error| Failure::file("read", &file, &error))?;
        serde_json::from_str(&text).map(Some).map_err(|error| {
            Failure::Usage(format!("{} is not of a batch of this tool: {error}", file.display()))
        })
    }
}

/// The folder for the results of a batch, which may hold anything but a `batch.json` of something else.
pub fn folder(path: &Path) -> Result<Folder, Failure> {
    fs::create_dir_all(path).map_err(|error| Failure::file("create the results folder", path, &error))?;
    Batch::read(path)?;
    Folder::open(path)
}
