//! Jobs: what can happen.

use super::Code;
use crate::world::workload::{InstanceId, JobId};

/// An event of this part of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JobEvent {
    /// The next job of a workload arrives.
    Arrives {
        /// Its number among the workloads of jobs.
        workload: u16,
    },
    /// An instance is done with what it is doing.
    PhaseEnds {
        /// The instance.
        instance: InstanceId,
    },
    /// The time for a job is over.
    DeadlinePasses {
        /// The job.
        job: JobId,
    },
    /// An instance is not back in time.
    ReissueDue {
        /// The instance.
        instance: InstanceId,
    },
    /// A message of an instance is through.
    MessageThere {
        /// The instance.
        instance: InstanceId,
    },
    /// The controller looks for nodes to leave.
    DrainLook,
    /// The controller looks for stragglers.
    StragglerLook,
}

impl JobEvent {
    /// Number of the kind, and whom it befalls. Append only.
    pub(super) fn code(self) -> Code {
        match self {
            Self::Arrives { workload } => (160, workload.into()),
            Self::PhaseEnds { instance } => (161, instance.0),
            Self::DeadlinePasses { job } => (162, job.0),
            Self::ReissueDue { instance } => (163, instance.0),
            Self::DrainLook => (164, 0),
            Self::StragglerLook => (165, 0),
            Self::MessageThere { instance } => (166, instance.0),
        }
    }
}
