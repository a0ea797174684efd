//! Policies under test.

use crate::scenario::declare::object;
use crate::scenario::section::Catalogued;
use crate::scenario::spec::Policy;

object! {
    /// A policy under test. Left out, everything is ideal or plain: health is known, nodes are chosen at random, one attempt.
    PolicyKind: Policy = Policy {
        /// How the health of nodes is judged.
        default "health" => health: super::health::HealthKind = "\"oracle\"",
        /// How a node is chosen among those not suspected.
        default "routing" => routing: super::routing::RoutingKind = "\"random\"",
        /// How requests are protected.
        default "requests" => requests: super::request_policy::RequestPolicyKind = "{}",
        /// How jobs are protected.
        default "jobs" => jobs: super::job_policy::JobPolicyKind = "{}",
        /// How the backbone finds ways around links that fail.
        default "network" => network: super::backbone::ReroutingKind = "\"reroute\"",
        /// What nodes do about power.
        default "energy" => energy: super::energy_policy::EnergyPolicyKind = "{}",
        /// Readings of their sensors that nodes send. Left out: none.
        optional "telemetry" => telemetry: super::supervision::TelemetryKind,
        /// When a node that was suspected is trusted again. Left out: as soon as the health check trusts it.
        optional "flapping" => flapping: super::supervision::FlappingKind,
        /// Nodes whose replies are slow or stay away get no new work for some time. Left out: they are used like others.
        optional "ejection" => ejection: super::supervision::EjectionKind,
        /// Nodes that will soon be too hot get no new work until they have cooled; takes `telemetry`. Left out: nobody foresees it.
        optional "forecast" => forecast: super::supervision::ForecastKind,
        /// Nodes that report symptoms of a coming failure get no new work; takes `telemetry`. Left out: nobody minds.
        optional "symptoms" => symptoms: super::supervision::SymptomsKind,
        /// Nodes with a bad record get no new work. Left out: no record is kept.
        optional "reputation" => reputation: super::supervision::ReputationKind,
        /// Whose view of nodes counts, and what becomes of requests at a gateway that is down. Left out: all gateways share a
        /// view, and do not stand in for each other.
        optional "gateways" => gateways: super::supervision::GatewaysKind,
        /// How objects are kept.
        default "objects" => objects: super::object_policy::NamedObjectPolicy = "{}",
    }
    check super::supervision::check_policy
}

impl Catalogued for PolicyKind {
    const CATALOG: Option<&'static str> = None;
}
