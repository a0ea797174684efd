//! A scenario file that is to be run: its plan, which runs of it, and where their results go.

use super::select::Condition;
use crate::commands::options::{Changes, quoted};
use crate::failure::{Failure, error};
use crate::input;
use crate::limits;
use crate::output::manifest::Manifest;
use sim_core::scenario::{Plan, PlannedRun, Run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A scenario file with its plan.
pub struct Project {
    /// The file as it was named.
    pub file: PathBuf,
    /// What was changed of it.
    pub changes: Changes,
    /// What it asks for.
    pub plan: Plan,
    /// All runs of the plan, in its order.
    pub runs: Vec<PlannedRun>,
    /// Numbers of those that are wanted, ascending.
    pub wanted: Vec<usize>,
    /// How many were wanted before a part was cut out.
    pub selected: usize,
    /// Folder for the results.
    pub out: PathBuf,
}

/// A file to be read.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The file.
    pub file: PathBuf,
    /// Changes of its own, on top of those of the command line.
    pub changes: Changes,
}

impl Project {
    /// Reads a file, wanting all of its runs.
    fn read(wanted: &Wanted, out: impl FnOnce(&str) -> PathBuf) -> Result<Self, Failure> {
        let plan = input::plan(&wanted.file, &wanted.changes.overrides())?;
        let runs: Vec<PlannedRun> = plan.planned().collect();
        Ok(Self {
            file: wanted.file.clone(),
            changes: wanted.changes.clone(),
            wanted: (0..runs.len()).collect(),
            selected: runs.len(),
            out: out(&plan.name),
            plan,
            runs,
        })
    }

    /// The manifest of its results folder, before a run is made.
    pub fn manifest(&self, selection: &super::Selection, threads: usize) -> Manifest {
        let mut manifest = Manifest::new(&self.plan, &self.file.display().to_string(), threads);
        manifest.set = self.changes.kept();
        manifest.runs = self.wanted.len();
        manifest.selected = self.selected;
        manifest.only = selection.only.as_ref().map(ToString::to_string);
        manifest.shard = selection.shard.map(|shard| shard.to_string());
        manifest
    }

    /// What is said of a run that failed, with a command that makes it fail again.
    pub fn describe(&self, number: usize, message: &str) -> String {
        let run = &self.runs[number].run;
        let Run { variation, policy, replication } = run;
        let only = format!("policy={policy},variation={variation},replication={replication}");
        format!(
            "{}: the run of {run} failed: {message}\n  \
             reproduce with: brownout run {}{} --only {} --out {}",
            self.plan.name,
            quoted(&self.file.display().to_string()),
            self.changes.typed(),
            quoted(&only),
            quoted(&format!("{}-failed", self.out.display())),
        )
    }
}

/// Reads all files, so that a mistake in the last one does not come after hours; wants of each the runs that `only` selects. `out` gives the folder for the
/// results of a scenario. With `lenient`, files with mistakes are left out after their mistakes have been told, and counted.
pub fn read_all(
    files: &[Wanted],
    out: impl Fn(&str) -> PathBuf,
    only: Option<&[Condition]>,
    (threads, lenient): (usize, bool),
) -> Result<(Vec<Project>, usize), Failure> {
    let (mut projects, mut mistakes) = (Vec::<Project>::new(), Vec::new());
    let mut folders = BTreeMap::new();
    for wanted in files {
        let project = match Project::read(wanted, &out) {
            Ok(project) => project,
            Err(Failure::Usage(message)) => {
                mistakes.push(message);
                continue;
            }
            Err(other) => return Err(other),
        };
        if let Some(other) = folders.insert(project.out.clone(), &wanted.file) {
            mistakes.push(clash(other, &wanted.file, &project.out));
            continue;
        }
        if let Err(message) = limits::check(&project.plan, threads) {
            mistakes.push(format!("{}: {message}", wanted.file.display()));
            continue;
        }
        projects.push(project);
    }
    if let Some(conditions) = only {
        super::select::refuse_unknown(&projects, conditions)?;
        projects.iter_mut().try_for_each(|project| super::select::retain(project, conditions))?;
    }
    if lenient {
        mistakes.iter().for_each(|message| error(message));
        return Ok((projects, mistakes.len()));
    }
    let last = mistakes.pop();
    mistakes.iter().for_each(|message| error(message));
    last.map_or(Ok((projects, 0)), |message| Err(Failure::Usage(message)))
}

fn clash(one: &Path, other: &Path, out: &Path) -> String {
    format!(
        "{} and {} would both write to {}; give them different names or run them apart",
        one.display(),
        other.display(),
        out.display()
    )
}
