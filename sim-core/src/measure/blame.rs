//! Root causes, and what is charged to each.

mod jobs;
mod objects;

pub use jobs::JobTally;
pub use objects::{Known, ObjectTally};

use super::catalog::of_workload;
use super::sketch::LatencySketch;
use crate::kernel::SimDuration;
use crate::world::fleet::Cause;

/// What a request that failed or was late is charged to; or a read or a job that failed, an object that is lost or cannot be read, work that is
/// wasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// Its node went down for this.
    Down(Cause),
    /// Its node went down since a storm had taken its mains, or those of its provider.
    Storm,
    /// A message was lost on an access link.
    MessageLoss,
    /// There was no way between gateway and region.
    Unreachable,
    /// The node had no place for it.
    NoPlace,
    /// Its gateway turned it away.
    Shed,
    /// It waited for a slot, or shared one with too many.
    Queueing,
    /// Its node was slowed down by heat or a cap.
    Throttled,
    /// Its messages took too long.
    SlowNetwork,
    /// Its work takes longer than its timeout.
    Timeout,
    /// Its work takes longer than its deadline allows.
    Demand,
    /// The controller asked nobody, or gave up, though nothing was wrong.
    Withheld,
    /// A shard had rotted, or its node had dropped it.
    Rot,
    /// A job ran on a node on which work goes slowly.
    Straggler,
    /// Time to save what has been done.
    Checkpoint,
    /// Time to leave a node and begin at another.
    Migration,
    /// Results that are wrong, and right ones that wrong ones outvoted.
    Wrong,
    /// Instances that another overtook.
    Copies,
    /// Right results but the first, for the quorum.
    Validation,
    /// The loser where a straggler had been given a second instance.
    Speculation,
}

/// Roots beside those of [`Cause`].
const OTHERS: [Root; 19] = [
    Root::Storm,
    Root::MessageLoss,
    Root::Unreachable,
    Root::NoPlace,
    Root::Shed,
    Root::Queueing,
    Root::Throttled,
    Root::SlowNetwork,
    Root::Timeout,
    Root::Demand,
    Root::Withheld,
    Root::Rot,
    Root::Straggler,
    Root::Checkpoint,
    Root::Migration,
    Root::Wrong,
    Root::Copies,
    Root::Validation,
    Root::Speculation,
];
/// How many of these a request can be charged to.
const OF_REQUESTS: usize = 11;

impl Root {
    /// Length of a table by [`Self::index`].
    pub const TABLE: usize = Cause::TABLE + OTHERS.len();

    /// All of them, in the order of [`Self::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        Cause::ALL.into_iter().map(Self::Down).chain(OTHERS)
    }

    /// Those that a node can be down for.
    pub fn of_nodes() -> impl Iterator<Item = Self> {
        Self::all().take(Cause::TABLE + 1)
    }

    /// Whether a node was down.
    pub fn is_down(self) -> bool {
        matches!(self, Self::Down(_) | Self::Storm)
    }

    /// Those that a request can be charged to.
    pub fn of_requests() -> impl Iterator<Item = Self> {
        Self::all().take(Cause::TABLE + OF_REQUESTS)
    }

    /// The one at a position among all.
    pub fn at(index: usize) -> Option<Self> {
        Self::all().nth(index)
    }

    /// Its position among all.
    pub fn index(self) -> usize {
        match self {
            Self::Down(cause) => cause.index(),
            Self::Storm => Cause::TABLE,
            Self::MessageLoss => Cause::TABLE + 1,
            Self::Unreachable => Cause::TABLE + 2,
            Self::NoPlace => Cause::TABLE + 3,
            Self::Shed => Cause::TABLE + 4,
            Self::Queueing => Cause::TABLE + 5,
            Self::Throttled => Cause::TABLE + 6,
            Self::SlowNetwork => Cause::TABLE + 7,
            Self::Timeout => Cause::TABLE + 8,
            Self::Demand => Cause::TABLE + 9,
            Self::Withheld => Cause::TABLE + 10,
            Self::Rot => Cause::TABLE + 11,
            Self::Straggler => Cause::TABLE + 12,
            Self::Checkpoint => Cause::TABLE + 13,
            Self::Migration => Cause::TABLE + 14,
            Self::Wrong => Cause::TABLE + 15,
            Self::Copies => Cause::TABLE + 16,
            Self::Validation => Cause::TABLE + 17,
            Self::Speculation => Cause::TABLE + 18,
        }
    }

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Down(cause) => cause.name(),
            Self::Storm => "storm",
            Self::MessageLoss => "message_loss",
            Self::Unreachable => "unreachable",
            Self::NoPlace => "no_place",
            Self::Shed => "shed",
            Self::Queueing => "queueing",
            Self::Throttled => "throttled",
            Self::SlowNetwork => "slow_network",
            Self::Timeout => "timeout",
            Self::Demand => "demand",
            Self::Withheld => "withheld",
            Self::Rot => "rot",
            Self::Straggler => "straggler",
            Self::Checkpoint => "checkpoint",
            Self::Migration => "migration",
            Self::Wrong => "wrong",
            Self::Copies => "copies",
            Self::Validation => "validation",
            Self::Speculation => "speculation",
        }
    }
}

/// What was charged to what.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Requests by workload and root.
    requests: Vec<[u64; Root::TABLE]>,
    undetected: LatencySketch,
    rescued_late: u64,
    /// Nanoseconds of node-time by what began the spell.
    nodes: [u128; Root::TABLE],
}

impl Tally {
    /// Nothing yet, for so many workloads.
    pub fn new(workloads: usize) -> Self {
        Self {
            requests: vec![[0; Root::TABLE]; workloads],
            undetected: LatencySketch::new(),
            rescued_late: 0,
            nodes: [0; Root::TABLE],
        }
    }

    /// Charges a request of a workload to `root`. `undetected`: how long the node had been down when the attempt was sent that was lost first;
    /// `rescued_late`: whether the request was answered after all, but too late.
    pub fn request(
        &mut self,
        workload: usize,
        root: Root,
        undetected: Option<SimDuration>,
        rescued_late: bool,
    ) {
        self.requests[workload][root.index()] += 1;
        if let Some(silence) = undetected {
            self.undetected.record(silence);
        }
        self.rescued_late += u64::from(rescued_late);
    }

    /// A node was down for so long.
    pub fn node_down(&mut self, root: Root, span: SimDuration) {
        self.nodes[root.index()] += u128::from(span.as_nanos());
    }

    /// Metrics by name; `workloads` are their names, and `node_seconds` all node-time.
    pub fn metrics(&self, workloads: &[&str], node_seconds: f64) -> Vec<(String, f64)> {
        let mut metrics = Vec::new();
        if !workloads.is_empty() {
            let sums = self.requests.iter().fold([0; Root::TABLE], |mut sums, counts| {
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                sums
            });
            put(&mut metrics, &sums, |name| name);
            if workloads.len() > 1 {
                for (workload, counts) in workloads.iter().zip(&self.requests) {
                    put(&mut metrics, counts, |name| of_workload(&name, workload));
                }
            }
            metrics.push(("blame.undetected".to_owned(), self.undetected.count() as f64));
            if let Some(mean) = self.undetected.mean_secs() {
                metrics.push(("blame.undetected_for.mean".to_owned(), mean));
            }
            metrics.push(("blame.rescued_late".to_owned(), self.rescued_late as f64));
        }
        let down: u128 = self.nodes.iter().sum();
        metrics.push(("blame.nodes".to_owned(), down as f64 * 1e-9 / node_seconds));
        for root in Root::of_nodes() {
            let share = self.nodes[root.index()] as f64 * 1e-9 / node_seconds;
            metrics.push((format!("blame.nodes.{}", root.name()), share));
        }
        metrics
    }
}

/// The sum of counts, and each of them.
fn put(metrics: &mut Vec<(String, f64)>, counts: &[u64; Root::TABLE], named: impl Fn(String) -> String) {
    metrics.push((named("blame.requests".to_owned()), counts.iter().sum::<u64>() as f64));
    for root in Root::of_requests() {
        metrics.push((named(format!("blame.requests.{}", root.name())), counts[root.index()] as f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_have_names_and_places_of_their_own() {
        let mut names: Vec<&str> = Root::all().map(Root::name).collect();
        assert!(Root::all().enumerate().all(|(index, root)| root.index() == index));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Root::TABLE);
    }

    #[test]
    fn what_is_charged_adds_up() {
        let mut tally = Tally::new(2);
        tally.request(0, Root::Down(Cause::Grid), Some(SimDuration::from_secs(30)), true);
        tally.request(1, Root::Queueing, None, false);
        tally.request(1, Root::Down(Cause::Grid), None, false);
        tally.node_down(Root::Down(Cause::Grid), SimDuration::from_secs(5));
        let metrics = tally.metrics(&["a", "b"], 10.0);
        let value = |name: &str| metrics.iter().find(|(it, _)| it == name).map(|(_, value)| *value);
        for (name, expected) in [
            ("blame.requests", 3.0),
            ("blame.requests.grid", 2.0),
            ("blame.requests.queueing", 1.0),
            ("blame[b].requests", 2.0),
            ("blame[a].requests.queueing", 0.0),
            ("blame.undetected", 1.0),
            ("blame.rescued_late", 1.0),
            ("blame.nodes.grid", 0.5),
        ] {
            assert_eq!(value(name), Some(expected), "{name}");
        }
        assert!(metrics.iter().all(|(name, _)| crate::measure::catalog::lookup(name).is_some()));
    }
}
