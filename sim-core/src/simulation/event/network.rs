//! Access links and the backbone: what can happen.

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
    /// A transfer that several limits share is done.
    FlowDone,
    /// A link of the backbone fails, or works again.
    BackboneChanges {
        /// The link.
        link: u32,
    },
    /// A change of a link of the backbone is known where it is acted on at once.
    BackboneDetected {
        /// The link.
        link: u32,
        /// Number of the change.
        stamp: u32,
    },
    /// Routing has converged on a change of a link of the backbone.
    BackboneConverged {
        /// The link.
        link: u32,
        /// Number of the change.
        stamp: u32,
    },
    /// Somebody begins to upload.
    UploadBegins {
        /// The site.
        site: SiteId,
    },
    /// The battery of a street cabinet is empty.
    CabinetDies {
        /// The cabinet.
        cabinet: u32,
    },
    /// A street cabinet has restarted.
    CabinetReturns {
        /// The cabinet.
        cabinet: u32,
    },
    /// The traffic that a data cap allows is used up.
    CapReached {
        /// The site.
        site: SiteId,
    },
    /// A calendar month ends.
    MonthEnds,
}

impl NetworkEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::TransferDone { site, up } => (if up { 7 } else { 8 }, site.0),
            Self::LinkOutageBegins { domain } => (24, domain),
            Self::LinkOutageEnds { domain } => (25, domain),
            Self::FlowDone => (100, 0),
            Self::BackboneChanges { link } => (101, link),
            Self::BackboneDetected { link, .. } => (102, link),
            Self::BackboneConverged { link, .. } => (103, link),
            Self::UploadBegins { site } => (104, site.0),
            Self::CabinetDies { cabinet } => (105, cabinet),
            Self::CabinetReturns { cabinet } => (106, cabinet),
            Self::CapReached { site } => (107, site.0),
            Self::MonthEnds => (108, 0),
        }
    }
}
