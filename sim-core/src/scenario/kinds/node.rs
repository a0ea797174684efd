//! Node types.

use crate::quantity::{Celsius, KelvinPerWatt, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Distribution, Durations, Ratio};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Count, Duration, Number, Positive, PositiveUnit, Probability, Quantity};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{
    Discipline, NodeType, OnDown, Renewal, Shutdown, Sleep, Thermal, Throttle, ThrottlePower,
};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

object! {
    /// A kind of node. What is left out is ideal: no power is drawn, nothing heats, nothing breaks.
    NodeKind: NodeType = NodeType {
        /// Parallel servers.
        default "slots" => slots: Count<1> = "1",
        /// Waiting places beyond the slots; a request that finds none is rejected. Left out: unbounded.
        optional "queue" => queue: Count<0>,
        /// How work shares the slots.
        default "discipline" => discipline: DisciplineKind = "\"fifo\"",
        /// Seconds of demand served per second and slot.
        default "speed" => speed: Number<Positive> = "1",
        /// Drawn for each attempt; multiplies its demand.
        optional "slowdown" => slowdown: Distribution<Ratio>,
        /// Time from power to ready. Left out: none.
        optional "boot" => boot: Durations,
        /// Draw while booting, as a multiple of `peak`.
        default "boot_power" => boot_power: Number<crate::scenario::scalar::NonNegative> = "1",
        /// What happens to running and waiting attempts when the node goes down.
        default "on_down" => on_down: OnDownKind = "\"lose\"",
        /// What breaks by itself. Left out: nothing.
        default "hardware" => faults: HardwareKind = "{}",
        /// Sleep of an idle node. Left out: it never sleeps.
        optional "sleep" => sleep: SleepKind,
        /// Draw with no slot busy.
        default "idle" => idle: Quantity<Watts> = "\"0 W\"",
        /// Draw with all slots busy; linear in busy slots between.
        default "peak" => peak: Quantity<Watts> = "\"0 W\"",
        /// Heat. Left out: the node stays at ambient temperature.
        optional "thermal" => thermal: ThermalKind,
    }
    check check_power
}

impl Catalogued for NodeKind {
    const CATALOG: Option<&'static str> = Some("nodes");
}

fn check_power(node_type: &NodeType, node: &Node, reader: &mut Reader<'_>) {
    if node_type.peak < node_type.idle {
        let message = format!("`peak` ({}) is less than `idle` ({})", node_type.peak, node_type.idle);
        reader.fault_in(node, "peak", message, "a power of at least `idle`");
    }
    if let Some(sleep) = &node_type.sleep
        && sleep.power > node_type.idle
    {
        let message = format!("asleep it draws more ({}) than `idle` ({})", sleep.power, node_type.idle);
        reader.fault_in(node, "sleep", message, "a power of at most `idle`");
    }
}

choice! {
    /// How work shares the slots of a node.
    DisciplineKind: Discipline {
        words {
            /// First come, first served, one attempt per slot.
            "fifo" => Discipline::Fifo,
            /// Egalitarian processor sharing of the slots.
            "ps" => Discipline::Ps,
        }
    }
}

choice! {
    /// What happens to attempts on a node that goes down.
    OnDownKind: OnDown {
        words {
            /// They are lost and the sender learns nothing.
            "lose" => OnDown::Lose,
            /// They freeze and resume.
            "hold" => OnDown::Hold,
        }
    }
}

/// What breaks by itself, as far as it is modelled.
pub(in crate::scenario) struct Hardware {
    faults: Option<Renewal>,
}

object! {
    /// What breaks by itself.
    HardwareFields: Hardware = Hardware {
        /// Failures and repairs, alternating.
        optional "faults" => faults: RenewalKind,
    }
}

/// The faults out of [`HardwareFields`].
pub(in crate::scenario) struct HardwareKind;

impl Kind for HardwareKind {
    type Out = Option<Renewal>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Option<Renewal>, Json)> {
        if node.text() == Some("none") {
            return Some((None, json!({})));
        }
        HardwareFields::read(node, reader).map(|(hardware, json)| (hardware.faults, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        HardwareFields::schema(definitions)
    }
}

object! {
    /// An alternating renewal process; it starts up and new.
    RenewalKind: Renewal = Renewal {
        /// Time up.
        required "up" => up: Durations,
        /// Time down.
        required "down" => down: Durations,
    }
}

object! {
    /// Sleep of an idle node; it accepts work asleep and wakes for it.
    SleepKind: Sleep = Sleep {
        /// Idle time before it sleeps.
        default "after" => after: Duration = "\"0 s\"",
        /// Time from the first arrival to ready.
        required "wake" => wake: Durations,
        /// Draw asleep.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
    }
}

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
