//! Faults of a node: an alternating renewal process whose life runs on exposure.
//!
//! A node starts new. Its life is drawn when it is new or repaired and is used up only while the node is switched on
//! ([`FaultProcess::resume`] to [`FaultProcess::pause`]), idle or busy; with no other cause of down time, exposure is
//! time, and the availability is `E[U] / (E[U] + E[D])`. Repair takes calendar time, with or without power.
//!
//! Draw `2k` of a node is its k-th life, draw `2k + 1` the repair after it, so the same faults come after the same
//! exposure under every policy. Left out: ageing that depends on temperature, permanent death, damage by surges.

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::scenario::spec::Renewal;

/// The state of the fault process of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultProcess {
    /// Exposure left until the fault, as of `since`.
    remaining: SimDuration,
    /// When exposure began; [`SimTime::MAX`] while paused.
    since: SimTime,
    node: u32,
    cycle: u32,
}

impl FaultProcess {
    /// A new node, not yet switched on.
    pub fn new(node: u32, faults: &Renewal, stream: &Stream) -> Self {
        Self { remaining: faults.up.draw_duration(stream, node, 0), since: SimTime::MAX, node, cycle: 0 }
    }

    /// Exposure begins or goes on. Returns when the fault comes if nothing pauses it ([`SimTime::MAX`]: never).
    pub fn resume(&mut self, now: SimTime) -> SimTime {
        debug_assert!(!self.is_exposed(), "exposure begins twice");
        self.since = now;
        now.saturating_add(self.remaining)
    }

    /// Exposure stops. Does nothing while paused already.
    pub fn pause(&mut self, now: SimTime) {
        if self.is_exposed() {
            let used = now.since(self.since).as_nanos();
            if self.remaining != SimDuration::MAX {
                self.remaining = SimDuration::from_nanos(self.remaining.as_nanos().saturating_sub(used));
            }
            self.since = SimTime::MAX;
        }
    }

    /// Whether life is being used up.
    pub fn is_exposed(&self) -> bool {
        self.since != SimTime::MAX
    }

    /// The fault comes: exposure stops and the next life is drawn. Returns when the repair ends; call
    /// [`FaultProcess::resume`] once the node is repaired and switched on.
    pub fn fail(&mut self, now: SimTime, faults: &Renewal, stream: &Stream) -> SimTime {
        let repair = faults.down.draw_duration(stream, self.node, 2 * self.cycle + 1);
        self.cycle += 1;
        self.remaining = faults.up.draw_duration(stream, self.node, 2 * self.cycle);
        self.since = SimTime::MAX;
        now.saturating_add(repair)
    }

    /// How many faults there have been.
    pub fn faults(&self) -> u32 {
        self.cycle
    }
}

#[cfg(test)]
mod tests;
