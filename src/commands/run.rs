//! `brownout run FILE…`: runs the plan of each file and tells what came out.

use super::options::{Budget, Changes, Threads};
use crate::execute;
use crate::failure::{Failure, error, warning};
use crate::output::finish::DRAWN;
use crate::output::{Folder, summary};
use crate::plots::png;
use crate::tell::numbers::{counted, elapsed};
use crate::tell::{blame, faults, regret, slo, stages, table};
use crate::work::project::{Wanted, read_all};
use crate::work::{Done, Old, Selection, Work, select};
use clap::Args;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which files, how, and what to show.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    budget: Budget,
    /// Folder for the results [default: results/NAME]; with several files, a folder for each below it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    threads: Threads,
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

/// Reads all files first, so that a mistake in the last one does not come after hours; then runs one after another.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let threads = arguments.threads.count();
    let wanted: Vec<Wanted> = arguments
        .files
        .iter()
        .map(|file| Wanted { file: file.clone(), changes: arguments.changes.clone() })
        .collect();
    let out = |name: &str| match &arguments.out {
        None => Path::new("results").join(name),
        Some(out) if arguments.files.len() == 1 => out.clone(),
        Some(out) => out.join(name),
    };
    let only = arguments.selection.only.as_ref().map(|only| &only.all[..]);
    let (mut projects, _) = read_all(&wanted, out, only, (threads, false))?;
    select::cut(&mut projects, arguments.selection.shard)?;
    select::refuse_nothing(&projects)?;
    execute::listen_for_interrupts()?;
    let (mut failed, mut missed) = (0, 0);
    for project in projects {
        let name = project.plan.name.clone();
        let work = Work {
            selection: &arguments.selection,
            threads,
            old: if arguments.resume { Old::Keep } else { Old::Replace },
            limits: arguments.budget.limits(),
            summary: true,
            quiet: arguments.quiet,
            name: &name,
        };
        let made = work.make(&Arc::new(vec![project]), |done| {
            if arguments.png && done.summary.is_some() {
                png::write(&Folder::open(&done.project.out)?)?;
            }
            missed += tell(arguments, done)?;
            Ok(())
        });
        failed += made
            .map_err(|failure| match failure {
                Failure::Interrupted(message) => Failure::Interrupted(format!(
                    "{message}, the same command with --resume makes the others"
                )),
                other => other,
            })?
            .failed;
    }
    match (failed, missed) {
        (0, 0) => Ok(()),
        (0, missed) => Err(Failure::Slo(format!("{} missed", counted(missed, "objective")))),
        (failed, _) => Err(Failure::Work(format!("{} failed; all others are kept", counted(failed, "run")))),
    }
}

/// Prints what was asked for, and returns how many objectives were missed, if that was asked.
fn tell(arguments: &Arguments, done: &Done<'_>) -> Result<usize, Failure> {
    let mut out = io::stdout();
    let folder = done.project.out.display();
    let Some(summary) = done.summary else {
        if !arguments.quiet && done.runs > 0 {
            writeln!(out, "{}\nresults in {folder}", heading(done))?;
        }
        return Ok(0);
    };
    if arguments.json {
        write!(out, "{}", summary::text(&Folder::open(&done.project.out)?)?)?;
    } else if !arguments.quiet {
        writeln!(out, "{}", heading(done))?;
        table::print(&mut out, summary)?;
        faults::print(&mut out, &done.project.plan, summary)?;
        blame::print(&mut out, summary)?;
        regret::print(&mut out, summary)?;
        stages::print(&mut out, summary)?;
        if summary.variations.len() > DRAWN {
            writeln!(
                out,
                "pictures of the first {DRAWN} variations; `brownout plot {folder} --all` draws all"
            )?;
        }
        writeln!(out, "results in {folder}")?;
        stages::warm_ups(summary).into_iter().for_each(warning);
    }
    let missed = if arguments.check_slo { slo::missed(&done.project.plan, summary) } else { Vec::new() };
    missed.iter().for_each(|sentence| error(sentence));
    Ok(missed.len())
}

/// "heat-wave: 24 runs (3 of them kept) in 4.2 s, seed 42, digest 0123456789abcdef".
pub(super) fn heading(done: &Done<'_>) -> String {
    let manifest = done.manifest;
    let wall = elapsed(manifest.wall_time_s);
    let digest = match (&manifest.digest, &manifest.shard) {
        (Some(digest), _) => format!("digest {}", &digest[..16]),
        (None, Some(shard)) => format!("part {shard}"),
        (None, None) => "incomplete".to_owned(),
    };
    let kept = if done.kept > 0 { format!(" ({} of them kept)", done.kept) } else { String::new() };
    let (name, runs) = (&done.project.plan.name, counted(done.runs, "run"));
    format!("{name}: {runs}{kept} in {wall}, seed {}, {digest}", manifest.seed)
}
