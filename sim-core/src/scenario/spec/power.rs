//! Mains, breakers and batteries.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;

/// Mains supply.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Independent causes of outages; they may overlap.
    pub outages: Vec<Outages>,
    /// Sites per feeder, numbered through within a fleet entry; 0 is as good as 1.
    pub feeder_size: u32,
    /// Feeders per substation; 0 is as good as 1.
    pub substation_size: u32,
    /// Voltage sags, of a minute at most.
    pub sags: Vec<Dips>,
    /// Sustained undervoltage.
    pub brownouts: Vec<Dips>,
    /// Surges.
    pub surges: Option<Surges>,
    /// Planned outages, feeder by feeder.
    pub planned: Option<Planned>,
    /// Rolling blackouts.
    pub rolling: Option<Rolling>,
    /// What storms do to feeders.
    pub storm_damage: Option<StormDamage>,
}

/// An alternating process of dips in voltage.
#[derive(Clone, Debug)]
pub struct Dips {
    /// From the end of one to the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
    /// By which share the voltage falls.
    pub depth: Dist,
    /// Who shares them.
    pub shared_by: PowerDomain,
}

/// Surges of the mains.
#[derive(Clone, Debug)]
pub struct Surges {
    /// Time between those that come by themselves.
    pub every: Option<Dist>,
    /// Probability that one comes with the end of an outage, for all who were in it.
    pub at_restoration: f64,
    /// Who shares those that come by themselves.
    pub shared_by: PowerDomain,
}

/// Planned outages.
#[derive(Clone, Debug)]
pub struct Planned {
    /// From the end of one to the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
    /// How long beforehand it is announced; `None` = not at all.
    pub notice: Option<SimDuration>,
}

/// Rolling blackouts: in an episode, blocks of feeders are out in turn.
#[derive(Clone, Debug)]
pub struct Rolling {
    /// From the end of an episode to the next.
    pub every: Dist,
    /// Duration of an episode.
    pub lasts: Dist,
    /// Feeders per block.
    pub block: u32,
    /// How long each block is out.
    pub slot: SimDuration,
    /// Whether only episodes that begin in a heat wave happen.
    pub in_heat_wave_only: bool,
}

/// What a storm does: it hits a share of the feeders, which are restored one after another.
#[derive(Clone, Debug)]
pub struct StormDamage {
    /// Share of the feeders that a storm hits.
    pub share: Dist,
    /// From the end of the storm to the first restoration.
    pub first_restore: Dist,
    /// From the first restoration to the last.
    pub restoration: Dist,
}

/// An alternating renewal process of outages.
#[derive(Clone, Debug)]
pub struct Outages {
    /// Time from restoration to the next outage.
    pub up: Dist,
    /// Duration.
    pub down: Dist,
    /// Who goes down together.
    pub shared_by: PowerDomain,
    /// Time to the next outage in a storm.
    pub up_in_storm: Option<Dist>,
}

/// Who shares a grid outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerDomain {
    /// One site alone.
    Site,
    /// The sites of a feeder.
    Feeder,
    /// The sites of the feeders of a substation.
    Substation,
    /// All sites of the region (that have the same grid).
    Region,
}

/// How well a site is protected against surges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SurgeProtection {
    /// Not at all.
    #[default]
    None,
    /// An arrester in the distribution board.
    Type2,
    /// The same, and arresters at the sockets.
    Type2And3,
}

/// A site's breaker: thermal replica `dθ/dt = (i² − θ)/τ` with `i = I / rating`, trips at `θ ≥ k²` or at once at `i ≥ magnetic`.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Rated current.
    pub rating: Amperes,
    /// Supply voltage.
    pub voltage: Volts,
    /// τ.
    pub time_constant: SimDuration,
    /// k, drawn for each breaker.
    pub trip_ratio: Dist,
    /// Multiple of the rated current that trips at once, drawn for each breaker.
    pub magnetic: Option<Dist>,
    /// Time until a human recloses it; `None` = never.
    pub reclose: Option<Reclose>,
    /// How heat lowers the rating.
    pub derating: Option<Derating>,
    /// Other loads on the same circuit.
    pub neighbours: Option<Neighbours>,
    /// When the owner has had enough.
    pub fatigue: Option<Fatigue>,
}

/// Time until a human recloses a breaker.
#[derive(Clone, Debug)]
pub enum Reclose {
    /// At any hour.
    Always(Dist),
    /// By the local time of the trip.
    ByClock {
        /// From 07:00 to 22:00.
        day: Dist,
        /// From 22:00 to 07:00.
        night: Dist,
        /// On Saturdays and Sundays; `None`: as on other days.
        weekend: Option<Dist>,
    },
}

/// How heat lowers the rating of a breaker: by a share `per_kelvin` for each kelvin above `above`.
#[derive(Clone, Copy, Debug)]
pub struct Derating {
    /// Up to where the rating holds.
    pub above: Celsius,
    /// Share of the rating per kelvin.
    pub per_kelvin: f64,
}

/// Other loads on the same circuit, on and off in turn; a run starts with them off.
#[derive(Clone, Debug)]
pub struct Neighbours {
    /// Watts, drawn each time.
    pub load: Dist,
    /// Time off.
    pub every: Dist,
    /// Time on.
    pub lasts: Dist,
}

/// When an owner has had enough of a breaker that trips.
#[derive(Clone, Copy, Debug)]
pub struct Fatigue {
    /// From this trip on.
    pub trips: u32,
    /// Probability at each that it is never reclosed.
    pub leave: f64,
}

/// A site's uninterruptible power supply.
#[derive(Clone, Debug)]
pub struct Ups {
    /// Usable energy of the full battery.
    pub energy: Joules,
    /// Greatest load it can carry; `None` = any.
    pub power: Option<Watts>,
    /// Charging power into the battery; `None` = full again at once.
    pub recharge: Option<Watts>,
    /// Load over draw from the battery.
    pub efficiency: f64,
    /// Probability that the battery fails when called.
    pub hidden_failure: f64,
    /// How capacity falls with the rate.
    pub peukert: Option<Peukert>,
    /// Loss while mains are there.
    pub standby: Watts,
    /// From loss of mains to the output of the inverter; `None`: no gap.
    pub transfer: Option<SimDuration>,
    /// Whether sags and brownouts do not reach the load.
    pub corrects_sags: bool,
    /// How the battery loses capacity.
    pub ageing: Option<Ageing>,
    /// How the battery dies.
    pub death: Option<BatteryDeath>,
    /// Time between self-tests; `None`: there are none.
    pub self_test: Option<SimDuration>,
}

/// Peukert's law: a battery lasts `H (C / (I H))^k`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peukert {
    /// k.
    pub exponent: f64,
    /// H: the time in which `energy` is to be had.
    pub rated_time: SimDuration,
}

/// Ageing of a battery.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ageing {
    /// To 80 % of the capacity, at 25 °C.
    pub life: SimDuration,
    /// How many times faster at 10 K more.
    pub per_10_kelvin: f64,
}

/// Death of a battery, which nobody notices.
#[derive(Clone, Debug)]
pub struct BatteryDeath {
    /// From new to dead.
    pub lifetime: Dist,
    /// From found dead to replaced; `None` = never.
    pub replacement: Option<Dist>,
}
