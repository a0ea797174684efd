//! Access links: their outages, and the transfers that share their rates.
//!
//! Outages are shared by a site or by the sites of an ISP in a region. Messages with a size share each rate-limited
//! direction of their site's link fairly; those under way when the link goes down are lost.

use super::network::{End, Flow};
use super::state::Transfer;
use super::{Event, Model, NetworkEvent, Simulation};
use crate::kernel::{Handle, SimTime, Stream};
use crate::quantity::Bytes;
use crate::scenario::LinkOutages;
use crate::world::fleet::{AttemptId, BodyState, SiteId};
use crate::world::network::LinkOutage;
use std::ops::Range;

/// Directions of an access link.
pub(super) const UP: usize = 0;
pub(super) const DOWN: usize = 1;

/// Sites whose access links go down together.
#[derive(Clone, Debug)]
pub(super) struct LinkDomain {
    source: Source,
    /// Number of the domain for its draws.
    number: u32,
    sites: Vec<Range<u32>>,
    state: LinkOutage,
    /// Its next change, and since when it waits for that.
    pending: Handle,
    since: SimTime,
}

/// Where the outages of a domain are described: by a fleet entry's link, or by a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Link(u16),
    Address(u16),
    Isp(u16),
}

impl Source {
    fn outages(self, model: &Model) -> &LinkOutages {
        let link = |entry: u16| model.entries[usize::from(entry)].link.as_ref();
        match self {
            Self::Link(entry) => link(entry).and_then(|link| link.outages.as_ref()),
            Self::Address(entry) => link(entry).and_then(|link| link.address_change.as_ref()),
            Self::Isp(isp) => Some(&model.network.isps[usize::from(isp)].0),
        }
        .expect("the domain was made for its outages")
    }

    fn stream(self, model: &Model) -> &Stream {
        match self {
            Self::Link(_) => &model.draws.link_outage,
            Self::Address(_) => &model.network.draws.address,
            Self::Isp(_) => &model.network.draws.isp,
        }
    }
}

impl LinkDomain {
    /// The domains of all links that have outages: a site, or the sites of an ISP in a region whose links are alike; then
    /// those of changes of address, a site each, and those of whole providers.
    pub(super) fn all(model: &Model) -> Vec<Self> {
        let mut domains: Vec<Self> = Vec::new();
        for (number, entry) in (0_u16..).zip(&model.entries) {
            let Some(outages) = entry.link.as_ref().and_then(|link| link.outages.as_ref()) else { continue };
            let (source, sites) = (Source::Link(number), entry.first_site..entry.first_site + entry.sites);
            if !outages.shared_by_isp {
                domains.extend(
                    sites.map(|site| Self::new(model, source, site, std::iter::once(site..site + 1))),
                );
                continue;
            }
            // Numbers of ISPs come after those of sites.
            let isp = model.site_count() as u32 + entry.isp;
            match domains.iter_mut().find(|domain| domain.number == isp) {
                Some(domain) => domain.sites.push(sites),
                None => domains.push(Self::new(model, source, isp, std::iter::once(sites))),
            }
        }
        for (number, entry) in (0_u16..).zip(&model.entries) {
            if entry.link.as_ref().is_some_and(|link| link.address_change.is_some()) {
                let sites = entry.first_site..entry.first_site + entry.sites;
                let source = Source::Address(number);
                domains.extend(
                    sites.map(|site| Self::new(model, source, site, std::iter::once(site..site + 1))),
                );
            }
        }
        for (number, (_, sites)) in (0_u16..).zip(&model.network.isps) {
            domains.push(Self::new(model, Source::Isp(number), u32::from(number), sites.iter().cloned()));
        }
        domains
    }

    fn new(model: &Model, source: Source, number: u32, sites: impl Iterator<Item = Range<u32>>) -> Self {
        let state = LinkOutage::new(source.outages(model), source.stream(model), number);
        let (pending, since) = (Handle::NONE, SimTime::ZERO);
        Self { source, number, sites: sites.collect(), state, pending, since }
    }
}

/// What forks of a run change.
impl LinkDomain {
    pub(super) fn outages<'m>(&self, model: &'m Model) -> &'m LinkOutages {
        self.source.outages(model)
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = u32> + '_ {
        self.sites.iter().cloned().flatten()
    }

    pub(super) const fn is_down(&self) -> bool {
        self.state.is_down()
    }

    pub(super) const fn rings(&self) -> u32 {
        self.state.count()
    }

    pub(super) const fn pending(&self) -> Handle {
        self.pending
    }

    pub(super) const fn since(&self) -> SimTime {
        self.since
    }

    pub(super) const fn next_change(&self) -> SimTime {
        self.state.next_change()
    }

    pub(super) const fn change_at(&mut self, pending: Handle, at: SimTime) {
        self.pending = pending;
        self.state.change_at(at);
    }
}

impl Simulation<'_> {
    /// Something happens on access links.
    pub(super) fn network_event(&mut self, event: NetworkEvent) {
        match event {
            NetworkEvent::TransferDone { site, up } => self.transfer_done(site, up),
            NetworkEvent::LinkOutageBegins { domain } => self.link_outage_begins(domain),
            NetworkEvent::LinkOutageEnds { domain } => self.link_outage_ends(domain),
            NetworkEvent::FlowDone => self.flow_done(),
            NetworkEvent::BackboneChanges { link } => self.backbone_changes(link),
            NetworkEvent::BackboneDetected { link, stamp } => self.backbone_learnt(link, stamp, false),
            NetworkEvent::BackboneConverged { link, stamp } => self.backbone_learnt(link, stamp, true),
            NetworkEvent::UploadBegins { site } => self.upload_begins(site),
            NetworkEvent::CabinetDies { cabinet } => self.cabinet_dies(cabinet),
            NetworkEvent::CabinetReturns { cabinet } => self.cabinet_returns(cabinet),
            NetworkEvent::CapReached { site } => self.cap_reached(site),
            NetworkEvent::MonthEnds => self.month_ends(),
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
            let pending = self.engine.at(state.next_change(), event);
            let now = self.engine.now();
            let domain = &mut self.link_outages[domain as usize];
            (domain.pending, domain.since) = (pending, now);
        }
    }

    /// Takes the change that is due, schedules the next, and does to each of the sites concerned what is to be done.
    fn link_changes(&mut self, domain: u32, mut each: impl FnMut(&mut Self, SiteId)) {
        self.exogenous.word(u64::from(domain) << 32 | 1);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &mut self.link_outages[domain as usize];
        let source = state.source;
        state.state.advance(source.outages(model), source.stream(model), state.number);
        let sites = std::mem::take(&mut state.sites);
        self.schedule_link(domain);
        for site in sites.iter().cloned().flatten() {
            each(self, SiteId(site));
        }
        self.link_outages[domain as usize].sites = sites;
    }

    pub(super) fn link_outage_begins(&mut self, domain: u32) {
        self.link_changes(domain, Self::access_lost);
    }

    pub(super) fn link_outage_ends(&mut self, domain: u32) {
        self.link_changes(domain, Self::access_back);
    }

    /// Puts a message on a rate-limited direction of an access link, and of the gateway of its request if that has a
    /// rate; false if it passes at once.
    #[inline]
    pub(super) fn transfer(
        &mut self,
        site: SiteId,
        direction: usize,
        attempt: AttemptId,
        size: Bytes,
    ) -> bool {
        if self.network.is_unlimited() && !self.model.network.has_rates {
            return false;
        }
        self.count_traffic(site, size);
        let gateway = End::Gateway(self.bodies[attempt.index()].gateway);
        self.start_flow(site, direction, Flow::Attempt(attempt), gateway, size)
    }

    /// Starts a transfer between a site and another end; false if it passes at once.
    pub(super) fn start_flow(
        &mut self,
        site: SiteId,
        direction: usize,
        flow: Flow,
        other: End,
        size: Bytes,
    ) -> bool {
        let here = End::Site(site);
        let (from, to) = if direction == UP { (here, other) } else { (other, here) };
        let starts = match self.start_in_fabric(flow, from, to, size) {
            Some(starts) => starts,
            None => self.start_on_link(site, direction, flow, size),
        };
        if starts && direction == UP {
            self.uplink_busy(site);
        }
        starts
    }

    fn start_on_link(&mut self, site: SiteId, direction: usize, flow: Flow, size: Bytes) -> bool {
        let now = self.engine.now();
        let Some(transfers) = &mut self.sites[site.index()].transfers else { return false };
        let Some(share) = transfers[direction].share.as_mut().filter(|_| size.0 > 0.0) else { return false };
        share.add(now, flow.number(), size.0);
        self.reschedule_transfer(site, direction);
        true
    }

    /// Cancels a transfer that [`Self::start_flow`] has started; the bytes that it had left.
    pub(super) fn cancel_flow(&mut self, site: SiteId, direction: usize, flow: Flow) -> f64 {
        if let Some(left) = self.cancel_in_fabric(flow) {
            return left;
        }
        let now = self.engine.now();
        let transfers = self.sites[site.index()].transfers.as_mut();
        let share = transfers.and_then(|transfers| transfers[direction].share.as_mut());
        let left = share.and_then(|share| share.cancel(now, flow.number()));
        self.reschedule_transfer(site, direction);
        left.unwrap_or(0.0)
    }

    pub(super) fn reschedule_transfer(&mut self, site: SiteId, direction: usize) {
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
        let flow = Flow::of(transfer.share.as_mut().expect("as above").complete(now));
        self.reschedule_transfer(site, direction);
        self.flow_arrived(flow);
    }

    /// A transfer is done.
    pub(super) fn flow_arrived(&mut self, flow: Flow) {
        match flow {
            Flow::Attempt(attempt) => self.attempt_transferred(attempt),
            Flow::Shard(number) => self.shard_moved(number, None),
            Flow::Piece(number) => self.piece_moved(number, true),
            Flow::Job(instance) => self.state_moved(instance),
            Flow::Upload(_) => {}
        }
    }

    /// A request has reached its site, or a reply has left it.
    pub(super) fn attempt_transferred(&mut self, attempt: AttemptId) {
        if self.bodies[attempt.index()].state == BodyState::Inbound {
            self.reply_leaves::<false>(attempt);
        } else {
            self.reached_node::<false>(attempt);
        }
    }

    /// All transfers of a site whose link goes down are lost.
    pub(super) fn lose_transfers(&mut self, site: SiteId) {
        let now = self.engine.now();
        for (flow, left) in self.clear_fabric(site) {
            self.flow_lost(Flow::of(flow), left);
        }
        for direction in [UP, DOWN] {
            let Some(transfers) = &mut self.sites[site.index()].transfers else { return };
            let Some(share) = &mut transfers[direction].share else { continue };
            let flows = share.clear_with_rest(now);
            self.reschedule_transfer(site, direction);
            for (flow, left) in flows {
                self.flow_lost(Flow::of(flow), left);
            }
        }
    }

    /// A flow is lost with so many bytes left.
    fn flow_lost(&mut self, flow: Flow, left: f64) {
        match flow {
            Flow::Attempt(attempt) => self.silently_lost(attempt),
            Flow::Shard(number) => self.shard_moved(number, Some(left)),
            Flow::Job(instance) => self.state_lost(instance),
            Flow::Upload(_) => {}
            Flow::Piece(number) => self.piece_moved(number, false),
        }
    }
}
