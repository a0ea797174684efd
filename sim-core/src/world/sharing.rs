//! Processor sharing: flows that share one resource equally, as transfers share an uplink or attempts share a node.
//!
//! With `n` flows on `slots` parallel servers of speed `rate`, each flow is served at `rate · min(1, slots / n)` units of
//! work a second. A rate-limited link direction has one slot and its rate in bytes a second; a node under egalitarian
//! processor sharing has its own slots and speed, and work in seconds.
//!
//! All flows are served alike, so it is enough to keep one *virtual time*, the work that a flow present since the
//! beginning would have received: a flow that comes at virtual time V with work w is finished at V + w, whatever comes
//! later. Flows wait in a heap by virtual finish, ties in order of arrival; each operation is O(log n). Completions are
//! rounded to the nearest nanosecond. Virtual time restarts when the resource falls idle, and is rebased from time to
//! time, so that it never loses precision.
//!
//! Left out: unequal weights, limits of single flows, packet effects.

use crate::kernel::{SimDuration, SimTime};
use priority_queue::PriorityQueue;
use std::cmp::{Ordering, Reverse};
use std::hash::{BuildHasherDefault, Hasher};

/// Operations between two rebasings of virtual time.
const REBASE_EVERY: u32 = 1 << 16;

/// A resource shared equally by its flows.
#[derive(Clone, Debug)]
pub struct FairShare {
    slots: f64,
    rate: f64,
    virtual_time: f64,
    updated: SimTime,
    arrivals: u32,
    flows: PriorityQueue<u32, Reverse<Finish>, BuildHasherDefault<IdHasher>>,
}

impl FairShare {
    /// An idle resource of `slots` servers, each of which does `rate` units of work a second.
    pub fn new(slots: u32, rate: f64) -> Self {
        Self {
            slots: f64::from(slots),
            rate,
            virtual_time: 0.0,
            updated: SimTime::ZERO,
            arrivals: 0,
            flows: PriorityQueue::with_default_hasher(),
        }
    }

    /// Flow `id`, not present yet, comes with `work` units to do.
    pub fn add(&mut self, now: SimTime, id: u32, work: f64) {
        self.advance(now);
        let finish = Finish { at: self.virtual_time + work.max(0.0), order: self.arrivals };
        self.arrivals = self.arrivals.wrapping_add(1);
        let before = self.flows.push(id, Reverse(finish));
        debug_assert!(before.is_none(), "flow {id} is there already");
        if self.arrivals.is_multiple_of(REBASE_EVERY) {
            self.rebase();
        }
    }

    /// Flow `id` leaves unfinished; returns the work it still had to do, `None` if it was not there.
    pub fn cancel(&mut self, now: SimTime, id: u32) -> Option<f64> {
        self.advance(now);
        let (_, Reverse(finish)) = self.flows.remove(&id)?;
        Some((finish.at - self.virtual_time).max(0.0))
    }

    /// From `now` on each server does `rate` units a second; zero freezes all work.
    pub fn set_rate(&mut self, now: SimTime, rate: f64) {
        self.advance(now);
        self.rate = rate;
    }

    /// When the next flow is finished if nothing changes, and which; `None` if there is none or the rate is zero.
    pub fn next_completion(&self) -> Option<(SimTime, u32)> {
        let (id, Reverse(finish)) = self.flows.peek()?;
        let rate = self.flow_rate();
        if rate <= 0.0 {
            return None;
        }
        let rest = SimDuration::from_secs_f64((finish.at - self.virtual_time).max(0.0) / rate);
        Some((self.updated.saturating_add(rest), *id))
    }

    /// Takes away the flow that is finished at `now`, the moment [`Self::next_completion`] gave. Panics if there is none.
    pub fn complete(&mut self, now: SimTime) -> u32 {
        debug_assert_eq!(self.next_completion().map(|(at, _)| at), Some(now), "no flow is finished now");
        self.advance(now);
        let (id, _) = self.flows.pop().expect("a flow that is finished");
        id
    }

    /// From `now` on there are so many servers; none freezes all work.
    pub fn set_slots(&mut self, now: SimTime, slots: u32) {
        self.advance(now);
        self.slots = f64::from(slots);
    }

    /// Work that all flows still have to do at `now`, counted up to `most`.
    pub fn backlog(&self, now: SimTime, most: f64) -> f64 {
        let done = self.virtual_time + now.since(self.updated).as_secs_f64() * self.flow_rate();
        let mut sum = 0.0;
        for (_, Reverse(finish)) in &self.flows {
            sum += (finish.at - done).max(0.0);
            if sum >= most {
                return most;
            }
        }
        sum
    }

    /// Number of flows.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether there is no flow.
    pub fn is_empty(&self) -> bool {
        self.flows.is_empty()
    }

    /// Takes all flows away, unfinished, and returns their ids in ascending order.
    pub fn clear(&mut self, now: SimTime) -> Vec<u32> {
        self.clear_with_rest(now).into_iter().map(|(id, _)| id).collect()
    }

    /// As [`Self::clear`], with the work that each flow had left.
    pub fn clear_with_rest(&mut self, now: SimTime) -> Vec<(u32, f64)> {
        self.advance(now);
        let done = self.virtual_time;
        let rest = |at: f64| (at - done).max(0.0);
        let mut flows: Vec<(u32, f64)> =
            self.flows.iter().map(|(id, Reverse(finish))| (*id, rest(finish.at))).collect();
        flows.sort_unstable_by_key(|(id, _)| *id);
        self.flows.clear();
        flows
    }

    /// Units of work each flow gets a second.
    fn flow_rate(&self) -> f64 {
        let flows = self.flows.len() as f64;
        if flows <= self.slots { self.rate } else { self.rate * self.slots / flows }
    }

    fn advance(&mut self, now: SimTime) {
        debug_assert!(now >= self.updated, "time runs forward");
        if self.flows.is_empty() {
            self.virtual_time = 0.0;
        } else {
            self.virtual_time += now.since(self.updated).as_secs_f64() * self.flow_rate();
        }
        self.updated = now;
    }

    fn rebase(&mut self) {
        for (_, Reverse(finish)) in &mut self.flows {
            finish.at -= self.virtual_time;
        }
        self.virtual_time = 0.0;
    }
}

/// Virtual finish of a flow; ties in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Finish {
    at: f64,
    order: u32,
}

impl Eq for Finish {}

impl Ord for Finish {
    fn cmp(&self, other: &Self) -> Ordering {
        // The order of arrival wraps around; what counts is who was first of flows present together.
        let order = (self.order.wrapping_sub(other.order) as i32).cmp(&0);
        self.at.total_cmp(&other.at).then(order)
    }
}

impl PartialOrd for Finish {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Fibonacci hashing of one `u32`. The map's order never reaches a result; the heap's does, and that is total.
#[derive(Clone, Copy, Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Dist, Process, Streams};

    /// The same resource, advancing the remaining work of every flow at every event.
    struct Slow {
        slots: f64,
        rate: f64,
        updated: SimTime,
        flows: Vec<(u32, f64)>,
    }

    impl Slow {
        fn flow_rate(&self) -> f64 {
            self.rate * (self.slots / self.flows.len() as f64).min(1.0)
        }

        fn advance(&mut self, now: SimTime) {
            let done = (now - self.updated).as_secs_f64() * self.flow_rate();
            self.flows.iter_mut().for_each(|(_, rest)| *rest -= done);
            self.updated = now;
        }

        fn next(&self) -> Option<(f64, u32)> {
            let rate = self.flow_rate();
            let least = self.flows.iter().min_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| rate > 0.0)?;
            Some((self.updated.as_secs_f64() + least.1.max(0.0) / rate, least.0))
        }
    }

    #[test]
    fn agrees_with_the_slow_reference() {
        let draws = Streams::new(5, 0).stream(Process::Demand, 0);
        for (case, slots) in [1_u32, 3, 16].into_iter().enumerate() {
            let mut fast = FairShare::new(slots, 2.0);
            let mut slow = Slow { slots: f64::from(slots), rate: 2.0, updated: SimTime::ZERO, flows: vec![] };
            let unit = |step: u32, which: u32| draws.unit(case as u32 * 8 + which, step);
            let (mut now, mut completed) = (SimTime::ZERO, 0);
            for step in 0..20_000_u32 {
                let gap = SimDuration::from_secs_f64(
                    Dist::Exponential { mean: 0.6 / f64::from(slots) }.quantile(unit(step, 0)),
                );
                let next = now + gap;
                while let Some((at, id)) = fast.next_completion().filter(|(at, _)| *at <= next) {
                    let (expected, same) = slow.next().expect("both have a flow");
                    assert_eq!(id, same);
                    assert!((at.as_secs_f64() - expected).abs() < 1.5e-9, "{at} against {expected}");
                    slow.advance(at);
                    slow.flows.retain(|(flow, _)| *flow != id);
                    assert_eq!(fast.complete(at), id);
                    completed += 1;
                }
                now = next;
                slow.advance(now);
                if unit(step, 1) < 0.1 && !slow.flows.is_empty() {
                    let victim = slow.flows[(unit(step, 2) * slow.flows.len() as f64) as usize].0;
                    let rest = fast.cancel(now, victim).expect("present in both");
                    let at = slow.flows.iter().position(|(flow, _)| *flow == victim).expect("present");
                    assert!((rest - slow.flows.remove(at).1.max(0.0)).abs() < 1e-7);
                } else if unit(step, 1) < 0.15 {
                    let rate = if unit(step, 2) < 0.2 { 0.0 } else { 1.0 + 2.0 * unit(step, 2) };
                    fast.set_rate(now, rate);
                    slow.rate = rate;
                } else {
                    let work = Dist::Weibull { scale: 1.0, shape: 0.7 }.quantile(unit(step, 3));
                    fast.add(now, step, work);
                    slow.flows.push((step, work));
                }
                assert_eq!(fast.len(), slow.flows.len());
            }
            assert!(completed > 10_000, "{completed}");
        }
    }

    #[test]
    fn completions_are_exact_in_nanoseconds() {
        let second = |s: f64| SimTime::from_secs_f64(s);
        let mut link = FairShare::new(1, 1000.0);
        link.add(second(0.0), 1, 1000.0);
        link.add(second(0.5), 2, 1000.0);
        // 500 left and 1000 left at half the rate each: the first is done a second later, the second has 500 left.
        assert_eq!(link.next_completion(), Some((second(1.5), 1)));
        assert_eq!(link.complete(second(1.5)), 1);
        assert_eq!(link.next_completion(), Some((second(2.0), 2)));
        link.set_rate(second(1.75), 0.0);
        assert_eq!(link.next_completion(), None);
        link.set_rate(second(9.0), 500.0);
        assert_eq!(link.complete(second(9.5)), 2);
        assert!(link.is_empty() && link.next_completion().is_none());
        link.add(second(10.0), 3, 1000.0);
        link.add(second(10.0), 4, 2000.0);
        assert_eq!((link.backlog(second(11.0), 1e9), link.backlog(second(11.0), 700.0)), (2500.0, 700.0));
        link.cancel(second(11.0), 3);
        link.cancel(second(11.0), 4);
    }

    #[test]
    fn equal_flows_finish_in_order_of_arrival() {
        let mut node = FairShare::new(2, 1.0);
        for id in [7, 3, 5, 1] {
            node.add(SimTime::ZERO, id, 1.0);
        }
        let at = SimTime::from_secs_f64(2.0);
        for id in [7, 3, 5, 1] {
            assert_eq!(node.next_completion(), Some((at, id)));
            assert_eq!(node.complete(at), id);
        }
    }

    #[test]
    fn precision_does_not_decay_in_a_busy_period_without_end() {
        let mut node = FairShare::new(1, 1.0);
        node.add(SimTime::ZERO, u32::MAX, 1e12);
        let mut now = SimTime::ZERO;
        for id in 0..200_000 {
            node.add(now, id, 0.25);
            let (at, first) = node.next_completion().expect("the short flow");
            assert_eq!((at, first), (now + SimDuration::from_nanos(500_000_000), id));
            now = at;
            node.complete(now);
        }
        let rest = node.cancel(now, u32::MAX).expect("the long flow");
        assert!((rest - (1e12 - 50_000.0)).abs() < 1e-3);
        node.add(now, 4, 1.0);
        node.add(now, 2, 1.0);
        assert_eq!(node.clear(now), [2, 4]);
    }
}
