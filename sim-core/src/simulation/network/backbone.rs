//! Links between regions that fail, and routes around them.
//!
//! What fails is the world's; which path is in use is the policy's ([`crate::policy::network`]). A message is lost if a
//! link of the path in use is down when it is sent, or if there is no path. Each change of a link is learnt after a
//! detection time by those who act on it, and after the drawn convergence time by all routers; news that a later change of the same link has
//! overtaken is not acted on.

use super::super::{Event, Model, NetworkEvent, Simulation};
use super::model::{GraphModel, draw_change};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::TimeWeighted;
use crate::policy::network::{Route, Routes};
use std::sync::Arc;

/// The backbone at a moment.
#[derive(Clone, Debug)]
pub(super) struct BackboneState {
    regions: u32,
    routes: Routes,
    /// Paths of the intact graph.
    intact: Vec<Option<Route>>,
    /// By link: reasons to be down, how often it has gone from up to down or back, and changes of its own outages.
    down: Vec<u32>,
    shifts: Vec<u32>,
    changes: Vec<u32>,
    /// By pair of regions: latency of the path in use; [`SimDuration::MAX`] if it does not work.
    reach: Vec<SimDuration>,
    rerouted: TimeWeighted,
    unreachable: TimeWeighted,
}

impl BackboneState {
    pub(super) fn new(model: &Model, graph: &GraphModel) -> Self {
        let regions = model.regions.len() as u32;
        let routes = Routes::new(graph.policy, Arc::clone(&graph.graph), regions);
        let pairs = (0..regions).flat_map(|a| (0..regions).map(move |b| (a, b)));
        let mut state = Self {
            regions,
            intact: pairs.map(|(a, b)| routes.route(a, b).cloned()).collect(),
            routes,
            down: vec![0; graph.spec.links.len()],
            shifts: vec![0; graph.spec.links.len()],
            changes: vec![0; graph.spec.links.len()],
            reach: Vec::new(),
            rerouted: TimeWeighted::new(SimTime::ZERO, 0.0),
            unreachable: TimeWeighted::new(SimTime::ZERO, 0.0),
        };
        state.refresh(SimTime::ZERO);
        state
    }

    pub(super) fn warmed_up(&mut self, now: SimTime) {
        self.rerouted.restart(now);
        self.unreachable.restart(now);
    }

    /// Which pairs reach each other, by the paths in use and the links that work.
    fn refresh(&mut self, now: SimTime) {
        let (mut rerouted, mut unreachable) = (0_u32, 0_u32);
        self.reach.clear();
        for index in 0..self.regions * self.regions {
            let route = self.routes.route(index / self.regions, index % self.regions);
            let works = route.filter(|route| route.links.iter().all(|link| self.down[*link as usize] == 0));
            unreachable += u32::from(works.is_none());
            rerouted += u32::from(works.is_some() && works != self.intact[index as usize].as_ref());
            self.reach.push(works.map_or(SimDuration::MAX, |route| route.latency));
        }
        self.rerouted.set(now, f64::from(rerouted));
        self.unreachable.set(now, f64::from(unreachable));
    }

    pub(super) fn metrics(&self, now: SimTime, mut put: impl FnMut(&'static str, f64)) {
        let pairs = f64::from(self.regions * self.regions.saturating_sub(1)).max(1.0);
        put("network.rerouted", self.rerouted.mean(now).unwrap_or(f64::NAN) / pairs);
        put("network.unreachable", self.unreachable.mean(now).unwrap_or(f64::NAN) / pairs);
    }
}

impl Simulation<'_> {
    /// One-way latency of a message from the gateway of one region to another region, or back; `None` if it is lost.
    #[inline]
    pub(in crate::simulation) fn between_regions(&self, a: u16, b: u16) -> Option<SimDuration> {
        match &self.network.backbone {
            None => Some(self.model.backbone(a, b)),
            Some(backbone) => {
                let reach = backbone.reach[usize::from(a) * backbone.regions as usize + usize::from(b)];
                (reach < SimDuration::MAX).then_some(reach)
            }
        }
    }

    /// Whether the path in use from the gateway of one region to another region leads over one of these links.
    pub(in crate::simulation) fn passes_over(&self, a: u16, b: u16, links: &[u32]) -> bool {
        let backbone = self.network.backbone.as_ref();
        let route = backbone.and_then(|backbone| backbone.routes.route(a.into(), b.into()));
        route.is_some_and(|route| route.links.iter().any(|link| links.contains(link)))
    }

    pub(super) fn start_backbone(&mut self) {
        let links = self.network.backbone.as_ref().map_or(0, |backbone| backbone.down.len() as u32);
        for link in 0..links {
            self.schedule_backbone(link);
        }
    }

    fn schedule_backbone(&mut self, link: u32) {
        let (Some(backbone), Some(graph)) = (&self.network.backbone, &self.model.network.graph) else {
            return;
        };
        let Some(outages) = &graph.spec.links[link as usize].outages else { return };
        let number = backbone.changes[link as usize];
        let lasts = draw_change(outages, &self.model.network.draws.backbone, link, number);
        let at = self.engine.now().saturating_add(lasts);
        if at < SimTime::MAX {
            self.engine.at(at, Event::Network(NetworkEvent::BackboneChanges { link }));
        }
    }

    /// An outage of a link of the backbone begins or ends.
    pub(in crate::simulation) fn backbone_changes(&mut self, link: u32) {
        self.exogenous.word(u64::from(link) << 8 | 101);
        self.exogenous.word(self.engine.now().as_nanos());
        let Some(backbone) = &mut self.network.backbone else { return };
        let number = backbone.changes[link as usize];
        backbone.changes[link as usize] = number.wrapping_add(1);
        self.shift_backbone(link, number.is_multiple_of(2));
        self.schedule_backbone(link);
    }

    /// A reason for a link of the backbone to be down begins, or ends. Reasons nest.
    pub(in crate::simulation) fn shift_backbone(&mut self, link: u32, begins: bool) {
        let now = self.engine.now();
        let model = self.model;
        let (Some(backbone), Some(graph)) = (&mut self.network.backbone, &model.network.graph) else {
            return;
        };
        let at = link as usize;
        let before = backbone.down[at];
        backbone.down[at] = if begins { before + 1 } else { before - 1 };
        if (before == 0) == (backbone.down[at] == 0) {
            return;
        }
        let stamp = backbone.shifts[at];
        backbone.shifts[at] = stamp.wrapping_add(1);
        backbone.refresh(now);
        if let Some(detection) = backbone.routes.detection() {
            self.engine.after(detection, Event::Network(NetworkEvent::BackboneDetected { link, stamp }));
        }
        if backbone.routes.converges() {
            let after = graph.spec.convergence.as_ref().map_or(SimDuration::ZERO, |convergence| {
                convergence.draw_duration(&model.network.draws.convergence, link, stamp)
            });
            self.engine.after(after, Event::Network(NetworkEvent::BackboneConverged { link, stamp }));
        }
    }

    /// News of change `stamp` of a link have spread: to all routers, or to those who act before.
    pub(in crate::simulation) fn backbone_learnt(&mut self, link: u32, stamp: u32, converged: bool) {
        let now = self.engine.now();
        let Some(backbone) = &mut self.network.backbone else { return };
        if backbone.shifts[link as usize] != stamp.wrapping_add(1) {
            return;
        }
        let up = backbone.down[link as usize] == 0;
        if converged {
            backbone.routes.converged(link, up);
        } else {
            backbone.routes.detected(link, up);
        }
        backbone.refresh(now);
    }
}
