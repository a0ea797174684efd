//! `kill`: nodes go down, whatever their power, and boot when the last kill ends.

use super::Simulation;
use crate::world::fleet::{Cause, NodeId, SiteId};

impl Simulation<'_> {
    pub(super) fn kill_begins(&mut self, fault: u16) {
        let model = self.model;
        for &node in &model.faults[usize::from(fault)].nodes {
            let injected = &mut self.faults.nodes[node.index()];
            injected.kills += 1;
            if injected.kills == 1 {
                self.reason_begins(node, Cause::Injected);
            }
        }
        self.loads_changed(&model.faults[usize::from(fault)].nodes);
    }

    pub(super) fn kill_ends(&mut self, fault: u16) {
        let model = self.model;
        for &node in &model.faults[usize::from(fault)].nodes {
            let injected = &mut self.faults.nodes[node.index()];
            injected.kills -= 1;
            if injected.kills == 0 {
                self.reason_ends(node, Cause::Injected);
            }
        }
        self.loads_changed(&model.faults[usize::from(fault)].nodes);
    }

    /// The draw of these nodes, in ascending order, has changed: each of their sites is looked at once.
    pub(super) fn loads_changed(&mut self, nodes: &[NodeId]) {
        let mut last: Option<SiteId> = None;
        for node in nodes {
            let site = self.node(*node).site;
            if last != Some(site) {
                self.load_changed(site);
                last = Some(site);
            }
        }
    }
}
