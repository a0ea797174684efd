//! `grid_outage`: sites lose their mains, in addition to the outages that come by themselves.

use super::Simulation;

impl Simulation<'_> {
    pub(super) fn injected_outage_begins(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.grid_lost(site);
        }
    }

    pub(super) fn injected_outage_ends(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.grid_back(site);
        }
    }
}
