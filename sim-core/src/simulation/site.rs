//! Power of nodes and sites: who draws what, and what that does to breaker and battery.

use super::PowerEvent;
use super::setup::{Rest, Supply};
use super::{Event, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Watts;
use crate::scenario::ThrottlePower;
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::power::BatteryUse;

impl Simulation<'_> {
    /// What `node` draws in its present state.
    fn draw_of(&self, node: NodeId) -> Watts {
        let state = self.node(node);
        let class = &self.model.classes[usize::from(state.class)];
        if state.reasons.is_off() {
            return Watts(0.0);
        }
        if state.reasons.contains(Cause::Booting) {
            return class.boot_power;
        }
        match (&class.sleep, state.rest) {
            (Some(sleep), Rest::Asleep) => return sleep.power,
            (Some(_), Rest::Waking) => return class.boot_power,
            _ => {}
        }
        let busy = f64::from(self.busy_slots(node)) / f64::from(class.slots);
        let normal = class.idle.0 + (class.peak.0 - class.idle.0) * busy;
        let throttle = class.heat.as_ref().and_then(|heat| heat.throttle.as_ref());
        match throttle.filter(|_| state.throttled).map(|throttle| throttle.power) {
            None => Watts(normal),
            Some(ThrottlePower::Factor(factor)) => Watts(normal * factor),
            Some(ThrottlePower::Cap(cap)) => Watts(normal.min(cap.0)),
        }
    }

    /// Brings the draw of `node` up to date: charges the energy and the heat of the time before.
    pub(super) fn refresh_power(&mut self, node: NodeId) {
        let class = &self.model.classes[usize::from(self.node(node).class)];
        if class.peak.0 == 0.0 && class.idle.0 == 0.0 {
            return;
        }
        let power = self.draw_of(node);
        if power == self.node(node).power {
            return;
        }
        self.charge_node(node);
        self.nodes[node.index()].power = power;
        self.power_changed_heat(node);
        self.power_changed_wear(node);
    }

    /// Charges the energy used and the heat taken up since the last change.
    pub(super) fn charge_node(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.advance_heat(node);
        self.charge_extra_heat(node);
        let state = &mut self.nodes[node.index()];
        state.energy += state.power.0 * now.since(state.energy_at).as_secs_f64();
        state.energy_at = now;
    }

    /// Brings cooling energy, breaker and battery of a site up to date, at the load of the time before.
    pub(super) fn charge_site(&mut self, site: SiteId) {
        let now = self.engine.now();
        let entry = self.model.entry_of(site);
        let state = &mut self.sites[site.index()];
        if state.supply != Supply::Dead {
            state.cooling_energy += entry.cooling.0 * now.since(state.cooling_at).as_secs_f64();
        }
        state.cooling_at = now;
        if let Some(breaker) = &entry.breaker {
            let through = match state.supply {
                Supply::Mains => Watts(state.load.0 + state.charging.0),
                Supply::Battery | Supply::Dead => Watts(0.0),
            };
            state.breaker.advance(now, through, &breaker.params);
        }
        if let Some(ups) = &entry.ups {
            let doing = match state.supply {
                Supply::Mains => BatteryUse::Charge,
                Supply::Battery => BatteryUse::Carry(state.load),
                Supply::Dead => BatteryUse::Rest,
            };
            state.battery.advance(now, doing, ups);
        }
    }

    /// The draw of a site's nodes, its supply or its charger may have changed: predicts anew when the breaker trips and
    /// when the battery is empty or full.
    pub(super) fn load_changed(&mut self, site: SiteId) {
        let model = self.model;
        let entry = model.entry_of(site);
        if entry.breaker.is_none() && entry.ups.is_none() {
            return;
        }
        self.charge_site(site);
        let powered = self.sites[site.index()].supply != Supply::Dead;
        let nodes: f64 = model.nodes_of(site).map(|node| self.nodes[node].power.0).sum();
        let state = &mut self.sites[site.index()];
        state.load = Watts(if powered { nodes + entry.cooling.0 } else { 0.0 });
        let on_mains = state.supply == Supply::Mains;
        if let Some(ups) = &entry.ups {
            state.charging = if on_mains { state.battery.charging_power(ups) } else { Watts(0.0) };
            Self::cancel(&mut self.engine, &mut state.battery_event);
            if state.supply == Supply::Battery && !ups.carries(state.load) {
                state.battery_event =
                    self.engine.after(SimDuration::ZERO, Event::Power(PowerEvent::BatteryEmpty { site }));
            } else if let (Supply::Battery, Some(after)) =
                (state.supply, state.battery.empties_after(state.load, ups))
            {
                state.battery_event =
                    self.engine.after(after, Event::Power(PowerEvent::BatteryEmpty { site }));
            } else if on_mains
                && state.charging.0 > 0.0
                && let Some(after) = state.battery.full_after(ups)
            {
                state.battery_event =
                    self.engine.after(after, Event::Power(PowerEvent::BatteryFull { site }));
            }
        }
        let Some(breaker) = &entry.breaker else {
            return;
        };
        Self::cancel(&mut self.engine, &mut state.breaker_event);
        let through = Watts(state.load.0 + state.charging.0);
        if let Some(after) = state.breaker.trips_after(through, &breaker.params).filter(|_| on_mains) {
            state.breaker_event = self.engine.after(after, Event::Power(PowerEvent::BreakerTrips { site }));
        }
    }

    /// Joules used by all nodes and cooling until now, in order of nodes and sites.
    pub(super) fn energy_used(&mut self) -> f64 {
        let now: SimTime = self.engine.now();
        let mut sum = crate::measure::accumulate::Sum::default();
        for node in &self.nodes {
            sum.add(node.energy + node.power.0 * now.since(node.energy_at).as_secs_f64());
        }
        for index in 0..self.sites.len() {
            let entry = self.model.entry_of(SiteId::from_index(index));
            let site = &self.sites[index];
            let running =
                if site.supply == Supply::Dead { 0.0 } else { now.since(site.cooling_at).as_secs_f64() };
            sum.add(site.cooling_energy + entry.cooling.0 * running);
        }
        sum.value()
    }
}
