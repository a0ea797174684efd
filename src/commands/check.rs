//! `brownout check FILE…`: is the scenario right, what would be run, and what would it cost?

use super::options::Changes;
use crate::failure::{Failure, error};
use crate::input;
use crate::limits;
use crate::tell::numbers::{about, bytes, counted, simulated};
use crate::tell::{faults, stages, table};
use clap::Args;
use serde_json::{Value, json};
use sim_core::scenario::{Plan, PlannedRun};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Which files, and what to show.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// Print the scenario with all defaults filled in, one JSON document per variation
    #[arg(long, conflicts_with = "json")]
    resolved: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
    /// Print nothing when all is well
    #[arg(long)]
    quiet: bool,
}

/// Checks all files, even when one of them is wrong.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut wrong = 0;
    for file in &arguments.files {
        match input::plan(file, &arguments.changes.overrides()) {
            Ok(plan) => {
                show(arguments, file, &plan)?;
                if let Err(message) = limits::check(&plan, 1) {
                    wrong += 1;
                    error(&format!("{}: {message}", file.display()));
                }
            }
            Err(Failure::Usage(message)) => {
                wrong += 1;
                error(&message);
            }
            Err(other) => return Err(other),
        }
    }
    match (wrong, arguments.files.len()) {
        (0, _) => Ok(()),
        (wrong, all) => Err(Failure::Usage(format!(
            "{wrong} of {all} scenario file{} cannot be run",
            if all == 1 { "" } else { "s" }
        ))),
    }
}

fn show(arguments: &Arguments, file: &Path, plan: &Plan) -> Result<(), Failure> {
    let mut out = io::stdout();
    if arguments.quiet {
        return Ok(());
    }
    if arguments.resolved {
        for variation in &plan.variations {
            writeln!(out, "{:#}", variation.tree())?;
        }
    } else if arguments.json {
        writeln!(out, "{:#}", as_json(plan))?;
    } else {
        write!(out, "{}", as_text(file, plan))?;
    }
    Ok(())
}

fn as_json(plan: &Plan) -> Value {
    let estimate = plan.estimate();
    let first = &plan.variations[0].scenario;
    let run = |PlannedRun { run, id, .. }: PlannedRun| json!({ "id": id, "variation": run.variation, "policy": run.policy, "replication": run.replication });
    json!({
        "scenario": plan.name,
        "seed": first.seed,
        "policies": first.policies.keys().collect::<Vec<_>>(),
        "replications": first.replications,
        "replications_min": first.statistics.first.unwrap_or(first.replications),
        "variations": plan.variations.iter().map(|variation| &variation.values).collect::<Vec<_>>(),
        "estimate": {
            "nodes": estimate.nodes,
            "sites": estimate.sites,
            "events_per_run": estimate.events_per_run.round(),
            "events": estimate.events.round(),
            "bytes_per_run": estimate.bytes_per_run.round(),
        },
        "runs": plan.planned().map(run).collect::<Vec<_>>(),
    })
}

fn as_text(file: &Path, plan: &Plan) -> String {
    let estimate = plan.estimate();
    let first = &plan.variations[0].scenario;
    let policies: Vec<&str> = first.policies.keys().map(String::as_str).collect();
    let mut text = format!("{}: scenario {}, no mistakes\n", file.display(), plan.name);
    let mut line = |label: &str, value: String| text.push_str(&format!("  {label:<9} {value}\n"));
    line(
        "plan",
        format!(
            "{} × {} × {} = {}{} of {} each, seed {}",
            counted(plan.variations.len(), "variation"),
            counted(policies.len(), "policy"),
            stages::planned(first),
            if first.statistics.first.is_some() { "at most " } else { "" },
            counted(estimate.runs as usize, "run"),
            simulated(first.duration.as_secs_f64()),
            first.seed,
        ),
    );
    line("policies", policies.join(", "));
    for variation in plan.variations.iter().filter(|variation| !variation.values.is_empty()) {
        line("variation", table::values(&variation.values));
    }
    line(
        "fleet",
        format!(
            "{} at {}",
            counted(estimate.nodes as usize, "node"),
            counted(estimate.sites as usize, "site")
        ),
    );
    for fault in &first.faults {
        let heading = faults::heading(fault);
        line("fault", heading.strip_prefix("fault ").unwrap_or(&heading).to_owned());
    }
    line(
        "estimate",
        format!(
            "about {} events a run, {} in all; {} of memory a run",
            about(estimate.events_per_run),
            about(estimate.events),
            bytes(estimate.bytes_per_run),
        ),
    );
    text
}
