//! Rooms with a state: their heat, the regimes of their air conditioning, its failures and its hours.
//!
//! A room has one pending event for its next change of regime. If that is far for any heat that the nodes can give off, it
//! is not predicted anew when their heat changes.

use super::{Clock, model, nano, watts};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::Watts;
use crate::scenario::FanSpeed;
use crate::simulation::state::Supply;
use crate::simulation::{Event, HeatEvent, Simulation};
use crate::world::fleet::{NodeId, RackId, SiteId};
use crate::world::thermal::RoomState;

/// A change of regime farther ahead than this, for any heat, needs no new prediction when the heat changes.
const FAR: SimDuration = SimDuration::from_secs(600);

/// A room with a state.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct Room {
    pub state: RoomState,
    /// Heat of the nodes less what units of racks take out, in nanowatts.
    pub(super) heat: i64,
    /// Of it, that of fans and UPS.
    pub(super) machines: i64,
    /// The heat up to which checks of nodes are early enough.
    pub(super) planned: Watts,
    pub(super) raised: SimTime,
    /// The next change of regime.
    pub(super) event: Handle,
    /// Whether `event` holds for any heat.
    pub(super) robust: bool,
    pub(super) faults: Clock,
    /// Heat removed that has been paid for.
    pub(super) paid: f64,
}

impl Simulation<'_> {
    /// The heat that flows into a room has changed; all in it are settled.
    pub(in crate::simulation) fn room_heat_changed(&mut self, site: SiteId, change: i64, by: NodeId) {
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

    /// What fans and UPS of a site give off may have changed.
    pub(in crate::simulation) fn refresh_machine_heat(&mut self, site: SiteId) {
        if self.room_params(site).is_none_or(|room| room.per_watt.0 == 0.0) {
            return;
        }
        let model = self.model;
        let entry = model.entry_of(site);
        let state = &self.sites[site.index()];
        let fans = entry.warming.0 + state.climate.fan_power.0;
        let standby = entry.ups_spec.as_ref().map_or(0.0, |ups| ups.standby.0);
        let heat = match state.supply {
            Supply::Mains => fans + standby,
            Supply::Battery => {
                fans + self.ups_now(site).map_or(0.0, |ups| ups.drain(state.load).0 - state.load.0).max(0.0)
            }
            Supply::Dead => 0.0,
        };
        let Some(room) = &state.climate.room else { return };
        let change = nano(heat) - room.machines;
        if change != 0 {
            self.settle_site(site);
            if let Some(room) = &mut self.sites[site.index()].climate.room {
                (room.machines, room.heat) = (room.machines + change, room.heat + change);
                room.state.set_heat(watts(room.heat));
                room.planned = Watts(f64::INFINITY);
                if let Some(params) = entry.climate.as_ref().and_then(|climate| climate.room.as_ref()) {
                    room.state.decide(params);
                }
            }
            // It changes seldom: everything is planned for what is now, not for the worst.
            self.room_changed(site);
        }
    }

    /// The room has a new course for another reason than its heat: everything is predicted anew.
    pub(super) fn room_changed(&mut self, site: SiteId) {
        self.plan_room(site);
        for node in self.site_nodes(site) {
            self.plan_heat_check(node, false);
        }
        self.replan_racks(site);
        self.rate_breaker_anew(site);
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
    pub(super) fn plan_room(&mut self, site: SiteId) {
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
    pub(in crate::simulation) fn room_check(&mut self, site: SiteId) {
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
    pub(in crate::simulation) fn setback(&mut self, site: SiteId) {
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

    pub(super) fn schedule_cooling_fault(&mut self, site: SiteId) {
        let Some(room) = &self.sites[site.index()].climate.room else { return };
        if room.faults.next < SimTime::MAX {
            self.engine.at(room.faults.next, Event::Heat(HeatEvent::CoolingFault { site }));
        }
    }

    /// The air conditioning of a room fails, or is repaired.
    pub(in crate::simulation) fn cooling_fault(&mut self, site: SiteId) {
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
    pub(in crate::simulation) fn refresh_conditioning(&mut self, site: SiteId) {
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
    pub(in crate::simulation) fn set_heat_offset(&mut self, site: SiteId, kelvins: f64) {
        self.settle_site(site);
        self.sum_ageing(site);
        self.sites[site.index()].climate.heat_offset = kelvins;
        self.room_changed(site);
    }

    /// All cooling machines of a site fail from now on, or do what they did before.
    pub(in crate::simulation) fn set_cooling_failed(&mut self, site: SiteId, failed: bool) {
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
}
