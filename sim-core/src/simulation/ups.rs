//! The UPS of a site: called when mains are lost, charged when they are back, and its battery, which ages, dies and is replaced.
//!
//! When a battery dies is drawn when it is installed, so the self-test that will find it is known at once: an idle UPS has no
//! events. What is found dead stays in place, of no use, until it is replaced.

use super::state::Supply;
use super::{Event, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Joules, Watts};
use crate::world::fleet::{Cause, SiteId};
use crate::world::power::ride_through::hold_up;
use crate::world::power::{BatteryUse, UpsParams};

impl Simulation<'_> {
    /// Mains are gone: the UPS takes over, if it can.
    pub(super) fn call_ups(&mut self, site: SiteId) {
        let now = self.engine.now();
        let model = self.model;
        let entry = model.entry_of(site);
        let Some(ups) = &entry.ups else { return };
        let state = &mut self.sites[site.index()];
        let mut dead = ups.fails_when_called(&model.draws.ups, site.0, state.calls);
        state.calls += 1;
        if now >= state.power.battery_dies {
            dead = true;
            self.found_dead(site);
        }
        let state = &mut self.sites[site.index()];
        if dead || state.battery.charge.0 <= 0.0 || !ups.carries(state.load) {
            self.ups_gives_up(site);
            return;
        }
        state.supply = Supply::Battery;
        self.renew_leaks(site);
        if let Some(gap) = entry.ups_spec.as_ref().and_then(|ups| ups.transfer) {
            self.ups_gap(site, gap);
        }
    }

    /// The output of the UPS is missing for `gap`: nodes whose power supply does not hold up for so long are down.
    fn ups_gap(&mut self, site: SiteId, gap: SimDuration) {
        let mut lost = false;
        for node in self.site_nodes(site) {
            let state = self.node(node);
            let class = &self.model.classes[usize::from(state.class)];
            let holds = hold_up(class.hold_up.unwrap_or_default(), state.power, class.peak);
            if holds < gap && !state.reasons.is_off() {
                lost = true;
                self.reason_begins(node, Cause::Ups);
            }
        }
        if lost {
            self.engine.after(gap, Event::Power(PowerEvent::Transferred { site }));
        }
    }

    pub(super) fn transferred(&mut self, site: SiteId) {
        if self.sites[site.index()].supply != Supply::Dead {
            self.end_for_site(site, Cause::Ups);
            self.load_changed(site);
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
        self.refresh_restraint(site);
        self.load_changed(site);
    }

    pub(super) fn battery_full(&mut self, site: SiteId) {
        self.charge_site(site);
        self.sites[site.index()].battery_event = Handle::NONE;
        self.load_changed(site);
    }

    /// A new battery is in place: it is known when it dies, and which self-test finds that.
    pub(super) fn install_battery(&mut self, site: SiteId) {
        let now = self.engine.now();
        let model = self.model;
        let Some(ups) = &model.entry_of(site).ups_spec else { return };
        let Some(death) = &ups.death else { return };
        let draws = &model.draws.power;
        let power = &mut self.sites[site.index()].power;
        power.found_dead = false;
        let life = death.lifetime.draw_duration(&draws.battery, site.0, 2 * power.battery_number);
        power.battery_dies = now.saturating_add(life);
        let dies = power.battery_dies;
        if let Some(period) = ups.self_test.filter(|_| dies < SimTime::MAX) {
            let phase = SimTime::from_secs_f64(period.as_secs_f64() * draws.self_test.unit(site.0, 0));
            let periods = dies.since(phase).as_nanos().div_ceil(period.as_nanos());
            let test =
                phase.saturating_add(SimDuration::from_nanos(periods.saturating_mul(period.as_nanos())));
            if test < SimTime::MAX {
                self.engine.at(test, Event::Power(PowerEvent::BatteryFoundDead { site }));
            }
        }
    }

    pub(super) fn self_test(&mut self, site: SiteId) {
        if self.engine.now() >= self.sites[site.index()].power.battery_dies {
            self.found_dead(site);
        }
    }

    /// Somebody knows now that the battery is dead.
    fn found_dead(&mut self, site: SiteId) {
        let model = self.model;
        let power = &mut self.sites[site.index()].power;
        if std::mem::replace(&mut power.found_dead, true) {
            return;
        }
        self.collect.dead_batteries += 1;
        let death = model.entry_of(site).ups_spec.as_ref().and_then(|ups| ups.death.as_ref());
        if let Some(replacement) = death.and_then(|death| death.replacement.as_ref()) {
            let after =
                replacement.draw_duration(&model.draws.power.battery, site.0, 2 * power.battery_number + 1);
            self.engine.after(after, Event::Power(PowerEvent::BatteryReplaced { site }));
        }
    }

    pub(super) fn battery_replaced(&mut self, site: SiteId) {
        self.charge_site(site);
        let entry = self.model.entry_of(site);
        let used = entry.ageing.as_ref().map_or(0.0, |ageing| self.life_used(site, ageing));
        let state = &mut self.sites[site.index()];
        if let Some(ups) = &entry.ups {
            state.power.brought_energy += ups.energy.0 - state.battery.charge.0;
            state.battery.charge = ups.energy;
        }
        state.power.battery_number += 1;
        state.power.age_before = used;
        self.install_battery(site);
        self.load_changed(site);
    }

    /// The UPS of a site with what its battery can hold now.
    pub(super) fn ups_now(&self, site: SiteId) -> Option<UpsParams> {
        let entry = self.model.entry_of(site);
        let mut ups = entry.ups?;
        if let Some(ageing) = &entry.ageing {
            let used = self.life_used(site, ageing) - self.sites[site.index()].power.age_before;
            ups.energy = Joules(ups.energy.0 * ageing.capacity_after(used));
        }
        Some(ups)
    }

    /// What is in the battery of a site now, of what it can hold; NaN without one.
    pub(super) fn charge_share(&self, site: SiteId) -> f64 {
        let Some(ups) = self.ups_now(site) else { return f64::NAN };
        let state = &self.sites[site.index()];
        let doing = match state.supply {
            Supply::Mains => BatteryUse::Charge,
            Supply::Battery => BatteryUse::Carry(state.load),
            Supply::Dead => BatteryUse::Rest,
        };
        let mut battery = state.battery;
        battery.charge.0 = battery.charge.0.min(ups.energy.0);
        battery.advance(self.engine.now(), doing, &ups);
        battery.charge.0 / ups.energy.0
    }

    /// Brings the battery of a site up to date, and what its UPS has taken from the mains and lost.
    pub(super) fn charge_ups(&mut self, site: SiteId) {
        self.settle_ageing(site);
        let Some(ups) = self.ups_now(site) else { return };
        let now = self.engine.now();
        let standby = self.model.entry_of(site).ups_spec.as_ref().map_or(Watts(0.0), |ups| ups.standby);
        let target = self.charging_target(site, ups);
        let state = &mut self.sites[site.index()];
        let doing = match state.supply {
            Supply::Mains if target.is_none() => BatteryUse::Rest,
            Supply::Mains => BatteryUse::Charge,
            Supply::Battery => BatteryUse::Carry(state.load),
            Supply::Dead => BatteryUse::Rest,
        };
        let seconds = now.since(state.battery.at).as_secs_f64();
        let faded = (state.battery.charge.0 - ups.energy.0).max(0.0);
        state.battery.charge.0 -= faded;
        let before = state.battery.charge.0;
        state.battery.advance(now, doing, &target.unwrap_or(ups));
        let change = state.battery.charge.0 - before;
        state.power.loss_energy += faded;
        match state.supply {
            Supply::Mains => {
                state.power.mains_energy += (state.load.0 + standby.0) * seconds + change;
                state.power.loss_energy += standby.0 * seconds;
            }
            Supply::Battery => state.power.loss_energy += -change - state.load.0 * seconds,
            Supply::Dead => {}
        }
    }
}
