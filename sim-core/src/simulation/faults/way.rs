//! `latency` and `loss`: what faults do to a message on its way.
//!
//! Health messages are messages too: a beat meets the fault once, a probe on its way there and on its way back. Watches look
//! ahead, which they cannot do where the world will change; so while such a fault holds, the watches that it befalls look at
//! each message when it goes out, as behind a busy uplink, and the first one that goes out undisturbed sends its watch back to
//! looking ahead. A fault without effect on a watch costs it nothing, and one with effect an event for each of its messages.
//!
//! Nodes are watched from the gateway of their own region. So faults of nodes, sites and that gateway reach health messages, and
//! those of the backbone do not.

use super::{FaultAction, FaultModel, Scope, Simulation};
use crate::kernel::SimDuration;
use crate::policy::health::AnyWatch;
use crate::world::fleet::NodeId;
use crate::world::network::Wait;

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
        let watched = if self.watches.is_empty() { Vec::new() } else { self.checked_by_way_of(fault) };
        for node in watched {
            if !self.watch_is_busy(node) {
                self.tell_watch(node, AnyWatch::uplink_busy);
            }
        }
    }

    pub(super) fn way_fault_ends(&mut self, fault: u16) {
        self.faults.ways.retain(|way| *way != fault);
        self.silence_if_total(fault, -1);
    }

    /// Where everything is lost, health messages are too.
    fn silence_if_total(&mut self, fault: u16, change: i16) {
        let it = &self.model.faults[usize::from(fault)];
        if !matches!(it.action, FaultAction::Loss { p } if p >= 1.0) {
            return;
        }
        for node in self.checked_by_way_of(fault) {
            self.silence(node, change);
        }
    }

    /// The nodes whose health messages a fault of ways befalls.
    fn checked_by_way_of(&self, fault: u16) -> Vec<NodeId> {
        let it = &self.model.faults[usize::from(fault)];
        match it.scope {
            Scope::Nodes => it.nodes.clone(),
            Scope::Gateway(_) => self.watched_by(fault).collect(),
            Scope::Backbone(_) | Scope::Links => Vec::new(),
        }
    }

    /// The faults in force that befall the health messages of `node`.
    fn ways_of_checks(&self, node: NodeId) -> impl Iterator<Item = &FaultModel> {
        let region = self.model.entry_of(self.node(node).site).region;
        let faults = self.faults.ways.iter().map(|number| &self.model.faults[usize::from(*number)]);
        // From a gateway to its own region no backbone is passed.
        faults.filter(move |fault| {
            !matches!(fault.scope, Scope::Backbone(_) | Scope::Links) && fault.befalls(region, node, region)
        })
    }

    /// Whether a fault in force befalls the health messages of `node`.
    pub(in crate::simulation) fn disturbs_checks(&self, node: NodeId) -> bool {
        self.ways_of_checks(node).next().is_some()
    }

    /// What faults do to health message `message` of `node`, which goes `legs` ways: the latency that they add to all of it, and
    /// the probability, 0 or 1, that they lose it.
    pub(in crate::simulation) fn detour_of_check(&self, node: NodeId, message: u64, legs: u32) -> Wait {
        let mut wait = Wait::default();
        for fault in self.ways_of_checks(node) {
            for leg in 0..legs {
                let index = (message as u32).wrapping_mul(2) | leg;
                match &fault.action {
                    FaultAction::Latency { add } => {
                        wait.delay = wait.delay + add.draw_duration(&fault.checks, node.0, index);
                    }
                    FaultAction::Loss { p } if fault.checks.unit(node.0, index) >= *p => {}
                    _ => wait.loss = 1.0,
                }
            }
        }
        wait
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
