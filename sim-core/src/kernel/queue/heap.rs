//! `std::collections::BinaryHeap` of 16-byte keys over a slab of events; cancelled entries stay until they surface.

use super::{Handle, PendingEvents};
use crate::kernel::time::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Binary heap with lazy deletion.
#[derive(Clone, Debug)]
pub struct BinaryHeapQueue<E> {
    heap: BinaryHeap<Reverse<(SimTime, u64, u32)>>,
    slots: Vec<(u32, Option<E>)>,
    free: Vec<u32>,
    sequence: u64,
    live: usize,
}

impl<E> Default for BinaryHeapQueue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), sequence: 0, live: 0 }
    }
}

impl<E: Copy> BinaryHeapQueue<E> {
    fn release(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        entry.0 = entry.0.wrapping_add(1);
        self.free.push(slot);
    }

    fn drop_cancelled(&mut self) {
        while let Some(Reverse((_, _, slot))) = self.heap.peek().copied() {
            if self.slots[slot as usize].1.is_some() {
                return;
            }
            self.heap.pop();
            self.release(slot);
        }
    }
}

impl<E: Copy> PendingEvents<E> for BinaryHeapQueue<E> {
    fn push(&mut self, at: SimTime, event: E) -> Handle {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            u32::try_from(self.slots.len() - 1).expect("more than 2^32 pending events")
        });
        self.slots[slot as usize].1 = Some(event);
        self.heap.push(Reverse((at, self.sequence, slot)));
        self.sequence += 1;
        self.live += 1;
        Handle { slot, generation: self.slots[slot as usize].0 }
    }

    fn pop(&mut self) -> Option<(SimTime, E)> {
        self.drop_cancelled();
        let Reverse((at, _, slot)) = self.heap.pop()?;
        let event = self.slots[slot as usize].1.take()?;
        self.release(slot);
        self.live -= 1;
        Some((at, event))
    }

    fn peek_time(&mut self) -> Option<SimTime> {
        self.drop_cancelled();
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    fn cancel(&mut self, handle: Handle) -> Option<E> {
        let entry = self.slots.get_mut(handle.slot as usize)?;
        if entry.0 != handle.generation {
            return None;
        }
        let event = entry.1.take()?;
        self.live -= 1;
        Some(event)
    }

    fn len(&self) -> usize {
        self.live
    }
}
