//! `kill` and `partition` of ways: nothing passes by a gateway, or between two regions.
//!
//! Nodes are watched from the gateway of their own region, so a dead gateway hears from none of them; between two regions
//! a cut stays unnoticed by health checks.

use super::{Scope, Simulation};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    pub(super) fn cut_begins(&mut self, fault: u16) {
        self.faults.ways.push(fault);
        for node in self.watched_by(fault) {
            self.silence(node, 1);
        }
    }

    pub(super) fn cut_ends(&mut self, fault: u16) {
        self.faults.ways.retain(|way| *way != fault);
        for node in self.watched_by(fault) {
            self.silence(node, -1);
        }
    }

    /// The nodes whose health the gateway that a fault cuts off watches.
    fn watched_by(&self, fault: u16) -> impl Iterator<Item = NodeId> + use<> {
        let region = match self.model.faults[usize::from(fault)].scope {
            Scope::Gateway(region) => Some(region),
            Scope::Nodes | Scope::Backbone(_) => None,
        };
        let entries = self.model.entries.iter().filter(|entry| Some(entry.region) == region);
        let ranges: Vec<_> = entries
            .map(|entry| entry.first_node..entry.first_node + entry.sites * entry.nodes_per_site)
            .collect();
        ranges.into_iter().flatten().map(NodeId)
    }

    /// One more or one fewer fault keeps all health messages of a node from arriving.
    pub(super) fn silence(&mut self, node: NodeId, change: i16) {
        let injected = &mut self.faults.nodes[node.index()];
        let before = injected.silenced > 0;
        injected.silenced =
            injected.silenced.checked_add_signed(change).expect("every end mirrors a beginning");
        let after = injected.silenced > 0;
        if before != after && self.node(node).reasons.is_up() {
            self.hearing_changed(node, before);
        }
    }
}
