//! The heat of nodes.

use crate::quantity::{Celsius, KelvinPerWatt, Watts};
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Duration, Number, Positive, PositiveUnit, Probability, Quantity};
use crate::scenario::spec::{Shutdown, Thermal, Throttle, ThrottlePower};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

object! {
    /// Lumped heat of a node: dT/dt = (T_air + R P - T)/tau; it starts at ambient temperature.
    ThermalKind: Thermal = Thermal {
        /// R: rise over the air per watt, at a cooling factor of 1.
        required "resistance" => resistance: Quantity<KelvinPerWatt, Positive>,
        /// tau = R C.
        required "time_constant" => time_constant: Duration<Positive>,
        /// Slowing down when hot. Left out: never.
        optional "throttle" => throttle: ThrottleKind,
        /// Switching off when too hot. Left out: never.
        optional "shutdown" => shutdown: ShutdownKind,
    }
    check check_thermal
}

fn check_thermal(thermal: &Thermal, node: &Node, reader: &mut Reader<'_>) {
    if let (Some(throttle), Some(shutdown)) = (&thermal.throttle, &thermal.shutdown)
        && shutdown.at <= throttle.at
    {
        let message = format!("it shuts down at {}, before it throttles at {}", shutdown.at, throttle.at);
        reader.fault_in(node, "shutdown", message, "a shutdown temperature above that of the throttle");
    }
}

object! {
    /// Thermal throttling with hysteresis.
    ThrottleKind: Throttle = Throttle {
        /// Begins at this temperature.
        required "at" => at: Quantity<Celsius, Any>,
        /// Ends at this temperature.
        required "resume" => resume: Quantity<Celsius, Any>,
        /// Speed meanwhile, as a share of full speed.
        required "speed" => speed: Number<PositiveUnit>,
        /// Draw meanwhile.
        default "power" => power: ThrottlePowerKind = "1",
    }
    check check_throttle
}

fn check_throttle(throttle: &Throttle, node: &Node, reader: &mut Reader<'_>) {
    check_hysteresis(throttle.at, throttle.resume, node, reader);
}

object! {
    /// Thermal shutdown with hysteresis.
    ShutdownKind: Shutdown = Shutdown {
        /// Switches off at this temperature.
        required "at" => at: Quantity<Celsius, Any>,
        /// Switches on again, and boots, at this temperature.
        required "resume" => resume: Quantity<Celsius, Any>,
    }
    check check_shutdown
}

fn check_shutdown(shutdown: &Shutdown, node: &Node, reader: &mut Reader<'_>) {
    check_hysteresis(shutdown.at, shutdown.resume, node, reader);
}

fn check_hysteresis(at: Celsius, resume: Celsius, node: &Node, reader: &mut Reader<'_>) {
    if resume >= at {
        let message = format!("`resume` ({resume}) is not below `at` ({at})");
        reader.fault_in(node, "resume", message, "a temperature below `at`");
    }
}

/// The draw of a throttled node: a share of what it would draw, or a cap in watts.
pub(in crate::scenario) struct ThrottlePowerKind;

impl Kind for ThrottlePowerKind {
    type Out = ThrottlePower;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(ThrottlePower, Json)> {
        let share = match &node.value {
            Value::Number(_) => true,
            Value::String(text) => text.ends_with('%'),
            _ => return reader.mismatch(node, "a share from 0 to 1 of what it would draw, or a power, like \"150 W\", that it does not exceed"),
        };
        if share {
            Probability::read(node, reader).map(|(share, json)| (ThrottlePower::Factor(share), json))
        } else {
            Quantity::<Watts>::read(node, reader).map(|(cap, json)| (ThrottlePower::Cap(cap), json))
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({
            "description": "a share of what it would draw, or a power that it does not exceed",
            "anyOf": [Probability::schema(definitions), Quantity::<Watts>::schema(definitions)],
        })
    }
}
