//! From the grid to the sockets of a site: what can happen.

use super::Code;
use crate::world::fleet::{NodeId, SiteId};

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PowerEvent {
    /// A grid outage begins.
    OutageBegins {
        /// Its domain.
        domain: u32,
    },
    /// A grid outage ends.
    OutageEnds {
        /// Its domain.
        domain: u32,
    },
    /// A breaker has become too hot.
    BreakerTrips {
        /// The site.
        site: SiteId,
    },
    /// Somebody recloses a breaker.
    BreakerRecloses {
        /// The site.
        site: SiteId,
    },
    /// A UPS battery is empty.
    BatteryEmpty {
        /// The site.
        site: SiteId,
    },
    /// A UPS battery is full and stops charging.
    BatteryFull {
        /// The site.
        site: SiteId,
    },
    /// A dip in voltage begins.
    DipBegins {
        /// Its domain.
        domain: u32,
    },
    /// A dip in voltage ends.
    DipEnds {
        /// Its domain.
        domain: u32,
    },
    /// A surge comes.
    Surge {
        /// Its domain.
        domain: u32,
    },
    /// The power supply of a node has held up for as long as it can.
    HoldUpOver {
        /// The node.
        node: NodeId,
    },
    /// The output of a UPS is there after the gap of its transfer.
    Transferred {
        /// The site.
        site: SiteId,
    },
    /// The room of a breaker may have become hotter.
    BreakerCheck {
        /// The site.
        site: SiteId,
    },
    /// Other loads on the circuit of a breaker come on or go off.
    NeighbourSwitches {
        /// The site.
        site: SiteId,
    },
    /// A self-test finds a dead battery.
    BatteryFoundDead {
        /// The site.
        site: SiteId,
    },
    /// A dead battery is replaced.
    BatteryReplaced {
        /// The site.
        site: SiteId,
    },
    /// The delay of a node before it switches on is over.
    StaggerOver {
        /// The node.
        node: NodeId,
    },
    /// A planned outage is announced.
    OutageAnnounced {
        /// Its domain.
        domain: u32,
    },
    /// The die of a node may have moved so far that its leakage is another.
    LeakCheck {
        /// The node.
        node: NodeId,
    },
    /// Damage that came from outside is repaired.
    DamageRepaired {
        /// The node.
        node: NodeId,
    },
}

impl PowerEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::OutageBegins { domain } => (12, domain),
            Self::OutageEnds { domain } => (13, domain),
            Self::BreakerTrips { site } => (14, site.0),
            Self::BreakerRecloses { site } => (15, site.0),
            Self::BatteryEmpty { site } => (16, site.0),
            Self::BatteryFull { site } => (17, site.0),
            Self::DipBegins { domain } => (40, domain),
            Self::DipEnds { domain } => (41, domain),
            Self::Surge { domain } => (42, domain),
            Self::HoldUpOver { node } => (43, node.0),
            Self::Transferred { site } => (44, site.0),
            Self::BreakerCheck { site } => (45, site.0),
            Self::NeighbourSwitches { site } => (46, site.0),
            Self::BatteryFoundDead { site } => (47, site.0),
            Self::BatteryReplaced { site } => (48, site.0),
            Self::StaggerOver { node } => (49, node.0),
            Self::OutageAnnounced { domain } => (50, domain),
            Self::DamageRepaired { node } => (51, node.0),
            Self::LeakCheck { node } => (52, node.0),
        }
    }
}
