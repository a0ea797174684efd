//! The air of sites and racks where it depends on what the nodes do: rooms that the nodes warm, air conditioning, fans.
//!
//! Heat flows into rooms and racks change with every change of power. Before each, all nodes that feel it are brought to
//! the present under the old air (*settled*); then the room gets a new course. A site whose building has no conductance
//! and whose racks have no airflow needs none of it.
//!
//! Checks of temperatures are planned as in [`super::heat`], for the greatest heat of the whole site where they look ahead,
//! so that they are early enough whatever the neighbours do. A check that is planned for the present heat of room and rack
//! is planned anew when they come to hold more.
//!
//! The air conditioning of a room hangs on the mains of the site, on a circuit of its own: neither breaker nor UPS of the
//! racks carries it. Fans and units of racks hang where the nodes do.

mod model;
mod racks;

pub(super) use model::{ClimateModel, RackModel, RackPlan, is_forced, room_of};
pub(super) use racks::RackState;

use super::{Event, HeatEvent, Simulation};
use crate::kernel::{Dist, Handle, SimDuration, SimTime, Stream};
use crate::quantity::{Celsius, Watts};
use crate::scenario::{FanSpeed, Renewal};
use crate::world::fleet::{NodeId, RackId, SiteId};
use crate::world::thermal::{Inlet, MassState, Masses, RoomParams, RoomState, TemperatureSeries};

/// A change of regime farther ahead than this, for any heat, needs no new prediction when the heat changes.
const FAR: SimDuration = SimDuration::from_secs(600);
/// Heat is summed in whole nanowatts, so that it is the same whatever the order of changes.
const NANO: f64 = 1e9;

/// The air of a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Climate {
    pub room: Option<Box<Room>>,
    /// Draw of fans and units of racks, besides the fixed power of their cooling.
    pub rack_power: Watts,
    /// Kelvins added to the air from outside.
    heat_offset: f64,
    cooling_failed: bool,
    /// Number of the first rack of the site.
    pub first_rack: u32,
}

/// A room with a state.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub state: RoomState,
    /// Heat of the nodes less what units of racks take out, in nanowatts.
    heat: i64,
    /// The heat up to which checks of nodes are early enough.
    planned: Watts,
    raised: SimTime,
    /// The next change of regime.
    event: Handle,
    /// Whether `event` holds for any heat.
    robust: bool,
    faults: Clock,
    /// Heat removed that has been paid for.
    paid: f64,
}

/// Something that fails and is repaired, in calendar time. Draw `2k` is its k-th life, draw `2k + 1` the repair after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The next change.
    pub next: SimTime,
    cycle: u32,
    pub down: bool,
}

impl Clock {
    /// Something that never fails.
    pub const NEVER: Self = Self { next: SimTime::MAX, cycle: 0, down: false };

    /// Something new.
    pub fn new(up: &Dist, stream: &Stream, entity: u32) -> Self {
        Self { next: SimTime::ZERO.saturating_add(up.draw_duration(stream, entity, 0)), ..Self::NEVER }
    }

    pub fn of(faults: Option<&Renewal>, stream: &Stream, entity: u32) -> Self {
        faults.map_or(Self::NEVER, |faults| Self::new(&faults.up, stream, entity))
    }

    /// It fails, or is repaired.
    pub fn turn(&mut self, (up, down): (&Dist, &Dist), stream: &Stream, entity: u32) {
        self.down = !self.down;
        let after = if self.down {
            down.draw_duration(stream, entity, 2 * self.cycle + 1)
        } else {
            self.cycle += 1;
            up.draw_duration(stream, entity, 2 * self.cycle)
        };
        self.next = self.next.saturating_add(after);
    }
}

pub(super) fn nano(power: f64) -> i64 {
    libm::round(power * NANO) as i64
}

pub(super) fn watts(nano: i64) -> Watts {
    Watts(nano as f64 / NANO)
}

impl<'m> Simulation<'m> {
    /// The air of a site at t = 0.
    pub(super) fn start_climate(&mut self, site: SiteId) {
        let model = self.model;
        let entry = model.entry_of(site);
        let Some(climate) = &entry.climate else { return };
        let racks = climate.racks.len() as u32;
        let first_rack = climate.first_rack + (site.0 - entry.first_site) * racks;
        self.sites[site.index()].climate.first_rack = first_rack;
        if let Some(params) = &climate.room {
            self.sites[site.index()].climate.room = Some(Box::new(Room {
                state: RoomState::new(params, true),
                heat: 0,
                planned: Watts(0.0),
                raised: SimTime::ZERO,
                event: Handle::NONE,
                robust: false,
                faults: Clock::of(climate.faults.as_ref(), &model.draws.cooling_fault, site.0),
                paid: 0.0,
            }));
        }
        for rack in 0..racks {
            self.start_rack(RackId(first_rack + rack), site, rack);
        }
        for rack in 0..racks {
            self.refresh_rack(RackId(first_rack + rack));
        }
        self.schedule_cooling_fault(site);
        if climate.setback.is_some() {
            self.setback(site);
        }
        for node in self.site_nodes(site) {
            if self.masses(node).is_none() {
                continue;
            }
            let start = MassState::ambient(SimTime::ZERO, &self.inlet(node, false));
            let state = &mut self.nodes[node.index()];
            (state.heat.temperature, state.chassis) = (start.die, start.chassis);
        }
        self.plan_room(site);
    }

    /// The model of the room of a site, where it has a state.
    pub(super) fn room_params(&self, site: SiteId) -> Option<&'m RoomParams> {
        let model = self.model;
        model.entry_of(site).climate.as_ref()?.room.as_ref()
    }

    /// The masses of a node as they are cooled now; `None` where it is lumped.
    pub(super) fn masses(&self, node: NodeId) -> Option<Masses> {
        let state = self.node(node);
        let heat = self.model.classes[usize::from(state.class)].heat.as_ref()?;
        let masses = heat.masses?;
        if !state.rack.is_none() {
            return Some(masses.with_air_factor(self.racks[state.rack.index()].factor));
        }
        let failed = self.sites[state.site.index()].climate.cooling_failed;
        let factor = if failed { heat.cooling.0.max(1.0) } else { heat.cooling.0 };
        Some(masses.with_air_factor(factor))
    }

    /// The air that a node stands in, from the last advance on; with `hottest`, if the whole site were at its greatest power.
    pub(super) fn inlet(&self, node: NodeId, hottest: bool) -> Inlet<'m> {
        let model = self.model;
        let state = self.node(node);
        let heat = model.classes[usize::from(state.class)].heat.as_ref().expect("it is heated");
        let climate = &self.sites[state.site.index()].climate;
        if !state.rack.is_none() {
            return self.rack_inlet(state.rack, hottest);
        }
        let rise = if climate.cooling_failed { heat.cooling.1.0.max(0.0) } else { heat.cooling.1.0 };
        let mut inlet = self.room_inlet(state.site, hottest, &heat.air);
        inlet.offset += rise;
        inlet
    }

    /// The air of the room; `weather` if it has no state.
    fn room_inlet(&self, site: SiteId, hottest: bool, weather: &'m TemperatureSeries) -> Inlet<'m> {
        let climate = &self.sites[site.index()].climate;
        let model = self.model;
        let entry = model.entry_of(site).climate.as_deref();
        let mut inlet = match (&climate.room, entry.and_then(|entry| entry.room.as_ref())) {
            (Some(room), Some(params)) => {
                let most = entry.map_or(Watts(0.0), |entry| entry.hottest);
                room.state.inlet(params, if hottest { most } else { watts(room.heat) })
            }
            _ => Inlet::steady(weather, crate::quantity::Kelvin(0.0)),
        };
        inlet.offset += climate.heat_offset;
        inlet
    }

    /// Brings a node of masses to the present, at the power and in the air of the time before.
    pub(super) fn advance_masses(&mut self, node: NodeId, masses: Masses) {
        let now = self.engine.now();
        self.age(node);
        let state = self.node(node);
        if now <= state.heat.at {
            return;
        }
        let (power, from) = (self.heating_power(node), state.heat.at);
        let mut mass = MassState { die: state.heat.temperature, chassis: state.chassis, at: from };
        let inlet = self.inlet(node, false);
        let floor = Celsius(self.collect.hottest);
        let hottest = mass.max_until(now, &masses, &inlet, power, floor);
        let sum = mass.advance(now, &masses, &inlet, power);
        self.collect.hottest = hottest.0;
        let state = &mut self.nodes[node.index()];
        (state.heat.temperature, state.heat.at, state.chassis) = (mass.die, now, mass.chassis);
        state.degree_seconds += sum;
        if masses.leaks() {
            let mean = Celsius(sum / now.since(from).as_secs_f64());
            let drawn = state.power;
            let extra = masses.power_at(drawn, mean).0 - drawn.0;
            let extra = extra * now.since(from).as_secs_f64();
            state.energy += extra;
            state.leak_energy += extra;
        }
    }

    /// Brings all that shares the air of a site to the present.
    pub(super) fn settle_site(&mut self, site: SiteId) {
        let now = self.engine.now();
        let model = self.model;
        let entry = model.entry_of(site);
        for node in self.site_nodes(site) {
            self.charge_node(node);
        }
        let Some(climate) = &entry.climate else { return };
        let first = self.sites[site.index()].climate.first_rack;
        for rack in 0..climate.racks.len() as u32 {
            self.advance_sensor(RackId(first + rack));
        }
        let state = &mut self.sites[site.index()];
        if let (Some(room), Some(params)) = (&mut state.climate.room, &climate.room) {
            room.state.advance(params, now);
            let removed = room.state.removed().0;
            if let Some(cop) = params.conditioning.as_ref().and_then(|unit| unit.cop) {
                let drawn = (removed - room.paid) / cop;
                state.cooling_energy += drawn;
                state.conditioning_energy += drawn;
            }
            room.paid = removed;
        }
    }

    /// Before the power of `node` changes: settles all that will feel it.
    pub(super) fn settle_neighbours(&mut self, node: NodeId) {
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        if self.model.entry_of(site).climate.is_none() {
            return;
        }
        if self.room_params(site).is_some_and(|room| room.per_watt.0 > 0.0) {
            self.settle_site(site);
        } else if !rack.is_none() {
            self.settle_rack(rack);
        }
    }

    /// After the power of `node` has changed: room and rack hold more heat or less.
    pub(super) fn heat_changed(&mut self, node: NodeId, before: Watts, after: Watts) {
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        if self.model.entry_of(site).climate.is_none() {
            return;
        }
        let change = nano(after.0) - nano(before.0);
        let kept = if rack.is_none() { change } else { self.rack_heat_changed(rack, node, change) };
        if self.room_params(site).is_some_and(|room| room.per_watt.0 > 0.0) {
            self.room_heat_changed(site, kept, node);
        }
    }

    /// The heat that flows into a room has changed; all in it are settled.
    pub(super) fn room_heat_changed(&mut self, site: SiteId, change: i64, by: NodeId) {
        let now = self.engine.now();
        let model = self.model;
        let Some(params) = model.entry_of(site).climate.as_ref().and_then(|it| it.room.as_ref()) else {
            return;
        };
        let Some(room) = &mut self.sites[site.index()].climate.room else { return };
        room.heat += change;
        room.state.set_heat(watts(room.heat));
        let rises = watts(room.heat) > room.planned;
        if rises {
            (room.planned, room.raised) = (Watts(f64::INFINITY), now);
        }
        if !room.robust {
            if room.state.decide(params) {
                self.room_changed(site);
                return;
            }
            self.plan_room(site);
        }
        self.replan_racks(site);
        for node in self.site_nodes(site).filter(|node| *node != by) {
            if rises || self.node(node).exact_check {
                self.plan_heat_check(node, true);
            }
        }
    }

    /// The room has a new course for another reason than its heat: everything is predicted anew.
    fn room_changed(&mut self, site: SiteId) {
        self.plan_room(site);
        for node in self.site_nodes(site) {
            self.plan_heat_check(node, false);
        }
        self.replan_racks(site);
    }

    /// Predicts the steps of the fans of a site anew, where they have any.
    fn replan_racks(&mut self, site: SiteId) {
        let model = self.model;
        let Some(climate) = &model.entry_of(site).climate else { return };
        let first = self.sites[site.index()].climate.first_rack;
        for (rack, place) in (first..).zip(&climate.racks) {
            let fan = climate.kinds[usize::from(place.kind)].cooling.fan.as_ref();
            if fan.is_some_and(|fan| fan.speed == FanSpeed::Pwm) {
                self.plan_rack(RackId(rack));
            }
        }
    }

    /// Predicts the next change of regime of a room, which is settled.
    fn plan_room(&mut self, site: SiteId) {
        let now = self.engine.now();
        let model = self.model;
        let end = SimTime::ZERO + model.duration;
        let Some(climate) = &model.entry_of(site).climate else { return };
        let (Some(room), Some(params)) = (&mut self.sites[site.index()].climate.room, &climate.room) else {
            return;
        };
        Self::cancel(&mut self.engine, &mut room.event);
        let bound = room.state.next_change(params, Watts(0.0), climate.hottest, end);
        room.robust = bound.is_none_or(|at| at.since(now) > FAR);
        let at = if room.robust {
            bound
        } else {
            let heat = room.state.heat();
            room.state.next_change(params, heat, heat, end)
        };
        if let Some(at) = at.filter(|at| *at < end) {
            room.event = self.engine.at(at.max(now), Event::Heat(HeatEvent::RoomCheck { site }));
        }
    }

    /// The regime of a room may change.
    pub(super) fn room_check(&mut self, site: SiteId) {
        let model = self.model;
        self.settle_site(site);
        let Some(params) = model.entry_of(site).climate.as_ref().and_then(|it| it.room.as_ref()) else {
            return;
        };
        let Some(room) = &mut self.sites[site.index()].climate.room else { return };
        room.event = Handle::NONE;
        if room.state.decide(params) {
            self.room_changed(site);
        } else {
            self.plan_room(site);
        }
    }

    /// The setpoint of a room may change: it is day or night, working day or weekend.
    pub(super) fn setback(&mut self, site: SiteId) {
        let model = self.model;
        let now = self.engine.now();
        self.settle_site(site);
        let Some(climate) = &model.entry_of(site).climate else { return };
        let (Some(params), Some(setback)) = (&climate.room, &climate.setback) else { return };
        let seconds = model.start.seconds + (now.as_nanos() / 1_000_000_000) as i64;
        let (back, left) = model::set_back(setback, seconds);
        if let Some(room) = &mut self.sites[site.index()].climate.room {
            room.state.set_back(params, back);
        }
        self.engine.after(SimDuration::from_secs(left), Event::Heat(HeatEvent::Setback { site }));
        self.room_changed(site);
    }

    fn schedule_cooling_fault(&mut self, site: SiteId) {
        let Some(room) = &self.sites[site.index()].climate.room else { return };
        if room.faults.next < SimTime::MAX {
            self.engine.at(room.faults.next, Event::Heat(HeatEvent::CoolingFault { site }));
        }
    }

    /// The air conditioning of a room fails, or is repaired.
    pub(super) fn cooling_fault(&mut self, site: SiteId) {
        let model = self.model;
        let faults = model.entry_of(site).climate.as_ref().and_then(|climate| climate.faults.as_ref());
        let (Some(faults), Some(room)) = (faults, &mut self.sites[site.index()].climate.room) else {
            return;
        };
        room.faults.turn((&faults.up, &faults.down), &model.draws.cooling_fault, site.0);
        let down = room.faults.down;
        self.exogenous
            .pair(self.engine.now().as_nanos(), 62 << 33 | u64::from(site.0) << 1 | u64::from(down));
        self.schedule_cooling_fault(site);
        self.refresh_conditioning(site);
    }

    /// Whether the air conditioning of a site can run may have changed.
    pub(super) fn refresh_conditioning(&mut self, site: SiteId) {
        let model = self.model;
        let Some(climate) = model.entry_of(site).climate.as_ref() else { return };
        let Some(params) = &climate.room else { return };
        if params.conditioning.is_none() {
            return;
        }
        self.settle_site(site);
        let state = &mut self.sites[site.index()];
        let failed = state.climate.cooling_failed;
        let mains = state.outages == 0 || climate.ideal;
        if let Some(room) = &mut state.climate.room {
            let runs = mains && !failed && !room.faults.down;
            room.state.set_running(params, runs);
        }
        self.room_changed(site);
    }

    /// Adds this to the temperature of the air of a site from now on, in kelvins, in place of what was added before.
    pub(super) fn set_heat_offset(&mut self, site: SiteId, kelvins: f64) {
        self.settle_site(site);
        self.sites[site.index()].climate.heat_offset = kelvins;
        self.room_changed(site);
    }

    /// All cooling machines of a site fail from now on, or do what they did before.
    pub(super) fn set_cooling_failed(&mut self, site: SiteId, failed: bool) {
        self.settle_site(site);
        self.sites[site.index()].climate.cooling_failed = failed;
        let first = self.sites[site.index()].climate.first_rack;
        let racks = self.model.entry_of(site).climate.as_ref().map_or(0, |climate| climate.racks.len());
        for rack in 0..racks as u32 {
            self.refresh_rack(RackId(first + rack));
        }
        self.refresh_conditioning(site);
        self.room_changed(site);
    }

    /// Whether checks of `node` may be planned for the present heat of its room and rack: that is worth while if they have
    /// been quiet. Notes what they are planned for.
    pub(super) fn plans_for_present(&mut self, node: NodeId, quiet: SimDuration) -> bool {
        let now = self.engine.now();
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        let is_quiet = |raised: SimTime| raised == SimTime::ZERO || now.since(raised) > quiet;
        let room = self.sites[site.index()].climate.room.as_deref();
        let present = room.is_none_or(|room| is_quiet(room.raised))
            && (rack.is_none() || is_quiet(self.racks[rack.index()].raised));
        if present {
            if let Some(room) = &mut self.sites[site.index()].climate.room {
                room.planned = Watts(room.planned.0.min(room.state.heat().0));
            }
            if !rack.is_none() {
                let state = &mut self.racks[rack.index()];
                state.planned = Watts(state.planned.0.min(watts(state.heat).0));
            }
        }
        present
    }
}
