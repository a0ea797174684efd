//! `brownout batch DIR|PATTERN|LIST…`: many scenario files as one plan over all cores.
//!
//! A batch is always gone on with: finished runs that its folders hold are kept, whatever ended the batch before, and what has not changed
//! is not made again. `batch.json` says what there is.

use super::options::{Budget, Changes, Threads};
use super::run::heading;
use crate::execute;
use crate::failure::{Failure, error};
use crate::output::batch::{self, Batch};
use crate::output::{Folder, summary};
use crate::tell::numbers::{counted, elapsed};
use crate::tell::slo;
use crate::work::project::read_all;
use crate::work::{Done, Made, Old, Selection, Work, files, select};
use clap::Args;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Which files, how, and what to show.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders, patterns or lists of scenario files; a list has a file on each line, and behind it flags for that file, which win over those of the command line; - is standard input
    #[arg(required = true, value_name = "DIR|PATTERN|LIST")]
    sources: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    budget: Budget,
    /// Folder for the results, with a folder for each scenario below it
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    #[command(flatten)]
    threads: Threads,
    /// Run the other files when some have mistakes
    #[arg(long)]
    keep_going: bool,
    /// Make all runs again, also those that are there
    #[arg(long)]
    fresh: bool,
    /// Exit with 99 when a policy misses an objective (`slo`) of its scenario
    #[arg(long)]
    check_slo: bool,
    /// Print nothing but mistakes and failures
    #[arg(long)]
    quiet: bool,
    /// Print a line of JSON for each scenario as it is finished
    #[arg(long)]
    json: bool,
}

/// Runs the batch.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let began = Instant::now();
    let threads = arguments.threads.count();
    let wanted = files::all(&arguments.sources, &arguments.changes)?;
    let only = arguments.selection.only.as_ref().map(|only| &only.all[..]);
    let out = |name: &str| arguments.out.join(name);
    let (mut projects, wrong) = read_all(&wanted, out, only, (threads, arguments.keep_going))?;
    select::cut(&mut projects, arguments.selection.shard)?;
    select::refuse_nothing(&projects)?;
    projects.retain(|project| !project.wanted.is_empty());
    let folder = batch::folder(&arguments.out)?;
    let mut batch = Batch::default();
    for project in &projects {
        batch.add(&project.manifest(&arguments.selection, threads), &project.plan.name);
    }
    batch.write(&folder)?;
    execute::listen_for_interrupts()?;
    let work = Work {
        selection: &arguments.selection,
        threads,
        old: if arguments.fresh { Old::Replace } else { Old::KeepFitting },
        limits: arguments.budget.limits(),
        summary: arguments.check_slo,
        quiet: arguments.quiet,
        name: "batch",
    };
    let (mut missed, mut runs, mut kept) = (0, 0, 0);
    let projects = Arc::new(projects);
    let made = work.make(&projects, |done| {
        batch.set(done.manifest);
        (runs, kept) = (runs + done.runs, kept + done.kept);
        missed += tell(arguments, done, &batch)?;
        Ok(())
    });
    let Made { failed, simulated } = made.map_err(|failure| match failure {
        Failure::Interrupted(message) => {
            Failure::Interrupted(format!("{message}, the same command makes the others"))
        }
        other => other,
    })?;
    batch.write(&folder)?;
    if !arguments.quiet && !arguments.json {
        let wall = began.elapsed().as_secs_f64();
        let busy = match (100.0 * simulated / (wall * threads as f64)).round() {
            0.0 => String::new(),
            busy => format!(" ({} busy {busy} %)", counted(threads, "thread")),
        };
        let kept = if kept > 0 { format!(" ({kept} of them kept)") } else { String::new() };
        writeln!(
            io::stdout(),
            "{}, {}{kept} in {}{busy}, {}; results in {}",
            counted(projects.len(), "scenario"),
            counted(runs, "run"),
            elapsed(wall),
            batch
                .digest()
                .map_or_else(|| "incomplete".to_owned(), |digest| format!("digest {}", &digest[..16])),
            arguments.out.display(),
        )?;
    }
    match (failed, wrong, missed) {
        (0, 0, 0) => Ok(()),
        (0, 0, missed) => Err(Failure::Slo(format!("{} missed", counted(missed, "objective")))),
        (0, wrong, _) => {
            Err(Failure::Usage(format!("{} left out, with the mistakes above", counted(wrong, "file"))))
        }
        (failed, ..) => Err(Failure::Work(format!("{} failed; all others are kept", counted(failed, "run")))),
    }
}

/// Tells of a project that is finished, and returns how many objectives were missed, if that was asked.
fn tell(arguments: &Arguments, done: &Done<'_>, batch: &Batch) -> Result<usize, Failure> {
    let mut out = io::stdout();
    if arguments.json {
        writeln!(out, "{}", batch.line(&done.project.plan.name))?;
    } else if !arguments.quiet {
        let note = if done.unchanged { ", unchanged" } else { "" };
        writeln!(out, "{}{note}", heading(done))?;
    }
    let missed = match done.summary {
        _ if !arguments.check_slo || done.manifest.shard.is_some() => Vec::new(),
        Some(summary) => slo::missed(&done.project.plan, summary),
        None if done.unchanged => {
            slo::missed(&done.project.plan, &summary::read(&Folder::open(&done.project.out)?)?)
        }
        None => Vec::new(),
    };
    missed.iter().for_each(|sentence| error(&format!("{}: {sentence}", done.project.plan.name)));
    Ok(missed.len())
}
