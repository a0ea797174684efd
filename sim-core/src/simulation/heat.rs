//! Temperatures of nodes, and when something happens because of them.
//!
//! Power changes with every request, but thresholds are far away most of the time. A check that is planned at the
//! crossing for some power holds for every lower power too: nothing can bring the threshold nearer. So
//!
//! - when the power of a node rises above that for which its check is planned, the check is planned for the *greatest*
//!   power the node can draw, and no later change of power needs another;
//! - when a check finds nothing to do, the next is planned for the power of that moment: an idle node that stays below
//!   its threshold when idle is left alone;
//! - once the bound is nearer than a fiftieth of the time constant, the check is planned at the exact crossing for the
//!   present power and follows every change of power, until the node is clear again; while a node is throttled or shut
//!   down, checks are exact throughout.
//!
//! So crossings are exact, and a node that cannot reach a threshold, or does nothing, costs nothing.

use super::HeatEvent;
use super::model::HeatClass;
use super::{Event, Simulation};
use crate::kernel::SimTime;
use crate::quantity::Celsius;
use crate::scenario::{Shutdown, Throttle};
use crate::world::fleet::{BodyState, Cause, FifoServer, NodeId};

/// A bound nearer than this share of the time constant makes the check exact.
const NEAR: f64 = 0.02;

impl Simulation<'_> {
    /// Something happens because of a temperature.
    pub(super) fn heat_event(&mut self, event: HeatEvent) {
        match event {
            HeatEvent::HeatCheck { node } => self.heat_check(node),
        }
    }

    /// Brings the temperature of `node` to the present, at the power of the time before.
    pub(super) fn advance_heat(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.age(node);
        let power = self.heating_power(node);
        let state = &mut self.nodes[node.index()];
        let Some(heat) = &self.model.classes[usize::from(state.class)].heat else { return };
        self.collect.heat(&state.heat, now, &heat.params, &heat.air, power);
        state.heat.advance(now, &heat.params, &heat.air, power);
    }

    /// The power of `node` has changed; its temperature is that of now.
    pub(super) fn power_changed_heat(&mut self, node: NodeId) {
        let state = self.node(node);
        if state.exact_check || self.heating_power(node) > state.checked_up_to {
            self.plan_heat_check(node, true);
        }
    }

    /// Plans the next look at the temperature of `node`, which is that of now; with `ahead`, for the greatest power
    /// that it can draw, else for the present one.
    pub(super) fn plan_heat_check(&mut self, node: NodeId, ahead: bool) {
        let model = self.model;
        let class = &model.classes[usize::from(self.node(node).class)];
        let Some(heat) = class.heat.as_ref().filter(|heat| !heat.harmless) else { return };
        let now = self.engine.now();
        let end = SimTime::ZERO + model.duration;
        let hottest = class.hottest();
        let power = self.heating_power(node);
        let state = &mut self.nodes[node.index()];
        Self::cancel(&mut self.engine, &mut state.heat_check);
        let crossing = |power, upward: bool, at: Celsius| {
            let find = if upward {
                crate::world::thermal::NodeHeat::crossing_above
            } else {
                crate::world::thermal::NodeHeat::crossing_below
            };
            find(&state.heat, &heat.params, &heat.air, power, at, end)
        };
        let overheated = state.reasons.contains(Cause::Overheat);
        let (exact, at) = match (&heat.throttle, &heat.shutdown) {
            (_, Some(shutdown)) if overheated => (true, crossing(power, false, shutdown.resume)),
            (Some(throttle), shutdown) if state.throttled => {
                let cool = crossing(power, false, throttle.resume);
                let hot = shutdown.as_ref().and_then(|shutdown| crossing(power, true, shutdown.at));
                (true, [cool, hot].into_iter().flatten().min())
            }
            (throttle, shutdown) => match upper_threshold(throttle.as_ref(), shutdown.as_ref()) {
                None => (false, None),
                Some(threshold) => {
                    let bound = crossing(hottest, true, threshold);
                    let near = heat.params.time_constant().as_secs_f64() * NEAR;
                    let is_near = bound.is_some_and(|at| at.since(now).as_secs_f64() < near);
                    let at_once = is_near || !ahead;
                    (is_near, if at_once { crossing(power, true, threshold) } else { bound })
                }
            },
        };
        // A node near its threshold that cools down is looked at again later, as one that is far from it.
        let clear = now.saturating_add(heat.params.time_constant());
        let at = if exact && at.is_none() && !overheated && clear < end { Some(clear) } else { at };
        state.exact_check = exact;
        state.checked_up_to = if ahead { hottest } else { power };
        if let Some(at) = at {
            state.heat_check = self.engine.at(at.max(now), Event::Heat(HeatEvent::HeatCheck { node }));
        }
    }

    /// Looks at the temperature of `node`.
    pub(super) fn heat_check(&mut self, node: NodeId) {
        let model = self.model;
        self.nodes[node.index()].heat_check = crate::kernel::Handle::NONE;
        self.charge_node(node);
        let state = self.node(node);
        let class: &HeatClass =
            model.classes[usize::from(state.class)].heat.as_ref().expect("only a heated node is checked");
        let temperature = state.heat.temperature;
        let (throttled, overheated) = (state.throttled, state.reasons.contains(Cause::Overheat));
        if let Some(shutdown) = &class.shutdown {
            if overheated && temperature <= shutdown.resume.0 {
                self.reason_ends(node, Cause::Overheat);
            } else if !overheated && temperature >= shutdown.at.0 {
                self.reason_begins(node, Cause::Overheat);
            }
        }
        if let Some(throttle) = &class.throttle {
            if throttled && temperature <= throttle.resume.0 {
                self.set_throttled(node, false);
            } else if !throttled && temperature >= throttle.at.0 {
                self.set_throttled(node, true);
            }
        }
        self.plan_heat_check(node, false);
        self.load_changed(self.node(node).site);
    }

    /// Begins or ends throttling: work goes on at another speed, power changes.
    fn set_throttled(&mut self, node: NodeId, throttled: bool) {
        let now = self.engine.now();
        if !self.node(node).reasons.halts() {
            self.charge_work(node);
        }
        self.nodes[node.index()].throttled = throttled;
        self.collect.throttled_changed(now, node, self.node(node).reasons, throttled);
        self.reschedule_work(node);
        self.refresh_power(node);
    }

    /// Seconds of demand that a slot of `node` serves per second: zero while it stands still.
    pub(super) fn speed_of(&self, node: NodeId) -> f64 {
        if self.node(node).reasons.halts() { 0.0 } else { self.running_speed(node) }
    }

    /// As [`Self::speed_of`], of a node that runs.
    fn running_speed(&self, node: NodeId) -> f64 {
        let state = self.node(node);
        let class = &self.model.classes[usize::from(state.class)];
        let throttle =
            class.heat.as_ref().and_then(|heat| heat.throttle.as_ref()).filter(|_| state.throttled);
        class.speed * throttle.map_or(1.0, |throttle| throttle.speed) / self.symptom_slowdown(node)
    }

    /// Charges the work done so far by the attempts in the slots of `node`, which has run until now.
    pub(super) fn charge_work(&mut self, node: NodeId) {
        let now = self.engine.now();
        let speed = self.running_speed(node);
        let mut attempt = self.node(node).server.first_running();
        while !attempt.is_none() {
            let body = &mut self.bodies[attempt.index()];
            body.work = (body.work - now.since(body.since).as_secs_f64() * speed).max(0.0);
            body.since = now;
            attempt = FifoServer::after(&self.bodies, attempt);
        }
    }

    /// Predicts anew when the running attempts of `node` are done, at its present speed.
    pub(super) fn reschedule_work(&mut self, node: NodeId) {
        let now = self.engine.now();
        let speed = self.speed_of(node);
        if self.node(node).shared.is_some() {
            self.nodes[node.index()].shared.as_mut().expect("just seen").share.set_rate(now, speed);
            self.reschedule_shared(node);
            return;
        }
        let mut attempt = self.node(node).server.first_running();
        while !attempt.is_none() {
            let body = &mut self.bodies[attempt.index()];
            debug_assert_eq!(body.state, BodyState::Running);
            Self::cancel(&mut self.engine, &mut body.next_event);
            if speed > 0.0 {
                let left = crate::kernel::SimDuration::from_secs_f64(body.work / speed);
                body.next_event = self.engine.after(left, Event::Served { attempt });
            }
            attempt = FifoServer::after(&self.bodies, attempt);
        }
    }
}

/// The first threshold that a node reaches from below.
fn upper_threshold(throttle: Option<&Throttle>, shutdown: Option<&Shutdown>) -> Option<Celsius> {
    let throttle = throttle.map(|t| t.at.0);
    let shutdown = shutdown.map(|s| s.at.0);
    throttle.into_iter().chain(shutdown).reduce(f64::min).map(Celsius)
}
