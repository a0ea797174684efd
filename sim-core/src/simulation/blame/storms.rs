//! What is down for a storm: told apart from ordinary outages of the mains.
//!
//! ```text
//!   storm ──► feeder ──► no battery, or an empty one ──► node
//!         └─► feeder ──► battery of a street cabinet empty ──► access links ──► nodes
//! ```
//!
//! A site is without mains for a storm if that began the outage that holds: storm damage, or, where outages come more often in a storm, any that begins in one. Nodes that go
//! down for want of mains meanwhile are down for the storm. Left out: what storms do by other ways (surges at restoration, breakers that trip when all comes back, heat
//! in rooms without air conditioning, hardware that fails more often in storms), which is charged to those.

use super::super::Simulation;
use super::super::model::{Model, OutageKind};
use crate::measure::blame::Root;
use crate::world::fleet::{Cause, NodeId, SiteId};

/// Where mains are gone for a storm.
#[derive(Clone, Debug)]
pub(super) struct Storms {
    /// By site; empty where no storm touches the mains.
    holds: Vec<bool>,
    /// Whether links go down now for one.
    at_cabinet: bool,
}

impl Storms {
    pub fn of(model: &Model) -> Self {
        let sites = if model.has_storms() { model.site_count() } else { 0 };
        Self { holds: vec![false; sites], at_cabinet: false }
    }
}

impl Model {
    /// Whether storms have a say in outages of the mains.
    pub(super) fn has_storms(&self) -> bool {
        self.outages.iter().any(|cause| match &cause.kind {
            OutageKind::Storm(..) => true,
            OutageKind::Renewal(outages) => outages.up_in_storm.is_some(),
            OutageKind::Rolling(_) => false,
        })
    }
}

impl Simulation<'_> {
    /// An outage of a domain of the mains is about to begin at a site.
    pub(in crate::simulation) fn blame_mains(&mut self, domain: u32, site: SiteId) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let Some(holds) = blame.storms.holds.get_mut(site.index()) else { return };
        let cause = &self.model.outages[usize::from(self.outages[domain as usize].cause)];
        let in_storm = || {
            let storms = &self.model.regions[usize::from(cause.region)].storms;
            storms.iter().any(|(begin, end)| (*begin..*end).contains(&now))
        };
        // What began first decides.
        if self.sites[site.index()].outages == 0 {
            *holds = match &cause.kind {
                OutageKind::Storm(..) => true,
                OutageKind::Renewal(outages) => outages.up_in_storm.is_some() && in_storm(),
                OutageKind::Rolling(_) => false,
            };
        }
    }

    /// The mains of a site are back.
    pub(in crate::simulation) fn blame_mains_back(&mut self, site: SiteId) {
        if let Some(holds) = self.blame.as_mut().and_then(|blame| blame.storms.holds.get_mut(site.index())) {
            *holds = false;
        }
    }

    /// The battery of a cabinet that lives on the mains of a site is empty, or its links are all down.
    pub(in crate::simulation) fn blame_cabinet(&mut self, leads: Option<SiteId>) {
        if let Some(blame) = &mut self.blame {
            let storms = &mut blame.storms;
            let holds = leads.and_then(|site| storms.holds.get(site.index()));
            storms.at_cabinet = holds.is_some_and(|holds| *holds);
        }
    }

    /// What a reason of a node that begins or holds now comes from.
    pub(in crate::simulation) fn root_of_reason(&self, node: NodeId, cause: Cause) -> Root {
        let Some(blame) = &self.blame else { return Root::Down(cause) };
        let storms = &blame.storms;
        let by_storm = match cause {
            Cause::Grid | Cause::Ups => {
                storms.holds.get(self.node(node).site.index()).is_some_and(|holds| *holds)
            }
            Cause::Link => storms.at_cabinet,
            _ => false,
        };
        if by_storm { Root::Storm } else { Root::Down(cause) }
    }
}
