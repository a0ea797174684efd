//! Everything that can happen.

use crate::kernel::Traced;
use crate::policy::redundancy::Timer;
use crate::world::fleet::{AttemptId, NodeId, SiteId};

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
    /// A message has passed a rate-limited access link.
    TransferDone {
        /// The site.
        site: SiteId,
        /// Whether from the site (else to it).
        up: bool,
    },
    /// A timer of the controller.
    Timer(Timer),
    /// A grid outage begins.
    OutageBegins {
        /// Its domain.
        domain: u32,
    },
    /// A grid outage ends.
    OutageEnds {
        /// Its domain.
        domain: u32,
    },
    /// A breaker has become too hot.
    BreakerTrips {
        /// The site.
        site: SiteId,
    },
    /// Somebody recloses a breaker.
    BreakerRecloses {
        /// The site.
        site: SiteId,
    },
    /// A UPS battery is empty.
    BatteryEmpty {
        /// The site.
        site: SiteId,
    },
    /// A UPS battery is full and stops charging.
    BatteryFull {
        /// The site.
        site: SiteId,
    },
    /// A node may have reached a temperature at which something happens.
    HeatCheck {
        /// The node.
        node: NodeId,
    },
    /// The hardware of a node fails.
    FaultBegins {
        /// The node.
        node: NodeId,
    },
    /// The hardware of a node is repaired.
    FaultEnds {
        /// The node.
        node: NodeId,
    },
    /// A node is ready after power came back.
    Booted {
        /// The node.
        node: NodeId,
    },
    /// A node has been idle for long enough to go to sleep.
    SleepDue {
        /// The node.
        node: NodeId,
    },
    /// A node has woken up.
    Woken {
        /// The node.
        node: NodeId,
    },
    /// An outage of access links begins.
    LinkOutageBegins {
        /// Its domain.
        domain: u32,
    },
    /// An outage of access links ends.
    LinkOutageEnds {
        /// Its domain.
        domain: u32,
    },
    /// The health check of a node has something to look at.
    HealthWake {
        /// The node.
        node: NodeId,
    },
}

impl Traced for Event {
    fn code(&self) -> u64 {
        let (kind, whom) = match *self {
            Self::WarmedUp => (0, 0),
            Self::Arrival { workload } => (1, u32::from(workload)),
            Self::Delivered { attempt } => (2, attempt.0),
            Self::Served { attempt } => (3, attempt.0),
            Self::SharedServed { node } => (4, node.0),
            Self::Replied { attempt } => (5, attempt.0),
            Self::CalledBack { attempt, .. } => (6, attempt.0),
            Self::TransferDone { site, up } => (if up { 7 } else { 8 }, site.0),
            Self::Timer(Timer::Timeout(attempt)) => (9, attempt.0),
            Self::Timer(Timer::Retry { request, .. }) => (10, request.0),
            Self::Timer(Timer::Hedge(request)) => (11, request.0),
            Self::OutageBegins { domain } => (12, domain),
            Self::OutageEnds { domain } => (13, domain),
            Self::BreakerTrips { site } => (14, site.0),
            Self::BreakerRecloses { site } => (15, site.0),
            Self::BatteryEmpty { site } => (16, site.0),
            Self::BatteryFull { site } => (17, site.0),
            Self::HeatCheck { node } => (18, node.0),
            Self::FaultBegins { node } => (19, node.0),
            Self::FaultEnds { node } => (20, node.0),
            Self::Booted { node } => (21, node.0),
            Self::SleepDue { node } => (22, node.0),
            Self::Woken { node } => (23, node.0),
            Self::LinkOutageBegins { domain } => (24, domain),
            Self::LinkOutageEnds { domain } => (25, domain),
            Self::HealthWake { node } => (26, node.0),
        };
        kind << 32 | u64::from(whom)
    }
}
