//! Power of nodes and sites: who draws what, and what that does to breaker and battery.

use super::PowerEvent;
use super::climate::Beside;
use super::state::{Rest, Supply};
use super::{EnergyEvent, Event, Simulation};
use crate::kernel::SimDuration;
use crate::quantity::Watts;
use crate::scenario::ThrottlePower;
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::power::Draw;

impl<'m> Simulation<'m> {
    /// What `node` draws in its present state.
    fn draw_of(&self, node: NodeId) -> Draw {
        let state = self.node(node);
        let class = &self.model.classes[usize::from(state.class)];
        if state.reasons.is_off() || state.waiting || self.is_held_up(node) {
            return Draw::NONE;
        }
        let without_work = |board| class.power.at_socket(board, Watts(0.0));
        if state.reasons.contains(Cause::Booting) {
            return without_work(class.boot_board);
        }
        match (&class.sleep, state.rest) {
            (Some(sleep), Rest::Asleep) => return without_work(sleep.power),
            (Some(_), Rest::Waking) => return without_work(class.boot_board),
            _ => {}
        }
        let busy = f64::from(self.busy_slots(node)) / f64::from(class.slots);
        let normal = class.power.board(busy).0;
        let board = match self.slowing(node).map(|throttle| throttle.power) {
            None => normal,
            Some(ThrottlePower::Factor(factor)) => normal * factor,
            Some(ThrottlePower::Cap(cap)) => normal.min(cap.0),
        };
        let board = board.min(self.restrained_power(node));
        class.power.at_socket(Watts(board), Watts((board - class.power.idle.0).max(0.0)))
    }

    /// What `node` draws at t = 0; to be followed by [`Self::start_heat`].
    pub(super) fn start_power(&mut self, node: NodeId) {
        let draw = self.draw_of(node);
        let state = &mut self.nodes[node.index()];
        (state.power, state.work, state.loss) = (draw.total, draw.work, draw.loss);
    }

    /// Brings the draw of `node` up to date: charges the energy and the heat of the time before.
    pub(super) fn refresh_power(&mut self, node: NodeId) {
        if !self.model.classes[usize::from(self.node(node).class)].draws_power() {
            return;
        }
        let draw = self.draw_of(node);
        let state = self.node(node);
        if draw.total == state.power && draw.work == state.work {
            return;
        }
        self.settle_neighbours(node);
        self.charge_node(node);
        let state = &mut self.nodes[node.index()];
        let before = Watts(state.power.0 + state.leak.0);
        state.power = draw.total;
        (state.work, state.loss) = (draw.work, draw.loss);
        let leak = self.refresh_leak(node);
        self.heat_changed(node, (before, Watts(draw.total.0 + leak.0)), node);
        self.power_changed_heat(node);
        self.power_changed_wear(node);
        self.watch_demand(self.node(node).site);
    }

    /// Charges the energy used and the heat taken up since the last change.
    pub(super) fn charge_node(&mut self, node: NodeId) {
        self.charge_nodes(std::iter::once(node));
    }

    /// As [`Self::charge_node`], with what is known of the node beside it.
    pub(super) fn charge_beside(&mut self, node: NodeId, beside: &mut Beside<'m>) {
        let now = self.engine.now();
        let since = self.node(node).energy_at;
        self.advance_heat(node, beside);
        self.charge_extra_heat(node);
        let state = &mut self.nodes[node.index()];
        let seconds = now.since(state.energy_at).as_secs_f64();
        state.energy += state.power.0 * seconds;
        state.leak_seen += state.leak.0 * seconds;
        state.work_energy += state.work.0 * seconds;
        state.loss_energy += state.loss.0 * seconds;
        state.energy_at = now;
        self.meter_node(node, since);
    }

    /// Brings cooling energy, breaker and battery of a site up to date, at the load of the time before.
    pub(super) fn charge_site(&mut self, site: SiteId) {
        let now = self.engine.now();
        let entry = self.model.entry_of(site);
        let state = &mut self.sites[site.index()];
        if state.supply != Supply::Dead {
            let cooling = entry.cooling.0 + state.climate.rack_power.0;
            state.cooling_energy += cooling * now.since(state.cooling_at).as_secs_f64();
        }
        state.cooling_at = now;
        self.charge_breaker(site);
        self.charge_ups(site);
        self.meter_site(site);
    }

    /// The draw of a site's nodes, its supply or its charger may have changed: predicts anew when the breaker trips and
    /// when the battery is empty or full.
    pub(super) fn load_changed(&mut self, site: SiteId) {
        let model = self.model;
        let entry = model.entry_of(site);
        if entry.breaker.is_none() && entry.ups.is_none() {
            self.refresh_machine_heat(site);
            return;
        }
        self.charge_site(site);
        let ups = self.ups_now(site);
        let reserve = self.traded_reserve(site);
        let target = ups.and_then(|ups| self.charging_target(site, ups));
        let powered = self.sites[site.index()].supply != Supply::Dead;
        let drawn = |node: usize| self.nodes[node].power.0 + self.nodes[node].leak.0;
        let nodes: f64 = model.nodes_of(site).map(drawn).sum();
        let state = &mut self.sites[site.index()];
        let cooling = entry.cooling.0 + state.climate.rack_power.0;
        state.load = Watts(if powered { nodes + cooling } else { 0.0 });
        let on_mains = state.supply == Supply::Mains;
        if let Some(ups) = &ups {
            let charging = target.filter(|_| on_mains);
            state.charging = charging.map_or(Watts(0.0), |target| state.battery.charging_power(&target));
            Self::cancel(&mut self.engine, &mut state.battery_event);
            if state.supply == Supply::Battery && !ups.carries(state.load) {
                state.battery_event =
                    self.engine.after(SimDuration::ZERO, Event::Power(PowerEvent::BatteryEmpty { site }));
            } else if let (Supply::Battery, Some(after)) =
                (state.supply, state.battery.above(reserve).empties_after(state.load, ups))
            {
                let event = if state.power.trading {
                    Event::Energy(EnergyEvent::ReserveReached { site })
                } else {
                    Event::Power(PowerEvent::BatteryEmpty { site })
                };
                state.battery_event = self.engine.after(after, event);
            } else if let Some(target) = charging
                && state.charging.0 > 0.0
                && let Some(after) = state.battery.full_after(&target)
            {
                state.battery_event =
                    self.engine.after(after, Event::Power(PowerEvent::BatteryFull { site }));
            }
        }
        self.plan_breaker(site);
        self.watch_demand(site);
        self.refresh_machine_heat(site);
    }
}
