//! `brownout run FILE…`: runs the plan of each file and tells what came out.

use super::options::{Changes, quoted};
use crate::execute::{self, End, Job, Outcome};
use crate::failure::{Failure, error};
use crate::input;
use crate::limits;
use crate::output::manifest::Manifest;
use crate::output::runs::{self, RunLog};
use crate::output::{Folder, summary, tables};
use crate::plots;
use crate::report;
use crate::tell::numbers::{counted, elapsed};
use crate::tell::progress::Progress;
use crate::tell::{faults, regret, slo, table};
use clap::Args;
use sim_core::measure::digest::digest;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::Summary;
use sim_core::scenario::{Plan, Run};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Which files, how, and what to show.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Folder for the results [default: results/NAME]; with several files, a folder for each below it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Keep the finished runs of the results folder and make only those that are missing
    #[arg(long)]
    resume: bool,
    /// Exit with 99 when a policy misses an objective (`slo`) of its scenario
    #[arg(long)]
    check_slo: bool,
    /// Draw each picture as PNG too, for papers that take no SVG
    #[arg(long)]
    png: bool,
    /// No progress and no table
    #[arg(long)]
    quiet: bool,
    /// Print the summary as JSON instead of the table
    #[arg(long)]
    json: bool,
}

/// A file that is about to be run.
struct Batch<'a> {
    arguments: &'a Arguments,
    file: &'a Path,
    plan: Arc<Plan>,
    jobs: Vec<Job>,
    out: PathBuf,
    threads: usize,
}

/// What came of the runs of a batch.
struct Made {
    records: Vec<RunRecord>,
    /// Runs that panicked, and what they said.
    failures: Vec<(Job, String)>,
}

/// Reads all files first, so that a mistake in the last one does not come after hours; then runs one after another.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let batches = read(arguments)?;
    execute::listen_for_interrupts()?;
    let (mut failed, mut missed) = (0, 0);
    for batch in &batches {
        let (failures, misses) = batch.run()?;
        failed += failures;
        missed += misses;
    }
    match (failed, missed) {
        (0, 0) => Ok(()),
        (0, missed) => Err(Failure::Slo(format!("{} missed", counted(missed, "objective")))),
        (failed, _) => Err(Failure::Work(format!("{} failed; all others are kept", counted(failed, "run")))),
    }
}

fn read(arguments: &Arguments) -> Result<Vec<Batch<'_>>, Failure> {
    let threads = arguments.threads.map_or_else(cores, usize::from);
    let (mut batches, mut mistakes) = (Vec::new(), Vec::new());
    let mut folders = BTreeMap::new();
    for file in &arguments.files {
        let plan = match input::plan(file, &arguments.changes.overrides()) {
            Ok(plan) => plan,
            Err(Failure::Usage(message)) => {
                mistakes.push(message);
                continue;
            }
            Err(other) => return Err(other),
        };
        let out = match &arguments.out {
            None => Path::new("results").join(&plan.name),
            Some(out) if arguments.files.len() == 1 => out.clone(),
            Some(out) => out.join(&plan.name),
        };
        if let Some(other) = folders.insert(out.clone(), file) {
            mistakes.push(format!(
                "{} and {} would both write to {}; give them different names or run them apart",
                other.display(),
                file.display(),
                out.display()
            ));
        }
        if let Err(message) = limits::check(&plan, threads) {
            mistakes.push(format!("{}: {message}", file.display()));
            continue;
        }
        let jobs = plan
            .runs()
            .map(|run| Job { id: plan.run_id(&run), weight: plan.estimated_events(&run), run })
            .collect();
        batches.push(Batch { arguments, file, plan: Arc::new(plan), jobs, out, threads });
    }
    let last = mistakes.pop();
    mistakes.iter().for_each(|message| error(message));
    last.map_or(Ok(batches), |message| Err(Failure::Usage(message)))
}

/// Threads where nobody says how many.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Batch<'_> {
    /// Runs what is missing, writes everything, and returns how many runs failed and how many objectives were missed.
    fn run(&self) -> Result<(usize, usize), Failure> {
        let began = Instant::now();
        let folder = Folder::prepare(&self.out)?;
        let kept = self.kept(&folder)?;
        let mut manifest = Manifest::new(&self.plan, &self.file.display().to_string(), self.threads);
        manifest.set = self.arguments.changes.kept();
        manifest.write(&folder)?;
        let before = kept.len();
        let Made { mut records, failures } = self.simulate(&folder, kept)?;
        let made = records.len() - before;
        self.sort(&mut records);
        runs::write(&folder, &records)?;
        for (job, message) in &failures {
            error(&self.describe(job, message));
            manifest.failed.push(job.id.clone());
        }
        manifest.complete = failures.is_empty();
        manifest.digest = manifest.complete.then(|| digest(&records));
        manifest.wall_time_s = began.elapsed().as_secs_f64();
        manifest.write(&folder)?;
        if records.is_empty() {
            return Ok((failures.len(), 0));
        }
        let summary = manifest.summarize(&records);
        summary::write(&folder, &summary)?;
        report::write(&folder, &manifest, &summary, &records)?;
        tables::write(&folder, &manifest, &records)?;
        let pictures = plots::all(&summary, &records, &manifest.deadlines())?;
        folder.write_plots(&pictures)?;
        if self.arguments.png {
            plots::png::write(&folder, &pictures)?;
        }
        self.tell(&summary, &manifest, records.len(), made)?;
        let missed = if self.arguments.check_slo { slo::missed(&self.plan, &summary) } else { Vec::new() };
        missed.iter().for_each(|sentence| error(sentence));
        Ok((failures.len(), missed.len()))
    }

    /// The finished runs to build on: what the folder holds of the plan, under --resume; else none. A run is known by its
    /// content, so one that stood under another name or number is found again.
    fn kept(&self, folder: &Folder) -> Result<Vec<RunRecord>, Failure> {
        if !self.arguments.resume {
            folder.clear()?;
            return Ok(Vec::new());
        }
        let found: BTreeMap<String, RunRecord> =
            runs::read(folder)?.into_iter().map(|record| (record.id.clone(), record)).collect();
        let take = |job: &Job| {
            let record = found.get(&job.id)?;
            Some(RunRecord { variation: job.run.variation, policy: job.run.policy.clone(), ..record.clone() })
        };
        let kept: Vec<_> = self.jobs.iter().filter_map(take).collect();
        let used: BTreeSet<&str> = kept.iter().map(|record| record.id.as_str()).collect();
        if used.len() < found.len() {
            return Err(Failure::Usage(format!(
                "{} holds {} of another scenario, seed, policy or version, which --resume would drop; \
                 take another --out, or leave --resume out to replace them",
                folder.path().display(),
                counted(found.len() - used.len(), "finished run"),
            )));
        }
        Ok(kept)
    }

    /// Makes the runs that are missing. Every finished one is in the log before the next outcome is looked at.
    fn simulate(&self, folder: &Folder, kept: Vec<RunRecord>) -> Result<Made, Failure> {
        let mut log = RunLog::start(folder, &kept)?;
        let done: BTreeSet<&str> = kept.iter().map(|record| record.id.as_str()).collect();
        let jobs: Vec<Job> =
            self.jobs.iter().filter(|job| !done.contains(job.id.as_str())).cloned().collect();
        let all = kept.len() + jobs.len();
        let mut progress = Progress::start(&self.plan.name, kept.len(), all, self.arguments.quiet);
        let (mut records, mut failures) = (kept, Vec::new());
        let plan = Arc::clone(&self.plan);
        let simulate = move |run: &Run| {
            let scenario = &plan.variations[run.variation as usize].scenario;
            sim_core::run(scenario, &run.policy, run.variation, run.replication)
        };
        let end = execute::execute(jobs, self.threads, simulate, |outcome| {
            match outcome {
                Outcome::Finished(record) => {
                    log.append(&record)?;
                    records.push(*record);
                }
                Outcome::Panicked(job, message) => failures.push((job, message)),
            }
            progress.step();
            Ok(())
        })?;
        progress.finish();
        log.flush()?;
        match end {
            End::Complete => Ok(Made { records, failures }),
            End::Interrupted => Err(Failure::Interrupted(format!(
                "interrupted; {} of {all} runs are kept in {}, the same command with --resume makes the others",
                records.len(),
                folder.path().display()
            ))),
        }
    }

    /// Puts records in the order of the plan.
    fn sort(&self, records: &mut [RunRecord]) {
        let place = |job: &Job| (job.run.variation, job.run.policy.clone(), job.run.replication);
        let places: BTreeMap<_, usize> =
            self.jobs.iter().enumerate().map(|(index, job)| (place(job), index)).collect();
        records.sort_by_cached_key(|record| {
            places.get(&(record.variation, record.policy.clone(), record.replication)).copied()
        });
    }

    /// What is said of a run that failed, with a command that makes it fail again.
    fn describe(&self, job: &Job, message: &str) -> String {
        let Run { variation, policy, replication } = &job.run;
        format!(
            "the run of policy {policy}, variation {variation}, replication {replication} failed: {message}\n  \
             reproduce with: brownout run {}{} --policies {} --replications {} --out {}",
            quoted(&self.file.display().to_string()),
            self.arguments.changes.typed(),
            quoted(policy),
            replication + 1,
            quoted(&format!("{}-failed", self.out.display())),
        )
    }

    /// Prints the summary, as asked for.
    fn tell(&self, summary: &Summary, manifest: &Manifest, runs: usize, made: usize) -> Result<(), Failure> {
        let mut out = io::stdout();
        if self.arguments.json {
            write!(out, "{}", summary::json(summary)?)?;
        } else if !self.arguments.quiet {
            writeln!(out, "{}", self.heading(runs, made, manifest))?;
            table::print(&mut out, summary)?;
            faults::print(&mut out, &self.plan, summary)?;
            regret::print(&mut out, summary)?;
            writeln!(out, "results in {}", self.out.display())?;
        }
        Ok(())
    }

    fn heading(&self, runs: usize, made: usize, manifest: &Manifest) -> String {
        let wall = elapsed(manifest.wall_time_s);
        let digest = manifest
            .digest
            .as_ref()
            .map_or_else(|| "incomplete".to_owned(), |d| format!("digest {}", &d[..16]));
        let kept = if made < runs { format!(" ({} of them kept)", runs - made) } else { String::new() };
        let (name, runs) = (&self.plan.name, counted(runs, "run"));
        format!("{name}: {runs}{kept} in {wall}, seed {}, {digest}", manifest.seed)
    }
}
