//! Which node gets the next instance of a job: the routing policy chooses among the nodes that are willing and have a slot to spare.
//!
//! Willing are those that the health check trusts, of which no outage has been announced, and that are not drained. A slot is spare
//! that no instance holds, as far as the controller knows, and that is not reserved for requests. The routing policy sees these nodes as the
//! trusted ones, and the instances on each as outstanding.

use crate::kernel::random::squares64;
use crate::kernel::{Draws, SimTime};
use crate::policy::routing::{Ask, Key, Known, Routing, TrustedNodes, View};
use crate::world::fleet::NodeId;

/// A key of Squares, so that hashes are the same in every run.
const KEY: u64 = 0x8b1d_f3a7_296e_5c41;

/// Slots as the controller sees them.
#[derive(Clone)]
pub struct Dispatcher {
    routing: Box<dyn Routing>,
    candidates: TrustedNodes,
    willing: Vec<bool>,
    slots: Vec<u32>,
    placed: Vec<u32>,
}

impl Dispatcher {
    /// Over nodes with so many slots for jobs each, all willing.
    pub fn new(routing: Box<dyn Routing>, slots: Vec<u32>) -> Self {
        let nodes = slots.len();
        let mut it = Self {
            routing,
            candidates: TrustedNodes::all(nodes),
            willing: vec![true; nodes],
            slots,
            placed: vec![0; nodes],
        };
        for node in (0..nodes).map(NodeId::from_index) {
            it.refresh(node);
        }
        it
    }

    /// Whether `node` takes instances.
    pub fn set_willing(&mut self, node: NodeId, willing: bool) {
        self.willing[node.index()] = willing;
        self.refresh(node);
    }

    /// An instance has been sent to `node`.
    pub fn sent(&mut self, node: NodeId) {
        self.placed[node.index()] += 1;
        self.routing.load_changed(node, self.placed[node.index()]);
        self.refresh(node);
    }

    /// An instance is no longer on `node`.
    pub fn left(&mut self, node: NodeId) {
        self.placed[node.index()] -= 1;
        self.routing.load_changed(node, self.placed[node.index()]);
        self.refresh(node);
    }

    /// Nodes that could take an instance.
    pub fn candidates(&self) -> &[NodeId] {
        self.candidates.as_slice()
    }

    /// The node for an instance of job number `job`, none of `exclude`, with what the controller knows of nodes. Jobs enter at the
    /// first gateway, and each asks for something of its own.
    pub fn choose(
        &mut self,
        now: SimTime,
        known: &Known,
        job: u32,
        exclude: &[NodeId],
        draws: Draws,
    ) -> Option<NodeId> {
        if self.candidates.as_slice().is_empty() {
            return None;
        }
        let view = View::new(now, &self.candidates, &self.placed, known);
        let key = Key::Hashed(squares64(u64::from(job), KEY));
        let node = self.routing.choose(&view, &mut Ask { exclude, gateway: 0, key, draws })?;
        self.candidates.contains(node).then_some(node)
    }

    fn refresh(&mut self, node: NodeId) {
        let index = node.index();
        let (changed, is_candidate) = if self.willing[index] && self.placed[index] < self.slots[index] {
            (self.candidates.insert(node), true)
        } else {
            (self.candidates.remove(node), false)
        };
        if changed {
            self.routing.trust_changed(node, is_candidate, self.placed[index]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};
    use crate::policy::routing::LeastLoaded;

    #[test]
    fn full_and_unwilling_nodes_get_nothing() {
        let draws = || Streams::new(1, 0).stream(Process::Routing, 0).draws(0, 0);
        let mut dispatcher = Dispatcher::new(Box::new(LeastLoaded::new(3)), vec![1, 2, 0]);
        let known = Known::default();
        let choose = |it: &mut Dispatcher| it.choose(SimTime::ZERO, &known, 0, &[], draws());
        let (a, b) = (NodeId(0), NodeId(1));
        assert_eq!(choose(&mut dispatcher), Some(a));
        dispatcher.sent(a);
        assert_eq!(choose(&mut dispatcher), Some(b));
        dispatcher.sent(b);
        assert_eq!(choose(&mut dispatcher), Some(b));
        assert_eq!(dispatcher.choose(SimTime::ZERO, &known, 0, &[b], draws()), None);
        dispatcher.set_willing(b, false);
        assert_eq!(choose(&mut dispatcher), None);
        dispatcher.left(a);
        assert_eq!(choose(&mut dispatcher), Some(a));
    }
}
