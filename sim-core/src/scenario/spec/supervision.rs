//! What a policy makes of what it hears of nodes, beside its health check.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin, PerSecond};

/// Readings of sensors that nodes send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelemetryPolicy {
    /// Time between readings.
    pub period: SimDuration,
}

/// When a node that was suspected is trusted again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flapping {
    /// Only after the health check has trusted it for so long.
    pub hold: SimDuration,
    /// Penalties that grow with each suspicion.
    pub damping: Option<Damping>,
}

/// Route-flap damping: each suspicion adds a penalty of 1; it decays exponentially.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Damping {
    /// Time in which a penalty halves.
    pub half_life: SimDuration,
    /// Above this a node is suppressed.
    pub suppress: f64,
    /// Below this it is used again.
    pub reuse: f64,
    /// It is suppressed no longer than this.
    pub most: SimDuration,
}

/// Nodes whose replies are slow or stay away get no work for some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ejection {
    /// Time between comparisons of nodes.
    pub interval: SimDuration,
    /// A node is ejected if its mean latency exceeds that of the median node this many times; `None` = not for being slow.
    pub slow: Option<f64>,
    /// Weight of a reply in the exponentially weighted mean.
    pub weight: f64,
    /// Replies of a node since its last ejection before it is compared.
    pub replies: u32,
    /// Attempts in a row that failed; `None` = not for failures.
    pub failures: Option<u32>,
    /// Time of the first ejection; the n-th takes n times as long.
    pub lasts: SimDuration,
    /// Longest ejection.
    pub most: SimDuration,
    /// At most this share of nodes is ejected at the same time (but always one).
    pub share: f64,
}

/// Nodes that will be too hot get no work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The temperature that is not to be reached; `None` = where its type is throttled.
    pub at: Option<Celsius>,
    /// A node is withdrawn if it will be there within this.
    pub horizon: SimDuration,
    /// A node is used again when it is this much cooler.
    pub margin: Kelvin,
    /// How temperatures go on.
    pub trend: Trend,
}

/// How a series goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trend {
    /// Holt's level and slope, smoothed exponentially.
    Linear {
        /// Weight of a reading in the level.
        level: f64,
        /// Weight of a change of level in the slope.
        slope: f64,
    },
    /// Towards a steady state, through the last three readings.
    Exponential,
}

/// Nodes that show symptoms get no work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymptomRule {
    /// Reported errors of at least this rate; `None` = not counted.
    pub errors: Option<PerSecond>,
    /// Service slower by this factor; `None` = not counted.
    pub slowdown: Option<f64>,
    /// Whether heat slows it down.
    pub throttled: bool,
    /// Readings in a row that must show them.
    pub readings: u32,
    /// Readings in a row without them until it is used again.
    pub clear: u32,
}

/// Beta reputation, as in Storj.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reputation {
    /// λ: what is left of the record at each further report.
    pub memory: f64,
    /// Weight of a report.
    pub weight: f64,
    /// α at the beginning.
    pub alpha: f64,
    /// β at the beginning.
    pub beta: f64,
    /// Below this a node is disqualified for good; `None` = never.
    pub disqualify: Option<f64>,
    /// Below this a node is suspended until its score is above it again; `None` = never.
    pub suspend: Option<f64>,
    /// A suspended node is tried again after this.
    pub retry: SimDuration,
    /// Good reports that a node needs before it is vetted.
    pub vetting: u32,
    /// Whether replies and attempts without reply are reports.
    pub replies: bool,
    /// The score of being online.
    pub online: Option<OnlineScore>,
}

/// Share of time windows in which a node was heard of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OnlineScore {
    /// Length of a window.
    pub window: SimDuration,
    /// Windows that count.
    pub windows: u32,
    /// Below this a node is suspended.
    pub threshold: f64,
}

/// Whose view counts, and what becomes of requests at a gateway that is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gateways {
    /// Whose view counts.
    pub view: GatewayView,
    /// What the gateways run on.
    pub host: GatewayHost,
    /// From the failure of a gateway to the moment at which its requests enter at another; `None` = they wait for it.
    pub failover: Option<SimDuration>,
}

/// Whose view of a node counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatewayView {
    /// All gateways share what the one of its own region sees.
    #[default]
    Shared,
    /// Each watches all nodes by itself.
    Each,
}

/// What gateways run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatewayHost {
    /// On machines that do not fail by themselves.
    #[default]
    Apart,
    /// On one of the nodes of their region.
    Nodes,
}
