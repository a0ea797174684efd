//! `runs.jsonl`: one line per run, appended as runs finish, put in the order of the plan at the end.

use super::Folder;
use crate::failure::Failure;
use sim_core::measure::record::RunRecord;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

const NAME: &str = "runs.jsonl";

/// The growing log of finished runs.
pub struct RunLog {
    file: File,
    path: PathBuf,
}

impl RunLog {
    /// Starts a log with the records that are there already.
    pub fn start(folder: &Folder, kept: &[RunRecord]) -> Result<Self, Failure> {
        write(folder, kept)?;
        let path = folder.file(NAME);
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|error| Failure::file("open", &path, &error))?;
        Ok(Self { file, path })
    }

    /// Appends a record as one write, so that a killed process leaves whole lines and at most one torn one.
    pub fn append(&mut self, record: &RunRecord) -> Result<(), Failure> {
        let line = line(record)?;
        self.file.write_all(&line).map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// Makes what was appended durable.
    pub fn flush(&self) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| Failure::file("write", &self.path, &error))
    }
}

/// Writes all records, in the order given.
pub fn write(folder: &Folder, records: &[RunRecord]) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    for record in records {
        bytes.append(&mut line(record)?);
    }
    folder.write(NAME, &bytes)
}

/// Reads the records of a folder; a torn last line, as a crash leaves it, is left out. No file is no record.
pub fn read(folder: &Folder) -> Result<Vec<RunRecord>, Failure> {
    if !folder.file(NAME).exists() {
        return Ok(Vec::new());
    }
    let bytes = std::fs::read(folder.file(NAME))
        .map_err(|error| Failure::file("read", &folder.file(NAME), &error))?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = bytes[..whole].split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| {
                let path = folder.file(NAME);
                Failure::Work(format!("{}:{} is not a run record: {error}", path.display(), number + 1))
            })
        })
        .collect()
}

fn line(record: &RunRecord) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(record)
        .map_err(|error| Failure::Work(format!("cannot write a record: {error}")))?;
    line.push(b'\n');
    Ok(line)
}
