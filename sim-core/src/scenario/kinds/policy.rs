//! Policies under test.

use crate::kernel::SimDuration;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::problem::nearest;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, Number, OneOrMore, Positive, Probability};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{
    Backoff, EnergyPolicy, Health, Hedge, HedgeAfter, Policy, RequestPolicy, Routing,
};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// A policy under test. Left out, everything is ideal or plain: health is known, nodes are chosen at random, one attempt.
    PolicyKind: Policy = Policy {
        /// How the health of nodes is judged.
        default "health" => health: HealthKind = "\"oracle\"",
        /// How a node is chosen among those not suspected.
        default "routing" => routing: RoutingKind = "\"random\"",
        /// How requests are protected.
        default "requests" => requests: RequestPolicyKind = "{}",
        /// How the backbone finds ways around links that fail.
        default "network" => network: super::backbone::ReroutingKind = "\"reroute\"",
        /// What nodes do about power.
        default "energy" => energy: EnergyPolicyKind = "{}",
        /// How objects are kept.
        default "objects" => objects: super::object_policy::NamedObjectPolicy = "{}",
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

choice! {
    /// How a node is chosen among those not suspected.
    RoutingKind: Routing {
        words {
            /// Uniformly at random.
            "random" => Routing::Random,
            /// In turn.
            "round_robin" => Routing::RoundRobin,
            /// The shortest queue of all.
            "least_loaded" => Routing::LeastLoaded,
        }
        objects {
            /// The shortest of some queues sampled without replacement.
            "power_of_choices" => PowerOfChoicesKind,
        }
    }
}

object! {
    /// The shortest of some queues.
    PowerOfChoicesKind: Routing = Routing::PowerOfChoices {
        /// How many are sampled.
        default "choices" => choices: Count<1, 64> = "2",
    }
}

object! {
    /// How requests are protected.
    RequestPolicyKind: RequestPolicy = RequestPolicy {
        /// Tries for each copy, the first included. A try fails by `timeout`, by rejection, or because its node is suspected.
        default "attempts" => attempts: Count<1, 1000> = "1",
        /// An attempt without reply for this long has failed. Left out: it waits for ever.
        optional "timeout" => timeout: Duration<Positive>,
        /// Wait before the next try. Left out: none.
        optional "backoff" => backoff: BackoffKind,
        /// Copies sent at once, to distinct nodes.
        default "copies" => copies: Count<1, 1000> = "1",
        /// Replies needed.
        default "quorum" => quorum: Count<1> = "1",
        /// Whether attempts that are no longer needed are cancelled at once.
        default "cancel" => cancel: Flag = "true",
        /// Extra copies for slow requests. Left out: none.
        optional "hedge" => hedge: HedgeKind,
    }
    check check_requests
}

fn check_requests(it: &RequestPolicy, node: &Node, reader: &mut Reader<'_>) {
    let most = it.copies.saturating_add(it.hedge.map_or(0, |hedge| hedge.max));
    if it.quorum > most {
        let message = format!(
            "a quorum of {} needs more replies than the {most} copies and hedges can give",
            it.quorum
        );
        reader.fault_in(node, "quorum", message, format!("a whole number from 1 to {most}"));
    }
}

/// A wait before a retry: drawn, or growing.
pub(in crate::scenario) struct BackoffKind;

object! {
    /// `min(base factor^(n-1), max) U(1 - jitter, 1 + jitter)` before the n-th retry.
    ExponentialBackoff: Backoff = Backoff::Exponential {
        /// Before the first retry.
        required "base" => base: Duration<Positive>,
        /// Growth from retry to retry.
        default "factor" => factor: Number<OneOrMore> = "2",
        /// Upper bound.
        default "max" => max: Duration<Positive> = "\"1 h\"",
        /// Relative half-width of the uniform jitter.
        default "jitter" => jitter: Probability = "0",
    }
    check check_backoff
}

fn check_backoff(backoff: &Backoff, node: &Node, reader: &mut Reader<'_>) {
    if let Backoff::Exponential { base, max, .. } = backoff
        && max < base
    {
        reader.fault_in(
            node,
            "max",
            format!("`max` ({max}) is less than `base` ({base})"),
            "a time of at least `base`",
        );
    }
}

impl Kind for BackoffKind {
    type Out = Backoff;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Backoff, Json)> {
        if ["base", "factor", "max", "jitter"].iter().any(|key| node.get(key).is_some()) {
            return ExponentialBackoff::read(node, reader);
        }
        Durations::read(node, reader).map(|(dist, json)| (Backoff::Dist(dist), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [ExponentialBackoff::schema(definitions), Durations::schema(definitions)] })
    }
}

object! {
    /// Extra copies for slow requests.
    HedgeKind: Hedge = Hedge {
        /// When to send one: a time after the first attempt, or a percentile of the latencies so far.
        required "after" => after: HedgeAfterKind,
        /// How many at most.
        default "max" => max: Count<1, 1000> = "1",
    }
}

/// A time, or a percentile such as "p95".
pub(in crate::scenario) struct HedgeAfterKind;

/// 0.95 of "p95", 0.999 of "p999".
fn percentile(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('p')?;
    let valid = (2..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| format!("0.{digits}").parse().ok())?.filter(|share| *share > 0.0)
}

impl Kind for HedgeAfterKind {
    type Out = HedgeAfter;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(HedgeAfter, Json)> {
        if let Some(text) = node.text()
            && text.starts_with(|first: char| first.is_alphabetic())
        {
            let Some(share) = percentile(text) else {
                let near = nearest(text, ["p50", "p90", "p95", "p99", "p999"])
                    .map_or_else(String::new, |it| format!("did you mean `{it}`? "));
                reader.fault(
                    node.span,
                    format!("{text:?} is not a percentile"),
                    format!("{near}accepted: a time, or a percentile like \"p95\""),
                );
                return None;
            };
            return Some((HedgeAfter::Percentile(share), text.into()));
        }
        Duration::<crate::scenario::scalar::NonNegative>::read(node, reader)
            .map(|(after, json)| (HedgeAfter::Fixed(after), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let time = Duration::<crate::scenario::scalar::NonNegative>::schema(definitions);
        json!({ "anyOf": [time, { "type": "string", "pattern": "^p[0-9]{2,6}$", "examples": ["p95"] }] })
    }
}
