//! Consistent hashing with bounded loads (V. Mirrokni, M. Thorup and M. Zadimoghaddam, "Consistent hashing with bounded loads",
//! SODA 2018; the ring of D. Karger et al., STOC 1997).
//!
//! Each node has `points` points for each slot on a ring of hashes. A request goes to the first trusted node clockwise from the hash of its
//! key whose load is below its bound: with m attempts outstanding (this one included) over trusted nodes with n slots, a node of s
//! slots takes at most ⌈c·m·s/n⌉. So equal keys meet at the same node, which may have what they need at hand, as long as it is not
//! overloaded; and a node that comes or goes moves only the keys next to its points. Without a bound it is the plain ring.

use super::{Ask, Memory, Places, Routing, View};
use crate::kernel::random::squares64;
use crate::world::fleet::NodeId;
use std::sync::Arc;

/// A key of Squares: the places on the ring are the same in every run.
const KEY: u64 = 0xc58e_fd15_4ce3_2f6d;

/// `{"consistent_hashing": {…}}`.
#[derive(Clone, Debug)]
pub struct ConsistentHashing {
    bound: Option<f64>,
    ring: Arc<Vec<(u64, NodeId)>>,
    slots: Arc<Vec<u32>>,
    /// Of trusted nodes.
    all_slots: u64,
    loads: Vec<u32>,
    all_loads: u64,
    trusted: Vec<bool>,
}

impl ConsistentHashing {
    /// Over the nodes of a register, all trusted and idle.
    pub fn new(bound: Option<f64>, points: u32, places: &Places) -> Self {
        let slots: Vec<u32> =
            (0..places.nodes()).map(|index| places.slots(NodeId::from_index(index))).collect();
        let mut ring = Vec::new();
        for (index, slots) in slots.iter().enumerate() {
            let node = NodeId::from_index(index);
            let hashes = 0..u64::from(points * slots);
            ring.extend(hashes.map(|point| (squares64(u64::from(node.0) << 32 | point, KEY), node)));
        }
        ring.sort_unstable();
        let nodes = slots.len();
        Self {
            bound,
            ring: Arc::new(ring),
            all_slots: slots.iter().map(|it| u64::from(*it)).sum(),
            slots: Arc::new(slots),
            loads: vec![0; nodes],
            all_loads: 0,
            trusted: vec![true; nodes],
        }
    }

    fn is_full(&self, node: NodeId) -> bool {
        let Some(bound) = self.bound else { return false };
        let mean = (self.all_loads + 1) as f64 / self.all_slots as f64;
        f64::from(self.loads[node.index()]) >= (bound * mean * f64::from(self.slots[node.index()])).ceil()
    }
}

impl Routing for ConsistentHashing {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let key = ask.key.hash();
        let start = self.ring.partition_point(|(hash, _)| *hash < key);
        let clockwise = || self.ring[start..].iter().chain(&self.ring[..start]).map(|(_, node)| *node);
        let mut candidates = clockwise().filter(|node| view.is_trusted(*node) && !ask.excludes(*node));
        let first = candidates.clone().next()?;
        // Where all that are left are full, the bound cannot hold.
        Some(candidates.find(|node| !self.is_full(*node)).unwrap_or(first))
    }

    fn load_changed(&mut self, node: NodeId, outstanding: u32) {
        let before = std::mem::replace(&mut self.loads[node.index()], outstanding);
        if self.trusted[node.index()] {
            self.all_loads = self.all_loads - u64::from(before) + u64::from(outstanding);
        }
    }

    fn trust_changed(&mut self, node: NodeId, trusted: bool, outstanding: u32) {
        let slots = u64::from(self.slots[node.index()]);
        if self.trusted[node.index()] {
            self.all_loads -= u64::from(self.loads[node.index()]);
            self.all_slots -= slots;
        }
        self.loads[node.index()] = outstanding;
        self.trusted[node.index()] = trusted;
        if trusted {
            self.all_loads += u64::from(outstanding);
            self.all_slots += slots;
        }
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
