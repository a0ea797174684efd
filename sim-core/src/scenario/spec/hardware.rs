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
    /// What breaks.
    pub hardware: Hardware,
    /// Goes to sleep when idle.
    pub sleep: Option<Sleep>,
    /// Draw with no slot busy.
    pub idle: Watts,
    /// Draw with all slots busy.
    pub peak: Watts,
    /// r of `P = idle + (peak − idle)(2u − u^r)`; `None`: linear in the share u of busy slots.
    pub curve: Option<f64>,
    /// Power of the board over draw from the socket; `None`: `idle` and `peak` are those at the socket.
    pub psu_efficiency: Option<PsuEfficiency>,
    /// Greatest power, and what it does to speed.
    pub power_cap: Option<PowerCap>,
    /// Dynamic voltage and frequency scaling.
    pub dvfs: Option<Dvfs>,
    /// Multiple of `peak` drawn for an instant at power-on.
    pub inrush: f64,
    /// Heat.
    pub thermal: Option<Thermal>,
}

/// What breaks.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    /// Failures of its own.
    pub faults: Option<Renewal>,
    /// Probability that a surge damages the node, without protection.
    pub surge_damage: Option<f64>,
    /// How long the power supply carries the full load without mains.
    pub psu_hold_up: Option<SimDuration>,
}

/// Efficiency of a power supply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PsuEfficiency {
    /// The same at every load.
    Constant(f64),
    /// At 20, 50 and 100 % of `peak`; linear between, constant beyond.
    Table([f64; 3]),
}

/// A cap on the power of a node: speed is `((P − floor) / (peak − floor))^exponent` times that at `peak`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerCap {
    /// The cap.
    pub at: CapAt,
    /// Power at which no work would be done; `None` = `idle`.
    pub floor: Option<Watts>,
    /// How speed follows power.
    pub exponent: f64,
}

/// A cap on power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CapAt {
    /// In watts.
    Power(Watts),
    /// As a share of `peak`.
    Share(f64),
}

/// A busy node at speed factor f draws `fixed + dynamic · f³`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dvfs {
    /// Power that does not depend on speed.
    pub fixed: Watts,
    /// Power that speed 1 costs on top.
    pub dynamic: Watts,
    /// f.
    pub speed: f64,
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

impl NodeType {
    /// Power of the board with all slots busy, without a cap.
    pub fn full_power(&self) -> Watts {
        self.dvfs.map_or(self.peak, |dvfs| dvfs.power())
    }
}

impl PowerCap {
    /// How speed follows power where nothing is said: measured on graphics cards bound by arithmetic.
    pub const EXPONENT: f64 = 0.3;

    /// The cap on a node that draws `full` without it.
    pub fn watts(&self, full: Watts) -> Watts {
        match self.at {
            CapAt::Power(power) => power,
            CapAt::Share(share) => Watts(share * full.0),
        }
    }
}

impl Dvfs {
    /// Power of a busy node.
    pub fn power(&self) -> Watts {
        Watts(self.fixed.0 + self.dynamic.0 * self.speed * self.speed * self.speed)
    }

    /// The speed factor of the least energy per unit of work, `min(1, (fixed / 2 dynamic)^(1/3))`; without fixed power there is
    /// none above zero, and 1 is returned.
    pub fn optimal_speed(&self) -> f64 {
        if self.fixed.0 > 0.0 { libm::cbrt(self.fixed.0 / (2.0 * self.dynamic.0)).min(1.0) } else { 1.0 }
    }
}
