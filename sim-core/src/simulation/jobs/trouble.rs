//! What befalls instances: nodes stand still and come back, are suspected, are left; links fail and come back.

use super::super::Simulation;
use super::counts::Waste;
use super::state::Place;
use crate::kernel::Handle;
use crate::scenario::OnFailure;
use crate::world::fleet::NodeId;
use crate::world::workload::InstanceId;

impl Simulation<'_> {
    /// `node` stands still and loses its work.
    pub(in crate::simulation) fn lose_jobs(&mut self, node: NodeId) {
        let Some(jobs) = self.jobs.nodes.get(node.index()) else { return };
        for id in jobs.held.clone() {
            match self.instance(id).place {
                Place::OnSlot => {
                    self.stop_and_lose(id, Waste::Failure);
                    if let Some(estimate) = &mut self.jobs.estimate {
                        estimate.failed();
                    }
                    self.jobs.instance(id).failed = true;
                }
                Place::Returning => {
                    self.lose_unsaved(id, Waste::Failure);
                    self.jobs.instance(id).failed = true;
                }
                // On their way.
                Place::Ordered | Place::Reporting => continue,
                _ => {}
            }
            self.blame_moves(id);
            self.jobs.instance(id).place = Place::Stalled;
        }
    }

    /// Takes an instance out of its slot; what it has not saved is lost.
    fn stop_and_lose(&mut self, id: InstanceId, cause: Waste) {
        let now = self.engine.now();
        self.charge_instance(id, now);
        self.vacate(id);
        self.lose_unsaved(id, cause);
    }

    pub(super) fn lose_unsaved(&mut self, id: InstanceId, cause: Waste) {
        let instance = self.jobs.instance(id);
        instance.migrating = false;
        let lost = instance.work.fail();
        self.blame_loses(id, lost, cause);
        self.waste(id, lost, cause);
        self.take_back_credit(id);
    }

    /// A checkpoint that the node keeps is of no use any more.
    fn lose_saved(&mut self, id: InstanceId, cause: Waste) {
        let instance = self.jobs.instance(id);
        instance.saved_on = None;
        instance.work.forget_save();
        let lost = instance.work.fail();
        self.blame_loses(id, lost, cause);
        self.waste(id, lost, cause);
        self.take_back_credit(id);
    }

    /// Nobody is paid for work that is lost.
    fn take_back_credit(&mut self, id: InstanceId) {
        let instance = self.jobs.instance(id);
        let mut excess = instance.credited - instance.work.progress();
        while excess > 0.0 {
            let Some((_, last)) = instance.credits.last_mut() else { break };
            let taken = last.min(excess);
            *last -= taken;
            excess -= taken;
            if *last <= 0.0 {
                instance.credits.pop();
            }
        }
        instance.credited = instance.credited.min(instance.work.progress());
    }

    /// `node` runs again: what failed there goes on, unless others of the job do well enough without it.
    pub(in crate::simulation) fn resume_jobs(&mut self, node: NodeId) {
        let Some(jobs) = self.jobs.nodes.get(node.index()).filter(|jobs| !jobs.held.is_empty()) else {
            return;
        };
        let unit = self.incarnation(node);
        let unreachable = self.sites[self.node(node).site.index()].link_outages > 0;
        for id in jobs.held.clone() {
            let instance = self.instance(id);
            if instance.place != Place::Stalled || (!instance.failed && unreachable) {
                continue;
            }
            if instance.saved_on.is_some_and(|saved| saved != (node, unit)) {
                self.lose_saved(id, Waste::Failure);
            }
            let (job, failed) = (self.instance(id).job, self.instance(id).failed);
            if self.job(job).over {
                self.dispose(id, Waste::Copies);
                continue;
            }
            let others = self.jobs.active(job, id);
            if failed && others >= self.missing(job) {
                self.unbind(id);
                self.park(id);
                continue;
            }
            self.blame_moves(id);
            self.jobs.instance(id).place = Place::Waiting;
            if failed {
                if let Some(counts) = self.counts_of(job) {
                    counts.attempts += 1;
                }
                if others == 0 {
                    self.next_round(job);
                }
            }
        }
    }

    /// The health check has come to suspect `node`.
    pub(in crate::simulation) fn jobs_suspect(&mut self, node: NodeId) {
        self.job_candidate_changed(node);
        if self.model.policy.jobs.on_failure == OnFailure::Wait {
            return;
        }
        let Some(jobs) = self.jobs.nodes.get(node.index()).filter(|jobs| !jobs.held.is_empty()) else {
            return;
        };
        for id in jobs.held.clone() {
            match self.instance(id).place {
                Place::OnSlot => self.stop_and_lose(id, Waste::Suspicion),
                Place::Returning | Place::Reporting => self.lose_unsaved(id, Waste::Suspicion),
                _ => {}
            }
            self.unbind(id);
            self.go_on_elsewhere(id);
        }
        self.slots_freed(node);
    }

    /// An instance has lost its node: it queues for another, or rests while enough others of its job are under way.
    fn go_on_elsewhere(&mut self, id: InstanceId) {
        if self.instance(id).saved_on.is_some() {
            self.lose_saved(id, Waste::Failure);
        }
        let job = self.instance(id).job;
        if self.job(job).over {
            self.dispose(id, Waste::Copies);
            return;
        }
        let others = self.jobs.active(job, id);
        if others >= self.missing(job) {
            self.park(id);
            return;
        }
        self.blame_moves(id);
        self.jobs.enqueue(id);
        if others == 0 {
            self.next_round(job);
        }
    }

    /// An instance that has failed rests; one that was only to help is given up.
    fn park(&mut self, id: InstanceId) {
        if self.instance(id).speculative {
            self.dispose(id, Waste::Speculation);
        } else {
            self.blame_moves(id);
            self.jobs.instance(id).place = Place::Parked;
        }
    }

    /// All instances of a job that rest go on.
    fn next_round(&mut self, job: crate::world::workload::JobId) {
        for id in self.job(job).instances.clone() {
            if self.instance(id).place == Place::Parked {
                self.blame_moves(id);
                self.jobs.enqueue(id);
            }
        }
    }

    /// An instance leaves its node of its own accord, with all that it has saved.
    pub(super) fn leave(&mut self, id: InstanceId) {
        let node = self.instance(id).node;
        let job = self.instance(id).job;
        self.vacate(id);
        self.unbind(id);
        if let Some(counts) = self.counts_of(job) {
            counts.migrations += 1;
        }
        self.jobs.enqueue(id);
        self.slots_freed(node);
    }

    /// An instance is no longer at its node.
    pub(super) fn unbind(&mut self, id: InstanceId) {
        let instance = &mut self.jobs.instances[id.index()];
        let node = instance.node;
        Self::cancel(&mut self.engine, &mut instance.reissue);
        Self::cancel(&mut self.engine, &mut instance.message);
        debug_assert_eq!(instance.event, Handle::NONE);
        self.jobs.nodes[node.index()].held.retain(|held| *held != id);
        if let Some(dispatcher) = &mut self.jobs.dispatcher {
            dispatcher.left(node);
        }
        self.jobs.due = true;
    }

    /// Whether `node` takes instances may have changed.
    pub(in crate::simulation) fn job_candidate_changed(&mut self, node: NodeId) {
        let willing = self.control.is_candidate(node);
        let Some(dispatcher) = &mut self.jobs.dispatcher else { return };
        dispatcher.set_willing(node, willing && !self.jobs.nodes[node.index()].drained);
        self.jobs.due = true;
    }

    /// `node` is up, and its link too: what waited for the link goes on.
    pub(in crate::simulation) fn jobs_reachable(&mut self, node: NodeId) {
        let Some(jobs) = self.jobs.nodes.get(node.index()).filter(|jobs| !jobs.held.is_empty()) else {
            return;
        };
        for id in jobs.held.clone() {
            match self.instance(id).place {
                Place::Stalled => {
                    self.blame_moves(id);
                    self.jobs.instance(id).place = Place::Waiting;
                }
                Place::Returning => self.send_result(id),
                Place::OnSlot => self.unblock(id),
                _ => {}
            }
        }
        self.rouse_for_jobs(node);
        self.slots_freed(node);
    }

    fn rouse_for_jobs(&mut self, node: NodeId) {
        if self.jobs.nodes[node.index()].held.iter().any(|id| self.instance(*id).place == Place::Waiting) {
            self.rouse(node);
        }
    }
}
