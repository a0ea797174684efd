//! The accounts of energy: what was drawn from sockets and mains, and what for.
//!
//! What a site burns is `total = idle + work + cooling + losses`, where losses are those of power supplies and of UPSs (inverter,
//! standby, capacity that an old battery cannot give any more). From the mains comes `mains = total + stored`, where stored is what is in batteries now more than at the beginning, less what came with new ones.
//! A site without a UPS takes from the mains what it draws. Reading the accounts changes nothing.

use super::Simulation;
use super::state::Supply;
use crate::kernel::SimTime;
use crate::measure::accumulate::Sum;
use crate::world::fleet::SiteId;

/// Joules until some time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct EnergyAccount {
    /// Drawn by nodes and cooling, and lost in UPSs.
    pub total: f64,
    pub work: f64,
    pub cooling: f64,
    /// Lost in power supplies and UPSs.
    pub psu_losses: f64,
    pub ups_losses: f64,
    pub mains: f64,
    /// In batteries, less what came with new ones.
    pub stored: f64,
}

impl EnergyAccount {
    /// What has been added since `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            total: self.total - before.total,
            work: self.work - before.work,
            cooling: self.cooling - before.cooling,
            psu_losses: self.psu_losses - before.psu_losses,
            ups_losses: self.ups_losses - before.ups_losses,
            mains: self.mains - before.mains,
            stored: self.stored - before.stored,
        }
    }

    /// What idle nodes would have drawn.
    pub(super) fn idle(&self) -> f64 {
        self.total - self.work - self.cooling - self.losses()
    }

    /// Lost anywhere.
    pub(super) fn losses(&self) -> f64 {
        self.psu_losses + self.ups_losses
    }
}

impl Simulation<'_> {
    /// The accounts until now, in order of nodes and sites.
    pub(super) fn energy_account(&mut self) -> EnergyAccount {
        let now: SimTime = self.engine.now();
        let (mut total, mut work, mut psu) = (Sum::default(), Sum::default(), Sum::default());
        for node in &self.nodes {
            let seconds = now.since(node.energy_at).as_secs_f64();
            total.add(node.energy + node.power.0 * seconds);
            work.add(node.work_energy + node.work.0 * seconds);
            psu.add(node.loss_energy + node.loss.0 * seconds);
        }
        let (mut cooling, mut mains) = (Sum::default(), Sum::default());
        let (mut ups_losses, mut stored) = (Sum::default(), Sum::default());
        for site in (0..self.sites.len()).map(SiteId::from_index) {
            let cooled = self.cooling_of(site, now);
            total.add(cooled);
            cooling.add(cooled);
            if let Some([taken, lost, held]) = self.ups_account(site) {
                mains.add(taken);
                mains.add(self.sites[site.index()].conditioning_energy);
                // Breaker and UPS see leakage in steps, nodes do not.
                for node in self.model.nodes_of(site) {
                    mains.add(self.nodes[node].leak_energy - self.nodes[node].leak_seen);
                }
                total.add(lost);
                ups_losses.add(lost);
                stored.add(held);
            } else {
                mains.add(cooled);
                for node in self.model.nodes_of(site) {
                    let node = &self.nodes[node];
                    mains.add(node.energy + node.power.0 * now.since(node.energy_at).as_secs_f64());
                }
            }
        }
        EnergyAccount {
            total: total.value(),
            work: work.value(),
            cooling: cooling.value(),
            psu_losses: psu.value(),
            ups_losses: ups_losses.value(),
            mains: mains.value(),
            stored: stored.value(),
        }
    }

    fn cooling_of(&self, site: SiteId, now: SimTime) -> f64 {
        let entry = self.model.entry_of(site);
        let state = &self.sites[site.index()];
        let running =
            if state.supply == Supply::Dead { 0.0 } else { now.since(state.cooling_at).as_secs_f64() };
        state.cooling_energy + (entry.cooling.0 + state.climate.rack_power.0) * running
    }

    /// Taken from the mains, lost and stored at a site with a UPS.
    fn ups_account(&mut self, site: SiteId) -> Option<[f64; 3]> {
        self.model.entry_of(site).ups.as_ref()?;
        let state = &self.sites[site.index()];
        let kept = (state.battery, state.power.mains_energy, state.power.loss_energy);
        self.charge_ups(site);
        let state = &mut self.sites[site.index()];
        let power = &state.power;
        let account = [power.mains_energy, power.loss_energy, state.battery.charge.0 - power.brought_energy];
        (state.battery, state.power.mains_energy, state.power.loss_energy) = kept;
        Some(account)
    }
}
