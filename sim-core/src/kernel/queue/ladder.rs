//! Adaptive ladder queue, after Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale
//! discrete event simulation", ACM TOMACS 15 (2005).
//!
//! ```text
//!  now                                                                                     later
//!   │ bottom │ finest rung │    next coarser rung    │    coarsest rung     │      top       │
//!   │ sorted │ ▂▁▃▂▁▁▂▁▁▂▃ │  ▅   ▃   ▄   ▆   ▃   ▄  │  █    █    █    ▇    │   one pile     │
//! ```
//!
//! An entry is 16 bytes (time; sequence and slot) compared as one `u128`; the event itself lies in a slab and is touched
//! only at either end. Entries far ahead are appended to the unordered *top*. When everything nearer is used up the top is
//! cut into the buckets of a *rung*; when a bucket is reached, it becomes a finer rung if it is large, or else is sorted
//! into the *bottom*, from whose end events are popped. So only some tens of entries are ever sorted, and every other
//! step is a sequential write. Where many are dead, or very many pending, moving a bucket to the bottom looks up the liveness of all its events: dead
//! ones go, and the cache misses of the living overlap instead of coming one by one when they are popped.
//!
//! Each part knows the time `from` which it takes new entries: the last moment of what was handed down to the part
//! below. New entries have the greatest sequence so far, so even one at exactly that time comes after all of them. Hence
//! nothing overflows at [`SimTime::MAX`], and any number of events at one time is sorted once.
//!
//! Cancelling only frees the slot. The dead entry stays until its bucket is moved to the bottom, or its turn comes there, or until the dead outnumber the
//! living and are swept out.

use super::chunks::{ChunkPool, Pile};
use super::deal::Hands;
use super::rung::{Rung, Span};
use super::slab::{Entry, Slab, entry_of, nanos_of, tag_of, time_of};
use super::{Handle, PendingEvents, deal};
use crate::kernel::time::SimTime;

/// A bucket with at most this many entries is sorted; a larger one becomes a rung.
const SORT_MAX: usize = 64;
/// Entries a bucket of a new rung holds on average, if they are evenly spread.
const BUCKET_MEAN: usize = 16;
/// Buckets a rung, at most.
const BUCKETS_MAX: usize = 2048;
/// An insertion that would shift more sorted entries than this turns the bottom into a rung.
const SHIFT_MAX: usize = 96;
/// Events whose slab is in the nearer caches all the time.
const NEAR: usize = 1 << 14;
/// Rungs at most. Each cut makes buckets a quarter as wide or less, so only contrived patterns come near.
const RUNGS_MAX: usize = 48;
/// With more than one in so many dead, dead entries are left out before a bucket is sorted.
const MANY_DEAD: usize = 16;
/// Dead entries tolerated besides as many as are living.
const DEAD_MAX: usize = 256;

/// What became of an attempt to take an entry out of the bottom.
enum Popped {
    Due(Entry),
    NotDue,
    NoneSorted,
}

/// Adaptive ladder queue with lazy deletion: constant time an event from a handful to tens of millions pending.
#[derive(Clone, Debug)]
pub struct LadderQueue<E> {
    slab: Slab<E>,
    pool: ChunkPool,
    /// Descending, so the next event is the last element.
    bottom: Vec<Entry>,
    /// The first `depth` are in use, coarsest first.
    rungs: Vec<Rung>,
    depth: usize,
    top: Pile,
    top_from: u64,
    /// Entries whose event was cancelled or rescheduled.
    dead: usize,
    /// Time of the last event popped.
    floor: u64,
}

impl<E> Default for LadderQueue<E> {
    fn default() -> Self {
        Self {
            slab: Slab::default(),
            pool: ChunkPool::default(),
            bottom: Vec::new(),
            rungs: Vec::new(),
            depth: 0,
            top: Pile::EMPTY,
            top_from: 0,
            dead: 0,
            floor: 0,
        }
    }
}

impl<E: Copy> LadderQueue<E> {
    #[inline(never)]
    fn add(&mut self, entry: Entry) {
        let nanos = nanos_of(entry);
        if nanos >= self.top_from {
            self.pool.add(&mut self.top, entry);
            return;
        }
        // Each part begins where the one below it ends, and most of what comes comes soon.
        let rungs = &mut self.rungs[..self.depth];
        let coarser = rungs.iter().rev().take_while(|rung| nanos >= rung.from).count();
        match coarser.checked_sub(1) {
            None => self.add_to_bottom(entry),
            Some(above) => {
                let last = rungs.len() - 1;
                rungs[last - above].add(&mut self.pool, entry);
            }
        }
    }

    #[inline(never)]
    fn add_to_bottom(&mut self, entry: Entry) {
        if self.bottom.len() <= SHIFT_MAX {
            deal::insert(&mut self.bottom, entry);
        } else {
            self.add_to_long_bottom(entry);
        }
    }

    #[inline(never)]
    fn add_to_long_bottom(&mut self, entry: Entry) {
        let place = self.bottom.partition_point(|other| *other > entry);
        if self.bottom.len() - place <= SHIFT_MAX {
            self.bottom.insert(place, entry);
            return;
        }
        if self.depth == RUNGS_MAX {
            self.collapse();
            self.pool.add(&mut self.top, entry);
            return;
        }
        // The new rung spans all that belongs below the part above it, from the last event popped on.
        let last = self.depth.checked_sub(1).map_or(self.top_from, |upper| self.rungs[upper].from);
        let rung = next_rung(&mut self.rungs, &mut self.depth);
        rung.cover(self.floor.min(nanos_of(entry)), last, buckets_for(self.bottom.len()));
        rung.add(&mut self.pool, entry);
        for other in self.bottom.drain(..) {
            rung.add(&mut self.pool, other);
        }
    }

    /// Puts everything into the top.
    #[cold]
    fn collapse(&mut self) {
        for rung in &mut self.rungs[..self.depth] {
            while let Some((pile, _)) = rung.take_first() {
                self.pool.drain(pile, |pool, entry| {
                    pool.add(&mut self.top, entry);
                });
            }
        }
        for entry in self.bottom.drain(..) {
            self.pool.add(&mut self.top, entry);
        }
        self.depth = 0;
        self.top_from = 0;
    }

    /// Fills the empty bottom with the next entries; leaves it empty only if there are none.
    #[inline(never)]
    fn refill(&mut self) {
        while self.bottom.is_empty() {
            if let Some(upper) = self.depth.checked_sub(1) {
                match self.rungs[upper].take_first() {
                    None => self.depth = upper,
                    Some((pile, span)) => {
                        let from = self.hand_down(pile, Some(span));
                        let rung = &mut self.rungs[upper];
                        rung.from = rung.from.max(from);
                    }
                }
            } else if self.top.len() > 0 {
                let pile = std::mem::replace(&mut self.top, Pile::EMPTY);
                let from = self.hand_down(pile, None);
                self.top_from = self.top_from.max(from);
            } else {
                // Nothing lies ahead that a new entry would have to be sorted in with.
                self.top_from = 0;
                return;
            }
        }
    }

    /// Sorts `pile` into the bottom or cuts it into a rung, and returns the greatest time in it.
    fn hand_down(&mut self, pile: Pile, span: Option<Span>) -> u64 {
        if pile.len() <= SORT_MAX {
            return match span {
                Some(span) => self.deal(pile, span),
                None => self.sort(pile),
            };
        }
        // Most buckets are filled all along, but what happens at one moment, or nearly, must not be cut again and again.
        let (least, greatest) = self.pool.extremes(pile);
        let (first, last) = (nanos_of(least), nanos_of(greatest));
        if first == last || self.depth == RUNGS_MAX {
            return self.sort(pile);
        }
        let rung = next_rung(&mut self.rungs, &mut self.depth);
        rung.cover(first, last, buckets_for(pile.len()));
        self.pool.drain(pile, |pool, entry| rung.add(pool, entry));
        last
    }

    /// Sorts `pile`, a bucket of at most [`SORT_MAX`], into the empty bottom, the dead among them only if there are few in all; returns the greatest time there.
    fn deal(&mut self, pile: Pile, span: Span) -> u64 {
        // Where few are dead nothing need be looked up before its turn; but where the slab is large it is, so that waits for it overlap.
        let looks = self.dead > self.slab.len() / MANY_DEAD || self.slab.len() > NEAR;
        let mut hands = Hands::of(span);
        let mut living = pile.len();
        let slab = &self.slab;
        if looks {
            living = 0;
            self.pool.each_slice(pile, |entries| {
                living += entries.iter().filter(|entry| slab.holds(tag_of(**entry))).count();
            });
        }
        if living < pile.len() {
            return self.sort(pile);
        }
        self.pool.each_slice(pile, |entries| hands.count(entries));
        hands.stack();
        self.bottom.resize(pile.len(), 0);
        let bottom = &mut self.bottom[..];
        self.pool.drain_slices(pile, |entries| hands.deal(entries, bottom));
        deal::set_right(bottom);
        bottom.first().map_or(0, |entry| nanos_of(*entry))
    }

    /// Sorts the living of `pile` into the empty bottom, and returns the greatest time among them.
    fn sort(&mut self, pile: Pile) -> u64 {
        let (slab, bottom) = (&self.slab, &mut self.bottom);
        self.pool.drain_slices(pile, |entries| {
            bottom.extend(entries.iter().filter(|entry| slab.holds(tag_of(**entry))));
        });
        self.dead -= pile.len() - bottom.len();
        bottom.sort_unstable_by(|a, b| b.cmp(a));
        bottom.first().map_or(0, |entry| nanos_of(*entry))
    }

    /// The next living entry, still in its place at the end of the bottom.
    #[inline]
    fn first(&mut self) -> Option<Entry> {
        loop {
            match self.bottom.last() {
                Some(entry) if self.slab.holds(tag_of(*entry)) => return Some(*entry),
                Some(_) => {
                    self.bottom.pop();
                    self.dead -= 1;
                }
                None => {
                    self.refill();
                    if self.bottom.is_empty() {
                        return None;
                    }
                }
            }
        }
    }

    #[inline]
    fn bury(&mut self) {
        self.dead += 1;
        if self.dead > self.slab.len() + DEAD_MAX {
            self.sweep();
        }
    }

    /// Removes all dead entries.
    #[cold]
    fn sweep(&mut self) {
        let slab = &self.slab;
        let living = |entry: Entry| slab.holds(tag_of(entry));
        self.bottom.retain(|entry| living(*entry));
        for rung in &mut self.rungs[..self.depth] {
            rung.retain(&mut self.pool, living);
        }
        let pile = std::mem::replace(&mut self.top, Pile::EMPTY);
        self.pool.drain(pile, |pool, entry| {
            if living(entry) {
                pool.add(&mut self.top, entry);
            }
        });
        self.dead = 0;
    }
}

fn buckets_for(entries: usize) -> usize {
    (entries / BUCKET_MEAN).next_power_of_two().min(BUCKETS_MAX)
}

fn next_rung<'a>(rungs: &'a mut Vec<Rung>, depth: &mut usize) -> &'a mut Rung {
    if rungs.len() == *depth {
        rungs.push(Rung::default());
    }
    *depth += 1;
    &mut rungs[*depth - 1]
}

impl<E: Copy> LadderQueue<E> {
    /// Takes the next living entry out of the bottom, if it is not after `until`.
    #[inline(always)]
    fn pop_sorted(&mut self, until: SimTime) -> Popped {
        while let Some(entry) = self.bottom.pop() {
            // A dead entry past `until` says just as well that nothing living is due.
            if time_of(entry) > until {
                self.bottom.push(entry);
                return Popped::NotDue;
            }
            if self.slab.take(tag_of(entry)).is_some() {
                self.floor = nanos_of(entry);
                return Popped::Due(entry);
            }
            self.dead -= 1;
        }
        Popped::NoneSorted
    }

    /// The handles of all pending events that `is_meant`, in no order that means anything.
    pub fn handles_of(&self, is_meant: impl Fn(&E) -> bool) -> Vec<Handle> {
        let meant = self.slab.iter().filter(|(_, event)| is_meant(event));
        meant.map(|(tag, _)| Handle::of(tag)).collect()
    }
}

impl<E: Copy> PendingEvents<E> for LadderQueue<E> {
    #[inline]
    fn push(&mut self, at: SimTime, event: E) -> Handle {
        let tag = self.slab.insert(event);
        self.add(entry_of(at, tag));
        Handle::of(tag)
    }

    #[inline]
    fn pop(&mut self) -> Option<(SimTime, E)> {
        self.pop_until(SimTime::MAX)
    }

    #[inline]
    fn pop_until(&mut self, until: SimTime) -> Option<(SimTime, E)> {
        self.pop_looking(until, &mut None, |_| {}).map(|(at, event)| (at, *event))
    }

    // In the loop of the caller: what that saves of registers is saved once, not for each event.
    #[inline(always)]
    fn pop_looking<'a>(
        &'a mut self,
        until: SimTime,
        _place: &'a mut Option<E>,
        mut look: impl FnMut(&E),
    ) -> Option<(SimTime, &'a E)> {
        let entry = loop {
            match self.pop_sorted(until) {
                Popped::Due(entry) => break entry,
                Popped::NotDue => return None,
                Popped::NoneSorted => self.refill(),
            }
            if self.bottom.is_empty() {
                return None;
            }
            let coming = self.bottom.iter().rev().take(SORT_MAX);
            coming.filter_map(|entry| self.slab.get(tag_of(*entry))).for_each(&mut look);
        };
        Some((time_of(entry), self.slab.taken(tag_of(entry))))
    }

    fn peek_time(&mut self) -> Option<SimTime> {
        self.first().map(time_of)
    }

    #[inline]
    fn cancel(&mut self, handle: Handle) -> Option<E> {
        let event = *self.slab.take(handle.tag())?;
        self.bury();
        Some(event)
    }

    #[inline]
    fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        let tag = self.slab.retag(handle.tag())?;
        self.add(entry_of(at, tag));
        self.bury();
        Some(Handle::of(tag))
    }

    fn len(&self) -> usize {
        self.slab.len()
    }
}
