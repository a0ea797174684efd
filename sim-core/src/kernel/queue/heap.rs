//! `std::collections::BinaryHeap` of 16-byte entries over a slab of events.
//!
//! Cancelled entries stay until they surface, or until the dead outnumber the living and are swept out.

use super::slab::{Entry, Slab, entry_of, tag_of, time_of};
use super::{Handle, PendingEvents};
use crate::kernel::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Dead entries tolerated besides as many as are living.
const DEAD_MAX: usize = 256;

/// Binary heap with lazy deletion.
#[derive(Clone, Debug)]
pub struct BinaryHeapQueue<E> {
    slab: Slab<E>,
    heap: BinaryHeap<Reverse<Entry>>,
}

impl<E> Default for BinaryHeapQueue<E> {
    fn default() -> Self {
        Self { slab: Slab::default(), heap: BinaryHeap::new() }
    }
}

impl<E: Copy> BinaryHeapQueue<E> {
    fn drop_dead(&mut self) {
        while self.heap.peek().is_some_and(|Reverse(entry)| !self.slab.holds(tag_of(*entry))) {
            self.heap.pop();
        }
    }

    fn sweep_if_crowded(&mut self) {
        if self.heap.len() > 2 * self.slab.len() + DEAD_MAX {
            self.heap.retain(|Reverse(entry)| self.slab.holds(tag_of(*entry)));
        }
    }
}

impl<E: Copy> PendingEvents<E> for BinaryHeapQueue<E> {
    fn push(&mut self, at: SimTime, event: E) -> Handle {
        let tag = self.slab.insert(event);
        self.heap.push(Reverse(entry_of(at, tag)));
        Handle::of(tag)
    }

    fn pop(&mut self) -> Option<(SimTime, E)> {
        loop {
            let Reverse(entry) = self.heap.pop()?;
            if let Some(event) = self.slab.take(tag_of(entry)).copied() {
                return Some((time_of(entry), event));
            }
        }
    }

    fn peek_time(&mut self) -> Option<SimTime> {
        self.drop_dead();
        self.heap.peek().map(|Reverse(entry)| time_of(*entry))
    }

    fn cancel(&mut self, handle: Handle) -> Option<E> {
        let event = *self.slab.take(handle.tag())?;
        self.sweep_if_crowded();
        Some(event)
    }

    fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        let tag = self.slab.retag(handle.tag())?;
        self.heap.push(Reverse(entry_of(at, tag)));
        self.sweep_if_crowded();
        Some(Handle::of(tag))
    }

    fn len(&self) -> usize {
        self.slab.len()
    }
}
