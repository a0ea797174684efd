//! Policies under test.

use super::JobPolicy;
use crate::kernel::{Dist, SimDuration};

/// A policy under test: how health is judged, where requests go, how they are protected.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Health checks.
    pub health: Health,
    /// Choice of node.
    pub routing: Routing,
    /// Redundancy of requests.
    pub requests: RequestPolicy,
    /// Protection of jobs.
    pub jobs: JobPolicy,
    /// How the backbone finds ways around links that fail.
    pub network: Rerouting,
    /// What nodes do about power.
    pub energy: EnergyPolicy,
}

/// How the backbone finds ways around links that fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rerouting {
    /// Not at all.
    Static,
    /// New shortest paths once all routers have converged.
    #[default]
    Reroute,
    /// A backup prepared for each link takes over after `detection`, until new paths are there.
    FastReroute {
        /// From the failure of a link to its detection at its end.
        detection: SimDuration,
    },
    /// As [`Self::Reroute`], and gateways relay for each other around what their probes have found dead.
    Overlay {
        /// From the failure of a path to its detection by probes.
        detection: SimDuration,
    },
}

/// What nodes do about power.
#[derive(Clone, Debug, Default)]
pub struct EnergyPolicy {
    /// Delay from the return of power to switching on.
    pub stagger: Option<Dist>,
    /// Greatest draw of the nodes and their cooling at full work, as a share of the rating of the breaker.
    pub power_cap: Option<f64>,
    /// Whether no new work is sent to sites whose planned outage has been announced.
    pub heed_notice: bool,
}

/// How the health of nodes is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Health {
    /// Knows the truth at once.
    #[default]
    Oracle,
    /// Suspects nobody.
    None,
    /// Nodes send beats; suspect when none has arrived for `timeout`.
    HeartbeatTimeout {
        /// Time between beats.
        period: SimDuration,
        /// Since the last arrival.
        timeout: SimDuration,
    },
    /// NFD-S (Chen, Toueg, Aguilera): beat i is due by i·period + freshness.
    HeartbeatFreshness {
        /// Time between beats.
        period: SimDuration,
        /// δ.
        freshness: SimDuration,
    },
    /// The gateway probes; suspect after `misses` in a row.
    Probe {
        /// Time between probes.
        period: SimDuration,
        /// Consecutive misses that make a suspect.
        misses: u32,
        /// A reply later than this is a miss.
        timeout: SimDuration,
    },
}

/// How a node is chosen among those not suspected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Routing {
    /// Uniformly at random.
    #[default]
    Random,
    /// In turn.
    RoundRobin,
    /// Shortest of `choices` queues sampled without replacement.
    PowerOfChoices {
        /// How many are sampled.
        choices: u32,
    },
    /// The shortest queue of all.
    LeastLoaded,
}

/// How requests are protected.
#[derive(Clone, Debug)]
pub struct RequestPolicy {
    /// Tries for each copy.
    pub attempts: u32,
    /// An attempt without reply for this long has failed.
    pub timeout: Option<SimDuration>,
    /// Wait before the next try.
    pub backoff: Option<Backoff>,
    /// Copies sent at once to distinct nodes.
    pub copies: u32,
    /// Replies needed.
    pub quorum: u32,
    /// Whether attempts that are no longer needed are cancelled at once.
    pub cancel: bool,
    /// Extra copies for slow requests.
    pub hedge: Option<Hedge>,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self { attempts: 1, timeout: None, backoff: None, copies: 1, quorum: 1, cancel: true, hedge: None }
    }
}

/// Wait before a retry.
#[derive(Clone, Debug, PartialEq)]
pub enum Backoff {
    /// Drawn for each.
    Dist(Dist),
    /// `min(base · factor^(n−1), max) · U(1 − jitter, 1 + jitter)` before the n-th retry.
    Exponential {
        /// Before the first retry.
        base: SimDuration,
        /// Growth.
        factor: f64,
        /// Upper bound.
        max: SimDuration,
        /// Relative half-width of the uniform jitter.
        jitter: f64,
    },
}

/// Extra copies for slow requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// When to send.
    pub after: HedgeAfter,
    /// How many at most.
    pub max: u32,
}

/// When to hedge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HedgeAfter {
    /// This long after the first attempt was sent.
    Fixed(SimDuration),
    /// When the reply is later than this share (0.95 for "p95") of first attempts so far.
    Percentile(f64),
}
