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
    /// A life of a node may be over, or its symptoms begin.
    WearCheck {
        /// The node.
        node: NodeId,
    },
    /// A stage of mending a node is over.
    MendingStep {
        /// The node.
        node: NodeId,
    },
    /// A host leaves for good.
    HostLeaves {
        /// The node.
        node: NodeId,
    },
    /// A host joins.
    HostJoins {
        /// The node.
        node: NodeId,
    },
    /// Another host takes the place of one whose owner has given up.
    SuccessorJoins {
        /// The node.
        node: NodeId,
    },
    /// An owner switches a host on or off.
    HostSwitched {
        /// The node.
        node: NodeId,
    },
    /// A bug strikes a version of the software.
    BugStrikes {
        /// The version.
        version: u32,
    },
    /// There is a fix of the bug.
    BugFixed {
        /// The version.
        version: u32,
    },
    /// A node has the fix.
    Patched {
        /// The node.
        node: NodeId,
    },
    /// A defective batch is recalled.
    BatchRecalled {
        /// The batch.
        batch: u32,
    },
    /// A recalled node has been exchanged.
    RecallEnds {
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
            Self::WearCheck { node } => (80, node.0),
            Self::MendingStep { node } => (81, node.0),
            Self::HostLeaves { node } => (82, node.0),
            Self::HostJoins { node } => (83, node.0),
            Self::SuccessorJoins { node } => (84, node.0),
            Self::HostSwitched { node } => (85, node.0),
            Self::BugStrikes { version } => (86, version),
            Self::BugFixed { version } => (87, version),
            Self::Patched { node } => (88, node.0),
            Self::BatchRecalled { batch } => (89, batch),
            Self::RecallEnds { node } => (90, node.0),
        }
    }
}
