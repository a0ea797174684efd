//! What faults on purpose do to jobs: instances on the nodes hit when a fault begins, and work wasted and done while it holds.
//!
//! Work wasted is of all causes, on all nodes: an order given by a policy far from the fault may waste it. Compare with another
//! policy, or with a run without the fault.

use super::super::Simulation;
use super::super::finish::Metrics;
use super::counts::JobCounts;
use crate::measure::accumulate::Sum;
use crate::measure::catalog::of_workload;

/// Work so far, in seconds at speed 1.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    wasted: f64,
    useful: f64,
}

/// One fault that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobImpact {
    hit: u32,
    begun: Tally,
    ended: Option<Tally>,
}

impl Simulation<'_> {
    fn work_tally(&self) -> Tally {
        let sum = |of: &dyn Fn(&JobCounts) -> f64| self.jobs.counts.iter().map(of).collect::<Sum>().value();
        Tally {
            wasted: sum(&|counts| counts.wasted.iter().map(Sum::value).sum()),
            useful: sum(&|counts| counts.useful.value()),
        }
    }

    /// A fault is about to begin.
    pub(in crate::simulation) fn jobs_meet_fault(&mut self, fault: u16) {
        if !self.model.jobs.exist() {
            return;
        }
        let nodes = &self.model.faults[usize::from(fault)].nodes;
        let hit = nodes.iter().map(|node| self.jobs.nodes[node.index()].held.len() as u32).sum();
        let begun = self.work_tally();
        self.jobs.impacts.resize(self.model.faults.len(), None);
        self.jobs.impacts[usize::from(fault)] = Some(JobImpact { hit, begun, ended: None });
    }

    /// A fault has ended.
    pub(in crate::simulation) fn jobs_outlast_fault(&mut self, fault: u16) {
        let ended = self.work_tally();
        if let Some(Some(impact)) = self.jobs.impacts.get_mut(usize::from(fault)) {
            impact.ended = Some(ended);
        }
    }

    /// Counts begin at zero again, those of faults in force too.
    pub(super) fn job_impacts_restart(&mut self) {
        for impact in self.jobs.impacts.iter_mut().flatten() {
            impact.begun = Tally::default();
            impact.ended = impact.ended.map(|_| Tally::default());
        }
    }

    /// What each fault that had begun by the end did to jobs.
    pub(super) fn fault_job_metrics(&self, metrics: &mut Metrics) {
        let now = self.work_tally();
        for (fault, impact) in self.model.faults.iter().zip(&self.jobs.impacts) {
            let Some(impact) = impact else { continue };
            let end = impact.ended.unwrap_or(now);
            for (name, value) in [
                ("jobs_hit", f64::from(impact.hit)),
                ("work_wasted", end.wasted - impact.begun.wasted),
                ("work_useful", end.useful - impact.begun.useful),
            ] {
                metrics.put(of_workload(&format!("faults.{name}"), &fault.name), value);
            }
        }
    }
}
