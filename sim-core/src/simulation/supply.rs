//! From grid to node: outages, breaker, UPS.
//!
//! Mains are there when no grid outage is in force and the breaker is closed. Without a UPS the nodes of the site share
//! the reason (`grid`, `breaker`) at once. With one, the battery carries the site until it is empty, overloaded or found
//! dead; then the reason is `ups`, until mains are back. A node that has
//! power again boots.

use super::PowerEvent;
use super::setup::Supply;
use super::{Event, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::world::fleet::{Cause, SiteId};

impl Simulation<'_> {
    /// Something happens between the grid and the sockets of a site.
    pub(super) fn power_event(&mut self, event: PowerEvent) {
        match event {
            PowerEvent::OutageBegins { domain } => self.outage_begins(domain),
            PowerEvent::OutageEnds { domain } => self.outage_ends(domain),
            PowerEvent::BreakerTrips { site } => self.breaker_trips(site),
            PowerEvent::BreakerRecloses { site } => self.breaker_recloses(site),
            PowerEvent::BatteryEmpty { site } => self.battery_empty(site),
            PowerEvent::BatteryFull { site } => self.battery_full(site),
        }
    }

    pub(super) fn schedule_outage(&mut self, domain: u32) {
        let now = self.engine.now();
        let state = &self.outages[domain as usize];
        let cause = &self.model.outages[usize::from(state.cause)];
        let storms = &self.model.regions[usize::from(cause.region)].storms;
        let at = state.process.next_down(now, &cause.outages, &cause.stream, storms);
        if at < SimTime::MAX {
            self.engine.at(at, Event::Power(PowerEvent::OutageBegins { domain }));
        }
    }

    pub(super) fn outage_begins(&mut self, domain: u32) {
        let now = self.engine.now();
        self.exogenous.word(u64::from(domain) << 1);
        self.exogenous.word(now.as_nanos());
        let model = self.model;
        let state = &mut self.outages[domain as usize];
        let cause = &model.outages[usize::from(state.cause)];
        let member = state.member as usize;
        let end = state.process.next_up(now, &cause.outages, &cause.stream);
        if end < SimTime::MAX {
            self.engine.at(end, Event::Power(PowerEvent::OutageEnds { domain }));
        }
        for site in cause.domains[member].iter().cloned().flatten().map(SiteId) {
            self.grid_lost(site);
        }
    }

    /// One more grid outage holds at `site`.
    pub(super) fn grid_lost(&mut self, site: SiteId) {
        self.sites[site.index()].outages += 1;
        if self.sites[site.index()].outages == 1 {
            self.collect.grid_outage();
            self.mains_cause_begins(site, Cause::Grid);
            self.cabinet_loses_mains(site);
            self.refresh_conditioning(site);
        }
    }

    /// One grid outage fewer holds at `site`.
    pub(super) fn grid_back(&mut self, site: SiteId) {
        self.sites[site.index()].outages -= 1;
        if self.sites[site.index()].outages == 0 {
            self.mains_cause_ends(site, Cause::Grid);
            self.cabinet_has_mains(site);
            self.refresh_conditioning(site);
        }
    }

    pub(super) fn outage_ends(&mut self, domain: u32) {
        self.exogenous.word(u64::from(domain) << 1 | 1);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &self.outages[domain as usize];
        let sites = &model.outages[usize::from(state.cause)].domains[state.member as usize];
        for site in sites.iter().cloned().flatten().map(SiteId) {
            self.grid_back(site);
        }
        self.schedule_outage(domain);
    }

    pub(super) fn breaker_trips(&mut self, site: SiteId) {
        let now = self.engine.now();
        let state = &mut self.sites[site.index()];
        state.breaker_event = Handle::NONE;
        let entry = self.model.entry_of(site);
        let breaker = entry.breaker.as_ref().expect("only a breaker trips");
        state.breaker.advance(now, crate::quantity::Watts(state.load.0 + state.charging.0), &breaker.params);
        state.breaker_open = true;
        if let Some(reclose) = &breaker.reclose {
            let after = reclose.draw_duration(&self.model.draws.reclose, site.0, state.trips);
            self.engine.after(after, Event::Power(PowerEvent::BreakerRecloses { site }));
        }
        state.trips += 1;
        self.collect.breaker_trip();
        self.mains_cause_begins(site, Cause::Breaker);
    }

    pub(super) fn breaker_recloses(&mut self, site: SiteId) {
        self.sites[site.index()].breaker_open = false;
        self.mains_cause_ends(site, Cause::Breaker);
    }

    /// A cause of lost mains begins.
    fn mains_cause_begins(&mut self, site: SiteId, cause: Cause) {
        self.charge_site(site);
        let has_ups = self.model.entry_of(site).ups.is_some();
        if !has_ups {
            self.sites[site.index()].supply = Supply::Dead;
            if self.is_only_mains_cause(site) {
                self.collect.site_outage();
            }
            self.begin_for_site(site, cause);
        } else if self.sites[site.index()].supply == Supply::Mains {
            self.call_ups(site);
        }
        self.load_changed(site);
    }

    /// A cause of lost mains ends; others may hold on.
    fn mains_cause_ends(&mut self, site: SiteId, cause: Cause) {
        self.charge_site(site);
        let state = &self.sites[site.index()];
        let mains = state.outages == 0 && !state.breaker_open;
        let supply = state.supply;
        if mains {
            self.sites[site.index()].supply = Supply::Mains;
        }
        if self.model.entry_of(site).ups.is_none() {
            self.end_for_site(site, cause);
        } else if mains && supply == Supply::Dead {
            self.end_for_site(site, Cause::Ups);
        }
        self.load_changed(site);
    }

    fn is_only_mains_cause(&self, site: SiteId) -> bool {
        let state = &self.sites[site.index()];
        u32::from(state.outages > 0) + u32::from(state.breaker_open) == 1
    }

    /// Mains are gone: the UPS takes over, if it can.
    fn call_ups(&mut self, site: SiteId) {
        let model = self.model;
        let Some(ups) = &model.entry_of(site).ups else { return };
        let state = &mut self.sites[site.index()];
        let dead = ups.fails_when_called(&model.draws.ups, site.0, state.calls);
        state.calls += 1;
        if dead || state.battery.charge.0 <= 0.0 || !ups.carries(state.load) {
            self.ups_gives_up(site);
        } else {
            state.supply = Supply::Battery;
        }
    }

    /// The battery is empty, dead or overloaded.
    fn ups_gives_up(&mut self, site: SiteId) {
        self.sites[site.index()].supply = Supply::Dead;
        self.collect.site_outage();
        self.begin_for_site(site, Cause::Ups);
    }

    pub(super) fn battery_empty(&mut self, site: SiteId) {
        self.charge_site(site);
        self.sites[site.index()].battery_event = Handle::NONE;
        self.ups_gives_up(site);
        self.load_changed(site);
    }

    pub(super) fn battery_full(&mut self, site: SiteId) {
        self.charge_site(site);
        self.sites[site.index()].battery_event = Handle::NONE;
        self.load_changed(site);
    }

    /// The site is without power. What its link was carrying is lost, unless its nodes hold their work.
    fn begin_for_site(&mut self, site: SiteId, cause: Cause) {
        let model = self.model;
        let holds = |(class, _): &(u16, u32)| model.classes[usize::from(*class)].holds;
        if !model.entry_of(site).layout.iter().all(holds) {
            self.lose_transfers(site);
        }
        for node in self.site_nodes(site) {
            self.reason_begins(node, cause);
        }
    }

    fn end_for_site(&mut self, site: SiteId, cause: Cause) {
        for node in self.site_nodes(site) {
            self.reason_ends(node, cause);
        }
    }
}
