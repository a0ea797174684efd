//! Results come back: which is accepted, and what becomes of the others.

use super::super::Simulation;
use super::counts::Waste;
use super::state::Place;
use crate::kernel::Handle;
use crate::scenario::WrongResults;
use crate::world::workload::{InstanceId, JobId};

/// The value of a right result.
const RIGHT: u32 = 0;

impl Simulation<'_> {
    /// How many more results `job` needs at least.
    pub(super) fn missing(&self, job: JobId) -> u32 {
        let job = self.job(job);
        job.tally.missing(job.quorum)
    }

    /// The result of an instance reaches the controller.
    pub(super) fn deliver(&mut self, id: InstanceId) {
        self.unbind(id);
        let job = self.instance(id).job;
        if self.job(job).over {
            self.dispose(id, Waste::Copies);
            return;
        }
        let value = self.value_of(id);
        self.blame_moves(id);
        let instance = self.jobs.instance(id);
        (instance.place, instance.value) = (Place::Done, value);
        let row = self.jobs.job(job);
        row.tally.add(value);
        match row.tally.accepted(row.quorum) {
            Some(value) => self.accept(job, value),
            None => self.top_up(job),
        }
    }

    /// The result of an instance: 0 if it is right, by the error rate of its node.
    fn value_of(&self, id: InstanceId) -> u32 {
        let instance = self.instance(id);
        let job = self.job(instance.job);
        let class = &self.model.classes[usize::from(self.node(instance.node).class)];
        if class.error_rate <= 0.0 {
            return RIGHT;
        }
        let model = &self.model.jobs.workloads[usize::from(job.workload)];
        if model.error.unit(job.number, instance.index) >= class.error_rate {
            return RIGHT;
        }
        match model.jobs.wrong_results {
            WrongResults::Colluding => 1,
            WrongResults::Independent => 1 + instance.index,
        }
    }

    /// Issues what `job` still needs; it fails if it cannot have it.
    pub(super) fn top_up(&mut self, job: JobId) {
        let missing = self.missing(job);
        let mut active = self.jobs.active(job, InstanceId::NONE);
        if active >= missing {
            return;
        }
        for id in self.job(job).instances.clone() {
            if active < missing && self.instance(id).place == Place::Parked {
                self.blame_moves(id);
                self.jobs.enqueue(id);
                active += 1;
            }
        }
        while active < missing {
            if !self.issue(job, false) {
                self.give_up(job, Waste::Wrong);
                return;
            }
            active += 1;
        }
    }

    /// A quorum agrees on `value`.
    fn accept(&mut self, job: JobId, value: u32) {
        let now = self.engine.now();
        let row = self.job(job);
        let (arrived, demand, checked) = (row.arrived, row.demand, row.quorum > 1);
        let helped = row.instances.iter().any(|id| self.instance(*id).speculative);
        if let Some(counts) = self.counts_of(job) {
            counts.completed += 1;
            counts.wrong += u64::from(value != RIGHT);
            let took = now.since(arrived);
            counts.completion.record(took);
            counts.slowdown.add(took.as_secs_f64() / demand);
        }
        let mut first = true;
        let cancel = self.model.policy.jobs.cancel;
        for id in self.job(job).instances.clone() {
            let instance = self.instance(id);
            if instance.place != Place::Done {
                if cancel || !instance.is_bound() {
                    self.dispose(id, if helped { Waste::Speculation } else { Waste::Copies });
                }
                continue;
            }
            let (of, node, unit) = (instance.value, instance.node, instance.unit);
            if checked {
                self.jobs.reputation.validated(node, unit, of == value);
            }
            if of == value {
                self.pay(id);
            }
            let progress = self.instance(id).work.progress();
            if of != value || value != RIGHT {
                self.waste(id, progress, Waste::Wrong);
            } else if std::mem::replace(&mut first, false) {
                if let Some(counts) = self.counts_of(job) {
                    counts.useful.add(progress);
                }
            } else {
                self.waste(id, progress, Waste::Validation);
            }
            self.forget(id);
        }
        self.close(job);
    }

    /// Credits the nodes that an accepted result came from.
    fn pay(&mut self, id: InstanceId) {
        let credits = std::mem::take(&mut self.jobs.instance(id).credits);
        for (node, work) in credits {
            if let Some(deeds) = self.collect.deeds.of_node(node.index()) {
                deeds.compute.add(work);
            }
        }
    }

    /// `job` has failed.
    fn give_up(&mut self, job: JobId, cause: Waste) {
        if let Some(counts) = self.counts_of(job) {
            counts.failed += 1;
        }
        self.blame_gives_up(job, cause);
        let cancel = self.model.policy.jobs.cancel;
        for id in self.job(job).instances.clone() {
            if cancel || !self.instance(id).is_bound() {
                self.dispose(id, cause);
            }
        }
        self.close(job);
    }

    /// `job` is over: its row is free once its last instance is.
    fn close(&mut self, job: JobId) {
        let row = &mut self.jobs.jobs[job.index()];
        row.over = true;
        Self::cancel(&mut self.engine, &mut row.deadline);
        self.free_if_done(job);
    }

    fn free_if_done(&mut self, job: JobId) {
        let row = &mut self.jobs.jobs[job.index()];
        if row.over && row.live && row.instances.is_empty() {
            row.live = false;
            self.jobs.free_jobs.push(job);
        }
    }

    /// Takes an instance out of the world, wherever it is; its work is wasted.
    pub(super) fn dispose(&mut self, id: InstanceId, cause: Waste) {
        let now = self.engine.now();
        let (place, job, node) = (self.instance(id).place, self.instance(id).job, self.instance(id).node);
        match place {
            Place::Queued => {
                let turn = self.instance(id).turn;
                self.jobs.queue.remove(&turn);
            }
            Place::OnSlot => {
                self.charge_instance(id, now);
                self.vacate(id);
                self.unbind(id);
            }
            Place::Waiting | Place::Stalled | Place::Returning | Place::Ordered | Place::Reporting => {
                if self.jobs.nodes[node.index()].held.contains(&id) {
                    self.unbind(id);
                }
            }
            Place::Parked | Place::Done | Place::Gone => {}
        }
        let progress = self.instance(id).work.progress();
        self.waste(id, progress, cause);
        self.forget(id);
        self.free_if_done(job);
        if place == Place::OnSlot {
            self.slots_freed(node);
        }
    }

    /// Frees the row of an instance.
    fn forget(&mut self, id: InstanceId) {
        let instance = self.jobs.instance(id);
        debug_assert!(
            [instance.event, instance.reissue, instance.message].iter().all(|it| *it == Handle::NONE)
        );
        instance.place = Place::Gone;
        let (job, speculative) = (instance.job, instance.speculative);
        self.jobs.speculative -= u32::from(speculative);
        self.jobs.job(job).instances.retain(|it| *it != id);
        self.jobs.free_instances.push(id);
    }

    /// The time for `job` is over.
    pub(super) fn deadline_passes(&mut self, job: JobId) {
        self.jobs.job(job).deadline = Handle::NONE;
        self.give_up(job, Waste::Deadline);
    }

    /// An instance is not back in time: another is issued, and whichever comes first counts.
    pub(super) fn reissue_due(&mut self, id: InstanceId) {
        self.jobs.instance(id).reissue = Handle::NONE;
        let job = self.instance(id).job;
        if !self.job(job).over {
            self.issue(job, false);
        }
    }
}
