//! The two ends of the scale: a detector that knows the truth at once, and one that never suspects.
//!
//! Neither exchanges messages. [`Oracle`] corresponds to the perfect detector P of T. D. Chandra and S. Toueg,
//! "Unreliable failure detectors for reliable distributed systems", JACM 43(2), 1996, with no detection time; no protocol
//! on an asynchronous network can do it. It is the upper bound that regret is measured against.

use super::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
use crate::kernel::SimTime;

/// Suspects exactly the nodes that do not answer, at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oracle;

impl Detector for Oracle {
    fn schedule(&self) -> Schedule {
        Schedule::Silent
    }

    fn observe(&mut self, _now: SimTime, observation: Observation) -> Reaction {
        let verdict = match observation {
            Observation::Truth { answering: true } => Some(Verdict::Trust),
            Observation::Truth { answering: false } => Some(Verdict::Suspect),
            _ => None,
        };
        Reaction { verdict, timer: Timer::Keep }
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(*self)
    }
}

/// Suspects nobody: no health checks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unsuspecting;

impl Detector for Unsuspecting {
    fn schedule(&self) -> Schedule {
        Schedule::Silent
    }

    fn observe(&mut self, _now: SimTime, _observation: Observation) -> Reaction {
        Reaction::default()
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(*self)
    }
}
