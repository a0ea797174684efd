//! Outages of the mains: renewal processes, storms, rolling blackouts. Causes that overlap at a site are counted.

use super::model::OutageKind;
use super::{Event, PowerEvent, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::power::storm_damage;

impl Simulation<'_> {
    pub(super) fn schedule_outage(&mut self, domain: u32) {
        let now = self.engine.now();
        let state = &mut self.outages[domain as usize];
        let cause = &self.model.outages[usize::from(state.cause)];
        let storms = &self.model.regions[usize::from(cause.region)].storms;
        let at = match &cause.kind {
            OutageKind::Renewal(outages) => state.process.next_down(now, outages, &cause.stream, storms),
            OutageKind::Storm(damage, streams) => {
                let next = state.next as usize;
                match storm_damage::next_outage(next, state.member, damage, storms, streams) {
                    Some((begin, end, next)) => {
                        (state.next, state.until) = (next as u32, end);
                        begin
                    }
                    None => SimTime::MAX,
                }
            }
            OutageKind::Rolling(plan) => match plan.next(state.member, state.next) {
                Some((slot, begin, end)) => {
                    (state.next, state.until) = (slot + 1, end);
                    begin
                }
                None => SimTime::MAX,
            },
        };
        if at < SimTime::MAX {
            if let Some(notice) = cause.notice {
                let told = SimTime::from_nanos(at.as_nanos().saturating_sub(notice.as_nanos())).max(now);
                self.engine.at(told, Event::Power(PowerEvent::OutageAnnounced { domain }));
            }
            let pending = self.engine.at(at, Event::Power(PowerEvent::OutageBegins { domain }));
            let state = &mut self.outages[domain as usize];
            (state.pending, state.since, state.at) = (pending, now, at);
        }
    }

    /// Policies that care are told of an outage: they send no new work to its sites until it is over.
    pub(super) fn outage_announced(&mut self, domain: u32) {
        self.outages[domain as usize].announced = true;
        for node in self.nodes_in(domain) {
            self.control.withdraw(node);
            self.job_candidate_changed(node);
        }
    }

    fn nodes_in(&self, domain: u32) -> impl Iterator<Item = NodeId> + use<> {
        let model = self.model;
        let state = &self.outages[domain as usize];
        let sites = model.outages[usize::from(state.cause)].domains[state.member as usize].clone();
        let nodes = sites.into_iter().flatten().flat_map(|site| model.nodes_of(SiteId(site)));
        nodes.map(NodeId::from_index).collect::<Vec<_>>().into_iter()
    }

    pub(super) fn outage_begins(&mut self, domain: u32) {
        let now = self.engine.now();
        self.exogenous.word(u64::from(domain) << 1);
        self.exogenous.word(now.as_nanos());
        let model = self.model;
        let state = &mut self.outages[domain as usize];
        state.count += 1;
        let cause = &model.outages[usize::from(state.cause)];
        let member = state.member as usize;
        let end = match &cause.kind {
            OutageKind::Renewal(outages) => state.process.next_up(now, outages, &cause.stream),
            OutageKind::Storm(..) | OutageKind::Rolling(_) => state.until,
        };
        state.pending = Handle::NONE;
        if end < SimTime::MAX {
            state.pending = self.engine.at(end, Event::Power(PowerEvent::OutageEnds { domain }));
            (state.since, state.at) = (now, end);
        }
        for site in cause.domains[member].iter().cloned().flatten().map(SiteId) {
            self.blame_mains(domain, site);
            self.grid_lost(site);
        }
    }

    /// One more grid outage holds at `site`.
    pub(super) fn grid_lost(&mut self, site: SiteId) {
        self.sites[site.index()].outages += 1;
        if self.sites[site.index()].outages == 1 {
            self.collect.grid_outage();
            self.mains_cause_begins(site, Cause::Grid);
            self.cabinet_loses_mains(site);
            self.refresh_conditioning(site);
        }
    }

    /// One grid outage fewer holds at `site`.
    pub(super) fn grid_back(&mut self, site: SiteId) {
        self.sites[site.index()].outages -= 1;
        if self.sites[site.index()].outages == 0 {
            self.blame_mains_back(site);
            self.mains_cause_ends(site, Cause::Grid);
            self.cabinet_has_mains(site);
            self.refresh_conditioning(site);
        }
    }

    pub(super) fn outage_ends(&mut self, domain: u32) {
        self.exogenous.word(u64::from(domain) << 1 | 1);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &mut self.outages[domain as usize];
        state.ended = state.count;
        let cause = &model.outages[usize::from(state.cause)];
        let sites = &cause.domains[state.member as usize];
        let surge =
            cause.surge > 0.0 && model.draws.power.restoration.unit(domain, state.count) < cause.surge;
        for site in sites.iter().cloned().flatten().map(SiteId) {
            self.grid_back(site);
            if surge {
                self.surge_at(site);
            }
        }
        if std::mem::replace(&mut self.outages[domain as usize].announced, false) {
            for node in self.nodes_in(domain) {
                self.control.readmit(node);
                self.job_candidate_changed(node);
            }
        }
        self.schedule_outage(domain);
    }
}
