//! `sag`: the voltage at sites falls, in addition to the dips that come by themselves, and to the same effect.

use super::Simulation;
use crate::kernel::SimDuration;

/// The number of the dip that a fault makes; those of the world count from zero.
fn dip_of(fault: u16) -> u32 {
    u32::MAX - u32::from(fault)
}

impl Simulation<'_> {
    pub(super) fn injected_sag_begins(&mut self, fault: u16, depth: f64) {
        let model = self.model;
        let it = &model.faults[usize::from(fault)];
        let lasts = it.ends.map_or(SimDuration::MAX, |ends| ends.since(it.begins));
        for &site in &it.sites {
            self.collect.dip(false);
            self.dip_reaches(site, dip_of(fault), 1.0 - depth, lasts, false);
        }
    }

    pub(super) fn injected_sag_ends(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.dip_leaves(site, dip_of(fault), false);
        }
    }
}
