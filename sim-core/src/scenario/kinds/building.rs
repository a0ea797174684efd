//! Buildings.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin, Watts, WattsPerKelvin};
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Clock, Duration, Flag, Number, Positive, Quantity, Range};
use crate::scenario::section::{Catalogued, List};
use crate::scenario::spec::{AirConditioning, Building, Mass, Setback, Solar};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

use super::hardware::RenewalKind;

object! {
    /// A building: how the air of the room follows the weather and the heat of the nodes.
    BuildingKind: Building = Building {
        /// Time constant with which the air of the room follows outdoor temperature plus gains.
        default "time_constant" => time_constant: Duration = "\"0 s\"",
        /// Rise over outdoors (appliances, neighbours).
        default "gain" => gain: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Ideal air conditioning holds the room at or below this. It draws no energy, whatever it removes: it is a room that somebody else keeps
        /// cool and pays for. `air_conditioning` with a `cop` draws. Left out: there is none.
        optional "setpoint" => setpoint: Quantity<Celsius, Any>,
        /// Heating holds the room at or above this, without regard to the heat of the nodes and by night and weekend as by day. It draws no energy
        /// here: it burns the fuel, or is on the meter, of the building and not of the fleet. Left out: there is none.
        optional "heating" => heating: Quantity<Celsius, Any>,
        /// Walls and contents, which follow more slowly than the air. Left out: there is only air.
        optional "mass" => mass: MassKind,
        /// Sun. Left out: none but what is in `gain`.
        optional "solar" => solar: SolarKind,
        /// Heat flow to outdoors per kelvin: the heat of the nodes warms the room. Left out: it does not.
        optional "conductance" => conductance: Quantity<WattsPerKelvin, Positive>,
        /// Air conditioning that has a capacity, draws power and can fail. Left out: there is none, or the ideal one of `setpoint`.
        optional "air_conditioning" => air_conditioning: AirConditioningKind,
        /// Hours in which the setpoint is higher; `heating` is not set back. Left out: none.
        optional "setback" => setback: SetbackKind,
    }
    check check_building
}

impl Catalogued for BuildingKind {
    const CATALOG: Option<&'static str> = Some("building");
}

fn check_building(building: &Building, node: &Node, reader: &mut Reader<'_>) {
    let setpoint = building.setpoint.or(building.air_conditioning.as_ref().map(|unit| unit.setpoint));
    if let (Some(setpoint), Some(heating)) = (setpoint, building.heating)
        && heating > setpoint
    {
        let message =
            format!("`heating` ({heating}) is above `setpoint` ({setpoint}) of the air conditioning");
        reader.fault_in(node, "heating", message, "a temperature of at most `setpoint`");
    }
    if building.setpoint.is_some() && building.air_conditioning.is_some() {
        let message = "a building has either `setpoint` or `air_conditioning`";
        reader.fault_in(node, "setpoint", message, "leave out `setpoint`: `air_conditioning` has its own");
    }
    if building.setback.is_some() && setpoint.is_none() {
        let message = "there is no air conditioning to set back";
        reader.fault_in(node, "setback", message, "add `air_conditioning`");
    }
    if let Some(unit) = &building.air_conditioning
        && building.conductance.is_none()
        && (unit.capacity.is_some() || unit.cop.is_some())
    {
        let message = "`capacity` and `cop` need the heat that is removed, which follows from `conductance`";
        reader.fault_in(node, "air_conditioning", message, "add `conductance` to the building");
    }
}

/// A share that leaves something for the rest.
pub(in crate::scenario) struct Part;

impl Range for Part {
    fn holds(value: f64) -> bool {
        value > 0.0 && value < 1.0
    }
    const WORDS: &'static str = "more than 0 and less than 1";
    const BOUNDS: &'static [(&'static str, f64)] = &[("exclusiveMinimum", 0.0), ("exclusiveMaximum", 1.0)];
}

object! {
    /// Walls and contents of a room.
    MassKind: Mass = Mass {
        /// Time constant with which they follow.
        required "time_constant" => time_constant: Duration<Positive>,
        /// Share of the room's response to weather and heat that goes by theirs; the rest is the air's.
        required "share" => share: Number<Part>,
    }
}

object! {
    /// What the sun adds by day to the temperature that the room follows: gain max(0, cos(2 pi (clock - peak)/24 h)).
    SolarKind: Solar = Solar {
        /// At the peak.
        required "gain" => gain: Quantity<Kelvin>,
        /// Time of day of the peak. Default: [A] soon after the sun is highest.
        default "peak" => peak: Clock = "\"13:00\"",
    }
}

object! {
    /// Air conditioning; it runs while the mains of the site are there.
    AirConditioningKind: AirConditioning = AirConditioning {
        /// Holds the air at or below this.
        required "setpoint" => setpoint: Quantity<Celsius, Any>,
        /// Greatest heat removed. Left out: any.
        optional "capacity" => capacity: Quantity<Watts, Positive>,
        /// Coefficient of performance: heat removed per energy drawn. Left out: it draws nothing.
        optional "cop" => cop: Number<Positive>,
        /// Failures and repairs; while it is down it does nothing. Left out: none.
        optional "faults" => faults: RenewalKind,
    }
}

/// From and to a time of day.
pub(in crate::scenario) struct NightsKind;

impl Kind for NightsKind {
    type Out = [SimDuration; 2];

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<([SimDuration; 2], Json)> {
        let (times, json) = List::<Clock>::read(node, reader)?;
        match times[..] {
            [from, to] if from != to => Some(([from, to], json)),
            _ => reader.mismatch(node, "two times of day, from and to, like [\"19:00\", \"07:00\"]"),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let clock = Clock::schema(definitions);
        serde_json::json!({ "description": "from and to a time of day", "type": "array", "items": clock, "minItems": 2, "maxItems": 2 })
    }
}

object! {
    /// Hours in which the air conditioning is set back.
    SetbackKind: Setback = Setback {
        /// Rise of the setpoint.
        required "rise" => rise: Quantity<Kelvin>,
        /// From and to these times of day, every day. Left out: not at night.
        optional "nights" => nights: NightsKind,
        /// All Saturday and Sunday.
        default "weekends" => weekends: Flag = "false",
    }
    check check_setback
}

fn check_setback(setback: &Setback, node: &Node, reader: &mut Reader<'_>) {
    if setback.nights.is_none() && !setback.weekends {
        reader.fault(node.span, "it is never set back", "give `nights`, or `weekends`: true");
    }
}
