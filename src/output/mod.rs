//! The results folder: which files it holds, how they get there whole, and how they are read back.
//!
//! Every file but the log of runs is written beside its place and renamed into it, so a reader never sees half of one. The
//! log is appended line by line and may end in a torn line after a crash; who reads it leaves that line out.
//!
//! [`runs`] is the log, [`finish`] makes all other files of it.

pub mod batch;
pub mod finish;
pub mod manifest;
pub mod runs;
pub mod summary;
pub mod tables;

use crate::failure::Failure;
use manifest::Manifest;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

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

/// How names of files begin that are not whole yet.
const BEGUN: &str = ".brownout-";

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

    /// Removes files that a killed process had begun. The caller is the only one at work in the folder.
    pub fn sweep(&self) -> Result<(), Failure> {
        for path in [self.path.clone(), self.file("plots")] {
            for entry in fs::read_dir(&path).into_iter().flatten().flatten() {
                let file = entry.path();
                if entry.file_name().to_string_lossy().starts_with(BEGUN) {
                    fs::remove_file(&file).map_err(|error| Failure::file("remove", &file, &error))?;
                }
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
        let mut file = self.create(name)?;
        file.write(bytes)?;
        file.persist()
    }

    /// Reads a text file.
    pub fn read(&self, name: &str) -> Result<String, Failure> {
        let path = self.file(name);
        fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))
    }

    /// Begins a file that will be there whole or not at all.
    pub fn create(&self, name: &str) -> Result<Whole, Failure> {
        Whole::create(&self.file(name))
    }

    /// Removes all pictures.
    pub fn clear_plots(&self) -> Result<(), Failure> {
        let path = self.file("plots");
        fs::create_dir_all(&path).map_err(|error| Failure::file("create", &path, &error))?;
        clear_plots(&path).map_err(|error| Failure::file("clear", &path, &error))
    }

    /// Names of the pictures, in order.
    pub fn plots(&self) -> Result<Vec<String>, Failure> {
        let path = self.file("plots");
        let failed = |error| Failure::file("read", &path, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            names.extend(name.ends_with(".svg").then_some(name));
        }
        names.sort();
        Ok(names)
    }

    /// Adds pictures. They can be drawn again, so they need not survive a loss of power.
    pub fn add_plots(&self, pictures: &[(String, String)]) -> Result<(), Failure> {
        pictures.iter().try_for_each(|(name, svg)| {
            let mut file = self.create(&format!("plots/{name}"))?;
            file.write(svg.as_bytes())?;
            file.place(false)
        })
    }

    /// Replaces all pictures.
    pub fn write_plots(&self, pictures: &[(String, String)]) -> Result<(), Failure> {
        self.clear_plots()?;
        self.add_plots(pictures)
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

/// A file that is written beside its place, and takes it when it is whole.
pub struct Whole {
    file: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl Whole {
    fn create(path: &Path) -> Result<Self, Failure> {
        let parent = path.parent().unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(BEGUN).tempfile_in(parent);
        let file = file.map_err(|error| Failure::file("write", path, &error))?;
        Ok(Self { file: BufWriter::new(file), path: path.to_owned() })
    }

    /// Adds bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| Failure::file("write", &self.path, &error))
    }

    /// Makes the file durable and puts it in its place.
    pub fn persist(self) -> Result<(), Failure> {
        self.place(true)
    }

    fn place(self, durable: bool) -> Result<(), Failure> {
        let Self { file, path } = self;
        let persist = || {
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            share(file.as_file())?;
            if durable {
                file.as_file().sync_all()?;
            }
            file.persist(&path).map_err(|error| error.error)?;
            if durable { File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
        };
        persist().map_err(|error| Failure::file("write", &path, &error))
    }
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
