//! `latency` and `loss`: what faults do to a message on its way.

use super::{FaultAction, Scope, Simulation};
use crate::kernel::SimDuration;
use crate::world::fleet::NodeId;

/// A message of a request, for its draws.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct Message {
    /// Number of the workload.
    pub workload: u16,
    /// The gateway at one end.
    pub gateway: u16,
    /// Number of the request.
    pub number: u32,
    /// Number of the message within the request.
    pub index: u32,
}

impl Simulation<'_> {
    pub(super) fn way_fault_begins(&mut self, fault: u16) {
        self.faults.ways.push(fault);
        self.silence_if_total(fault, 1);
    }

    pub(super) fn way_fault_ends(&mut self, fault: u16) {
        self.faults.ways.retain(|way| *way != fault);
        self.silence_if_total(fault, -1);
    }

    /// Where everything is lost, health messages are too.
    fn silence_if_total(&mut self, fault: u16, change: i16) {
        let model = self.model;
        let it = &model.faults[usize::from(fault)];
        if !matches!(it.action, FaultAction::Loss { p } if p >= 1.0) {
            return;
        }
        match it.scope {
            Scope::Nodes => it.nodes.iter().for_each(|node| self.silence(*node, change)),
            Scope::Gateway(region) => {
                let entries = model.entries.iter().filter(|entry| entry.region == region);
                let nodes = entries.flat_map(|entry| {
                    entry.first_node..entry.first_node + entry.sites * entry.nodes_per_site
                });
                nodes.map(NodeId).for_each(|node| self.silence(node, change));
            }
            Scope::Backbone(_) | Scope::Links => {}
        }
    }

    /// What faults add to the latency of a message to or from `node` in `region`; `None` if they lose it.
    pub(in crate::simulation) fn detour(
        &self,
        message: Message,
        node: NodeId,
        region: u16,
    ) -> Option<SimDuration> {
        let mut delay = SimDuration::ZERO;
        for &number in &self.faults.ways {
            let fault = &self.model.faults[usize::from(number)];
            let befalls = match fault.scope {
                Scope::Links => self.passes_over(message.gateway, region, &fault.links),
                _ => fault.befalls(message.gateway, node, region),
            };
            if !befalls {
                continue;
            }
            let draws = &fault.draws[usize::from(message.workload)];
            match &fault.action {
                FaultAction::Latency { add } => {
                    delay = delay + add.draw_duration(draws, message.number, message.index);
                }
                FaultAction::Loss { p } if draws.unit(message.number, message.index) < *p => return None,
                FaultAction::Loss { .. } => {}
                _ => return None,
            }
        }
        Some(delay)
    }
}
