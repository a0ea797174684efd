//! Policies under test.

use crate::kernel::SimDuration;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, Number, Positive};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{EnergyPolicy, Health, Policy};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

object! {
    /// A policy under test. Left out, everything is ideal or plain: health is known, nodes are chosen at random, one attempt.
    PolicyKind: Policy = Policy {
        /// How the health of nodes is judged.
        default "health" => health: HealthKind = "\"oracle\"",
        /// How a node is chosen among those not suspected.
        default "routing" => routing: super::routing::RoutingKind = "\"random\"",
        /// How requests are protected.
        default "requests" => requests: super::request_policy::RequestPolicyKind = "{}",
        /// How the backbone finds ways around links that fail.
        default "network" => network: super::backbone::ReroutingKind = "\"reroute\"",
        /// What nodes do about power.
        default "energy" => energy: EnergyPolicyKind = "{}",
    }
}

object! {
    /// What nodes do about power. Left out: they switch on when power returns, and draw what their work takes.
    EnergyPolicyKind: EnergyPolicy = EnergyPolicy {
        /// Delay from the return of power to switching on, drawn for each node and time. Left out: none.
        optional "stagger" => stagger: Durations,
        /// Greatest draw of the nodes of a site and their cooling, all slots busy, as a share of the rating of its breaker; all nodes are
        /// capped alike. Left out: no cap.
        optional "power_cap" => power_cap: Number<Positive>,
        /// Whether no new work is sent to sites whose planned outage has been announced, until it is over.
        default "heed_notice" => heed_notice: Flag = "false",
    }
}

impl Catalogued for PolicyKind {
    const CATALOG: Option<&'static str> = None;
}

choice! {
    /// How the health of nodes is judged.
    HealthKind: Health {
        words {
            /// The truth at once.
            "oracle" => Health::Oracle,
            /// Nobody is suspected.
            "none" => Health::None,
        }
        objects {
            /// Nodes send beats; a node whose beats stay away is suspected.
            "heartbeat" => HeartbeatKind,
            /// The gateway asks and nodes answer; a node that misses several in a row is suspected.
            "probe" => ProbeKind,
        }
    }
}

/// A heartbeat detector with one of its two deadlines.
pub(in crate::scenario) struct Heartbeat {
    period: SimDuration,
    timeout: Option<SimDuration>,
    freshness: Option<SimDuration>,
}

object! {
    /// Heartbeats; give exactly one of `timeout` and `freshness`.
    HeartbeatFields: Heartbeat = Heartbeat {
        /// Time between beats.
        required "period" => period: Duration<Positive>,
        /// A node is suspected when no beat has arrived for this long.
        optional "timeout" => timeout: Duration<Positive>,
        /// NFD-S of Chen, Toueg and Aguilera: beat i is due by i times the period plus this.
        optional "freshness" => freshness: Duration,
    }
}

/// [`HeartbeatFields`] as a detector.
pub(in crate::scenario) struct HeartbeatKind;

impl Kind for HeartbeatKind {
    type Out = Health;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Health, Json)> {
        let (it, json) = HeartbeatFields::read(node, reader)?;
        let period = it.period;
        let health = match (it.timeout, it.freshness) {
            (Some(timeout), None) => Health::HeartbeatTimeout { period, timeout },
            (None, Some(freshness)) => Health::HeartbeatFreshness { period, freshness },
            _ => {
                let message = "a heartbeat takes exactly one of `timeout` and `freshness`";
                reader.fault(node.span, message, "`timeout`: time since the last arrival; `freshness`: allowance on the time a beat is due");
                return None;
            }
        };
        Some((health, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        HeartbeatFields::schema(definitions)
    }
}

object! {
    /// Probes from the gateway.
    ProbeKind: Health = Health::Probe {
        /// Time between probes.
        required "period" => period: Duration<Positive>,
        /// Consecutive misses that make a suspect.
        default "misses" => misses: Count<1> = "1",
        /// A reply later than this is a miss.
        required "timeout" => timeout: Duration<Positive>,
    }
}
