//! Faults on purpose: what can happen.

use super::Code;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultEvent {
    /// A fault begins.
    Begins {
        /// Its number in the scenario.
        fault: u16,
    },
    /// A fault ends.
    Ends {
        /// Its number in the scenario.
        fault: u16,
    },
}

impl FaultEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::Begins { fault } => (120, fault.into()),
            Self::Ends { fault } => (121, fault.into()),
        }
    }
}
