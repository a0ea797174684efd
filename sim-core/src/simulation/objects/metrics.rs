//! What is said of objects at the end of a run.
//!
//! `objects.loss_probability` is lost objects over those at risk. Its bounds take objects as independent: the exact interval
//! of Clopper and Pearson at 95 %, or, where none was lost, zero and the one-sided bound 1 − 0.05^(1/N) ≈ 3/N (the rule of
//! three: Hanley and Lippman-Hand, JAMA 1983). Objects that share nodes are not independent, so the bounds of a single run
//! are too narrow where few nodes hold many objects; the spread over replications is not.

use super::super::Simulation;
use super::ObjectState;
use super::meter::{RepairMeter, SetMeter};
use crate::kernel::SimTime;
use crate::measure::binomial::loss_interval;
use crate::world::workload::objects::{Levels, Loss};

/// Levels and times of some objects together.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    at_risk: i64,
    lost: i64,
    unplaced: i64,
    /// Object-seconds that those written later lack to those that were there from the beginning; at most 0.
    late: f64,
    seconds: f64,
    kept: f64,
    readable: f64,
    degraded: f64,
    healthy: f64,
}

impl Figures {
    fn of(meter: &SetMeter, levels: Levels, now: SimTime, seconds: f64) -> Self {
        Self {
            // Objects written since have been at risk, too.
            at_risk: levels.kept + levels.lost,
            lost: levels.lost,
            unplaced: levels.unplaced,
            late: meter
                .born
                .as_ref()
                .map_or(0.0, |born| born.integral(now) - (levels.kept + levels.lost) as f64 * seconds),
            seconds,
            kept: meter.kept.integral(now),
            readable: meter.readable.integral(now),
            degraded: meter.degraded.integral(now),
            healthy: meter.healthy.integral(now),
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            at_risk: self.at_risk + other.at_risk,
            lost: self.lost + other.lost,
            unplaced: self.unplaced + other.unplaced,
            late: self.late + other.late,
            seconds: other.seconds,
            kept: self.kept + other.kept,
            readable: self.readable + other.readable,
            degraded: self.degraded + other.degraded,
            healthy: self.healthy + other.healthy,
        }
    }

    /// Seconds of all objects at risk.
    fn exposure(self) -> f64 {
        self.at_risk as f64 * self.seconds + self.late
    }

    fn put(self, prefix: &str, put: &mut impl FnMut(String, f64)) {
        let all = self.at_risk as f64;
        let exposure = self.exposure();
        let mut tell = |name: &str, value: f64| put(format!("{prefix}.{name}"), value);
        tell("count", all);
        tell("availability", self.readable / exposure);
        tell("unavailable_time", (self.kept - self.readable).max(0.0) / all);
        tell("degraded", self.degraded / exposure);
        tell("kept", self.kept / exposure);
        tell("healthy_shards", self.healthy / self.kept);
        tell("lost", self.lost as f64);
        if self.unplaced > 0 {
            tell("unplaced", self.unplaced as f64);
        }
        let (p, [low, high]) = loss_interval(self.lost.unsigned_abs(), self.at_risk.unsigned_abs());
        tell("loss_probability", p);
        tell("loss_probability.low", low);
        tell("loss_probability.high", high);
        if self.lost > 0 {
            tell("durability_nines", -libm::log10(p));
        }
        tell("durability_nines.low", -libm::log10(high));
    }
}

impl ObjectState {
    fn metrics(&self, now: SimTime, from: SimTime, names: &[&str], mut put: impl FnMut(String, f64)) {
        let seconds = now.since(from).as_secs_f64();
        let sets = self.meter.sets.iter().zip(self.store.sets());
        let figures: Vec<Figures> =
            sets.map(|(meter, set)| Figures::of(meter, set.levels, now, seconds)).collect();
        figures.iter().fold(Figures::default(), |sum, it| sum.and(*it)).put("objects", &mut put);
        let several = figures.len() > 1;
        if several {
            for (name, it) in names.iter().zip(&figures) {
                it.put(&format!("objects[{name}]"), &mut put);
            }
        }
        let stock = self.store.stock();
        for (name, count) in [
            ("placed", stock.placed),
            ("repaired", stock.repaired),
            ("healthy", stock.up),
            ("unavailable", stock.down),
            ("lost", stock.lost),
        ] {
            put(format!("objects.shards.{name}"), count as f64);
        }
        if self.mending.is_empty() {
            return;
        }
        put("objects.repair_queue".to_owned(), self.meter.queue.mean(now).unwrap_or(f64::NAN));
        put("objects.repair_queue.max".to_owned(), self.meter.queue.max());
        let mut all = RepairMeter::default();
        self.meter.sets.iter().for_each(|set| all.merge(&set.repairs));
        put_repairs("objects", &all, &mut put);
        if several {
            for (name, set) in names.iter().zip(&self.meter.sets) {
                put_repairs(&format!("objects[{name}]"), &set.repairs, &mut put);
            }
        }
    }
}

fn put_repairs(prefix: &str, repairs: &RepairMeter, put: &mut impl FnMut(String, f64)) {
    let mut tell = |name: &str, value: f64| put(format!("{prefix}.{name}"), value);
    tell("repairs", repairs.ended as f64);
    let bytes = repairs.bytes.map(|sum| sum.value());
    tell("repair_bytes", bytes.iter().sum());
    for (cause, bytes) in Loss::ALL.iter().zip(bytes) {
        if bytes > 0.0 {
            tell(&format!("repair_bytes.{}", cause.name()), bytes);
        }
    }
    let times = &repairs.to_whole;
    tell("time_to_whole.mean", times.mean_secs().unwrap_or(f64::NAN));
    for (name, q) in [("p50", 0.5), ("p99", 0.99)] {
        let time = times.quantile(q).map_or(f64::NAN, |time| time.as_secs_f64());
        tell(&format!("time_to_whole.{name}"), time);
    }
}

impl Simulation<'_> {
    /// Measuring of objects begins anew.
    pub(in crate::simulation) fn objects_warmed_up(&mut self) {
        let now = self.engine.now();
        self.with_objects(|_, state, _| {
            state.meter.restart(now, &mut state.store);
            state.access.meter.restart(now);
        });
    }

    /// Charges what nodes have kept until now, where there is a bill.
    pub(in crate::simulation) fn charge_stored(&mut self) {
        if !self.collect.deeds.are_counted() {
            return;
        }
        self.with_objects(|run, state, _| {
            for node in 0..run.nodes.len() {
                let stored = state.store.take_stored(node as u32);
                if let Some(deeds) = run.collect.deeds.of_node(node) {
                    deeds.stored.add(stored);
                }
            }
        });
    }

    /// Byte-seconds of objects that were not lost, and bytes that readers have got: those of the objects, not of their shards.
    pub(in crate::simulation) fn delivered_objects(&mut self) -> (f64, f64) {
        let now = self.engine.now();
        let (mut stored, mut read) = (0.0, 0.0);
        self.with_objects(|_, state, model| {
            state.see(now);
            let sets = model.sets.iter().zip(&state.meter.sets);
            stored = sets.map(|(set, meter)| set.objects.size.0 * meter.kept.integral(now)).sum();
            read = state.access.meter.read_bytes();
        });
        (stored, read)
    }

    /// Seconds of all objects at risk, by workload.
    pub(super) fn object_exposures(&self) -> Vec<f64> {
        let (now, seconds) = (self.engine.now(), self.engine.now().since(self.collect.from).as_secs_f64());
        let Some(state) = &self.objects else { return Vec::new() };
        let sets = state.meter.sets.iter().zip(state.store.sets());
        sets.map(|(meter, set)| Figures::of(meter, set.levels, now, seconds).exposure()).collect()
    }

    /// What became of objects, as metrics; nothing where there are none.
    pub(in crate::simulation) fn object_metrics(&mut self, mut put: impl FnMut(String, f64)) {
        let (now, from) = (self.engine.now(), self.collect.from);
        self.with_objects(|run, state, model| {
            let names: Vec<&str> = model.sets.iter().map(|set| set.name.as_str()).collect();
            state.see(now);
            state.metrics(now, from, &names, &mut put);
            state.access.meter.metrics(&model.access, model.code.data, &names, &mut put);
            run.fault_object_metrics(state, &mut put);
        });
    }
}
