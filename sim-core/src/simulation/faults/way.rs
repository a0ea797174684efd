//! `latency` and `loss`: what faults do to a message on its way.
//!
//! Health messages are messages too: a beat meets the fault once, a probe on its way there and on its way back. Watches look
//! ahead, which they cannot do where the world will change; so while such a fault holds, the watches that it befalls look at
//! each message when it goes out, as behind a busy uplink, and the first one that goes out undisturbed sends its watch back to
//! looking ahead. A fault without effect on a watch costs it nothing, and one with effect an event for each of its messages.
//!
//! Nodes are watched from the gateway of their own region. So faults of nodes, sites and that gateway reach health messages, and
//! those of the backbone do not. Where each gateway watches all nodes, its watches of other regions are befallen in the same way, by
//! faults of nodes, of that gateway, and of the backbone between. Readings of sensors go one way, to the gateway of the region.
//!
//! Members of SWIM ping each other, and no watch looks at single pings: faults of nodes change the probability of a
//! false suspicion for as long as they hold ([`SwimClass::disturbed`](crate::policy::health::swim::SwimClass::disturbed)).

use super::{FaultAction, FaultModel, Scope, Simulation};
use crate::kernel::{SimDuration, Stream};
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
        self.views_meet_fault(fault);
        self.swim_meets_fault(fault);
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
        self.swim_meets_fault(fault);
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
        let faults = self.ways_of_checks(node).map(|fault| (fault, &fault.checks));
        detour_of(faults, node.0, message as u32, legs)
    }

    /// As [`Self::detour_of_check`], to reading number `number` of the sensors of `node`.
    pub(in crate::simulation) fn detour_of_reading(&self, node: NodeId, number: u32) -> Wait {
        detour_of(self.ways_of_checks(node).map(|fault| (fault, &fault.readings)), node.0, number, 1)
    }

    /// The faults in force that befall messages between `gateway` and `node` in another region.
    fn ways_of_view(&self, gateway: u16, node: NodeId) -> impl Iterator<Item = &FaultModel> {
        let region = self.model.entry_of(self.node(node).site).region;
        let faults = self.faults.ways.iter().map(|number| &self.model.faults[usize::from(*number)]);
        faults.filter(move |fault| match fault.scope {
            Scope::Links => self.passes_over(gateway, region, &fault.links),
            _ => fault.befalls(gateway, node, region),
        })
    }

    /// Whether a fault in force befalls the messages by which `gateway` watches `node` in another region, or would if it
    /// came to lie on their way.
    pub(in crate::simulation) fn disturbs_view(&self, gateway: u16, node: NodeId) -> bool {
        let anywhere = |number: &u16| self.model.faults[usize::from(*number)].scope == Scope::Links;
        self.faults.ways.iter().any(anywhere) || self.ways_of_view(gateway, node).next().is_some()
    }

    /// As [`Self::detour_of_check`], for the watch of `gateway` on `node` in another region; `entity` is that of its draws.
    pub(in crate::simulation) fn detour_of_view(
        &self,
        (gateway, node): (u16, NodeId),
        entity: u32,
        message: u64,
        legs: u32,
    ) -> Wait {
        let faults = self.ways_of_view(gateway, node).map(|fault| (fault, &fault.checks));
        detour_of(faults, entity, message as u32, legs)
    }

    /// The faults in force that disturb the pings of a member of SWIM.
    pub(in crate::simulation) fn ways_of_pings(&self, node: NodeId) -> impl Iterator<Item = u16> {
        self.faults.ways.iter().copied().filter(move |number| {
            let fault = &self.model.faults[usize::from(*number)];
            fault.scope == Scope::Nodes && fault.nodes.binary_search(&node).is_ok()
        })
    }

    /// What faults add to the latency of a message to or from `node` in `region`; `None` if they lose it.
    #[inline]
    pub(in crate::simulation) fn detour(
        &self,
        message: Message,
        node: NodeId,
        region: u16,
    ) -> Option<SimDuration> {
        if self.faults.ways.is_empty() {
            Some(SimDuration::ZERO)
        } else {
            self.detour_now(message, node, region)
        }
    }

    fn detour_now(&self, message: Message, node: NodeId, region: u16) -> Option<SimDuration> {
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

/// What faults do to a message that goes `legs` ways, each with its stream of draws.
fn detour_of<'a>(
    faults: impl Iterator<Item = (&'a FaultModel, &'a Stream)>,
    entity: u32,
    message: u32,
    legs: u32,
) -> Wait {
    let mut wait = Wait::default();
    for (fault, draws) in faults {
        for leg in 0..legs {
            let index = message.wrapping_mul(2) | leg;
            match &fault.action {
                FaultAction::Latency { add } => {
                    wait.delay = wait.delay + add.draw_duration(draws, entity, index);
                }
                FaultAction::Loss { p } if draws.unit(entity, index) >= *p => {}
                _ => wait.loss = 1.0,
            }
        }
    }
    wait
}
