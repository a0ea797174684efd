//! Hardware in the run: units wear out and are mended, hosts come and go, software and batches fail together.
//!
//! ```text
//! exposure ──► lives used up ──► symptoms ──► fault, death or hang ──► notice ──► parts ──► crew ──► work ──► up again
//!    ▲            (wear)        (symptoms)                              │    (mend)
//!    └── temperature, storms                                            └──► the owner gives up: departed (hosts)
//! ```
//!
//! Nothing of this exists for a scenario that does not name it: then there are no units. Hung and crashed machines are
//! taken to be off: they draw no power and do not age meanwhile.

mod counts;
mod fork;
mod hosts;
mod massed;
mod mend;
mod model;
mod state;
mod symptoms;
mod wear;

pub(super) use counts::HardwareCounts;
pub(super) use massed::Along;
pub(super) use model::{HardwareModel, WearClass};
pub(super) use state::{HardwareState, Unit};

use super::{HardwareEvent, Simulation};

impl Simulation<'_> {
    /// Something happens to a unit, its host or its software.
    pub(super) fn wear_event(&mut self, event: HardwareEvent) {
        match event {
            HardwareEvent::WearCheck { node } => self.wear_check(node),
            HardwareEvent::MendingStep { node } => self.mending_step(node),
            HardwareEvent::HostLeaves { node } => self.host_leaves(node),
            HardwareEvent::HostJoins { node } => self.host_joins(node),
            HardwareEvent::SuccessorJoins { node } => self.successor_joins(node),
            HardwareEvent::HostSwitched { node } => self.host_switched(node),
            HardwareEvent::BugStrikes { version } => self.bug_strikes(version),
            HardwareEvent::BugFixed { version } => self.bug_fixed(version),
            HardwareEvent::Patched { node } => self.patched(node),
            HardwareEvent::BatchRecalled { batch } => self.batch_recalled(batch),
            HardwareEvent::RecallEnds { node } => self.recall_ends(node),
            HardwareEvent::FaultBegins { .. }
            | HardwareEvent::FaultEnds { .. }
            | HardwareEvent::Booted { .. }
            | HardwareEvent::SleepDue { .. }
            | HardwareEvent::Woken { .. } => unreachable!("told in the life of a node"),
        }
    }
}

#[cfg(test)]
mod tests;
