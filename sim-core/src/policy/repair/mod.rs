//! Repair of objects: when one is wanted, and which comes first.
//!
//! The controller knows for each object how many of its n shards are healthy, that is believed to be on a live node. A
//! repair is
//!
//! - *eager* (`below` left out): wanted as soon as fewer than n are healthy;
//! - *lazy* (`below` b): wanted when fewer than b are, and then until `to` are (n, or fewer: a *partial* repair). Giroire,
//!   Monteiro, Pérennes: "Peer-to-peer storage systems: a practical guideline to be lazy" (GLOBECOM 2010) is the lazy batch
//!   with `per: "object"`;
//!   One that has not begun is no longer wanted once there are b again;
//! - *periodic* (`check`): looked at only at multiples of the period, as Storj's checker and Sia's renter do; `budget`
//!   bounds how many are started at each;
//! - after a *grace* (`after`): a node that is silent keeps its shards for so long (Total Recall, Bhagwan et al., NSDI 2004;
//!   Carbonite, Chun et al., NSDI 2006: most absences are transient).
//!
//! Repairs that cannot all run at once wait in [`RepairQueue`]: the object with the fewest healthy shards first, equal ones
//! in the order in which they came; or all in that order. One that loses more shards while it waits moves up.

use crate::scenario::{Code, ObjectRepair, RepairPriority, RepairUnit};
use std::collections::VecDeque;

/// The thresholds of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Shards needed to repair from.
    pub data: u8,
    /// Wanted below this many healthy shards.
    pub below: u8,
    /// Until there are this many.
    pub to: u8,
    /// Repairs of an object at once; `None` = as many as shards are missing.
    pub parallel: Option<u8>,
    /// What one restores.
    pub unit: RepairUnit,
}

/// What is to be done about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is wanted (any more).
    Content,
    /// It is wanted, but there are too few shards to repair from now.
    Wait,
    /// This many repairs of it are to run.
    Repair(u8),
}

impl Thresholds {
    /// Those of `repair` for `code`.
    pub fn new(code: Code, repair: &ObjectRepair) -> Self {
        let to = repair.to.unwrap_or(code.total);
        let byte = |count: u32| u8::try_from(count).expect("at most 255 shards");
        Self {
            data: byte(code.data),
            below: byte(repair.below.unwrap_or(to).min(to)),
            to: byte(to),
            parallel: repair.parallel.map(byte),
            unit: repair.unit(),
        }
    }

    /// How many shards one repair of an object with `healthy` ones restores.
    pub fn restores(&self, healthy: u8) -> u8 {
        let missing = self.to.saturating_sub(healthy);
        match self.unit {
            RepairUnit::Object => missing,
            RepairUnit::Shard => missing.min(1),
        }
    }

    /// What to do about an object with `healthy` shards, of which `reachable` can be read, and whose repair has `begun` or not.
    pub fn decide(&self, healthy: u8, reachable: u8, begun: bool) -> Decision {
        if healthy >= self.to || (!begun && healthy >= self.below) {
            return Decision::Content;
        }
        if reachable < self.data {
            return Decision::Wait;
        }
        Decision::Repair(match self.unit {
            RepairUnit::Object => 1,
            RepairUnit::Shard => self.parallel.unwrap_or(u8::MAX).min(self.to - healthy),
        })
    }
}

/// Not in the queue.
const ABSENT: u16 = u16::MAX;

/// Objects whose repair waits for its turn.
#[derive(Clone, Debug)]
pub struct RepairQueue {
    priority: RepairPriority,
    /// By number of healthy shards, or all in the first.
    buckets: Vec<VecDeque<u32>>,
    /// The bucket in which each object waits; entries elsewhere are stale.
    waits_in: Vec<u16>,
    /// No bucket below this one holds anything.
    first: usize,
    len: usize,
}

impl RepairQueue {
    /// An empty queue.
    pub fn new(priority: RepairPriority) -> Self {
        Self { priority, buckets: vec![VecDeque::new(); 256], waits_in: Vec::new(), first: 256, len: 0 }
    }

    /// Objects that wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An object asks, or has fewer healthy shards than when it asked.
    pub fn ask(&mut self, object: u32, healthy: u8) {
        if self.waits_in.len() <= object as usize {
            self.waits_in.resize(object as usize + 1, ABSENT);
        }
        let bucket = if self.priority == RepairPriority::Margin { usize::from(healthy) } else { 0 };
        let waits_in = &mut self.waits_in[object as usize];
        if *waits_in == bucket as u16 {
            return;
        }
        self.len += usize::from(*waits_in == ABSENT);
        *waits_in = bucket as u16;
        self.buckets[bucket].push_back(object);
        self.first = self.first.min(bucket);
    }

    /// An object does not ask any more.
    pub fn withdraw(&mut self, object: u32) {
        if let Some(waits_in) = self.waits_in.get_mut(object as usize) {
            self.len -= usize::from(*waits_in != ABSENT);
            *waits_in = ABSENT;
        }
    }

    /// Takes the object whose turn it is.
    pub fn take_first(&mut self) -> Option<u32> {
        while self.first < self.buckets.len() {
            while let Some(object) = self.buckets[self.first].pop_front() {
                let waits_in = &mut self.waits_in[object as usize];
                if *waits_in == self.first as u16 {
                    *waits_in = ABSENT;
                    self.len -= 1;
                    return Some(object);
                }
            }
            self.first += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lazy_repair_starts_late_and_goes_on() {
        let repair = Thresholds { data: 4, below: 6, to: 8, parallel: Some(1), unit: RepairUnit::Shard };
        assert_eq!(repair.decide(6, 6, false), Decision::Content);
        assert_eq!(repair.decide(5, 5, false), Decision::Repair(1));
        assert_eq!(repair.decide(7, 7, true), Decision::Repair(1));
        assert_eq!(repair.decide(8, 8, true), Decision::Content);
        assert_eq!(repair.decide(5, 3, true), Decision::Wait);
        let all = Thresholds { parallel: None, ..repair };
        assert_eq!(all.decide(5, 5, false), Decision::Repair(3));
        assert_eq!(Thresholds { unit: RepairUnit::Object, ..all }.decide(5, 5, false), Decision::Repair(1));
    }

    #[test]
    fn the_most_endangered_comes_first() {
        let mut queue = RepairQueue::new(RepairPriority::Margin);
        for (object, healthy) in [(1, 9), (2, 7), (3, 9), (4, 7), (5, 8)] {
            queue.ask(object, healthy);
        }
        queue.ask(3, 6);
        queue.withdraw(5);
        assert_eq!(queue.len(), 4);
        let order: Vec<u32> = std::iter::from_fn(|| queue.take_first()).collect();
        assert_eq!(order, [3, 2, 4, 1]);
        assert!(queue.is_empty());
        queue.ask(1, 5);
        queue.ask(1, 4);
        queue.withdraw(1);
        queue.ask(1, 5);
        assert_eq!(
            (queue.take_first(), queue.take_first()),
            (Some(1), None),
            "stale entries are passed over"
        );
    }

    #[test]
    fn by_arrival_nobody_moves_up() {
        let mut queue = RepairQueue::new(RepairPriority::Arrival);
        for (object, healthy) in [(1, 9), (2, 7), (1, 3)] {
            queue.ask(object, healthy);
        }
        assert_eq!((queue.take_first(), queue.take_first(), queue.take_first()), (Some(1), Some(2), None));
    }
}
