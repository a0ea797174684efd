//! `brownout plot DIR`: draws the pictures of a results folder again.

use crate::failure::Failure;
use crate::output::manifest::Manifest;
use crate::output::{Folder, runs};
use crate::plots;
use crate::report;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

/// Which results.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Results folders, as `brownout run` wrote them
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Draw each picture as PNG too
    #[arg(long)]
    png: bool,
    /// Do not list the pictures
    #[arg(long)]
    quiet: bool,
}

/// Draws and lists the pictures.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for path in &arguments.folders {
        let folder = Folder::open(path)?;
        let manifest = Manifest::read(&folder)?;
        let records = runs::read(&folder)?;
        if records.is_empty() {
            return Err(Failure::Usage(format!("{} holds no finished run", path.display())));
        }
        let summary = manifest.summarize(&records);
        let pictures = plots::all(&summary, &records, &manifest.deadlines())?;
        folder.write_plots(&pictures)?;
        report::write(&folder, &manifest, &summary, &records)?;
        let drawn = if arguments.png { plots::png::write(&folder, &pictures)? } else { Vec::new() };
        if !arguments.quiet {
            writeln!(io::stdout(), "{}", folder.file("report.html").display())?;
            for name in pictures.iter().map(|(name, _)| name).chain(&drawn) {
                writeln!(io::stdout(), "{}", folder.file("plots").join(name).display())?;
            }
        }
    }
    Ok(())
}
