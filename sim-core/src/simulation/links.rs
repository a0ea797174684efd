//! Access links: their outages, and the transfers that share their rates.
//!
//! Outages are shared by a site or by the sites of an ISP in a region. Messages with a size share each rate-limited
//! direction of their site's link fairly; those under way when the link goes down are lost.

use super::setup::Transfer;
use super::{Event, Model, NetworkEvent, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::quantity::Bytes;
use crate::scenario::LinkOutages;
use crate::world::fleet::{AttemptId, Cause, SiteId};
use crate::world::network::LinkOutage;
use std::ops::Range;

/// Directions of an access link.
pub(super) const UP: usize = 0;
pub(super) const DOWN: usize = 1;

/// Sites whose access links go down together.
#[derive(Clone, Debug)]
pub(super) struct LinkDomain {
    entry: u16,
    /// Number of the domain for its draws.
    number: u32,
    sites: Vec<Range<u32>>,
    state: LinkOutage,
}

impl LinkDomain {
    /// The domains of all links that have outages: a site, or the sites of an ISP in a region whose links are alike.
    pub(super) fn all(model: &Model) -> Vec<Self> {
        let mut domains: Vec<Self> = Vec::new();
        for (number, entry) in (0_u16..).zip(&model.entries) {
            let Some(outages) = entry.link.as_ref().and_then(|link| link.outages.as_ref()) else { continue };
            let sites = entry.first_site..entry.first_site + entry.sites;
            if !outages.shared_by_isp {
                domains.extend(sites.map(|site| Self::new(model, number, site, site..site + 1, outages)));
                continue;
            }
            // Numbers of ISPs come after those of sites.
            let isp = model.site_count() as u32 + entry.isp;
            match domains.iter_mut().find(|domain| domain.number == isp) {
                Some(domain) => domain.sites.push(sites),
                None => domains.push(Self::new(model, number, isp, sites, outages)),
            }
        }
        domains
    }

    fn new(model: &Model, entry: u16, number: u32, sites: Range<u32>, outages: &LinkOutages) -> Self {
        let state = LinkOutage::new(outages, &model.draws.link_outage, number);
        Self { entry, number, sites: vec![sites], state }
    }
}

impl Simulation<'_> {
    /// Something happens on access links.
    pub(super) fn network_event(&mut self, event: NetworkEvent) {
        match event {
            NetworkEvent::TransferDone { site, up } => self.transfer_done(site, up),
            NetworkEvent::LinkOutageBegins { domain } => self.link_outage_begins(domain),
            NetworkEvent::LinkOutageEnds { domain } => self.link_outage_ends(domain),
        }
    }

    pub(super) fn start_links(&mut self) {
        for domain in 0..self.link_outages.len() as u32 {
            self.schedule_link(domain);
        }
    }

    fn schedule_link(&mut self, domain: u32) {
        let state = &self.link_outages[domain as usize].state;
        let event = if state.is_down() {
            Event::Network(NetworkEvent::LinkOutageEnds { domain })
        } else {
            Event::Network(NetworkEvent::LinkOutageBegins { domain })
        };
        if state.next_change() < SimTime::MAX {
            self.engine.at(state.next_change(), event);
        }
    }

    /// Takes the change that is due, schedules the next, and gives the sites concerned.
    fn link_changes(&mut self, domain: u32) -> Vec<SiteId> {
        self.exogenous.word(u64::from(domain) << 32 | 1);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &mut self.link_outages[domain as usize];
        let link = model.entries[usize::from(state.entry)].link.as_ref();
        let outages =
            link.and_then(|link| link.outages.as_ref()).expect("the domain was made for its outages");
        state.state.advance(outages, &model.draws.link_outage, state.number);
        let sites = state.sites.iter().cloned().flatten().map(SiteId).collect();
        self.schedule_link(domain);
        sites
    }

    pub(super) fn link_outage_begins(&mut self, domain: u32) {
        for site in self.link_changes(domain) {
            self.link_lost(site);
        }
    }

    /// One more outage of the access link of `site` holds.
    pub(super) fn link_lost(&mut self, site: SiteId) {
        self.sites[site.index()].link_outages += 1;
        if self.sites[site.index()].link_outages == 1 {
            self.lose_transfers(site);
            for node in self.site_nodes(site) {
                self.reason_begins(node, Cause::Link);
            }
        }
    }

    /// One outage of the access link of `site` fewer holds.
    pub(super) fn link_back(&mut self, site: SiteId) {
        self.sites[site.index()].link_outages -= 1;
        if self.sites[site.index()].link_outages == 0 {
            for node in self.site_nodes(site) {
                self.reason_ends(node, Cause::Link);
            }
        }
    }

    pub(super) fn link_outage_ends(&mut self, domain: u32) {
        for site in self.link_changes(domain) {
            self.link_back(site);
        }
    }

    /// Puts a message on a rate-limited direction of an access link; false if it passes at once.
    pub(super) fn transfer(
        &mut self,
        site: SiteId,
        direction: usize,
        attempt: AttemptId,
        size: Bytes,
    ) -> bool {
        let now = self.engine.now();
        let Some(transfers) = &mut self.sites[site.index()].transfers else { return false };
        let Some(share) = transfers[direction].share.as_mut().filter(|_| size.0 > 0.0) else { return false };
        share.add(now, attempt.0, size.0);
        self.reschedule_transfer(site, direction);
        true
    }

    fn reschedule_transfer(&mut self, site: SiteId, direction: usize) {
        let Some(transfers) = &mut self.sites[site.index()].transfers else { return };
        let Transfer { share, event } = &mut transfers[direction];
        Self::cancel(&mut self.engine, event);
        if let Some((at, _)) = share.as_ref().and_then(|share| share.next_completion()) {
            *event =
                self.engine.at(at, Event::Network(NetworkEvent::TransferDone { site, up: direction == UP }));
        }
    }

    pub(super) fn transfer_done(&mut self, site: SiteId, up: bool) {
        let now = self.engine.now();
        let direction = if up { UP } else { DOWN };
        let transfer =
            &mut self.sites[site.index()].transfers.as_mut().expect("only a rate limit makes transfers")
                [direction];
        transfer.event = Handle::NONE;
        let attempt = AttemptId(transfer.share.as_mut().expect("as above").complete(now));
        self.reschedule_transfer(site, direction);
        if up {
            self.reply_leaves(attempt);
        } else {
            self.reached_node(attempt);
        }
    }

    /// All transfers of a site whose link goes down are lost.
    pub(super) fn lose_transfers(&mut self, site: SiteId) {
        let now = self.engine.now();
        for direction in [UP, DOWN] {
            let Some(transfers) = &mut self.sites[site.index()].transfers else { return };
            let Some(share) = &mut transfers[direction].share else { continue };
            let attempts = share.clear(now);
            self.reschedule_transfer(site, direction);
            for attempt in attempts {
                self.silently_lost(AttemptId(attempt));
            }
        }
    }
}
