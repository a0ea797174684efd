//! Weather, buildings, racks and the heat of nodes.

use super::Renewal;
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
    /// The year and the day as cosines, and days that are warmer or colder than their season, correlated.
    Seasonal(Seasonal),
    /// Equidistant readings, linear in between, periodic after the last.
    Series {
        /// Time between two readings.
        step: SimDuration,
        /// Readings in degrees Celsius; the first is that of t = 0.
        celsius: Arc<[f64]>,
    },
}

/// Weather made of a year, a day and noise:
/// `mean + season · cos(2π (date − warmest) / year) + day · cos(2π (clock − hottest) / 24 h) + residual`.
#[derive(Clone, Debug, PartialEq)]
pub struct Seasonal {
    /// Mean over the year.
    pub mean: Celsius,
    /// Amplitude over the year.
    pub season: Kelvin,
    /// Warmest day of the year, since the first of January.
    pub warmest: SimDuration,
    /// Amplitude over the day.
    pub day: Kelvin,
    /// Hottest time of day, since midnight.
    pub hottest: SimDuration,
    /// Standard deviation of the residual of a day.
    pub noise: Kelvin,
    /// Correlation of the residuals of a day and the next.
    pub correlation: f64,
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
    /// The case around the die: with it, `resistance` and `time_constant` are those of the die to the case.
    pub chassis: Option<Chassis>,
    /// Power that grows with temperature.
    pub leakage: Option<Leakage>,
    /// Slow down when hot.
    pub throttle: Option<Throttle>,
    /// Slow down harder when hotter.
    pub hardware_slowdown: Option<Throttle>,
    /// Switch off when too hot.
    pub shutdown: Option<Shutdown>,
}

/// The case of a node as a second heat capacity.
#[derive(Clone, Debug)]
pub struct Chassis {
    /// From the case to the air.
    pub resistance: KelvinPerWatt,
    /// Resistance times heat capacity of the case.
    pub time_constant: SimDuration,
}

/// Leakage current: `P(T) = P₀ (1 + per_kelvin (T − reference))`.
#[derive(Clone, Debug)]
pub struct Leakage {
    /// Share of the power per kelvin.
    pub per_kelvin: f64,
    /// Temperature at which the power is what it says.
    pub reference: Celsius,
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
    /// Who switches it on again.
    pub restart: Restart,
}

/// Who switches a node on again after a thermal shutdown.
#[derive(Clone, Debug, PartialEq)]
pub enum Restart {
    /// It does so itself, as soon as it is cool.
    Auto,
    /// A human, after this time, or when it is cool if that is later.
    Manual(Dist),
}

/// A building: how the room follows the weather.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Building {
    /// Time constant with which room air follows outdoor temperature plus gain.
    pub time_constant: SimDuration,
    /// Constant rise over outdoors (solar gain, appliances).
    pub gain: Kelvin,
    /// Air conditioning holds the room at or below this.
    pub setpoint: Option<Celsius>,
    /// Heating holds the room at or above this.
    pub heating: Option<Celsius>,
    /// Walls and contents, slower than the air.
    pub mass: Option<Mass>,
    /// Sun.
    pub solar: Option<Solar>,
    /// Heat flow to outdoors per kelvin; `None`: the heat of the nodes does not warm the room.
    pub conductance: Option<WattsPerKelvin>,
    /// Air conditioning with limits.
    pub air_conditioning: Option<AirConditioning>,
    /// Air conditioning set back when nobody is there.
    pub setback: Option<Setback>,
}

/// Walls and contents of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Mass {
    /// Time constant with which they follow.
    pub time_constant: SimDuration,
    /// Share of the room's response that goes by theirs.
    pub share: f64,
}

/// What the sun adds to the temperature that a room follows: `gain · max(0, cos(2π (clock − peak) / 24 h))`.
#[derive(Clone, Debug, PartialEq)]
pub struct Solar {
    /// At the peak.
    pub gain: Kelvin,
    /// Time of day of the peak, since midnight.
    pub peak: SimDuration,
}

/// Air conditioning of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct AirConditioning {
    /// Holds the room at or below this.
    pub setpoint: Celsius,
    /// Greatest heat removed; `None`: any.
    pub capacity: Option<Watts>,
    /// Heat removed per energy drawn; `None`: it draws nothing.
    pub cop: Option<f64>,
    /// Failures and repairs, per site.
    pub faults: Option<Renewal>,
}

/// Hours in which the setpoint is higher.
#[derive(Clone, Debug, PartialEq)]
pub struct Setback {
    /// By how much.
    pub rise: Kelvin,
    /// From and to these times of day, since midnight.
    pub nights: Option<[SimDuration; 2]>,
    /// All Saturday and Sunday.
    pub weekends: bool,
}

/// Cooling of a rack.
#[derive(Clone, Debug, PartialEq)]
pub struct Cooling {
    /// Multiplies the thermal resistance of each node (a fan lowers it).
    pub resistance_factor: f64,
    /// Rise of the air in the rack over the room.
    pub rise: Kelvin,
    /// Draw of the cooling itself, per rack, while the site has power.
    pub power: Watts,
    /// Air through the rack, shared by its nodes.
    pub airflow: Option<CubicMetresPerSecond>,
    /// Share of the exhaust that comes back to the inlet.
    pub recirculation: f64,
    /// Dust that settles on the nodes.
    pub dust: Option<Dust>,
    /// Fans that can be controlled and can fail.
    pub fan: Option<Fan>,
    /// A liquid loop.
    pub liquid: Option<LiquidLoop>,
    /// An air conditioner of its own.
    pub split: Option<AirConditioning>,
}

impl Cooling {
    /// Whether it has a state of its own. The nodes of such a rack stand together, and feel one another.
    pub const fn has_state(&self) -> bool {
        self.airflow.is_some()
            || self.fan.is_some()
            || self.dust.is_some()
            || self.liquid.is_some()
            || self.split.is_some()
    }
}

impl Default for Cooling {
    /// Nodes as they are, in the air of the room.
    fn default() -> Self {
        Self {
            resistance_factor: 1.0,
            rise: Kelvin(0.0),
            power: Watts(0.0),
            airflow: None,
            recirculation: 0.0,
            dust: None,
            fan: None,
            liquid: None,
            split: None,
        }
    }
}

/// Dust: the resistance of the nodes grows until somebody cleans them.
#[derive(Clone, Debug, PartialEq)]
pub struct Dust {
    /// Growth of the thermal resistance per year, as a share.
    pub per_year: f64,
    /// Time between cleanings; `None`: never.
    pub cleaned: Option<SimDuration>,
}

/// Fans of a rack.
#[derive(Clone, Debug, PartialEq)]
pub struct Fan {
    /// Whether speed follows the temperature of the rack.
    pub speed: FanSpeed,
    /// Draw at full speed, per rack; it goes with the cube of the speed.
    pub power: Watts,
    /// Thermal resistance goes with the flow to the power of minus this.
    pub exponent: f64,
    /// Slowest speed, as a share of full speed.
    pub slowest: f64,
    /// Temperature of the rack's air up to which it is slowest.
    pub low: Celsius,
    /// Temperature of the rack's air from which it is at full speed.
    pub high: Celsius,
    /// Time constant with which the control feels the air.
    pub time_constant: SimDuration,
    /// Failures and repairs, per rack.
    pub faults: Option<Renewal>,
    /// Flow that is left when the fans fail, as a share.
    pub failed_flow: f64,
}

/// How fans are driven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanSpeed {
    /// Always at full speed.
    Fixed,
    /// By pulse-width modulation, by temperature.
    Pwm,
}

/// A liquid loop from the nodes of a rack to a radiator.
#[derive(Clone, Debug, PartialEq)]
pub struct LiquidLoop {
    /// Multiplies the resistance while the pump works.
    pub resistance_factor: f64,
    /// Multiplies the resistance while it does not.
    pub failed_factor: f64,
    /// Failures and repairs of the pump, per rack.
    pub pump: Option<Renewal>,
    /// Leaks that take the rack down, per rack.
    pub leak: Option<Leak>,
}

/// Leaks of a liquid loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// From repair to the next leak.
    pub every: Dist,
    /// Until it is repaired.
    pub repair: Dist,
}
