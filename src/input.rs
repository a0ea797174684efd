//! Reads scenario files, and the files they name, from disk.

use crate::failure::{Failure, plain, warning};
use sim_core::scenario::{self, Files, Overrides, Plan, Source};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files beside a scenario.
struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<String, String> {
        text(&self.0.join(path))
    }
}

/// Reads, checks and expands a scenario file. Every mistake in it is in the failure; doubts are told at once.
pub fn plan(file: &Path, overrides: &Overrides) -> Result<Plan, Failure> {
    let name = file.display().to_string();
    let text = text(file).map_err(|reason| Failure::Usage(format!("cannot read {name}: {reason}")))?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let plan = scenario::load(&Source { name: &name, text: &text }, &Beside(folder), overrides);
    let plan = plan.map_err(|problems| Failure::Usage(problems.to_string()))?;
    for doubt in &plan.warnings {
        warning(doubt.render("warning"));
    }
    Ok(plan)
}

/// The text of a file, or why there is none.
pub fn text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => plain(&error),
    })?;
    if bytes.starts_with("\u{feff}".as_bytes()) {
        return Err("it begins with a byte order mark; save it as UTF-8 without one".to_owned());
    }
    String::from_utf8(bytes)
        .map_err(|error| format!("not text in UTF-8 (byte {})", error.utf8_error().valid_up_to()))
}
