//! Bit rot, and how it is found.
//!
//! Each shard on a node of a type with `bit_rot` becomes unreadable at that rate, whether the node is up or not, which nobody
//! notices. All slots together are one Poisson process of candidates: rate max(bit_rot) × slots; each candidate is a slot drawn
//! uniformly, and comes to pass with probability bit_rot / max(bit_rot) of its node if its shard is there (thinning: Lewis and
//! Shedler 1979). So the cost is that of the shards that rot, not of those that are kept. Writes make more slots; the process
//! has no memory, so what is left of the gap is stretched. Latent errors of disks: Bairavasundaram et al., SIGMETRICS
//! 2007 and FAST 2008. A rate per byte is this one times the bytes of a shard.
//!
//! A rotten shard, or one that its node has dropped, is found by a read or an audit that asks for it, or when its node
//! scrubs: every `scrub` from a random phase on, an honest node that is up looks through all that it keeps and reports.
//! Scrubbing costs an event only where there is something to find. From then on the shard is missing, and repaired as the policy says.
//! `objects.rot.time_to_find` is the time from rotting until then.

use super::super::{AccessEvent, Event, Simulation};
use super::access::{AccessModel, RotTimes};
use super::{ObjectModel, ObjectState};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::world::fleet::NodeId;
use crate::world::workload::objects::Loss;

/// The state of rot.
#[derive(Clone, Debug)]
pub(super) struct RotState {
    /// The next candidate, its number, and how much of its gap was left at a time, in mean gaps.
    event: Handle,
    number: u32,
    left: f64,
    since: SimTime,
    rate: f64,
    times: RotTimes,
    /// Whether each node has something to find when it scrubs next; empty without scrubbing or rot.
    scrub_due: Vec<bool>,
}

impl RotState {
    pub fn new(model: &AccessModel, nodes: usize) -> Self {
        let scrubs = model.policy.scrub.is_some() && !model.rot.is_empty();
        Self {
            event: Handle::NONE,
            number: 0,
            left: -libm::log(model.bit_rot.unit(0, 0)),
            since: SimTime::ZERO,
            rate: 0.0,
            times: RotTimes::new(),
            scrub_due: vec![false; if scrubs { nodes } else { 0 }],
        }
    }
}

impl Simulation<'_> {
    /// There are more slots than before: the next candidate is nearer.
    pub(super) fn rot_changes(&mut self, state: &mut ObjectState, model: &ObjectModel) {
        if model.access.rot.is_empty() {
            return;
        }
        let now = self.engine.now();
        let slots = state.store.len() as f64 * f64::from(model.code.total);
        let rot = &mut state.access.rot;
        Self::cancel(&mut self.engine, &mut rot.event);
        rot.left = (rot.left - rot.rate * now.since(rot.since).as_secs_f64()).max(0.0);
        (rot.since, rot.rate) = (now, model.access.rot_most * slots);
        if rot.rate > 0.0 {
            let after = SimDuration::from_secs_f64(rot.left / rot.rate);
            if after != SimDuration::MAX {
                rot.event = self.engine.after(after, Event::Access(AccessEvent::Rot));
            }
        }
    }

    pub(super) fn shard_may_rot(&mut self) {
        self.with_objects(|run, state, model| {
            let (now, draws) = (run.engine.now(), &model.access.bit_rot);
            let rot = &mut state.access.rot;
            let number = rot.number;
            rot.event = Handle::NONE;
            rot.number += 1;
            (rot.left, rot.since) = (-libm::log(draws.unit(number + 1, 0)), now);
            run.rot_changes(state, model);
            let slots = state.store.len() as f64 * f64::from(model.code.total);
            let slot = (draws.unit(number, 1) * slots) as u32;
            let Some(node) = state.store.node_of(slot) else { return };
            let happens = draws.unit(number, 2) * model.access.rot_most < model.access.rot[node as usize];
            if happens && state.store.rots(slot) {
                state.access.meter.rotten += 1;
                state.access.rot.times.insert(slot, (node, now));
                run.plan_scrub(state, model, NodeId(node));
            }
        });
    }

    /// A node has something to find when it scrubs next.
    fn plan_scrub(&mut self, state: &mut ObjectState, model: &ObjectModel, node: NodeId) {
        let Some(period) = model.access.policy.scrub else { return };
        let lies = model.access.withholds.get(node.index()).is_some_and(|share| *share > 0.0);
        if lies || std::mem::replace(&mut state.access.rot.scrub_due[node.index()], true) {
            return;
        }
        let phase = period.as_secs_f64() * model.access.scrub_phase.unit(node.0, 0);
        let phase = SimDuration::from_secs_f64(phase).as_nanos();
        // In whole nanoseconds, so that the next pass is later than one that is now.
        let (now, period) = (self.engine.now().as_nanos(), period.as_nanos().max(1));
        let passes = now.checked_sub(phase).map_or(0, |since| since / period + 1);
        if let Some(at) = passes.checked_mul(period).and_then(|after| after.checked_add(phase)) {
            self.engine.at(SimTime::from_nanos(at), Event::Access(AccessEvent::Scrub { node }));
        }
    }

    pub(super) fn scrub(&mut self, node: NodeId) {
        self.with_objects(|run, state, model| {
            state.access.rot.scrub_due[node.index()] = false;
            if !state.store.is_up(node.0) {
                if !state.store.ghosts_of(node.0).is_empty() {
                    run.plan_scrub(state, model, node);
                }
                return;
            }
            while let Some(slot) = state.store.ghosts_of(node.0).last().copied() {
                run.found_missing(state, slot, node.0);
            }
        });
    }

    /// The controller learns that `node` does not have the shard of a slot, if it still believes so.
    pub(super) fn found_missing(&mut self, state: &mut ObjectState, slot: u32, node: u32) {
        if state.store.node_of(slot) != Some(node) {
            return;
        }
        let now = self.engine.now();
        if !state.store.reveal_slot(now, slot, Loss::Rot) {
            return;
        }
        state.access.meter.found += 1;
        if let Some((_, since)) = state.access.rot.times.remove(&slot).filter(|(of, _)| *of == node) {
            state.access.meter.time_to_find.record(now.since(since));
        }
    }
}
