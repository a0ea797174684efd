//! What the controller does from time to time: it leaves nodes that are about to fail, and helps stragglers.
//!
//! It looks only while there are jobs. Of heat and batteries it knows what the telemetry of the policy has last brought, however old that
//! is: a trend goes on over the age of the last reading. Without `telemetry` the truth of the moment stands in, of nodes that can be
//! reached. Progress comes in reports of instances over the links of their sites, like results.

use super::super::Simulation;
use super::super::state::Supply;
use super::state::Place;
use crate::kernel::SimTime;
use crate::policy::health::Course;
use crate::policy::jobs::{Limits, Progress};
use crate::scenario::{Drain, DrainAt, Speculate};
use crate::world::fleet::NodeId;
use crate::world::workload::{InstanceId, Phase};

/// What the controller is told of a node.
struct Reading {
    /// When it was so.
    taken: SimTime,
    /// °C; `None` of a node that is not heated.
    celsius: Option<f64>,
    on_battery: bool,
}

impl Simulation<'_> {
    /// The last reading of a node that has arrived; `None` if there is none. Where the policy has no telemetry, the truth of the moment.
    fn reading_of(&self, node: NodeId) -> Option<Reading> {
        let readings = &self.control.known().readings;
        if readings.are_collected() {
            let last = readings.get(node)?;
            let celsius = (!last.temperature.is_nan()).then_some(last.temperature);
            return Some(Reading { taken: last.taken, celsius, on_battery: last.on_battery });
        }
        if !self.node(node).reasons.is_up() {
            return None;
        }
        let celsius = self.telemetry(node).temperature.map(|celsius| celsius.0);
        let on_battery = self.sites[self.node(node).site.index()].supply == Supply::Battery;
        Some(Reading { taken: self.engine.now(), celsius, on_battery })
    }

    /// Looks for nodes to leave, and for nodes that may be used again.
    pub(super) fn drain_look(&mut self) {
        self.jobs.looks[0] = false;
        let Some(drain) = self.model.policy.jobs.drain else { return };
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let jobs = &self.jobs.nodes[node.index()];
            if jobs.held.is_empty() && !jobs.drained {
                self.jobs.nodes[node.index()].trend = Course::default();
                continue;
            }
            let Some(reading) = self.reading_of(node) else { continue };
            let hot = self.is_too_hot(node, &drain, &reading);
            let drained = hot || (drain.on_battery && reading.on_battery);
            if drained != self.jobs.nodes[node.index()].drained {
                self.jobs.nodes[node.index()].drained = drained;
                self.job_candidate_changed(node);
            }
            // An order to leave does not reach a node of which only an old reading tells.
            if drained && self.node(node).reasons.is_up() {
                self.drain_node(node);
            }
        }
        self.plan_looks();
    }

    fn is_too_hot(&mut self, node: NodeId, drain: &Drain, reading: &Reading) -> bool {
        let (Some(at), Some(celsius)) = (drain.at, reading.celsius) else { return false };
        let mut limits = match at {
            DrainAt::Temperature(at) => Limits { at: at.0, ahead: None, hysteresis: drain.hysteresis },
            DrainAt::Forecast => {
                let class = &self.model.classes[usize::from(self.node(node).class)];
                let Some(heat) = &class.heat else { return false };
                let stages = heat.throttle.iter().chain(&heat.slowdown).map(|it| it.at.0);
                let limit =
                    stages.chain(heat.shutdown.iter().map(|it| it.at.0)).fold(f64::INFINITY, f64::min);
                let held = self.jobs.nodes[node.index()].held.iter();
                let leaving = held.map(|id| self.saving_seconds(*id)).fold(0.0, f64::max);
                Limits::forecast(limit, leaving, drain.period.as_secs_f64(), drain.hysteresis)
            }
        };
        if !limits.at.is_finite() {
            return false;
        }
        let age = self.engine.now().since(reading.taken).as_secs_f64();
        limits.ahead = limits.ahead.map(|ahead| ahead + age);
        limits.are_met(&mut self.jobs.nodes[node.index()].trend, reading.taken, celsius)
    }

    /// Instances leave `node`, as many as find room elsewhere.
    fn drain_node(&mut self, node: NodeId) {
        let room =
            |it: &Self| it.jobs.dispatcher.as_ref().map_or(0, |dispatcher| dispatcher.candidates().len());
        let mut left = room(self).saturating_sub(self.jobs.queue.len());
        for id in self.jobs.nodes[node.index()].held.clone() {
            if left == 0 {
                return;
            }
            let instance = self.instance(id);
            if instance.place == Place::OnSlot && instance.work.phase() == Phase::Computing {
                left -= 1;
                self.migrate(id);
            }
        }
    }

    /// An instance saves what it has done, in order to leave.
    fn migrate(&mut self, id: InstanceId) {
        let now = self.engine.now();
        self.charge_instance(id, now);
        let instance = &mut self.jobs.instances[id.index()];
        Self::cancel(&mut self.engine, &mut instance.event);
        instance.migrating = true;
        self.save(id);
    }

    /// Looks for stragglers, and issues second instances.
    pub(super) fn straggler_look(&mut self) {
        self.jobs.looks[1] = false;
        let Some(speculate) = self.model.policy.jobs.speculate else { return };
        self.report_progress(&speculate);
        // Only while nobody waits for a slot.
        if self.jobs.queue.is_empty() {
            let most = (speculate.cap * self.model.jobs.slots) as u32;
            let free = self.jobs.dispatcher.as_ref().map_or(0, |it| it.candidates().len());
            let most = most.saturating_sub(self.jobs.speculative).min(free as u32);
            let mut chosen = Vec::new();
            self.jobs.stragglers.choose(speculate.slow, most as usize, &mut chosen);
            for instance in chosen {
                let job = self.instance(InstanceId(instance)).job;
                self.issue(job, true);
            }
        }
        self.plan_looks();
    }

    fn report_progress(&mut self, speculate: &Speculate) {
        let now = self.engine.now();
        self.jobs.stragglers.begin();
        for index in 0..self.jobs.instances.len() {
            let id = InstanceId::from_index(index);
            if self.instance(id).place != Place::OnSlot || self.in_slot(id) < speculate.after {
                continue;
            }
            if !self.node(self.instance(id).node).reasons.is_up() {
                continue;
            }
            self.charge_instance(id, now);
            let seconds = self.in_slot(id).as_secs_f64();
            let instance = self.instance(id);
            let done = instance.work.progress() - instance.before;
            let alone = self.jobs.active(instance.job, id) == 0 && !self.job(instance.job).over;
            let progress = Progress {
                instance: id.0,
                rate: done / seconds.max(1e-9),
                left: instance.work.demand() - instance.work.progress(),
                demand: instance.work.demand(),
                alone,
            };
            self.jobs.stragglers.report(progress);
        }
    }

    /// Nodes on which work has gone slower than on most, for instances that are to be fast.
    pub(super) fn exclude_slow(&self, exclude: &mut Vec<NodeId>) {
        let Some(speculate) = self.model.policy.jobs.speculate else { return };
        let rate = |node: &super::state::NodeJobs| (node.ran > 0.0).then(|| node.done / node.ran);
        let mut rates: Vec<f64> = self.jobs.nodes.iter().filter_map(rate).collect();
        if rates.is_empty() {
            return;
        }
        rates.sort_unstable_by(f64::total_cmp);
        let threshold = rates[((speculate.slow * rates.len() as f64) as usize).min(rates.len() - 1)];
        let slow = |node: &super::state::NodeJobs| rate(node).is_some_and(|rate| rate < threshold);
        let nodes = self.jobs.nodes.iter().enumerate().filter(|(_, node)| slow(node));
        exclude.extend(nodes.map(|(index, _)| NodeId::from_index(index)));
    }
}
