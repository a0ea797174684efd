//! Placement of shards: which nodes hold an object.
//!
//! A node is drawn at random, with a probability in proportion to its weight (capacity, or all alike), and taken if it is a
//! candidate (trusted, with room, not holding a shard of the object already) and its failure domain has room: of n shards
//! at most ⌈n / D⌉ may lie in one of D domains, so one in each if there are enough. Else it is drawn again. After
//! three hundred draws in vain all nodes are looked through and one is drawn among those left; if there is none, the bound on
//! domains gives way one by one. Draws are a function of the object and their number alone, so that objects are placed alike under
//! every policy as far as their codes agree.
//!
//! - `oldest_of` d: of d candidates so found, the one that has been there longest is taken. Where lives have a falling hazard,
//!   old nodes last longer (Godfrey, Shenker, Stoica: "Minimizing churn in distributed systems", SIGCOMM 2006).
//! - `score`: of `choices` candidates so found, the one of the greatest score is taken ([`crate::policy::score`]), the one found first of equal
//!   ones; so a score that knows nothing changes nothing.
//! - `copysets`: nodes are put into P = ⌈S / (n − 1)⌉ random orders, S the scatter width; each order is cut into sets of n.
//!   An object goes to the nodes of one set, so that few sets of nodes can lose data together (Cidon et al.: "Copysets: reducing
//!   the frequency of data loss in cloud storage", USENIX ATC 2013). A repair prefers the nodes of the object's set, among
//!   them the replacement of the dead one; only else it goes elsewhere. Sets do not look at failure domains; nodes of a set whose
//!   domain is full are passed over.
//!
//! Left out: rebalancing of nodes that join later.

mod weights;

use super::score::rank;
use std::cmp::Ordering;
use weights::Weights;

/// Draws in vain before all nodes are looked through.
const REJECTIONS: u32 = 300;

/// How nodes are chosen. Immutable.
#[derive(Clone, Debug)]
pub struct Placement {
    nodes: u32,
    /// Failure domain of each node; empty where each is its own.
    domain_of: Vec<u32>,
    domains: u32,
    /// Most shards of an object in one domain.
    limit: u32,
    weights: Option<Weights>,
    /// Candidates that are compared, by age or by score.
    compared: u32,
    by_score: bool,
    /// Orders of all nodes, one after another; empty without copysets.
    orders: Vec<u32>,
    total: u32,
}

/// What placement knows of nodes.
pub trait Candidates {
    /// Whether a node may take a shard.
    fn is_candidate(&self, node: u32) -> bool;
    /// A number that is the smaller the longer the node has been there.
    fn joined(&self, node: u32) -> u64;
    /// The score of a node; NaN if it is not known.
    fn score(&self, _node: u32) -> f64 {
        f64::NAN
    }
}

/// The nodes and domains that an object has taken, while shards of it are placed. Kept for its memory.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    stamp: u32,
    nodes: Vec<u32>,
    domains: Vec<(u32, u32)>,
}

impl Placement {
    /// Placement of `total` shards of an object on `nodes` nodes. `domain_of` and `domains` tell failure domains, `weights` how
    /// likely each node is drawn; without, all are alike.
    pub fn new(
        total: u32,
        nodes: u32,
        (domain_of, domains): (Vec<u32>, u32),
        weights: Option<&[f64]>,
        oldest_of: u32,
    ) -> Self {
        Self {
            nodes,
            domain_of,
            domains,
            limit: total.div_ceil(domains.max(1)),
            weights: weights.map(Weights::new),
            compared: oldest_of.max(1),
            by_score: false,
            orders: Vec::new(),
            total,
        }
    }

    /// Of `choices` candidates, the one of the greatest score is taken, whatever their age.
    #[must_use]
    pub fn with_score(self, choices: u32) -> Self {
        Self { compared: choices.max(1), by_score: true, ..self }
    }

    /// Confines objects to copysets of scatter width `width`; `draw(i)` gives random bits.
    #[must_use]
    pub fn with_copysets(mut self, width: u32, mut draw: impl FnMut(u32) -> u64) -> Self {
        let orders = width.div_ceil(self.total.saturating_sub(1).max(1)).max(1);
        let mut number = 0;
        for _ in 0..orders {
            let first = self.orders.len();
            self.orders.extend(0..self.nodes);
            for left in (2..=self.nodes).rev() {
                let chosen = below(draw(number), left);
                number += 1;
                self.orders.swap(first + left as usize - 1, first + chosen as usize);
            }
        }
        self
    }

    /// Most shards of an object in one failure domain.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Nobody has taken anything yet.
    pub fn begin(&self, taken: &mut Taken) {
        if taken.nodes.len() != self.nodes as usize || taken.stamp == u32::MAX {
            *taken = Taken {
                stamp: 0,
                nodes: vec![0; self.nodes as usize],
                domains: vec![(0, 0); if self.domain_of.is_empty() { 0 } else { self.domains as usize }],
            };
        }
        taken.stamp += 1;
    }

    /// The object has a shard on `node`.
    pub fn take(&self, taken: &mut Taken, node: u32) {
        taken.nodes[node as usize] = taken.stamp;
        if let Some(domain) = self.domain_of.get(node as usize) {
            let (stamp, count) = &mut taken.domains[*domain as usize];
            *count = if *stamp == taken.stamp { *count + 1 } else { 1 };
            *stamp = taken.stamp;
        }
    }

    /// A node for another shard of the object with what it has `taken`, which is taken then; `None` if there is none. `draw(i)`
    /// gives the random bits number i, from `*next` on, which is moved on. `home` are the bits that choose its copyset.
    pub fn choose(
        &self,
        taken: &mut Taken,
        candidates: &impl Candidates,
        home: u64,
        next: &mut u32,
        mut draw: impl FnMut(u32) -> u64,
    ) -> Option<u32> {
        let mut bits = || {
            *next = next.wrapping_add(1);
            draw(next.wrapping_sub(1))
        };
        let at_home = self.copyset(home).iter().copied();
        let chosen = at_home.into_iter().find(|node| self.fits(taken, candidates, *node, self.limit));
        let chosen = chosen.or_else(|| {
            let mut best: Option<u32> = None;
            for _ in 0..self.compared {
                let found = self.drawn(taken, candidates, &mut bits);
                let is_better = |node: &u32| best.is_none_or(|best| self.prefers(candidates, *node, best));
                best = found.filter(is_better).or(best);
            }
            best
        });
        if let Some(node) = chosen {
            self.take(taken, node);
        }
        chosen
    }

    /// Whether a candidate is better than another.
    fn prefers(&self, candidates: &impl Candidates, one: u32, other: u32) -> bool {
        if self.by_score {
            return rank(candidates.score(one), candidates.score(other)) == Ordering::Greater;
        }
        candidates.joined(one) < candidates.joined(other)
    }

    /// The nodes of a copyset; none without copysets.
    fn copyset(&self, home: u64) -> &[u32] {
        if self.orders.is_empty() || self.nodes < self.total {
            return &[];
        }
        let orders = self.orders.len() as u32 / self.nodes;
        let sets = self.nodes / self.total;
        let number = below(home, orders * sets);
        let first = (number / sets) * self.nodes + (number % sets) * self.total;
        &self.orders[first as usize..(first + self.total) as usize]
    }

    fn fits(&self, taken: &Taken, candidates: &impl Candidates, node: u32, limit: u32) -> bool {
        if taken.nodes[node as usize] == taken.stamp || !candidates.is_candidate(node) {
            return false;
        }
        self.domain_of.get(node as usize).is_none_or(|domain| {
            let (stamp, count) = taken.domains[*domain as usize];
            stamp != taken.stamp || count < limit
        })
    }

    fn drawn(
        &self,
        taken: &Taken,
        candidates: &impl Candidates,
        bits: &mut impl FnMut() -> u64,
    ) -> Option<u32> {
        for _ in 0..REJECTIONS {
            let bits = bits();
            let node = match &self.weights {
                Some(weights) => weights.pick(bits),
                None => below(bits, self.nodes),
            };
            if self.fits(taken, candidates, node, self.limit) {
                return Some(node);
            }
        }
        let bits = bits();
        let open: Vec<u32> =
            (0..self.nodes).filter(|node| self.fits(taken, candidates, *node, self.total)).collect();
        let load = |node: &u32| {
            let (stamp, count) =
                self.domain_of.get(*node as usize).map_or((0, 0), |it| taken.domains[*it as usize]);
            if stamp == taken.stamp { count.max(self.limit - 1) } else { self.limit - 1 }
        };
        // All domains that have room, or else those that exceed the bound by the least.
        let least = open.iter().map(load).min()?;
        let left: Vec<u32> = open.into_iter().filter(|node| load(node) == least).collect();
        Some(match &self.weights {
            Some(weights) => weights.pick_among(&left, bits),
            None => left[below(bits, left.len() as u32) as usize],
        })
    }
}

/// A number from 0 to `bound` less one, from random bits; the bias is at most `bound` in 2^64.
fn below(bits: u64, bound: u32) -> u32 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Stream, Streams};

    struct All<'a>(&'a [u64]);

    impl Candidates for All<'_> {
        fn is_candidate(&self, _: u32) -> bool {
            true
        }
        fn joined(&self, node: u32) -> u64 {
            self.0.get(node as usize).copied().unwrap_or(0)
        }
    }

    fn stream() -> Stream {
        Streams::new(7, 0).stream(Process::Placement, 0)
    }

    fn placed(placement: &Placement, object: u32, shards: u32, candidates: &impl Candidates) -> Vec<u32> {
        let (mut taken, mut next) = (Taken::default(), 0);
        placement.begin(&mut taken);
        let home = stream().bits(object, u32::MAX);
        (0..shards)
            .filter_map(|_| {
                placement.choose(&mut taken, candidates, home, &mut next, |i| stream().bits(object, i))
            })
            .collect()
    }

    #[test]
    fn no_node_twice_and_domains_evenly() {
        // Twenty nodes, five domains of four.
        let domains: Vec<u32> = (0..20).map(|node| node / 4).collect();
        for (total, limit) in [(3, 1), (5, 1), (6, 2), (10, 2), (20, 4)] {
            let placement = Placement::new(total, 20, (domains.clone(), 5), None, 1);
            assert_eq!(placement.limit(), limit);
            for object in 0..200 {
                let mut nodes = placed(&placement, object, total, &All(&[]));
                let most = (0..5).map(|d| nodes.iter().filter(|n| **n / 4 == d).count()).max();
                assert!(most.is_some_and(|most| most <= limit as usize));
                nodes.sort_unstable();
                nodes.dedup();
                assert_eq!(nodes.len(), total as usize);
            }
        }
    }

    #[test]
    fn the_bound_gives_way_where_it_must() {
        // One domain has a single node.
        let domains: Vec<u32> = (0..10).map(|node| u32::from(node > 0)).collect();
        let placement = Placement::new(6, 10, (domains, 2), None, 1);
        assert_eq!(placed(&placement, 1, 6, &All(&[])).len(), 6);
        let placement = Placement::new(6, 4, (Vec::new(), 4), None, 1);
        assert_eq!(placed(&placement, 1, 6, &All(&[])).len(), 4, "no more than there are nodes");
    }

    #[test]
    fn a_longer_code_keeps_the_nodes_of_a_shorter_one() {
        let short = Placement::new(4, 1000, (Vec::new(), 1000), None, 1);
        let long = Placement::new(9, 1000, (Vec::new(), 1000), None, 1);
        for object in 0..50 {
            let (a, b) = (placed(&short, object, 4, &All(&[])), placed(&long, object, 9, &All(&[])));
            assert_eq!(a, b[..4]);
        }
    }

    #[test]
    fn shards_follow_capacity() {
        let weights: Vec<f64> = (0..10).map(|node| if node < 5 { 1.0 } else { 3.0 }).collect();
        let placement = Placement::new(1, 10, (Vec::new(), 10), Some(&weights), 1);
        let large = (0..20_000).filter(|object| placed(&placement, *object, 1, &All(&[]))[0] >= 5).count();
        // Three quarters; five standard deviations.
        assert!((large as f64 - 15_000.0).abs() < 5.0 * (20_000.0_f64 * 0.75 * 0.25).sqrt(), "{large}");
    }

    #[test]
    fn old_nodes_are_preferred() {
        let joined: Vec<u64> = (0..100).collect();
        let placement = Placement::new(1, 100, (Vec::new(), 100), None, 2);
        let old = (0..20_000).filter(|it| placed(&placement, *it, 1, &All(&joined))[0] < 50).count();
        // The older of two is in the older half with probability 3/4.
        assert!((old as f64 - 15_000.0).abs() < 5.0 * (20_000.0_f64 * 0.75 * 0.25).sqrt(), "{old}");
    }

    /// Of three candidates the one of the greatest score; unknown ones last, and where nothing is known, as without.
    #[test]
    fn high_scores_are_preferred() {
        struct Scored<'a>(&'a dyn Fn(u32) -> f64);
        impl Candidates for Scored<'_> {
            fn is_candidate(&self, _: u32) -> bool {
                true
            }
            fn joined(&self, node: u32) -> u64 {
                u64::from(100 - node)
            }
            fn score(&self, node: u32) -> f64 {
                (self.0)(node)
            }
        }
        let plain = Placement::new(1, 100, (Vec::new(), 100), None, 1);
        let scored = plain.clone().with_score(3);
        let low = |of: &dyn Fn(u32) -> f64| {
            (0..20_000).filter(|it| placed(&scored, *it, 1, &Scored(of))[0] < 50).count() as f64
        };
        let tolerance = 5.0 * (20_000.0_f64 * 0.125 * 0.875).sqrt();
        let found = low(&|node| f64::from(node));
        assert!((found - 2_500.0).abs() < tolerance, "{found}");
        let found = low(&|node| if node < 50 { f64::NAN } else { -1.0 });
        assert!((found - 2_500.0).abs() < tolerance, "{found}");
        for object in 0..100 {
            let blind = placed(&scored, object, 1, &Scored(&|_| f64::NAN));
            assert_eq!(blind, placed(&plain, object, 1, &All(&[])));
        }
    }

    #[test]
    fn copysets_are_few() {
        // 3 copies on 300 nodes, scatter width 4: two orders, so 200 sets.
        let placement = Placement::new(3, 300, (Vec::new(), 300), None, 1)
            .with_copysets(4, |i| stream().bits(u32::MAX, i));
        let mut sets = std::collections::BTreeSet::new();
        let mut mates = vec![std::collections::BTreeSet::new(); 300];
        for object in 0..5000 {
            let mut nodes = placed(&placement, object, 3, &All(&[]));
            nodes.sort_unstable();
            for node in &nodes {
                mates[*node as usize].extend(nodes.iter().filter(|other| *other != node).copied());
            }
            sets.insert(nodes);
        }
        assert_eq!(sets.len(), 200);
        assert!(mates.iter().all(|mates| mates.len() <= 4), "the scatter width is kept");
    }
}
