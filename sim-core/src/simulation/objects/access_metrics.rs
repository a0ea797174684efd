//! What is measured of reads, writes, audits, rot and departures; changes nothing.
//!
//! Reads and writes are measured by workload, and the plain name is that of all together. They count if they began in the time measured: arrived = completed + failed + in flight.

use super::access::{AccessModel, SetAccess};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::Sum;
use crate::measure::sketch::LatencySketch;

/// Reads, or writes.
#[derive(Clone, Debug, Default)]
pub(super) struct Operations {
    pub arrived: u64,
    pub completed: u64,
    pub failed: u64,
    from: SimTime,
    latency: LatencySketch,
}

impl Operations {
    /// One that began at `began` is over, after so long if it succeeded.
    pub fn over(&mut self, began: SimTime, latency: Option<SimDuration>) {
        if began < self.from {
            return;
        }
        match latency {
            Some(latency) => {
                self.completed += 1;
                self.latency.record(latency);
            }
            None => self.failed += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.completed += other.completed;
        self.failed += other.failed;
        self.latency.merge(&other.latency);
    }

    fn put(&self, prefix: &str, put: &mut impl FnMut(String, f64)) {
        let mut tell = |name: &str, value: f64| put(format!("{prefix}.{name}"), value);
        tell("arrived", self.arrived as f64);
        tell("completed", self.completed as f64);
        tell("failed", self.failed as f64);
        tell("in_flight", self.arrived as f64 - self.completed as f64 - self.failed as f64);
        tell("success_ratio", self.completed as f64 / (self.completed + self.failed) as f64);
        let seconds = |time: Option<SimDuration>| time.map_or(f64::NAN, |time| time.as_secs_f64());
        tell("latency.mean", self.latency.mean_secs().unwrap_or(f64::NAN));
        for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)] {
            tell(&format!("latency.{name}"), seconds(self.latency.quantile(q)));
        }
        tell("latency.max", seconds(self.latency.max()));
    }
}

/// What is measured of the reads and writes of one workload.
#[derive(Clone, Debug, Default)]
pub(super) struct SetAccessMeter {
    pub reads: Operations,
    pub writes: Operations,
    /// Shards sent for reads, and for writes, with the parts of those that were cancelled.
    pub read_shards: f64,
    pub written_shards: f64,
    /// Bytes of objects that readers have got.
    pub read_bytes: Sum,
    pub degraded: u64,
    pub hedges: u64,
}

impl SetAccessMeter {
    fn merge(&mut self, other: &Self) {
        self.reads.merge(&other.reads);
        self.writes.merge(&other.writes);
        self.read_shards += other.read_shards;
        self.written_shards += other.written_shards;
        self.read_bytes.add(other.read_bytes.value());
        self.degraded += other.degraded;
        self.hedges += other.hedges;
    }

    /// Writes of reads, or of writes, what a workload has that is read, or written.
    fn put(&self, prefix: &str, has: Has, put: &mut impl FnMut(String, f64)) {
        let mut tell = |name: &str, value: f64| put(format!("{prefix}.{name}"), value);
        let shards = |of: &Operations| f64::from(has.data) * of.completed as f64;
        if has.reads {
            tell("reads.degraded", self.degraded as f64);
            tell("reads.amplification", self.read_shards / shards(&self.reads));
            if has.hedges {
                tell("reads.hedges", self.hedges as f64);
            }
        }
        if has.writes {
            tell("writes.amplification", self.written_shards / shards(&self.writes));
        }
        if has.reads {
            self.reads.put(&format!("{prefix}.reads"), put);
        }
        if has.writes {
            self.writes.put(&format!("{prefix}.writes"), put);
        }
    }
}

/// What there is to be told of a workload.
#[derive(Clone, Copy, Debug)]
struct Has {
    reads: bool,
    writes: bool,
    hedges: bool,
    /// Shards that a read needs.
    data: u32,
}

/// All that is measured.
#[derive(Clone, Debug, Default)]
pub(super) struct AccessMeter {
    pub sets: Vec<SetAccessMeter>,
    pub audits_passed: u64,
    pub audits_failed: u64,
    pub audits_unanswered: u64,
    /// Nodes disqualified, and the seconds from when they joined until then.
    disqualified: u64,
    disqualified_after: f64,
    pub rotten: u64,
    pub found: u64,
    pub time_to_find: LatencySketch,
    pub exits: u64,
    pub exits_completed: u64,
    pub exit_shards: u64,
}

impl AccessMeter {
    /// A node has been disqualified so long after it joined.
    pub fn disqualified(&mut self, after: SimDuration) {
        self.disqualified += 1;
        self.disqualified_after += after.as_secs_f64();
    }

    /// Nothing yet, of so many workloads.
    pub fn of(sets: usize) -> Self {
        Self { sets: vec![SetAccessMeter::default(); sets], ..Self::default() }
    }

    /// Forgets what was before `now`.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::of(self.sets.len());
        for set in &mut self.sets {
            (set.reads.from, set.writes.from) = (now, now);
        }
    }

    /// Bytes of objects that readers have got.
    pub fn read_bytes(&self) -> f64 {
        self.sets.iter().map(|set| set.read_bytes.value()).sum()
    }

    /// Tells of all workloads together, then of each by its name if there are several.
    pub fn metrics(&self, model: &AccessModel, data: u32, names: &[&str], put: &mut impl FnMut(String, f64)) {
        let has = |sets: &[SetAccess]| Has {
            reads: sets.iter().any(|set| set.reads.is_some()),
            writes: sets.iter().any(|set| set.writes.is_some()),
            hedges: model.policy.reads.hedge.is_some(),
            data,
        };
        let mut all = SetAccessMeter::default();
        self.sets.iter().for_each(|set| all.merge(set));
        all.put("objects", has(&model.sets), put);
        self.put_checks(model, put);
        if self.sets.len() > 1 {
            for (number, (name, set)) in names.iter().zip(&self.sets).enumerate() {
                set.put(&format!("objects[{name}]"), has(&model.sets[number..=number]), put);
            }
        }
    }

    /// What audits, scrubbing and departures have led to.
    fn put_checks(&self, model: &AccessModel, put: &mut impl FnMut(String, f64)) {
        let mut tell = |name: &str, value: f64| put(format!("objects.{name}"), value);
        if model.policy.audits.is_some() {
            tell("audits.passed", self.audits_passed as f64);
            tell("audits.failed", self.audits_failed as f64);
            tell("audits.unanswered", self.audits_unanswered as f64);
        }
        if model.disqualifies {
            tell("disqualified", self.disqualified as f64);
            tell("time_to_disqualify", self.disqualified_after / self.disqualified as f64);
        }
        let rots = !model.rot.is_empty();
        if rots {
            tell("rot.happened", self.rotten as f64);
            tell("rot.time_to_find", self.time_to_find.mean_secs().unwrap_or(f64::NAN));
        }
        if rots || !model.withholds.is_empty() {
            tell("rot.found", self.found as f64);
        }
        if model.policy.evacuate.is_some() {
            tell("exits.begun", self.exits as f64);
            tell("exits.completed", self.exits_completed as f64);
            tell("exits.shards_moved", self.exit_shards as f64);
        }
    }
}
