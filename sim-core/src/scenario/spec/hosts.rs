//! Hosts that come and go, and the software that they share.

use crate::kernel::{Dist, SimDuration};

/// Hosts that join and leave for good.
#[derive(Clone, Debug, Default)]
pub struct Churn {
    /// From joining to leaving.
    pub lifetime: Option<Dist>,
    /// From leaving until a new host takes the place; `None` = never.
    pub rejoin: Option<Dist>,
    /// From the beginning to joining.
    pub starts_after: Option<Dist>,
    /// How long before leaving a host that does so in good order says so; `None` = nobody says so.
    pub notice: Option<Dist>,
    /// Share of hosts that do.
    pub graceful: f64,
}

/// Hosts that their owners switch on and off.
#[derive(Clone, Debug)]
pub struct Presence {
    /// Time on.
    pub on: Option<Dist>,
    /// Time off.
    pub off: Option<Dist>,
    /// Standard deviation of the logarithm of a factor on the times of each host.
    pub heterogeneity: f64,
    /// Share of hosts that are always on.
    pub always: f64,
    /// Hosts with a daily rhythm.
    pub daily: Option<DailyPresence>,
}

/// Hosts that are away in the hours of their owners.
#[derive(Clone, Debug)]
pub struct DailyPresence {
    /// Share of hosts.
    pub share: f64,
    /// Time of day at which they go.
    pub from: SimDuration,
    /// Time of day at which they come back.
    pub to: SimDuration,
    /// Each host's hours are shifted by up to this, either way.
    pub spread: SimDuration,
}

/// A version of the software.
#[derive(Clone, Debug)]
pub struct Software {
    /// Share of the nodes that run it.
    pub share: f64,
    /// A bug that takes down all of them.
    pub bug: Option<Bug>,
}

/// A bug that takes down every node of a version at once.
#[derive(Clone, Debug)]
pub struct Bug {
    /// From the fix of one to the next.
    pub every: Dist,
    /// Until there is a fix.
    pub fix: Dist,
    /// Until each node has it; `None` = at once.
    pub patch: Option<Dist>,
}
