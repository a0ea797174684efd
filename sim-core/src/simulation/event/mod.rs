//! Everything that can happen.

mod access;
mod control;
mod energy;
mod fault;
mod hardware;
mod heat;
mod job;
mod network;
mod object;
mod power;
mod request;
mod subject;

pub use access::AccessEvent;
pub use control::ControlEvent;
pub use energy::EnergyEvent;
pub use fault::FaultEvent;
pub use hardware::HardwareEvent;
pub use heat::HeatEvent;
pub use job::JobEvent;
pub use network::NetworkEvent;
pub use object::ObjectEvent;
pub use power::PowerEvent;
pub use request::RequestEvent;
pub use subject::Concerned;

use crate::kernel::Traced;
use crate::policy::redundancy::Timer;
use crate::world::fleet::{AttemptId, NodeId};

/// Number of a kind of event, and whom it befalls.
type Code = (u64, u32);

/// One event. Handling is an exhaustive match; what an event means is told beside its handler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// Measuring begins.
    WarmedUp,
    /// The next request of a workload enters.
    Arrival {
        /// Number of the workload.
        workload: u16,
    },
    /// A request message reaches the site of its node.
    Delivered {
        /// The attempt.
        attempt: AttemptId,
    },
    /// A slot has done the work of an attempt.
    Served {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Processor sharing has done the work of an attempt.
    SharedServed {
        /// The node.
        node: NodeId,
    },
    /// A reply reaches its gateway.
    Replied {
        /// The attempt.
        attempt: AttemptId,
    },
    /// A message reaches a node that an attempt is no longer wanted.
    CalledBack {
        /// The attempt.
        attempt: AttemptId,
        /// Tells whether the row has been reused since.
        stamp: u32,
    },
    /// A timer of the controller.
    Timer(Timer),
    /// The health check of a node has something to look at.
    HealthWake {
        /// The node.
        node: NodeId,
    },
    /// From the grid to the sockets of a site.
    Power(PowerEvent),
    /// Temperatures.
    Heat(HeatEvent),
    /// The life of a node.
    Hardware(HardwareEvent),
    /// Access links.
    Network(NetworkEvent),
    /// Faults on purpose.
    Fault(FaultEvent),
    /// Requests under stress.
    Request(RequestEvent),
    /// Health checks and what is made of them.
    Control(ControlEvent),
    /// Prices of energy.
    Energy(EnergyEvent),
    /// Objects and their repair.
    Object(ObjectEvent),
    /// Jobs.
    Job(JobEvent),
    /// Who reads, writes and checks objects.
    Access(AccessEvent),
}

impl Traced for Event {
    #[inline]
    fn code(&self) -> u64 {
        let (kind, whom) = match *self {
            Self::Arrival { workload } => (1, u32::from(workload)),
            Self::Delivered { attempt } => (2, attempt.0),
            Self::Served { attempt } => (3, attempt.0),
            Self::Replied { attempt } => (5, attempt.0),
            rarer => rarer.code_of_rarer(),
        };
        kind << 32 | u64::from(whom)
    }
}

impl Event {
    /// The code of what is no step of a request. By itself, as so many kinds would make [`Traced::code`] too long to be part of the loop.
    #[inline(never)]
    fn code_of_rarer(self) -> Code {
        match self {
            Self::Arrival { .. } | Self::Delivered { .. } | Self::Served { .. } | Self::Replied { .. } => {
                unreachable!("their codes are taken before")
            }
            Self::WarmedUp => (0, 0),
            Self::SharedServed { node } => (4, node.0),
            Self::CalledBack { attempt, .. } => (6, attempt.0),
            Self::Timer(Timer::Timeout(attempt)) => (9, attempt.0),
            Self::Timer(Timer::Retry { request, .. }) => (10, request.0),
            Self::Timer(Timer::Hedge(request)) => (11, request.0),
            Self::Timer(Timer::HalfOpen(node)) => (181, node.0),
            Self::HealthWake { node } => (26, node.0),
            Self::Power(event) => event.code(),
            Self::Heat(event) => event.code(),
            Self::Hardware(event) => event.code(),
            Self::Network(event) => event.code(),
            Self::Fault(event) => event.code(),
            Self::Request(event) => event.code(),
            Self::Control(event) => event.code(),
            Self::Energy(event) => event.code(),
            Self::Object(event) => event.code(),
            Self::Job(event) => event.code(),
            Self::Access(event) => event.code(),
        }
    }
}
