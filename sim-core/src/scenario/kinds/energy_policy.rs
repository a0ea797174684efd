//! What nodes do about power.

use super::request_policy::percentile;
use crate::quantity::DollarsPerJoule;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Flag, Number, Positive, Probability, Quantity};
use crate::scenario::spec::{Arbitrage, EnergyPolicy, OnBattery, PriceBound, Shift};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// What nodes do about power. Left out: they switch on when power returns, and draw what their work takes.
    EnergyPolicyKind: EnergyPolicy = EnergyPolicy {
        /// Delay from the return of power to switching on, drawn for each node and time. Left out: none.
        optional "stagger" => stagger: Durations,
        /// Greatest draw of the nodes of a site and their cooling, all slots busy, as a share of the rating of its breaker; all nodes are
        /// capped alike. Left out: no cap.
        optional "power_cap" => power_cap: Number<Positive>,
        /// Whether no new work is sent to sites whose planned outage has been announced, until it is over.
        default "heed_notice" => heed_notice: Flag = "false",
        /// What nodes do while a battery carries their site for want of mains.
        default "on_battery" => on_battery: OnBatteryKind = "\"run\"",
        /// Share of their power above idle that `"on_battery": "cap"` leaves to nodes; speed is this share to the exponent of their power cap, or 0.3.
        default "battery_cap" => battery_cap: Probability = "0.5",
        /// What nodes do while electricity is dear. Left out: they go on.
        optional "shift" => shift: ShiftKind,
        /// Charges UPS batteries while electricity is cheap, and lets them carry the load while it is dear. Left out: they are for outages.
        optional "arbitrage" => arbitrage: ArbitrageKind,
    }
}

choice! {
    /// What nodes do on battery.
    OnBatteryKind: OnBattery {
        words {
            /// They go on.
            "run" => OnBattery::Run,
            /// They draw less.
            "cap" => OnBattery::Cap,
            /// They get no new work, but finish what they have. Where all nodes are withdrawn, work goes to them as a last resort.
            "drain" => OnBattery::Drain,
        }
    }
}

object! {
    /// What nodes do while electricity is dear.
    ShiftKind: Shift = Shift {
        /// It is dear above this price, or above the price of this percentile of the time, such as "p75".
        required "above" => above: PriceBoundKind,
        /// Share of their power above idle that nodes may draw meanwhile; at 0, work stands still and waits.
        default "cap" => cap: Probability = "0",
        /// Whether nodes get no new work instead, so that it goes to other sites; where all nodes are withdrawn, it goes to them as a last resort.
        default "withdraw" => withdraw: Flag = "false",
    }
    check check_shift
}

fn check_shift(shift: &Shift, node: &Node, reader: &mut Reader<'_>) {
    if shift.withdraw && node.get("cap").is_some() {
        reader.fault_in(
            node,
            "cap",
            "a node that gets no new work is not capped",
            "one of `cap` and `withdraw`",
        );
    }
}

object! {
    /// Trade with UPS batteries.
    ArbitrageKind: Arbitrage = Arbitrage {
        /// Batteries are charged up to this price; above it only to the reserve.
        required "charge_up_to" => charge_up_to: PriceBoundKind,
        /// Batteries carry the load above this price.
        required "discharge_above" => discharge_above: PriceBoundKind,
        /// Share of the battery that is kept for outages. [A] Half.
        default "reserve" => reserve: Probability = "0.5",
    }
    check check_arbitrage
}

fn check_arbitrage(it: &Arbitrage, node: &Node, reader: &mut Reader<'_>) {
    let crossed = match (it.charge_up_to, it.discharge_above) {
        (PriceBound::Price(low), PriceBound::Price(high)) => high < low,
        (PriceBound::Percentile(low), PriceBound::Percentile(high)) => high < low,
        _ => false,
    };
    if crossed {
        let message = "`discharge_above` lies below `charge_up_to`";
        reader.fault_in(node, "discharge_above", message, "at least `charge_up_to`");
    }
}

/// A price, or a percentile such as "p75".
pub(in crate::scenario) struct PriceBoundKind;

impl Kind for PriceBoundKind {
    type Out = PriceBound;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(PriceBound, Json)> {
        if let Some(text) = node.text()
            && text.starts_with(|first: char| first.is_alphabetic())
        {
            let Some(share) = percentile(text) else {
                let message = format!("{text:?} is not a percentile");
                reader.fault(node.span, message, "accepted: a price, or a percentile like \"p75\"");
                return None;
            };
            return Some((PriceBound::Percentile(share), text.into()));
        }
        Quantity::<DollarsPerJoule, Any>::read(node, reader)
            .map(|(price, json)| (PriceBound::Price(price), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let price = Quantity::<DollarsPerJoule, Any>::schema(definitions);
        json!({ "anyOf": [price, { "type": "string", "pattern": "^p[0-9]{2,6}$", "examples": ["p75"] }] })
    }
}
