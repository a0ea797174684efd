//! The pending-event set: what is to happen, in total order of (time, sequence).
//!
//! Every implementation pops equal times first in, first out, cancels and reschedules by handle, and passes the same
//! random-walk test against a `BTreeMap` shadow.

mod chunks;
mod deal;
mod heap;
mod keyed;
mod ladder;
mod quad;
mod rung;
mod slab;
#[cfg(test)]
mod tests;

pub use heap::BinaryHeapQueue;
pub use keyed::KeyedHeapQueue;
pub use ladder::LadderQueue;
pub use quad::QuadHeapQueue;

use super::time::SimTime;

/// Names one pending event; stale once the event has fired or was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(u64);

impl Handle {
    /// A handle that never names a pending event.
    pub const NONE: Self = Self(u64::MAX);
}

/// A set of pending events.
pub trait PendingEvents<E: Copy>: Clone + Default {
    /// Adds `event` at `at`, after all others already pending at that time.
    fn push(&mut self, at: SimTime, event: E) -> Handle;

    /// Removes and returns the first event.
    fn pop(&mut self) -> Option<(SimTime, E)>;

    /// Removes and returns the first event if it is not after `until`.
    fn pop_until(&mut self, until: SimTime) -> Option<(SimTime, E)> {
        if self.peek_time()? > until {
            return None;
        }
        self.pop()
    }

    /// As [`Self::pop_until`], but does not move the event: it is to be read where it lies in the queue, or in `place` if it must leave it. Shows `look`
    /// events that are to come, next first, if a batch of them is just put in order.
    #[inline]
    fn pop_looking<'a>(
        &'a mut self,
        until: SimTime,
        place: &'a mut Option<E>,
        look: impl FnMut(&E),
    ) -> Option<(SimTime, &'a E)> {
        let _ = look;
        let (at, event) = self.pop_until(until)?;
        Some((at, place.insert(event)))
    }

    /// The time of the first event.
    fn peek_time(&mut self) -> Option<SimTime>;

    /// Removes the event that `handle` names; `None` if it has fired or was cancelled.
    fn cancel(&mut self, handle: Handle) -> Option<E>;

    /// Moves the event to `at`, after all others pending at that time; `None` if it has fired or was cancelled.
    fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        let event = self.cancel(handle)?;
        Some(self.push(at, event))
    }

    /// How many events are pending, cancelled ones not counted.
    fn len(&self) -> usize;

    /// Whether nothing is pending.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
