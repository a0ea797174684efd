//! Temperatures: what can happen.

use super::Code;
use crate::world::fleet::{NodeId, RackId, SiteId};

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeatEvent {
    /// A node may have reached a temperature at which something happens.
    HeatCheck {
        /// The node.
        node: NodeId,
    },
    /// The air conditioning of a room may have to do something else.
    RoomCheck {
        /// The site.
        site: SiteId,
    },
    /// The setpoint of a room may change.
    Setback {
        /// The site.
        site: SiteId,
    },
    /// The air conditioning of a room fails, or is repaired.
    CoolingFault {
        /// The site.
        site: SiteId,
    },
    /// Something happens in the cooling of a rack.
    RackCheck {
        /// The rack.
        rack: RackId,
    },
}

impl HeatEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::HeatCheck { node } => (18, node.0),
            Self::RoomCheck { site } => (60, site.0),
            Self::Setback { site } => (61, site.0),
            Self::CoolingFault { site } => (62, site.0),
            Self::RackCheck { rack } => (63, rack.0),
        }
    }
}
