//! What breaks by itself.

use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Duration, Probability};
use crate::scenario::spec::{Hardware, Renewal};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// What breaks by itself.
    HardwareFields: Hardware = Hardware {
        /// Failures and repairs, alternating.
        optional "faults" => faults: RenewalKind,
        /// Probability that a surge damages the node at a site without protection. Left out: none does.
        optional "surge_damage" => surge_damage: Probability,
        /// How long the power supply carries the full load without mains; up to ten times longer at less load. Left out: 20 ms where the
        /// grid has sags or brownouts or the UPS a transfer time, else not at all.
        optional "psu_hold_up" => psu_hold_up: Duration,
    }
}

/// [`HardwareFields`], or "none".
pub(in crate::scenario) struct HardwareKind;

impl Kind for HardwareKind {
    type Out = Hardware;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Hardware, Json)> {
        if node.text() == Some("none") {
            return Some((Hardware::default(), json!({})));
        }
        HardwareFields::read(node, reader)
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
