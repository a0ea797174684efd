//! The nearest region that has room.
//!
//! Regions are tried from the nearest to the gateway outwards (its own first, then by known latency). In each, some nodes are
//! sampled; the shortest queue per slot of them is chosen if it has room. Where no sampled node anywhere has room, the shortest
//! queue of all that were sampled is. Locality with spillover is what service meshes do (Envoy's priority levels and zone-aware routing).
//! Of many regions at most the nearest 24 are tried, so that the draws of one decision suffice.

use super::{Ask, Memory, Places, Routing, TrustedNodes, View};
use crate::policy::score::rank;
use crate::scenario::Preference;
use crate::world::fleet::NodeId;
use rand::RngExt;
use std::sync::Arc;

const DRAWS_MAX: u32 = 48;

/// `{"locality": {…}}`.
#[derive(Clone, Debug)]
pub struct Locality {
    among: Preference,
    /// Regions from each gateway outwards.
    outwards: Arc<Vec<Vec<u16>>>,
    /// Trusted nodes by region.
    trusted: Vec<TrustedNodes>,
    region: Arc<Vec<u16>>,
}

impl Locality {
    /// Over the nodes of a register, all trusted.
    pub fn new(among: Preference, places: &Places) -> Self {
        let regions = 0..places.regions() as u16;
        let outwards = regions.clone().map(|gateway| {
            let mut order: Vec<u16> = regions.clone().collect();
            order.sort_by(|a, b| {
                let way = |region: u16| (region != gateway, places.between(gateway, region));
                let ((a_far, a_way), (b_far, b_way)) = (way(*a), way(*b));
                a_far.cmp(&b_far).then(rank(a_way, b_way))
            });
            order
        });
        let nodes = || (0..places.nodes()).map(NodeId::from_index);
        let mut trusted = vec![TrustedNodes::none(places.nodes()); places.regions()];
        for node in nodes() {
            trusted[usize::from(places.region(node))].insert(node);
        }
        let region = nodes().map(|node| places.region(node)).collect();
        Self { among, outwards: Arc::new(outwards.collect()), trusted, region: Arc::new(region) }
    }
}

impl Routing for Locality {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let mut shortest: Option<(f64, NodeId)> = None;
        let mut draws = DRAWS_MAX;
        for region in &self.outwards[usize::from(ask.gateway)] {
            let mut best: Option<(f64, NodeId)> = None;
            let candidates = self.trusted[usize::from(*region)].as_slice();
            let wanted = self.among.choices.min(candidates.len() as u32);
            for _ in 0..wanted.min(draws) {
                let place = ask.draws.random_range(0..candidates.len() as u32) as usize;
                draws -= 1;
                // A node drawn twice, or already tried, gives way to the next that was not tried.
                let from = candidates.iter().cycle().skip(place).take(candidates.len());
                let Some(node) = from.copied().find(|node| !ask.excludes(*node)) else { break };
                let load = f64::from(view.outstanding(node)) / f64::from(view.places().slots(node));
                if best.is_none_or(|(least, _)| load < least) {
                    best = Some((load, node));
                }
            }
            let Some((load, node)) = best else { continue };
            if load < self.among.spill {
                return Some(node);
            }
            if shortest.is_none_or(|(least, _)| load < least) {
                shortest = best;
            }
        }
        shortest.map(|(_, node)| node)
    }

    fn trust_changed(&mut self, node: NodeId, trusted: bool, _outstanding: u32) {
        let nodes = &mut self.trusted[usize::from(self.region[node.index()])];
        if trusted {
            nodes.insert(node);
        } else {
            nodes.remove(node);
        }
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
