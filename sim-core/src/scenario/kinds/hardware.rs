//! What breaks by itself.

use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::spec::Renewal;
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

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
