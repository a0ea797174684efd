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
    /// Probability that the result of a job is wrong.
    pub error_rate: f64,
    /// From power to ready.
    pub boot: Option<Dist>,
    /// Draw while booting, as a multiple of peak.
    pub boot_power: f64,
    /// What happens to attempts on a node that goes down.
    pub on_down: OnDown,
    /// What breaks by itself.
    pub hardware: Hardware,
    /// How it is built; `None`: exchanging it takes no time of its own.
    pub build: Option<Build>,
    /// Batches of manufacture.
    pub batches: Option<Batches>,
    /// Hosts that join and leave; `None` takes the fleet entry's.
    pub churn: Option<Churn>,
    /// Hosts that are switched on and off; `None` takes the fleet entry's.
    pub presence: Option<Presence>,
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
    /// Price of a unit.
    pub capex: Dollars,
    /// Over how many months of 730 hours its price is written off.
    pub lifetime_months: f64,
    /// Regular upkeep.
    pub maintenance: DollarsPerMonth,
    /// Bytes of shards that fit on it; `None` = no limit.
    pub storage: Option<Bytes>,
    /// Rate at which each shard on it rots; `None` = not at all.
    pub bit_rot: Option<PerSecond>,
    /// Probability that a shard that it is to keep is dropped, unsaid.
    pub withholds: f64,
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
    /// They are turned away, and so are those that come while it is down.
    Refuse,
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

/// What breaks by itself, and how it is mended.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    /// Failures that a repair undoes; stored data survives.
    pub faults: Option<Faults>,
    /// Deaths of the unit; an empty one takes its place.
    pub death: Option<Death>,
    /// How heat shortens lives.
    pub acceleration: Option<Acceleration>,
    /// Hangs that a reboot undoes.
    pub hangs: Option<Hangs>,
    /// Symptoms before faults and deaths.
    pub degradation: Option<Degradation>,
    /// Repair by a volunteer.
    pub repair: Option<Repair>,
    /// Probability that a surge damages it at a site without protection.
    pub surge_damage: Option<f64>,
    /// How long its power supply carries the full load without mains.
    pub psu_hold_up: Option<SimDuration>,
}

/// Faults of the hardware: life runs on exposure.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Exposure from new or repaired to the fault.
    pub up: Dist,
    /// Time to repair; `None`: see [`Hardware::repair`].
    pub down: Option<Dist>,
    /// Exposure to the fault in a storm.
    pub up_in_storm: Option<Dist>,
}

/// Death of a unit.
#[derive(Clone, Debug)]
pub struct Death {
    /// Exposure from new to death.
    pub lifetime: Dist,
    /// Until a new unit is there; `None` = never.
    pub replacement: Option<Dist>,
}

/// How many times faster life is used up at another temperature than at `reference`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acceleration {
    /// The law.
    pub law: AccelerationLaw,
    /// Where lives last as long as they are drawn.
    pub reference: Celsius,
}

/// A law of acceleration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AccelerationLaw {
    /// This factor for every ten kelvins.
    Per10K(f64),
    /// Arrhenius, with an activation energy in electronvolts.
    Arrhenius(f64),
}

/// Hangs that a reboot undoes.
#[derive(Clone, Debug)]
pub struct Hangs {
    /// Exposure between them.
    pub every: Dist,
    /// Time to the automatic reboot; `None`: there is no watchdog.
    pub watchdog: Option<Dist>,
    /// Probability that the watchdog works.
    pub watchdog_works: f64,
    /// Time until a human reboots it otherwise.
    pub human: Option<Dist>,
}

/// Symptoms before faults and deaths.
#[derive(Clone, Debug)]
pub struct Degradation {
    /// Share of faults and deaths that announce themselves.
    pub share: f64,
    /// Exposure from the first symptom to the failure.
    pub lead: Dist,
    /// Service takes this many times longer.
    pub slowdown: f64,
    /// Multiplies the thermal resistance.
    pub resistance: f64,
    /// Rate of reported errors.
    pub errors: PerSecond,
}

/// Repair of a fault by a volunteer.
#[derive(Clone, Debug)]
pub struct Repair {
    /// Until somebody notices.
    pub notice: Option<Dist>,
    /// Hands-on work, beyond that of the build.
    pub act: Option<Dist>,
    /// Parts that must be ordered.
    pub parts: Option<Parts>,
    /// Probability that the owner gives up instead and the node leaves for good.
    pub give_up: f64,
}

/// Parts that must be ordered.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Probability that they must.
    pub probability: f64,
    /// Time until they are there.
    pub wait: Dist,
}

/// How a node is built, which decides what exchanging it takes.
#[derive(Clone, Debug)]
pub enum Build {
    /// A standard unit.
    Standard {
        /// Time to swap it.
        swap: Dist,
        /// Probability that a spare is on the shelf, so that no part is waited for.
        spare: f64,
    },
    /// A machine of its own kind.
    Bespoke {
        /// Until a technician has come and done it.
        technician: Dist,
    },
}

/// Nodes of a type in batches of manufacture.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Nodes in each.
    pub size: u32,
    /// Probability that a batch is defective.
    pub defect: f64,
    /// How many times faster the lives of a defective batch are used up.
    pub factor: f64,
    /// Whether nodes are dealt out to batches at random.
    pub mixed: bool,
    /// What is done about a defective batch.
    pub recall: Option<Recall>,
}

/// Recall of a defective batch.
#[derive(Clone, Debug)]
pub struct Recall {
    /// From the beginning to the recall.
    pub after: Dist,
    /// Time without the node while it is exchanged.
    pub lasts: Dist,
}
