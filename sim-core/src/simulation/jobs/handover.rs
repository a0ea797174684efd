//! Another controller takes over the jobs: what runs goes on, and what waits for a node waits with the new one.

use super::super::Simulation;
use super::state::JobState;
use crate::policy::health::Course;
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    /// The jobs follow another policy from now on; `fresh` is what it begins with at t = 0. Instances keep their nodes, their checkpoints and the
    /// times at which they are to be issued again.
    pub(in crate::simulation) fn renew_jobs(&mut self, fresh: JobState) {
        let Some(mut dispatcher) = fresh.dispatcher else { return };
        for (index, node) in self.jobs.nodes.iter_mut().enumerate() {
            (node.drained, node.trend) = (false, Course::default());
            for _ in &node.held {
                dispatcher.sent(NodeId::from_index(index));
            }
        }
        self.jobs.dispatcher = Some(dispatcher);
        (self.jobs.estimate, self.jobs.reputation) = (fresh.estimate, fresh.reputation);
        self.jobs.looks = [false; 2];
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            self.job_candidate_changed(node);
        }
        self.plan_looks();
    }
}
