//! What replies and their absence have taught a controller about each node.
//!
//! Latency, by gateway, is an average of attempts that fade with their age: after a gap t between two samples the older
//! ones together weigh exp(−t/decay). The *peak* average is the same, but jumps up to a sample that is larger
//! (peak EWMA, after Finagle). Successes and failures (timeouts, rejections, a suspicion that made an attempt move) fade with
//! exp(−t/memory).

use crate::kernel::{SimDuration, SimTime};
use crate::policy::beta::{FadingBeta, faded};
use crate::world::fleet::NodeId;

/// How fast observations fade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// Time constant of latencies.
    pub decay: SimDuration,
    /// Time constant of successes and failures.
    pub memory: SimDuration,
}

impl Default for Memory {
    /// Ten seconds (Finagle's default) and a day.
    fn default() -> Self {
        Self { decay: SimDuration::from_secs(10), memory: SimDuration::from_secs(86_400) }
    }
}

/// The latency of a node as seen from one gateway, in seconds; NaN before the first reply.
#[derive(Clone, Copy, Debug)]
struct Latency {
    mean: f64,
    peak: f64,
    at: SimTime,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    successes: FadingBeta,
    /// Since when it is not suspected.
    trusted_since: SimTime,
}

/// What was observed of all nodes; empty where no policy asks for it.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    memory: Memory,
    nodes: usize,
    latencies: Vec<Latency>,
    records: Vec<Record>,
}

impl Observed {
    /// Nothing yet, of `nodes` nodes seen from `gateways` gateways.
    pub fn of(nodes: usize, gateways: usize, memory: Memory) -> Self {
        let latency = Latency { mean: f64::NAN, peak: f64::NAN, at: SimTime::ZERO };
        let record = Record { successes: FadingBeta::default(), trusted_since: SimTime::ZERO };
        Self { memory, nodes, latencies: vec![latency; nodes * gateways], records: vec![record; nodes] }
    }

    /// Whether anything is observed at all.
    #[inline]
    pub fn is_kept(&self) -> bool {
        !self.records.is_empty()
    }

    /// A reply has come to `gateway`, this long after its attempt was sent.
    #[inline(always)]
    pub fn answered(&mut self, now: SimTime, gateway: u16, node: NodeId, latency: SimDuration) {
        if self.is_kept() {
            self.note_answer(now, gateway, node, latency);
        }
    }

    #[inline(never)]
    fn note_answer(&mut self, now: SimTime, gateway: u16, node: NodeId, latency: SimDuration) {
        let decay = self.memory.decay;
        let row = &mut self.latencies[usize::from(gateway) * self.nodes + node.index()];
        let sample = latency.as_secs_f64();
        if row.mean.is_nan() {
            *row = Latency { mean: sample, peak: sample, at: now };
        } else {
            let weight = faded(now, row.at, decay);
            row.mean = sample + (row.mean - sample) * weight;
            row.peak = sample.max(sample + (row.peak - sample) * weight);
            row.at = now;
        }
        self.judged(now, node, true);
    }

    /// An attempt on `node` has failed.
    pub fn failed(&mut self, now: SimTime, node: NodeId) {
        if self.is_kept() {
            self.judged(now, node, false);
        }
    }

    fn judged(&mut self, now: SimTime, node: NodeId, success: bool) {
        self.records[node.index()].successes.report(now, self.memory.memory, success);
    }

    /// `node` is trusted again.
    pub fn trusted(&mut self, now: SimTime, node: NodeId) {
        if let Some(record) = self.records.get_mut(node.index()) {
            record.trusted_since = now;
        }
    }

    /// Mean latency of `node` as seen from `gateway` in seconds; NaN before the first reply.
    pub fn latency(&self, gateway: u16, node: NodeId) -> f64 {
        let row = self.latencies.get(usize::from(gateway) * self.nodes + node.index());
        row.map_or(f64::NAN, |row| row.mean)
    }

    /// Peak-EWMA latency, faded towards nothing since the last reply.
    pub fn peak_latency(&self, now: SimTime, gateway: u16, node: NodeId) -> f64 {
        let row = self.latencies.get(usize::from(gateway) * self.nodes + node.index());
        row.map_or(f64::NAN, |row| row.peak * faded(now, row.at, self.memory.decay))
    }

    /// Share of successes of `node`, with these successes and failures in advance.
    pub fn reliability(&self, now: SimTime, node: NodeId, prior: [f64; 2]) -> f64 {
        let successes = self.records.get(node.index()).map_or_else(FadingBeta::default, |it| it.successes);
        successes.score(now, self.memory.memory, prior)
    }

    /// Since when `node` is not suspected.
    pub fn trusted_since(&self, node: NodeId) -> SimTime {
        self.records.get(node.index()).map_or(SimTime::ZERO, |record| record.trusted_since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    fn seconds(seconds: f64) -> SimDuration {
        SimDuration::from_secs_f64(seconds)
    }

    #[test]
    fn latencies_fade_and_peaks_jump() {
        let mut observed = Observed::of(2, 1, Memory::default());
        let node = NodeId(1);
        assert!(observed.latency(0, node).is_nan());
        observed.answered(at(0.0), 0, node, seconds(1.0));
        observed.answered(at(10.0), 0, node, seconds(3.0));
        let expected = 3.0 - 2.0 * libm::exp(-1.0);
        assert!((observed.latency(0, node) - expected).abs() < 1e-9);
        assert!((observed.peak_latency(at(10.0), 0, node) - 3.0).abs() < 1e-9);
        observed.answered(at(20.0), 0, node, seconds(1.0));
        let expected = 1.0 + 2.0 * libm::exp(-1.0);
        assert!((observed.peak_latency(at(20.0), 0, node) - expected).abs() < 1e-9);
        assert!((observed.peak_latency(at(30.0), 0, node) - expected * libm::exp(-1.0)).abs() < 1e-9);
    }

    #[test]
    fn the_share_of_successes_starts_at_the_prior_and_fades_back() {
        let mut observed = Observed::of(1, 1, Memory::default());
        let node = NodeId(0);
        let share = |observed: &Observed, s: f64| observed.reliability(at(s), node, [1.0, 1.0]);
        assert!((share(&observed, 0.0) - 0.5).abs() < 1e-12);
        for _ in 0..8 {
            observed.failed(at(0.0), node);
        }
        assert!((share(&observed, 0.0) - 0.1).abs() < 1e-12);
        assert!((share(&observed, 86_400.0) - 1.0 / (2.0 + 8.0 * libm::exp(-1.0))).abs() < 1e-9);
    }
}
