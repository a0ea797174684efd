//! `slow`: grey nodes, which serve slower and answer health checks as if nothing were wrong.

use super::{FaultAction, Simulation};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    /// A fault that slows nodes has begun or ended.
    pub(super) fn slowness_changes(&mut self, fault: u16) {
        let model = self.model;
        for &node in &model.faults[usize::from(fault)].nodes {
            let slowness = self.slowness_now(node);
            if !self.node(node).reasons.halts() {
                self.charge_work(node);
            }
            self.faults.nodes[node.index()].slowness = slowness;
            self.reschedule_work(node);
        }
    }

    /// The product of the factors of all faults that hold, in the order of the file.
    fn slowness_now(&self, node: NodeId) -> f64 {
        let faults = self.model.faults.iter().zip(&self.faults.holds).filter(|(_, holds)| **holds);
        let factors = faults.filter_map(|(fault, _)| match fault.action {
            FaultAction::Slow { factor } if fault.nodes.binary_search(&node).is_ok() => Some(factor),
            _ => None,
        });
        factors.product()
    }
}
