//! The mutable side of jobs: who is where.

use super::super::Model;
use super::counts::JobCounts;
use super::faults::JobImpact;
use super::model::slots_for_jobs;
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::policy::health::Course;
use crate::policy::jobs::{Dispatcher, FailureEstimate, Reputation, Stragglers, Tally};
use crate::policy::routing::Routing;
use crate::scenario::CheckpointEvery;
use crate::world::fleet::NodeId;
use crate::world::workload::{ArrivalProcess, Computation, InstanceId, JobId};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Where an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere: its row is free.
    Gone,
    /// With the controller, for a node.
    Queued,
    /// At its node, for a slot.
    Waiting,
    /// In a slot.
    OnSlot,
    /// Its node has failed, or is not reached.
    Stalled,
    /// Done, but the link of its site is down.
    Returning,
    /// The order to begin is on its way to its node.
    Ordered,
    /// Its result is on its way.
    Reporting,
    /// It has failed, and others of its job run.
    Parked,
    /// Its result has come.
    Done,
}

/// What the state of a job does on its way between node and gateway; up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// It goes nowhere.
    None,
    /// It would cross the link if that were up.
    Blocked(usize),
    /// Messages go there and back; those of a round trip take so long if none is lost. `None` = they will be given up.
    Asked(usize, Option<SimDuration>),
    /// It crosses the link, and cannot be there before.
    Crossing(usize, SimTime),
    /// It has crossed the link, but loss holds it up.
    Trailing(usize),
}

/// An instance of a job.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub job: JobId,
    pub place: Place,
    /// Number within its job.
    pub index: u32,
    /// Place in the queue: it keeps it when it has to queue again.
    pub turn: u64,
    /// Its node, or its last.
    pub node: NodeId,
    /// The unit of the node that it ran on.
    pub unit: u32,
    pub work: Computation,
    /// The node and unit that keep its checkpoint; `None` = the controller.
    pub saved_on: Option<(NodeId, u32)>,
    /// Multiplies its demand on this node.
    pub slowdown: f64,
    pub event: Handle,
    pub reissue: Handle,
    /// Messages so far, for their draws, and when the present one is through.
    pub messages: u32,
    pub message: Handle,
    /// Whether the present one will be given up.
    pub unheard: bool,
    /// Where its state is.
    pub passage: Passage,
    /// Times that it got a slot.
    pub starts: u32,
    /// Whether it has failed on its present node.
    pub failed: bool,
    /// Whether it is leaving its node, or has left the last one, of its own accord.
    pub migrating: bool,
    pub speculative: bool,
    /// When it got its slot, and the work done before.
    pub began: SimTime,
    pub before: f64,
    /// Work credited to nodes so far, and to whom; only where there is a bill.
    pub credited: f64,
    pub credits: Vec<(NodeId, f64)>,
    /// Its result, once it has come: 0 is right.
    pub value: u32,
}

impl Instance {
    pub fn new(job: JobId, index: u32, turn: u64, demand: f64) -> Self {
        Self {
            job,
            place: Place::Queued,
            index,
            turn,
            node: NodeId::NONE,
            unit: 0,
            work: Computation::new(demand),
            saved_on: None,
            slowdown: 1.0,
            event: Handle::NONE,
            reissue: Handle::NONE,
            messages: 0,
            message: Handle::NONE,
            unheard: false,
            passage: Passage::None,
            starts: 0,
            failed: false,
            migrating: false,
            speculative: false,
            began: SimTime::ZERO,
            before: 0.0,
            credited: 0.0,
            credits: Vec::new(),
            value: 0,
        }
    }

    /// Whether it is at a node.
    pub fn is_bound(&self) -> bool {
        matches!(
            self.place,
            Place::Waiting
                | Place::OnSlot
                | Place::Stalled
                | Place::Returning
                | Place::Ordered
                | Place::Reporting
        )
    }

    /// Whether a result may come of it without anything new.
    pub fn is_active(&self) -> bool {
        self.is_bound() || self.place == Place::Queued
    }
}

/// A few instances, which take no memory of their own.
pub(super) type Ids = SmallVec<[InstanceId; 4]>;

/// A job that is not over, or of which instances still run.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub live: bool,
    pub workload: u16,
    pub number: u32,
    pub arrived: SimTime,
    pub demand: f64,
    /// Identical results needed, as far as is known.
    pub quorum: u32,
    /// Instances issued, and times that one was sent to a node.
    pub issued: u32,
    pub sent: u32,
    /// Whether it is over although instances run on.
    pub over: bool,
    pub deadline: Handle,
    pub instances: Ids,
    pub tally: Tally,
}

/// Jobs of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeJobs {
    /// Instances at the node.
    pub held: Ids,
    /// Slots that they hold.
    pub slots: u32,
    /// Whether instances leave it.
    pub drained: bool,
    pub trend: Course,
    /// Work and time of the instances that have run here, for what is thought of its speed.
    pub done: f64,
    pub ran: f64,
}

/// All jobs.
#[derive(Clone)]
pub(in crate::simulation) struct JobState {
    /// `None` without jobs.
    pub(super) dispatcher: Option<Dispatcher>,
    pub(super) arrivals: Vec<ArrivalProcess>,
    pub(super) jobs: Vec<Job>,
    pub(super) free_jobs: Vec<JobId>,
    pub(super) instances: Vec<Instance>,
    pub(super) free_instances: Vec<InstanceId>,
    /// Instances that wait for a node, by their turn.
    pub(super) queue: BTreeMap<u64, InstanceId>,
    pub(super) turns: u64,
    pub(super) nodes: Vec<NodeJobs>,
    /// Whether instances that wait may find a node.
    pub(super) due: bool,
    /// Whether the controller is going to look, for hot nodes and for stragglers.
    pub(super) looks: [bool; 2],
    pub(super) estimate: Option<FailureEstimate>,
    pub(super) reputation: Reputation,
    pub(super) stragglers: Stragglers,
    pub(super) speculative: u32,
    pub(super) counts: Vec<JobCounts>,
    pub(super) exclude: Vec<NodeId>,
    /// What faults on purpose did; empty before the first begins.
    pub(super) impacts: Vec<Option<JobImpact>>,
}

impl JobState {
    /// No jobs yet.
    pub(in crate::simulation) fn new(model: &Model, routing: &dyn Routing) -> Self {
        let policy = &model.policy.jobs;
        let exist = model.jobs.exist();
        let nodes = if exist { model.node_count() } else { 0 };
        let dispatcher = exist.then(|| {
            let slots = model.entries.iter().flat_map(|entry| {
                super::super::model::layout(entry)
                    .map(|(_, _, class)| slots_for_jobs(policy, model.classes[usize::from(class)].slots))
            });
            Dispatcher::new(routing.boxed(), slots.collect())
        });
        let estimate = match policy.checkpoint.as_ref().map(|checkpoint| checkpoint.every) {
            Some(CheckpointEvery::Adaptive { prior, weight, .. }) => {
                Some(FailureEstimate::new(prior, weight))
            }
            _ => None,
        };
        Self {
            dispatcher,
            arrivals: vec![ArrivalProcess::default(); model.jobs.workloads.len()],
            jobs: Vec::new(),
            free_jobs: Vec::new(),
            instances: Vec::new(),
            free_instances: Vec::new(),
            queue: BTreeMap::new(),
            turns: 0,
            nodes: vec![NodeJobs::default(); nodes],
            due: false,
            looks: [false; 2],
            estimate,
            reputation: policy.trust.map_or_else(Reputation::default, |_| Reputation::of(nodes)),
            stragglers: Stragglers::default(),
            speculative: 0,
            counts: vec![JobCounts::default(); model.jobs.workloads.len()],
            exclude: Vec::new(),
            impacts: Vec::new(),
        }
    }

    pub(super) fn insert_job(&mut self, job: Job) -> JobId {
        match self.free_jobs.pop() {
            Some(id) => {
                self.jobs[id.index()] = job;
                id
            }
            None => {
                self.jobs.push(job);
                JobId::from_index(self.jobs.len() - 1)
            }
        }
    }

    pub(super) fn insert_instance(&mut self, instance: Instance) -> InstanceId {
        match self.free_instances.pop() {
            Some(id) => {
                self.instances[id.index()] = instance;
                id
            }
            None => {
                self.instances.push(instance);
                InstanceId::from_index(self.instances.len() - 1)
            }
        }
    }

    pub(super) fn job(&mut self, id: JobId) -> &mut Job {
        &mut self.jobs[id.index()]
    }

    pub(super) fn instance(&mut self, id: InstanceId) -> &mut Instance {
        &mut self.instances[id.index()]
    }

    /// Instances of `job` but for `except` of which a result may come.
    pub(super) fn active(&self, job: JobId, except: InstanceId) -> u32 {
        let others = self.jobs[job.index()].instances.iter().filter(|id| **id != except);
        others.filter(|id| self.instances[id.index()].is_active()).count() as u32
    }

    /// Puts an instance into the queue for a node.
    pub(super) fn enqueue(&mut self, id: InstanceId) {
        let instance = &mut self.instances[id.index()];
        instance.place = Place::Queued;
        instance.failed = false;
        self.queue.insert(instance.turn, id);
        self.due = true;
    }

    /// Whether jobs are there.
    pub(super) fn any(&self) -> bool {
        self.jobs.len() > self.free_jobs.len()
    }
}
