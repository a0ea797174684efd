//! `brownout plot DIR`: draws the pictures of a results folder again.

use crate::failure::Failure;
use crate::output::Folder;
use crate::output::finish::{self, Files};
use crate::output::manifest::Manifest;
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;

/// Which results.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Results folders, as `brownout run` wrote them
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Do not list the pictures
    #[arg(long)]
    quiet: bool,
}

/// Draws and lists the pictures.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    for path in &arguments.folders {
        let folder = Folder::open(path)?;
        let mut manifest = Manifest::read(&folder)?;
        let mut held = finish::held(&folder, &manifest)?;
        if held.count() == 0 {
            return Err(Failure::Usage(format!("{} holds no finished run", path.display())));
        }
        finish::finish(&folder, &mut manifest, &mut held, Files::Pictures)?;
        if !arguments.quiet {
            for name in folder.plots()? {
                writeln!(io::stdout(), "{}", folder.file("plots").join(name).display())?;
            }
        }
    }
    Ok(())
}
