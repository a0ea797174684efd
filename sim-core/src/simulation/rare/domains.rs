//! Outages of mains and of links in forks: what is left until the next change is drawn again or made shorter.

use super::super::Simulation;
use super::super::links::LinkDomain;
use super::super::model::OutageKind;
use super::super::state::OutageDomain;
use super::clocks::hazard_of;
use crate::kernel::{Dist, SimDuration, SimTime, Stream};
use crate::scenario::Outages;

/// When a wait that began at `since` is over, given that it is not yet at `now`; `None` if that cannot be told.
fn rest(dist: &Dist, (since, now): (SimTime, SimTime), u: f64) -> Option<SimTime> {
    let takes = dist.quantile_beyond(now.since(since).as_secs_f64(), u)?;
    Some(since.saturating_add(SimDuration::from_secs_f64(takes)).max(now))
}

/// The moment `at`, as seen from `now`, if all goes `ratio` times faster.
fn sooner(now: SimTime, at: SimTime, ratio: f64) -> SimTime {
    now.saturating_add(SimDuration::from_secs_f64(at.since(now).as_secs_f64() / ratio))
}

impl<'m> Simulation<'m> {
    /// How the outages of a domain of the mains come and go, where they do so by themselves.
    fn renewal(&self, domain: u32) -> Option<&'m Outages> {
        let model = self.model;
        match &model.outages[usize::from(self.outages[domain as usize].cause)].kind {
            OutageKind::Renewal(outages) => Some(outages),
            OutageKind::Storm(..) | OutageKind::Rolling(_) => None,
        }
    }

    pub(super) fn sites_of_mains(&self, domain: u32) -> Box<dyn Iterator<Item = u32> + '_> {
        let OutageDomain { cause, member, .. } = self.outages[domain as usize];
        let sites = &self.model.outages[usize::from(cause)].domains[member as usize];
        Box::new(sites.iter().cloned().flatten())
    }

    pub(super) fn sites_of_link(&self, domain: u32) -> Box<dyn Iterator<Item = u32> + '_> {
        Box::new(self.link_outages[domain as usize].sites())
    }

    pub(super) fn mains_are_up(&self, domain: u32) -> bool {
        let OutageDomain { count, ended, .. } = self.outages[domain as usize];
        count == ended
    }

    pub(super) fn link_is_up(&self, domain: u32) -> bool {
        !self.link_outages[domain as usize].is_down()
    }

    /// The hazard of outages of a domain, were it not hastened; zero where storms have a say, or where policies are told beforehand.
    pub(super) fn mains_hazard(&self, domain: u32) -> f64 {
        let told = self.model.outages[usize::from(self.outages[domain as usize].cause)].notice.is_some();
        let renewal = self.renewal(domain).filter(|it| it.up_in_storm.is_none() && !told);
        renewal.map_or(0.0, |outages| hazard_of(&outages.up))
    }

    pub(super) fn link_hazard(&self, domain: u32) -> f64 {
        hazard_of(&self.link_outages[domain as usize].outages(self.model).up)
    }

    /// The hazard with which an outage of a domain ends.
    pub(super) fn mains_back_hazard(&self, domain: u32) -> f64 {
        self.renewal(domain).map_or(0.0, |outages| hazard_of(&outages.down))
    }

    pub(super) fn link_back_hazard(&self, domain: u32) -> f64 {
        hazard_of(&self.link_outages[domain as usize].outages(self.model).down)
    }

    pub(super) fn link_rings(&self, domain: u32) -> u32 {
        self.link_outages[domain as usize].rings()
    }

    pub(super) fn hasten_mains(&mut self, domain: u32, ratio: f64) {
        let now = self.engine.now();
        let at = sooner(now, self.outages[domain as usize].at, ratio);
        self.mains_change_at(domain, at);
    }

    pub(super) fn hasten_link(&mut self, domain: u32, ratio: f64) {
        let now = self.engine.now();
        let at = sooner(now, self.link_outages[domain as usize].next_change(), ratio);
        self.link_changes_at(domain, at);
    }

    fn mains_change_at(&mut self, domain: u32, at: SimTime) {
        let state = &mut self.outages[domain as usize];
        if let Some(pending) = self.engine.reschedule(state.pending, at) {
            (state.pending, state.at) = (pending, at);
        }
    }

    fn link_changes_at(&mut self, domain: u32, at: SimTime) {
        let state = &mut self.link_outages[domain as usize];
        if let Some(pending) = self.engine.reschedule(state.pending(), at) {
            state.change_at(pending, at);
        }
    }

    /// Draws again until when the mains of each domain are up or down, given since when they have been. Outages that are announced, storms and what they change stay as
    /// they are.
    pub(super) fn redraw_mains(&mut self, draws: &Stream) {
        let now = self.engine.now();
        for domain in 0..self.outages.len() as u32 {
            let OutageDomain { since, cause, .. } = self.outages[domain as usize];
            let told = self.model.outages[usize::from(cause)].notice.is_some();
            let Some(outages) = self.renewal(domain) else { continue };
            let dist = if self.mains_are_up(domain) {
                if outages.up_in_storm.is_some() || told {
                    continue;
                }
                &outages.up
            } else {
                &outages.down
            };
            if let Some(at) = rest(dist, (since, now), draws.unit(domain, 0)) {
                self.mains_change_at(domain, at);
            }
        }
    }

    /// The same of links.
    pub(super) fn redraw_links(&mut self, draws: &Stream) {
        let now = self.engine.now();
        for domain in 0..self.link_outages.len() as u32 {
            let state: &LinkDomain = &self.link_outages[domain as usize];
            let outages = state.outages(self.model);
            let dist = if state.is_down() { &outages.down } else { &outages.up };
            if let Some(at) = rest(dist, (state.since(), now), draws.unit(domain, 0)) {
                self.link_changes_at(domain, at);
            }
        }
    }
}
