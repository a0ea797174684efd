//! The `priority-queue` crate: a binary heap whose elements are found by hash.

use super::{Handle, PendingEvents};
use crate::kernel::time::SimTime;
use priority_queue::PriorityQueue;
use std::borrow::Borrow;
use std::cmp::Reverse;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Hashes a tag by one multiplication: the same on every run, and tags need no protection from an adversary.
#[derive(Clone, Copy, Debug, Default)]
struct TagHasher(u64);

impl Hasher for TagHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15_u128;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

/// An event found by its tag alone, which is its sequence.
#[derive(Clone, Copy, Debug)]
struct Tagged<E> {
    tag: u64,
    event: E,
}

impl<E> PartialEq for Tagged<E> {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}

impl<E> Eq for Tagged<E> {}

impl<E> Hash for Tagged<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.tag.hash(state);
    }
}

impl<E> Borrow<u64> for Tagged<E> {
    fn borrow(&self) -> &u64 {
        &self.tag
    }
}

/// Heap with elements found by hash, from the `priority-queue` crate, with true deletion.
#[derive(Clone, Debug)]
pub struct KeyedHeapQueue<E> {
    heap: PriorityQueue<Tagged<E>, Reverse<(SimTime, u64)>, BuildHasherDefault<TagHasher>>,
    sequence: u64,
}

impl<E> Default for KeyedHeapQueue<E> {
    fn default() -> Self {
        Self { heap: PriorityQueue::with_default_hasher(), sequence: 0 }
    }
}

impl<E: Copy> PendingEvents<E> for KeyedHeapQueue<E> {
    fn push(&mut self, at: SimTime, event: E) -> Handle {
        let tag = self.sequence;
        self.sequence += 1;
        self.heap.push(Tagged { tag, event }, Reverse((at, tag)));
        Handle::of(tag)
    }

    fn pop(&mut self) -> Option<(SimTime, E)> {
        let (tagged, Reverse((at, _))) = self.heap.pop()?;
        Some((at, tagged.event))
    }

    fn peek_time(&mut self) -> Option<SimTime> {
        self.heap.peek().map(|(_, Reverse((at, _)))| *at)
    }

    fn cancel(&mut self, handle: Handle) -> Option<E> {
        self.heap.remove(&handle.tag()).map(|(tagged, _)| tagged.event)
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}
