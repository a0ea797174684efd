//! `surge`: damages nodes by chance, like the surges that come by themselves.

use super::Simulation;

/// Marks the draws for injected surges, so that they do not depend on the surges that a site has seen before, and these
/// not on them.
const INJECTED: u32 = 1 << 31;

impl Simulation<'_> {
    pub(super) fn injected_surge(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            self.surge_numbered(site, INJECTED | u32::from(fault));
        }
    }
}
