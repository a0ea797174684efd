//! The cooling of racks.

use super::building::AirConditioningKind;
use super::hardware::RenewalKind;
use super::thermal::check_hysteresis;
use crate::quantity::{Celsius, CubicMetresPerSecond, Kelvin, Watts};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Any, Duration, NonNegative, Number, Positive, PositiveUnit, Quantity, Range};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Cooling, Dust, Fan, FanSpeed, Leak, LiquidLoop};
use crate::scenario::tree::Node;

object! {
    /// Cooling of a rack.
    CoolingKind: Cooling = Cooling {
        /// Multiplies the thermal resistance of each node to the air; a fan lowers it.
        default "resistance_factor" => resistance_factor: Number<Positive> = "1",
        /// Rise of the air in the rack over the room; negative where it is cooled below, and what that takes out of it does not cool the room.
        default "rise" => rise: Quantity<Kelvin, Any> = "\"0 K\"",
        /// Draw of the cooling itself, per rack, while the site has power. It warms the room, unless `rise` is negative: then it is that of a
        /// machine which gives its heat off outdoors.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
        /// Air through the rack, shared by its nodes: it rises by 1.76 K CFM/W. Left out: it rises by `rise` alone.
        optional "airflow" => airflow: Quantity<CubicMetresPerSecond, Positive>,
        /// Share of the exhaust that comes back to the inlet; needs `airflow`.
        default "recirculation" => recirculation: Number<Returned> = "0",
        /// Dust that settles on the nodes. Left out: none.
        optional "dust" => dust: DustKind,
        /// Fans that can be controlled and can fail. Left out: whatever moves the air, always does.
        optional "fan" => fan: FanKind,
        /// A liquid loop. Left out: air cools the nodes.
        optional "liquid" => liquid: LiquidKind,
        /// An air conditioner of the rack alone: an enclosure that it holds at its setpoint. Left out: the air is that of the room.
        optional "split" => split: AirConditioningKind,
    }
    check check_cooling
}

impl Catalogued for CoolingKind {
    const CATALOG: Option<&'static str> = Some("cooling");
}

/// A share less than one.
pub(in crate::scenario) struct Returned;

impl Range for Returned {
    fn holds(value: f64) -> bool {
        (0.0..=0.9).contains(&value)
    }
    const WORDS: &'static str = "from 0 to 0.9";
    const BOUNDS: &'static [(&'static str, f64)] = &[("minimum", 0.0), ("maximum", 0.9)];
}

fn check_cooling(cooling: &Cooling, node: &Node, reader: &mut Reader<'_>) {
    if cooling.recirculation > 0.0 && cooling.airflow.is_none() {
        let message = "`recirculation` is a share of the airflow, which is missing";
        reader.fault_in(node, "recirculation", message, "add `airflow`, like \"400 CFM\"");
    }
    let pwm = cooling.fan.as_ref().is_some_and(|fan| fan.speed == FanSpeed::Pwm);
    if pwm && cooling.airflow.is_none() {
        let message = "the control of the fans feels the air of the rack, which needs an `airflow`";
        reader.fault_in(node, "fan", message, "add `airflow`, like \"400 CFM\"");
    }
    if cooling.split.as_ref().is_some_and(|unit| unit.capacity.is_some()) && cooling.airflow.is_none() {
        let message = "what is over the `capacity` warms the air of the rack, which needs an `airflow`";
        reader.fault_in(node, "split", message, "add `airflow`, or leave out `capacity`");
    }
}

object! {
    /// Dust: the resistance of the nodes to the air grows until they are cleaned.
    DustKind: Dust = Dust {
        /// Growth of the resistance per year, as a share; in steps of 7 d, each at the growth in its middle.
        required "per_year" => per_year: Number<NonNegative>,
        /// Time between cleanings. Left out: nobody cleans.
        optional "cleaned" => cleaned: Duration<Positive>,
    }
}

object! {
    /// Fans of a rack: flow goes with their speed, draw with its cube, resistance of the nodes with the flow to the power of minus `exponent`.
    FanKind: Fan = Fan {
        /// How they are driven.
        default "speed" => speed: FanSpeedKind = "\"fixed\"",
        /// Draw at full speed, per rack. It warms the room.
        default "power" => power: Quantity<Watts> = "\"0 W\"",
        /// Exponent of the resistance. Default: [M] 0.6 to 0.8 for forced convection.
        default "exponent" => exponent: Number<NonNegative> = "0.7",
        /// Slowest speed under `pwm`, as a share of full speed. Default: [A] fans of four wires are driven down to 30 to 40 %.
        default "slowest" => slowest: Number<PositiveUnit> = "0.4",
        /// Temperature of the rack's air up to which `pwm` is slowest. Default: [A] just above the 27 C recommended at the inlet [M: ASHRAE TC9.9].
        default "low" => low: Quantity<Celsius, Any> = "\"30 C\"",
        /// Temperature of the rack's air from which `pwm` is at full speed. Default: [A] the top of class A4 [M: ASHRAE TC9.9], above alarms at 35 to
        /// 42 C.
        default "high" => high: Quantity<Celsius, Any> = "\"45 C\"",
        /// Time constant with which the control feels the air of the rack. Default: [A] as that of a die with its heat sink, 20 to 120 s [M].
        default "time_constant" => time_constant: Duration<Positive> = "\"2 min\"",
        /// Failures and repairs, per rack. Left out: none.
        optional "faults" => faults: RenewalKind,
        /// Flow that is left when the fans fail, as a share. Default: [A] natural draught.
        default "failed_flow" => failed_flow: Number<PositiveUnit> = "0.15",
    }
    check check_fan
}

fn check_fan(fan: &Fan, node: &Node, reader: &mut Reader<'_>) {
    check_hysteresis(fan.high, fan.low, ("high", "low"), node, reader);
}

choice! {
    /// How fans are driven.
    FanSpeedKind: FanSpeed {
        words {
            /// Always at full speed.
            "fixed" => FanSpeed::Fixed,
            /// By the temperature of the rack's air, in steps.
            "pwm" => FanSpeed::Pwm,
        }
    }
}

object! {
    /// A liquid loop from the nodes of a rack to a radiator.
    LiquidKind: LiquidLoop = LiquidLoop {
        /// Multiplies the resistance of the nodes while the pump works. Default: [C] a poor loop of 0.1 K/W against a fair heat sink of 0.2 K/W;
        /// loops have 0.05 to 0.1 K/W, heat sinks 0.15 to 0.5 [M].
        default "resistance_factor" => resistance_factor: Number<Positive> = "0.5",
        /// Multiplies it while the pump does not. Default: [A] a still loop conducts poorly.
        default "failed_factor" => failed_factor: Number<Positive> = "4",
        /// Failures and repairs of the pump, per rack. Left out: none.
        optional "pump" => pump: RenewalKind,
        /// Leaks that take the nodes of the rack down. Left out: none.
        optional "leak" => leak: LeakKind,
    }
}

object! {
    /// Leaks, per rack.
    LeakKind: Leak = Leak {
        /// From repair to the next leak.
        required "every" => every: Spans,
        /// Until it is repaired and the nodes are switched on again.
        required "repair" => repair: Durations,
    }
}
