//! `brownout plot DIR`: draws the pictures of a results folder again.

use super::options::Threads;
use crate::failure::Failure;
use crate::output::Folder;
use crate::output::batch::Batch;
use crate::output::finish::{self, DRAWN, Finish};
use crate::output::manifest::Manifest;
use crate::plots::png;
use crate::report;
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Which results.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Results folders, as `brownout run` wrote them
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Draw all variations, not the first 32 alone
    #[arg(long)]
    all: bool,
    /// Draw each picture as PNG too
    #[arg(long)]
    png: bool,
    /// Do not list the pictures
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Draws and lists the pictures.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for path in &arguments.folders {
        let folder = Folder::open(path)?;
        refuse_batch(path)?;
        let mut manifest = Manifest::read_whole(&folder)?;
        let mut held = finish::held(&folder, &manifest)?;
        if held.count() == 0 {
            return Err(Failure::Usage(format!("{} holds no finished run", path.display())));
        }
        let variations = if arguments.all { usize::MAX } else { DRAWN };
        let finish = Finish {
            folder: &folder,
            manifest: &mut manifest,
            held: &mut held,
            threads: arguments.threads.count(),
        };
        finish.pictures(variations)?;
        let drawn = if arguments.png { png::write(&folder)? } else { Vec::new() };
        if !arguments.quiet {
            writeln!(io::stdout(), "{}", folder.file(report::NAME).display())?;
            for name in folder.plots()?.into_iter().chain(drawn) {
                writeln!(io::stdout(), "{}", folder.file("plots").join(name).display())?;
            }
        }
    }
    Ok(())
}

/// The folder of a batch holds results folders, and is none.
fn refuse_batch(path: &Path) -> Result<(), Failure> {
    if path.join("manifest.json").is_file() {
        return Ok(());
    }
    let Some(batch) = Batch::read(path)? else { return Ok(()) };
    let folders = batch.scenarios.iter().map(|it| path.join(&it.folder).display().to_string());
    let list = folders.collect::<Vec<_>>().join(" ");
    Err(Failure::Usage(format!(
        "{} is the folder of a batch; the results folders in it: {list}",
        path.display()
    )))
}
