//! Health checks: from what nodes and links do to whom the controller trusts.
//!
//! A node *answers* while it is up: running and reachable. The oracle follows that at once; `none` never suspects; the
//! others watch each node from the gateway of its own region, over the node's access link.

use super::{Event, Model, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::policy::health::{HealthContext, HealthWatch, Verdict};
use crate::scenario::{Health, LinkOutages};
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::network::LinkOutage;
use std::ops::Range;

/// The health check of a node, and when it is to be woken.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    watch: HealthWatch,
    event: Handle,
}

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
    pub(super) fn start_links(&mut self) {
        for domain in 0..self.link_outages.len() as u32 {
            self.schedule_link(domain);
        }
    }

    fn schedule_link(&mut self, domain: u32) {
        let state = &self.link_outages[domain as usize].state;
        let event = if state.is_down() {
            Event::LinkOutageEnds { domain }
        } else {
            Event::LinkOutageBegins { domain }
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
            self.sites[site.index()].link_outages += 1;
            if self.sites[site.index()].link_outages == 1 {
                self.lose_transfers(site);
                for node in self.site_nodes(site) {
                    self.reason_begins(node, Cause::Link);
                }
            }
        }
    }

    pub(super) fn link_outage_ends(&mut self, domain: u32) {
        for site in self.link_changes(domain) {
            self.sites[site.index()].link_outages -= 1;
            if self.sites[site.index()].link_outages == 0 {
                for node in self.site_nodes(site) {
                    self.reason_ends(node, Cause::Link);
                }
            }
        }
    }

    /// `node` does not answer any more.
    pub(super) fn stopped_answering(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.stopped_answering(now, node, self.control.trusts(node));
        if self.model.policy.health == Health::Oracle {
            self.suspicion(node);
        }
        self.tell_watch(node, HealthWatch::node_lost);
    }

    /// `node` answers again.
    pub(super) fn answers_again(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.answers_again(now, node);
        if self.model.policy.health == Health::Oracle {
            self.trust(node);
        }
        self.tell_watch(node, HealthWatch::node_back);
    }

    /// Tells the watch of `node` what has happened, and wakes it when it says.
    fn tell_watch(
        &mut self,
        node: NodeId,
        tell: fn(&mut HealthWatch, SimTime, &HealthContext<'_>) -> Option<SimTime>,
    ) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let Some(Watch { watch, event }) = self.watches.get_mut(node.index()) else { return };
        Self::cancel(&mut self.engine, event);
        if let Some(at) = tell(watch, now, &context) {
            *event = self.engine.at(at, Event::HealthWake { node });
        }
    }

    /// The watch of `node` has asked to be woken now.
    pub(super) fn health_wake(&mut self, node: NodeId) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let Watch { watch, event } = &mut self.watches[node.index()];
        let woken = watch.wake(now, &context);
        *event = match woken.next {
            Some(at) => self.engine.at(at, Event::HealthWake { node }),
            None => Handle::NONE,
        };
        match woken.verdict {
            Some(Verdict::Suspect) => self.suspicion(node),
            Some(Verdict::Trust) => self.trust(node),
            None => {}
        }
    }

    fn suspicion(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.suspected(now, node, self.node(node).reasons.is_up());
        let (control, mut post) = self.control_and_post();
        control.suspect(&mut post, node);
    }

    fn trust(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.trusted(now, node, self.node(node).reasons.is_up());
        self.control.trust(node);
    }

    /// Starts the watches; the oracle and `none` need none.
    pub(super) fn start_watch(&mut self) {
        if matches!(self.model.policy.health, Health::Oracle | Health::None) {
            return;
        }
        let now = self.engine.now();
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let context = self.model.health_context(node, self.nodes[node.index()].site);
            let watch = HealthWatch::new(now, &context);
            let event = match watch.next(now, &context) {
                Some(at) => self.engine.at(at, Event::HealthWake { node }),
                None => Handle::NONE,
            };
            self.watches.push(Watch { watch, event });
        }
    }
}
