//! Lives are used up, and when something happens because of it.
//!
//! While a node is exposed its lives are charged whenever its temperature is: at each change of power. The next check is
//! planned as for temperatures: a plan for some power holds for every lower one, since heat only ever shortens lives. So
//!
//! - where the course of the exposure at the present power is tabulated, the end is computed exactly;
//! - when the power rises above that for which the check is planned, it is planned for the greatest factor that there
//!   can be, and no later change of power needs another; a check that finds nothing plans the next;
//! - once that bound is nearer than an hour, the check is exact and follows every change of power.
//!
//! Lives that heat does not touch are planned exactly, once.

use super::super::{Event, HardwareEvent, Simulation};
use super::massed::Along;
use super::state::HANG;
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::fleet::NodeId;
use crate::world::hardware::{Ageing, Exposure, Life};
use crate::world::thermal::NodeHeat;

/// A bound nearer than this many seconds makes the check exact.
const NEAR: f64 = 3600.0;
/// An exact search looks no further than this many times as far as the bound.
const REACH: f64 = 64.0;

/// A planned check: when, and whether it must follow every change of power.
#[derive(Clone, Copy)]
pub(super) struct Planned {
    pub at: SimTime,
    pub exact: bool,
}

pub(super) const NEVER: Planned = Planned { at: SimTime::MAX, exact: false };

/// The storms and calms of a span, in order: from, to, and whether it is a storm.
pub(super) struct Weather<'a> {
    storms: &'a [(SimTime, SimTime)],
    now: SimTime,
    to: SimTime,
}

impl Iterator for Weather<'_> {
    type Item = (SimTime, SimTime, usize);

    fn next(&mut self) -> Option<Self::Item> {
        if self.now >= self.to {
            return None;
        }
        let from = self.now;
        let first = self.storms.partition_point(|(_, end)| *end <= from);
        let (end, stormy) = match self.storms.get(first) {
            Some((begin, end)) if *begin <= from => (*end, 1),
            Some((begin, _)) => (*begin, 0),
            None => (self.to, 0),
        };
        self.now = end.min(self.to);
        Some((from, self.now, stormy))
    }
}

impl<'m> Simulation<'m> {
    /// Charges the exposure of `node` until now to its lives, at the power of the time before.
    pub(in crate::simulation) fn age(&mut self, node: NodeId) {
        self.charge_lives(node, None);
    }

    /// As [`Self::age`], of a node that is about to be brought to the present `along` a known course.
    pub(in crate::simulation) fn age_along(&mut self, node: NodeId, along: Along) {
        self.charge_lives(node, Some(along));
    }

    fn charge_lives(&mut self, node: NodeId, along: Option<Along>) {
        let now = self.engine.now();
        let Some(unit) = self.hardware.units.get(node.index()) else { return };
        let since = unit.since;
        if since >= now {
            return;
        }
        let plain = [now.since(since).as_secs_f64(), 0.0];
        let worn = if unit.lives.iter().any(Option::is_some) {
            let even = along.and_then(|along| self.even_exposure(node, since, along));
            even.unwrap_or_else(|| self.exposure(node, since, now))
        } else {
            plain
        };
        let unit = &mut self.hardware.units[node.index()];
        for (kind, life) in unit.lives.iter_mut().enumerate() {
            if let Some(life) = life {
                life.spend(if kind == HANG { plain } else { worn });
            }
        }
        unit.age = SimDuration::from_nanos(unit.age.as_nanos() + now.since(since).as_nanos());
        unit.since = now;
    }

    /// Exposure of `node` from `from` to `to`, in calm weather and in storms, at the present power.
    fn exposure(&self, node: NodeId, from: SimTime, to: SimTime) -> Exposure {
        let mut sum = [0.0, 0.0];
        let power = self.ageing_power(node);
        if let (Some(ageing), Some(masses)) = (self.ageing(node), self.masses(node)) {
            for (begin, end, stormy) in self.weather(node, from, to) {
                sum[stormy] += self.massed_exposure(node, &masses, ageing, (begin, end));
            }
            return sum;
        }
        let mut heated = self.ageing(node).map(|ageing| (ageing, self.heat_at(node, ageing, from)));
        for (begin, end, stormy) in self.weather(node, from, to) {
            sum[stormy] += match &mut heated {
                None => end.since(begin).as_secs_f64(),
                Some((ageing, heat)) => {
                    let exposure = ageing.exposure(heat, power, end);
                    if end < to {
                        ageing.advance(heat, power, end);
                    }
                    exposure
                }
            };
        }
        sum
    }

    /// The storms and calms of a span at the place of `node`.
    pub(super) fn weather(&self, node: NodeId, from: SimTime, to: SimTime) -> Weather<'m> {
        let model = self.model;
        let class = usize::from(self.node(node).class);
        let faults = model.hardware.classes[class].hardware.faults.as_ref();
        let storms: &[_] = match faults.is_some_and(|faults| faults.up_in_storm.is_some()) {
            true => &model.regions[usize::from(model.entry_of(self.node(node).site).region)].storms,
            false => &[],
        };
        Weather { storms, now: from, to }
    }

    pub(super) fn ageing(&self, node: NodeId) -> Option<&'m Ageing> {
        let model = self.model;
        model.hardware.classes[usize::from(self.node(node).class)].ageing.as_ref()
    }

    /// The power that decides at which temperature `node` ages.
    fn ageing_power(&self, node: NodeId) -> Watts {
        let class = &self.model.classes[usize::from(self.node(node).class)];
        if class.heat.is_some() { self.heating_power(node) } else { class.idle }
    }

    /// The heat of `node` at `at`, not before it was last brought up to date, at the present power.
    fn heat_at(&self, node: NodeId, ageing: &Ageing, at: SimTime) -> NodeHeat {
        let class = &self.model.classes[usize::from(self.node(node).class)];
        if class.heat.is_none() {
            return ageing.ambient(at);
        }
        let mut heat = self.node(node).heat;
        ageing.advance(&mut heat, self.heating_power(node), at);
        heat
    }

    /// Exposure stops: the node is off.
    pub(in crate::simulation) fn pause_wear(&mut self, node: NodeId) {
        self.age(node);
        if let Some(unit) = self.hardware.units.get_mut(node.index()) {
            unit.since = SimTime::MAX;
            Self::cancel(&mut self.engine, &mut unit.check);
        }
    }

    /// Exposure begins or goes on.
    pub(in crate::simulation) fn resume_wear(&mut self, node: NodeId) {
        let now = self.engine.now();
        if let Some(unit) = self.hardware.units.get_mut(node.index()) {
            debug_assert_eq!(unit.since, SimTime::MAX, "exposure begins twice");
            unit.since = now;
            self.plan_wear(node, false);
        }
    }

    /// The power of `node` has changed; its lives are charged until now.
    pub(in crate::simulation) fn power_changed_wear(&mut self, node: NodeId) {
        let Some(unit) = self.hardware.units.get(node.index()) else { return };
        if unit.since == SimTime::MAX || self.ageing(node).is_none() {
            return;
        }
        let (exact, planned_up_to) = (unit.exact, unit.planned_up_to);
        if exact || self.ageing_power(node) > planned_up_to {
            self.plan_wear(node, true);
        }
    }

    /// Plans the next look at the lives of `node`, which are charged until now; with `ahead`, for the greatest power
    /// that it can draw, else for the present one.
    pub(in crate::simulation) fn plan_wear(&mut self, node: NodeId, ahead: bool) {
        let now = self.engine.now();
        let class = &self.model.classes[usize::from(self.node(node).class)];
        let unit = &mut self.hardware.units[node.index()];
        Self::cancel(&mut self.engine, &mut unit.check);
        if unit.since == SimTime::MAX {
            return;
        }
        let lives = unit.lives;
        let power = self.ageing_power(node);
        let assumed = if ahead { Watts(class.hottest().0.max(power.0)) } else { power };
        let mut next = NEVER;
        for (kind, life) in lives.iter().enumerate() {
            let Some(life) = life else { continue };
            let planned = match self.ageing(node).filter(|_| kind != HANG) {
                Some(ageing) => self.plan_heated(node, life, ageing, assumed, ahead),
                None => Planned { at: self.end_of_plain(node, life, kind), exact: false },
            };
            next = Planned { at: next.at.min(planned.at), exact: next.exact || planned.exact };
        }
        let unit = &mut self.hardware.units[node.index()];
        unit.exact = next.exact;
        unit.planned_up_to = assumed;
        if next.at < SimTime::MAX {
            // Rounding must not hold time still.
            let at = next.at.max(now.saturating_add(SimDuration::from_nanos(1)));
            unit.check = self.engine.at(at, Event::Hardware(HardwareEvent::WearCheck { node }));
        }
    }

    /// When something happens in a life that heat does not touch.
    fn end_of_plain(&self, node: NodeId, life: &Life, kind: usize) -> SimTime {
        let now = self.engine.now();
        let (mut share, whole) = (life.share_to_next(), life.whole());
        let calm = |share: f64| now.saturating_add(SimDuration::from_secs_f64(share * whole[0]));
        if kind == HANG || whole[0].to_bits() == whole[1].to_bits() {
            return calm(share);
        }
        for (begin, end, stormy) in self.weather(node, now, SimTime::MAX) {
            let rest = SimDuration::from_secs_f64(share * whole[stormy]);
            if rest <= end.since(begin) && rest != SimDuration::MAX {
                return begin.saturating_add(rest);
            }
            share -= end.since(begin).as_secs_f64() / whole[stormy];
        }
        SimTime::MAX
    }

    /// When to look at a life that heat shortens.
    fn plan_heated(
        &self,
        node: NodeId,
        life: &Life,
        ageing: &Ageing,
        assumed: Watts,
        ahead: bool,
    ) -> Planned {
        if self.masses(node).is_some() {
            return self.plan_massed(node, life, ageing, assumed);
        }
        let now = self.engine.now();
        let end = SimTime::ZERO + self.model.duration;
        let (share, whole) = (life.share_to_next(), life.whole());
        let heat = self.heat_at(node, ageing, now);
        let power = self.ageing_power(node);
        let factor = ageing.greatest_factor(now, assumed, Celsius(heat.temperature));
        let bound = share.max(0.0) * whole[0].min(whole[1]) / factor;
        if !bound.is_finite() {
            return NEVER;
        }
        let near = bound < NEAR;
        if !near && (ahead || !ageing.is_tabulated(power)) {
            return Planned { at: now.saturating_add(SimDuration::from_secs_f64(bound)), exact: false };
        }
        let reach = now.saturating_add(SimDuration::from_secs_f64(REACH * bound.max(1.0)));
        let until = if near { reach.min(end) } else { end };
        match self.end_of_heated(node, life, ageing, heat, until) {
            Some(at) => Planned { at, exact: near },
            None if until < end => Planned { at: until, exact: near },
            None => Planned { at: SimTime::MAX, exact: near },
        }
    }

    /// When something happens in a life that heat shortens, at the present power, if until `until`.
    fn end_of_heated(
        &self,
        node: NodeId,
        life: &Life,
        ageing: &Ageing,
        mut heat: NodeHeat,
        until: SimTime,
    ) -> Option<SimTime> {
        let (mut share, whole) = (life.share_to_next(), life.whole());
        let power = self.ageing_power(node);
        for (_, end, stormy) in self.weather(node, self.engine.now(), until) {
            if let Some(at) = ageing.reaches(&heat, power, share * whole[stormy], end) {
                return Some(at);
            }
            share -= ageing.exposure(&heat, power, end) / whole[stormy];
            ageing.advance(&mut heat, power, end);
        }
        None
    }

    /// Looks at the lives of `node`.
    pub(super) fn wear_check(&mut self, node: NodeId) {
        self.hardware.units[node.index()].check = Handle::NONE;
        self.age(node);
        let unit = &mut self.hardware.units[node.index()];
        let failed = unit.lives.iter().position(|life| life.as_ref().is_some_and(Life::is_over));
        let mut symptoms = false;
        for life in unit.lives.iter_mut().flatten() {
            symptoms |= life.symptoms_begin();
        }
        match failed {
            Some(kind) => self.unit_fails(node, kind),
            None => {
                if symptoms {
                    self.set_degraded(node, true);
                }
                self.plan_wear(node, false);
            }
        }
    }
}
