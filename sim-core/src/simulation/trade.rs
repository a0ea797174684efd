//! Batteries that are charged while electricity is cheap and carry the load while it is dear, down to a reserve for outages.
//!
//! A battery that trades is on, with mains there: an outage finds it carrying the load already, with what is left in it. It earns the
//! difference of the prices less what the UPS loses. A battery that is dead, empty to its reserve, or too weak for the load does not
//! trade. Left out: feeding in, and wear by cycles.

use super::Simulation;
use super::state::Supply;
use crate::kernel::Handle;
use crate::quantity::Joules;
use crate::world::fleet::SiteId;
use crate::world::power::UpsParams;

/// A battery this much above its reserve, in parts, is worth switching to.
const WORTH: f64 = 1e-6;

impl Simulation<'_> {
    /// Share of the battery of a site that is for outages alone; `None` where it is not traded with.
    fn reserve_share(&self, site: SiteId) -> Option<f64> {
        self.energy_rules(site)?.0.reserve()
    }

    /// What a battery that trades leaves in itself; nothing if it does not trade.
    pub(super) fn traded_reserve(&self, site: SiteId) -> Joules {
        if !self.sites[site.index()].power.trading {
            return Joules(0.0);
        }
        let energy = self.ups_now(site).map_or(0.0, |ups| ups.energy.0);
        Joules(self.reserve_share(site).unwrap_or(0.0) * energy)
    }

    /// Up to where the battery of a site is charged now; `None`: not at all. Without trade it is charged until it is full.
    pub(super) fn charging_target(&self, site: SiteId, ups: UpsParams) -> Option<UpsParams> {
        let Some((rules, level)) = self.energy_rules(site) else { return Some(ups) };
        let Some(reserve) = rules.reserve().filter(|_| !level.charges) else { return Some(ups) };
        let energy = Joules(reserve * ups.energy.0);
        (self.sites[site.index()].battery.charge < energy).then_some(UpsParams { energy, ..ups })
    }

    /// The price or the supply may have changed: the battery takes the load, or gives it back to the mains.
    pub(super) fn trade(&mut self, site: SiteId) {
        let Some(share) = self.reserve_share(site) else { return };
        let Some((_, level)) = self.energy_rules(site) else { return };
        let Some(ups) = self.ups_now(site) else { return };
        self.charge_site(site);
        let now = self.engine.now();
        let state = &mut self.sites[site.index()];
        let worth = state.battery.charge.0 > share * ups.energy.0 + WORTH * ups.energy.0;
        let sound = now < state.power.battery_dies;
        if level.discharges && state.supply == Supply::Mains && worth && sound && ups.carries(state.load) {
            state.supply = Supply::Battery;
            state.power.trading = true;
            self.renew_leaks(site);
        } else if !level.discharges && state.power.trading {
            self.back_to_mains(site);
        }
        self.load_changed(site);
    }

    fn back_to_mains(&mut self, site: SiteId) {
        let state = &mut self.sites[site.index()];
        state.power.trading = false;
        state.supply = Supply::Mains;
    }

    /// Mains are gone: a battery that carries the load goes on, for another reason.
    pub(super) fn stop_trading(&mut self, site: SiteId) {
        self.sites[site.index()].power.trading = false;
    }

    /// A battery that trades has only its reserve left.
    pub(super) fn reserve_reached(&mut self, site: SiteId) {
        self.charge_site(site);
        self.sites[site.index()].battery_event = Handle::NONE;
        self.back_to_mains(site);
        self.load_changed(site);
    }
}
