//! The life of a node: what can happen.

use super::Code;
use crate::world::fleet::NodeId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HardwareEvent {
    /// The hardware of a node fails.
    FaultBegins {
        /// The node.
        node: NodeId,
    },
    /// The hardware of a node is repaired.
    FaultEnds {
        /// The node.
        node: NodeId,
    },
    /// A node is ready after power came back.
    Booted {
        /// The node.
        node: NodeId,
    },
    /// A node has been idle for long enough to go to sleep.
    SleepDue {
        /// The node.
        node: NodeId,
    },
    /// A node has woken up.
    Woken {
        /// The node.
        node: NodeId,
    },
}

impl HardwareEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::FaultBegins { node } => (19, node.0),
            Self::FaultEnds { node } => (20, node.0),
            Self::Booted { node } => (21, node.0),
            Self::SleepDue { node } => (22, node.0),
            Self::Woken { node } => (23, node.0),
        }
    }
}
