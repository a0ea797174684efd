//! Repair crews: who waits for whom.
//!
//! A pool has a number of crews; each works at one job at a time, and jobs wait first come, first served (the
//! machine-repair problem of Palm, 1947). Left out: travel between sites, working hours, priorities.

use crate::kernel::SimDuration;
use crate::world::fleet::NodeId;
use std::collections::VecDeque;

/// A pool of crews.
#[derive(Clone, Debug)]
pub struct Crews {
    free: u32,
    waiting: VecDeque<(NodeId, SimDuration)>,
}

impl Crews {
    /// A pool of `count` crews that have nothing to do.
    pub fn new(count: u32) -> Self {
        Self { free: count, waiting: VecDeque::new() }
    }

    /// A job of this length at `node`: whether a crew begins it now. If not, it waits.
    pub fn ask(&mut self, node: NodeId, work: SimDuration) -> bool {
        if self.free > 0 {
            self.free -= 1;
            return true;
        }
        self.waiting.push_back((node, work));
        false
    }

    /// A crew is free again: the job that it begins next.
    pub fn done(&mut self) -> Option<(NodeId, SimDuration)> {
        let next = self.waiting.pop_front();
        self.free += u32::from(next.is_none());
        next
    }

    /// The job at `node` waits no longer; whether it did.
    pub fn withdraw(&mut self, node: NodeId) -> bool {
        let place = self.waiting.iter().position(|(waiting, _)| *waiting == node);
        place.is_some_and(|place| self.waiting.remove(place).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_wait_in_order() {
        let mut crews = Crews::new(2);
        let job = SimDuration::from_secs;
        assert!(crews.ask(NodeId(0), job(1)) && crews.ask(NodeId(1), job(2)));
        assert!(
            !crews.ask(NodeId(2), job(3)) && !crews.ask(NodeId(3), job(4)) && !crews.ask(NodeId(4), job(5))
        );
        assert!(crews.withdraw(NodeId(3)) && !crews.withdraw(NodeId(3)) && !crews.withdraw(NodeId(0)));
        assert_eq!(crews.done(), Some((NodeId(2), job(3))));
        assert_eq!(crews.done(), Some((NodeId(4), job(5))));
        assert_eq!(crews.done(), None);
        assert!(crews.ask(NodeId(5), job(1)));
        assert_eq!(crews.done(), None);
        assert_eq!(crews.done(), None);
        assert!(
            crews.ask(NodeId(6), job(1)) && crews.ask(NodeId(7), job(1)) && !crews.ask(NodeId(8), job(1))
        );
    }
}
