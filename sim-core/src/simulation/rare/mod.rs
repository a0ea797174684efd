//! The probability that an object is lost, where no plain run ever sees it.
//!
//! The level of danger is the number of shards that one object lacks: those present on no disk. At n − k + 1 it is lost. Objects of a set are
//! placed by the same law, so the probability for any one of them is the expected share that is lost, which plain runs count; that holds
//! whatever they do to one another. Where they can do nothing to one another (repairs take a drawn time and are not limited in number or
//! rate, and room is not limited), the one is looked at *alone*, and the world has no others; else all are there, and one is
//! looked at. Methods, and why they are unbiased: [`crate::rare`]. What forks draw anew is in `fork`, hastened deaths are in
//! `biased`.
//!
//! The plain run comes first and is as without `rare`; what is estimated takes the place of its count in the metrics
//! `objects.loss_probability` and `objects.durability_nines`.

mod biased;
mod fork;
mod method;

use super::{Model, Simulation};
use crate::kernel::{Process, SimTime, Streams};
use crate::measure::record::{RareReport, RunRecord};
use crate::rare::{Branch, Estimate, Forks, Weighted, merge_levels, split, variance_reduction};
use crate::scenario::{Rare, Scenario};
use biased::Bias;
use fork::Worlds;
use method::{Chosen, choose};

/// The object that is looked at.
const OBJECT: u32 = 0;
/// First stages of pilots, of plain paths and of paths under failure biasing: apart from those of the estimate, of which there are fewer.
const PILOT: u32 = 1 << 10;
const PLAIN: u32 = 1 << 11;
const BIASED: u32 = 1 << 12;
/// Plain paths by which the cost of plain simulation is known.
const PLAIN_PATHS: u32 = 4;
/// The pilot has this share of the paths, at least so many.
const PILOT_SHARE: u32 = 5;
const PILOT_PATHS: u32 = 40;
/// The pilot merges levels up to steps of this probability.
const STEP: f64 = 0.2;

/// What has been found out.
struct Found {
    probability: f64,
    relative_error: f64,
    events: u64,
    plain_events: f64,
    report: RareReport,
}

/// Estimates what `rare` asks for, and puts it into the record of the plain run. `None` if `go_on` said no to the events so far.
pub(super) fn estimate(
    scenario: &Scenario,
    rare: &Rare,
    policy: &str,
    record: &mut RunRecord,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Option<()> {
    let alone = method::is_alone(scenario, policy);
    let mut world = scenario.clone();
    if alone {
        method::leave_one(&mut world);
    }
    let model = Model::new(&world, policy, record.replication);
    let before = record.metric("engine.events").unwrap_or(0.0) as u64;
    let mut go_on = |events: u64| go_on(before + events);
    let Chosen { biasing, why } = choose(&world, rare, policy);
    let mut root = Simulation::new(&model);
    root.note_repairs();
    let mut worlds = Worlds::new(&model, OBJECT, &mut go_on);
    let found = if biasing {
        by_biasing(&world, rare, policy, &root, &mut worlds)
    } else {
        by_splitting(&model, rare, root, &mut worlds)
    };
    if worlds.is_stopped() {
        return None;
    }
    put(record, Found { report: RareReport { why, alone, ..found.report }, ..found });
    Some(())
}

/// Events of a plain path, and what they all cost.
fn plain_events<'m>(root: &Simulation<'m>, worlds: &mut Worlds<'m, '_>) -> (f64, u64) {
    let mut events = 0;
    for path in 0..PLAIN_PATHS {
        worlds.path(root, Branch::new(PLAIN, path), u32::MAX, &mut events);
    }
    ((events as f64 / f64::from(PLAIN_PATHS)).max(1.0), events)
}

fn by_splitting<'m>(
    model: &'m Model,
    rare: &Rare,
    root: Simulation<'m>,
    worlds: &mut Worlds<'m, '_>,
) -> Found {
    let resample = Streams::new(model.seed, model.replication).stream(Process::RareResample, 0);
    let last = model.objects.as_ref().map_or(1, |objects| objects.code.total - objects.code.data + 1);
    let (plain_events, mut events) = plain_events(&root, worlds);
    let levels = match &rare.levels {
        Some(levels) => levels.iter().copied().filter(|level| *level < last).chain([last]).collect(),
        None => {
            let all: Vec<u32> = (1..=last).collect();
            let paths = (rare.paths / PILOT_SHARE).max(PILOT_PATHS);
            let pilot = split(worlds, root.clone(), &all, paths, (PILOT, &resample));
            events += pilot.events;
            merge_levels(&all, &pilot.stages, STEP)
        }
    };
    let Estimate { probability, relative_error, events: more, stages, reached } =
        split(worlds, root, &levels, rare.paths, (0, &resample));
    let report = RareReport {
        method: "splitting".to_owned(),
        why: String::new(),
        alone: false,
        paths: u64::from(rare.paths) * stages.len() as u64,
        hits: reached.len() as u64,
        stages: stages.iter().map(|it| [it.level, it.paths, it.reached]).collect(),
    };
    Found { probability, relative_error, events: events + more, plain_events, report }
}

fn by_biasing<'m>(
    scenario: &Scenario,
    rare: &Rare,
    policy: &str,
    root: &Simulation<'m>,
    worlds: &mut Worlds<'m, '_>,
) -> Found {
    let (plain_events, mut events) = plain_events(root, worlds);
    let bias = Bias::new(scenario, rare, &scenario.policies[policy]);
    let mut weights = Weighted::default();
    for path in 0..rare.paths {
        weights.push(worlds.biased_path(root, Branch::new(BIASED, path), &bias, &mut events));
    }
    let (paths, hits) = weights.counts();
    let report = RareReport {
        method: "biasing".to_owned(),
        why: String::new(),
        alone: false,
        paths,
        hits,
        stages: Vec::new(),
    };
    let (probability, relative_error) = (weights.mean(), weights.relative_error());
    Found { probability, relative_error, events, plain_events, report }
}

/// Puts what has been found in the place of what was counted.
fn put(record: &mut RunRecord, found: Found) {
    let Found { probability, relative_error, events, plain_events, report } = found;
    for name in ["loss_probability.low", "loss_probability.high", "durability_nines.low", "durability_nines"]
    {
        record.metrics.shift_remove(&format!("objects.{name}"));
    }
    record.set("objects.loss_probability", probability);
    if probability > 0.0 {
        record.set("objects.durability_nines", -libm::log10(probability));
    }
    record.set("rare.effort", events as f64);
    record.set("rare.hits", report.hits as f64);
    if relative_error.is_finite() {
        record.set("rare.relative_error", relative_error);
        if relative_error > 0.0 && probability > 0.0 {
            let gain = variance_reduction(probability, relative_error, events, plain_events);
            record.set("rare.variance_reduction", gain);
        }
    }
    record.rare = Some(report);
}

impl Simulation<'_> {
    /// When the run is over.
    fn end(&self) -> SimTime {
        SimTime::ZERO + self.model.duration
    }
}
