//! `kill` and `partition` of ways: nothing passes by a gateway, or between two regions. A link of the backbone's graph is down as
//! by an outage of its own, and is routed around like one.
//!
//! Nodes are watched from the gateway of their own region, so a dead gateway hears from none of them; between two regions
//! a cut stays unnoticed by health checks.

use super::{Scope, Simulation};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    pub(super) fn cut_begins(&mut self, fault: u16) {
        if self.shift_links(fault, true) {
            return;
        }
        self.faults.ways.push(fault);
        if let Scope::Gateway(region) = self.model.faults[usize::from(fault)].scope {
            self.gateway_shifts(region, true);
        }
        for node in self.watched_by(fault) {
            self.silence(node, 1);
        }
    }

    pub(super) fn cut_ends(&mut self, fault: u16) {
        if self.shift_links(fault, false) {
            return;
        }
        self.faults.ways.retain(|way| *way != fault);
        if let Scope::Gateway(region) = self.model.faults[usize::from(fault)].scope {
            self.gateway_shifts(region, false);
        }
        for node in self.watched_by(fault) {
            self.silence(node, -1);
        }
    }

    /// Whether the fault befalls links of the graph; they have one more reason to be down, or one less.
    fn shift_links(&mut self, fault: u16, begins: bool) -> bool {
        let model = self.model;
        let fault = &model.faults[usize::from(fault)];
        for link in &fault.links {
            self.shift_backbone(*link, begins);
        }
        fault.scope == Scope::Links
    }

    /// The nodes whose health the gateway that a fault cuts off watches.
    pub(super) fn watched_by(&self, fault: u16) -> impl Iterator<Item = NodeId> + use<> {
        let region = match self.model.faults[usize::from(fault)].scope {
            Scope::Gateway(region) => Some(region),
            Scope::Nodes | Scope::Backbone(_) | Scope::Links => None,
        };
        let entries = self.model.entries.iter().filter(|entry| Some(entry.region) == region);
        let ranges: Vec<_> = entries
            .map(|entry| entry.first_node..entry.first_node + entry.sites * entry.nodes_per_site)
            .collect();
        ranges.into_iter().flatten().map(NodeId)
    }

    /// One more or one fewer fault keeps all health messages of a node from arriving.
    pub(in crate::simulation) fn silence(&mut self, node: NodeId, change: i16) {
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
