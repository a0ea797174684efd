//! `partition` of sites: their access links carry nothing, in addition to the outages that come by themselves.

use super::Simulation;

impl Simulation<'_> {
    pub(super) fn partition_begins(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.access_lost(site);
        }
    }

    pub(super) fn partition_ends(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.access_back(site);
        }
    }
}
