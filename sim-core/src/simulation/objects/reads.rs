//! Reads: the fastest k of k + Δ, hedges, and what happens when nodes are silent.
//!
//! A read enters at the gateway of a region (drawn, in proportion to nodes) and asks k + Δ nodes, in the order that
//! `policy::reads` says, for their shards; nodes that are suspected or written off are passed over. For each that refuses or is given
//! up another is asked. It is done when k shards are there; the others are cancelled. It fails when the shards that have come and
//! are under way are fewer than k and nobody is left to ask. That a shard is refused tells the controller that it is missing.
//!
//! A read is *degraded* if fewer than n shards of its object were available when it began. `amplification` is the bytes that
//! nodes have sent over those of the objects read: 1 + Δ / k where nothing is cancelled in time, 1 where latency is all.

use super::super::{AccessEvent, Event, Simulation};
use super::pieces::{Job, Outcome, Parcel, Piece};
use super::{ObjectModel, ObjectState};
use crate::kernel::{Handle, SimTime};
use crate::measure::blame::Root;
use crate::policy::reads::{ask_order, nearest_first};
use crate::scenario::ReadChoice;
use crate::world::fleet::NodeId;

/// A read under way.
#[derive(Clone, Debug)]
pub(super) struct Read {
    set: u16,
    number: u32,
    object: u32,
    /// The region of its gateway.
    gateway: u16,
    pub began: SimTime,
    /// Shards that have come, and that are asked for.
    came: u32,
    hedges: u32,
    hedge: Handle,
    /// Shards of its object in the order in which they are asked for, and the next.
    order: Vec<u8>,
    next: usize,
    /// Rows of the shards asked for.
    asked: Vec<u32>,
    /// What befell the last shard that did not come, where somebody asks for causes.
    trouble: Option<Root>,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            set: 0,
            number: 0,
            object: 0,
            gateway: 0,
            began: SimTime::ZERO,
            came: 0,
            hedges: 0,
            hedge: Handle::NONE,
            order: Vec::new(),
            next: 0,
            asked: Vec::new(),
            trouble: None,
        }
    }
}

impl Simulation<'_> {
    pub(super) fn read_arrives(&mut self, set: u16) {
        self.with_objects(|run, state, model| {
            let now = run.engine.now();
            let access = &model.access.sets[usize::from(set)];
            let known = &state.access.sets[usize::from(set)];
            let number = known.reads.count() - 1;
            let object = known.draw(access.read_target.unit(number, 0));
            let gateway = model.region_of(access.read_target.unit(number, 1));
            run.exogenous.word(150 << 48 ^ now.as_nanos() ^ u64::from(set) << 56);
            state.access.meter.sets[usize::from(set)].reads.arrived += 1;
            run.schedule_read(state, model, set);
            let Some(object) = object else {
                state.access.meter.sets[usize::from(set)].reads.failed += 1;
                run.blame_read(state, (set, now), None);
                return;
            };
            let counts = state.store.counts(object);
            let degraded = u32::from(counts.available) < model.code.total;
            state.access.meter.sets[usize::from(set)].degraded += u64::from(degraded);
            let read = state.access.reads.take();
            let row = &mut state.access.reads[read];
            let mut order = std::mem::take(&mut row.order);
            let asked = std::mem::take(&mut row.asked);
            ask_order(&mut order, model.code.total, |place| access.read_order.bits(number, place));
            if model.access.policy.reads.choice == ReadChoice::Nearest {
                run.sort_by_distance(state, object, gateway, &mut order);
            }
            state.access.reads[read] =
                Read { set, number, object, gateway, began: now, order, asked, ..Read::default() };
            for _ in 0..model.code.data + model.access.policy.reads.extra {
                run.ask_one(state, model, read);
            }
            run.plan_hedge(state, model, read);
            run.settle_read(state, model, read);
        });
    }

    fn sort_by_distance(&self, state: &ObjectState, object: u32, gateway: u16, order: &mut [u8]) {
        let first = state.store.slots(object).start;
        nearest_first(order, |shard| {
            let node = state.store.node_of(first + u32::from(shard));
            let region = node.map(|node| self.model.entry_of(self.node(NodeId(node)).site).region);
            let way = region.and_then(|region| self.between_regions(gateway, region));
            way.map_or(u64::MAX, |way| way.as_nanos())
        });
    }

    /// Asks the next node, if there is one.
    fn ask_one(&mut self, state: &mut ObjectState, model: &ObjectModel, read: u32) {
        loop {
            let it = &mut state.access.reads[read];
            let Some(shard) = it.order.get(it.next).copied() else { return };
            it.next += 1;
            let (set, number, object, gateway) = (it.set, it.number, it.object, it.gateway);
            let slot = state.store.slots(object).start + u32::from(shard);
            let Some(node) = state.store.node_of(slot).filter(|node| Self::would_ask(state, *node)) else {
                continue;
            };
            let parcel = Parcel {
                job: Job::Read(read),
                node,
                slot,
                bytes: state.store.shard_bytes(object),
                gateway,
                set,
                entity: number,
                index: 2 * u32::from(shard),
                timeout: model.access.policy.reads.timeout,
            };
            let piece = self.send_piece(state, model, parcel);
            let now = self.engine.now();
            if self.blame.is_some() && state.access.reads[read].began < now {
                let before = self.holds_up(state, &state.access.reads[read]);
                self.blame_asked_late(piece, before);
            }
            state.access.reads[read].asked.push(piece);
            return;
        }
    }

    /// What holds a read up so far: what befell the shard that did not come, or else the one that it waits for longest.
    fn holds_up(&self, state: &ObjectState, read: &Read) -> Root {
        let awaited = || {
            let it = &state.access.pieces[*read.asked.first()?];
            Some(self.shard_trouble(state, it, read.gateway, Outcome::GivenUp))
        };
        read.trouble.or_else(awaited).unwrap_or(Root::Withheld)
    }

    /// A shard of a read has come, or will not.
    pub(super) fn read_goes_on(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        read: u32,
        (piece, it): (u32, Piece),
        outcome: Outcome,
    ) {
        state.access.reads[read].asked.retain(|asked| *asked != piece);
        if outcome != Outcome::Arrived && self.blame.is_some() {
            let gateway = state.access.reads[read].gateway;
            state.access.reads[read].trouble = Some(self.shard_trouble(state, &it, gateway, outcome));
        }
        match outcome {
            Outcome::Arrived => {
                let row = &mut state.access.reads[read];
                row.came += 1;
                if row.came == model.code.data {
                    self.blame_read_done((row.set, row.began), piece);
                }
            }
            Outcome::Refused => {
                self.found_missing(state, it.slot, it.node);
                self.ask_one(state, model, read);
            }
            Outcome::GivenUp => self.ask_one(state, model, read),
        }
        self.settle_read(state, model, read);
    }

    /// A read that has its shards, or cannot get them any more, is over.
    fn settle_read(&mut self, state: &mut ObjectState, model: &ObjectModel, read: u32) {
        let it = &state.access.reads[read];
        let enough = it.came >= model.code.data;
        if !enough && it.came + it.asked.len() as u32 >= model.code.data {
            return;
        }
        let latency = self.engine.now().since(it.began);
        if enough && let Some(clock) = &mut state.access.hedge_clock {
            clock.observe(Some(latency));
        }
        let it = &mut state.access.reads[read];
        if enough {
            let size = state.store.shard_bytes(it.object) * f64::from(model.code.data);
            state.access.meter.sets[usize::from(it.set)].read_bytes.add(size);
        }
        let (set, began, mut asked) = (it.set, it.began, std::mem::take(&mut it.asked));
        let (object, trouble) = (it.object, it.trouble);
        Self::cancel(&mut self.engine, &mut it.hedge);
        for piece in asked.drain(..) {
            let (it, moved) = self.end_piece(state, piece);
            self.read_moved(state, it, moved);
        }
        state.access.reads[read].asked = asked;
        state.access.reads.release(read);
        state.access.meter.sets[usize::from(set)].reads.over(began, enough.then_some(latency));
        if !enough {
            self.blame_read(state, (set, began), Some((object, trouble)));
        }
    }

    fn plan_hedge(&mut self, state: &mut ObjectState, model: &ObjectModel, read: u32) {
        let Some(hedge) = model.access.policy.reads.hedge else { return };
        let after = state.access.hedge_clock.as_ref().and_then(|clock| clock.current());
        let it = &mut state.access.reads[read];
        if let Some(after) = after.filter(|_| it.hedges < hedge.max && it.next < it.order.len()) {
            it.hedge = self.engine.after(after, Event::Access(AccessEvent::Hedge { read }));
        }
    }

    /// A read has taken so long that one more shard is asked for.
    pub(super) fn read_is_slow(&mut self, read: u32) {
        self.with_objects(|run, state, model| {
            let it = &mut state.access.reads[read];
            it.hedge = Handle::NONE;
            it.hedges += 1;
            let before = it.asked.len();
            run.ask_one(state, model, read);
            let it = &state.access.reads[read];
            let more = (it.asked.len() - before) as u64;
            state.access.meter.sets[usize::from(it.set)].hedges += more;
            run.plan_hedge(state, model, read);
        });
    }
}
