//! Long computations.
//!
//! A job that arrives becomes one or more *instances*. Each waits with the controller, in order of arrival, until a node that is trusted
//! has a slot to spare ([`crate::policy::jobs`]); it holds the slot until it is done, fails, is cancelled or leaves.
//!
//! - **Slots.** Jobs and requests share the slots of a node, a whole slot each. A slot that falls free goes to a job that waits at the node
//!   before any request does; nobody is pushed out. `reserve` keeps slots for requests. Busy slots draw power and heat, whoever holds them, and
//!   while they save and restore too. Progress is exact at every change of speed ([`crate::world::workload::Computation`]).
//! - **Failure.** When a node stands still, what is not saved is lost (or freezes, with `on_down` "hold"). With "wait", and with "reroute" if
//!   the node is back before anybody suspects it, the instance goes on there: recovery, then the segment that was lost. With "reroute" a suspicion
//!   sends it to another node. A node that is suspected though it runs is given up, and what it had not saved is lost.
//! - **Rounds.** An instance that has failed is not started again while enough others of its job are under way to make up the quorum; when
//!   none is left, all start again together.
//! - **Network.** Orders and results take the latency of their way, are sent again when they are lost (`messages`), and need the access link of
//!   the site: what meets a link that is down waits until it is back. The state crosses the up- or downlink of the site, with all other traffic, between the node and the
//!   gateway of its own region, after messages there and back; loss makes it slow; what an outage cuts off begins anew. Left out: that
//!   cancellations, reports of progress and what speculation compares take time.
//!
//! Parts: `arrive` issues and places instances; `messages` go between them and the controller; `work` is what they do in a slot; `trouble` is what befalls them; `results` judges what comes back;
//! `look` is what the controller does from time to time: leave hot nodes, help stragglers. `state` says who is where, `counts` measures, `blame` says why.
//!
//! Arrivals and demands are drawn by job, slowdowns and errors by job and attempt or instance, so they do not depend on the order of anything.

mod arrive;
mod blame;
mod counts;
mod faults;
mod handover;
mod look;
mod messages;
mod model;
mod results;
mod state;
mod trouble;
mod work;

pub(super) use blame::JobBlame;
pub(super) use model::JobsModel;
pub(super) use state::JobState;

use super::{JobEvent, Simulation};
use crate::kernel::SimTime;
use crate::world::fleet::NodeId;
use crate::world::workload::{InstanceId, JobId, Phase};
use counts::{JobCounts, Waste};
use state::{Instance, Job};

impl Simulation<'_> {
    /// Something happens to a job.
    pub(super) fn job_event(&mut self, event: JobEvent) {
        match event {
            JobEvent::Arrives { workload } => self.job_arrives(workload),
            JobEvent::PhaseEnds { instance } => self.phase_ends(instance),
            JobEvent::DeadlinePasses { job } => self.deadline_passes(job),
            JobEvent::ReissueDue { instance } => self.reissue_due(instance),
            JobEvent::MessageThere { instance } => self.message_there(instance),
            JobEvent::DrainLook => self.drain_look(),
            JobEvent::StragglerLook => self.straggler_look(),
        }
    }

    fn job(&self, id: JobId) -> &Job {
        &self.jobs.jobs[id.index()]
    }

    fn instance(&self, id: InstanceId) -> &Instance {
        &self.jobs.instances[id.index()]
    }

    /// Slots of `node` that jobs hold.
    pub(super) fn job_slots(&self, node: NodeId) -> u32 {
        self.jobs.nodes.get(node.index()).map_or(0, |node| node.slots)
    }

    /// The counts for a job; `None` if it arrived before the end of the warm-up.
    fn counts_of(&mut self, job: JobId) -> Option<&mut JobCounts> {
        let job = &self.jobs.jobs[job.index()];
        (job.arrived >= self.collect.from).then(|| &mut self.jobs.counts[usize::from(job.workload)])
    }

    /// Work of an instance is wasted.
    fn waste(&mut self, id: InstanceId, work: f64, cause: Waste) {
        if let Some(counts) = self.counts_of(self.instance(id).job) {
            counts.waste(work, cause);
            self.blame_waste(id, work, cause);
        }
    }

    /// Charges what an instance has done until now.
    fn charge_instance(&mut self, id: InstanceId, now: SimTime) {
        let charge = self.jobs.instance(id).work.charge(now);
        self.book(id, charge);
    }

    /// Books what an instance has used up.
    fn book(&mut self, id: InstanceId, charge: crate::world::workload::Charge) {
        let &Instance { job, node, migrating, .. } = self.instance(id);
        if let Some(estimate) = &mut self.jobs.estimate {
            estimate.ran(charge.seconds);
        }
        if let Some(at) = self.jobs.nodes.get_mut(node.index()).filter(|_| charge.phase == Phase::Computing) {
            at.done += charge.work;
            at.ran += charge.seconds;
        }
        self.blame_books(id, charge);
        let Some(counts) = self.counts_of(job) else { return };
        counts.started.add(charge.work);
        match charge.phase {
            Phase::Restoring | Phase::Saving if migrating => self.waste(id, charge.work, Waste::Migration),
            Phase::Restoring => self.waste(id, charge.work, Waste::Restart),
            Phase::Saving => self.waste(id, charge.work, Waste::Checkpoint),
            Phase::Computing | Phase::Idle => {}
        }
    }
}

#[cfg(test)]
mod tests;
