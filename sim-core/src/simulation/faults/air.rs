//! `heat` and `cooling_failure`: the air of sites is hotter, or nothing cools it.
//!
//! `heat` adds to the air of the room whatever happens in it, at once: air conditioning neither feels nor fights it. Racks that are
//! enclosed by an air conditioner of their own do not feel it while that runs, and `sites.temperature` is that of the room without it. What stands still in a `cooling_failure` is the air
//! conditioning of the room, and fans, pumps and air conditioners of racks; the rack is then as one whose parts have failed
//! by themselves. They are counted by sites: cooling is back when the last failure of a site ends.

use super::{FaultAction, Simulation};
use crate::world::fleet::SiteId;

impl Simulation<'_> {
    /// A fault that heats has begun or ended.
    pub(super) fn heat_offset_changes(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            let rises = self.holding_at(site).filter_map(|action| match action {
                FaultAction::Heat { rise } => Some(rise.0),
                _ => None,
            });
            // Not `sum`, which is −0 for nothing.
            let kelvins = rises.fold(0.0, |sum, rise| sum + rise);
            self.set_heat_offset(site, kelvins);
        }
    }

    /// A fault that stops the cooling has begun or ended.
    pub(super) fn cooling_failure_changes(&mut self, fault: u16) {
        let model = self.model;
        for &site in &model.faults[usize::from(fault)].sites {
            let failed = self.holding_at(site).any(|action| matches!(action, FaultAction::CoolingFailure));
            self.set_cooling_failed(site, failed);
        }
    }

    /// What the faults in force do to a site as a whole, in the order of the file.
    fn holding_at(&self, site: SiteId) -> impl Iterator<Item = &FaultAction> {
        let faults = self.model.faults.iter().zip(&self.faults.holds).filter(|(_, holds)| **holds);
        faults
            .filter(move |(fault, _)| fault.sites.binary_search(&site).is_ok())
            .map(|(fault, _)| &fault.action)
    }
}
