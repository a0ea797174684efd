//! `summary.json` and `summary.csv`: what all runs say about the policies.

use super::Folder;
use crate::failure::Failure;
use sim_core::measure::summary::{Summary, summary_csv};

/// The text of `summary.json`.
pub fn json(summary: &Summary) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(summary);
    text.map(|text| text + "\n").map_err(|error| Failure::Work(format!("cannot write the summary: {error}")))
}

/// Writes both files.
pub fn write(folder: &Folder, summary: &Summary) -> Result<(), Failure> {
    folder.write("summary.json", json(summary)?.as_bytes())?;
    folder.write("summary.csv", summary_csv(summary).as_bytes())
}

/// Reads `summary.json`.
pub fn read(folder: &Folder) -> Result<Summary, Failure> {
    let text = folder.read("summary.json")?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::Work(format!("{} is not a summary: {error}", folder.file("summary.json").display()))
    })
}
