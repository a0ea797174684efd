//! Racks whose cooling has a state: shared air, fans, dust, pumps, leaks, air conditioners of their own.
//!
//! Fans that would hunt between two steps settle between them (see [`crate::world::thermal::rack`]), so steady air costs nothing.
//! A rack has one pending event: the next of a failure, a repair, a step of dust, and a step of its fans.

use super::{Assumed, Clock, nano, watts};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Celsius, Kelvin, Watts};
use crate::simulation::{Event, HeatEvent, Simulation};
use crate::world::fleet::{Cause, NodeId, RackId, SiteId};
use crate::world::thermal::rack::DUST_STEP;
use crate::world::thermal::{Goal, Inlet, MassState, Question, RackCooling, Side};

/// A step of the fans farther ahead than this, for any power, needs no new prediction when power changes.
const FAR: SimDuration = SimDuration::from_secs(60);

/// A rack.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct RackState {
    pub site: SiteId,
    /// Its number among the racks of the site.
    place: u32,
    cooling: RackCooling,
    /// What the resistance of its nodes is multiplied by.
    pub factor: f64,
    /// Heat of its nodes, in nanowatts.
    pub heat: i64,
    /// Heat that its own unit takes out, in nanowatts.
    removed: i64,
    /// Draw of its fans and unit.
    power: Watts,
    /// Of it, that of the fans.
    fans: Watts,
    /// The heat up to which checks of nodes are early enough.
    pub planned: Watts,
    pub raised: SimTime,
    sensor: MassState,
    fan: Clock,
    pump: Clock,
    leak: Clock,
    split: Clock,
    dust: SimTime,
    next: Handle,
    /// Whether the next step of the fans is planned for any power.
    robust: bool,
}

#[cfg(test)]
impl RackState {
    /// The step of the fans.
    pub fn step(&self) -> f64 {
        self.cooling.step
    }
}

impl<'m> Simulation<'m> {
    pub(super) fn start_rack(&mut self, rack: RackId, site: SiteId, place: u32) {
        let model = self.model;
        let entry = model.entry_of(site);
        let climate = entry.climate.as_ref().expect("a rack with a state");
        let at = climate.racks[place as usize];
        let cooling = &climate.kinds[usize::from(at.kind)].cooling;
        let draws = &model.draws;
        let start = RackCooling::new(cooling);
        let liquid = cooling.liquid.as_ref();
        let leak = liquid.and_then(|liquid| liquid.leak.as_ref());
        debug_assert_eq!(self.racks.len(), rack.index(), "racks are numbered in order of sites");
        self.racks.push(RackState {
            site,
            place,
            factor: start.factor(cooling),
            cooling: start,
            heat: 0,
            removed: 0,
            power: Watts(0.0),
            fans: Watts(0.0),
            planned: Watts(0.0),
            raised: SimTime::ZERO,
            sensor: MassState { die: 0.0, chassis: 0.0, at: SimTime::ZERO },
            fan: Clock::of(cooling.fan.as_ref().and_then(|f| f.faults.as_ref()), &draws.fan_fault, rack.0),
            pump: Clock::of(liquid.and_then(|l| l.pump.as_ref()), &draws.pump_fault, rack.0),
            leak: leak.map_or(Clock::NEVER, |leak| Clock::new(&leak.every, &draws.liquid_leak, rack.0)),
            split: Clock::of(
                cooling.split.as_ref().and_then(|unit| unit.faults.as_ref()),
                &draws.split_fault,
                rack.0,
            ),
            dust: cooling.dust.as_ref().map_or(SimTime::MAX, |_| SimTime::ZERO),
            next: Handle::NONE,
            robust: false,
        });
        let inlet = self.sensor_inlet(rack);
        self.racks[rack.index()].sensor = MassState::ambient(SimTime::ZERO, &inlet);
        for node in self.rack_nodes(rack) {
            self.nodes[node.index()].rack = rack;
        }
    }

    pub(in crate::simulation) fn rack_nodes(&self, rack: RackId) -> impl Iterator<Item = NodeId> + use<> {
        self.rack_range(rack).map(|index| NodeId(index as u32))
    }

    /// The numbers of the nodes of a rack.
    pub(in crate::simulation) fn rack_range(&self, rack: RackId) -> std::ops::Range<usize> {
        let state = &self.racks[rack.index()];
        let climate = self.model.entry_of(state.site).climate.as_ref().expect("a rack with a state");
        let place = climate.racks[state.place as usize];
        let first = self.model.nodes_of(state.site).start;
        first + place.first as usize..first + place.end as usize
    }

    pub(super) fn rack_model(&self, rack: RackId) -> &'m super::RackModel {
        let model = self.model;
        let state = &self.racks[rack.index()];
        let climate = model.entry_of(state.site).climate.as_ref().expect("a rack with a state");
        &climate.kinds[usize::from(climate.racks[state.place as usize].kind)]
    }

    /// What the rack stands in: the room, or its own enclosure.
    fn surroundings(&self, rack: RackId, heat_of: Assumed) -> Inlet<'m> {
        let state = &self.racks[rack.index()];
        let model = self.rack_model(rack);
        match &model.held {
            Some(held) if state.cooling.enclosed(&model.cooling) => Inlet::steady(held, Kelvin(0.0)),
            _ => {
                let run = self.model;
                let weather = &run.entry_of(state.site).air;
                self.room_inlet(state.site, heat_of, weather)
            }
        }
    }

    /// The air around the nodes of a rack.
    pub(super) fn rack_inlet(&self, rack: RackId, heat_of: Assumed) -> Inlet<'m> {
        let state = &self.racks[rack.index()];
        let model = self.rack_model(rack);
        let heat = match heat_of {
            Assumed::Present => watts(state.heat),
            Assumed::Planned if state.planned.0.is_finite() => state.planned,
            Assumed::Planned | Assumed::Most => model.hottest,
        };
        let mut inlet = self.surroundings(rack, heat_of);
        inlet.offset += state.cooling.rise(&model.cooling, heat).0;
        inlet
    }

    /// What the control of the fans feels, without the heat of the rack.
    fn sensor_inlet(&self, rack: RackId) -> Inlet<'m> {
        let state = &self.racks[rack.index()];
        let mut inlet = self.surroundings(rack, Assumed::Present);
        inlet.offset += state.cooling.rise(&self.rack_model(rack).cooling, Watts(0.0)).0;
        inlet
    }

    pub(super) fn advance_sensor(&mut self, rack: RackId) {
        let now = self.engine.now();
        let state = &self.racks[rack.index()];
        let Some(masses) = state.cooling.sensor(&self.rack_model(rack).cooling) else { return };
        let mut sensor = state.sensor;
        sensor.advance(now, &masses, &self.sensor_inlet(rack), watts(state.heat - state.removed));
        self.racks[rack.index()].sensor = sensor;
    }

    /// Brings the nodes of a rack, and the control of its fans, to the present.
    pub(super) fn settle_rack(&mut self, rack: RackId) {
        self.charge_nodes(self.rack_nodes(rack));
        self.advance_sensor(rack);
    }

    /// The heat of a rack, which is settled, has changed. Returns by how much that of the room has.
    pub(in crate::simulation) fn rack_heat_changed(&mut self, rack: RackId, by: NodeId, change: i64) -> i64 {
        let now = self.engine.now();
        let state = &mut self.racks[rack.index()];
        state.heat += change;
        let rises = watts(state.heat) > state.planned;
        if rises {
            (state.planned, state.raised) = (Watts(f64::INFINITY), now);
        }
        let robust = state.robust;
        let removed = self.refresh_rack_power(rack);
        let shared = self.rack_model(rack).cooling.airflow.is_some();
        if shared {
            if !robust {
                self.plan_rack(rack);
            }
            for node in self.rack_nodes(rack).filter(|node| *node != by) {
                if rises || self.node(node).exact_check {
                    self.plan_heat_check(node, true);
                }
            }
        }
        change - removed
    }

    /// Draw, and heat that its own unit takes out; returns by how much that has changed.
    fn refresh_rack_power(&mut self, rack: RackId) -> i64 {
        let state = &self.racks[rack.index()];
        let cooling = &self.rack_model(rack).cooling;
        let heat = watts(state.heat);
        let removed = nano(state.cooling.removed(cooling, heat).0);
        let power = state.cooling.power(cooling, heat);
        let (site, change) = (state.site, removed - state.removed);
        if power != state.power {
            self.charge_site(site);
            let climate = &mut self.sites[site.index()].climate;
            // Summed anew, so that the sum does not depend on the order of changes.
            let fans = self.racks[rack.index()].cooling.fan_power(cooling);
            (self.racks[rack.index()].power, self.racks[rack.index()].fans) = (power, fans);
            let racks = self.model.entry_of(site).climate.as_ref().map_or(0, |it| it.racks.len());
            let first = climate.first_rack as usize;
            let mine = self.racks.iter().skip(first).take(racks);
            let (power, fans) =
                mine.fold((0.0, 0.0), |(power, fans), rack| (power + rack.power.0, fans + rack.fans.0));
            (climate.rack_power, climate.fan_power) = (Watts(power), Watts(fans));
        }
        self.racks[rack.index()].removed = removed;
        change
    }

    /// What works in a rack may have changed: the nodes are cooled otherwise from now on.
    pub(super) fn refresh_rack(&mut self, rack: RackId) {
        let site = self.racks[rack.index()].site;
        self.settle_site(site);
        let forced = self.sites[site.index()].climate.cooling_failed;
        let now = self.engine.now();
        let cooling = &self.rack_model(rack).cooling;
        let state = &mut self.racks[rack.index()];
        state.cooling.fan_failed = forced || state.fan.down;
        state.cooling.pump_failed = forced || state.pump.down;
        state.cooling.split_failed = forced || state.split.down;
        if let Some(dust) = &cooling.dust {
            let cleaned = dust.cleaned.map_or(u64::MAX, SimDuration::as_nanos);
            let step = DUST_STEP.as_nanos().min(cleaned);
            let begun = now.as_nanos() % cleaned / step * step;
            // The middle of the step, or of what is left of it until the next cleaning.
            state.cooling.dusty = SimDuration::from_nanos(begun + step.min(cleaned - begun) / 2);
            let left = step.min(cleaned - begun) - (now.as_nanos() % cleaned - begun);
            state.dust = now.saturating_add(SimDuration::from_nanos(left));
        }
        state.factor = state.cooling.factor(cooling);
        let removed = self.refresh_rack_power(rack);
        for node in self.rack_nodes(rack) {
            self.plan_heat_check(node, false);
        }
        if removed != 0 && self.room_params(site).is_some_and(|room| room.per_watt.0 > 0.0) {
            self.room_heat_changed(site, -removed, NodeId::NONE);
        }
        self.plan_rack(rack);
        self.load_changed(site);
    }

    /// Plans the next event of a rack, which is settled.
    pub(super) fn plan_rack(&mut self, rack: RackId) {
        let now = self.engine.now();
        let end = SimTime::ZERO + self.model.duration;
        let (step, robust) = self.next_step(rack);
        let state = &mut self.racks[rack.index()];
        state.robust = robust;
        Self::cancel(&mut self.engine, &mut state.next);
        let clocks = [state.fan, state.pump, state.leak, state.split].map(|clock| clock.next);
        let next = clocks.into_iter().chain([state.dust, step]).min().unwrap_or(SimTime::MAX);
        if next < end {
            state.next = self.engine.at(next.max(now), Event::Heat(HeatEvent::RackCheck { rack }));
        }
    }

    /// When the fans may go a step up or down, and whether that holds for any power.
    fn next_step(&mut self, rack: RackId) -> (SimTime, bool) {
        let end = SimTime::ZERO + self.model.duration;
        let state = &self.racks[rack.index()];
        let model = self.rack_model(rack);
        let Some(masses) = state.cooling.sensor(&model.cooling) else { return (SimTime::MAX, true) };
        let (up, down) = state.cooling.thresholds(&model.cooling);
        let shared_room = self.room_params(state.site).is_some_and(|room| room.per_watt.0 > 0.0);
        let (sensor, heat) = (state.sensor, watts(state.heat - state.removed));
        let inlet = self.sensor_inlet(rack);
        let known = &mut self.crossings;
        let mut first = |low: Watts, high: Watts| {
            let mut ask = |power, goal| {
                known.first(&Question { state: sensor, masses, inlet, power, goal, until: end })
            };
            let up = up.and_then(|at| ask(high, Goal::Level(Side::Above, at)));
            let down = down.and_then(|at| ask(low, Goal::Level(Side::Below, at)));
            up.into_iter().chain(down).min().unwrap_or(SimTime::MAX)
        };
        if !shared_room {
            let bound = first(Watts(0.0), model.hottest);
            if bound.since(self.engine.now()) > FAR {
                return (bound, true);
            }
        }
        (first(heat, heat), false)
    }

    /// Something happens in a rack.
    pub(in crate::simulation) fn rack_check(&mut self, rack: RackId) {
        let now = self.engine.now();
        let model = self.model;
        let site = self.racks[rack.index()].site;
        self.settle_site(site);
        let cooling = &self.rack_model(rack).cooling;
        let inlet = Celsius(self.sensor_inlet(rack).value(now));
        let state = &mut self.racks[rack.index()];
        state.next = Handle::NONE;
        let heat = watts(state.heat - state.removed);
        let (up, down) = state.cooling.thresholds(cooling);
        if cooling.fan.is_some() && state.cooling.sensor(cooling).is_some() {
            // A stop on the way may have cost the last bits of a crossing.
            const ROUNDING: f64 = 1e-9;
            if up.is_some_and(|at| state.sensor.die >= at.0 - ROUNDING) {
                state.cooling.shift(cooling, Side::Above, inlet, heat);
            } else if down.is_some_and(|at| state.sensor.die <= at.0 + ROUNDING) {
                state.cooling.shift(cooling, Side::Below, inlet, heat);
            }
        }
        let draws = &model.draws;
        let mut turned = [false; 4];
        if let Some(faults) = cooling.fan.as_ref().and_then(|fan| fan.faults.as_ref())
            && state.fan.next <= now
        {
            state.fan.turn((&faults.up, &faults.down), &draws.fan_fault, rack.0);
            turned[0] = true;
        }
        if let Some(faults) = cooling.liquid.as_ref().and_then(|liquid| liquid.pump.as_ref())
            && state.pump.next <= now
        {
            state.pump.turn((&faults.up, &faults.down), &draws.pump_fault, rack.0);
            turned[1] = true;
        }
        if let Some(leak) = cooling.liquid.as_ref().and_then(|liquid| liquid.leak.as_ref())
            && state.leak.next <= now
        {
            state.leak.turn((&leak.every, &leak.repair), &draws.liquid_leak, rack.0);
            turned[2] = true;
        }
        if let Some(faults) = cooling.split.as_ref().and_then(|unit| unit.faults.as_ref())
            && state.split.next <= now
        {
            state.split.turn((&faults.up, &faults.down), &draws.split_fault, rack.0);
            turned[3] = true;
        }
        let leaks = state.leak.down;
        for (kind, _) in turned.into_iter().enumerate().filter(|(_, turned)| *turned) {
            let what = (63 + kind as u64) << 32 | u64::from(rack.0);
            self.exogenous.pair(now.as_nanos(), what);
        }
        self.refresh_rack(rack);
        if turned[2] {
            for node in self.rack_nodes(rack) {
                if leaks {
                    self.reason_begins(node, Cause::Leak);
                } else {
                    self.reason_ends(node, Cause::Leak);
                }
            }
            self.load_changed(site);
        }
    }
}
