//! The breaker of a site: when it trips, and who recloses it when.
//!
//! The trip is predicted anew whenever the load, the voltage or the rating changes. In a room whose air changes (see
//! [`super::place`]), the rating that holds for the next [`WINDOW`] is that of the hottest air in it, so a trip comes too early rather
//! than too late; air that changes by d kelvins in the window moves the current at which it trips by the share `per_K · d` at most. No
//! check is made while the air stays below the temperature from which the rating falls.

use super::model::BreakerModel;
use super::state::Supply;
use super::{Event, Model, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::scenario::Reclose;
use crate::world::fleet::{Cause, SiteId};
use crate::world::power::{BreakerParams, DipDists, rating_at};
use crate::world::thermal::Inlet;
use crate::world::thermal::series::Side;

/// For how long a rating holds in air that changes.
const WINDOW: SimDuration = SimDuration::from_secs(900);
/// What marks words of other loads in the digest of the world.
const NEIGHBOUR_MARK: u64 = 1 << 42;
const DAY_SECONDS: i64 = 86_400;

impl Simulation<'_> {
    pub(super) fn breaker_trips(&mut self, site: SiteId) {
        let model = self.model;
        self.charge_site(site);
        let breaker = model.entry_of(site).breaker.as_ref().expect("only a breaker trips");
        let state = &mut self.sites[site.index()];
        state.breaker_event = Handle::NONE;
        state.breaker_open = true;
        let trip = state.trips;
        state.trips += 1;
        self.collect.breaker_trip();
        let leaves = breaker.fatigue.is_some_and(|fatigue| {
            trip + 1 >= fatigue.trips && model.draws.power.fatigue.unit(site.0, trip) < fatigue.leave
        });
        if leaves {
            self.collect.sites_left += 1;
        } else if let Some(after) = self.recloses_after(breaker, site, trip) {
            self.engine.after(after, Event::Power(PowerEvent::BreakerRecloses { site }));
        }
        self.mains_cause_begins(site, Cause::Breaker);
    }

    fn recloses_after(&self, breaker: &BreakerModel, site: SiteId, trip: u32) -> Option<SimDuration> {
        let dist = match breaker.reclose.as_ref()? {
            Reclose::Always(dist) => dist,
            Reclose::ByClock { day, night, weekend } => {
                match (part_of_week(self.model, self.engine.now()), weekend) {
                    (PartOfWeek::Weekend(_), Some(weekend)) => weekend,
                    (PartOfWeek::Weekend(true) | PartOfWeek::Day, _) => day,
                    (PartOfWeek::Weekend(false) | PartOfWeek::Night, _) => night,
                }
            }
        };
        Some(dist.draw_duration(&self.model.draws.reclose, site.0, trip))
    }

    pub(super) fn breaker_recloses(&mut self, site: SiteId) {
        self.sites[site.index()].breaker_open = false;
        self.mains_cause_ends(site, Cause::Breaker);
    }

    /// What flows through the breaker of a site, as a load at full voltage.
    fn through(&self, site: SiteId) -> Watts {
        let state = &self.sites[site.index()];
        let standby = self.model.entry_of(site).ups_spec.as_ref().map_or(0.0, |ups| ups.standby.0);
        let own = match state.supply {
            Supply::Mains => state.load.0 + state.charging.0 + standby,
            Supply::Battery | Supply::Dead => 0.0,
        };
        let live = state.outages == 0 && !state.breaker_open;
        let others = if live { state.power.neighbour.0 } else { 0.0 };
        Watts((own + others) / state.power.voltage())
    }

    /// Brings the thermal replica of the breaker of a site up to date.
    pub(super) fn charge_breaker(&mut self, site: SiteId) {
        let now = self.engine.now();
        let through = self.through(site);
        let state = &mut self.sites[site.index()];
        if let Some(params) = state.power.breaker {
            state.breaker.advance(now, through, &params.derated(state.power.rating));
        }
    }

    /// Predicts anew when the breaker of a site trips.
    pub(super) fn plan_breaker(&mut self, site: SiteId) {
        let Some(breaker) = &self.model.entry_of(site).breaker else { return };
        self.rate_breaker(site, breaker);
        let through = self.through(site);
        let state = &mut self.sites[site.index()];
        Self::cancel(&mut self.engine, &mut state.breaker_event);
        // Nodes switch on one after the other, but in the same instant.
        let fresh = state.power.inrush_at == self.engine.now();
        let inrush = if fresh { state.power.inrush } else { Watts(0.0) };
        let live = state.outages == 0 && !state.breaker_open && state.power.undervoltage == 0;
        let Some(params) = state.power.breaker.filter(|_| live) else { return };
        let params: BreakerParams = params.derated(state.power.rating);
        let at_first = Watts(through.0 + inrush.0 / state.power.voltage());
        let after = if inrush.0 > 0.0 && params.trips_at_once(at_first) {
            Some(SimDuration::ZERO)
        } else {
            state.breaker.trips_after(through, &params)
        };
        if let Some(after) = after {
            state.breaker_event = self.engine.after(after, Event::Power(PowerEvent::BreakerTrips { site }));
        }
    }

    /// The rating of the breaker for the next while, and when to look again.
    fn rate_breaker(&mut self, site: SiteId, breaker: &BreakerModel) {
        let Some(derating) = &breaker.derating else { return };
        let now = self.engine.now();
        let end = SimTime::ZERO + self.model.duration;
        let until = now.saturating_add(WINDOW);
        let (air, heat) = (self.room_air(site), self.room_heat(site).0);
        let rating = rating_at(hottest(&air, now, until, derating.above), derating);
        let power = &mut self.sites[site.index()].power;
        power.rating = rating;
        let look = if rating < 1.0 {
            power.breaker_look.min(until)
        } else if heat <= power.breaker_heat {
            power.breaker_look
        } else {
            heats_up(&air, until, end, derating.above)
        };
        power.breaker_heat = power.breaker_heat.max(heat);
        if look != power.breaker_look {
            power.breaker_look = look;
            Self::cancel(&mut self.engine, &mut power.breaker_check);
            if look < end {
                power.breaker_check = self.engine.at(look, Event::Power(PowerEvent::BreakerCheck { site }));
            }
        }
    }

    /// The air of a room has a new course.
    pub(super) fn rate_breaker_anew(&mut self, site: SiteId) {
        let derating = self.model.entry_of(site).breaker.as_ref().and_then(|breaker| breaker.derating);
        if derating.is_some() {
            self.charge_breaker(site);
            self.sites[site.index()].power.breaker_heat = f64::NEG_INFINITY;
            self.plan_breaker(site);
        }
    }

    pub(super) fn breaker_check(&mut self, site: SiteId) {
        let power = &mut self.sites[site.index()].power;
        power.breaker_check = Handle::NONE;
        (power.breaker_look, power.breaker_heat) = (SimTime::MAX, f64::NEG_INFINITY);
        self.load_changed(site);
    }

    pub(super) fn start_neighbours(&mut self, site: SiteId) {
        let Some(dists) = neighbours(self.model, site) else { return };
        let at = self.sites[site.index()].power.neighbours.next(
            self.engine.now(),
            dists,
            &self.model.draws.power.neighbour,
        );
        if at < SimTime::MAX {
            self.engine.at(at, Event::Power(PowerEvent::NeighbourSwitches { site }));
        }
    }

    pub(super) fn neighbour_switches(&mut self, site: SiteId) {
        let Some(dists) = neighbours(self.model, site) else { return };
        self.charge_site(site);
        let power = &mut self.sites[site.index()].power;
        let on = power.neighbour.0 == 0.0;
        self.exogenous.word(u64::from(site.0) << 1 | u64::from(on) | NEIGHBOUR_MARK);
        self.exogenous.word(self.engine.now().as_nanos());
        if on {
            let (lasts, load) = power.neighbours.begin(dists, &self.model.draws.power.neighbour);
            // A load of nothing is on all the same.
            power.neighbour = Watts(load.max(f64::MIN_POSITIVE));
            self.exogenous.number(load);
            self.engine.after(lasts, Event::Power(PowerEvent::NeighbourSwitches { site }));
        } else {
            power.neighbour = Watts(0.0);
            self.start_neighbours(site);
        }
        self.load_changed(site);
    }
}

fn neighbours<'m>(model: &'m Model, site: SiteId) -> Option<DipDists<'m>> {
    let neighbours = model.entry_of(site).breaker.as_ref()?.neighbours.as_ref()?;
    Some(DipDists { every: &neighbours.every, lasts: &neighbours.lasts, size: &neighbours.load })
}

/// The hottest that this air is between two instants, or `floor` if it is never hotter.
fn hottest(air: &Inlet<'_>, from: SimTime, to: SimTime, floor: Celsius) -> Celsius {
    if air.is_steady() {
        return Celsius(floor.0.max(air.air.max_between(from, to).0 + air.offset));
    }
    Celsius(air.highest(from, to, floor.0))
}

/// When, from `from` on, the air may rise above `level`; in air that is a series, the knot before the first that is above it.
fn heats_up(air: &Inlet<'_>, from: SimTime, end: SimTime, level: Celsius) -> SimTime {
    if !air.is_steady() {
        return air.crossing(Side::Above, level, from, end).unwrap_or(SimTime::MAX);
    }
    let segment = air.air.segment(from);
    match air.air.first_knot(segment.index + 1, Side::Above, Celsius(level.0 - air.offset)) {
        Some(knot) => air.air.knot_time(knot - 1).max(from),
        None => SimTime::MAX,
    }
}

/// When people are about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum PartOfWeek {
    Day,
    Night,
    /// By day or by night.
    Weekend(bool),
}

fn part_of_week(model: &Model, now: SimTime) -> PartOfWeek {
    let seconds = model.start.seconds + now.as_secs_f64() as i64;
    let hour = seconds.rem_euclid(DAY_SECONDS) / 3600;
    let day = (7..22).contains(&hour);
    // 1970-01-01 was a Thursday; Saturday and Sunday are two and three days later.
    match seconds.div_euclid(DAY_SECONDS).rem_euclid(7) {
        2 | 3 => PartOfWeek::Weekend(day),
        _ if day => PartOfWeek::Day,
        _ => PartOfWeek::Night,
    }
}
