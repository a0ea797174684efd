//! The results folder: which files it holds, how they get there whole, and how they are read back.
//!
//! Every file but the log of runs is written beside its place and renamed into it, so a reader never sees half of one. The
//! log is appended line by line and may end in a torn line after a crash; who reads it leaves that line out.

pub mod manifest;
pub mod runs;
pub mod summary;
pub mod tables;

use crate::failure::Failure;
use manifest::Manifest;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Files and folders that a run writes.
const OWN: [&str; 8] = [
    "manifest.json",
    "runs.jsonl",
    "summary.json",
    "summary.csv",
    "report.html",
    "runs.parquet",
    "timeline.parquet",
    "plots",
];

/// A results folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Prepares a folder for new results: creates it, or takes over one that this tool wrote. Anything else in the way is
    /// refused. Old results stay until [`clear`](Self::clear).
    pub fn prepare(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| Failure::file("create the results folder", path, &error))?;
        let folder = Self { path: path.to_owned() };
        let mut entries = fs::read_dir(path).map_err(|error| Failure::file("read", path, &error))?;
        if entries.next().is_some() && Manifest::read(&folder).is_err() {
            return Err(Failure::Usage(format!(
                "{} is not empty and holds no results of this tool (no readable manifest.json); choose another folder with --out",
                path.display()
            )));
        }
        Ok(folder)
    }

    /// As [`prepare`](Self::prepare), for a folder that a file named `mark` makes known as this tool's.
    pub fn prepare_for(path: &Path, mark: &str) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| Failure::file("create the results folder", path, &error))?;
        let mut entries = fs::read_dir(path).map_err(|error| Failure::file("read", path, &error))?;
        if entries.next().is_some() && !path.join(mark).is_file() {
            return Err(Failure::Usage(format!(
                "{} is not empty and holds no {mark} of an earlier time; choose another folder with --out",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Opens a folder that holds results.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if !path.is_dir() {
            return Err(Failure::Usage(format!("no results folder {}", path.display())));
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Removes the files of earlier results, the manifest last; leaves what this tool did not write.
    pub fn clear(&self) -> Result<(), Failure> {
        for name in OWN.iter().rev() {
            let path = self.path.join(name);
            let removed = if *name == "plots" { clear_plots(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Failure::file("remove", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where a file of the folder lies.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.file(name);
        write_whole(&path, bytes).map_err(|error| Failure::file("write", &path, &error))
    }

    /// Reads a text file.
    pub fn read(&self, name: &str) -> Result<String, Failure> {
        let path = self.file(name);
        fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))
    }

    /// Replaces all pictures.
    pub fn write_plots(&self, pictures: &[(String, String)]) -> Result<(), Failure> {
        let path = self.file("plots");
        fs::create_dir_all(&path).map_err(|error| Failure::file("create", &path, &error))?;
        clear_plots(&path).map_err(|error| Failure::file("clear", &path, &error))?;
        pictures.iter().try_for_each(|(name, svg)| self.write(&format!("plots/{name}"), svg.as_bytes()))
    }
}

/// Removes the pictures of a folder, with what was drawn of them as PNG, and nothing else.
fn clear_plots(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "svg") {
            match fs::remove_file(file.with_extension("png")) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// Writes a file beside its place, makes it durable, and renames it.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".brownout-").tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    share(file.as_file())?;
    file.persist(path).map_err(|error| error.error)?;
    File::open(parent)?.sync_all()
}

/// Gives a temporary file, private at first, the usual rights of a new file.
#[cfg(unix)]
fn share(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_someone_else_is_refused_and_an_empty_one_taken() {
        let place = tempfile::tempdir().expect("temporary folder");
        assert!(Folder::prepare(&place.path().join("new/one")).is_ok());
        fs::write(place.path().join("thesis.tex"), "dear").expect("write");
        assert!(matches!(Folder::prepare(place.path()), Err(Failure::Usage(_))));
    }

    #[test]
    fn clearing_leaves_what_the_tool_did_not_write() {
        let place = tempfile::tempdir().expect("temporary folder");
        let folder = Folder { path: place.path().to_owned() };
        folder.write("runs.jsonl", b"").expect("write");
        folder.write_plots(&[("a.svg".to_owned(), "<svg/>".to_owned())]).expect("write");
        folder.write("notes.txt", b"mine").expect("write");
        folder.write("plots/mine.png", b"mine").expect("write");
        folder.clear().expect("cleared");
        assert!(!folder.file("runs.jsonl").exists() && !folder.file("plots/a.svg").exists());
        assert!(folder.file("notes.txt").exists() && folder.file("plots/mine.png").exists());
    }
}
