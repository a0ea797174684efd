//! The interface of failure detectors.
//!
//! A detector watches one node and learns only what messages and its own timer tell it. It answers each observation
//! with a verdict and the moment at which it wants to be woken.

use super::{HeartbeatFreshness, HeartbeatTimeout, Oracle, PhiAccrual, Probe, Schedule, Unsuspecting};
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::Health;
use std::fmt::Debug;

/// What a detector believes of its node. All nodes are trusted at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Trust,
    /// It is taken to be down.
    Suspect,
}

/// What a detector learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// The watch begins, or begins again after whoever watches was dead; the first message will go out at `first`, and then one each period.
    Start {
        /// When message `number` goes out, as agreed with the node.
        first: SimTime,
        /// Number of that message.
        number: u64,
    },
    /// A beat has arrived. Beats can overtake each other.
    Beat {
        /// Number of the beat, as written in it.
        number: u64,
        /// When it was sent, as written in it (clocks are synchronised).
        sent: SimTime,
    },
    /// The reply to a probe has arrived in time.
    ProbeAnswered {
        /// Number of the probe.
        number: u64,
        /// Time since it was sent.
        round_trip: SimDuration,
    },
    /// A probe has not been answered within the timeout.
    ProbeMissed {
        /// Number of the probe.
        number: u64,
    },
    /// The timer has fired.
    Timer,
    /// The truth, told at once whenever it changes. For the upper bound only: a detector that uses it is an oracle.
    Truth {
        /// Whether the node answers from now on.
        answering: bool,
    },
}

/// What becomes of a detector's one timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timer {
    /// It stays as it is.
    #[default]
    Keep,
    /// It will fire at this moment, and not at any set before.
    Set(SimTime),
    /// It will not fire.
    Clear,
}

/// How a detector reacts to an observation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// The verdict from now on; `None` = unchanged.
    pub verdict: Option<Verdict>,
    /// The timer.
    pub timer: Timer,
}

/// A failure detector for one node.
///
/// ```
/// use sim_core::kernel::{SimDuration, SimTime};
/// use sim_core::policy::health::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
///
/// /// Suspects a node whose beats it has not heard for three periods.
/// #[derive(Clone, Debug)]
/// struct ThreePeriods {
///     period: SimDuration,
/// }
///
/// impl Detector for ThreePeriods {
///     fn schedule(&self) -> Schedule {
///         Schedule::Beats { period: self.period }
///     }
///
///     fn observe(&mut self, now: SimTime, observation: Observation) -> Reaction {
///         let deadline = now + self.period + self.period + self.period;
///         match observation {
///             Observation::Start { .. } => Reaction { verdict: None, timer: Timer::Set(deadline) },
///             Observation::Beat { .. } => Reaction { verdict: Some(Verdict::Trust), timer: Timer::Set(deadline) },
///             Observation::Timer => Reaction { verdict: Some(Verdict::Suspect), timer: Timer::Keep },
///             _ => Reaction::default(),
///         }
///     }
///
///     fn boxed_clone(&self) -> Box<dyn Detector> {
///         Box::new(self.clone())
///     }
/// }
///
/// let mut detector = ThreePeriods { period: SimDuration::from_secs(10) };
/// let start = Observation::Start { first: SimTime::from_secs_f64(4.0), number: 0 };
/// assert_eq!(detector.observe(SimTime::ZERO, start).timer, Timer::Set(SimTime::from_secs_f64(30.0)));
/// ```
pub trait Detector: Debug + Send {
    /// Which messages are to be exchanged with the node. Must not change.
    fn schedule(&self) -> Schedule;

    /// Takes in what is learnt at `now`. Among observations of the same nanosecond, messages come before the timer.
    fn observe(&mut self, now: SimTime, observation: Observation) -> Reaction;

    /// Takes in `count` beats at once, the last of which arrives at `last`, each a period after the one before, and none after
    /// the timer. `None`, and nothing is taken in, unless it is certain that the verdict stays what it is throughout; else what
    /// becomes of the timer after the last. A shortcut for steady times: a detector without one hears beat by beat.
    fn steady(&mut self, _last: SimTime, _count: u64) -> Option<Timer> {
        None
    }

    /// A copy, so that a running world can be cloned.
    fn boxed_clone(&self) -> Box<dyn Detector>;
}

impl Clone for Box<dyn Detector> {
    fn clone(&self) -> Self {
        self.boxed_clone()
    }
}

/// The built-in detector that `health` names.
pub fn built_in(health: &Health) -> Box<dyn Detector> {
    match *health {
        Health::Oracle => Box::new(Oracle),
        // SWIM judges in groups, not node by node: see `super::swim`.
        Health::None | Health::Swim(_) => Box::new(Unsuspecting),
        Health::PhiAccrual(ref phi) => Box::new(PhiAccrual::new(phi.clone())),
        Health::Gossip(ref gossip) => Box::new(HeartbeatTimeout::new(gossip.period, gossip.timeout)),
        Health::HeartbeatTimeout { period, timeout } => Box::new(HeartbeatTimeout::new(period, timeout)),
        Health::HeartbeatFreshness { period, freshness } => {
            Box::new(HeartbeatFreshness::new(period, freshness))
        }
        Health::Probe { period, misses, timeout } => Box::new(Probe::new(period, misses, timeout)),
    }
}
