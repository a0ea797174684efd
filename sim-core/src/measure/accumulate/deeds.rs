//! What each node has done that somebody may pay for, counted only where there is a bill.

use super::Sum;

/// Paid work of one node.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeDeeds {
    /// Requests answered with a reply that its sender still wanted.
    pub requests: u64,
    /// Seconds of computing that led to a result, at speed 1.
    pub compute: Sum,
    /// Byte-seconds of data kept.
    pub stored: Sum,
    /// Bytes of replies to requests.
    pub replies: Sum,
    /// Bytes of shards sent out for readers.
    pub read: Sum,
    /// Bytes sent out for repair and audits.
    pub repair: Sum,
}

/// Paid work of all nodes, or nothing where there is no bill.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    nodes: Vec<NodeDeeds>,
}

impl Deeds {
    /// Counts for `nodes` nodes.
    pub fn of(nodes: usize) -> Self {
        Self { nodes: vec![NodeDeeds::default(); nodes] }
    }

    /// Whether anything is counted.
    pub fn are_counted(&self) -> bool {
        !self.nodes.is_empty()
    }

    /// The work of node number `node`, to add to; `None` where nothing is counted.
    #[inline]
    pub fn of_node(&mut self, node: usize) -> Option<&mut NodeDeeds> {
        self.nodes.get_mut(node)
    }

    /// The work of all nodes; empty where nothing is counted.
    pub fn all(&self) -> &[NodeDeeds] {
        &self.nodes
    }

    /// Begins anew, at the end of the warm-up.
    pub fn restart(&mut self) {
        self.nodes.fill(NodeDeeds::default());
    }
}
