//! Objects cut into shards, and the nodes that hold them.
//!
//! An object has n *slots*, of which each is on a node or missing; any k shards give it back (copies have k = 1). Slots are
//! numbered through, object by object. Kept apart are what is *there* and what the controller *believes*:
//!
//! - a shard is **present** while it is on the disk of some node, and **available** while that node is up, too;
//! - a *ghost* is a slot believed on a node that holds nothing there any more: the unit has died, or the bits have rotted,
//!   and nobody has noticed. Ghosts become missing when they are *revealed*;
//! - a slot is **healthy** while its node *counts*: the controller has not written the node off. Slots of a node that is
//!   written off stay where they are, and count again if the node does, unless they have been restored elsewhere in the
//!   meantime: then the old shard is discarded.
//!
//! An object with fewer than k shards present anywhere is **lost**, and stays so.
//!
//! Size: for each slot its node (4 bytes), its place in the list of that node (4) and its entry there (4 to 8); for each object
//! three counters of a byte, flags, its set and since when it misses shards, 13 bytes. A node that changes its state
//! touches the counters of its own shards, in order, and nothing else: about two nanoseconds each.

mod transitions;
mod turns;

#[cfg(test)]
mod tests;

pub use turns::{Taker, Turn, Turning};

use crate::kernel::{SimDuration, SimTime, Stream};

/// Why a slot is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Loss {
    /// The unit that held it has died, or its host has left for good.
    Death,
    /// Its node was without power, or off, for too long.
    Outage,
    /// Its node could not be reached for too long.
    Link,
    /// Its bits have rotted, or its node has dropped them.
    Rot,
    /// Its node has left in good order.
    Exit,
    /// It has never been placed.
    Unplaced,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Death, Self::Outage, Self::Link, Self::Rot, Self::Exit, Self::Unplaced];

    /// The name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Death => "death",
            Self::Outage => "outage",
            Self::Link => "link",
            Self::Rot => "rot",
            Self::Exit => "exit",
            Self::Unplaced => "unplaced",
        }
    }
}

/// The places of missing slots, by [`Loss`].
const MISSING: u32 = u32::MAX - 7;

/// What is counted of one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardCounts {
    /// On nodes that are up.
    pub available: u8,
    /// On nodes that count.
    pub healthy: u8,
    /// On the disk of any node.
    pub present: u8,
    flags: u8,
}

const LOST: u8 = 1;
const TOUCHED: u8 = 2;
const WANTED: u8 = 4;

impl ShardCounts {
    /// Whether the object is lost.
    pub const fn is_lost(self) -> bool {
        self.flags & LOST != 0
    }

    /// Whether its repair is wanted.
    pub const fn is_wanted(self) -> bool {
        self.flags & WANTED != 0
    }
}

/// A node as a holder of shards.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Slots whose shard is there.
    shards: Vec<u32>,
    /// Slots believed to be there whose shard is not.
    ghosts: Vec<u32>,
    /// Bytes of the shards that are there.
    used: f64,
    /// Byte-seconds kept until `stored_at`.
    stored: f64,
    stored_at: SimTime,
    /// Whether it is up and reachable.
    is_up: bool,
    /// Whether the controller counts on it.
    counts: bool,
    /// Whether another, empty unit stands, or will stand, in its place, which has not been noticed.
    is_renewed: bool,
    /// Why it was written off.
    why: Loss,
}

impl Holder {
    /// From `now` on it keeps so many bytes more.
    fn use_changes(&mut self, now: SimTime, bytes: f64) {
        self.stored += self.used * now.since(self.stored_at).as_secs_f64();
        self.stored_at = now;
        self.used += bytes;
    }
}

/// What is known of the objects of one workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Objects not lost.
    pub kept: i64,
    /// Objects with k shards available.
    pub readable: i64,
    /// Objects not lost with fewer than n healthy shards.
    pub degraded: i64,
    /// Healthy shards of objects not lost.
    pub healthy: i64,
    /// Objects lost so far.
    pub lost: i64,
    /// Objects that never had enough shards, for want of room.
    pub unplaced: i64,
}

/// Where all shards that were ever made have gone: `placed + repaired = up + down + lost`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    /// Placed with new objects.
    pub placed: u64,
    /// Made by repairs.
    pub repaired: u64,
    /// Present on nodes that are up.
    pub up: u64,
    /// Present on nodes that are down.
    pub down: u64,
    /// Gone: with their unit, rotten, or discarded because they had been replaced.
    pub lost: u64,
}

/// A set of like objects: those of a workload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObjectSet {
    /// Bytes of a shard.
    pub shard_bytes: f64,
    /// Levels.
    pub levels: Levels,
}

/// All objects, their shards, and who holds them.
#[derive(Clone, Debug)]
pub struct ObjectStore {
    data: u8,
    total: u8,
    /// Node of each slot, or why it is missing.
    place: Vec<u32>,
    /// Where the slot stands in the list of its node.
    rank: Vec<u32>,
    counts: Vec<ShardCounts>,
    /// Since when each object has fewer than n healthy shards.
    since: Vec<SimTime>,
    set_of: Vec<u8>,
    sets: Vec<ObjectSet>,
    holders: Vec<Holder>,
    stock: Stock,
    touched: Vec<u32>,
    restored: Vec<(u8, SimDuration)>,
    /// Turns in the lives of objects since they were last taken, if anybody wants to know.
    turnings: Option<Vec<Turning>>,
    /// Probability that each node drops a shard that it is to keep, and the draws for that; empty where none does.
    withholds: Vec<f64>,
    withheld: Option<Stream>,
    /// The present, as far as the store has been told.
    now: SimTime,
}

impl ObjectStore {
    /// No objects yet, cut into `total` shards of which `data` are needed, on nodes that are up and count; a shard of each set
    /// has these bytes.
    ///
    /// # Panics
    /// If the code is not one of 1 to 255 shards.
    pub fn new(data: u32, total: u32, nodes: usize, shard_bytes: impl Iterator<Item = f64>) -> Self {
        assert!(1 <= data && data <= total, "any k of n shards give an object back");
        let holder = Holder {
            shards: Vec::new(),
            ghosts: Vec::new(),
            used: 0.0,
            stored: 0.0,
            stored_at: SimTime::ZERO,
            is_up: true,
            counts: true,
            is_renewed: false,
            why: Loss::Outage,
        };
        Self {
            data: data as u8,
            total: u8::try_from(total).expect("at most 255 shards"),
            place: Vec::new(),
            rank: Vec::new(),
            counts: Vec::new(),
            since: Vec::new(),
            set_of: Vec::new(),
            sets: shard_bytes
                .map(|shard_bytes| ObjectSet { shard_bytes, levels: Levels::default() })
                .collect(),
            holders: vec![holder; nodes],
            stock: Stock::default(),
            touched: Vec::new(),
            restored: Vec::new(),
            turnings: None,
            withholds: Vec::new(),
            withheld: None,
            now: SimTime::ZERO,
        }
    }

    /// From now on each node drops a shard that it is to keep with this probability, unnoticed; whether it does is a draw for
    /// slot and node. Empty: nobody does.
    pub fn withhold(&mut self, probabilities: &[f64], draws: Stream) {
        self.withholds = probabilities.to_vec();
        self.withheld = Some(draws);
    }

    /// Makes room for `objects` more objects.
    pub fn reserve(&mut self, objects: usize) {
        let slots = objects * usize::from(self.total);
        self.place.reserve_exact(slots);
        self.rank.reserve_exact(slots);
        self.counts.reserve_exact(objects);
        self.since.reserve_exact(objects);
        self.set_of.reserve_exact(objects);
        // Two standard deviations above the even share of a node.
        let share = slots as f64 / self.holders.len().max(1) as f64;
        for holder in &mut self.holders {
            holder.shards.reserve_exact((share + 2.0 * share.sqrt()) as usize);
        }
    }

    /// k.
    pub fn data(&self) -> u32 {
        u32::from(self.data)
    }

    /// n.
    pub fn total(&self) -> u32 {
        u32::from(self.total)
    }

    /// Number of objects, lost ones included.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there are no objects.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Counts of an object.
    #[inline]
    pub fn counts(&self, object: u32) -> ShardCounts {
        self.counts[object as usize]
    }

    /// The set that an object belongs to.
    pub fn set_of(&self, object: u32) -> usize {
        usize::from(self.set_of[object as usize])
    }

    /// All sets.
    pub fn sets(&self) -> &[ObjectSet] {
        &self.sets
    }

    /// Bytes of a shard of an object.
    pub fn shard_bytes(&self, object: u32) -> f64 {
        self.sets[self.set_of(object)].shard_bytes
    }

    /// Where all shards have gone.
    pub fn stock(&self) -> Stock {
        self.stock
    }

    /// Counts shards from now on: those present count as placed.
    pub fn restart_stock(&mut self) {
        let Stock { up, down, .. } = self.stock;
        self.stock = Stock { placed: up + down, repaired: 0, up, down, lost: 0 };
        for set in &mut self.sets {
            set.levels.lost = 0;
        }
    }

    /// Since when an object has had fewer than n healthy shards; `None` if it has all.
    pub fn misses_since(&self, object: u32) -> Option<SimTime> {
        (self.counts(object).healthy < self.total).then(|| self.since[object as usize])
    }

    /// The slots of an object.
    pub fn slots(&self, object: u32) -> std::ops::Range<u32> {
        let first = object * self.total();
        first..first + self.total()
    }

    /// The object of a slot.
    #[inline]
    pub fn object_of(&self, slot: u32) -> u32 {
        slot / self.total()
    }

    /// The node on which a slot is believed to be, whether the node counts or not.
    #[inline]
    pub fn node_of(&self, slot: u32) -> Option<u32> {
        let place = self.place[slot as usize];
        (place < MISSING).then_some(place)
    }

    /// Whether the shard of a slot is there, on a node that is up.
    pub fn is_available(&self, slot: u32) -> bool {
        self.node_of(slot).is_some_and(|node| {
            let holder = &self.holders[node as usize];
            holder.is_up && (holder.ghosts.is_empty() || self.is_there(slot, holder))
        })
    }

    fn is_there(&self, slot: u32, holder: &Holder) -> bool {
        holder.shards.get(self.rank[slot as usize] as usize) == Some(&slot)
    }

    /// The node on which the shard of a slot is there, up or not.
    pub fn holder(&self, slot: u32) -> Option<u32> {
        self.node_of(slot).filter(|node| self.is_there(slot, &self.holders[*node as usize]))
    }

    /// Why a slot is not healthy; `None` if it is.
    pub fn missing(&self, slot: u32) -> Option<Loss> {
        match self.node_of(slot) {
            None => Some(Loss::ALL[(self.place[slot as usize] - MISSING) as usize]),
            Some(node) => {
                let holder = &self.holders[node as usize];
                (!holder.counts).then_some(if holder.is_renewed { Loss::Death } else { holder.why })
            }
        }
    }

    /// Whether a node is up and reachable.
    pub fn is_up(&self, node: u32) -> bool {
        self.holders[node as usize].is_up
    }

    /// Whether the controller counts on a node.
    pub fn is_counted(&self, node: u32) -> bool {
        self.holders[node as usize].counts
    }

    /// Bytes of the shards on a node.
    pub fn used(&self, node: u32) -> f64 {
        self.holders[node as usize].used
    }

    /// Slots whose shard is on a node, in no order that means anything.
    pub fn shards_of(&self, node: u32) -> &[u32] {
        &self.holders[node as usize].shards
    }

    /// Slots believed to be on a node whose shard is not there.
    pub fn ghosts_of(&self, node: u32) -> &[u32] {
        &self.holders[node as usize].ghosts
    }

    /// Says whether the repair of an object is wanted: then it is also touched when it becomes readable.
    pub fn want(&mut self, object: u32, wanted: bool) {
        let flags = &mut self.counts[object as usize].flags;
        *flags = if wanted { *flags | WANTED } else { *flags & !WANTED };
    }

    /// Takes the objects that have lost healthy shards, or are wanted and have become readable, since this was last called;
    /// each once. Give the emptied list back to [`Self::recycle`].
    pub fn take_touched(&mut self) -> Vec<u32> {
        let touched = std::mem::take(&mut self.touched);
        for object in &touched {
            self.counts[*object as usize].flags &= !TOUCHED;
        }
        touched
    }

    /// Whether [`Self::take_touched`] has anything to give.
    pub fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Takes back a list from [`Self::take_touched`], for its memory.
    pub fn recycle(&mut self, mut list: Vec<u32>) {
        if self.touched.is_empty() {
            list.clear();
            self.touched = list;
        }
    }

    /// Tells the present; all that is kept is charged with it.
    pub fn set_clock(&mut self, now: SimTime) {
        self.now = now;
    }

    /// Takes the byte-seconds that a node has kept since this was last called.
    pub fn take_stored(&mut self, node: u32) -> f64 {
        let holder = &mut self.holders[node as usize];
        holder.use_changes(self.now, 0.0);
        std::mem::take(&mut holder.stored)
    }

    /// Takes the set of each object that has become whole since this was last called, and how long it had not been so.
    pub fn drain_restored(&mut self) -> impl Iterator<Item = (u8, SimDuration)> {
        self.restored.drain(..)
    }
}
