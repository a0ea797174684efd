//! Which result of a job is accepted: the first that a quorum agrees on; and which nodes are trusted without one.
//!
//! Results are compared by value; the controller cannot see which is right. Instances are issued until some value has come `quorum` times:
//! as many as are missing in the best case are under way at any time, so that no result is ever asked for in vain.
//!
//! Trust follows BOINC's adaptive replication: a node whose last `after` or more validated results were all valid is trusted, and a job
//! sent to it is accepted from it alone, but for spot checks. A result that nobody checked does not change what is thought of a node.
//! Sources: Anderson, "BOINC: a platform for volunteer computing", J. Grid Computing 18, 2020; the quorum race is elementary.

use crate::scenario::Trust;
use crate::world::fleet::NodeId;
use smallvec::SmallVec;

/// The results of one job so far.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Values and how often each has come.
    values: SmallVec<[(u32, u32); 2]>,
}

impl Tally {
    /// A result has come; how often its value has come so far.
    pub fn add(&mut self, value: u32) -> u32 {
        match self.values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                self.values.push((value, 1));
                1
            }
        }
    }

    /// How many of the results agree at most.
    pub fn best(&self) -> u32 {
        self.values.iter().map(|(_, count)| *count).max().unwrap_or(0)
    }

    /// How many more results a quorum needs at least.
    pub fn missing(&self, quorum: u32) -> u32 {
        quorum.saturating_sub(self.best())
    }

    /// A value on which a quorum agrees.
    pub fn accepted(&self, quorum: u32) -> Option<u32> {
        self.values.iter().find(|(_, count)| *count >= quorum).map(|(value, _)| *value)
    }

    /// Forgets all, keeping the memory.
    pub fn clear(&mut self) {
        self.values.clear();
    }
}

/// What is thought of nodes.
#[derive(Clone, Debug, Default)]
pub struct Reputation {
    /// Consecutive valid results, and the unit that gave them.
    nodes: Vec<(u32, u32)>,
}

impl Reputation {
    /// Nobody is trusted yet.
    pub fn of(nodes: usize) -> Self {
        Self { nodes: vec![(0, 0); nodes] }
    }

    /// Whether unit `unit` of `node` is believed without a quorum; `draw` in (0, 1) decides on spot checks.
    pub fn believes(&self, trust: Trust, node: NodeId, unit: u32, draw: f64) -> bool {
        let Some((valid, of)) = self.nodes.get(node.index()).copied() else { return false };
        if of != unit || valid < trust.after {
            return false;
        }
        let check = trust.spot_check.unwrap_or(f64::from(trust.after) / f64::from(valid));
        draw >= check
    }

    /// A result of unit `unit` of `node` has been validated.
    pub fn validated(&mut self, node: NodeId, unit: u32, valid: bool) {
        let Some((count, of)) = self.nodes.get_mut(node.index()) else { return };
        if *of != unit || !valid {
            (*count, *of) = (0, unit);
        }
        *count += u32::from(valid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_of_a_quorum_is_accepted() {
        let mut tally = Tally::default();
        assert_eq!((tally.missing(2), tally.accepted(1)), (2, None));
        assert_eq!((tally.add(7), tally.add(0)), (1, 1));
        assert_eq!((tally.missing(2), tally.accepted(2)), (1, None));
        assert_eq!(tally.add(0), 2);
        assert_eq!((tally.missing(2), tally.accepted(2)), (0, Some(0)));
        tally.clear();
        assert_eq!(tally.best(), 0);
    }

    #[test]
    fn trust_is_earned_by_one_unit_and_lost_at_once() {
        let trust = Trust { after: 3, spot_check: None };
        let mut reputation = Reputation::of(2);
        let node = NodeId(1);
        for _ in 0..3 {
            assert!(!reputation.believes(trust, node, 0, 0.999));
            reputation.validated(node, 0, true);
        }
        // With as many valid results as make trust, all are still checked.
        assert!(!reputation.believes(trust, node, 0, 0.999));
        for _ in 0..3 {
            reputation.validated(node, 0, true);
        }
        assert!(reputation.believes(trust, node, 0, 0.51) && !reputation.believes(trust, node, 0, 0.49));
        assert!(!reputation.believes(trust, node, 1, 0.9), "another unit");
        let never = Trust { spot_check: Some(0.0), ..trust };
        assert!(reputation.believes(never, node, 0, 0.01));
        reputation.validated(node, 0, false);
        assert!(!reputation.believes(never, node, 0, 0.9));
    }
}
