//! `brownout weakest FILE`: kills each failure domain once, on the same weather, and ranks them by what they take down.
//!
//! The world of a shortened run is simulated once undisturbed, and once for each domain with that domain killed for a while. All
//! runs share their seed, so what differs is the kill. [`aspect`] is what can be taken down; [`experiment`] makes the runs, [`ranking`] compares them and finds the words, and [`files`]
//! writes what came out.

mod aspect;
mod experiment;
mod files;
mod ranking;

use super::options::{Threads, setting, some_time};
use crate::failure::{Failure, warning};
use crate::input;
use crate::output::Folder;
use crate::plots;
use crate::tell::numbers::{counted, elapsed, simulated};
use clap::Args;
use experiment::{Choice, Experiment};
use ranking::Ranking;
use serde_json::Value;
use sim_core::kernel::SimDuration;
use sim_core::scenario::Overrides;
use sim_core::scenario::faults::DomainKind;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Which file, what is killed, and how.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Kinds of failure domain: node, rack, site, feeder, fleet, isp, operator, region, gateway, batch, backbone
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = kind,
          default_values_t = ["site", "feeder", "fleet", "isp", "operator", "region"].map(Kind::named))]
    kinds: Vec<Kind>,
    /// Policy under which all is run [default: the last of the file]
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// How long a domain is down [default: 1 h, or a third of the window if that is shorter]
    #[arg(long = "for", value_name = "TIME", value_parser = some_time)]
    lasts: Option<SimDuration>,
    /// When it goes down, from the start of the run [default: a third of the window after the warm-up]
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    at: Option<SimDuration>,
    /// Time that is measured, a third of it before the kill; no more than the run after its warm-up
    #[arg(long, value_name = "TIME", value_parser = some_time, default_value = "6 h")]
    window: SimDuration,
    /// Domains to show
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), default_value = "10")]
    top: u32,
    /// Most domains to kill; of more, a sample at even distances
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), default_value = "200")]
    limit: u32,
    #[command(flatten)]
    threads: Threads,
    /// Seed of all random draws, instead of the file's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Set a field before the file is checked, as in --set /fleet/0/sites=200; may be repeated
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = setting)]
    set: Vec<(String, Value)>,
    /// Folder for weakest.json, weakest.csv and the picture [default: results/NAME-weakest]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print weakest.json instead of the table
    #[arg(long)]
    json: bool,
    /// No progress and no table
    #[arg(long)]
    quiet: bool,
}

/// A kind of failure domain as typed.
#[derive(Clone, Copy, Debug)]
struct Kind(DomainKind);

impl Kind {
    fn named(name: &str) -> Self {
        kind(name).expect("the defaults are kinds")
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

fn kind(text: &str) -> Result<Kind, String> {
    let kinds = DomainKind::ALL.into_iter();
    kinds.clone().find(|kind| kind.name() == text).map(Kind).ok_or_else(|| {
        let near =
            kinds.clone().map(|kind| (strsim::damerau_levenshtein(kind.name(), text), kind.name())).min();
        let near =
            near.filter(|(distance, _)| *distance <= 2).map(|(_, name)| format!("did you mean '{name}'? "));
        let all: Vec<&str> = kinds.map(DomainKind::name).collect();
        format!("{}accepted: {}", near.unwrap_or_default(), all.join(", "))
    })
}

/// Makes all runs and tells what came out.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let overrides =
        Overrides { set: arguments.set.clone(), seed: arguments.seed, replications: Some(1), policies: None };
    let plan = input::plan(&arguments.file, &overrides)?;
    if plan.variations.len() > 1 {
        warning(format!("{} varies; only its first variation is looked at", arguments.file.display()));
    }
    let kinds: Vec<DomainKind> = arguments.kinds.iter().map(|kind| kind.0).collect();
    let experiment = Experiment::new(
        &plan.variations[0].scenario,
        &Choice {
            kinds: &kinds,
            policy: arguments.policy.as_deref(),
            at: arguments.at,
            lasts: arguments.lasts,
            window: arguments.window,
            limit: arguments.limit as usize,
        },
    )?;
    experiment.notes.iter().for_each(warning);
    let out =
        arguments.out.clone().unwrap_or_else(|| Path::new("results").join(format!("{}-weakest", plan.name)));
    let folder = Folder::prepare_for(&out, files::JSON)?;
    crate::execute::listen_for_interrupts()?;
    let began = Instant::now();
    let threads = arguments.threads.count();
    let results = experiment.run(threads, arguments.quiet)?;
    let ranking = Ranking::new(&experiment, &results);
    let json = files::json(&experiment, &ranking)?;
    folder.write(files::JSON, json.as_bytes())?;
    folder.write(files::CSV, files::csv(&ranking).as_bytes())?;
    let svg = plots::weakest(&picture(&experiment, &ranking, arguments.top as usize))?;
    folder.write_plots(&[("weakest.svg".to_owned(), svg)])?;
    let mut stdout = io::stdout();
    if arguments.json {
        write!(stdout, "{json}")?;
    } else if !arguments.quiet {
        writeln!(
            stdout,
            "{}: {} killed for {} each under policy {}, in {}, seed {}",
            plan.name,
            counted(experiment.domains.len(), "failure domain"),
            simulated(experiment.lasts.as_secs_f64()),
            experiment.policy,
            elapsed(began.elapsed().as_secs_f64()),
            experiment.scenario.seed,
        )?;
        writeln!(stdout, "{}", ranking.table(arguments.top as usize))?;
        writeln!(stdout, "{}", ranking.verdict)?;
        writeln!(stdout, "results in {}", out.display())?;
    }
    Ok(())
}

/// What the picture shows.
fn picture(experiment: &Experiment, ranking: &Ranking, top: usize) -> plots::Weakest {
    let bar = |row: &ranking::Row| plots::Bar {
        label: row.label.clone(),
        kind: row.kind.name().to_owned(),
        share: 100.0 * ranking.share(row),
        capacity: 100.0 * row.capacity,
    };
    let axis = match ranking.aspects[..] {
        [only] => only.axis(),
        _ => "requests, data or work lost, of that meanwhile: the greatest of these shares (%)",
    };
    plots::Weakest {
        title: format!("{}: what each failure domain takes down", experiment.scenario.name),
        subtitle: format!(
            "killed for {} at {}, policy {}, one run each on the same weather",
            simulated(experiment.lasts.as_secs_f64()),
            simulated(experiment.at.as_secs_f64()),
            experiment.policy
        ),
        axis: axis.to_owned(),
        bars: ranking.rows.iter().take(top).map(bar).collect(),
    }
}
