//! Blame of jobs: those that fail, and work that is wasted, each charged to exactly one root cause.
//!
//! - **Failed.** A job that is not done in time is charged to what held it up longest, all its instances together: waiting for a slot (`queueing`); nodes that
//!   stood still, by what began the spell, with the work that was lost there and the time to recover (the grid, hardware, …); a node that is slow, by heat
//!   (`throttled`) or by nature (`straggler`); saving (`checkpoint`) and leaving (`migration`); messages (`slow_network`); a node given up
//!   although it ran (`withheld`). What takes longer than its deadline on the fastest node by itself is charged to `demand`, whatever else befell
//!   it, and so is what nothing held up. One that has used up its instances without a quorum is `wrong`.
//! - **Wasted.** Work lost with a node is charged to what began its spell, and so is the time to recover; that of a job that failed to what the job was
//!   charged to; all else as `jobs.wasted_work` has it.
//!
//! The sums are exactly `jobs.failed` and `jobs.wasted_work`. It costs a table of 264 bytes for each job under way.
//!
//! Left out: that a queue may be long since nodes are down.

use super::super::Simulation;
use super::counts::Waste;
use super::state::Place;
use crate::kernel::SimTime;
use crate::measure::accumulate::Sum;
use crate::measure::blame::{JobTally, Root};
use crate::world::fleet::{Cause, NodeId};
use crate::world::workload::{Charge, InstanceId, JobId, Phase};

/// Seconds by root.
type Delays = [f64; Root::TABLE];

/// An instance.
#[derive(Clone, Copy, Debug, Default)]
struct Course {
    /// Since when it is where it is.
    since: SimTime,
    /// Until when its time in its slot is booked, and how many seconds of it were.
    booked: SimTime,
    in_slot: f64,
    /// What it last failed for.
    failed_for: Option<Root>,
}

/// What is known of the causes of jobs that fail.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct JobBlame {
    /// By instance.
    courses: Vec<Course>,
    /// By job: what held it up, and what it was charged to when it failed.
    delays: Vec<Delays>,
    charged: Vec<Option<Root>>,
    /// By workload.
    tallies: Vec<JobTally>,
}

impl JobBlame {
    /// Nothing yet, of so many workloads.
    pub(in crate::simulation) fn of(workloads: usize) -> Self {
        Self { tallies: vec![JobTally::default(); workloads], ..Self::default() }
    }

    fn hold_up(&mut self, job: JobId, root: Root, seconds: f64) {
        if let Some(delays) = self.delays.get_mut(job.index()) {
            delays[root.index()] += seconds.max(0.0);
        }
    }

    fn course(&mut self, id: InstanceId) -> &mut Course {
        if self.courses.len() <= id.index() {
            self.courses.resize(id.index() + 1, Course::default());
        }
        &mut self.courses[id.index()]
    }
}

impl Simulation<'_> {
    /// A job has arrived.
    pub(super) fn blame_job_arrives(&mut self, job: JobId) {
        let Some(blame) = &mut self.blame else { return };
        let blame = &mut blame.jobs;
        if blame.delays.len() <= job.index() {
            blame.delays.resize(job.index() + 1, [0.0; Root::TABLE]);
            blame.charged.resize(job.index() + 1, None);
        }
        (blame.delays[job.index()], blame.charged[job.index()]) = ([0.0; Root::TABLE], None);
    }

    /// An instance is issued.
    pub(super) fn blame_issued(&mut self, id: InstanceId) {
        let now = self.engine.now();
        if let Some(blame) = &mut self.blame {
            *blame.jobs.course(id) = Course { since: now, booked: now, in_slot: 0.0, failed_for: None };
        }
    }

    /// An instance is about to be elsewhere: the time until now has held up its job.
    pub(super) fn blame_moves(&mut self, id: InstanceId) {
        let now = self.engine.now();
        if self.blame.is_none() {
            return;
        }
        let (job, node, place) = (self.instance(id).job, self.instance(id).node, self.instance(id).place);
        let down = if matches!(place, Place::Stalled | Place::Returning | Place::OnSlot) {
            self.last_down_for(node).unwrap_or(Root::Withheld)
        } else {
            Root::Withheld
        };
        let Some(blame) = &mut self.blame else { return };
        let course = blame.jobs.course(id);
        let seconds = now.since(course.since).as_secs_f64();
        let in_slot = std::mem::take(&mut course.in_slot);
        (course.since, course.booked) = (now, now);
        let (root, seconds) = match place {
            Place::Queued | Place::Waiting => (Root::Queueing, seconds),
            Place::Ordered | Place::Reporting => (Root::SlowNetwork, seconds),
            Place::Stalled | Place::Returning => (down, seconds),
            // What is not booked stood still.
            Place::OnSlot if seconds - in_slot > 1e-6 => (down, seconds - in_slot),
            Place::OnSlot | Place::Parked | Place::Done | Place::Gone => return,
        };
        blame.jobs.hold_up(job, root, seconds);
    }

    /// What an instance has used up of its slot until now.
    pub(super) fn blame_books(&mut self, id: InstanceId, charge: Charge) {
        let now = self.engine.now();
        if self.blame.is_none() {
            return;
        }
        let parts = self.parts_of(id, charge);
        let job = self.instance(id).job;
        let Some(blame) = &mut self.blame else { return };
        let course = blame.jobs.course(id);
        course.in_slot += charge.seconds;
        course.booked = now;
        for (root, seconds) in parts {
            blame.jobs.hold_up(job, root, seconds);
        }
    }

    /// What of a time in a slot holds a job up.
    fn parts_of(&self, id: InstanceId, charge: Charge) -> [(Root, f64); 2] {
        let instance = self.instance(id);
        let none = (Root::Demand, 0.0);
        match charge.phase {
            Phase::Idle => [none; 2],
            Phase::Computing => {
                let full = self.model.classes[usize::from(self.node(instance.node).class)].speed;
                let here = charge.work / full * instance.slowdown.max(1.0);
                let slowed = here - charge.work / self.fastest();
                // Rounding is no throttling.
                let rest = charge.seconds - here;
                let rest = if rest > 1e-9 * charge.seconds { rest } else { 0.0 };
                [(Root::Straggler, slowed), (Root::Throttled, rest)]
            }
            Phase::Saving | Phase::Restoring => {
                [(self.root_of_saving(id, charge.phase), charge.seconds), none]
            }
        }
    }

    /// Speed of the fastest nodes.
    fn fastest(&self) -> f64 {
        self.model.classes.iter().map(|class| class.speed).fold(0.0, f64::max)
    }

    fn root_of_saving(&self, id: InstanceId, phase: Phase) -> Root {
        let failed_for = self.blame.as_ref().and_then(|blame| blame.jobs.courses.get(id.index())?.failed_for);
        match phase {
            _ if self.instance(id).migrating => Root::Migration,
            Phase::Restoring => failed_for.unwrap_or(Root::Migration),
            _ => Root::Checkpoint,
        }
    }

    /// An instance loses work that it has not saved, on its node.
    pub(super) fn blame_loses(&mut self, id: InstanceId, lost: f64, cause: Waste) {
        let (job, node) = (self.instance(id).job, self.instance(id).node);
        if self.blame.is_none() || node.is_none() {
            return;
        }
        let full = self.model.classes[usize::from(self.node(node).class)].speed;
        let root = self.root_of_loss(node, cause);
        let Some(blame) = &mut self.blame else { return };
        blame.jobs.course(id).failed_for = Some(root);
        blame.jobs.hold_up(job, root, lost / full);
    }

    /// Why a node has lost work, or was given up. A link that was down before the power failed is not what lost it.
    fn root_of_loss(&self, node: NodeId, cause: Waste) -> Root {
        if node.is_none() {
            return Root::Withheld;
        }
        let halted = || {
            let halting = self.node(node).reasons.first_halting();
            halting.filter(|it| *it != Cause::Booting).map(|cause| self.root_of_reason(node, cause))
        };
        let down = match cause {
            Waste::Suspicion => self.down_for(node),
            _ => halted().or_else(|| self.last_down_for(node)),
        };
        down.unwrap_or(Root::Withheld)
    }

    /// Work of an instance is wasted.
    pub(super) fn blame_waste(&mut self, id: InstanceId, work: f64, cause: Waste) {
        let Some(blame) = &self.blame else { return };
        let (job, node) = (self.instance(id).job, self.instance(id).node);
        let root = match cause {
            Waste::Failure | Waste::Suspicion => self.root_of_loss(node, cause),
            Waste::Copies => Root::Copies,
            Waste::Checkpoint => Root::Checkpoint,
            Waste::Restart => self.root_of_saving(id, Phase::Restoring),
            Waste::Wrong => Root::Wrong,
            Waste::Validation => Root::Validation,
            Waste::Speculation => Root::Speculation,
            Waste::Migration => Root::Migration,
            Waste::Deadline => blame.jobs.charged.get(job.index()).copied().flatten().unwrap_or(Root::Demand),
        };
        let workload = usize::from(self.job(job).workload);
        if let Some(blame) = &mut self.blame {
            blame.jobs.tallies[workload].wasted(root, work);
        }
    }

    /// A job is given up.
    pub(super) fn blame_gives_up(&mut self, job: JobId, cause: Waste) {
        if self.blame.is_none() {
            return;
        }
        let root = if cause == Waste::Deadline { self.longest_delay(job) } else { Root::Wrong };
        let (workload, arrived) = (usize::from(self.job(job).workload), self.job(job).arrived);
        let counts = arrived >= self.collect.from;
        let Some(blame) = &mut self.blame else { return };
        if let Some(charged) = blame.jobs.charged.get_mut(job.index()) {
            *charged = Some(root);
        }
        if counts {
            blame.jobs.tallies[workload].failed(root);
        }
    }

    /// What has held a job up longest until now.
    fn longest_delay(&mut self, job: JobId) -> Root {
        let row = self.job(job);
        let deadline = self.model.jobs.workloads[usize::from(row.workload)].jobs.deadline;
        if deadline.is_some_and(|deadline| row.demand / self.fastest() > deadline.as_secs_f64()) {
            return Root::Demand;
        }
        for id in row.instances.clone() {
            self.blame_slot_so_far(id);
            self.blame_moves(id);
        }
        let delays = self.blame.as_ref().and_then(|blame| blame.jobs.delays.get(job.index()));
        let Some(delays) = delays else { return Root::Demand };
        let longest = Root::all()
            .reduce(|most, root| if delays[root.index()] > delays[most.index()] { root } else { most });
        longest.filter(|root| delays[root.index()] > 1e-6).unwrap_or(Root::Demand)
    }

    /// Time in a slot that is not booked yet; the books stay as they are.
    fn blame_slot_so_far(&mut self, id: InstanceId) {
        let now = self.engine.now();
        let instance = self.instance(id);
        if instance.place != Place::OnSlot {
            return;
        }
        let (speed, phase) = (self.speed_of(instance.node) / instance.slowdown, instance.work.phase());
        let Some(blame) = &mut self.blame else { return };
        let seconds = if speed > 0.0 { now.since(blame.jobs.course(id).booked).as_secs_f64() } else { 0.0 };
        self.blame_books(id, Charge { phase, seconds, work: seconds * speed });
    }

    /// Measuring begins anew.
    pub(in crate::simulation) fn blame_jobs_anew(&mut self) {
        if let Some(blame) = &mut self.blame {
            blame.jobs.tallies.fill(JobTally::default());
        }
    }

    /// What was charged of jobs, as metrics; nothing where there are none.
    pub(in crate::simulation) fn blame_job_metrics(&self, metrics: &mut Vec<(String, f64)>) {
        let Some(blame) = self.blame.as_ref().filter(|_| self.model.jobs.exist()) else { return };
        let work: Vec<f64> = self.jobs.counts.iter().map(|counts| counts.started.value()).collect();
        let tallies = &blame.jobs.tallies;
        let mut all = JobTally::default();
        tallies.iter().for_each(|tally| all.merge(tally));
        let total: Sum = work.iter().copied().collect();
        all.put(total.value(), None, metrics);
        if tallies.len() > 1 {
            for ((tally, work), workload) in tallies.iter().zip(work).zip(&self.model.jobs.workloads) {
                tally.put(work, Some(&workload.name), metrics);
            }
        }
    }
}
