//! Access links: what can happen.

use super::Code;
use crate::world::fleet::SiteId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NetworkEvent {
    /// A message has passed a rate-limited access link.
    TransferDone {
        /// The site.
        site: SiteId,
        /// Whether from the site (else to it).
        up: bool,
    },
    /// An outage of access links begins.
    LinkOutageBegins {
        /// Its domain.
        domain: u32,
    },
    /// An outage of access links ends.
    LinkOutageEnds {
        /// Its domain.
        domain: u32,
    },
}

impl NetworkEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::TransferDone { site, up } => (if up { 7 } else { 8 }, site.0),
            Self::LinkOutageBegins { domain } => (24, domain),
            Self::LinkOutageEnds { domain } => (25, domain),
        }
    }
}
