//! Rerouting: how the backbone finds ways around links that fail.
//!
//! [`Routes`] is what routers and gateways believe: it is told what they learn, when they learn it, and answers with the
//! path in use between each pair of regions. Whether a path works is not its business: a message over a path with a dead
//! link is lost, and nobody tells the sender.
//!
//! - `static`: the shortest paths of the intact graph, for ever.
//! - `reroute`: all routers learn a change when routing has converged on it, and use shortest paths from then on.
//! - `fast_reroute`: as before; until convergence, a path over a link that is known dead at its end is replaced by the
//!   shortest path without that link, prepared beforehand (loop-free alternates and p-cycles do this in practice, RFC
//!   5286). It does not know of a second failure on the backup.
//! - `overlay`: as `reroute`; and until convergence, a gateway whose probes have found the path to another dead sends by
//!   way of the third gateway over which both halves are alive and the sum is least (D. Andersen, H. Balakrishnan,
//!   F. Kaashoek and R. Morris, "Resilient overlay networks", SOSP 2001).
//!
//! Left out: bandwidth and load of backbone links, transient loops, policy routing between providers.

use crate::kernel::SimDuration;
use crate::scenario::Rerouting;
use crate::world::network::{Graph, Tree};
use std::sync::Arc;

/// A path between two regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its links, in order.
    pub links: Vec<u32>,
    /// One-way latency.
    pub latency: SimDuration,
}

/// The routes in use, and what is known of links.
#[derive(Clone, Debug)]
pub struct Routes {
    policy: Rerouting,
    graph: Arc<Graph>,
    regions: u32,
    /// Links that routing has taken out.
    out: Vec<bool>,
    /// Links whose failure has been detected where it matters.
    dead: Vec<bool>,
    table: Vec<Option<Route>>,
}

impl Routes {
    /// Shortest paths between the first `regions` nodes of the intact graph.
    pub fn new(policy: Rerouting, graph: Arc<Graph>, regions: u32) -> Self {
        let links = graph.links();
        let mut routes = Self {
            policy,
            graph,
            regions,
            out: vec![false; links],
            dead: vec![false; links],
            table: Vec::new(),
        };
        routes.recompute();
        routes
    }

    /// Whether routing ever learns of a failure.
    pub fn converges(&self) -> bool {
        self.policy != Rerouting::Static
    }

    /// From the failure of a link to its detection by those who act before convergence; `None` if nobody does.
    pub fn detection(&self) -> Option<SimDuration> {
        match self.policy {
            Rerouting::Static | Rerouting::Reroute => None,
            Rerouting::FastReroute { detection } | Rerouting::Overlay { detection } => Some(detection),
        }
    }

    /// Routing has converged on the state of a link.
    pub fn converged(&mut self, link: u32, up: bool) {
        self.out[link as usize] = !up;
        self.recompute();
    }

    /// The state of a link has been detected where it matters.
    pub fn detected(&mut self, link: u32, up: bool) {
        self.dead[link as usize] = !up;
        self.recompute();
    }

    /// The path in use from region `a` to region `b`.
    pub fn route(&self, a: u32, b: u32) -> Option<&Route> {
        self.table[(a * self.regions + b) as usize].as_ref()
    }

    fn recompute(&mut self) {
        let regions = self.regions;
        let trees: Vec<Tree> =
            (0..regions).map(|region| self.graph.shortest(region, |link| !self.out[link as usize])).collect();
        let pairs = (0..regions).flat_map(|a| (0..regions).map(move |b| (a, b)));
        let plain: Vec<Option<Route>> =
            pairs.map(|(a, b)| route(&self.graph, &trees[a as usize], b)).collect();
        self.table = match self.policy {
            Rerouting::Static | Rerouting::Reroute => plain,
            Rerouting::FastReroute { .. } => self.with_backups(&plain),
            Rerouting::Overlay { .. } => self.with_relays(&plain),
        };
    }

    fn is_dead(&self, route: &Route) -> bool {
        route.links.iter().any(|link| self.dead[*link as usize])
    }

    fn with_backups(&self, plain: &[Option<Route>]) -> Vec<Option<Route>> {
        let around = |(index, way): (usize, &Option<Route>)| {
            let used = way.as_ref()?;
            let Some(dead) = used.links.iter().find(|link| self.dead[**link as usize]) else {
                return Some(used.clone());
            };
            let (a, b) = (index as u32 / self.regions, index as u32 % self.regions);
            let tree = self.graph.shortest(a, |link| link != *dead && !self.out[link as usize]);
            route(&self.graph, &tree, b).or_else(|| Some(used.clone()))
        };
        plain.iter().enumerate().map(around).collect()
    }

    fn with_relays(&self, plain: &[Option<Route>]) -> Vec<Option<Route>> {
        let alive = |a: u32, b: u32| {
            plain[(a * self.regions + b) as usize].as_ref().filter(|route| !self.is_dead(route))
        };
        let around = |(index, way): (usize, &Option<Route>)| {
            let direct = way.as_ref();
            if direct.is_some_and(|route| !self.is_dead(route)) {
                return direct.cloned();
            }
            let (a, b) = (index as u32 / self.regions, index as u32 % self.regions);
            let by = |relay: u32| Some(join(alive(a, relay)?, alive(relay, b)?));
            let relays = (0..self.regions).filter(|relay| *relay != a && *relay != b);
            relays.filter_map(by).min_by_key(|route| route.latency).or_else(|| direct.cloned())
        };
        plain.iter().enumerate().map(around).collect()
    }
}

fn route(graph: &Graph, tree: &Tree, to: u32) -> Option<Route> {
    Some(Route { links: graph.path(tree, to)?, latency: tree.latency(to)? })
}

fn join(first: &Route, second: &Route) -> Route {
    let links = first.links.iter().chain(&second.links).copied().collect();
    Route { links, latency: first.latency + second.latency }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(latency: u64) -> SimDuration {
        SimDuration::from_nanos(latency * 1_000_000)
    }

    /// Regions 0, 1, 2 in a triangle (links 0: 0–1, 1: 1–2, 2: 0–2), and a detour 0–3–1 (links 3, 4) by an exchange point.
    fn routes(policy: Rerouting) -> Routes {
        let links = [([0, 1], ms(5)), ([1, 2], ms(6)), ([0, 2], ms(7)), ([0, 3], ms(10)), ([3, 1], ms(10))];
        Routes::new(policy, Arc::new(Graph::new(4, links)), 3)
    }

    fn used(routes: &Routes, a: u32, b: u32) -> (Vec<u32>, SimDuration) {
        routes.route(a, b).map(|route| (route.links.clone(), route.latency)).expect("a route")
    }

    #[test]
    fn routing_converges_on_what_is_left() {
        let mut routes = routes(Rerouting::Reroute);
        assert_eq!(used(&routes, 0, 1), (vec![0], ms(5)));
        assert_eq!(used(&routes, 2, 2), (vec![], SimDuration::ZERO));
        routes.converged(0, false);
        assert_eq!(used(&routes, 0, 1), (vec![2, 1], ms(13)));
        routes.converged(1, false);
        assert_eq!(used(&routes, 1, 2), (vec![4, 3, 2], ms(27)));
        routes.converged(2, false);
        assert!(routes.route(1, 2).is_none());
        for link in 0..3 {
            routes.converged(link, true);
        }
        assert_eq!(used(&routes, 1, 2), (vec![1], ms(6)));
    }

    #[test]
    fn a_backup_knows_of_one_failure() {
        let mut routes = routes(Rerouting::FastReroute { detection: ms(50) });
        routes.detected(0, false);
        assert_eq!(used(&routes, 0, 1), (vec![2, 1], ms(13)));
        routes.detected(2, false);
        // The prepared backup for link 0 runs over link 2, dead too.
        assert_eq!(used(&routes, 0, 1), (vec![2, 1], ms(13)));
        routes.converged(0, false);
        routes.converged(2, false);
        assert_eq!(used(&routes, 0, 1), (vec![3, 4], ms(20)));
    }

    #[test]
    fn an_overlay_relays_over_gateways_only() {
        let mut routes = routes(Rerouting::Overlay { detection: ms(18_000) });
        routes.detected(0, false);
        assert_eq!(used(&routes, 0, 1), (vec![2, 1], ms(13)));
        routes.detected(1, false);
        // No gateway is left to relay; the exchange point is none.
        assert_eq!(used(&routes, 0, 1), (vec![0], ms(5)));
        let fixed = tests::routes(Rerouting::Static);
        assert!(!fixed.converges() && fixed.detection().is_none());
    }
}
