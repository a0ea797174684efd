//! `runs.jsonl`: one line per run, appended as runs finish, put in the order of the plan at the end.
//!
//! A log can be long, so it is never held in memory: where the line of each run lies is ([`Span`]). While a process writes to a log it
//! holds a lock on it, so that two of them cannot work in one folder.

use super::Folder;
use crate::failure::Failure;
use serde::Deserialize;
use sim_core::measure::record::RunRecord;
use sim_core::scenario::Run;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Name of the file.
pub const NAME: &str = "runs.jsonl";

/// What a line says of which run it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// Content address.
    pub id: String,
    /// Number of the variation.
    pub variation: u32,
    /// Name of the policy.
    pub policy: String,
    /// Number of the replication.
    pub replication: u32,
}

impl Head {
    /// The run.
    pub fn run(&self) -> Run {
        Run { variation: self.variation, policy: self.policy.clone(), replication: self.replication }
    }
}

/// Where a line lies, its end of line included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    start: u64,
    length: u32,
}

/// Tells where each run of a log lies, and returns where its last whole line ends: a crash may leave a torn one behind that. No file has no
/// runs.
pub fn scan(path: &Path, mut each: impl FnMut(Head, Span)) -> Result<u64, Failure> {
    if !path.exists() {
        return Ok(0);
    }
    let failed = |error| Failure::file("read", path, &error);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
    let (mut start, mut number, mut line) = (0, 0, Vec::new());
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(failed)?;
        number += 1;
        if line.last() != Some(&b'\n') {
            return Ok(start);
        }
        if line.len() > 1 {
            let head = serde_json::from_slice(&line).map_err(|error| {
                Failure::Work(format!("{}:{number} is not a run record: {error}; take the line out, or make all runs again (batch --fresh, or run without --resume)", path.display()))
            })?;
            let length = u32::try_from(length).map_err(|_| {
                Failure::Work(format!("{}:{number} is no line of this tool: it is too long", path.display()))
            })?;
            each(head, Span { start, length });
        }
        start += length as u64;
    }
}

/// The growing log of finished runs.
pub struct RunLog {
    file: File,
    path: PathBuf,
    end: u64,
}

impl RunLog {
    /// Opens the log of a folder to go on with it, and tells where the runs lie that are there already. A torn last line is cut off.
    pub fn open(folder: &Folder, each: impl FnMut(Head, Span)) -> Result<Self, Failure> {
        let (mut file, path) = Self::lock(folder)?;
        let failed = |error| Failure::file("open", &path, &error);
        let end = scan(&path, each)?;
        file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end))).map_err(failed)?;
        Ok(Self { file, path, end })
    }

    /// Opens and locks the log of a folder, whatever it holds.
    pub fn lock(folder: &Folder) -> Result<(File, PathBuf), Failure> {
        let path = folder.file(NAME);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Failure::file("open", &path, &error))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Failure::Usage(format!(
                "another brownout is at work in {}; wait for it, or choose another folder with --out",
                folder.path().display()
            ))),
            // Where the file system knows no locks, there is none.
            Ok(()) | Err(TryLockError::Error(_)) => Ok((file, path)),
        }
    }

    /// Appends a line as one write, so that a killed process leaves whole lines and at most one torn one.
    pub fn append(&mut self, line: &[u8]) -> Result<Span, Failure> {
        self.file.write_all(line).map_err(|error| Failure::file("write", &self.path, &error))?;
        let span = Span { start: self.end, length: line.len() as u32 };
        self.end += line.len() as u64;
        Ok(span)
    }

    /// Makes what was appended durable.
    pub fn flush(&self) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| Failure::file("write", &self.path, &error))
    }
}

/// A log to read runs from. It is opened when the first is read.
pub struct Source {
    file: Option<File>,
    path: PathBuf,
}

impl Source {
    /// The log at a path.
    pub fn at(path: &Path) -> Self {
        Self { file: None, path: path.to_owned() }
    }

    /// The bytes of a line.
    pub fn line(&mut self, span: Span) -> Result<Vec<u8>, Failure> {
        let failed = |error| Failure::file("read", &self.path, &error);
        if self.file.is_none() {
            self.file = Some(File::open(&self.path).map_err(failed)?);
        }
        let mut file = self.file.as_ref().expect("it is open");
        let mut line = vec![0; span.length as usize];
        file.seek(SeekFrom::Start(span.start)).and_then(|_| file.read_exact(&mut line)).map_err(failed)?;
        Ok(line)
    }
}

/// The line of a record.
pub fn line(record: &RunRecord) -> Result<Vec<u8>, Failure> {
    let mut line = serde_json::to_vec(record)
        .map_err(|error| Failure::Work(format!("cannot write a record: {error}")))?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_log_is_gone_on_with_behind_its_last_whole_line() {
        let place = tempfile::tempdir().expect("temporary folder");
        let folder = Folder::prepare(place.path()).expect("a folder");
        let head = |id: &str| {
            format!("{{\"id\":\"{id}\",\"variation\":0,\"policy\":\"p\",\"replication\":1,\"more\":[1]}}\n")
        };
        fs::write(folder.file(NAME), format!("{}\n{}{{\"id\":\"to", head("a"), head("bb"))).expect("written");
        let mut found = Vec::new();
        let mut log = RunLog::open(&folder, |head, span| found.push((head.id, span))).expect("opened");
        assert!(matches!(RunLog::open(&folder, |_, _| ()), Err(Failure::Usage(_))), "it is locked");
        let span = log.append(head("c").as_bytes()).expect("appended");
        drop(log);
        let text = fs::read_to_string(folder.file(NAME)).expect("read");
        assert_eq!(text, format!("{}\n{}{}", head("a"), head("bb"), head("c")));
        assert_eq!(found.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "bb"]);
        let mut source = Source::at(&folder.file(NAME));
        assert_eq!(source.line(span).expect("read"), head("c").as_bytes());
        assert_eq!(source.line(found[1].1).expect("read"), head("bb").as_bytes());
    }
}
