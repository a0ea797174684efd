//! NFD-S: heartbeats with freshness points, for synchronised clocks.
//!
//! Beat i is sent at σ_i = φ + i · η and is due at the freshness point τ_i = σ_i + δ. At any time t in [τ_i, τ_{i+1}) the
//! node is trusted iff a beat j ≥ i has arrived by t. So a crash is detected at most η + δ after it, whatever the
//! latencies are, and a late beat does not delay the detection of a crash that follows it. Before the first freshness
//! point of the watch the node is trusted.
//!
//! Source: W. Chen, S. Toueg and M. K. Aguilera, "On the quality of service of failure detectors", IEEE Transactions on
//! Computers 51(5), 2002; their Theorem 5 gives mistake rate and duration in closed form, which the tests check.

use super::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
use crate::kernel::{SimDuration, SimTime};

/// Suspects a node when no beat is fresh.
#[derive(Clone, Copy, Debug)]
pub struct HeartbeatFreshness {
    period: SimDuration,
    freshness: SimDuration,
    /// Number of the first beat not yet outdated by one that has arrived.
    awaited: u64,
    suspected: bool,
}

impl HeartbeatFreshness {
    /// Beats every `period` (η), each due `freshness` (δ) after it was sent.
    pub const fn new(period: SimDuration, freshness: SimDuration) -> Self {
        Self { period, freshness, awaited: 0, suspected: false }
    }
}

impl Detector for HeartbeatFreshness {
    fn schedule(&self) -> Schedule {
        Schedule::Beats { period: self.period }
    }

    fn observe(&mut self, now: SimTime, observation: Observation) -> Reaction {
        match observation {
            Observation::Start { first, number } => {
                self.awaited = number;
                Reaction { verdict: None, timer: Timer::Set(first.saturating_add(self.freshness)) }
            }
            Observation::Beat { number, sent } if number >= self.awaited => {
                self.awaited = number + 1;
                // The freshness point of the beat after this one.
                let due = sent.saturating_add(self.period).saturating_add(self.freshness);
                if now >= due {
                    return Reaction::default();
                }
                self.suspected = false;
                Reaction { verdict: Some(Verdict::Trust), timer: Timer::Set(due) }
            }
            Observation::Timer => {
                self.suspected = true;
                Reaction { verdict: Some(Verdict::Suspect), timer: Timer::Clear }
            }
            _ => Reaction::default(),
        }
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(*self)
    }
}
