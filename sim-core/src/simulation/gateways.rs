//! Gateways: where requests enter, and from where nodes are watched.
//!
//! - *Failure.* A gateway is down while a fault on purpose cuts it off, or, where gateways run on nodes, while its node does not
//!   answer: no message passes by it. One that is cut off hears from no node, and so comes to suspect all. One whose node does not
//!   answer is dead and judges nobody: what it believed stays, nothing is found meanwhile, and once it is up again its watches begin
//!   anew, with deadlines from then on and no probe missed. (A window of φ-accrual is kept.) Where gateways run on nodes, each
//!   runs on the first node of its region at first.
//! - *Failover.* After `failover` a gateway that ran on a node moves to the next node of its region that is up; if there is none, or
//!   gateways run apart, the requests of its region enter at the nearest gateway that is up, until it is back. With one view that
//!   gateway watches the nodes of the region meanwhile, from as near.
//! - *Views.* With `view: "each"` every gateway watches all nodes itself, across the backbone, and sends requests by its own view.
//!   Health messages between a gateway and another region take the latency of the intact backbone besides that of the
//!   access link, and stay away while no path leads there. Figures of detection are those of the gateway of a node's own
//!   region; `detection.disagreement` is the share of node-time in which gateways differ.
//!
//! Left out: what it takes users to reach another gateway; what a gateway forgets of its requests when it moves; queues before busy uplinks
//! for health messages to other regions. SWIM, the oracle and `"none"` have one view whatever `view` says.

mod views;

use super::faults::Scope;
use super::{ControlEvent, Event, Model, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::scenario::{FaultAction, GatewayHost};
use crate::world::fleet::NodeId;
use views::Views;

/// The state of gateways; empty where the policy says nothing of them.
#[derive(Clone, Debug, Default)]
pub(super) struct GatewayState {
    /// By region.
    gateways: Vec<GatewayOf>,
    /// The views of gateways on nodes of other regions; none if they share one.
    views: Option<Box<Views>>,
}

/// The gateway of a region.
#[derive(Clone, Debug)]
struct GatewayOf {
    /// Reasons to be down.
    down: u32,
    /// The node that it runs on.
    host: NodeId,
    /// Whether that is one of the reasons.
    host_down: bool,
    /// Whether another takes its requests.
    handed_over: bool,
    /// Whether nobody judges what it watches.
    paused: bool,
    event: Handle,
}

impl GatewayState {
    pub(super) fn new(model: &Model) -> Self {
        let wanted = model.policy.gateways.is_some();
        let of = |region: usize| GatewayOf {
            down: 0,
            host: nodes_of(model, region as u16).next().unwrap_or(NodeId(u32::MAX)),
            host_down: false,
            handed_over: false,
            paused: false,
            event: Handle::NONE,
        };
        let regions = if wanted { model.regions.len() } else { 0 };
        Self { gateways: (0..regions).map(of).collect(), views: None }
    }

    pub(super) fn restart(&mut self, now: SimTime) {
        if let Some(views) = &mut self.views {
            views.disputed.restart(now);
        }
    }

    /// Mean number of nodes on which gateways differ.
    pub(super) fn disputed(&self, now: SimTime) -> Option<f64> {
        self.views.as_ref()?.disputed.mean(now)
    }
}

/// The nodes of a region.
fn nodes_of(model: &Model, region: u16) -> impl Iterator<Item = NodeId> + use<'_> {
    let entries = model.entries.iter().filter(move |entry| entry.region == region);
    entries
        .flat_map(|entry| entry.first_node..entry.first_node + entry.sites * entry.nodes_per_site)
        .map(NodeId)
}

impl Simulation<'_> {
    /// Whether gateways run on nodes.
    fn hosted(&self) -> bool {
        self.model.policy.gateways.is_some_and(|gateways| gateways.host == GatewayHost::Nodes)
    }

    /// Whether no message passes by a gateway because its node is down.
    #[inline]
    pub(super) fn gateway_is_mute(&self, gateway: u16) -> bool {
        self.supervision.gateways.gateways.get(usize::from(gateway)).is_some_and(|it| it.host_down)
    }

    /// The gateway at which requests of a region enter now.
    #[inline]
    pub(super) fn entry_gateway(&self, gateway: u16) -> u16 {
        let gateways = &self.supervision.gateways.gateways;
        if !gateways.get(usize::from(gateway)).is_some_and(|it| it.handed_over) {
            return gateway;
        }
        let up = (0..gateways.len() as u16).filter(|other| gateways[usize::from(*other)].down == 0);
        let nearest = up.min_by_key(|other| {
            (self.between_regions(gateway, *other).is_none(), self.model.backbone(gateway, *other), *other)
        });
        nearest.unwrap_or(gateway)
    }

    /// A gateway has one more reason to be down, or one less.
    pub(super) fn gateway_shifts(&mut self, gateway: u16, down: bool) {
        let Some(it) = self.supervision.gateways.gateways.get_mut(usize::from(gateway)) else { return };
        let before = it.down;
        it.down = if down { before + 1 } else { before - 1 };
        if before == 0 && down {
            let failover = self.model.policy.gateways.and_then(|gateways| gateways.failover);
            if let Some(failover) = failover {
                it.event = self.engine.after(failover, Event::Control(ControlEvent::FailoverDue { gateway }));
            }
        } else if it.down == 0 {
            it.handed_over = false;
            Self::cancel(&mut self.engine, &mut it.event);
        }
    }

    /// A gateway has been down for long enough: it moves to another node, or another takes its requests.
    pub(super) fn failover_due(&mut self, gateway: u16) {
        let it = &mut self.supervision.gateways.gateways[usize::from(gateway)];
        it.event = Handle::NONE;
        let host = it.host;
        if it.host_down {
            let model = self.model;
            let up = |node: &NodeId| self.nodes[node.index()].reasons.is_up();
            let next = nodes_of(model, gateway).filter(|node| *node > host).find(up);
            if let Some(next) = next.or_else(|| nodes_of(model, gateway).find(up)) {
                self.supervision.gateways.gateways[usize::from(gateway)].host = next;
                self.host_shifts(gateway, false);
            }
        }
        let it = &mut self.supervision.gateways.gateways[usize::from(gateway)];
        it.handed_over = it.down > 0;
        self.sync_judging(gateway);
    }

    /// The node that a gateway runs on goes down, or is up.
    fn host_shifts(&mut self, gateway: u16, down: bool) {
        let it = &mut self.supervision.gateways.gateways[usize::from(gateway)];
        if std::mem::replace(&mut it.host_down, down) == down {
            return;
        }
        self.gateway_shifts(gateway, down);
        self.sync_judging(gateway);
    }

    /// Whether whoever watches `node` from its own region is dead.
    pub(super) fn is_unwatched(&self, node: NodeId) -> bool {
        let gateways = &self.supervision.gateways.gateways;
        !gateways.is_empty() && gateways[usize::from(self.model.entry_of(self.node(node).site).region)].paused
    }

    /// A gateway may have died, started again, or been replaced: its watches rest, or begin anew.
    fn sync_judging(&mut self, gateway: u16) {
        let alone = self.supervision.gateways.views.is_some();
        let it = &mut self.supervision.gateways.gateways[usize::from(gateway)];
        let paused = it.host_down && (alone || !it.handed_over);
        if std::mem::replace(&mut it.paused, paused) == paused {
            return;
        }
        for node in nodes_of(self.model, gateway) {
            if paused {
                self.pause_watch(node);
            } else {
                self.restart_watch(node);
            }
        }
        if alone {
            for node in (0..self.nodes.len()).map(NodeId::from_index) {
                self.pause_or_restart_view(gateway, node, paused);
            }
        }
    }

    /// A node stops answering, or answers again: so may the gateway on it.
    pub(super) fn host_answers(&mut self, node: NodeId, answers: bool) {
        self.sync_views_of(node);
        if !self.hosted() {
            return;
        }
        let region = self.model.entry_of(self.node(node).site).region;
        let it = &self.supervision.gateways.gateways[usize::from(region)];
        if it.host == node {
            self.host_shifts(region, !answers);
        } else if answers && it.host_down && it.handed_over {
            // It has waited for any node of its region.
            self.supervision.gateways.gateways[usize::from(region)].host = node;
            self.host_shifts(region, false);
        }
    }
}

/// Whether a fault keeps all messages of a kind of scope from passing.
pub(super) fn is_total(action: &FaultAction) -> bool {
    matches!(action, FaultAction::Kill | FaultAction::Partition)
        || matches!(action, FaultAction::Loss { p } if *p >= 1.0)
}

impl super::faults::FaultState {
    /// Whether a fault in force keeps all messages of `node` from passing.
    pub(super) fn mutes(&self, model: &Model, node: NodeId) -> bool {
        self.in_force().any(|number| {
            let fault = &model.faults[usize::from(number)];
            fault.scope == Scope::Nodes && is_total(&fault.action) && fault.nodes.binary_search(&node).is_ok()
        })
    }

    /// Whether a fault in force keeps all messages between a gateway and the nodes of another region from passing.
    pub(super) fn cuts(&self, model: &Model, gateway: u16, region: u16) -> bool {
        self.in_force().any(|number| {
            let fault = &model.faults[usize::from(number)];
            let befalls = match fault.scope {
                Scope::Gateway(cut) => cut == gateway,
                Scope::Backbone(ends) => ends == [gateway, region] || ends == [region, gateway],
                Scope::Nodes | Scope::Links => false,
            };
            befalls && is_total(&fault.action)
        })
    }
}
