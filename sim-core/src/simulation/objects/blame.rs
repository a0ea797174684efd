//! Blame of objects: those that are lost, the time in which they cannot be read, and reads that fail, each charged to exactly one root cause.
//!
//! ```text
//!   why nodes went down or died ──► shards missing ──► noticed? given time? waiting? no node? ──► one shard too many ──► unreadable, lost
//! ```
//!
//! - **Time.** What took the last shard that an object could spare is charged all the time until it can be read again: that which began the spell of
//!   the node, or the death of its unit, or rot. From its loss on the time is charged to what lost it.
//! - **Lost.** What took the shard that left fewer than k is charged the object.
//! - **Meanwhile.** Of both it is told, apart, what had become of the shards that the object missed before: whether too many went at once, or nobody had
//!   noticed, or it was given time, or tolerated, or waited for a repair, or there was no node, or a repair ran.
//! - **Reads.** Where the object cannot be read, what that is charged to; else what befell the last shard that did not come, and where none was asked for,
//!   what its nodes are down for.
//!
//! - **Writes.** What befell the last upload that came to nothing; where none did and there was no other node, what nodes are down for, or that none had room (`no_place`).
//!
//! The sums are exactly `objects.lost`, 1 − `objects.availability`, `objects.reads.failed` and `objects.writes.failed`. Objects lost before the end of the warm-up, and those that never
//! found room, are in neither. It costs two bytes for each object and a look at its shards whenever it turns unreadable.
//!
//! Reads that are held up: `delays`. Left out: writes that are slow.

use super::super::Simulation;
use super::delays::Course;
use super::pieces::{Outcome, Piece};
use super::{ObjectModel, ObjectState};
use crate::kernel::SimTime;
use crate::measure::blame::{Known, ObjectTally, Root};
use crate::world::fleet::{Cause, NodeId};
use crate::world::workload::objects::{Taker, Turn, Turning};

/// What is known of the causes of unreadable objects.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct ObjectBlame {
    /// By object: why it cannot be read, and what had become of its shards; `None` where it can.
    charged: Vec<Option<(u8, Known)>>,
    /// By workload that keeps objects.
    pub(super) sets: Vec<ObjectTally>,
    /// By shard on its way.
    pub(super) courses: Vec<Course>,
}

impl ObjectBlame {
    /// Nothing yet, of so many workloads.
    pub(in crate::simulation) fn of(sets: usize) -> Self {
        Self { sets: vec![ObjectTally::default(); sets], ..Self::default() }
    }

    fn charged(&self, object: u32) -> Option<(Root, Known)> {
        let (root, known) = self.charged.get(object as usize).copied().flatten()?;
        Some((Root::at(usize::from(root))?, known))
    }

    /// What an object is charged to from now on.
    fn charge(&mut self, now: SimTime, (set, object): (usize, u32), to: Option<(Root, Known)>) {
        if let Some((root, known)) = self.charged(object) {
            self.sets[set].unreadable(now, root, known, -1);
        }
        if self.charged.len() <= object as usize {
            self.charged.resize(object as usize + 1, None);
        }
        self.charged[object as usize] = to.map(|(root, known)| (root.index() as u8, known));
        if let Some((root, known)) = to {
            self.sets[set].unreadable(now, root, known, 1);
        }
    }
}

impl Simulation<'_> {
    /// Objects have become unreadable, readable, or lost.
    pub(super) fn blame_turns(&mut self, state: &mut ObjectState, model: &ObjectModel) {
        let now = self.engine.now();
        for turning in state.store.take_turns() {
            let Turning { object, turn, .. } = turning;
            let to = (turn != Turn::Readable)
                .then(|| (self.root_of_turn(state, turning), known_of(state, model, now, turning)));
            let set = state.store.set_of(object);
            let Some(blame) = &mut self.blame else { return };
            blame.objects.charge(now, (set, object), to);
            if let Some((root, known)) = to.filter(|_| turn == Turn::Lost) {
                blame.objects.sets[set].lost(root, known);
            }
        }
    }

    /// What took the shard that decided a turn.
    fn root_of_turn(&self, state: &ObjectState, turning: Turning) -> Root {
        match turning.taker {
            Taker::Rot => Root::Rot,
            // Its reason is the last that began.
            Taker::Death => {
                let reasons = self.node(NodeId(turning.node)).reasons;
                Root::Down(reasons.last().unwrap_or(Cause::Hardware))
            }
            Taker::Down => {
                let spell = (turning.node != u32::MAX).then(|| self.down_for(NodeId(turning.node))).flatten();
                spell.unwrap_or_else(|| self.last_down(state, turning.object))
            }
        }
    }

    /// What the node of an object that went down last is down for.
    fn last_down(&self, state: &ObjectState, object: u32) -> Root {
        let nodes = state.store.slots(object).filter_map(|slot| state.store.node_of(slot));
        let down =
            nodes.filter_map(|node| Some((self.down_since(NodeId(node))?, self.down_for(NodeId(node))?)));
        down.max_by_key(|(since, _)| *since).map_or(Root::Withheld, |(_, root)| root)
    }

    /// What befell a shard that a read from a gateway has asked for and does not get.
    pub(super) fn shard_trouble(
        &self,
        state: &ObjectState,
        it: &Piece,
        gateway: u16,
        outcome: Outcome,
    ) -> Root {
        let node = NodeId(it.node);
        if outcome == Outcome::Refused {
            let believed = state.store.node_of(it.slot) == Some(it.node);
            return if believed { Root::Rot } else { Root::Withheld };
        }
        let region = self.model.entry_of(self.node(node).site).region;
        match self.down_for(node) {
            Some(root) => root,
            None if self.between_regions(gateway, region).is_none() => Root::Unreachable,
            None if it.is_unheard() => Root::MessageLoss,
            None if state.nodes[node.index()].suspected => Root::Withheld,
            None => Root::SlowNetwork,
        }
    }

    /// A read of a workload that began at some time has failed: of an object, with what befell its last shard, if there was one to read.
    pub(super) fn blame_read(
        &mut self,
        state: &ObjectState,
        (set, began): (u16, SimTime),
        read: Option<(u32, Option<Root>)>,
    ) {
        let Some(blame) = self.blame.as_ref().filter(|_| began >= self.collect.from) else { return };
        let root = match read {
            None => Root::Withheld,
            Some((object, trouble)) => {
                let charged = blame.objects.charged(object).map(|(root, _)| root);
                charged.or(trouble).unwrap_or_else(|| self.last_down(state, object))
            }
        };
        if let Some(blame) = &mut self.blame {
            blame.objects.sets[usize::from(set)].read(root);
        }
    }

    /// What befell an upload that came to nothing.
    pub(super) fn upload_trouble(
        &self,
        state: &ObjectState,
        it: &Piece,
        gateway: u16,
        outcome: Outcome,
    ) -> Root {
        match outcome {
            Outcome::Arrived => Root::NoPlace,
            Outcome::Refused | Outcome::GivenUp => self.shard_trouble(state, it, gateway, Outcome::GivenUp),
        }
    }

    /// A write of a workload that began at some time has failed, with what befell its last upload that came to nothing.
    pub(super) fn blame_write(&mut self, (set, began): (u16, SimTime), trouble: Option<Root>) {
        let Some(blame) = self.blame.as_mut().filter(|_| began >= self.collect.from) else { return };
        let root = trouble.or_else(|| blame.most_common()).unwrap_or(Root::NoPlace);
        blame.objects.sets[usize::from(set)].write(root);
    }

    /// Measuring begins anew: what cannot be read then is charged from then on, but for what is lost.
    pub(in crate::simulation) fn blame_objects_anew(&mut self) {
        let now = self.engine.now();
        let (Some(state), Some(blame)) = (&self.objects, &mut self.blame) else { return };
        let ObjectBlame { charged, sets, .. } = &mut blame.objects;
        sets.iter_mut().for_each(|tally| tally.restart(now));
        for (object, charge) in (0_u32..).zip(charged) {
            if state.store.counts(object).is_lost() {
                *charge = None;
            }
            let known = charge.and_then(|(root, known)| Some((Root::at(usize::from(root))?, known)));
            if let Some((root, known)) = known {
                sets[state.store.set_of(object)].unreadable(now, root, known, 1);
            }
        }
    }

    /// What was charged of objects, as metrics; nothing where there are none.
    pub(in crate::simulation) fn blame_object_metrics(&mut self, metrics: &mut Vec<(String, f64)>) {
        let now = self.engine.now();
        let exposures = self.object_exposures();
        let model = self.model;
        let (Some(blame), Some(objects)) = (&self.blame, &model.objects) else { return };
        let sets = &blame.objects.sets;
        let mut all = ObjectTally::default();
        sets.iter().for_each(|tally| all.merge(tally, now));
        let of = |set: usize| (&objects.access.sets[set].reads, &objects.access.sets[set].writes);
        let has = |set: usize| (of(set).0.is_some(), of(set).1.is_some());
        let any = (0..sets.len()).map(has).fold((false, false), |all, it| (all.0 || it.0, all.1 || it.1));
        all.put(now, exposures.iter().sum(), any, None, metrics);
        if sets.len() > 1 {
            for (index, (tally, set)) in sets.iter().zip(&objects.sets).enumerate() {
                tally.put(now, exposures[index], has(index), Some(&set.name), metrics);
            }
        }
    }
}

/// What had become of the shards that an object missed before a turn.
fn known_of(state: &ObjectState, model: &ObjectModel, now: SimTime, turning: Turning) -> Known {
    let object = turning.object;
    let degraded_before = state.store.misses_since(object).is_some_and(|since| since < now);
    let is_missing = |slot: &u32| match state.store.node_of(*slot) {
        None => degraded_before,
        Some(node) => {
            let at_once = state.nodes[node as usize].went_down == Some(now);
            node != turning.node && !at_once && !state.store.is_available(*slot)
        }
    };
    let missing = || state.store.slots(object).filter(is_missing);
    if missing().next().is_none() {
        return Known::AtOnce;
    }
    let Some(mending) = state.mending.get(object as usize).filter(|_| model.repair.is_some()) else {
        return Known::NoRepair;
    };
    let is_suspected =
        |slot: u32| state.store.node_of(slot).is_some_and(|it| state.nodes[it as usize].suspected);
    if mending.running > 0 {
        Known::Repairing
    } else if mending.stuck {
        Known::NoSpare
    } else if mending.pending || state.store.counts(object).is_wanted() {
        Known::Queued
    } else if missing().any(|slot| state.store.missing(slot).is_some()) {
        Known::Tolerated
    } else if missing().any(is_suspected) {
        Known::Grace
    } else {
        Known::Undetected
    }
}
