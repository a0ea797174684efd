//! `summary.json` and `summary.csv`: what all runs say about the policies. They are written a variation at a time.

use super::manifest::Manifest;
use super::{Folder, Whole};
use crate::failure::Failure;
use serde::Serialize;
use sim_core::measure::summary::{Summary, SummaryCsv, VariationSummary};

/// Name of the file for programs.
const JSON: &str = "summary.json";

/// Both files, growing.
pub struct SummaryFiles {
    json: Whole,
    csv: Whole,
    table: SummaryCsv,
    /// Whether a variation is there.
    begun: bool,
}

impl SummaryFiles {
    /// Begins them.
    pub fn create(folder: &Folder, manifest: &Manifest) -> Result<Self, Failure> {
        let table = SummaryCsv::new(manifest.variations.iter().map(|variation| &variation.values));
        let (mut json, mut csv) = (folder.create(JSON)?, folder.create("summary.csv")?);
        let head = pretty(&Summary::new(&manifest.scenario))?;
        let opened = head.strip_suffix("[]\n}").expect("a summary without variations ends with none");
        json.write(format!("{opened}[").as_bytes())?;
        csv.write(table.head().as_bytes())?;
        Ok(Self { json, csv, table, begun: false })
    }

    /// Adds a variation.
    pub fn add(&mut self, number: usize, variation: &VariationSummary) -> Result<(), Failure> {
        // No text in JSON holds an end of line, so lines can be indented as they are.
        let text = pretty(variation)?.replace('\n', "\n    ");
        let comma = if self.begun { "," } else { "" };
        self.json.write(format!("{comma}\n    {text}").as_bytes())?;
        self.csv.write(self.table.rows(number, variation).as_bytes())?;
        self.begun = true;
        Ok(())
    }

    /// Puts both in their place.
    pub fn persist(mut self) -> Result<(), Failure> {
        self.json.write(if self.begun { b"\n  ]\n}\n" } else { b"]\n}\n" })?;
        self.json.persist()?;
        self.csv.persist()
    }
}

fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Failure::Work(format!("cannot write the summary: {error}")))
}

/// The text of `summary.json`.
pub fn text(folder: &Folder) -> Result<String, Failure> {
    folder.read(JSON)
}

/// Reads `summary.json`.
pub fn read(folder: &Folder) -> Result<Summary, Failure> {
    serde_json::from_str(&folder.read(JSON)?)
        .map_err(|error| Failure::Work(format!("{} is not a summary: {error}", folder.file(JSON).display())))
}
