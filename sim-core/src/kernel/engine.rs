//! The clock and the agenda of one run.
//!
//! The engine calls nobody: a simulation is a loop that takes the next event and handles it, scheduling others. Which
//! order that is, see [the kernel's promise](super#what-order-is-promised).

use super::digest::{Digest, Traced};
use super::queue::{Handle, LadderQueue, PendingEvents};
use super::time::{SimDuration, SimTime};

/// Clock, pending events, and the counts that describe a run; plain data that can be cloned to fork it.
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

    /// Schedules `event` at `at`, not before now, after all that is already scheduled for that time.
    ///
    /// An earlier time is a mistake of the model: it panics where debug assertions are on, and else means now.
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

    /// Moves a pending event to `at`, or now if that has passed, behind all that is already scheduled for that time.
    /// Returns its new handle; `None` if it has fired already.
    #[inline]
    pub fn reschedule(&mut self, handle: Handle, at: SimTime) -> Option<Handle> {
        self.queue.reschedule(handle, at.max(self.now))
    }

    /// Advances the clock to the first event not after `until` and returns it; `None` leaves the clock at `until`.
    ///
    /// Times never decrease from call to call. An `until` before now is as good as now.
    #[inline]
    pub fn next(&mut self, until: SimTime) -> Option<E> {
        self.next_looking(until, |_| {})
    }

    /// As [`Self::next`]; when some tens of events have been put in order, shows them to `look`, next first.
    ///
    /// A model that reads there what these events will ask for has its waits for memory overlap, instead of one after the other when
    /// each is handled. An event that is shown may still be cancelled, and one that is scheduled later may come first and is not shown: `look` is
    /// to change nothing.
    #[inline]
    pub fn next_looking(&mut self, until: SimTime, look: impl FnMut(&E)) -> Option<E> {
        let event = *self.next_unnoted(until, &mut None, look)?;
        self.note(event);
        Some(event)
    }

    /// As [`Self::next_looking`], for a loop that finds out at once what kind of event it is, and has it [noted](Self::note) there: the code of an event
    /// whose kind is known need not be looked up.
    #[inline(always)]
    pub(crate) fn next_unnoted<'a>(
        &'a mut self,
        until: SimTime,
        place: &'a mut Option<E>,
        look: impl FnMut(&E),
    ) -> Option<&'a E> {
        let Some((at, event)) = self.queue.pop_looking(until, place, look) else {
            self.now = self.now.max(until);
            return None;
        };
        self.ties += u64::from(at == self.now && self.events > 0);
        self.events += 1;
        self.now = at;
        Some(event)
    }

    /// Takes the event that happens now into the digest.
    #[inline(always)]
    pub(crate) fn note(&mut self, event: E) {
        self.trace.pair(self.now.as_nanos(), event.code());
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Events that happened at the same nanosecond as the one before, so that only their sequence ordered them.
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

impl<E: Traced> Engine<E> {
    /// Takes back all pending events that `is_meant`, for which it looks through all that are pending; says how many.
    pub fn withdraw(&mut self, is_meant: impl Fn(&E) -> bool) -> usize {
        let handles = self.queue.handles_of(is_meant);
        for handle in &handles {
            self.queue.cancel(*handle);
        }
        handles.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::{BinaryHeapQueue, KeyedHeapQueue, QuadHeapQueue};
    use super::*;

    fn at(nanos: u64) -> SimTime {
        SimTime::from_nanos(nanos)
    }

    #[test]
    fn the_clock_follows_the_events_and_stops_at_the_horizon() {
        let mut engine = Engine::<u32>::default();
        engine.at(at(5), 1);
        engine.at(at(9), 2);
        assert_eq!((engine.next(at(7)), engine.now()), (Some(1), at(5)));
        assert_eq!((engine.next(at(7)), engine.now()), (None, at(7)));
        assert_eq!((engine.next(at(3)), engine.now()), (None, at(7)));
        engine.after(SimDuration::from_nanos(1), 3);
        assert_eq!((engine.next(at(9)), engine.now()), (Some(3), at(8)));
        assert_eq!((engine.next(at(9)), engine.now()), (Some(2), at(9)));
        assert_eq!((engine.next(SimTime::MAX), engine.now()), (None, SimTime::MAX));
        assert_eq!((engine.events(), engine.pending()), (3, 0));
    }

    #[test]
    fn an_event_scheduled_for_now_comes_after_those_already_there() {
        let mut engine = Engine::<u32>::default();
        for event in 0..3 {
            engine.at(at(4), event);
        }
        assert_eq!(engine.next(SimTime::MAX), Some(0));
        engine.after(SimDuration::ZERO, 3);
        let order: Vec<u32> = std::iter::from_fn(|| engine.next(SimTime::MAX)).collect();
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(engine.ties(), 3);
    }

    #[test]
    fn what_is_withdrawn_does_not_happen_and_the_rest_keeps_its_order() {
        let mut engine = Engine::<u32>::default();
        let handles: Vec<Handle> = (0..1000).map(|n| engine.at(at(u64::from(n % 7) + 10), n)).collect();
        assert_eq!((engine.next(at(10)), engine.cancel(handles[8])), (Some(0), Some(8)));
        assert_eq!(engine.withdraw(|n| n % 2 == 0), 498);
        assert_eq!((engine.pending(), engine.cancel(handles[2])), (500, None));
        let mut expected: Vec<u32> = (0..1000).filter(|n| n % 2 == 1).collect();
        expected.sort_by_key(|n| n % 7);
        let order: Vec<u32> = std::iter::from_fn(|| engine.next(SimTime::MAX)).collect();
        assert_eq!(order, expected);
    }

    #[test]
    fn the_first_event_at_time_zero_is_no_tie() {
        let mut engine = Engine::<u32>::default();
        engine.at(SimTime::ZERO, 0);
        engine.next(SimTime::MAX);
        assert_eq!(engine.ties(), 0);
    }

    #[test]
    fn a_delay_past_the_end_of_time_means_never() {
        let mut engine = Engine::<u32>::default();
        engine.at(at(10), 0);
        engine.next(SimTime::MAX);
        let never = engine.after(SimDuration::MAX, 1);
        assert_eq!(engine.next(at(u64::MAX - 1)), None);
        assert_eq!(engine.cancel(never), Some(1));
    }

    #[test]
    #[cfg_attr(not(debug_assertions), ignore = "only checked with debug assertions")]
    #[should_panic(expected = "in the past")]
    fn scheduling_in_the_past_is_refused() {
        let mut engine = Engine::<u32>::default();
        engine.at(at(10), 0);
        engine.next(SimTime::MAX);
        engine.at(at(9), 1);
    }

    /// A run that schedules, cancels and moves, on any queue.
    fn course<Q: PendingEvents<u64>>() -> (u64, u64, u64) {
        let mut engine = Engine::<u64, Q>::default();
        let mut handles: Vec<Handle> = (0..100).map(|n| engine.at(at(n % 10), n)).collect();
        while let Some(event) = engine.next(at(100_000)) {
            let draw = super::super::random::squares64(event, 0x9b1f_6e2d_83c5_a47d) >> 54;
            let delay = SimDuration::from_nanos(draw);
            let slot = (event % 100) as usize;
            match event % 7 {
                0 => {
                    engine.cancel(handles[slot]);
                    handles[slot] = engine.after(delay, event + 100);
                }
                1 => {
                    let later = engine.now().saturating_add(delay);
                    handles[slot] = engine.reschedule(handles[slot], later).unwrap_or(Handle::NONE);
                    engine.after(delay, event + 101);
                }
                _ => handles[slot] = engine.after(delay, event + 102),
            }
        }
        (engine.trace(), engine.events(), engine.ties())
    }

    #[test]
    fn every_queue_gives_the_same_course() {
        let expected = course::<LadderQueue<u64>>();
        assert!(expected.1 > 5_000 && expected.2 > 100, "{expected:?}");
        assert_eq!(course::<QuadHeapQueue<u64>>(), expected);
        assert_eq!(course::<BinaryHeapQueue<u64>>(), expected);
        assert_eq!(course::<KeyedHeapQueue<u64>>(), expected);
    }

    #[test]
    fn looking_ahead_shows_what_comes_and_changes_nothing() {
        let run = |looks: bool| {
            let mut engine = Engine::<u64>::default();
            let (mut shown, mut handled) = (vec![0_u32; 5_000], 0);
            let handles: Vec<Handle> =
                (0..5_000_u64).map(|n| engine.at(at(n * 7_919 % 100_000), n)).collect();
            while let Some(event) = engine.next_looking(at(90_000), |event| {
                if looks {
                    shown[*event as usize] += 1;
                }
            }) {
                handled += 1;
                assert_eq!(shown[event as usize], u32::from(looks), "{event}");
                engine.cancel(handles[(event * 31 % 5_000) as usize]);
            }
            (engine.trace(), handled)
        };
        let seen = run(true);
        assert_eq!(seen, run(false));
        assert!(seen.1 > 2_000, "{seen:?}");
    }

    #[test]
    fn the_trace_tells_what_happened_as_well_as_when() {
        let trace = |events: [(u64, u32); 2]| {
            let mut engine = Engine::<u32>::default();
            for (nanos, event) in events {
                engine.at(at(nanos), event);
            }
            while engine.next(SimTime::MAX).is_some() {}
            engine.trace()
        };
        let one = trace([(1, 5), (2, 6)]);
        assert_eq!(trace([(2, 6), (1, 5)]), one);
        for other in [[(1, 6), (2, 5)], [(1, 5), (3, 6)], [(1, 5), (2, 7)], [(1, 0), (2, 0)]] {
            assert_ne!(trace(other), one);
        }
    }
}
