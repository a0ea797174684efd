//! From grid to node: mains, breaker, UPS.
//!
//! Mains are there when no grid outage is in force, the voltage is enough to run on, and the breaker is closed. Without a UPS the
//! nodes of the site share the reason (`grid`, `sag`, `breaker`) at once, or when their power supplies have held up for as long as
//! they can. With one, the battery carries the site until it is empty, overloaded or found dead; then the reason is `ups`, until
//! mains are back. A node that has power again boots.

use super::PowerEvent;
use super::Simulation;
use super::state::Supply;
use crate::kernel::Handle;
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
            PowerEvent::DipBegins { domain } => self.dip_begins(domain),
            PowerEvent::DipEnds { domain } => self.dip_ends(domain),
            PowerEvent::Surge { domain } => self.surge(domain),
            PowerEvent::HoldUpOver { node } => self.hold_up_over(node),
            PowerEvent::Transferred { site } => self.transferred(site),
            PowerEvent::BreakerCheck { site } => self.breaker_check(site),
            PowerEvent::NeighbourSwitches { site } => self.neighbour_switches(site),
            PowerEvent::BatteryFoundDead { site } => self.self_test(site),
            PowerEvent::BatteryReplaced { site } => self.battery_replaced(site),
            PowerEvent::StaggerOver { node } => self.stagger_over(node),
            PowerEvent::LeakCheck { node } => self.leak_check(node),
            PowerEvent::OutageAnnounced { domain } => self.outage_announced(domain),
            PowerEvent::DamageRepaired { node } => {
                self.nodes[node.index()].damage_event = Handle::NONE;
                self.fault_ends(node);
            }
        }
    }

    /// A cause of lost mains begins.
    pub(super) fn mains_cause_begins(&mut self, site: SiteId, cause: Cause) {
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
        self.stop_trading(site);
        self.refresh_restraint(site);
        self.load_changed(site);
    }

    /// A cause of lost mains ends; others may hold on.
    pub(super) fn mains_cause_ends(&mut self, site: SiteId, cause: Cause) {
        self.charge_site(site);
        let state = &self.sites[site.index()];
        let mains = state.outages == 0 && !state.breaker_open && state.power.undervoltage == 0;
        let supply = state.supply;
        let sagging = cause == Cause::Sag && state.power.sags > 0;
        if mains {
            self.sites[site.index()].supply = Supply::Mains;
        }
        if self.model.entry_of(site).ups.is_none() {
            if !sagging {
                self.end_for_site(site, cause);
            }
        } else if mains && supply == Supply::Dead {
            self.end_for_site(site, Cause::Ups);
        }
        self.refresh_restraint(site);
        self.load_changed(site);
        self.trade(site);
    }

    fn is_only_mains_cause(&self, site: SiteId) -> bool {
        let state = &self.sites[site.index()];
        let undervoltage = state.power.undervoltage > 0;
        u32::from(state.outages > 0) + u32::from(state.breaker_open) + u32::from(undervoltage) == 1
    }
}
