//! Indexed 4-ary heap: every event knows its place, so that cancelling removes the entry at once.
//!
//! Shallower than a binary heap, with the four children of a node in one or two cache lines. Nothing dead is ever kept,
//! at the price of a write to the slab for every step that an entry moves.

use super::slab::{Entry, Slab, entry_of, tag_of, time_of};
use super::{Handle, PendingEvents};
use crate::kernel::time::SimTime;

const ARITY: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Placed<E> {
    event: E,
    place: u32,
}

/// Indexed 4-ary heap with true deletion.
#[derive(Clone, Debug)]
pub struct QuadHeapQueue<E> {
    slab: Slab<Placed<E>>,
    heap: Vec<Entry>,
}

impl<E> Default for QuadHeapQueue<E> {
    fn default() -> Self {
        Self { slab: Slab::default(), heap: Vec::new() }
    }
}

impl<E: Copy> QuadHeapQueue<E> {
    fn put(&mut self, place: usize, entry: Entry) {
        self.heap[place] = entry;
        self.slab.get_mut(tag_of(entry)).expect("every entry of the heap is alive").place = place as u32;
    }

    /// Moves `entry` from the hole at `place` towards the root.
    fn rise(&mut self, mut place: usize, entry: Entry) {
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if self.heap[parent] < entry {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, entry);
    }

    /// Moves `entry` from the hole at `place` towards the leaves.
    fn sink(&mut self, mut place: usize, entry: Entry) {
        loop {
            let first = place * ARITY + 1;
            let children = first..(first + ARITY).min(self.heap.len());
            let Some(least) = children.min_by_key(|child| self.heap[*child]) else { break };
            if entry < self.heap[least] {
                break;
            }
            self.put(place, self.heap[least]);
            place = least;
        }
        self.put(place, entry);
    }

    /// Puts `entry` where the hole at `place` should be filled from either side.
    fn settle(&mut self, place: usize, entry: Entry) {
        if place > 0 && entry < self.heap[(place - 1) / ARITY] {
            self.rise(place, entry);
        } else {
            self.sink(place, entry);
        }
    }

    fn remove(&mut self, place: usize) {
        if let Some(last) = self.heap.pop()
            && place < self.heap.len()
        {
            self.settle(place, last);
        }
    }
}

impl<E: Copy> PendingEvents<E> for QuadHeapQueue<E> {
    fn push(&mut self, at: SimTime, event: E) -> Handle {
        let tag = self.slab.insert(Placed { event, place: 0 });
        let entry = entry_of(at, tag);
        self.heap.push(entry);
        self.rise(self.heap.len() - 1, entry);
        Handle::of(tag)
    }

    fn pop(&mut self) -> Option<(SimTime, E)> {
        let entry = *self.heap.first()?;
        let placed = *self.slab.take(tag_of(entry))?;
        self.remove(0);
        Some((time_of(entry), placed.event))
    }

    fn peek_time(&mut self) -> Option<SimTime> {
        self.heap.first().map(|entry| time_of(*entry))
    }

    fn cancel(&mut self, handle: Handle) -> Option<E> {
        let placed = *self.slab.take(handle.tag())?;
        self.remove(placed.place as usize);
        Some(placed.event)
    }

    fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        let tag = self.slab.retag(handle.tag())?;
        let place = self.slab.get_mut(tag)?.place as usize;
        self.settle(place, entry_of(at, tag));
        Some(Handle::of(tag))
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}
