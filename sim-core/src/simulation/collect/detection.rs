//! How soon failures are noticed, and what is taken for one.

use super::Collector;
use crate::kernel::{SimDuration, SimTime};
use crate::measure::sketch::LatencySketch;
use crate::world::fleet::NodeId;

/// What is counted of failure detection.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct DetectionCounts {
    pub delay: LatencySketch,
    pub missed: u64,
    pub spells: u64,
    pub false_suspicions: u64,
    /// Lengths of false suspicions that ended by themselves.
    pub false_duration: LatencySketch,
    /// From the moment a suspected node answers again to the end of the suspicion.
    pub recovery: LatencySketch,
    /// Nanoseconds during which an answering node was suspected.
    pub mistrusted: u128,
}

impl Collector {
    pub(in crate::simulation) fn stopped_answering(&mut self, now: SimTime, node: NodeId, trusted: bool) {
        let observed = &mut self.nodes[node.index()];
        observed.silent_since = now;
        if !trusted {
            // Suspected already, falsely until now: the fault is found at once.
            self.detection.spells += 1;
            self.detection.delay.record(SimDuration::ZERO);
            self.detection.mistrusted += u128::from(now.since(observed.suspected_since).as_nanos());
            observed.silent_since = SimTime::MAX;
            observed.suspected_falsely = false;
        }
    }

    pub(in crate::simulation) fn answers_again(&mut self, now: SimTime, node: NodeId) {
        let observed = &mut self.nodes[node.index()];
        let silent_since = std::mem::replace(&mut observed.silent_since, SimTime::MAX);
        if silent_since != SimTime::MAX && silent_since >= self.from {
            self.detection.spells += 1;
            self.detection.missed += 1;
        }
        if observed.suspected_since != SimTime::MAX {
            observed.suspected_since = now;
        }
    }

    pub(in crate::simulation) fn suspected(&mut self, now: SimTime, node: NodeId, answers: bool) {
        for impact in &mut self.impacts {
            impact.suspected(now, node);
        }
        let observed = &mut self.nodes[node.index()];
        observed.suspected_since = now;
        observed.suspected_falsely = answers;
        if answers {
            self.detection.false_suspicions += 1;
        } else {
            let silent_since = std::mem::replace(&mut observed.silent_since, SimTime::MAX);
            if silent_since != SimTime::MAX && silent_since >= self.from {
                self.detection.spells += 1;
                self.detection.delay.record(now.since(silent_since));
            }
        }
    }

    pub(in crate::simulation) fn trusted(&mut self, now: SimTime, node: NodeId, answers: bool) {
        let observed = &mut self.nodes[node.index()];
        let since = std::mem::replace(&mut observed.suspected_since, SimTime::MAX);
        if answers && since != SimTime::MAX {
            let span = now.since(since);
            self.detection.mistrusted += u128::from(span.as_nanos());
            let kind = if observed.suspected_falsely {
                &mut self.detection.false_duration
            } else {
                &mut self.detection.recovery
            };
            kind.record(span);
        }
    }

    /// The run ends: charges the mistrust in force.
    pub(in crate::simulation) fn close_trust(&mut self, now: SimTime, node: NodeId, answers: bool) {
        let since = self.nodes[node.index()].suspected_since;
        if answers && since != SimTime::MAX {
            self.detection.mistrusted += u128::from(now.since(since).as_nanos());
        }
    }
}
