//! Street cabinets: the ISP that dies some hours after the grid.
//!
//! A cabinet carries the access links of some sites and lives on the mains of the first of them. When those fail its
//! battery takes over, for a time drawn anew for each outage (it is full again afterwards); then the links are
//! down, with all their sites, whatever batteries those have, until mains are back and the cabinet has restarted.
//! Exogenous: nothing here depends on a policy.

use super::super::{Event, NetworkEvent, Simulation};
use crate::kernel::Handle;
use crate::world::fleet::SiteId;

/// A street cabinet.
#[derive(Clone, Copy, Debug)]
pub(super) struct CabinetState {
    dead: bool,
    /// Its end, or its return.
    event: Handle,
    outages: u32,
}

impl Default for CabinetState {
    fn default() -> Self {
        Self { dead: false, event: Handle::NONE, outages: 0 }
    }
}

impl Simulation<'_> {
    /// The cabinet that lives on the mains of `site`.
    fn led_by(&self, site: SiteId) -> Option<u32> {
        self.model.network.leads.get(site.index()).and_then(|lead| lead.checked_sub(1))
    }

    /// Mains of `site` have failed.
    pub(in crate::simulation) fn cabinet_loses_mains(&mut self, site: SiteId) {
        let Some(cabinet) = self.led_by(site) else { return };
        let model = self.model;
        let spec = &model.network.cabinets[cabinet as usize].spec;
        let state = &mut self.network.cabinets[cabinet as usize];
        Self::cancel(&mut self.engine, &mut state.event);
        let number = 2 * state.outages;
        state.outages += 1;
        if !state.dead {
            let lasts = spec.battery.draw_duration(&model.network.draws.cabinet, cabinet, number);
            let event = Event::Network(NetworkEvent::CabinetDies { cabinet });
            state.event = self.engine.after(lasts, event);
        }
    }

    /// Mains of `site` are back.
    pub(in crate::simulation) fn cabinet_has_mains(&mut self, site: SiteId) {
        let Some(cabinet) = self.led_by(site) else { return };
        let model = self.model;
        let spec = &model.network.cabinets[cabinet as usize].spec;
        let state = &mut self.network.cabinets[cabinet as usize];
        Self::cancel(&mut self.engine, &mut state.event);
        if state.dead {
            let number = (2 * state.outages).wrapping_sub(1);
            let after = spec.restart.draw_duration(&model.network.draws.cabinet, cabinet, number);
            let event = Event::Network(NetworkEvent::CabinetReturns { cabinet });
            state.event = self.engine.after(after, event);
        }
    }

    pub(in crate::simulation) fn cabinet_dies(&mut self, cabinet: u32) {
        self.cabinet_changes(cabinet, true);
        let sites = self.model.network.cabinets[cabinet as usize].sites.clone();
        self.blame_cabinet(sites.clone().next().map(SiteId));
        for site in sites {
            self.access_lost(SiteId(site));
        }
        self.blame_cabinet(None);
    }

    pub(in crate::simulation) fn cabinet_returns(&mut self, cabinet: u32) {
        self.cabinet_changes(cabinet, false);
        for site in self.model.network.cabinets[cabinet as usize].sites.clone() {
            self.access_back(SiteId(site));
        }
    }

    fn cabinet_changes(&mut self, cabinet: u32, dead: bool) {
        self.exogenous.word(u64::from(cabinet) << 8 | 105);
        self.exogenous.word(self.engine.now().as_nanos());
        let state = &mut self.network.cabinets[cabinet as usize];
        state.event = Handle::NONE;
        state.dead = dead;
    }
}
