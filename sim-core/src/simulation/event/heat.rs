//! Temperatures: what can happen.

use super::Code;
use crate::world::fleet::NodeId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeatEvent {
    /// A node may have reached a temperature at which something happens.
    HeatCheck {
        /// The node.
        node: NodeId,
    },
}

impl HeatEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::HeatCheck { node } => (18, node.0),
        }
    }
}
