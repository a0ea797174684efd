//! Weather, buildings, racks and the heat of nodes.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;
use std::sync::Arc;

/// Outdoor temperature of a region, and its storms.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The base temperature.
    pub base: WeatherBase,
    /// Heat waves on top.
    pub heat_waves: Option<HeatWaves>,
    /// Two-state storms, starting calm.
    pub storms: Option<Storms>,
}

/// The course of the outdoor temperature without heat waves.
#[derive(Clone, Debug)]
pub enum WeatherBase {
    /// Always the same.
    Constant(Celsius),
    /// `mean + swing · cos(2π (clock − hottest) / 24 h)`.
    Daily {
        /// Mean over the day.
        mean: Celsius,
        /// Amplitude: half the range between the hottest and the coldest hour.
        swing: Kelvin,
        /// Time of day of the maximum, since midnight.
        hottest: SimDuration,
    },
    /// Equidistant readings, linear in between, periodic after the last.
    Series {
        /// Time between two readings.
        step: SimDuration,
        /// Readings in degrees Celsius; the first is that of t = 0.
        celsius: Arc<[f64]>,
    },
}

/// Heat waves: alternating calm and heat, starting calm.
#[derive(Clone, Debug)]
pub struct HeatWaves {
    /// From the end of one to the beginning of the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
    /// Added to the temperature meanwhile (with ramps of six hours up and down inside the wave).
    pub rise: Kelvin,
}

/// Storms: a two-state weather shared by the region, starting calm.
#[derive(Clone, Debug)]
pub struct Storms {
    /// From the end of one to the beginning of the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
}

/// Lumped thermal model of a node: `dT/dt = (T_air + R·P − T)/τ`.
#[derive(Clone, Debug)]
pub struct Thermal {
    /// R.
    pub resistance: KelvinPerWatt,
    /// τ = R·C.
    pub time_constant: SimDuration,
    /// Slow down when hot.
    pub throttle: Option<Throttle>,
    /// Switch off when too hot.
    pub shutdown: Option<Shutdown>,
}

/// Thermal throttling with hysteresis.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// Begins at this temperature.
    pub at: Celsius,
    /// Ends at this temperature.
    pub resume: Celsius,
    /// Speed meanwhile, as a share of full speed.
    pub speed: f64,
    /// Draw meanwhile.
    pub power: ThrottlePower,
}

/// The draw of a throttled node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThrottlePower {
    /// What it would draw, times this factor.
    Factor(f64),
    /// What it would draw, but not more than this.
    Cap(Watts),
}

/// Thermal shutdown.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// Switches off at this temperature.
    pub at: Celsius,
    /// Switches on again (and boots) at this temperature.
    pub resume: Celsius,
}

/// A building: how the room follows the weather.
#[derive(Clone, Debug, PartialEq)]
pub struct Building {
    /// Time constant with which room air follows outdoor temperature plus gain.
    pub time_constant: SimDuration,
    /// Constant rise over outdoors (solar gain, appliances).
    pub gain: Kelvin,
    /// Air conditioning holds the room at or below this.
    pub setpoint: Option<Celsius>,
    /// Heating holds the room at or above this.
    pub heating: Option<Celsius>,
}

/// Cooling of a rack.
#[derive(Clone, Debug)]
pub struct Cooling {
    /// Multiplies the thermal resistance of each node (a fan lowers it).
    pub resistance_factor: f64,
    /// Rise of the air in the rack over the room.
    pub rise: Kelvin,
    /// Draw of the cooling itself, per rack, while the site has power.
    pub power: Watts,
}
