//! Departures in good order: a host that gives notice has its shards moved before it leaves.
//!
//! From the notice on the node gets no shards. Its shards go one by one to other nodes, chosen as placement says, so many at
//! once as the policy allows, over its uplink and, where gateways have rates, the downlink of the other node. Each costs the bytes
//! of one shard, where a repair costs k. A shard counts at its new node when it is there, and is deleted at the old one. What is
//! left when the host leaves is lost with it. While the node is down, or no other has room, it tries again
//! every hour; so it does when as many nodes in a row as an object has shards could not keep what came.

use super::super::{AccessEvent, Event, Simulation};
use super::pieces::{Job, Outcome, Parcel, Piece};
use super::{ObjectModel, ObjectState, RETRY};
use crate::world::fleet::NodeId;
use crate::world::workload::objects::Loss;

/// Where draws of places for departures begin among those of repairs.
const EXIT_DRAWS: u32 = 1 << 31;
/// Where their messages begin.
const EXIT_MESSAGES: u32 = 1 << 23;

/// A node that leaves.
#[derive(Clone, Debug)]
pub(super) struct Exit {
    node: u32,
    /// Slots under way.
    moving: Vec<u32>,
    waits: bool,
    /// Tries so far that ended at a node which could not take the shard, and those since the last that could.
    failures: u32,
    in_a_row: u32,
}

impl Simulation<'_> {
    /// The host of a node says that it will leave.
    pub(super) fn notice(&mut self, node: NodeId) {
        self.exogenous.word(158 << 32 | u64::from(node.0));
        self.exogenous.word(self.engine.now().as_nanos());
        self.with_objects(|run, state, model| {
            let gone = run.node(node).reasons.contains(crate::world::fleet::Cause::Departed);
            if model.access.policy.evacuate.is_none()
                || gone
                || std::mem::replace(&mut state.nodes[node.index()].leaving, true)
            {
                return;
            }
            state.access.meter.exits += 1;
            let exit = Exit { node: node.0, moving: Vec::new(), waits: false, failures: 0, in_a_row: 0 };
            state.access.exits.push(exit);
            run.move_out(state, model, node.0);
        });
    }

    pub(super) fn exit_tries_again(&mut self, node: NodeId) {
        self.with_objects(|run, state, model| {
            if let Some(exit) = state.access.exits.iter_mut().find(|exit| exit.node == node.0) {
                exit.waits = false;
                run.move_out(state, model, node.0);
            }
        });
    }

    /// The host has left, or its unit is gone.
    pub(super) fn exit_ends(state: &mut ObjectState, node: u32) {
        state.nodes[node as usize].leaving = false;
        state.access.exits.retain(|exit| exit.node != node);
    }

    /// Moves as many shards as may move at once.
    fn move_out(&mut self, state: &mut ObjectState, model: &ObjectModel, node: u32) {
        let Some(evacuate) = model.access.policy.evacuate else { return };
        let Some(at) = state.access.exits.iter().position(|exit| exit.node == node) else { return };
        while (state.access.exits[at].moving.len() as u32) < evacuate.parallel {
            let exit = &state.access.exits[at];
            let mut shards = state.store.shards_of(node).iter().copied();
            let Some(slot) = shards.find(|slot| !exit.moving.contains(slot)) else { break };
            let failures = exit.failures;
            let is_up = state.store.is_up(node);
            let target = if is_up { self.place_for(state, model, slot, failures) } else { None };
            let Some(target) = target else {
                self.exit_waits(state, node);
                return;
            };
            state.access.exits[at].moving.push(slot);
            let object = state.store.object_of(slot);
            let parcel = Parcel {
                job: Job::Exit(node),
                node: target,
                slot,
                bytes: state.store.shard_bytes(object),
                gateway: 0,
                set: 0,
                entity: object,
                index: EXIT_MESSAGES + 2 * (slot - state.store.slots(object).start),
                timeout: None,
            };
            self.send_piece(state, model, parcel);
        }
        if state.access.exits[at].moving.is_empty() && state.store.shards_of(node).is_empty() {
            state.access.exits.swap_remove(at);
            state.access.meter.exits_completed += 1;
        }
    }

    /// A node for the shard of a slot; other draws than before the last of so many `failures`.
    fn place_for(
        &self,
        state: &mut ObjectState,
        model: &ObjectModel,
        slot: u32,
        failures: u32,
    ) -> Option<u32> {
        let object = state.store.object_of(slot);
        state.begin_choice(model, object);
        let place = slot - state.store.slots(object).start;
        let round = failures.wrapping_mul(model.code.total).wrapping_add(place);
        let mut next = EXIT_DRAWS.wrapping_add(round.wrapping_mul(4096));
        let draws = (&model.draws.repair_place, &mut next);
        state.choose_node(model, object, draws, self.scoring(model, object))
    }

    /// A shard has moved, or could not.
    pub(super) fn exit_goes_on(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        from: u32,
        it: Piece,
        outcome: Outcome,
    ) {
        let Some(exit) = state.access.exits.iter_mut().find(|exit| exit.node == from) else { return };
        exit.moving.retain(|slot| *slot != it.slot);
        if outcome == Outcome::Arrived {
            let mut causes = [0; Loss::ALL.len()];
            causes[Loss::Exit as usize] = 1;
            let object = state.store.object_of(it.slot);
            state.meter.moved(state.store.set_of(object), it.bytes, &causes);
            self.shard_left(from, it.bytes);
            let twice = state.store.slots(object).any(|slot| state.store.node_of(slot) == Some(it.node));
            let fits = model.fits(&state.store, it.node, it.bytes);
            let here = state.store.node_of(it.slot) == Some(from);
            let moved = here && !twice && fits && state.store.relocate(it.slot, it.node);
            state.access.meter.exit_shards += u64::from(moved);
            let Some(exit) = state.access.exits.iter_mut().find(|exit| exit.node == from) else { return };
            exit.failures += u32::from(!moved);
            exit.in_a_row = if moved { 0 } else { exit.in_a_row + 1 };
            if exit.in_a_row < model.code.total {
                self.move_out(state, model, from);
                return;
            }
            exit.in_a_row = 0;
        }
        self.exit_waits(state, from);
    }

    /// A node that could not move a shard tries again later.
    fn exit_waits(&mut self, state: &mut ObjectState, node: u32) {
        let Some(exit) = state.access.exits.iter_mut().find(|exit| exit.node == node) else { return };
        if !std::mem::replace(&mut exit.waits, true) {
            self.engine.after(RETRY, Event::Access(AccessEvent::ExitRetry { node: NodeId(node) }));
        }
    }
}
