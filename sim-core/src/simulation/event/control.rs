//! What the controller and its health checks wait for, beside requests.

use super::Code;
use crate::world::fleet::NodeId;

/// An event of health checks and what is made of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ControlEvent {
    /// The members of a group have something to look at, or to say, about one of them.
    SwimWake {
        /// The member.
        node: NodeId,
    },
    /// A node that was kept back is trusted again.
    TrustDue {
        /// The node.
        node: NodeId,
    },
    /// A node reads its sensors.
    ReadingDue {
        /// The node.
        node: NodeId,
    },
    /// A reading arrives.
    ReadingArrives {
        /// The node.
        node: NodeId,
    },
    /// Nodes are compared.
    Compare,
    /// The ejection of a node is over.
    EjectionOver {
        /// The node.
        node: NodeId,
    },
    /// A suspended node is tried again.
    RetryDue {
        /// The node.
        node: NodeId,
    },
    /// A window of the score of being online ends.
    WindowEnds,
    /// Another gateway takes the requests of one that has failed.
    FailoverDue {
        /// The region.
        gateway: u16,
    },
    /// A gateway's health check of a node of another region has something to look at.
    ViewWake {
        /// Number of the gateway times all nodes, plus the node.
        watch: u32,
    },
}

impl ControlEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::SwimWake { node } => (200, node.0),
            Self::TrustDue { node } => (201, node.0),
            Self::ReadingDue { node } => (202, node.0),
            Self::ReadingArrives { node } => (203, node.0),
            Self::Compare => (204, 0),
            Self::EjectionOver { node } => (205, node.0),
            Self::RetryDue { node } => (206, node.0),
            Self::WindowEnds => (207, 0),
            Self::FailoverDue { gateway } => (208, u32::from(gateway)),
            Self::ViewWake { watch } => (209, watch),
        }
    }
}
