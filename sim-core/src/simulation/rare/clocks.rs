//! Clocks that can be made to run faster or slower: exponential lives of units, of the mains, and of links; and exponential repairs of all these and of objects.
//!
//! A clock that is hastened by b has b times its hazard: what is left until it rings is divided by b. Lives that are not
//! exponential, that storms, heat or batches change, or of which somebody is told beforehand, are none of these clocks: they run as they do.

use super::super::Simulation;
use crate::kernel::Dist;
use crate::world::fleet::NodeId;

/// What can ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// The unit in the place of a node: it breaks or dies.
    Unit(NodeId),
    /// An outage of a domain of the mains.
    Mains(u32),
    /// An outage of a domain of access links.
    Link(u32),
    /// A stage of mending the unit in the place of a node ends.
    Mended(NodeId),
    /// An outage of a domain of the mains ends.
    MainsBack(u32),
    /// An outage of a domain of access links ends.
    LinkBack(u32),
    /// A repair of an object, by its number, is done.
    Repaired(u32, u32),
}

impl Clock {
    /// 0 if it brings danger nearer, 1 if it ends it.
    pub fn kind(self) -> usize {
        match self {
            Self::Unit(_) | Self::Mains(_) | Self::Link(_) => 0,
            Self::Mended(_) | Self::MainsBack(_) | Self::LinkBack(_) | Self::Repaired(..) => 1,
        }
    }

    /// What ends what this clock begins.
    fn end(self) -> Option<Self> {
        match self {
            Self::Unit(node) => Some(Self::Mended(node)),
            Self::Mains(domain) => Some(Self::MainsBack(domain)),
            Self::Link(domain) => Some(Self::LinkBack(domain)),
            _ => None,
        }
    }
}

/// The hazard of an exponential clock; zero for any other.
pub(super) fn hazard_of(dist: &Dist) -> f64 {
    match dist {
        Dist::Exponential { mean } if *mean > 0.0 => 1.0 / mean,
        _ => 0.0,
    }
}

impl Simulation<'_> {
    /// All clocks that can take a watched node down, and those that bring it up again.
    pub(super) fn clocks(&self) -> Vec<Clock> {
        let nodes: Vec<NodeId> = self.watched_nodes().collect();
        let mut sites: Vec<u32> = nodes.iter().map(|node| self.node(*node).site.0).collect();
        sites.dedup();
        let units = nodes.into_iter().map(Clock::Unit).filter(|_| !self.hardware.units.is_empty());
        let meets = |mut members: Box<dyn Iterator<Item = u32> + '_>| {
            members.any(|site| sites.binary_search(&site).is_ok())
        };
        let mains = (0..self.outages.len() as u32).filter(|domain| meets(self.sites_of_mains(*domain)));
        let links = (0..self.link_outages.len() as u32).filter(|domain| meets(self.sites_of_link(*domain)));
        let begin = units.chain(mains.map(Clock::Mains)).chain(links.map(Clock::Link));
        begin.flat_map(|clock| [Some(clock), clock.end()]).flatten().collect()
    }

    /// Whether anything that takes watched nodes down can be hastened.
    pub(super) fn has_clocks(&self) -> bool {
        self.clocks().into_iter().any(|clock| match clock {
            Clock::Unit(node) => self.unit_hazard(node) > 0.0,
            Clock::Mains(domain) => self.mains_hazard(domain) > 0.0,
            Clock::Link(domain) => self.link_hazard(domain) > 0.0,
            _ => false,
        })
    }

    /// The hazard by the second with which a clock rings, were it not hastened; zero while it stands still.
    pub(super) fn hazard(&self, clock: Clock) -> f64 {
        match clock {
            Clock::Unit(node) if self.unit_is_exposed(node) => self.unit_hazard(node),
            Clock::Mains(domain) if self.mains_are_up(domain) => self.mains_hazard(domain),
            Clock::Link(domain) if self.link_is_up(domain) => self.link_hazard(domain),
            Clock::Mended(node) => self.mending_hazard(node),
            Clock::MainsBack(domain) if !self.mains_are_up(domain) => self.mains_back_hazard(domain),
            Clock::LinkBack(domain) if !self.link_is_up(domain) => self.link_back_hazard(domain),
            Clock::Repaired(object, number) => self.repair_hazard(object, number),
            _ => 0.0,
        }
    }

    /// How often a clock has rung.
    pub(super) fn rings(&self, clock: Clock) -> u32 {
        match clock {
            Clock::Unit(node) => self.unit_failures(node),
            Clock::Mains(domain) => self.outages[domain as usize].count,
            Clock::Link(domain) => self.link_rings(domain),
            Clock::Mended(node) => self.mending_steps(node),
            Clock::MainsBack(domain) => self.outages[domain as usize].ended,
            Clock::LinkBack(domain) => self.link_rings(domain) - u32::from(!self.link_is_up(domain)),
            Clock::Repaired(object, number) => u32::from(!self.is_under_repair(object, number)),
        }
    }

    /// From now on a clock runs `ratio` times faster than so far. Of a unit that goes for its successors, too.
    pub(super) fn hasten(&mut self, clock: Clock, ratio: f64) {
        if ratio.to_bits() == 1.0_f64.to_bits() {
            return;
        }
        match clock {
            Clock::Unit(node) => self.hasten_unit(node, ratio),
            Clock::Mains(domain) if self.mains_are_up(domain) => self.hasten_mains(domain, ratio),
            Clock::Link(domain) if self.link_is_up(domain) => self.hasten_link(domain, ratio),
            Clock::MainsBack(domain) if !self.mains_are_up(domain) => self.hasten_mains(domain, ratio),
            Clock::LinkBack(domain) if !self.link_is_up(domain) => self.hasten_link(domain, ratio),
            Clock::Mended(node) => self.hasten_mending(node, ratio),
            Clock::Repaired(object, number) => self.hasten_repair(object, number, ratio),
            _ => {}
        }
    }
}
