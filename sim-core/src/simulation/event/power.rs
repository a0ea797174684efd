//! From the grid to the sockets of a site: what can happen.

use super::Code;
use crate::world::fleet::SiteId;

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
        }
    }
}
