//! What an instance does in its slot: recover, compute, save, and give its result back.

use super::super::links::{DOWN, UP};
use super::super::network::{End, Flow};
use super::super::state::Rest;
use super::super::{Event, JobEvent, Simulation};
use super::state::{Passage, Place};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::Bytes;
use crate::scenario::Keep;
use crate::world::fleet::NodeId;
use crate::world::workload::{InstanceId, Phase};

impl Simulation<'_> {
    /// Gives free slots of `node` to instances that wait there, in order of arrival.
    #[inline(always)]
    pub(in crate::simulation) fn start_waiting_jobs(&mut self, node: NodeId) {
        if !self.jobs.nodes.is_empty() {
            self.start_held_jobs(node);
        }
    }

    #[inline(never)]
    fn start_held_jobs(&mut self, node: NodeId) {
        let Some(jobs) = self.jobs.nodes.get(node.index()) else { return };
        if jobs.held.len() as u32 == jobs.slots {
            return;
        }
        let state = self.node(node);
        if state.reasons.halts() || state.rest != Rest::Awake {
            return;
        }
        let mut next = 0;
        while let Some(id) = self.jobs.nodes[node.index()].held.get(next).copied() {
            next += 1;
            if self.instance(id).place != Place::Waiting {
                continue;
            }
            let state = self.node(node);
            let requests = if state.shared.is_some() { 0 } else { state.server.busy() };
            if requests >= self.request_slots(node) {
                return;
            }
            self.jobs.nodes[node.index()].slots += 1;
            self.share_slots(node);
            self.begin_instance(id);
        }
    }

    /// Requests under processor sharing share the slots that no job holds.
    pub(super) fn share_slots(&mut self, node: NodeId) {
        let (now, slots) = (self.engine.now(), self.request_slots(node));
        if let Some(shared) = &mut self.nodes[node.index()].shared {
            shared.share.set_slots(now, slots);
            self.reschedule_shared(node);
        }
    }

    /// An instance has got a slot.
    fn begin_instance(&mut self, id: InstanceId) {
        let now = self.engine.now();
        let unit = self.incarnation(self.instance(id).node);
        self.blame_moves(id);
        let instance = self.jobs.instance(id);
        instance.place = Place::OnSlot;
        instance.unit = unit;
        instance.failed = false;
        (instance.began, instance.before) = (now, instance.work.progress());
        instance.starts += 1;
        if instance.starts > 1 { self.restore(id) } else { self.compute(id) }
    }

    /// The instance has run before: it recovers.
    fn restore(&mut self, id: InstanceId) {
        let instance = self.instance(id);
        let saved = instance.work.saved() > 0.0;
        let remote = instance.saved_on.is_none();
        match self.model.policy.jobs.checkpoint.as_ref().and_then(|checkpoint| checkpoint.restart) {
            Some(restart) => self.begin_phase(id, Phase::Restoring, restart.as_secs_f64()),
            None if saved && remote => self.move_state(id, Phase::Restoring, DOWN),
            None => self.compute(id),
        }
    }

    fn compute(&mut self, id: InstanceId) {
        self.jobs.instance(id).migrating = false;
        let interval = self.interval_of(id);
        self.begin_phase(id, Phase::Computing, interval);
    }

    /// Begins to save what has been done.
    pub(super) fn save(&mut self, id: InstanceId) {
        let checkpoint = self.model.policy.jobs.checkpoint.as_ref();
        let migrating = self.instance(id).migrating;
        let local = checkpoint.is_some_and(|checkpoint| checkpoint.keep == Keep::Local) && !migrating;
        match checkpoint.and_then(|checkpoint| checkpoint.cost) {
            Some(cost) => self.begin_phase(id, Phase::Saving, cost.as_secs_f64()),
            None if local => self.begin_phase(id, Phase::Saving, 0.0),
            None => self.move_state(id, Phase::Saving, UP),
        }
    }

    /// Seconds that a checkpoint of an instance takes where nobody else is on the link.
    pub(super) fn saving_seconds(&self, id: InstanceId) -> f64 {
        let policy = &self.model.policy.jobs;
        let checkpoint = policy.checkpoint.as_ref();
        if let Some(cost) = checkpoint.and_then(|checkpoint| checkpoint.cost) {
            return cost.as_secs_f64();
        }
        let site = self.node(self.instance(id).node).site;
        let rate = self.model.entry_of(site).link.as_ref().and_then(|link| link.up);
        rate.map_or(0.0, |rate| self.state_of(id).0 / rate.0)
    }

    fn state_of(&self, id: InstanceId) -> Bytes {
        let job = self.job(self.instance(id).job);
        self.model.jobs.workloads[usize::from(job.workload)].jobs.state
    }

    /// Begins a phase that takes so long; none that takes no time, but computing.
    fn begin_phase(&mut self, id: InstanceId, phase: Phase, seconds: f64) {
        let now = self.engine.now();
        let instance = self.instance(id);
        let speed = self.speed_of(instance.node) / instance.slowdown;
        self.jobs.instance(id).work.begin(now, phase, seconds, speed);
        if seconds <= 0.0 {
            self.phase_over(id, phase);
        } else {
            self.schedule_phase(id);
        }
    }

    fn schedule_phase(&mut self, id: InstanceId) {
        let instance = &mut self.jobs.instances[id.index()];
        Self::cancel(&mut self.engine, &mut instance.event);
        if let Some(after) = instance.work.ends_after() {
            instance.event = self.engine.after(after, Event::Job(JobEvent::PhaseEnds { instance: id }));
        }
    }

    /// Lets the state of a job cross the link of its site; that ends the phase.
    fn move_state(&mut self, id: InstanceId, phase: Phase, direction: usize) {
        let now = self.engine.now();
        let instance = self.instance(id);
        let speed = self.speed_of(instance.node) / instance.slowdown;
        self.jobs.instance(id).work.begin(now, phase, f64::INFINITY, speed);
        self.cross_link(id, direction);
    }

    /// The state of a job is to cross the link of its site, after messages there and back.
    pub(super) fn cross_link(&mut self, id: InstanceId, direction: usize) {
        if self.link_is_down(self.instance(id).node) {
            self.jobs.instance(id).passage = Passage::Blocked(direction);
            return;
        }
        let asked = self.message_of(id, 2);
        if asked.takes.is_zero() {
            self.state_sets_out(id, direction, asked.alone);
            return;
        }
        let instance = self.jobs.instance(id);
        instance.passage = Passage::Asked(direction, asked.arrives.then_some(asked.alone));
        instance.message =
            self.engine.after(asked.takes, Event::Job(JobEvent::MessageThere { instance: id }));
    }

    /// The state of a job begins to cross the link.
    pub(super) fn state_sets_out(&mut self, id: InstanceId, direction: usize, round_trip: SimDuration) {
        let node = self.instance(id).node;
        if self.link_is_down(node) {
            self.jobs.instance(id).passage = Passage::Blocked(direction);
            return;
        }
        let (site, size) = (self.node(node).site, self.state_of(id));
        let gateway = End::Gateway(self.model.entry_of(site).region);
        let least = self.bulk_time(self.way_of(id), round_trip, size.0);
        let ready = self.engine.now().saturating_add(least);
        self.jobs.instance(id).passage = Passage::Crossing(direction, ready);
        self.count_traffic(site, size);
        if !self.start_flow(site, direction, Flow::Job(id), gateway, size) {
            self.state_moved(id);
        }
    }

    /// The state of a job has crossed the link; loss may hold it up.
    pub(in crate::simulation) fn state_moved(&mut self, id: InstanceId) {
        let instance = &mut self.jobs.instances[id.index()];
        if let Passage::Crossing(direction, ready) = instance.passage
            && ready > self.engine.now()
        {
            instance.passage = Passage::Trailing(direction);
            if ready < SimTime::MAX {
                instance.message = self.engine.at(ready, Event::Job(JobEvent::MessageThere { instance: id }));
            }
            return;
        }
        self.state_is_there(id);
    }

    /// The state of a job is where it was to go.
    pub(super) fn state_is_there(&mut self, id: InstanceId) {
        self.jobs.instance(id).passage = Passage::None;
        let phase = self.instance(id).work.phase();
        let now = self.engine.now();
        self.charge_instance(id, now);
        self.phase_over(id, phase);
    }

    /// The link has gone down while the state of a job was crossing it.
    pub(in crate::simulation) fn state_lost(&mut self, id: InstanceId) {
        let instance = self.jobs.instance(id);
        if let Passage::Crossing(direction, _) = instance.passage {
            instance.passage = Passage::Blocked(direction);
        }
    }

    /// The link of the site of an instance is back.
    pub(super) fn unblock(&mut self, id: InstanceId) {
        let passage = &mut self.jobs.instance(id).passage;
        if let Passage::Blocked(direction) = *passage {
            *passage = Passage::None;
            self.cross_link(id, direction);
        }
    }

    /// An instance is done with what it was doing.
    pub(super) fn phase_ends(&mut self, id: InstanceId) {
        let now = self.engine.now();
        let instance = self.jobs.instance(id);
        instance.event = Handle::NONE;
        let phase = instance.work.phase();
        let charge = instance.work.end(now);
        self.book(id, charge);
        self.phase_over(id, phase);
    }

    fn phase_over(&mut self, id: InstanceId, phase: Phase) {
        match phase {
            Phase::Restoring => self.compute(id),
            Phase::Computing if self.model.policy.jobs.checkpoint.is_some() => self.save(id),
            Phase::Computing => self.finished(id),
            Phase::Saving => self.saved(id),
            Phase::Idle => unreachable!("an instance without a slot does nothing"),
        }
    }

    /// A checkpoint is taken.
    fn saved(&mut self, id: InstanceId) {
        let local = self.model.policy.jobs.checkpoint.as_ref().is_some_and(|it| it.keep == Keep::Local);
        let job = self.instance(id).job;
        let migrating = self.instance(id).migrating;
        if let Some(counts) = self.counts_of(job) {
            counts.checkpoints += 1;
        }
        self.credit(id);
        let instance = self.jobs.instance(id);
        instance.work.save();
        instance.saved_on = (local && !migrating).then_some((instance.node, instance.unit));
        if instance.work.is_done() {
            self.finished(id);
        } else if migrating {
            self.leave(id);
        } else {
            self.compute(id);
        }
    }

    /// Notes whose work it was, where somebody may pay for it.
    fn credit(&mut self, id: InstanceId) {
        if !self.collect.deeds.are_counted() {
            return;
        }
        let instance = self.jobs.instance(id);
        let done = instance.work.progress() - instance.credited;
        instance.credited = instance.work.progress();
        match instance.credits.last_mut() {
            Some((node, sum)) if *node == instance.node => *sum += done,
            _ => instance.credits.push((instance.node, done)),
        }
    }

    /// All work of an instance is done.
    fn finished(&mut self, id: InstanceId) {
        self.credit(id);
        let node = self.instance(id).node;
        self.vacate(id);
        self.send_result(id);
        self.slots_freed(node);
    }

    /// Takes an instance out of its slot; what it did has been charged.
    pub(super) fn vacate(&mut self, id: InstanceId) {
        self.blame_moves(id);
        let instance = &mut self.jobs.instances[id.index()];
        debug_assert_eq!(instance.place, Place::OnSlot);
        Self::cancel(&mut self.engine, &mut instance.event);
        instance.work.stop();
        Self::cancel(&mut self.engine, &mut instance.message);
        let (node, passage) = (instance.node, std::mem::replace(&mut instance.passage, Passage::None));
        instance.place = Place::Waiting;
        if let Passage::Crossing(direction, _) = passage {
            self.cancel_flow(self.node(node).site, direction, Flow::Job(id));
        }
        self.jobs.nodes[node.index()].slots -= 1;
        self.share_slots(node);
    }

    /// Slots of `node` may have fallen free.
    pub(super) fn slots_freed(&mut self, node: NodeId) {
        if self.node(node).reasons.halts() {
            return;
        }
        self.fill_slots(node);
        self.busy_changed(node);
    }

    /// The speed of `node` may have changed: charges what has been done, and predicts anew.
    pub(in crate::simulation) fn reschedule_jobs(&mut self, node: NodeId) {
        if self.jobs.nodes.get(node.index()).is_none_or(|jobs| jobs.slots == 0) {
            return;
        }
        let (now, speed) = (self.engine.now(), self.speed_of(node));
        let mut next = 0;
        while let Some(id) = self.jobs.nodes[node.index()].held.get(next).copied() {
            next += 1;
            if self.instance(id).place == Place::OnSlot {
                self.charge_instance(id, now);
                let instance = self.jobs.instance(id);
                instance.work.set_speed(now, speed / instance.slowdown);
                self.schedule_phase(id);
            }
        }
    }

    /// How long an instance has been in its slot.
    pub(super) fn in_slot(&self, id: InstanceId) -> SimDuration {
        self.engine.now().since(self.instance(id).began)
    }
}
