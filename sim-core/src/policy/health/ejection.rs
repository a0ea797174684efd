//! Ejection of outliers: what replies themselves say about nodes.
//!
//! After the outlier detection of Envoy (envoyproxy.io, "Outlier detection"): a node that fails several attempts in a row is
//! ejected at once; once an interval, nodes whose exponentially weighted mean latency exceeds that of the median node k times are.
//! The n-th ejection in a row lasts n times the base time; an interval that a node passes without ejection takes one off.
//! At most a share of all nodes is ejected at the same time, but always one. An ejected node gets no new work, and its
//! record begins anew.
//!
//! Defaults as Envoy's: interval 10 s, base time 30 s, at most 300 s, share 10 % \[M\]. (Envoy compares success rates
//! by standard deviations; comparing latencies with the median is what its users build on top.) Weight 0.1 and at least 20 replies
//! \[A\]. At least three nodes must be comparable.
//!
//! Left out: distance. Latencies are those that the gateways see, so with nodes far apart `slow` ejects the far ones.

use crate::kernel::SimDuration;
use crate::scenario::Ejection;
use crate::world::fleet::NodeId;

/// Nodes that must be comparable.
const COMPARABLE: usize = 3;

/// What is known of a node.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    mean: f64,
    replies: u32,
    failures: u32,
    ejections: u32,
    ejected: bool,
}

/// The replies of all nodes, and who is ejected.
#[derive(Clone, Debug)]
pub struct Outliers {
    rule: Ejection,
    nodes: Vec<Seen>,
    ejected: u32,
}

impl Outliers {
    /// Nobody is ejected yet.
    pub fn new(rule: Ejection, nodes: usize) -> Self {
        Self { rule, nodes: vec![Seen::default(); nodes], ejected: 0 }
    }

    /// Time between comparisons, if there are any.
    pub fn interval(&self) -> Option<SimDuration> {
        self.rule.slow.map(|_| self.rule.interval)
    }

    /// A node has replied after `latency`, or failed to. Returns for how long it is ejected, if it is.
    pub fn heard(&mut self, node: NodeId, latency: Option<SimDuration>) -> Option<SimDuration> {
        let seen = &mut self.nodes[node.index()];
        if seen.ejected {
            return None;
        }
        let Some(latency) = latency else {
            seen.failures += 1;
            let enough = self.rule.failures.is_some_and(|failures| seen.failures >= failures);
            return if enough { self.eject(node) } else { None };
        };
        let latency = latency.as_secs_f64();
        // A plain mean at first, so that the first reply does not weigh more than others.
        let weight = self.rule.weight.max(1.0 / (f64::from(seen.replies) + 1.0));
        seen.mean += weight * (latency - seen.mean);
        seen.replies = seen.replies.saturating_add(1);
        seen.failures = 0;
        None
    }

    /// Compares all nodes; returns those that are ejected, and for how long.
    pub fn compare(&mut self) -> Vec<(NodeId, SimDuration)> {
        let Some(slow) = self.rule.slow else { return Vec::new() };
        let comparable = |seen: &Seen| !seen.ejected && seen.replies >= self.rule.replies;
        let mut means: Vec<f64> =
            self.nodes.iter().filter(|seen| comparable(seen)).map(|seen| seen.mean).collect();
        if means.len() < COMPARABLE {
            return Vec::new();
        }
        let middle = means.len() / 2;
        let (_, median, _) = means.select_nth_unstable_by(middle, f64::total_cmp);
        let limit = slow * *median;
        let mut slowest: Vec<(f64, NodeId)> = Vec::new();
        for (index, seen) in self.nodes.iter_mut().enumerate().filter(|(_, seen)| !seen.ejected) {
            if seen.replies >= self.rule.replies && seen.mean > limit {
                slowest.push((seen.mean, NodeId::from_index(index)));
            } else {
                seen.ejections = seen.ejections.saturating_sub(1);
            }
        }
        slowest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        slowest.into_iter().filter_map(|(_, node)| Some((node, self.eject(node)?))).collect()
    }

    fn eject(&mut self, node: NodeId) -> Option<SimDuration> {
        let most = ((self.rule.share * self.nodes.len() as f64) as u32).max(1);
        if self.ejected >= most {
            return None;
        }
        self.ejected += 1;
        let seen = &mut self.nodes[node.index()];
        let ejections = seen.ejections + 1;
        *seen = Seen { ejected: true, ejections, ..Seen::default() };
        let lasts = self.rule.lasts.as_nanos().saturating_mul(u64::from(ejections));
        Some(SimDuration::from_nanos(lasts).min(self.rule.most))
    }

    /// The ejection of a node is over.
    pub fn over(&mut self, node: NodeId) {
        if std::mem::replace(&mut self.nodes[node.index()].ejected, false) {
            self.ejected -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outliers(slow: Option<f64>, failures: Option<u32>, share: f64) -> Outliers {
        let seconds = SimDuration::from_secs;
        let (interval, lasts, most) = (seconds(10), seconds(30), seconds(75));
        let rule = Ejection { interval, slow, weight: 0.1, replies: 5, failures, lasts, most, share };
        Outliers::new(rule, 10)
    }

    #[test]
    fn failures_in_a_row_eject_for_longer_each_time() {
        let mut all = outliers(None, Some(3), 0.1);
        let node = NodeId(4);
        for expected in [30, 60, 75, 75] {
            assert_eq!(all.heard(node, None), None);
            assert_eq!(all.heard(node, None), None);
            assert_eq!(all.heard(node, None), Some(SimDuration::from_secs(expected)));
            assert_eq!(all.heard(NodeId(1), None), None, "one in ten is out already");
            all.over(node);
        }
        all.heard(node, Some(SimDuration::ZERO));
        assert_eq!(all.heard(node, None), None, "a reply in between");
    }

    #[test]
    fn the_slowest_go_first_and_the_share_holds() {
        let mut all = outliers(Some(3.0), None, 0.2);
        for _ in 0..5 {
            for node in 0..10 {
                let millis = if node < 7 { 100 } else { 200 + 100 * node };
                all.heard(NodeId(node), Some(SimDuration::from_nanos(u64::from(millis) * 1_000_000)));
            }
        }
        let base = SimDuration::from_secs(30);
        assert_eq!(all.compare(), vec![(NodeId(9), base), (NodeId(8), base)]);
        assert_eq!(all.compare(), vec![], "no more than two");
    }
}
