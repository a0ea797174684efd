//! The probability of what no plain run ever sees: that an object is lost, or that too much is down at once, or for too long.
//!
//! **Loss.** The level of danger is the number of shards that one object lacks: those present on no disk. At n − k + 1 it is lost. Objects of a set are
//! placed by the same law, so the probability for any one of them is the expected share that is lost, which plain runs count; that holds
//! whatever they do to one another. Where they can do nothing to one another (repairs take a drawn time and are not limited in number or
//! rate, and room is not limited), the one is looked at *alone*, and the world has no others; else all are there, and one is
//! looked at. Of several sets, each replication looks at an object drawn from all.
//!
//! **Outage.** The level of danger is the number of nodes or sites that are down, and then how long enough of them have been (`goal`): the event is that they
//! have been so for longer than is allowed at some moment before the end.
//!
//! Methods, and why they are unbiased: [`crate::rare`]. What forks draw anew is in `fork` and `domains`, hastened clocks are in `clocks` and
//! `biased`, what periodic checks change in `checks`, what pilots find out in `pilot`, and which method suits in `method`.
//!
//! The plain run comes first and is as without `rare`; what is estimated takes the place of its count in the metrics
//! `objects.loss_probability` and `objects.durability_nines`, or is `outages.probability` and `outages.nines`. After a `warmup` the estimate begins at its end, in
//! the state of the plain run of the replication, which is then part of the environment.

mod biased;
mod checks;
mod clocks;
mod domains;
mod fork;
mod goal;
mod method;
mod pilot;

use super::{Model, Simulation};
use crate::kernel::{Process, SimTime};
use crate::measure::record::{RareReport, RunRecord};
use crate::rare::{Estimate, split, variance_reduction};
use crate::scenario::{Rare, Scenario};
use fork::{Traveller, Worlds};
use goal::Goal;
use method::{Chosen, choose};

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
    let mut world = scenario.clone();
    let (object, alone) = match rare.outage {
        Some(_) => (0, false),
        None => method::look_at_one(&mut world, policy, record.replication),
    };
    let model = Model::new(&world, policy, record.replication);
    let before = record.metric("engine.events").unwrap_or(0.0) as u64;
    let mut go_on = |events: u64| go_on(before + events);
    let mut run = Simulation::new(&model);
    run.note_repairs();
    if let Some(outage) = &rare.outage {
        run.watch_outage(&world, outage);
    }
    run.warm_up_for_rare();
    let goal = match &rare.outage {
        Some(outage) => Goal::outage(outage, &run),
        None => Goal::loss(&model, object),
    };
    if rare.outage.is_none() && goal.level(&run) >= goal.last() {
        // What is lost before the measurement begins is not at risk.
        return Some(());
    }
    let mut worlds = Worlds::new(&model, goal, &mut go_on);
    let found = find(&world, rare, policy, Traveller { run, path: None }, &mut worlds);
    if worlds.is_stopped() {
        return None;
    }
    put(record, rare, Found { report: RareReport { alone, ..found.report }, ..found });
    Some(())
}

/// Chooses a method by pilots, and does it.
fn find<'m>(
    world: &Scenario,
    rare: &Rare,
    policy: &str,
    root: Traveller<'m>,
    worlds: &mut Worlds<'m, '_>,
) -> Found {
    let resample = root.run.model.streams().stream(Process::RareResample, 0);
    let plain = pilot::plain(worlds, &root);
    let Chosen { plan, method, why, spent } = choose(world, rare, policy, &root, worlds, &plain, &resample);
    let from = if plan.bias.is_some() { root.biased() } else { root };
    worlds.bias = plan.bias.unwrap_or_else(biased::Bias::none);
    let Estimate { probability, relative_error, events, stages, hits } =
        split(worlds, from, &plan.levels, rare.paths, (0, &resample));
    let of_levels = |stage: &crate::rare::Stage| [stage.level, stage.paths, stage.reached];
    let report = RareReport {
        stages: if stages.len() > 1 || plan.levels.len() > 1 || method == "splitting" {
            stages.iter().map(of_levels).collect()
        } else {
            Vec::new()
        },
        method: method.to_owned(),
        why,
        alone: false,
        paths: u64::from(rare.paths) * stages.len() as u64,
        hits: u64::from(hits),
    };
    // A single hit says nothing of its error.
    let relative_error = if hits < 2 { f64::INFINITY } else { relative_error };
    let events = events + spent + plain.spent;
    Found { probability, relative_error, events, plain_events: plain.events, report }
}

/// Puts what has been found in the place of what was counted.
fn put(record: &mut RunRecord, rare: &Rare, found: Found) {
    let Found { probability, relative_error, events, plain_events, report } = found;
    let (name, nines) = if rare.outage.is_some() {
        ("outages.probability", "outages.nines")
    } else {
        for name in ["loss_probability.low", "loss_probability.high", "durability_nines.low"] {
            record.metrics.shift_remove(&format!("objects.{name}"));
        }
        ("objects.loss_probability", "objects.durability_nines")
    };
    record.metrics.shift_remove(nines);
    record.set(name, probability);
    if probability > 0.0 {
        record.set(nines, -libm::log10(probability));
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
    /// Goes on to the end of the warm-up, if there is one.
    fn warm_up_for_rare(&mut self) {
        if self.model.warmup.is_zero() {
            return;
        }
        let moment = SimTime::ZERO + self.model.warmup;
        while let Some(event) = self.engine.next(moment) {
            self.handle(event);
            self.look_at_outage();
        }
    }
}
