//! How time up spreads over the nodes of a run: for pictures, from what is measured anyway.

use super::Simulation;
use crate::kernel::SimTime;
use crate::measure::record::{RegionSpread, Spread};
use indexmap::IndexMap;

const NANOS: f64 = 1e-9;

impl Simulation<'_> {
    /// Time up of nodes at fixed ranks, and by region. After all accounts have been closed.
    pub(super) fn spread(&self, now: SimTime) -> Spread {
        let span = now.since(self.collect.from).as_secs_f64();
        let by_node: Vec<u64> = self.collect.down_by_node().collect();
        let mut regions: IndexMap<String, RegionSpread> = IndexMap::new();
        for entry in &self.model.entries {
            let first = entry.first_node as usize;
            let count = entry.sites as usize * entry.nodes_per_site as usize;
            // Not in whole nanoseconds: many nodes over many years are more than a `u64` of them.
            let down: f64 = by_node[first..first + count].iter().map(|down| *down as f64 * NANOS).sum();
            let name = self.model.regions[usize::from(entry.region)].name.clone();
            let region = regions.entry(name).or_default();
            region.sites += entry.sites;
            region.nodes += count as u32;
            // Node-seconds down, until all entries of the region have been seen.
            region.uptime += down;
        }
        for region in regions.values_mut() {
            region.uptime = up(region.uptime, span * f64::from(region.nodes));
        }
        Spread { uptime: at_ranks(by_node, span), regions }
    }
}

/// The share of time up at each of [`Spread::RANKS`], from the worst node to the best.
fn at_ranks(mut down: Vec<u64>, span: f64) -> Vec<f64> {
    if down.is_empty() {
        return Vec::new();
    }
    down.sort_unstable_by(|a, b| b.cmp(a));
    let last = down.len() as f64 - 1.0;
    let at = |rank: f64| up(down[libm::round(rank * last) as usize] as f64 * NANOS, span);
    Spread::RANKS.iter().map(|rank| at(*rank)).collect()
}

fn up(down: f64, span: f64) -> f64 {
    if span > 0.0 { (1.0 - down / span).clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_go_from_the_worst_node_to_the_best() {
        let down = (0..=100).map(|percent| percent * 1_000_000_000).collect();
        let uptime = at_ranks(down, 100.0);
        assert_eq!(uptime.len(), Spread::RANKS.len());
        assert_eq!((uptime[0], uptime[Spread::RANKS.len() - 1]), (0.0, 1.0));
        for (rank, share) in Spread::RANKS.iter().zip(&uptime) {
            assert!((rank - share).abs() <= 0.005 + 1e-12, "{rank} {share}");
        }
        assert!(at_ranks(Vec::new(), 1.0).is_empty());
    }
}
