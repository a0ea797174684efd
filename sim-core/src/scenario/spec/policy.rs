//! Policies under test.

use super::health::Health;
use super::supervision::{Ejection, Flapping, Forecast, Gateways, Reputation, SymptomRule, TelemetryPolicy};
use super::{JobPolicy, RequestPolicy, Routing};
use crate::kernel::{Dist, SimDuration};
use crate::quantity::DollarsPerJoule;

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
    /// How objects are kept.
    pub objects: super::ObjectPolicy,
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
#[derive(Clone, Debug)]
pub struct EnergyPolicy {
    /// Delay from the return of power to switching on.
    pub stagger: Option<Dist>,
    /// Greatest draw of the nodes and their cooling at full work, as a share of the rating of the breaker.
    pub power_cap: Option<f64>,
    /// Whether no new work is sent to sites whose planned outage has been announced.
    pub heed_notice: bool,
    /// What nodes do while a battery carries their site for want of mains.
    pub on_battery: OnBattery,
    /// Share of their power above idle that [`OnBattery::Cap`] leaves.
    pub battery_cap: f64,
    /// What nodes do while electricity is dear.
    pub shift: Option<Shift>,
    /// Batteries are charged while electricity is cheap, and carry the load while it is dear.
    pub arbitrage: Option<Arbitrage>,
}

impl Default for EnergyPolicy {
    fn default() -> Self {
        Self {
            stagger: None,
            power_cap: None,
            heed_notice: false,
            on_battery: OnBattery::Run,
            battery_cap: 0.5,
            shift: None,
            arbitrage: None,
        }
    }
}

/// What nodes do on battery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnBattery {
    /// They go on.
    #[default]
    Run,
    /// They draw less.
    Cap,
    /// They get no new work, but finish what they have.
    Drain,
}

/// A bound on the price of electricity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PriceBound {
    /// A price.
    Price(DollarsPerJoule),
    /// The price below or at which electricity is for this share of the time.
    Percentile(f64),
}

/// What nodes do while electricity is dear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// From where on it is dear.
    pub above: PriceBound,
    /// Share of their power above idle that they may draw; at 0, work stands still.
    pub cap: f64,
    /// Instead, they get no new work.
    pub withdraw: bool,
}

/// Trade with batteries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arbitrage {
    /// Up to this price they are charged.
    pub charge_up_to: PriceBound,
    /// Above this price they carry the load.
    pub discharge_above: PriceBound,
    /// Share of the battery that is kept for outages.
    pub reserve: f64,
}
