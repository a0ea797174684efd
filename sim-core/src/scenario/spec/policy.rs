//! Policies under test.

use super::health::Health;
use super::supervision::{Ejection, Flapping, Forecast, Gateways, Reputation, SymptomRule, TelemetryPolicy};
use super::{RequestPolicy, Routing};
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
    /// How the backbone finds ways around links that fail.
    pub network: Rerouting,
    /// What nodes do about power.
    pub energy: EnergyPolicy,
    /// Readings of sensors that nodes send.
    pub telemetry: Option<TelemetryPolicy>,
    /// When a node that was suspected is trusted again.
    pub flapping: Option<Flapping>,
    /// Nodes whose replies are slow or stay away get no work for some time.
    pub ejection: Option<Ejection>,
    /// Nodes that will be too hot get no work.
    pub forecast: Option<Forecast>,
    /// Nodes that show symptoms get no work.
    pub symptoms: Option<SymptomRule>,
    /// Nodes with a bad record get no work.
    pub reputation: Option<Reputation>,
    /// Whose view counts, and what becomes of requests at a gateway that is down.
    pub gateways: Option<Gateways>,
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

