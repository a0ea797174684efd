//! `brownout plan FILE|DIR|PATTERN|LIST…`: lists the runs that `run` or `batch` with the same flags would make.

use super::options::Changes;
use crate::failure::Failure;
use crate::tell::numbers::{about, counted};
use crate::tell::{stages, table};
use crate::work::project::read_all;
use crate::work::stages::Stages;
use crate::work::{Project, Selection, files, select};
use clap::Args;
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

/// Which files, and how to list.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario files, or folders, patterns or lists of them
    #[arg(required = true, value_name = "FILE|DIR|PATTERN|LIST")]
    sources: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    selection: Selection,
    /// Print a line of JSON for each run
    #[arg(long)]
    json: bool,
}

/// Lists the runs.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let wanted = files::all(&arguments.sources, &arguments.changes)?;
    let only = arguments.selection.only.as_ref().map(|only| &only.all[..]);
    let (mut projects, _) = read_all(&wanted, |name| PathBuf::from(name), only, (1, false))?;
    select::cut(&mut projects, arguments.selection.shard)?;
    select::refuse_nothing(&projects)?;
    let mut out = io::BufWriter::new(io::stdout());
    if !arguments.json {
        writeln!(
            out,
            "{:<12}  {:<16}  {:<4}  {:<5}  {:<14}  {:>8}",
            "run", "scenario", "var.", "repl.", "policy", "events"
        )?;
    }
    for project in &projects {
        for number in &project.wanted {
            if arguments.json {
                writeln!(out, "{}", as_json(project, *number))?;
            } else {
                writeln!(out, "{}", as_text(project, *number))?;
            }
        }
    }
    if !arguments.json {
        let runs: usize = projects.iter().map(|project| project.wanted.len()).sum();
        let all: usize = projects.iter().map(|project| project.runs.len()).sum();
        let events = |project: &Project| -> f64 {
            project.wanted.iter().map(|number| project.runs[*number].events).sum()
        };
        let of = if runs < all { format!(" of {all}") } else { String::new() };
        writeln!(
            out,
            "{}, {}{of}, about {} events",
            counted(projects.iter().filter(|project| !project.wanted.is_empty()).count(), "scenario"),
            counted(runs, "run"),
            about(projects.iter().map(events).sum())
        )?;
        for project in projects.iter().filter(|project| Stages::of(project).is_some()) {
            let planned = stages::planned(&project.plan.variations[0].scenario);
            writeln!(out, "{}: {planned}; the list has the most that there can be", project.plan.name)?;
        }
    }
    Ok(out.flush()?)
}

fn as_json(project: &Project, number: usize) -> String {
    let planned = &project.runs[number];
    json!({
        "id": planned.id,
        "scenario": project.plan.name,
        "file": project.file.display().to_string(),
        "variation": planned.run.variation,
        "values": project.plan.variations[planned.run.variation as usize].values,
        "policy": planned.run.policy,
        "replication": planned.run.replication,
        "events": planned.events.round(),
    })
    .to_string()
}

fn as_text(project: &Project, number: usize) -> String {
    let planned = &project.runs[number];
    let run = &planned.run;
    let line = format!(
        "{:<12}  {:<16}  {:>4}  {:>5}  {:<14}  {:>8}  {}",
        &planned.id[..12],
        project.plan.name,
        run.variation,
        run.replication,
        run.policy,
        about(planned.events),
        table::values(&project.plan.variations[run.variation as usize].values),
    );
    line.trim_end().to_owned()
}
