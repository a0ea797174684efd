//! `brownout whatif FILE`: what another policy would have done from some moment on, on the same weather.

use super::options::{Changes, Threads};
use super::trace::{policy_of, variation_of};
use crate::execute::{self, End, Outcome};
use crate::failure::{Failure, error};
use crate::input;
use crate::tell::numbers::{counted, simulated};
use crate::tell::table;
use clap::Args;
use sim_core::kernel::SimDuration;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::{Summary, VariationSummary};
use sim_core::scenario::{Variation, duration};
use sim_core::simulation::fork::{obstacle, what_if};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Which run, from when, and who takes over.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    changes: Changes,
    /// The moment, from the beginning of the run, as in --at '12 d'
    #[arg(long, value_name = "TIME", value_parser = duration)]
    at: SimDuration,
    /// Policy that takes over
    #[arg(long, value_name = "NAME")]
    policy: String,
    /// Policy at work before [default: the first of the file]
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Number of the variation
    #[arg(long, value_name = "N", default_value_t = 0)]
    variation: u32,
    /// Only this replication, without intervals [default: all of them]
    #[arg(long, value_name = "N")]
    replication: Option<u32>,
    /// Show each replication too
    #[arg(long)]
    each: bool,
    #[command(flatten)]
    threads: Threads,
    /// Print the comparison as JSON
    #[arg(long)]
    json: bool,
}

/// Forks the runs and tells how the two courses differ.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let plan = input::plan(&arguments.file, &arguments.changes.overrides())?;
    let variation = variation_of(&plan.variations, arguments.variation)?;
    let scenario = &variation.scenario;
    let from = policy_of(scenario, arguments.from.as_deref())?;
    let to = policy_of(scenario, Some(&arguments.policy))?;
    let at = simulated(arguments.at.as_secs_f64());
    if arguments.at >= scenario.duration {
        let end = simulated(scenario.duration.as_secs_f64());
        return Err(Failure::Usage(format!("--at: the run is over at {end}, and nothing comes after {at}")));
    }
    if let Some(reason) = obstacle(scenario, &from, &to).filter(|_| !arguments.at.is_zero()) {
        return Err(Failure::Usage(format!(
            "`{to}` cannot take over from `{from}` in the middle of a run: {reason}; accepted: --at '0 s', or policies alike in that"
        )));
    }
    let replications: Vec<u32> = match arguments.replication {
        Some(replication) => vec![replication],
        None => (0..scenario.replications).collect(),
    };
    let names = [from.clone(), format!("{to} from {at}")];
    let records = records(arguments, variation, [&from, &to], (&replications, &names))?;
    let summed = |records: &[RunRecord]| VariationSummary::of(&variation.values, &names, None, records);
    let mut summary = Summary::new(&plan.name);
    summary.variations.push(summed(&records));
    let mut out = io::stdout();
    if arguments.json {
        let text = serde_json::to_string_pretty(&summary).map_err(|it| Failure::Work(it.to_string()))?;
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let measured =
        if arguments.at.is_zero() { "the whole run".to_owned() } else { format!("what comes after {at}") };
    writeln!(
        out,
        "{}: {} under `{from}`, and what `{to}` would have done from {at} on; measured is {measured}",
        plan.name,
        counted(replications.len(), "run")
    )?;
    if arguments.each && replications.len() > 1 {
        for replication in &replications {
            let own: Vec<RunRecord> =
                records.iter().filter(|record| record.replication == *replication).cloned().collect();
            writeln!(out, "replication {replication}")?;
            table::print_tables(&mut out, &summed(&own))?;
        }
        writeln!(out, "all replications")?;
    }
    table::print_tables(&mut out, &summary.variations[0])?;
    table::print_differences(&mut out, &summary.variations[0], [&names[0], &names[1]])?;
    Ok(())
}

/// Both courses of all replications, in their order, named for the comparison.
fn records(
    arguments: &Arguments,
    variation: &Variation,
    [from, to]: [&String; 2],
    (replications, names): (&[u32], &[String; 2]),
) -> Result<Vec<RunRecord>, Failure> {
    let scenario = Arc::new(variation.scenario.clone());
    let (from, to) = (from.clone(), to.clone());
    let (at, number) = (arguments.at, arguments.variation);
    let threads = arguments.threads.count();
    let work = move |replication: &u32| what_if(&scenario, [&from, &to], at, (number, *replication));
    let (mut records, mut failed) = (Vec::new(), 0);
    execute::listen_for_interrupts()?;
    let end = execute::execute(replications.to_vec(), threads, work, |outcome| {
        match outcome {
            Outcome::Finished(_, pair) => {
                records.extend(
                    pair.into_iter()
                        .zip(names)
                        .map(|(record, name)| RunRecord { policy: name.clone(), ..record }),
                );
            }
            Outcome::Panicked(replication, message) => {
                failed += 1;
                error(&format!("replication {replication}: {message}"));
            }
        }
        Ok(())
    })?;
    if end == End::Interrupted {
        return Err(Failure::Interrupted("interrupted; nothing was compared".to_owned()));
    }
    if failed > 0 {
        return Err(Failure::Work(format!("{} failed", counted(failed, "run"))));
    }
    records.sort_by_key(|record| record.replication);
    Ok(records)
}
