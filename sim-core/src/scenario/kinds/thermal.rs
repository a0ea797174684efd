//! The heat of nodes.

use crate::quantity::{Celsius, KelvinPerWatt, Watts};
use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    Any, Duration, NonNegative, Number, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::spec::{Chassis, Leakage, Restart, Shutdown, Thermal, Throttle, ThrottlePower};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

object! {
    /// Lumped heat of a node: dT/dt = (T_air + R P - T)/tau; it starts at ambient temperature.
    ThermalKind: Thermal = Thermal {
        /// R: rise over the air per watt, at a cooling factor of 1.
        required "resistance" => resistance: Quantity<KelvinPerWatt, Positive>,
        /// tau = R C.
        required "time_constant" => time_constant: Duration<Positive>,
        /// The case around the die: `resistance` and `time_constant` are then those of the die to the case. Left out: one mass.
        optional "chassis" => chassis: ChassisKind,
        /// Power that grows with temperature. Left out: it does not.
        optional "leakage" => leakage: LeakageKind,
        /// Slowing down when hot. Left out: never.
        optional "throttle" => throttle: ThrottleKind,
        /// Slowing down harder when hotter, in place of `throttle`. Left out: never.
        optional "hardware_slowdown" => hardware_slowdown: ThrottleKind,
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
    if let Some(slowdown) = &thermal.hardware_slowdown {
        if thermal.throttle.as_ref().is_some_and(|throttle| slowdown.at <= throttle.at) {
            let message = format!("it slows down at {}, before it throttles", slowdown.at);
            reader.fault_in(node, "hardware_slowdown", message, "a temperature above that of the throttle");
        }
        if thermal.shutdown.as_ref().is_some_and(|shutdown| shutdown.at <= slowdown.at) {
            let message = format!("it slows down at {}, after it has shut down", slowdown.at);
            reader.fault_in(node, "hardware_slowdown", message, "a temperature below that of the shutdown");
        }
    }
    if thermal.leakage.is_some() && thermal.shutdown.is_none() {
        let message = "power that grows with temperature may run away, and nothing ends it";
        reader.fault_in(node, "leakage", message, "add `shutdown`");
    }
    if let Some(leakage) = &thermal.leakage
        && leakage.per_kelvin * leakage.reference.0 >= 1.0
    {
        let message = "at 0 C the node would draw less than nothing";
        reader.fault_in(node, "leakage", message, "`per_K` times `reference` in degrees Celsius below 1");
    }
}

object! {
    /// The case of a node: a second heat capacity between die and air.
    ChassisKind: Chassis = Chassis {
        /// From the case to the air, at a cooling factor of 1.
        required "resistance" => resistance: Quantity<KelvinPerWatt, Positive>,
        /// Resistance times heat capacity of the case.
        required "time_constant" => time_constant: Duration<Positive>,
    }
}

object! {
    /// Leakage current: P(T) = P0 (1 + per_K (T - reference)), which warms the air and loads breaker and UPS as all power does.
    LeakageKind: Leakage = Leakage {
        /// Growth of power per kelvin, as a share: 0.005 to 0.01 [M].
        required "per_K" => per_kelvin: Number<NonNegative>,
        /// Temperature at which the node draws what `idle` and `peak` say.
        required "reference" => reference: Quantity<Celsius, Any>,
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
    check_hysteresis(throttle.at, throttle.resume, ("at", "resume"), node, reader);
}

object! {
    /// Thermal shutdown with hysteresis.
    ShutdownKind: Shutdown = Shutdown {
        /// Switches off at this temperature.
        required "at" => at: Quantity<Celsius, Any>,
        /// Switches on again, and boots, at this temperature.
        required "resume" => resume: Quantity<Celsius, Any>,
        /// Who switches it on: itself, or a human after this time.
        default "restart" => restart: RestartKind = "\"auto\"",
    }
    check check_shutdown
}

fn check_shutdown(shutdown: &Shutdown, node: &Node, reader: &mut Reader<'_>) {
    check_hysteresis(shutdown.at, shutdown.resume, ("at", "resume"), node, reader);
}

/// The lower of two thresholds must be below the upper one.
pub(super) fn check_hysteresis(
    at: Celsius,
    resume: Celsius,
    (upper, lower): (&'static str, &'static str),
    node: &Node,
    reader: &mut Reader<'_>,
) {
    if resume >= at {
        let message = format!("`{lower}` ({resume}) is not below `{upper}` ({at})");
        reader.fault_in(node, lower, message, format!("a temperature below `{upper}`").as_str());
    }
}

/// Who switches a node on after a thermal shutdown: "auto", or a time.
pub(in crate::scenario) struct RestartKind;

impl Kind for RestartKind {
    type Out = Restart;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Restart, Json)> {
        if node.text() == Some("auto") {
            return Some((Restart::Auto, "auto".into()));
        }
        Durations::read(node, reader).map(|(after, json)| (Restart::Manual(after), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({
            "description": "who switches it on again",
            "anyOf": [
                { "const": "auto", "description": "itself, as soon as it is cool" },
                crate::scenario::declare::documented(
                    Durations::schema(definitions),
                    "a human, after this time or when it is cool, if that is later",
                ),
            ],
        })
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
