//! Gateways with views of their own: each watches the nodes of other regions across the backbone.

use super::super::faults::Scope;
use super::super::model::EntryModel;
use super::super::{ControlEvent, Event, Model, Simulation};
use super::nodes_of;
use crate::kernel::{Engine, Handle, SimDuration, SimTime};
use crate::measure::accumulate::TimeWeighted;
use crate::policy::health::{AnyWatch, HealthClass, HealthContext, Schedule, Verdict};
use crate::scenario::{GatewayView, Health};
use crate::world::fleet::{NodeId, SiteId};
use crate::world::network::Wait;

/// What each gateway believes of the nodes of other regions.
#[derive(Clone, Debug)]
pub(super) struct Views {
    /// By gateway, then fleet entry.
    classes: Vec<HealthClass>,
    /// By gateway, then node; `None` in its own region.
    watches: Vec<(Option<AnyWatch>, Handle)>,
    /// By gateway, then region: whether messages pass.
    reach: Vec<bool>,
    /// By node: gateways that suspect it.
    suspecting: Vec<u16>,
    /// Nodes on which gateways differ.
    pub(super) disputed: TimeWeighted,
}

/// Wakes a watch then.
fn plan(engine: &mut Engine<Event>, at: Option<SimTime>, watch: u32) -> Handle {
    at.map_or(Handle::NONE, |at| engine.at(at, Event::Control(ControlEvent::ViewWake { watch })))
}

impl Simulation<'_> {
    /// Starts the watches across the backbone, if gateways have views of their own.
    pub(in crate::simulation) fn start_views(&mut self) {
        let model = self.model;
        let each = model.policy.gateways.is_some_and(|gateways| gateways.view == GatewayView::Each);
        let alone = matches!(model.policy.health, Health::Oracle | Health::None | Health::Swim(_));
        let regions = model.regions.len();
        if !each || alone || regions < 2 {
            return;
        }
        let now = self.engine.now();
        let classes = (0..regions as u16).flat_map(|gateway| {
            let class = |entry: &EntryModel| match &model.policy.health {
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
                let mut watch = AnyWatch::new(&model.policy.health, now, &context);
                let place = views.watches.len() as u32;
                let event = plan(&mut self.engine, watch.next(now, &context), place);
                views.watches.push((Some(watch), event));
            }
        }
        self.supervision.gateways.views = Some(Box::new(views));
        let home = (0..self.nodes.len()).map(|node| model.entry_of(self.nodes[node].site).region).collect();
        let routing = || crate::policy::routing::built_in(&model.policy.routing, &model.places);
        self.control.split_views(home, (0..regions).map(|_| routing()).collect());
    }

    /// Tells the watch of a gateway on `node` of another region what has happened, and wakes it when it says. One to which `tell` says
    /// nothing goes on as before.
    fn tell_view(
        &mut self,
        gateway: u16,
        node: NodeId,
        tell: impl FnOnce(&mut AnyWatch, SimTime, &HealthContext<'_>) -> Option<Option<SimTime>>,
    ) {
        let (model, now, site) = (self.model, self.engine.now(), self.node(node).site);
        let place = usize::from(gateway) * self.nodes.len() + node.index();
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let context = view_context(model, &views.classes, gateway, node, site);
        let (Some(watch), event) = &mut views.watches[place] else { return };
        if let Some(next) = tell(watch, now, &context) {
            Self::cancel(&mut self.engine, event);
            *event = plan(&mut self.engine, next, place as u32);
        }
    }

    /// The watch of a gateway on a node of another region has asked to be woken now.
    pub(in crate::simulation) fn view_wake(&mut self, watch: u32) {
        let (model, now, nodes) = (self.model, self.engine.now(), self.nodes.len() as u32);
        let (gateway, node) = ((watch / nodes) as u16, NodeId(watch % nodes));
        let site = self.node(node).site;
        let (wait, idle) = self.wait_of_view(gateway, node);
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let context = view_context(model, &views.classes, gateway, node, site);
        let (Some(it), event) = &mut views.watches[watch as usize] else { return };
        let mut woken = it.wake_behind(now, &context, wait);
        if idle {
            woken.next = it.uplink_idle(now, &context);
        }
        *event = plan(&mut self.engine, woken.next, watch);
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
    pub(in crate::simulation) fn views_meet_fault(&mut self, fault: u16) {
        if self.supervision.gateways.views.is_none() {
            return;
        }
        let model = self.model;
        let fault = &model.faults[usize::from(fault)];
        for gateway in 0..model.regions.len() as u16 {
            for node in (0..self.nodes.len()).map(NodeId::from_index) {
                let region = model.entry_of(self.node(node).site).region;
                if fault.scope == Scope::Links || fault.befalls(gateway, node, region) {
                    self.tell_view(gateway, node, |watch, now, context| {
                        (!watch.is_busy()).then(|| watch.uplink_busy(now, context))
                    });
                }
            }
        }
    }

    /// A gateway dies, or starts again, that watches `node` of another region.
    pub(super) fn pause_or_restart_view(&mut self, gateway: u16, node: NodeId, paused: bool) {
        let hears = self.view_hears(gateway, node);
        self.tell_view(gateway, node, |watch, now, context| {
            if paused {
                watch.pause(now, context);
                return Some(None);
            }
            Some(watch.restart(now, context, hears))
        });
    }

    /// Whether messages of `node`, in another region, reach a gateway.
    fn view_hears(&self, gateway: u16, node: NodeId) -> bool {
        let (model, it) = (self.model, self.node(node));
        let Some(views) = &self.supervision.gateways.views else { return false };
        let place = usize::from(gateway) * model.regions.len() + usize::from(model.entry_of(it.site).region);
        it.reasons.is_up() && !self.faults.mutes(model, node) && views.reach[place]
    }

    /// One more gateway suspects `node`, or one fewer.
    pub(in crate::simulation) fn view_changes(&mut self, node: NodeId, suspects: bool) {
        let (now, gateways) = (self.engine.now(), self.model.regions.len() as u16);
        let Some(views) = &mut self.supervision.gateways.views else { return };
        let count = &mut views.suspecting[node.index()];
        let is_disputed = |count: u16| f64::from(u8::from(count > 0 && count < gateways));
        let before = is_disputed(*count);
        *count = if suspects { *count + 1 } else { *count - 1 };
        views.disputed.add(now, is_disputed(*count) - before);
    }

    /// Tells the watches of other gateways whether they hear from `node`.
    pub(in crate::simulation) fn sync_views_of(&mut self, node: NodeId) {
        if self.supervision.gateways.views.is_some() {
            for gateway in 0..self.model.regions.len() as u16 {
                self.sync_view(gateway, node);
            }
        }
    }

    fn sync_view(&mut self, gateway: u16, node: NodeId) {
        if self.supervision.gateways.gateways[usize::from(gateway)].paused {
            return;
        }
        let hears = self.view_hears(gateway, node);
        self.tell_view(gateway, node, |watch, now, context| {
            let changes = watch.answering() != hears;
            changes.then(|| if hears { watch.node_back(now, context) } else { watch.node_lost(now, context) })
        });
    }

    /// Paths between regions, or gateways, may have changed: who hears from whom.
    pub(in crate::simulation) fn refresh_views(&mut self) {
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
    site: SiteId,
) -> HealthContext<'a> {
    let entry = model.entry_index(site);
    HealthContext::new(
        &classes[usize::from(gateway) * model.entries.len() + entry],
        &model.draws.health,
        node.0.wrapping_add((u32::from(gateway) + 1).wrapping_mul(model.node_count() as u32)),
        site.0,
        SimTime::ZERO + model.duration,
    )
}
