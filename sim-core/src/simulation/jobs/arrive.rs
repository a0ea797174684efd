//! Jobs arrive; instances are issued, wait, and are sent to nodes.

use super::super::{Event, JobEvent, Simulation};
use super::state::{Ids, Instance, Job, Place};
use crate::kernel::Handle;
use crate::policy::jobs::Tally;
use crate::policy::routing::DRAWS_PER_DECISION;
use crate::scenario::{CheckpointEvery, Drain};
use crate::world::fleet::NodeId;
use crate::world::workload::{InstanceId, JobId};

impl Simulation<'_> {
    /// Schedules the first arrivals.
    pub(in crate::simulation) fn start_jobs(&mut self) {
        for workload in 0..self.model.jobs.workloads.len() {
            self.schedule_job(workload as u16);
        }
    }

    fn schedule_job(&mut self, workload: u16) {
        let model = &self.model.jobs.workloads[usize::from(workload)];
        let process = &mut self.jobs.arrivals[usize::from(workload)];
        if let Some(at) = process.next(&model.jobs.arrivals, &model.arrival, self.model.start) {
            self.engine.at(at, Event::Job(JobEvent::Arrives { workload }));
        }
    }

    pub(super) fn job_arrives(&mut self, workload: u16) {
        let now = self.engine.now();
        let model = &self.model.jobs.workloads[usize::from(workload)];
        let policy = &self.model.policy.jobs;
        let number = self.jobs.arrivals[usize::from(workload)].count() - 1;
        let demand = model.jobs.demand.draw(&model.demand, number, 0);
        self.exogenous.word(now.as_nanos() ^ u64::from(model.number) << 48 ^ 1 << 62);
        self.exogenous.number(demand);
        self.schedule_job(workload);
        let job = self.jobs.insert_job(Job {
            live: true,
            workload,
            number,
            arrived: now,
            demand,
            quorum: if policy.trust.is_some() { 1 } else { policy.quorum },
            issued: 0,
            sent: 0,
            over: false,
            deadline: Handle::NONE,
            instances: Ids::new(),
            tally: Tally::default(),
        });
        if let Some(counts) = self.counts_of(job) {
            counts.arrived += 1;
        }
        self.blame_job_arrives(job);
        if let Some(deadline) = model.jobs.deadline {
            let event = Event::Job(JobEvent::DeadlinePasses { job });
            self.jobs.job(job).deadline = self.engine.after(deadline, event);
        }
        for _ in 0..policy.copies.max(self.job(job).quorum) {
            self.issue(job, false);
        }
        self.plan_looks();
    }

    /// Issues one more instance; false if the job has had as many as it may.
    pub(super) fn issue(&mut self, job: JobId, speculative: bool) -> bool {
        let row = self.jobs.job(job);
        if row.issued >= self.model.policy.jobs.max_instances {
            return false;
        }
        let (index, demand) = (row.issued, row.demand);
        row.issued += 1;
        let turn = self.jobs.turns;
        self.jobs.turns += 1;
        let mut instance = Instance::new(job, index, turn, demand);
        instance.speculative = speculative;
        self.jobs.speculative += u32::from(speculative);
        let id = self.jobs.insert_instance(instance);
        self.jobs.job(job).instances.push(id);
        self.blame_issued(id);
        self.jobs.enqueue(id);
        if let Some(counts) = self.counts_of(job) {
            counts.instances += 1;
        }
        true
    }

    /// Sends instances that wait to nodes, in order of their turns, as long as there are both.
    #[inline(always)]
    pub(in crate::simulation) fn dispatch_jobs(&mut self) {
        if self.jobs.due {
            self.dispatch_due_jobs();
        }
    }

    #[inline(never)]
    fn dispatch_due_jobs(&mut self) {
        self.jobs.due = false;
        let mut from = 0;
        while let Some((turn, id)) = self.jobs.queue.range(from..).next().map(|(turn, id)| (*turn, *id)) {
            let Some(dispatcher) = &self.jobs.dispatcher else { return };
            if dispatcher.candidates().is_empty() {
                return;
            }
            from = turn + 1;
            if let Some(node) = self.choose_for(id) {
                self.jobs.queue.remove(&turn);
                self.send_instance(id, node);
                if std::mem::take(&mut self.jobs.due) {
                    // More instances of the same job have to go out, perhaps some that came before.
                    from = 0;
                }
            }
        }
    }

    /// A node for an instance: none that another instance of the job is on, or has given a result.
    fn choose_for(&mut self, id: InstanceId) -> Option<NodeId> {
        let now = self.engine.now();
        let job = self.instance(id).job;
        let speculative = self.instance(id).speculative;
        let mut exclude = std::mem::take(&mut self.jobs.exclude);
        exclude.clear();
        for other in &self.job(job).instances {
            let other = self.instance(*other);
            if other.is_bound() || other.place == Place::Done {
                exclude.push(other.node);
            }
        }
        if speculative {
            self.exclude_slow(&mut exclude);
        }
        let row = self.job(job);
        let model = &self.model.jobs.workloads[usize::from(row.workload)];
        let draws = model.routing.draws(row.number, row.sent * DRAWS_PER_DECISION);
        let number = row.number;
        let dispatcher = self.jobs.dispatcher.as_mut()?;
        let node = dispatcher.choose(now, self.control.known(), number, &exclude, draws);
        self.jobs.exclude = exclude;
        node
    }

    /// Sends an instance to a node.
    fn send_instance(&mut self, id: InstanceId, node: NodeId) {
        let policy = &self.model.policy.jobs;
        let job = self.instance(id).job;
        let row = self.jobs.job(job);
        let (number, sent, workload) = (row.number, row.sent, row.workload);
        row.sent += 1;
        if let Some(counts) = self.counts_of(job) {
            counts.attempts += 1;
        }
        let class = &self.model.classes[usize::from(self.node(node).class)];
        let model = &self.model.jobs.workloads[usize::from(workload)];
        let slowdown = class.slowdown.as_ref().map_or(1.0, |dist| dist.draw(&model.slowdown, number, sent));
        if let Some(dispatcher) = &mut self.jobs.dispatcher {
            dispatcher.sent(node);
        }
        self.jobs.nodes[node.index()].held.push(id);
        let unit = self.incarnation(node);
        let reissue = policy.reissue_after.map_or(Handle::NONE, |after| {
            self.engine.after(after, Event::Job(JobEvent::ReissueDue { instance: id }))
        });
        let index = self.instance(id).index;
        self.blame_moves(id);
        let stalled =
            self.node(node).reasons.halts() || self.sites[self.node(node).site.index()].link_outages > 0;
        let instance = self.jobs.instance(id);
        (instance.node, instance.slowdown, instance.failed) = (node, slowdown.max(1e-9), false);
        instance.reissue = reissue;
        instance.place = if stalled { Place::Stalled } else { Place::Ordered };
        if let Some(trust) = policy.trust
            && self.job(job).quorum < policy.quorum
            && !self.jobs.reputation.believes(trust, node, unit, model.spot.unit(number, index))
        {
            self.jobs.job(job).quorum = policy.quorum;
            self.top_up(job);
        }
        if !stalled {
            self.send_message(id);
        }
    }

    /// The controller looks from time to time as long as there are jobs.
    pub(super) fn plan_looks(&mut self) {
        if !self.jobs.any() {
            return;
        }
        let policy = &self.model.policy.jobs;
        let drain = policy.drain.map(|drain: Drain| (drain.period, JobEvent::DrainLook));
        let straggle = policy.speculate.map(|it| (it.period, JobEvent::StragglerLook));
        for (index, look) in [drain, straggle].into_iter().enumerate() {
            if let Some((period, event)) = look
                && !std::mem::replace(&mut self.jobs.looks[index], true)
            {
                self.engine.after(period, Event::Job(event));
            }
        }
    }

    /// Seconds of computing until the next checkpoint of an instance.
    pub(super) fn interval_of(&self, id: InstanceId) -> f64 {
        let policy = &self.model.policy.jobs;
        let Some(checkpoint) = &policy.checkpoint else { return f64::INFINITY };
        let class = usize::from(self.node(self.instance(id).node).class);
        let known = checkpoint.mtbf.map_or(self.model.jobs.mtbf[class], |mtbf| mtbf.as_secs_f64());
        let (formula, mtbf) = match checkpoint.every {
            CheckpointEvery::Fixed(every) => return every.as_secs_f64(),
            CheckpointEvery::By(formula) => (formula, known),
            CheckpointEvery::Adaptive { formula, .. } => {
                (formula, self.jobs.estimate.map_or(known, |estimate| estimate.mtbf()))
            }
        };
        crate::policy::jobs::interval(formula, self.saving_seconds(id), mtbf)
    }
}
