//! Writes: a new object is placed, and its shards go from the gateway of a region to nodes.
//!
//! `start` uploads begin at once, to different nodes chosen as placement says; when `success` of them have ended the object is
//! there, with those shards, and the others are cancelled (the long tail: Storj begins 110 and keeps 80). If `success` is less than
//! n, or a node has filled up or died in the meantime, the object begins its life with missing shards, which are repaired when
//! the policy says so. For an upload that is given up another begins elsewhere; the write fails when those that have ended and are
//! under way are fewer than `success` and there is no other node. What a failed write has stored is deleted at once.
//!
//! Numbers of objects follow the times of writes, so that an object is placed alike under every policy. Left out: that uploads
//! under way need room before they end.

use super::super::Simulation;
use super::pieces::{Job, Outcome, Parcel, Piece};
use super::{Mending, ObjectModel, ObjectState};
use crate::kernel::SimTime;
use crate::measure::blame::Root;
use crate::world::fleet::{Cause, NodeId};

/// A write under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    set: u16,
    number: u32,
    object: u32,
    gateway: u16,
    pub began: SimTime,
    /// Nodes that have been chosen so far, and those that have their shard.
    chosen: Vec<u32>,
    done: Vec<u32>,
    /// Draws of the placement so far.
    next: u32,
    /// Rows of the shards under way.
    sent: Vec<u32>,
    pub is_active: bool,
    /// What befell the last upload that came to nothing, where somebody asks for causes.
    trouble: Option<Root>,
}

impl Simulation<'_> {
    pub(super) fn write_arrives(&mut self, set: u16) {
        self.with_objects(|run, state, model| {
            let now = run.engine.now();
            let access = &model.access.sets[usize::from(set)];
            let number = state.access.sets[usize::from(set)].writes.count() - 1;
            let gateway = model.region_of(access.write_latency.unit(number, u32::MAX));
            run.exogenous.word(151 << 48 ^ now.as_nanos() ^ u64::from(set) << 56);
            state.access.meter.sets[usize::from(set)].writes.arrived += 1;
            run.schedule_write(state, model, set);
            let object = state.store.create(set as u8);
            if model.repair.is_some() {
                state.mending.push(Mending::default());
            }
            run.rot_changes(state, model);
            let write = state.access.writes.take();
            let row = &mut state.access.writes[write];
            let before = std::mem::take(row);
            *row = Write {
                set,
                number,
                object,
                gateway,
                began: now,
                chosen: before.chosen,
                done: before.done,
                sent: before.sent,
                next: 0,
                is_active: true,
                trouble: None,
            };
            row.chosen.clear();
            row.done.clear();
            for _ in 0..model.access.policy.upload.starts(model.code.total) {
                run.upload_one(state, model, write);
            }
            run.settle_write(state, model, write);
        });
    }

    /// Begins the upload of one more shard, if there is a node for it.
    fn upload_one(&mut self, state: &mut ObjectState, model: &ObjectModel, write: u32) {
        let it = &mut state.access.writes[write];
        let (set, number, object, gateway) = (it.set, it.number, it.object, it.gateway);
        model.placement.begin(&mut state.taken);
        for node in &it.chosen {
            model.placement.take(&mut state.taken, *node);
        }
        let mut next = it.next;
        let draws = (&model.draws.placement, &mut next);
        let node = state.choose_node(model, object, draws, self.scoring_at(model, object, gateway));
        let it = &mut state.access.writes[write];
        it.next = next;
        let Some(node) = node else { return };
        let upload = it.chosen.len() as u32;
        it.chosen.push(node);
        let parcel = Parcel {
            job: Job::Write(write),
            node,
            slot: u32::MAX,
            bytes: state.store.shard_bytes(object),
            gateway,
            set,
            entity: number,
            index: 2 * upload,
            timeout: model.access.policy.upload.timeout,
        };
        let piece = self.send_piece(state, model, parcel);
        state.access.writes[write].sent.push(piece);
    }

    /// A shard of a write is at its node, or will not get there.
    pub(super) fn write_goes_on(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        write: u32,
        (piece, it): (u32, Piece),
        outcome: Outcome,
    ) {
        let row = &mut state.access.writes[write];
        row.sent.retain(|sent| *sent != piece);
        if outcome == Outcome::Arrived && model.fits(&state.store, it.node, it.bytes) {
            row.done.push(it.node);
        } else {
            if self.blame.is_some() {
                let gateway = row.gateway;
                let trouble = self.upload_trouble(state, &it, gateway, outcome);
                state.access.writes[write].trouble = Some(trouble);
            }
            self.upload_one(state, model, write);
        }
        self.settle_write(state, model, write);
    }

    /// The unit of a node is gone, and with it what writes under way have stored there.
    pub(super) fn uploads_die(&mut self, state: &mut ObjectState, model: &ObjectModel, node: u32) {
        for write in state.access.writes.numbers() {
            let it = &mut state.access.writes[write];
            if it.is_active && it.done.contains(&node) {
                it.done.retain(|done| *done != node);
                if self.blame.is_some() {
                    let last = self.node(NodeId(node)).reasons.last();
                    state.access.writes[write].trouble = Some(Root::Down(last.unwrap_or(Cause::Hardware)));
                }
                self.upload_one(state, model, write);
                self.settle_write(state, model, write);
            }
        }
    }

    /// A write that has stored enough, or cannot any more, is over.
    fn settle_write(&mut self, state: &mut ObjectState, model: &ObjectModel, write: u32) {
        let now = self.engine.now();
        let success = model.access.policy.upload.successes(model.code.total);
        let it = &mut state.access.writes[write];
        let enough = it.done.len() as u32 >= success;
        if !enough && (it.done.len() + it.sent.len()) as u32 >= success {
            return;
        }
        it.is_active = false;
        let (set, object, began, trouble) = (it.set, it.object, it.began, it.trouble);
        let (mut done, mut sent) = (std::mem::take(&mut it.done), std::mem::take(&mut it.sent));
        for piece in sent.drain(..) {
            let (_, moved) = self.end_piece(state, piece);
            state.access.meter.sets[usize::from(set)].written_shards += moved;
        }
        if enough {
            let bytes = state.store.shard_bytes(object);
            for (slot, node) in state.store.slots(object).zip(done.drain(..)) {
                if model.fits(&state.store, node, bytes) {
                    state.store.place(slot, node);
                }
            }
            state.store.settle_new(now, object);
            state.access.sets[usize::from(set)].written.push(object);
        }
        let it = &mut state.access.writes[write];
        (it.done, it.sent) = (done, sent);
        state.access.writes.release(write);
        state.access.meter.sets[usize::from(set)].writes.over(began, enough.then(|| now.since(began)));
        if !enough {
            self.blame_write((set, began), trouble);
        }
    }
}
