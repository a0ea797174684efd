//! Heartbeats with a timeout since the last arrival.
//!
//! The node sends a beat every `period`. It is suspected from `timeout` after the last arrival until the next. On a link
//! without loss and with constant latency d, a crash is detected between `timeout − period + d` and `timeout + d` after
//! it; the timeout restarts with each arrival, so a late beat delays the detection of a crash that follows it.
//!
//! This is the simple algorithm against which W. Chen, S. Toueg and M. K. Aguilera, "On the quality of service of failure
//! detectors", IEEE Transactions on Computers 51(5), 2002, set theirs ([`super::HeartbeatFreshness`]), and the one
//! that most systems use. When the watch begins, the timeout runs as if a beat had just arrived.

use super::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
use crate::kernel::{SimDuration, SimTime};

/// Suspects a node when no beat has arrived for some time.
#[derive(Clone, Copy, Debug)]
pub struct HeartbeatTimeout {
    period: SimDuration,
    timeout: SimDuration,
}

impl HeartbeatTimeout {
    /// Beats every `period`; suspicion `timeout` after the last arrival.
    pub const fn new(period: SimDuration, timeout: SimDuration) -> Self {
        Self { period, timeout }
    }
}

impl Detector for HeartbeatTimeout {
    fn schedule(&self) -> Schedule {
        Schedule::Beats { period: self.period }
    }

    fn observe(&mut self, now: SimTime, observation: Observation) -> Reaction {
        let timer = Timer::Set(now.saturating_add(self.timeout));
        match observation {
            Observation::Start { .. } => Reaction { verdict: None, timer },
            // With a timeout of zero there is never a moment of trust.
            Observation::Beat { .. } if self.timeout.is_zero() => Reaction::default(),
            Observation::Beat { .. } => Reaction { verdict: Some(Verdict::Trust), timer },
            Observation::Timer => Reaction { verdict: Some(Verdict::Suspect), timer: Timer::Keep },
            _ => Reaction::default(),
        }
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(*self)
    }
}
