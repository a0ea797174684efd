//! Mains, breakers and batteries.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;

/// Mains supply.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Independent causes of outages; they may overlap.
    pub outages: Vec<Outages>,
    /// Sites per feeder, numbered through within a fleet entry.
    pub feeder_size: u32,
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
    /// All sites of the region (that have the same grid).
    Region,
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
    /// k.
    pub trip_ratio: f64,
    /// Multiple of the rated current that trips at once.
    pub magnetic: Option<f64>,
    /// Time until a human recloses it; `None` = never.
    pub reclose: Option<Dist>,
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
}
