//! What makes a site unreachable: outages of links and providers, changes of address, data caps, address translation.
//!
//! Each is a reason that begins and ends; a link is down while any holds. Nodes behind it go on running.
//!
//! A data cap counts what crosses the link in both directions from the first of a calendar month on: sizes of requests,
//! replies and uploads when they begin (health messages are too small to count). Beyond it the link is off, or slow, until the month ends.

use super::super::links::{DOWN, UP};
use super::super::{Event, Model, NetworkEvent, Simulation};
use super::model::Reached;
use crate::quantity::Bytes;
use crate::scenario::{BeyondCap, Cap};
use crate::world::fleet::{Cause, SiteId};

/// The data cap of a site.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CapState {
    /// Bytes of this month.
    used: f64,
    beyond: bool,
}

/// The caps at t = 0.
pub(super) fn caps(model: &Model) -> Vec<CapState> {
    if model.network.has_caps { vec![CapState::default(); model.site_count()] } else { Vec::new() }
}

impl Simulation<'_> {
    /// Whether the access link of `site` is down.
    #[inline]
    pub(in crate::simulation) fn access_is_cut(&self, site: SiteId) -> bool {
        self.network.any_link_down() && self.sites[site.index()].link_outages > 0
    }

    /// A reason for the access link of `site` to be down begins.
    pub(in crate::simulation) fn access_lost(&mut self, site: SiteId) {
        let now = self.engine.now();
        self.sites[site.index()].link_outages += 1;
        self.network.outages += 1;
        if self.sites[site.index()].link_outages == 1 {
            self.network.links_down.add(now, 1.0);
            self.network.link_failures += 1;
            self.lose_transfers(site);
            for node in self.site_nodes(site) {
                self.reason_begins(node, Cause::Link);
            }
        }
    }

    /// A reason for the access link of `site` to be down ends.
    pub(in crate::simulation) fn access_back(&mut self, site: SiteId) {
        let now = self.engine.now();
        self.sites[site.index()].link_outages -= 1;
        self.network.outages -= 1;
        if self.sites[site.index()].link_outages == 0 {
            self.network.links_down.add(now, -1.0);
            for node in self.site_nodes(site) {
                self.reason_ends(node, Cause::Link);
            }
        }
    }

    /// Sites that nobody reaches have been so from the beginning. After the watches have begun.
    pub(in crate::simulation) fn start_nat(&mut self) {
        let model = self.model;
        for (site, reached) in (0_u32..).zip(&model.network.relays) {
            if matches!(reached, Reached::Never) {
                // Counted as an outage that never ends, so that no message passes; no link went down.
                self.sites[site as usize].link_outages += 1;
                self.network.outages += 1;
                for node in self.site_nodes(SiteId(site)) {
                    self.reason_begins(node, Cause::Nat);
                }
            }
        }
    }

    fn cap_of(&self, site: SiteId) -> Option<Cap> {
        self.model.entry_of(site).link.as_ref()?.cap
    }

    /// Counts what crosses the link of `site` against its cap.
    pub(in crate::simulation) fn count_traffic(&mut self, site: SiteId, size: Bytes) {
        if self.network.caps.is_empty() {
            return;
        }
        let Some(cap) = self.cap_of(site) else { return };
        let state = &mut self.network.caps[site.index()];
        state.used += size.0;
        if !state.beyond && state.used > cap.bytes.0 {
            state.beyond = true;
            // Not at once: whoever sends is not done sending.
            self.engine
                .after(crate::kernel::SimDuration::ZERO, Event::Network(NetworkEvent::CapReached { site }));
        }
    }

    /// The traffic of this month is used up.
    pub(in crate::simulation) fn cap_reached(&mut self, site: SiteId) {
        if !self.network.caps[site.index()].beyond {
            return;
        }
        match self.cap_of(site).map(|cap| cap.then) {
            Some(BeyondCap::Off) => self.access_lost(site),
            Some(BeyondCap::Rate(_)) => self.set_rates(site),
            None => {}
        }
    }

    /// Rate of the link beyond its cap, if it is beyond: at most `rate`.
    pub(super) fn rate_under_cap(&self, site: SiteId, rate: f64) -> f64 {
        let beyond = self.network.caps.get(site.index()).is_some_and(|state| state.beyond);
        match self.cap_of(site).map(|cap| cap.then) {
            Some(BeyondCap::Rate(slow)) if beyond => rate.min(slow.0),
            _ => rate,
        }
    }

    fn set_rates(&mut self, site: SiteId) {
        let Some(link) = &self.model.entry_of(site).link else { return };
        for (direction, rate) in [(UP, link.up), (DOWN, link.down)] {
            if let Some(rate) = rate {
                self.set_site_capacity(site, direction, self.rate_under_cap(site, rate.0));
            }
        }
    }

    pub(super) fn start_months(&mut self) {
        let model = self.model;
        for end in &model.network.months {
            self.engine.at(*end, Event::Network(NetworkEvent::MonthEnds));
        }
    }

    /// A calendar month ends: all caps count from zero.
    pub(in crate::simulation) fn month_ends(&mut self) {
        for index in 0..self.network.caps.len() {
            let site = SiteId::from_index(index);
            let before = std::mem::take(&mut self.network.caps[index]);
            if before.beyond {
                match self.cap_of(site).map(|cap| cap.then) {
                    Some(BeyondCap::Off) => self.access_back(site),
                    Some(BeyondCap::Rate(_)) => self.set_rates(site),
                    None => {}
                }
            }
        }
    }
}
