//! In turn, by node number, skipping nodes that are suspected or already tried.

use super::{Ask, Memory, Routing, View};
use crate::world::fleet::NodeId;

/// `"round_robin"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin {
    next: u32,
}

impl Routing for RoundRobin {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let nodes = NodeId::from_index(view.nodes()).0;
        for step in 0..nodes {
            let node = NodeId((self.next + step) % nodes);
            if view.is_trusted(node) && !ask.excludes(node) {
                self.next = (node.0 + 1) % nodes;
                return Some(node);
            }
        }
        None
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
