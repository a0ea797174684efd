//! What is measured of reads, writes, audits, rot and departures; changes nothing.
//!
//! Reads and writes count if they began in the time measured: arrived = completed + failed + in flight.

use super::access::AccessModel;
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

/// All that is measured.
#[derive(Clone, Debug, Default)]
pub(super) struct AccessMeter {
    pub reads: Operations,
    pub writes: Operations,
    /// Shards sent for reads, and for writes, with the parts of those that were cancelled.
    pub read_shards: f64,
    pub written_shards: f64,
    /// Bytes of objects that readers have got.
    pub read_bytes: Sum,
    pub degraded: u64,
    pub hedges: u64,
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

    /// Forgets what was before `now`.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::default();
        (self.reads.from, self.writes.from) = (now, now);
    }

    pub fn metrics(&self, model: &AccessModel, data: u32, put: &mut impl FnMut(String, f64)) {
        let (reads, writes) = (&self.reads, &self.writes);
        let mut tell = |name: &str, value: f64| put(format!("objects.{name}"), value);
        let shards = |of: &Operations| f64::from(data) * of.completed as f64;
        if model.sets.iter().any(|set| set.reads.is_some()) {
            tell("reads.degraded", self.degraded as f64);
            tell("reads.amplification", self.read_shards / shards(reads));
            if model.policy.reads.hedge.is_some() {
                tell("reads.hedges", self.hedges as f64);
            }
        }
        if model.sets.iter().any(|set| set.writes.is_some()) {
            tell("writes.amplification", self.written_shards / shards(writes));
        }
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
        if model.sets.iter().any(|set| set.reads.is_some()) {
            reads.put("objects.reads", put);
        }
        if model.sets.iter().any(|set| set.writes.is_some()) {
            writes.put("objects.writes", put);
        }
    }
}
