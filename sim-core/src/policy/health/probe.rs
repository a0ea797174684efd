//! Probes: the gateway asks, the node answers, and some misses in a row make a suspect.
//!
//! A probe goes out every `period`; it is missed if no reply has arrived `timeout` after it was sent. The node is
//! suspected at the miss that is the `misses`-th in a row, and trusted again at the next reply in time. With independent
//! loss p of a probe (either way) and prompt replies, false suspicions begin at rate (1 − p) p^m per probe, the share of
//! time suspected is p^m, and a crash is detected after (m − E\[R\] − ½) · period + timeout on average, R the misses in
//! a row before the crash; the misses before the crash count.
//!
//! This is the health check of load balancers (`fall`/`rise` with a rise of one in HAProxy's terms); as a *pull* style
//! detector see P. Felber, X. Défago, R. Guerraoui and P. Oser, "Failure detectors as first class objects", DOA 1999.

use super::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
use crate::kernel::{SimDuration, SimTime};

/// Suspects a node after some missed probes in a row.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    period: SimDuration,
    misses: u32,
    timeout: SimDuration,
    missed: u32,
}

impl Probe {
    /// A probe every `period`, each missed after `timeout`; `misses` in a row (at least one) make a suspect.
    pub fn new(period: SimDuration, misses: u32, timeout: SimDuration) -> Self {
        Self { period, misses: misses.max(1), timeout, missed: 0 }
    }
}

impl Detector for Probe {
    fn schedule(&self) -> Schedule {
        Schedule::Probes { period: self.period, timeout: self.timeout }
    }

    fn observe(&mut self, _now: SimTime, observation: Observation) -> Reaction {
        let verdict = match observation {
            Observation::Start { .. } => {
                self.missed = 0;
                None
            }
            Observation::ProbeAnswered { .. } => {
                self.missed = 0;
                Some(Verdict::Trust)
            }
            Observation::ProbeMissed { .. } => {
                self.missed = self.missed.saturating_add(1);
                (self.missed >= self.misses).then_some(Verdict::Suspect)
            }
            _ => None,
        };
        Reaction { verdict, timer: Timer::Keep }
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(*self)
    }
}
