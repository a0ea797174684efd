//! The set of nodes that the health check trusts: dense, so that a random one is found in constant time.

use crate::world::fleet::NodeId;

const ABSENT: u32 = u32::MAX;

/// Trusted nodes in a dense array, with the place of each.
#[derive(Clone, Debug)]
pub struct TrustedNodes {
    dense: Vec<NodeId>,
    place: Vec<u32>,
}

impl TrustedNodes {
    /// All of `nodes` nodes.
    pub fn all(nodes: usize) -> Self {
        let dense: Vec<NodeId> = (0..nodes).map(NodeId::from_index).collect();
        Self { place: dense.iter().map(|node| node.0).collect(), dense }
    }

    /// None of `nodes` nodes.
    pub fn none(nodes: usize) -> Self {
        Self { dense: Vec::new(), place: vec![ABSENT; nodes] }
    }

    /// The trusted nodes.
    #[inline]
    pub fn as_slice(&self) -> &[NodeId] {
        &self.dense
    }

    /// Whether `node` is trusted.
    #[inline]
    pub fn contains(&self, node: NodeId) -> bool {
        self.place[node.index()] != ABSENT
    }

    /// Where `node` stands in [`Self::as_slice`].
    #[inline]
    pub fn position(&self, node: NodeId) -> Option<usize> {
        let place = self.place[node.index()];
        (place != ABSENT).then_some(place as usize)
    }

    /// Adds `node`; false if it was there.
    pub fn insert(&mut self, node: NodeId) -> bool {
        if self.contains(node) {
            return false;
        }
        self.place[node.index()] = NodeId::from_index(self.dense.len()).0;
        self.dense.push(node);
        true
    }

    /// Removes `node`; false if it was not there.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let Some(place) = self.position(node) else { return false };
        self.dense.swap_remove(place);
        if let Some(moved) = self.dense.get(place) {
            self.place[moved.index()] = NodeId::from_index(place).0;
        }
        self.place[node.index()] = ABSENT;
        true
    }
}
