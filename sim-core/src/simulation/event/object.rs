//! Objects and their repair: what can happen.

use super::Code;
use crate::world::fleet::NodeId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ObjectEvent {
    /// The grace of a silent node is over.
    WriteOff {
        /// The node.
        node: NodeId,
    },
    /// Objects that have changed are looked at.
    Review,
    /// A repair that takes a drawn time ends.
    Repaired {
        /// The object.
        object: u32,
    },
    /// The shards of a repair have been moved to the gateway, or from there.
    Moved {
        /// Number of the repair among those under way.
        number: u32,
    },
    /// The periodic check of all objects.
    Check,
    /// The rate limit lets another repair begin.
    Paced,
    /// A repair that found no node is tried again.
    Retry {
        /// The object.
        object: u32,
    },
    /// The messages before a shard of a repair are through, or loss holds it up no longer.
    ShardWaited {
        /// Number of the shard among those under way.
        flow: u32,
    },
    /// A fault on purpose enters a phase: it holds, its aftermath, and no longer.
    FaultPhase {
        /// Number of the fault.
        fault: u16,
        /// Number of the phase.
        phase: u8,
    },
}

impl ObjectEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::WriteOff { node } => (140, node.0),
            Self::Review => (141, 0),
            Self::Repaired { object } => (142, object),
            Self::Moved { number } => (143, number),
            Self::Check => (144, 0),
            Self::Paced => (145, 0),
            Self::Retry { object } => (146, object),
            Self::ShardWaited { flow } => (148, flow),
            Self::FaultPhase { fault, phase } => (147, u32::from(fault) << 8 | u32::from(phase)),
        }
    }
}
