//! What is charged of jobs: those that fail, and work that is wasted.

use super::Root;
use crate::measure::accumulate::Sum;
use crate::measure::catalog::of_workload;

/// What is charged of the jobs of one workload.
#[derive(Clone, Debug)]
pub struct JobTally {
    failed: [u64; Root::TABLE],
    /// Seconds at speed 1.
    wasted: [Sum; Root::TABLE],
}

impl Default for JobTally {
    fn default() -> Self {
        Self { failed: [0; Root::TABLE], wasted: [Sum::default(); Root::TABLE] }
    }
}

impl JobTally {
    /// What jobs and their work can be charged to.
    fn roots() -> impl Iterator<Item = Root> {
        let others = [
            Root::Queueing,
            Root::Throttled,
            Root::SlowNetwork,
            Root::Demand,
            Root::Withheld,
            Root::Straggler,
            Root::Checkpoint,
            Root::Migration,
            Root::Wrong,
            Root::Copies,
            Root::Validation,
            Root::Speculation,
        ];
        Root::of_nodes().chain(others)
    }

    /// A job has failed.
    pub fn failed(&mut self, root: Root) {
        self.failed[root.index()] += 1;
    }

    /// Work is wasted, in seconds at speed 1.
    pub fn wasted(&mut self, root: Root, work: f64) {
        self.wasted[root.index()].add(work);
    }

    /// Adds what another workload was charged.
    pub fn merge(&mut self, other: &Self) {
        self.failed.iter_mut().zip(other.failed).for_each(|(mine, theirs)| *mine += theirs);
        self.wasted.iter_mut().zip(other.wasted).for_each(|(mine, theirs)| mine.add(theirs.value()));
    }

    /// Writes the metrics of a workload, or of all together, of which so much work was done.
    pub fn put(&self, work: f64, workload: Option<&str>, metrics: &mut Vec<(String, f64)>) {
        let mut tell = |name: String, value: f64| {
            let name = workload.map_or_else(|| name.clone(), |workload| of_workload(&name, workload));
            metrics.push((name, value));
        };
        let wasted: Sum = self.wasted.iter().map(Sum::value).collect();
        tell("blame.jobs.failed".to_owned(), self.failed.iter().sum::<u64>() as f64);
        tell("blame.jobs.wasted".to_owned(), wasted.value() / work);
        for root in Self::roots() {
            let (name, index) = (root.name(), root.index());
            tell(format!("blame.jobs.failed.{name}"), self.failed[index] as f64);
            tell(format!("blame.jobs.wasted.{name}"), self.wasted[index].value() / work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fleet::Cause;

    #[test]
    fn what_is_charged_adds_up() {
        let mut one = JobTally::default();
        one.failed(Root::Queueing);
        one.failed(Root::Down(Cause::Grid));
        one.wasted(Root::Checkpoint, 5.0);
        let mut all = JobTally::default();
        all.merge(&one);
        all.merge(&one);
        let mut metrics = Vec::new();
        all.put(100.0, None, &mut metrics);
        one.put(50.0, Some("x"), &mut metrics);
        let value = |name: &str| metrics.iter().find(|(it, _)| it == name).map(|(_, value)| *value);
        for (name, expected) in [
            ("blame.jobs.failed", 4.0),
            ("blame.jobs.failed.grid", 2.0),
            ("blame.jobs.wasted", 0.1),
            ("blame[x].jobs.wasted.checkpoint", 0.1),
        ] {
            assert_eq!(value(name), Some(expected), "{name}");
        }
        assert!(metrics.iter().all(|(name, _)| crate::measure::catalog::lookup(name).is_some()));
    }
}
