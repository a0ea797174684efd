//! Shortest paths over the backbone.
//!
//! Dijkstra's algorithm on a heap whose priorities can be raised (the `priority-queue` crate), O((V + E) log V). Lengths
//! are latencies in whole nanoseconds; of equally short paths the one whose last hop comes from the smaller node is
//! taken, over the smaller link, so that routes do not depend on any order.

use crate::kernel::SimDuration;
use priority_queue::PriorityQueue;
use std::cmp::Reverse;

/// A graph without directions.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    ends: Vec<[u32; 2]>,
    latency: Vec<u64>,
    /// By node: (link, other end), in order of links.
    near: Vec<Vec<(u32, u32)>>,
}

/// Shortest paths from one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Latency in nanoseconds, by node; `u64::MAX` if there is no path.
    reach: Vec<u64>,
    /// Last link of the path, by node; `u32::MAX` for the root and where there is no path.
    last: Vec<u32>,
    root: u32,
}

impl Graph {
    /// The graph of `nodes` nodes with these links: ends and one-way latency.
    pub fn new(nodes: usize, links: impl IntoIterator<Item = ([u32; 2], SimDuration)>) -> Self {
        let mut graph = Self { near: vec![Vec::new(); nodes], ..Self::default() };
        for (number, (ends, latency)) in (0_u32..).zip(links) {
            for (from, to) in [(0, 1), (1, 0)] {
                graph.near[ends[from] as usize].push((number, ends[to]));
            }
            graph.ends.push(ends);
            graph.latency.push(latency.as_nanos());
        }
        graph
    }

    /// Number of links.
    pub fn links(&self) -> usize {
        self.ends.len()
    }

    /// Shortest paths from `root` over the links that are `usable`.
    pub fn shortest(&self, root: u32, usable: impl Fn(u32) -> bool) -> Tree {
        let mut tree =
            Tree { reach: vec![u64::MAX; self.near.len()], last: vec![u32::MAX; self.near.len()], root };
        let mut queue: PriorityQueue<u32, Reverse<(u64, u32)>, Hash> = PriorityQueue::with_default_hasher();
        tree.reach[root as usize] = 0;
        queue.push(root, Reverse((0, root)));
        let mut done = vec![false; self.near.len()];
        while let Some((node, Reverse((reach, _)))) = queue.pop() {
            done[node as usize] = true;
            for (link, other) in &self.near[node as usize] {
                if done[*other as usize] || !usable(*link) {
                    continue;
                }
                let through = reach.saturating_add(self.latency[*link as usize]);
                let at = *other as usize;
                let shorter = through < tree.reach[at];
                let equal = through == tree.reach[at]
                    && tree.last[at] != u32::MAX
                    && (node, *link) < (self.from(tree.last[at], *other), tree.last[at]);
                if shorter || equal {
                    tree.reach[at] = through;
                    tree.last[at] = *link;
                    queue.push(*other, Reverse((through, *other)));
                }
            }
        }
        tree
    }

    /// The end of `link` that is not `to`.
    fn from(&self, link: u32, to: u32) -> u32 {
        let [a, b] = self.ends[link as usize];
        if b == to { a } else { b }
    }

    /// The links of the path of `tree` to `node`, from its root on; `None` if there is none.
    pub fn path(&self, tree: &Tree, mut node: u32) -> Option<Vec<u32>> {
        tree.latency(node)?;
        let mut path = Vec::new();
        while node != tree.root {
            let link = tree.last[node as usize];
            path.push(link);
            node = self.from(link, node);
        }
        path.reverse();
        Some(path)
    }
}

impl Tree {
    /// Latency of the path to `node`; `None` if there is none.
    pub fn latency(&self, node: u32) -> Option<SimDuration> {
        let nanos = self.reach[node as usize];
        (nanos < u64::MAX).then_some(SimDuration::from_nanos(nanos))
    }
}

type Hash = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    /// All pairs by Floyd and Warshall.
    fn reference(nodes: usize, links: &[([u32; 2], SimDuration)], usable: &[bool]) -> Vec<Vec<u64>> {
        let mut reach = vec![vec![u64::MAX; nodes]; nodes];
        for (node, row) in reach.iter_mut().enumerate() {
            row[node] = 0;
        }
        for (([a, b], latency), _) in links.iter().zip(usable).filter(|(_, usable)| **usable) {
            for (a, b) in [(*a as usize, *b as usize), (*b as usize, *a as usize)] {
                reach[a][b] = reach[a][b].min(latency.as_nanos());
            }
        }
        for middle in 0..nodes {
            for a in 0..nodes {
                for b in 0..nodes {
                    let through = reach[a][middle].saturating_add(reach[middle][b]);
                    reach[a][b] = reach[a][b].min(through);
                }
            }
        }
        reach
    }

    #[test]
    fn agrees_with_floyd_and_warshall() {
        let stream = Streams::new(23, 0).stream(Process::Demand, 101);
        let (mut paths, mut cut) = (0, 0);
        for case in 0..300_u32 {
            let nodes = 2 + case % 14;
            let unit = |index: u32| stream.unit(case, index);
            let pick = |index: u32| (unit(index) * f64::from(nodes)) as u32;
            let links: Vec<([u32; 2], SimDuration)> = (0..nodes * 3 / 2)
                .map(|i| {
                    (
                        [pick(10 * i), pick(10 * i + 1)],
                        SimDuration::from_nanos((unit(10 * i + 2) * 20.0) as u64),
                    )
                })
                .filter(|([a, b], _)| a != b)
                .collect();
            let usable: Vec<bool> = (0..links.len() as u32).map(|i| unit(10 * i + 3) < 0.8).collect();
            let graph = Graph::new(nodes as usize, links.iter().copied());
            let expected = reference(nodes as usize, &links, &usable);
            for root in 0..nodes {
                let tree = graph.shortest(root, |link| usable[link as usize]);
                for node in 0..nodes {
                    let reach = expected[root as usize][node as usize];
                    assert_eq!(tree.latency(node).map_or(u64::MAX, SimDuration::as_nanos), reach);
                    let Some(path) = graph.path(&tree, node) else {
                        cut += 1;
                        continue;
                    };
                    paths += 1;
                    let long: u64 = path.iter().map(|link| links[*link as usize].1.as_nanos()).sum();
                    assert_eq!(long, reach);
                    assert!(path.iter().all(|link| usable[*link as usize]));
                }
            }
        }
        assert!(paths > 5_000 && cut > 1_000, "{paths} {cut}");
    }
}
