//! `brownout merge DIR… --out DIR`: puts the parts of a plan together, in any order, to the same bytes as if it had not been cut.

use super::options::Threads;
use crate::failure::Failure;
use crate::output::Folder;
use crate::output::batch::{self, Batch};
use crate::output::finish::{Finish, Held};
use crate::output::manifest::Manifest;
use crate::output::runs::{self, Source};
use crate::tell::numbers::counted;
use clap::Args;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Which parts, and where the whole goes.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Results folders, or folders of batches, that were made with --shard
    #[arg(required = true, value_name = "DIR")]
    parts: Vec<PathBuf>,
    /// Folder for the whole: that of the results, or with a batch, with a folder for each scenario below it
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Do not say what was merged
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    threads: Threads,
}

/// The parts of one scenario.
type Parts = Vec<(PathBuf, Manifest)>;

/// Merges the parts of each scenario; refuses gaps, parts that do not fit together, and runs that contradict each other.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(part) = arguments.parts.iter().find(|part| same(part, &arguments.out)) {
        return Err(Failure::Usage(format!("{} is one of the parts; choose another --out", part.display())));
    }
    let (scenarios, is_batch) = gather(&arguments.parts)?;
    let mut ready = Vec::new();
    for parts in scenarios.values() {
        fitting(parts)?;
        ready.push(held(parts)?);
    }
    let mut batch = Batch::default();
    for (manifest, mut held) in ready {
        let out = if is_batch { arguments.out.join(&manifest.scenario) } else { arguments.out.clone() };
        if scenarios[&manifest.scenario].iter().any(|(part, _)| same(part, &out)) {
            return Err(Failure::Usage(format!(
                "{} is one of the parts; choose another --out",
                out.display()
            )));
        }
        let folder = Folder::prepare(&out)?;
        if let Some(other) = Manifest::read(&folder).ok().filter(|it| it.scenario != manifest.scenario) {
            return Err(Failure::Usage(format!(
                "{} holds results of {}; choose another --out",
                out.display(),
                other.scenario
            )));
        }
        folder.clear()?;
        let mut manifest = Manifest { shard: None, runs: held.count(), complete: false, ..manifest };
        manifest.write(&folder)?;
        let finish = Finish {
            folder: &folder,
            manifest: &mut manifest,
            held: &mut held,
            threads: arguments.threads.count(),
        };
        finish.all(|_| ())?;
        if !arguments.quiet {
            let digest = manifest.digest.as_deref().unwrap_or("incomplete");
            let runs = counted(held.count(), "run");
            writeln!(
                io::stdout(),
                "{}: {runs}, digest {:.16}; results in {}",
                manifest.scenario,
                digest,
                out.display()
            )?;
        }
        batch.add(&manifest, &manifest.scenario);
    }
    if is_batch {
        batch.write(&batch::folder(&arguments.out)?)?;
        if let (false, Some(digest)) = (arguments.quiet, batch.digest()) {
            writeln!(io::stdout(), "{}, digest {:.16}", counted(batch.scenarios.len(), "scenario"), digest)?;
        }
    }
    Ok(())
}

fn same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

/// The parts by scenario, and whether they are of batches.
fn gather(folders: &[PathBuf]) -> Result<(BTreeMap<String, Parts>, bool), Failure> {
    let mut scenarios: BTreeMap<String, Parts> = BTreeMap::new();
    let mut of_batches = Vec::new();
    for path in folders {
        let batch = Batch::read(path)?;
        of_batches.push(batch.is_some());
        let below = match batch {
            Some(batch) => batch.scenarios.iter().map(|entry| path.join(&entry.folder)).collect(),
            None => vec![path.clone()],
        };
        for path in below {
            let manifest = Manifest::read(&Folder::open(&path)?)?;
            scenarios.entry(manifest.scenario.clone()).or_default().push((path, manifest));
        }
    }
    let is_batch = of_batches[0];
    if of_batches.iter().any(|it| *it != is_batch) {
        return Err(Failure::Usage("some folders are of batches and some of single scenarios".to_owned()));
    }
    if !is_batch && scenarios.len() > 1 {
        let names: Vec<&str> = scenarios.keys().map(String::as_str).collect();
        return Err(Failure::Usage(format!(
            "the folders are of different scenarios: {}; merge each by itself",
            names.join(", ")
        )));
    }
    Ok((scenarios, is_batch))
}

/// Refuses parts of different plans or versions.
fn fitting(parts: &Parts) -> Result<(), Failure> {
    let (first_path, first) = &parts[0];
    for (path, other) in &parts[1..] {
        if let Some(what) = first.differs(other) {
            return Err(Failure::Usage(format!(
                "{} and {} cannot be merged: {what}",
                first_path.display(),
                path.display()
            )));
        }
    }
    Ok(())
}

/// Where all runs of a scenario lie; every run of the plan must be there, and lie twice only with the same result.
fn held(parts: &Parts) -> Result<(Manifest, Held), Failure> {
    let manifest = parts[0].1.clone();
    let mut held = Held::new(manifest.plan());
    let numbers: HashMap<_, _> =
        held.plan().iter().enumerate().map(|(number, run)| (run.clone(), number)).collect();
    for (path, part) in parts {
        let log = path.join(runs::NAME);
        let mut found = Vec::new();
        runs::scan(&log, |head, span| found.push((head, span)))?;
        let source = held.add_source(Source::at(&log));
        for (head, span) in found {
            let run = head.run();
            let Some(number) = numbers.get(&run).copied() else {
                return Err(Failure::Usage(format!(
                    "{} holds a run that is not of its plan: {run}",
                    path.display()
                )));
            };
            let before = held.line(number)?;
            held.put(number, source, span);
            if before.is_some() && before != held.line(number)? {
                return Err(Failure::Usage(format!("two parts contradict each other on {run}")));
            }
        }
        if !part.failed.is_empty() {
            return Err(Failure::Usage(format!(
                "{} of {} failed; mend them and make that part again",
                counted(part.failed.len(), "run"),
                path.display()
            )));
        }
    }
    let asked: usize = manifest.selected;
    let there = held.count();
    if there < asked {
        let missing = (0..held.plan().len()).filter(|number| !held.has(*number));
        let names: Vec<String> = missing.take(3).map(|number| held.plan()[number].to_string()).collect();
        let hint = if manifest.only.is_some() { "" } else { &*format!(", the first: {}", names.join("; ")) };
        return Err(Failure::Usage(format!(
            "{}: {} of {asked} missing{hint}; is a part missing, or not finished?",
            manifest.scenario,
            counted(asked - there, "run"),
        )));
    }
    Ok((manifest, held))
}
