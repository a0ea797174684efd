//! Telemetry: readings of their sensors that nodes send to the gateway of their region.
//!
//! A node that is up and can be reached reads its sensors every period, at a phase of its own, and sends the reading over its access
//! link: it takes the link's latency and is lost with the probability of the state of the link, or where faults silence the
//! node; faults that add latency or lose messages do so to readings too. A reading costs an event, and one more if it is on its way for some time. Nodes that are down read nothing.
//!
//! Left out: the size of readings; queues before busy uplinks.

use super::{ControlEvent, Event, Simulation};
use crate::kernel::{Periodic, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::readings::{Reading, Readings};
use crate::world::fleet::NodeId;
use crate::world::network::lost;
use std::collections::VecDeque;

/// The draws of readings.
#[derive(Clone, Copy, Debug)]
pub(super) struct TelemetryDraws {
    phase: Stream,
    loss: Stream,
    latency: Stream,
}

impl TelemetryDraws {
    pub(super) fn new(streams: &Streams) -> Self {
        let [phase, loss, latency] = [0, 1, 2].map(|salt| streams.stream(Process::Telemetry, salt));
        Self { phase, loss, latency }
    }
}

/// Readings under way; those that are known are the controller's.
#[derive(Clone, Debug, Default)]
pub(super) struct TelemetryState {
    /// By node: whether the next reading is scheduled, and those on their way.
    nodes: Vec<(bool, VecDeque<(SimTime, Reading)>)>,
    pub sent: u64,
}

impl Simulation<'_> {
    pub(super) fn start_telemetry(&mut self) {
        if self.model.policy.telemetry.is_none() {
            return;
        }
        let count = self.nodes.len();
        self.control.known_mut().readings = Readings::of(count);
        self.supervision.telemetry.nodes = vec![(false, VecDeque::new()); count];
        for node in (0..count).map(NodeId::from_index) {
            self.plan_reading(node);
        }
    }

    /// Schedules the next reading of a node that is up, if it is not scheduled already.
    pub(super) fn plan_reading(&mut self, node: NodeId) {
        let Some(telemetry) = self.model.policy.telemetry else { return };
        let Some((planned, _)) = self.supervision.telemetry.nodes.get_mut(node.index()) else { return };
        if std::mem::replace(planned, true) {
            return;
        }
        let unit = self.model.supervision.telemetry.phase.unit(node.0, 0);
        let moments = Periodic::new(telemetry.period.as_nanos(), unit);
        // Strictly after now, so that a reading is not planned at the moment at which one was taken.
        let at = moments.at(moments.first_from(self.engine.now() + SimDuration::from_nanos(1)));
        self.engine.at(at, Event::Control(ControlEvent::ReadingDue { node }));
    }

    /// A node reads its sensors.
    pub(super) fn reading_due(&mut self, node: NodeId) {
        self.supervision.telemetry.nodes[node.index()].0 = false;
        if !self.node(node).reasons.is_up() {
            return;
        }
        self.plan_reading(node);
        let (model, now) = (self.model, self.engine.now());
        let Some(telemetry) = model.policy.telemetry else { return };
        self.supervision.telemetry.sent += 1;
        let draws = &model.supervision.telemetry;
        let site = self.node(node).site;
        let number = (now.as_nanos() / telemetry.period.as_nanos()) as u32;
        let way = model.way_of(site).1;
        let loss = way.and_then(|way| way.link.loss.as_ref());
        let state = &mut self.sites[site.index()].link;
        let bad = state.bad_at(now, loss, &model.draws.link_state, site.0);
        let unheard = self.faults.silences(node) || self.is_unwatched(node);
        if unheard || lost(loss, bad, draws.loss.unit(node.0, number)) {
            return;
        }
        let detour = self.detour_of_reading(node, number);
        if detour.loss >= 1.0 {
            return;
        }
        let reading = self.reading(node);
        let own = way.map_or(SimDuration::ZERO, |way| way.own(&draws.latency, node.0, number));
        let delay = own + detour.delay;
        if delay.is_zero() {
            self.reading_arrived(node, reading);
            return;
        }
        let at = now.saturating_add(delay);
        self.supervision.telemetry.nodes[node.index()].1.push_back((at, reading));
        self.engine.at(at, Event::Control(ControlEvent::ReadingArrives { node }));
    }

    /// A reading of `node` that was under way arrives.
    pub(super) fn reading_arrives(&mut self, node: NodeId) {
        let now = self.engine.now();
        let under_way = &mut self.supervision.telemetry.nodes[node.index()].1;
        let arrived = under_way.iter().position(|(at, _)| *at == now);
        if let Some((_, reading)) = arrived.and_then(|index| under_way.remove(index)) {
            self.reading_arrived(node, reading);
        }
    }

    fn reading_arrived(&mut self, node: NodeId, reading: Reading) {
        self.control.known_mut().readings.arrived(node, reading);
        self.judge_reading(node, &reading);
    }

    /// What the sensors of `node` say now.
    fn reading(&self, node: NodeId) -> Reading {
        let telemetry = self.telemetry(node);
        let state = self.node(node);
        let site = &self.sites[state.site.index()];
        let class = &self.model.classes[usize::from(state.class)];
        let busy = self.busy_slots(node);
        Reading {
            taken: self.engine.now(),
            temperature: telemetry.temperature.map_or(f64::NAN, |celsius| celsius.0),
            throttled: state.is_throttled(),
            busy: f64::from(busy) / f64::from(class.slots.max(1)),
            queue: self.attempts_at(node),
            on_battery: site.supply == super::state::Supply::Battery,
            charge: self.charge_share(state.site),
            errors: telemetry.errors.0,
            slowdown: telemetry.slowdown,
            age: telemetry.age,
        }
    }
}
