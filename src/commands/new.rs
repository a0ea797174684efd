//! `brownout new NAME`: a commented scenario to start from.

use crate::failure::{Failure, plain};
use clap::Args;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// What to write, and where.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Name of the scenario; the file is NAME.json in the current folder
    name: String,
    /// Write to this file instead; "-" prints
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the template; never over a file that exists.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.name.strip_suffix(".json").unwrap_or(&arguments.name);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(allowed) {
        return Err(Failure::Usage(format!(
            "{:?} cannot be the name of a scenario; accepted: letters, digits, '-', '_' and '.', beginning with a letter or digit",
            arguments.name
        )));
    }
    let text = sim_core::scenario::template(name);
    let path = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.json")));
    if path.as_os_str() == "-" {
        return Ok(std::io::stdout().write_all(text.as_bytes())?);
    }
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            eprintln!("wrote {}; try: brownout run {}", path.display(), path.display());
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::Usage(format!("{} exists already; choose another name or --out", path.display())))
        }
        Err(error) => Err(Failure::Work(format!("cannot write {}: {}", path.display(), plain(&error)))),
    }
}
