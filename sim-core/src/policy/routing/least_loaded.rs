//! The shortest queue of all (join the shortest queue), as seen from here; ties go to the node least recently chosen.
//!
//! The ranking is a priority queue with changeable priorities: every change of a count moves one node, O(log n).

use super::{Ask, Memory, Routing, View};
use crate::world::fleet::NodeId;
use priority_queue::PriorityQueue;
use std::cmp::Reverse;
use std::hash::BuildHasherDefault;

/// Multiplies by an odd constant: ids are small and distinct, and the order of results never depends on it.
#[derive(Clone, Debug, Default)]
pub struct IdHasher(u64);

impl std::hash::Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = (self.0 ^ u64::from(value)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

type Rank = Reverse<(u32, u64, u32)>;

/// `"least_loaded"`.
#[derive(Clone, Debug)]
pub struct LeastLoaded {
    ranking: PriorityQueue<NodeId, Rank, BuildHasherDefault<IdHasher>>,
    last_chosen: Vec<u64>,
    choices: u64,
    passed_over: Vec<(NodeId, Rank)>,
}

impl LeastLoaded {
    /// Over nodes `0..nodes`, all trusted and idle.
    pub fn new(nodes: usize) -> Self {
        let ids = (0..nodes).map(NodeId::from_index);
        Self {
            ranking: ids.map(|node| (node, Reverse((0, 0, node.0)))).collect(),
            last_chosen: vec![0; nodes],
            choices: 0,
            passed_over: Vec::new(),
        }
    }

    fn rank(&self, node: NodeId, outstanding: u32) -> Rank {
        Reverse((outstanding, self.last_chosen[node.index()], node.0))
    }
}

impl Routing for LeastLoaded {
    fn choose(&mut self, _view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let chosen = loop {
            let (node, rank) = self.ranking.pop()?;
            self.passed_over.push((node, rank));
            if !ask.excludes(node) {
                break Some(node);
            }
            if self.ranking.is_empty() {
                break None;
            }
        };
        if let Some(node) = chosen {
            self.choices += 1;
            self.last_chosen[node.index()] = self.choices;
        }
        while let Some((node, Reverse((outstanding, ..)))) = self.passed_over.pop() {
            let rank = self.rank(node, outstanding);
            self.ranking.push(node, rank);
        }
        chosen
    }

    fn load_changed(&mut self, node: NodeId, outstanding: u32) {
        let rank = self.rank(node, outstanding);
        self.ranking.change_priority(&node, rank);
    }

    fn trust_changed(&mut self, node: NodeId, trusted: bool, outstanding: u32) {
        if trusted {
            let rank = self.rank(node, outstanding);
            self.ranking.push(node, rank);
        } else {
            self.ranking.remove(&node);
        }
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
