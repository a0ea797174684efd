//! Join the idle queue (Y. Lu et al., "Join-Idle-Queue: a novel load balancing algorithm for dynamically scalable web services",
//! Performance Evaluation 68(11), 2011).
//!
//! Nodes with a free slot stand in a line, in the order in which they came to have one; a request takes the first. When the line
//! is empty, it goes to a random node. As with one dispatcher of that paper: idle means that fewer attempts are outstanding
//! from here than the node has slots, which is known from replies at no cost. A decision is O(1).

use super::random::uniform;
use super::{Ask, Memory, Places, Routing, View};
use crate::world::fleet::NodeId;
use std::collections::VecDeque;

/// `"join_idle_queue"`.
#[derive(Clone, Debug)]
pub struct JoinIdleQueue {
    line: VecDeque<NodeId>,
    stands: Vec<bool>,
    slots: Vec<u32>,
    passed_over: Vec<NodeId>,
}

impl JoinIdleQueue {
    /// Over the nodes of a register, all trusted and idle.
    pub fn new(places: &Places) -> Self {
        let nodes = || (0..places.nodes()).map(NodeId::from_index);
        Self {
            line: nodes().collect(),
            stands: vec![true; places.nodes()],
            slots: nodes().map(|node| places.slots(node)).collect(),
            passed_over: Vec::new(),
        }
    }

    fn join(&mut self, node: NodeId) {
        if !std::mem::replace(&mut self.stands[node.index()], true) {
            self.line.push_back(node);
        }
    }
}

impl Routing for JoinIdleQueue {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let chosen = loop {
            let Some(node) = self.line.pop_front() else { break None };
            self.stands[node.index()] = false;
            // Who is suspected or busy by now leaves the line, and joins it again in time.
            if !view.is_trusted(node) || view.outstanding(node) >= self.slots[node.index()] {
                continue;
            }
            if !ask.excludes(node) {
                break Some(node);
            }
            self.passed_over.push(node);
        };
        while let Some(node) = self.passed_over.pop() {
            self.stands[node.index()] = true;
            self.line.push_front(node);
        }
        if let Some(node) = chosen {
            // It may have another free slot: the change of its load will tell.
            return Some(node);
        }
        uniform(view, ask, &[])
    }

    fn load_changed(&mut self, node: NodeId, outstanding: u32) {
        if outstanding < self.slots[node.index()] {
            self.join(node);
        }
    }

    fn trust_changed(&mut self, node: NodeId, trusted: bool, outstanding: u32) {
        if trusted && outstanding < self.slots[node.index()] {
            self.join(node);
        }
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
