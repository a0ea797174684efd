//! Kinds of node, and how they break.

use super::*;
use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;

/// A kind of node.
#[derive(Clone, Debug)]
pub struct NodeType {
    /// Parallel servers.
    pub slots: u32,
    /// Waiting places beyond the slots; `None` = unbounded.
    pub queue: Option<u32>,
    /// How work shares the slots.
    pub discipline: Discipline,
    /// Seconds of demand served per second and slot.
    pub speed: f64,
    /// Multiplies the demand of each attempt.
    pub slowdown: Option<Dist>,
    /// From power to ready.
    pub boot: Option<Dist>,
    /// Draw while booting, as a multiple of peak.
    pub boot_power: f64,
    /// What happens to attempts on a node that goes down.
    pub on_down: OnDown,
    /// Failures of its own.
    pub faults: Option<Renewal>,
    /// Goes to sleep when idle.
    pub sleep: Option<Sleep>,
    /// Draw with no slot busy.
    pub idle: Watts,
    /// Draw with all slots busy.
    pub peak: Watts,
    /// Heat.
    pub thermal: Option<Thermal>,
}

/// How work shares the slots of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served, one attempt per slot.
    Fifo,
    /// Egalitarian processor sharing of the slots.
    Ps,
}

/// What happens to running and waiting attempts when their node goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDown {
    /// They are lost and the sender learns nothing.
    Lose,
    /// They freeze and resume.
    Hold,
}

/// An alternating renewal process.
#[derive(Clone, Debug, PartialEq)]
pub struct Renewal {
    /// Time up.
    pub up: Dist,
    /// Time down.
    pub down: Dist,
}

/// Sleep of an idle node; a sleeping node accepts work and wakes for it.
#[derive(Clone, Debug)]
pub struct Sleep {
    /// Idle time before it sleeps.
    pub after: SimDuration,
    /// Time from the first arrival to ready.
    pub wake: Dist,
    /// Draw asleep.
    pub power: Watts,
}
