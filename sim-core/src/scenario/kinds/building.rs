//! Buildings and the cooling of racks.

use crate::quantity::{Celsius, Kelvin, Watts};
use crate::scenario::declare::object;

use crate::scenario::read::Reader;
use crate::scenario::scalar::{Any, Duration, Number, Positive, Quantity};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Building, Cooling};
use crate::scenario::tree::Node;

object! {
    /// A building: how the air of the room follows the weather.
    BuildingKind: Building = Building {
        /// Time constant with which the room follows outdoor temperature plus gain.
        default "time_constant" => time_constant: Duration = "\"0 s\"",
        /// Rise over outdoors (sun, appliances).
        default "gain" => gain: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Air conditioning holds the room at or below this. Left out: there is none.
        optional "setpoint" => setpoint: Quantity<Celsius, Any>,
        /// Heating holds the room at or above this. Left out: there is none.
        optional "heating" => heating: Quantity<Celsius, Any>,
    }
    check check_building
}

impl Catalogued for BuildingKind {
    const CATALOG: Option<&'static str> = Some("building");
}

fn check_building(building: &Building, node: &Node, reader: &mut Reader<'_>) {
    if let (Some(setpoint), Some(heating)) = (building.setpoint, building.heating)
        && heating > setpoint
    {
        let message =
            format!("`heating` ({heating}) is above `setpoint` ({setpoint}) of the air conditioning");
        reader.fault_in(node, "heating", message, "a temperature of at most `setpoint`");
    }
}

object! {
    /// Cooling of a rack.
    CoolingKind: Cooling = Cooling {
        /// Multiplies the thermal resistance of each node; a fan lowers it.
        default "resistance_factor" => resistance_factor: Number<Positive> = "1",
        /// Rise of the air in the rack over the room; negative where it is cooled below.
        default "rise" => rise: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Draw of the cooling itself, per rack, while the site has power.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
    }
}

impl Catalogued for CoolingKind {
    const CATALOG: Option<&'static str> = Some("cooling");
}
