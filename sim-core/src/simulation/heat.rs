//! Temperatures of nodes, and when something happens because of them.
//!
//! Power changes with every request, but thresholds are far away most of the time. A check that is planned at the
//! crossing for some power holds for every lower power too: nothing can bring the threshold nearer. So
//!
//! - when the power of a node rises above that for which its check is planned, the check is planned for the *greatest*
//!   power the node can draw, and no later change of power needs another;
//! - when a check finds nothing to do, the next is planned for the power of that moment: an idle node that stays below
//!   its threshold when idle is left alone;
//! - that bound is not the crossing itself, which would have to be searched for, but a moment before it: until which its air cannot bring it there, or for which it
//!   heats up at its steepest;
//! - once the bound is nearer than a fiftieth of the time constant, the check is planned at the exact crossing for the
//!   present power and follows every change of power, until the node is clear again; while a node is throttled or shut
//!   down, checks are exact throughout.
//!
//! So crossings are exact, and a node that cannot reach a threshold, or does nothing, costs nothing.

use super::HeatEvent;
use super::climate::{Assumed, Beside};
use super::model::HeatClass;
use super::{Event, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::scenario::{Restart, Throttle};
use crate::world::fleet::{BodyState, Cause, FifoServer, NodeId};
use crate::world::thermal::{Goal, MassState, Masses, NodeHeat, Question, Side};

/// A bound nearer than this share of the time constant makes the check exact.
const NEAR: f64 = 0.02;
/// How near to a threshold counts as there, in kelvins, where a node shares its air.
const ROUNDING: f64 = 1e-9;

/// The temperatures of a node, and what it is made of where it is not lumped.
enum Heated {
    Lumped(NodeHeat),
    Masses(MassState, Masses),
}

impl<'m> Simulation<'m> {
    /// Something happens because of a temperature.
    pub(super) fn heat_event(&mut self, event: HeatEvent) {
        match event {
            HeatEvent::HeatCheck { node } => self.heat_check(node),
            HeatEvent::RoomCheck { site } => self.room_check(site),
            HeatEvent::Setback { site } => self.setback(site),
            HeatEvent::CoolingFault { site } => self.cooling_fault(site),
            HeatEvent::RackCheck { rack } => self.rack_check(rack),
        }
    }

    /// Brings the temperature of `node` to the present, at the power of the time before.
    pub(super) fn advance_heat(&mut self, node: NodeId, beside: &mut Beside<'m>) {
        if self.advance_masses(node, beside) {
            return;
        }
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

    /// Plans the next look at the temperature of `node`; with `ahead`, for the greatest power
    /// that it can draw, else for the present one.
    pub(super) fn plan_heat_check(&mut self, node: NodeId, ahead: bool) {
        let model = self.model;
        let class = &model.classes[usize::from(self.node(node).class)];
        let Some(heat) = class.heat.as_ref().filter(|heat| !heat.harmless) else { return };
        let now = self.engine.now();
        let end = SimTime::ZERO + model.duration;
        let hottest = class.hottest();
        let present =
            ahead || heat.masses.is_none() || self.plans_for_present(node, heat.params.time_constant());
        let (heated, power) = (self.heated_now(node), self.heating_power(node));
        Self::cancel(&mut self.engine, &mut self.nodes[node.index()].heat_check);
        let state = self.node(node);
        let (throttled, slowed, exact_check) = (state.throttled, state.slowed, state.exact_check);
        let (overheated, restart_at) = (state.reasons.contains(Cause::Overheat), state.restart_at);
        // A node near its threshold that cools down is looked at again later, as one that is far from it.
        let clear = now.saturating_add(heat.params.time_constant());
        let exact = throttled || slowed || (ahead && exact_check);
        let horizon = if exact && !overheated { clear.min(end) } else { end };
        let near = heat.params.time_constant().as_secs_f64() * NEAR;
        // What is exact is asked again when the node is clear, so it need not look farther.
        let drawn = (power, Assumed::Present);
        let (lower, upper) = thresholds(heat, throttled, slowed);
        let (exact, at) = if overheated {
            let resume = heat.shutdown.as_ref().expect("it has shut down").resume;
            let cool = self.reaches(node, &heated, drawn, (Side::Below, resume), horizon);
            (true, cool.map(|at| at.max(restart_at)))
        } else if let Some(resume) = lower {
            let cool = self.reaches(node, &heated, drawn, (Side::Below, resume), horizon);
            let hot = upper.and_then(|at| self.reaches(node, &heated, drawn, (Side::Above, at), horizon));
            (true, [cool, hot].into_iter().flatten().min())
        } else if let Some(threshold) = upper {
            let soon = now.saturating_add(SimDuration::from_secs_f64(near)).min(end);
            let bound = self.not_before(node, &heated, hottest, threshold);
            let level = (Side::Above, threshold);
            let is_near = bound.is_some_and(|at| at < soon)
                && self.reaches(node, &heated, (hottest, Assumed::Most), level, soon).is_some();
            let at = if is_near {
                self.reaches(node, &heated, drawn, level, horizon)
            } else if ahead {
                bound.map(|at| at.max(soon)).filter(|at| *at < end)
            } else {
                let assumed = if present { Assumed::Planned } else { Assumed::Most };
                self.reaches(node, &heated, (power, assumed), level, end)
            };
            (is_near, at)
        } else {
            (false, None)
        };
        let at = if exact && at.is_none() && !overheated && clear < end { Some(clear) } else { at };
        let state = &mut self.nodes[node.index()];
        state.exact_check = exact;
        state.checked_up_to = if ahead { hottest } else { power };
        if let Some(at) = at {
            state.heat_check = self.engine.at(at.max(now), Event::Heat(HeatEvent::HeatCheck { node }));
        }
    }

    /// The temperatures of `node` now, and what it is made of.
    fn heated_now(&self, node: NodeId) -> Heated {
        let (state, now) = (self.node(node), self.engine.now());
        let power = self.heating_power(node);
        match self.masses(node) {
            None => {
                let mut lumped = state.heat;
                if let Some(heat) = &self.model.classes[usize::from(state.class)].heat {
                    lumped.advance(now, &heat.params, &heat.air, power);
                }
                Heated::Lumped(lumped)
            }
            Some(masses) => {
                let (die, chassis, at) = (state.heat.temperature, state.chassis, state.heat.at);
                let mass = MassState { die, chassis, at };
                let mass = if at < now {
                    mass.at(now, &masses, &self.inlet(node, Assumed::Present), power)
                } else {
                    mass
                };
                Heated::Masses(mass, masses)
            }
        }
    }

    /// When `node` reaches this temperature, up to `until`, at this power in such air.
    fn reaches(
        &mut self,
        node: NodeId,
        heated: &Heated,
        (power, assumed): (Watts, Assumed),
        (side, at): (Side, Celsius),
        until: SimTime,
    ) -> Option<SimTime> {
        match heated {
            Heated::Lumped(lumped) => {
                let class = &self.model.classes[usize::from(self.node(node).class)];
                let HeatClass { params, air, .. } = class.heat.as_ref()?;
                match side {
                    Side::Above => lumped.crossing_above(params, air, power, at, until),
                    Side::Below => lumped.crossing_below(params, air, power, at, until),
                }
            }
            Heated::Masses(state, masses) => {
                let (state, masses, goal) = (*state, *masses, Goal::Level(side, at));
                let inlet = self.inlet(node, assumed);
                self.crossings.first(&Question { state, masses, inlet, power, goal, until })
            }
        }
    }

    /// A moment before which `node` does not reach this temperature whatever it draws up to this power, in the worst of its air; `None` if it never
    /// does.
    fn not_before(&mut self, node: NodeId, heated: &Heated, most: Watts, at: Celsius) -> Option<SimTime> {
        match heated {
            Heated::Lumped(_) => {
                let end = SimTime::ZERO + self.model.duration;
                self.reaches(node, heated, (most, Assumed::Most), (Side::Above, at), end)
            }
            Heated::Masses(state, masses) => {
                state.not_before(masses, &self.inlet(node, Assumed::Most), most, at)
            }
        }
    }

    /// Looks at the temperature of `node`.
    pub(super) fn heat_check(&mut self, node: NodeId) {
        let model = self.model;
        let now = self.engine.now();
        self.nodes[node.index()].heat_check = crate::kernel::Handle::NONE;
        let state = self.node(node);
        if !(state.exact_check || state.throttled || state.slowed || state.reasons.contains(Cause::Overheat))
        {
            // It was planned for power that the node may never have drawn. If it has, the next look is now, and exact.
            self.plan_heat_check(node, false);
            return;
        }
        self.charge_node(node);
        let state = self.node(node);
        let class: &HeatClass =
            model.classes[usize::from(state.class)].heat.as_ref().expect("only a heated node is checked");
        let temperature = state.heat.temperature;
        let (throttled, slowed) = (state.throttled, state.slowed);
        let overheated = state.reasons.contains(Cause::Overheat);
        // Nodes in shared air are stopped on the way to a crossing, which may cost its last bits.
        let slack = if class.masses.is_some() { ROUNDING } else { 0.0 };
        let (hot, cool) =
            (|at: Celsius| temperature >= at.0 - slack, |at: Celsius| temperature <= at.0 + slack);
        if let Some(shutdown) = &class.shutdown {
            if overheated && cool(shutdown.resume) && self.node(node).restart_at <= now {
                self.reason_ends(node, Cause::Overheat);
            } else if !overheated && hot(shutdown.at) {
                self.shut_down(node, &shutdown.restart);
            }
        }
        if let Some(throttle) = &class.throttle {
            if throttled && cool(throttle.resume) {
                self.set_throttled(node, false, slowed);
            } else if !throttled && hot(throttle.at) {
                self.set_throttled(node, true, slowed);
            }
        }
        if let Some(slowdown) = &class.slowdown {
            let throttled = self.node(node).throttled;
            if slowed && cool(slowdown.resume) {
                self.set_throttled(node, throttled, false);
            } else if !slowed && hot(slowdown.at) {
                self.set_throttled(node, throttled, true);
            }
        }
        self.plan_heat_check(node, false);
        self.load_changed(self.node(node).site);
    }

    /// Switches a node off that is too hot.
    fn shut_down(&mut self, node: NodeId, restart: &Restart) {
        if let Restart::Manual(after) = restart {
            let now = self.engine.now();
            let state = &mut self.nodes[node.index()];
            let after = after.draw_duration(&self.model.draws.thermal_restart, node.0, state.shutdowns);
            state.restart_at = now.saturating_add(after);
        }
        self.nodes[node.index()].shutdowns += 1;
        self.reason_begins(node, Cause::Overheat);
    }

    /// Begins or ends a stage of throttling by heat.
    fn set_throttled(&mut self, node: NodeId, throttled: bool, slowed: bool) {
        let forced = self.node(node).forced;
        self.set_stages(node, throttled, slowed, forced);
    }

    /// Whether `node` is throttled on purpose may have changed.
    pub(super) fn refresh_throttled(&mut self, node: NodeId) {
        let state = self.node(node);
        let (throttled, slowed) = (state.throttled, state.slowed);
        self.set_stages(node, throttled, slowed, self.faults.throttles(node));
    }

    /// Work goes on at another speed, power changes.
    fn set_stages(&mut self, node: NodeId, throttled: bool, slowed: bool, forced: bool) {
        let state = self.node(node);
        if (state.throttled, state.slowed, state.forced) == (throttled, slowed, forced) {
            return;
        }
        let now = self.engine.now();
        if !self.node(node).reasons.halts() {
            self.charge_work(node);
        }
        let state = &mut self.nodes[node.index()];
        let before = state.is_throttled();
        (state.throttled, state.slowed, state.forced) = (throttled, slowed, forced);
        let after = state.is_throttled();
        if before != after {
            self.collect.throttled_changed(now, node, self.node(node).reasons, after);
        }
        self.reschedule_work(node);
        self.refresh_power(node);
    }

    /// The stage of throttling in force.
    #[inline]
    pub(super) fn slowing(&self, node: NodeId) -> Option<&Throttle> {
        let state = self.node(node);
        if !state.is_throttled() {
            return None;
        }
        let heat = self.model.classes[usize::from(state.class)].heat.as_ref()?;
        if state.slowed { heat.slowdown.as_ref() } else { heat.throttle.as_ref() }
    }

    /// Seconds of demand that a slot of `node` serves per second: zero while it stands still.
    #[inline]
    pub(super) fn speed_of(&self, node: NodeId) -> f64 {
        if self.node(node).reasons.halts() { 0.0 } else { self.running_speed(node) }
    }

    /// As [`Self::speed_of`], of a node that runs.
    #[inline]
    pub(super) fn running_speed(&self, node: NodeId) -> f64 {
        if self.runs_as_built(node) {
            return self.model.quick_class(node).speed;
        }
        let class = &self.model.classes[usize::from(self.node(node).class)];
        class.speed * self.slowing(node).map_or(1.0, |throttle| throttle.speed)
            / self.faults.slowness(node)
            / self.symptom_slowdown(node)
            * self.restrained_speed(node)
    }

    /// Whether nothing can slow a node down.
    #[inline]
    fn runs_as_built(&self, node: NodeId) -> bool {
        !self.node(node).is_throttled()
            && self.faults.slow_nobody()
            && self.hardware.units.is_empty()
            && self.model.shift.is_none()
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
        self.truth_changed(node);
        self.reschedule_jobs(node);
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
                let left = SimDuration::from_secs_f64(body.work / speed);
                body.next_event = self.engine.after(left, Event::Served { attempt });
            }
            attempt = FifoServer::after(&self.bodies, attempt);
        }
    }
}

/// Where the node leaves its present stage downwards, and the first threshold that it reaches from below.
fn thresholds(heat: &HeatClass, throttled: bool, slowed: bool) -> (Option<Celsius>, Option<Celsius>) {
    let throttle = heat.throttle.as_ref();
    let slowdown = heat.slowdown.as_ref();
    let lower = throttle.filter(|_| throttled).into_iter().chain(slowdown.filter(|_| slowed));
    let upper = throttle.filter(|_| !throttled).into_iter().chain(slowdown.filter(|_| !slowed));
    let shutdown = heat.shutdown.as_ref().map(|shutdown| shutdown.at.0);
    (
        lower.map(|it| it.resume.0).reduce(f64::max).map(Celsius),
        upper.map(|it| it.at.0).chain(shutdown).reduce(f64::min).map(Celsius),
    )
}
