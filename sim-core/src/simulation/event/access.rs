//! Reads, writes, audits, rot and departures in good order: what can happen.

use super::Code;
use crate::world::fleet::NodeId;

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AccessEvent {
    /// An object is read.
    ReadArrives {
        /// Number of the workload among those that keep objects.
        set: u16,
    },
    /// An object is written.
    WriteArrives {
        /// Number of the workload among those that keep objects.
        set: u16,
    },
    /// The messages of a transfer have gone there and back: the shard itself moves.
    PieceMoves {
        /// Number of the transfer among those under way.
        piece: u32,
    },
    /// A transfer has taken too long.
    PieceTimeout {
        /// Number of the transfer among those under way.
        piece: u32,
    },
    /// A read is slow.
    Hedge {
        /// Number of the read among those under way.
        read: u32,
    },
    /// A node is audited.
    Audit {
        /// The node.
        node: NodeId,
    },
    /// A shard may rot.
    Rot,
    /// A node looks through what it keeps.
    Scrub {
        /// The node.
        node: NodeId,
    },
    /// A host says that it will leave.
    Notice {
        /// Its node.
        node: NodeId,
    },
    /// A node that is to be emptied looks again for places for its shards.
    ExitRetry {
        /// The node.
        node: NodeId,
    },
}

impl AccessEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::ReadArrives { set } => (150, set.into()),
            Self::WriteArrives { set } => (151, set.into()),
            Self::PieceMoves { piece } => (152, piece),
            Self::PieceTimeout { piece } => (153, piece),
            Self::Hedge { read } => (154, read),
            Self::Audit { node } => (155, node.0),
            Self::Rot => (156, 0),
            Self::Scrub { node } => (157, node.0),
            Self::Notice { node } => (158, node.0),
            Self::ExitRetry { node } => (159, node.0),
        }
    }
}
