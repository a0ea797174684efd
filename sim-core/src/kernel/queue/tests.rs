//! Every queue against a `BTreeMap` shadow, and the cases that break queues.

use super::{BinaryHeapQueue, Handle, KeyedHeapQueue, LadderQueue, PendingEvents, QuadHeapQueue};
use crate::kernel::random::squares64;
use crate::kernel::time::SimTime;
use std::collections::BTreeMap;

const KEY: u64 = 0x5a1c_e3d7_94b2_68f1;

/// Random bits for the walks.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        squares64(self.0, KEY)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

/// A queue and its shadow, driven together.
#[derive(Clone)]
struct Pair<Q> {
    queue: Q,
    shadow: BTreeMap<(u64, u64), u64>,
    /// Handle, time and sequence of events, many of them gone.
    known: Vec<(Handle, u64, u64)>,
    sequence: u64,
    now: u64,
}

impl<Q: PendingEvents<u64>> Pair<Q> {
    fn new() -> Self {
        Self { queue: Q::default(), shadow: BTreeMap::new(), known: Vec::new(), sequence: 0, now: 0 }
    }

    fn remember(&mut self, handle: Handle, at: u64) {
        let known = (handle, at, self.sequence);
        if self.known.len() < 4096 {
            self.known.push(known);
        } else {
            let place = (self.sequence * 7919) as usize % self.known.len();
            self.known[place] = known;
        }
        self.sequence += 1;
    }

    fn push(&mut self, at: u64) {
        let event = self.sequence ^ 0xabcd;
        let handle = self.queue.push(SimTime::from_nanos(at), event);
        self.shadow.insert((at, self.sequence), event);
        self.remember(handle, at);
    }

    fn pop(&mut self) -> bool {
        let expected = self.shadow.pop_first().map(|((at, _), event)| (SimTime::from_nanos(at), event));
        assert_eq!(self.queue.pop(), expected);
        if let Some((at, _)) = expected {
            self.now = at.as_nanos();
        }
        expected.is_some()
    }

    fn pop_until(&mut self, until: u64) {
        let due = self.shadow.first_key_value().is_some_and(|((at, _), _)| *at <= until);
        if due {
            self.pop_checked_until(until);
        } else {
            assert_eq!(self.queue.pop_until(SimTime::from_nanos(until)), None);
            self.now = self.now.max(until);
        }
    }

    fn pop_checked_until(&mut self, until: u64) {
        let ((at, _), event) = self.shadow.pop_first().expect("something is due");
        assert_eq!(self.queue.pop_until(SimTime::from_nanos(until)), Some((SimTime::from_nanos(at), event)));
        self.now = at;
    }

    fn cancel(&mut self, which: u64) {
        let (handle, at, sequence) = self.known[which as usize % self.known.len()];
        assert_eq!(self.queue.cancel(handle), self.shadow.remove(&(at, sequence)));
    }

    fn reschedule(&mut self, which: u64, to: u64) {
        let (handle, at, sequence) = self.known[which as usize % self.known.len()];
        let moved = self.queue.reschedule(handle, SimTime::from_nanos(to));
        let event = self.shadow.remove(&(at, sequence));
        assert_eq!(moved.is_some(), event.is_some());
        if let (Some(handle), Some(event)) = (moved, event) {
            self.shadow.insert((to, self.sequence), event);
            self.remember(handle, to);
        }
    }

    fn check(&mut self) {
        assert_eq!(self.queue.len(), self.shadow.len());
        assert_eq!(self.queue.is_empty(), self.shadow.is_empty());
    }

    fn drain(&mut self) {
        while self.pop() {}
        self.check();
        assert_eq!(self.queue.peek_time(), None);
    }
}

/// A time at or after `now`, in one of several manners.
fn later(bits: &mut Bits, now: u64, manner: u64) -> u64 {
    let delay = match manner {
        // Many ties.
        0 => bits.below(8),
        // Milliseconds.
        1 => bits.below(1_000_000),
        // Every scale from nanoseconds to centuries, evenly in the logarithm.
        2 => bits.next() >> bits.below(64),
        // Always the same delay, so pushes arrive in order.
        3 => 1_000,
        // Now.
        4 => 0,
        // Never.
        5 => u64::MAX,
        // On a coarse grid: large groups of ties far apart.
        6 => (bits.below(50) + 1) * 1_000_000 - now % 1_000_000,
        // Nearly all near, few very far.
        _ => bits.below(1_000) + if bits.below(100) == 0 { 1 << 50 } else { 0 },
    };
    now.saturating_add(delay)
}

fn walk<Q: PendingEvents<u64>>(seed: u64, steps: u64) {
    let mut bits = Bits(seed << 32);
    let mut pair = Pair::<Q>::new();
    let (mut manner, mut growth) = (0, 50);
    for step in 0..steps {
        if step % 2_048 == 0 {
            // Manners 5 and up to eight mean a mixture; `growth` is the share of pushes, in per cent.
            manner = bits.below(9);
            growth = 30 + bits.below(35);
        }
        if pair.now > u64::MAX / 2 {
            pair.drain();
            pair = Pair::new();
        }
        let mut now_manner = if manner == 8 { bits.below(8) } else { manner };
        if now_manner == 5 && bits.below(50) != 0 {
            now_manner = 1;
        }
        if now_manner == 2 && bits.below(4) != 0 {
            now_manner = 7;
        }
        let at = later(&mut bits, pair.now, now_manner);
        let choice = bits.below(100);
        if choice < growth || pair.known.is_empty() {
            pair.push(at);
        } else if choice < growth + 15 {
            let which = bits.next();
            if bits.below(2) == 0 { pair.cancel(which) } else { pair.reschedule(which, at) }
        } else if choice < growth + 18 {
            let until = pair.now.saturating_add(bits.below(2_000));
            pair.pop_until(until);
        } else if choice < growth + 20 {
            let first = pair.shadow.first_key_value().map(|((at, _), _)| SimTime::from_nanos(*at));
            assert_eq!(pair.queue.peek_time(), first);
        } else {
            pair.pop();
        }
        pair.check();
    }
    let mut copy = pair.clone();
    copy.drain();
    pair.drain();
}

/// Three million steps of walking in all, over the four queues.
macro_rules! for_every_queue {
    ($($name:ident, $queue:ty;)*) => {$(
        mod $name {
            use super::*;
            type Q = $queue;

            #[test]
            fn follows_the_shadow_on_a_random_walk() {
                for seed in 0..5 {
                    walk::<Q>(seed, 150_000);
                }
            }

            #[test]
            fn pops_equal_times_in_the_order_they_were_pushed() {
                let mut pair = Pair::<Q>::new();
                for at in [5, 5, 5, 3, 3, 5] {
                    pair.push(at);
                }
                pair.reschedule(1, 5);
                let order: Vec<_> = std::iter::from_fn(|| pair.queue.pop()).map(|(_, e)| e ^ 0xabcd).collect();
                assert_eq!(order, [3, 4, 0, 2, 5, 1]);
            }

            #[test]
            fn sorts_many_events_at_one_time_and_more_pushed_meanwhile() {
                let mut pair = Pair::<Q>::new();
                for _ in 0..20_000 {
                    pair.push(77);
                }
                for step in 0..30_000 {
                    pair.pop();
                    if step % 3 != 0 {
                        pair.push(77);
                    }
                }
                pair.drain();
            }

            #[test]
            fn pops_what_was_pushed_in_descending_order() {
                let mut pair = Pair::<Q>::new();
                pair.push(1_000_000_000);
                pair.push(0);
                pair.pop();
                for step in 0..20_000 {
                    pair.push(900_000_000 - step * 7);
                    if step % 64 == 0 {
                        assert_eq!(pair.queue.peek_time(), Some(SimTime::from_nanos(900_000_000 - step * 7)));
                    }
                }
                pair.drain();
            }

            #[test]
            fn keeps_events_at_the_end_of_time() {
                let mut pair = Pair::<Q>::new();
                for step in 0..300 {
                    pair.push(u64::MAX - step % 3);
                    pair.push(step);
                }
                pair.drain();
            }

            #[test]
            fn forgets_cancelled_events_for_good() {
                let mut queue = Q::default();
                let stale = queue.push(SimTime::from_nanos(1), 1);
                assert_eq!(queue.cancel(stale), Some(1));
                let fresh = queue.push(SimTime::from_nanos(2), 2);
                assert_eq!(queue.cancel(stale), None);
                assert_eq!(queue.reschedule(stale, SimTime::ZERO), None);
                assert_eq!(queue.cancel(Handle::NONE), None);
                assert_eq!(queue.pop(), Some((SimTime::from_nanos(2), 2)));
                assert_eq!(queue.cancel(fresh), None);
                assert_eq!(queue.len(), 0);
            }

            #[test]
            fn survives_timeouts_that_are_nearly_always_cancelled() {
                let mut pair = Pair::<Q>::new();
                for step in 0..50_000_u64 {
                    pair.push(pair.now + 30_000_000);
                    let timeout = pair.known.len() as u64 - 1;
                    if pair.known.len() < 4096 {
                        pair.cancel(timeout);
                    } else {
                        pair.cancel(step);
                    }
                    pair.push(pair.now + 10 + step % 5);
                    pair.pop();
                }
                pair.drain();
            }
        }
    )*};
}

for_every_queue! {
    ladder, LadderQueue<u64>;
    quad, QuadHeapQueue<u64>;
    binary, BinaryHeapQueue<u64>;
    keyed, KeyedHeapQueue<u64>;
}

/// Large enough for several rungs at once, and for sweeps while they stand.
#[test]
fn ladder_follows_the_shadow_with_a_large_population() {
    let mut bits = Bits(99 << 32);
    let mut pair = Pair::<LadderQueue<u64>>::new();
    for _ in 0..60_000 {
        pair.push(bits.below(1_000_000_000));
    }
    for step in 0..150_000 {
        let at = later(&mut bits, pair.now, if step % 10 == 0 { 2 } else { 1 }).min(1 << 60);
        let which = bits.next();
        match bits.below(8) {
            0 => pair.reschedule(which, at),
            1 => pair.cancel(which),
            2..5 => pair.push(at),
            _ => {
                pair.pop();
            }
        }
    }
    pair.drain();
}

/// The bottom's last entry bounds nothing once a sweep has taken it.
#[test]
fn ladder_spills_the_bottom_after_it_was_swept() {
    let mut pair = Pair::<LadderQueue<u64>>::new();
    for at in [10, 1_000_000] {
        pair.push(at);
    }
    pair.pop();
    for at in 20..800 {
        pair.push(at + 1_000_000);
    }
    for which in 1..782 {
        pair.cancel(which);
    }
    for at in 100..400 {
        pair.push(at);
        pair.push(999_999 - at);
    }
    pair.drain();
}

#[test]
fn a_copy_continues_as_the_original_does() {
    let mut queue = LadderQueue::<u64>::default();
    let mut bits = Bits(7 << 32);
    for event in 0..5_000 {
        queue.push(SimTime::from_nanos(bits.below(1_000_000)), event);
    }
    for _ in 0..2_000 {
        queue.pop();
    }
    let mut copy = queue.clone();
    for event in 0..2_000 {
        let at = SimTime::from_nanos(1_000_000 + bits.below(1_000_000));
        assert_eq!(queue.push(at, event), copy.push(at, event));
        assert_eq!(queue.pop(), copy.pop());
    }
}
