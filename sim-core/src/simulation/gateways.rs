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

use super::faults::Scope;
use super::{ControlEvent, Event, Model, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::measure::accumulate::TimeWeighted;
use crate::policy::health::{AnyWatch, HealthClass, HealthContext, Schedule, Verdict};
use crate::scenario::{FaultAction, GatewayHost, GatewayView, Health};
use crate::world::fleet::NodeId;
use crate::world::network::Wait;

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

/// What each gateway believes of the nodes of other regions.
#[derive(Clone, Debug)]
struct Views {
    /// By gateway, then fleet entry.
    classes: Vec<HealthClass>,
    /// By gateway, then node; `None` in its own region.
    watches: Vec<(Option<AnyWatch>, Handle)>,
    /// By gateway, then region: whether messages pass.
    reach: Vec<bool>,
    /// By node: gateways that suspect it.
    suspecting: Vec<u16>,
    /// Nodes on which gateways differ.
    disputed: TimeWeighted,
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
    pub(super) fn gateway_is_mute(&self, gateway: u16) -> bool {
        self.supervision.gateways.gateways.get(usize::from(gateway)).is_some_and(|it| it.host_down)
    }

    /// The gateway at which requests of a region enter now.
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

    /// A gateway dies, or starts again, that watches `node` of another region.
    fn pause_or_restart_view(&mut self, gateway: u16, node: NodeId, paused: bool) {
        let (model, now, nodes) = (self.model, self.engine.now(), self.nodes.len());
        let (site, hears) = (self.node(node).site, self.view_hears(gateway, node));
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let context = view_context(model, &views.classes, gateway, node, site);
        let place = usize::from(gateway) * nodes + node.index();
        let (watch, event) = &mut views.watches[place];
        let Some(watch) = watch else { return };
        Self::cancel(&mut self.engine, event);
        if paused {
            watch.pause(now, &context);
            return;
        }
        let next = watch.restart(now, &context, hears);
        let event = self.view_event(next, gateway, node);
        if let Some(views) = &mut self.supervision.gateways.views {
            views.watches[place].1 = event;
        }
    }

    /// Whether messages of `node`, in another region, reach a gateway.
    fn view_hears(&self, gateway: u16, node: NodeId) -> bool {
        let (model, it) = (self.model, self.node(node));
        let Some(views) = &self.supervision.gateways.views else { return false };
        let place = usize::from(gateway) * model.regions.len() + usize::from(model.entry_of(it.site).region);
        it.reasons.is_up() && !self.faults.mutes(model, node) && views.reach[place]
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

    /// Starts the watches across the backbone, if gateways have views of their own.
    pub(super) fn start_views(&mut self) {
        let model = self.model;
        let each = model.policy.gateways.is_some_and(|gateways| gateways.view == GatewayView::Each);
        let alone = matches!(model.policy.health, Health::Oracle | Health::None | Health::Swim(_));
        let regions = model.regions.len();
        if !each || alone || regions < 2 {
            return;
        }
        let now = self.engine.now();
        let classes = (0..regions as u16).flat_map(|gateway| {
            let class = |entry: &super::model::EntryModel| match &model.policy.health {
                Health::Gossip(_) => entry.health.clone(),
                health => {
                    let backbone = self.between_regions(gateway, entry.region).unwrap_or(SimDuration::ZERO);
                    HealthClass::new(health, entry.link.as_ref(), backbone)
                }
            };
            model.entries.iter().map(class).collect::<Vec<_>>()
        });
        let mut views = Views {
            classes: classes.collect(),
            watches: Vec::new(),
            reach: vec![true; regions * regions],
            suspecting: vec![0; self.nodes.len()],
            disputed: TimeWeighted::new(SimTime::ZERO, 0.0),
        };
        for gateway in 0..regions as u16 {
            for node in (0..self.nodes.len()).map(NodeId::from_index) {
                let entry = model.entry_of(self.node(node).site);
                if entry.region == gateway {
                    views.watches.push((None, Handle::NONE));
                    continue;
                }
                let context = view_context(model, &views.classes, gateway, node, self.node(node).site);
                let watch = AnyWatch::new(&model.policy.health, now, &context);
                let event = self.view_event(watch.next(now, &context), gateway, node);
                views.watches.push((Some(watch), event));
            }
        }
        self.supervision.gateways.views = Some(Box::new(views));
        let home = (0..self.nodes.len()).map(|node| model.entry_of(self.nodes[node].site).region).collect();
        let routing = || crate::policy::routing::built_in(&model.policy.routing, &model.places);
        self.control.split_views(home, (0..regions).map(|_| routing()).collect());
    }

    fn view_event(&mut self, at: Option<SimTime>, gateway: u16, node: NodeId) -> Handle {
        let watch = u32::from(gateway) * self.nodes.len() as u32 + node.0;
        match at {
            Some(at) => self.engine.at(at, Event::Control(ControlEvent::ViewWake { watch })),
            None => Handle::NONE,
        }
    }

    /// The watch of a gateway on a node of another region has asked to be woken now.
    pub(super) fn view_wake(&mut self, watch: u32) {
        let (model, now, nodes) = (self.model, self.engine.now(), self.nodes.len() as u32);
        let (gateway, node) = ((watch / nodes) as u16, NodeId(watch % nodes));
        let site = self.node(node).site;
        let (wait, idle) = self.wait_of_view(gateway, node);
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let context = view_context(model, &views.classes, gateway, node, site);
        let Some(it) = &mut views.watches[watch as usize].0 else { return };
        let mut woken = it.wake_behind(now, &context, wait);
        if idle {
            woken.next = it.uplink_idle(now, &context);
        }
        let event = self.view_event(woken.next, gateway, node);
        if let Some(views) = &mut self.supervision.gateways.views {
            views.watches[watch as usize].1 = event;
        }
        let Some(verdict) = woken.verdict else { return };
        let suspects = verdict == Verdict::Suspect;
        self.view_changes(node, suspects);
        if suspects {
            let (control, mut post) = self.control_and_post();
            control.suspect_in(&mut post, gateway, node);
        } else {
            self.control.trust_in(now, gateway, node);
        }
    }

    /// What faults do to the message by which `gateway` watches `node` in another region and that goes out now, and whether it is
    /// the first that they leave alone.
    fn wait_of_view(&self, gateway: u16, node: NodeId) -> (Wait, bool) {
        let none = (Wait::default(), false);
        let Some(views) = &self.supervision.gateways.views else { return none };
        let place = usize::from(gateway) * self.nodes.len() + node.index();
        let Some(watch) = views.watches[place].0.as_ref().filter(|watch| watch.is_busy()) else {
            return none;
        };
        let context = view_context(self.model, &views.classes, gateway, node, self.node(node).site);
        let legs = if matches!(context.class.schedule(), Schedule::Probes { .. }) { 2 } else { 1 };
        let wait = self.detour_of_view((gateway, node), context.node, watch.next_message(), legs);
        (wait, !self.disturbs_view(gateway, node))
    }

    /// A fault of ways begins: the watches that it befalls look at each message as it goes out.
    pub(super) fn views_meet_fault(&mut self, fault: u16) {
        if self.supervision.gateways.views.is_none() {
            return;
        }
        let (model, now, nodes) = (self.model, self.engine.now(), self.nodes.len());
        let fault = &model.faults[usize::from(fault)];
        for gateway in 0..model.regions.len() as u16 {
            for node in (0..nodes).map(NodeId::from_index) {
                let site = self.node(node).site;
                let region = model.entry_of(site).region;
                if fault.scope != Scope::Links && !fault.befalls(gateway, node, region) {
                    continue;
                }
                let place = usize::from(gateway) * nodes + node.index();
                let Some(views) = &mut self.supervision.gateways.views else { return };
                let context = view_context(model, &views.classes, gateway, node, site);
                let (watch, event) = &mut views.watches[place];
                let Some(watch) = watch.as_mut().filter(|watch| !watch.is_busy()) else { continue };
                Self::cancel(&mut self.engine, event);
                let next = watch.uplink_busy(now, &context);
                let event = self.view_event(next, gateway, node);
                if let Some(views) = &mut self.supervision.gateways.views {
                    views.watches[place].1 = event;
                }
            }
        }
    }

    /// One more gateway suspects `node`, or one fewer.
    pub(super) fn view_changes(&mut self, node: NodeId, suspects: bool) {
        let (now, gateways) = (self.engine.now(), self.model.regions.len() as u16);
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let count = &mut views.suspecting[node.index()];
        let is_disputed = |count: u16| f64::from(u8::from(count > 0 && count < gateways));
        let before = is_disputed(*count);
        *count = if suspects { *count + 1 } else { *count - 1 };
        views.disputed.add(now, is_disputed(*count) - before);
    }

    /// Tells the watches of other gateways whether they hear from `node`.
    pub(super) fn sync_views_of(&mut self, node: NodeId) {
        if self.supervision.gateways.views.is_some() {
            for gateway in 0..self.model.regions.len() as u16 {
                self.sync_view(gateway, node);
            }
        }
    }

    fn sync_view(&mut self, gateway: u16, node: NodeId) {
        let (model, now, nodes) = (self.model, self.engine.now(), self.nodes.len());
        let site = self.node(node).site;
        let hears = self.view_hears(gateway, node);
        let Some(views) = &mut self.supervision.gateways.views else { return };
        if self.supervision.gateways.gateways[usize::from(gateway)].paused {
            return;
        }
        let context = view_context(model, &views.classes, gateway, node, site);
        let (watch, event) = &mut views.watches[usize::from(gateway) * nodes + node.index()];
        let Some(watch) = watch.as_mut().filter(|watch| watch.answering() != hears) else { return };
        Self::cancel(&mut self.engine, event);
        let next = if hears { watch.node_back(now, &context) } else { watch.node_lost(now, &context) };
        let event = self.view_event(next, gateway, node);
        if let Some(views) = &mut self.supervision.gateways.views {
            views.watches[usize::from(gateway) * nodes + node.index()].1 = event;
        }
    }

    /// Paths between regions, or gateways, may have changed: who hears from whom.
    pub(super) fn refresh_views(&mut self) {
        if self.supervision.gateways.views.is_none() {
            return;
        }
        let (model, regions) = (self.model, self.model.regions.len() as u16);
        for gateway in 0..regions {
            for region in (0..regions).filter(|region| *region != gateway) {
                let passes = self.between_regions(gateway, region).is_some()
                    && !self.faults.cuts(model, gateway, region);
                let place = usize::from(gateway) * usize::from(regions) + usize::from(region);
                let Some(views) = &mut self.supervision.gateways.views else { return };
                if std::mem::replace(&mut views.reach[place], passes) != passes {
                    for node in nodes_of(model, region) {
                        self.sync_view(gateway, node);
                    }
                }
            }
        }
    }
}

/// What the watch of a gateway on a node of another region needs to know.
fn view_context<'a>(
    model: &'a Model,
    classes: &'a [HealthClass],
    gateway: u16,
    node: NodeId,
    site: crate::world::fleet::SiteId,
) -> HealthContext<'a> {
    let entry = model.entries.partition_point(|entry| entry.first_site <= site.0) - 1;
    HealthContext {
        class: &classes[usize::from(gateway) * model.entries.len() + entry],
        streams: &model.draws.health,
        node: node.0.wrapping_add((u32::from(gateway) + 1).wrapping_mul(model.node_count() as u32)),
        site: site.0,
        until: SimTime::ZERO + model.duration,
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
