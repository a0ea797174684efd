//! The clock and the agenda of one run.

use super::digest::{Digest, Traced};
use super::queue::{Handle, LadderQueue, PendingEvents};
use super::time::{SimDuration, SimTime};

/// Clock, pending events, and the counts that describe a run.
#[derive(Clone, Debug)]
pub struct Engine<E: Traced, Q: PendingEvents<E> = LadderQueue<E>> {
    now: SimTime,
    queue: Q,
    events: u64,
    ties: u64,
    trace: Digest,
    marker: std::marker::PhantomData<E>,
}

impl<E: Traced, Q: PendingEvents<E>> Default for Engine<E, Q> {
    fn default() -> Self {
        Self {
            now: SimTime::ZERO,
            queue: Q::default(),
            events: 0,
            ties: 0,
            trace: Digest::default(),
            marker: std::marker::PhantomData,
        }
    }
}

impl<E: Traced, Q: PendingEvents<E>> Engine<E, Q> {
    /// The current time: that of the event being handled.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Schedules `event` at `at`, not before now.
    #[inline]
    pub fn at(&mut self, at: SimTime, event: E) -> Handle {
        debug_assert!(at >= self.now, "an event cannot be scheduled in the past");
        self.queue.push(at.max(self.now), event)
    }

    /// Schedules `event` after `delay`; never, if that is past the end of time.
    #[inline]
    pub fn after(&mut self, delay: SimDuration, event: E) -> Handle {
        self.queue.push(self.now.saturating_add(delay), event)
    }

    /// Takes back a pending event; `None` if it has fired already.
    #[inline]
    pub fn cancel(&mut self, handle: Handle) -> Option<E> {
        self.queue.cancel(handle)
    }

    /// Moves a pending event to `at`.
    #[inline]
    pub fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        self.queue.reschedule(handle, at.max(self.now))
    }

    /// Advances the clock to the first event not after `until` and returns it; `None` leaves the clock at `until`.
    #[inline]
    pub fn next(&mut self, until: SimTime) -> Option<E> {
        let Some((at, event)) = self.queue.pop_until(until) else {
            self.now = until;
            return None;
        };
        self.ties += u64::from(at == self.now && self.events > 0);
        self.events += 1;
        self.now = at;
        self.trace.pair(at.as_nanos(), event.code());
        Some(event)
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Events that happened at the same nanosecond as the one before.
    pub fn ties(&self) -> u64 {
        self.ties
    }

    /// Events waiting.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Digest of the times and codes of all events handled, in order.
    pub fn trace(&self) -> u64 {
        self.trace.value()
    }
}
