//! Prices and what policies make of them: what can happen.

use super::Code;
use crate::world::fleet::SiteId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EnergyEvent {
    /// The price of electricity passes a bound that a policy has set.
    PriceSteps {
        /// Number of the fleet entry.
        entry: u16,
    },
    /// A battery that is discharged for its worth has only its reserve left.
    ReserveReached {
        /// The site.
        site: SiteId,
    },
}

impl EnergyEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::PriceSteps { entry } => (220, entry.into()),
            Self::ReserveReached { site } => (221, site.0),
        }
    }
}
