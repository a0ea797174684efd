//! `brownout diff A [B]`: finds the first event at which two runs part, and tells what there is around it.
//!
//! A and B are `FILE[:POLICY[:REPLICATION[:VARIATION]]]`; a part left empty means the first. With B left out, one file gives both runs, told
//! apart by --policy, --seeds, or settings of one side.

use super::options::setting;
use super::trace::{policy_of, variation_of};
use crate::failure::Failure;
use crate::input;
use crate::tell::numbers::counted;
use clap::Args;
use serde_json::Value;
use sim_core::scenario::{Overrides, Plan};
use sim_core::simulation::part::{Compared, Parting, Side, Step, compare};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Two runs.
#[derive(Debug, Args)]
pub struct Arguments {
    /// First run, as FILE:POLICY:REPLICATION:VARIATION; what is left out at the end is the first
    #[arg(value_name = "A")]
    a: String,
    /// Second run, in the same form [default: of the same file]
    #[arg(value_name = "B")]
    b: Option<String>,
    /// Policies of the two runs; one name for both
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    policy: Vec<String>,
    /// Seeds of the two runs; one number for both
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    seeds: Vec<u64>,
    /// Set a field of both; may be repeated
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = setting)]
    set: Vec<(String, Value)>,
    /// Set a field of the first run only; may be repeated
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = setting)]
    set_a: Vec<(String, Value)>,
    /// Set a field of the second run only; may be repeated
    #[arg(long, value_name = "/POINTER=VALUE", value_parser = setting)]
    set_b: Vec<(String, Value)>,
    /// How many events before the parting to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    last: usize,
    /// Exit with 3 when the runs part
    #[arg(long)]
    exit_code: bool,
}

/// One of the two runs.
struct Run {
    plan: Plan,
    policy: String,
    replication: u32,
    variation: u32,
}

impl Run {
    fn side(&self) -> Side<'_> {
        Side {
            scenario: &self.plan.variations[self.variation as usize].scenario,
            policy: &self.policy,
            variation: self.variation,
            replication: self.replication,
        }
    }
}

/// Makes both runs in step.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runs = [read(arguments, 0)?, read(arguments, 1)?];
    let mut out = io::stdout();
    for (run, name) in runs.iter().zip(["A", "B"]) {
        let Run { plan, policy, replication, .. } = run;
        let seed = run.side().scenario.seed;
        writeln!(out, "{name}: {} under `{policy}`, replication {replication}, seed {seed}", plan.name)?;
    }
    match compare([runs[0].side(), runs[1].side()], arguments.last) {
        Compared::Same { events, metrics } if metrics.is_empty() => {
            writeln!(out, "nothing differs: the same {} in both", counted(events as usize, "event"))?;
            Ok(())
        }
        Compared::Same { events, metrics } => {
            writeln!(
                out,
                "the same {} happen in both, but they are measured differently: {}",
                counted(events as usize, "event"),
                metrics.join(", ")
            )?;
            verdict(arguments, "the runs are measured differently")
        }
        Compared::Parted(parting) => {
            let chance = |run: &Run| (run.side().scenario.seed, run.replication);
            tell(&mut out, &parting, chance(&runs[0]) == chance(&runs[1]))?;
            verdict(arguments, "the runs part")
        }
    }
}

/// Says it with the exit code where that is asked for.
fn verdict(arguments: &Arguments, what: &str) -> Result<(), Failure> {
    if arguments.exit_code { Err(Failure::Regression(what.to_owned())) } else { Ok(()) }
}

/// Reads the file of one side.
fn read(arguments: &Arguments, side: usize) -> Result<Run, Failure> {
    let text = if side == 0 { &arguments.a } else { arguments.b.as_ref().unwrap_or(&arguments.a) };
    let (file, [policy, replication, variation]) = parts(text)?;
    let own = if side == 0 { &arguments.set_a } else { &arguments.set_b };
    let of_pair = |count: usize| if count > 1 { side } else { 0 };
    let seed = arguments.seeds.get(of_pair(arguments.seeds.len())).copied();
    for (name, count) in [("policy", arguments.policy.len()), ("seeds", arguments.seeds.len())] {
        if count > 2 {
            return Err(Failure::Usage(format!("--{name}: two runs are compared, not {count}")));
        }
    }
    let overrides = Overrides {
        set: arguments.set.iter().chain(own).cloned().collect(),
        seed,
        replications: None,
        policies: None,
    };
    let plan = input::plan(&file, &overrides)?;
    let number = |text: Option<String>, what: &str| match text {
        None => Ok(0),
        Some(text) => text
            .parse::<u32>()
            .map_err(|_| Failure::Usage(format!("{text:?} is no number of a {what}; accepted: {FORM}"))),
    };
    let (replication, variation) = (number(replication, "replication")?, number(variation, "variation")?);
    let scenario = &variation_of(&plan.variations, variation)?.scenario;
    let asked = arguments.policy.get(of_pair(arguments.policy.len())).cloned().or(policy);
    let policy = policy_of(scenario, asked.as_deref())?;
    Ok(Run { plan, policy, replication, variation })
}

/// How a run is named.
const FORM: &str = "FILE[:POLICY[:REPLICATION[:VARIATION]]]";

/// File, and policy, replication and variation where they are named.
fn parts(text: &str) -> Result<(PathBuf, [Option<String>; 3]), Failure> {
    if Path::new(text).exists() {
        return Ok((PathBuf::from(text), [None, None, None]));
    }
    let mut parts = text.split(':');
    let file = PathBuf::from(parts.next().unwrap_or_default());
    let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    let named = [part(), part(), part()];
    if parts.next().is_some() {
        return Err(Failure::Usage(format!("{text:?} has too many parts; accepted: {FORM}")));
    }
    Ok((file, named))
}

/// Tells where the runs part, which draw the same or not.
fn tell(out: &mut impl Write, parting: &Parting, same_draws: bool) -> io::Result<()> {
    match parting.before.last() {
        None => writeln!(out, "they part at their first event")?,
        Some(last) => writeln!(
            out,
            "they agree on the first {}, until {}",
            counted(parting.agreed as usize, "event"),
            last.at
        )?,
    }
    let world = match (parting.same_at_start, parting.same_before, parting.same_event) {
        (false, ..) => "the outside world (weather, storms) differs from the start",
        (true, false, _) => "the outside world has drawn something else before that",
        (true, true, true) => {
            "until then the outside world is the same in both; at this event it draws something else"
        }
        (true, true, false) if !same_draws => {
            "seed or replication differ, and with them all that is drawn: the outside world, too, though that shows no difference yet"
        }
        (true, true, false) => {
            "the outside world is the same in both so far: what parts them is the policy, or what is built"
        }
    };
    writeln!(out, "{world}")?;
    if !parting.before.is_empty() {
        writeln!(out, "\nbefore, in both")?;
        parting.before.iter().try_for_each(|step| line(out, step))?;
    }
    for (step, name) in parting.first.iter().zip(["A", "B"]) {
        writeln!(out, "\nthen in {name}")?;
        match step {
            Some(step) => line(out, step)?,
            None => writeln!(out, "  the run ends")?,
        }
    }
    Ok(())
}

fn line(out: &mut impl Write, step: &Step) -> io::Result<()> {
    let tie = if step.tied { ", at the same time as the one before" } else { "" };
    writeln!(out, "  {:>8}  {}  {}{tie}", step.number, step.at, step.name)?;
    step.about.iter().try_for_each(|about| writeln!(out, "            {about}"))
}
