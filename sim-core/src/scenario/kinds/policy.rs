//! Policies under test.

use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::problem::nearest;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, Number, OneOrMore, Positive, Probability};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{Backoff, EnergyPolicy, Hedge, HedgeAfter, Policy, RequestPolicy, Routing};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

object! {
    /// A policy under test. Left out, everything is ideal or plain: health is known, nodes are chosen at random, one attempt.
    PolicyKind: Policy = Policy {
        /// How the health of nodes is judged.
        default "health" => health: super::health::HealthKind = "\"oracle\"",
        /// How a node is chosen among those not suspected.
        default "routing" => routing: RoutingKind = "\"random\"",
        /// How requests are protected.
        default "requests" => requests: RequestPolicyKind = "{}",
        /// How the backbone finds ways around links that fail.
        default "network" => network: super::backbone::ReroutingKind = "\"reroute\"",
        /// What nodes do about power.
        default "energy" => energy: EnergyPolicyKind = "{}",
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
    }
    check super::supervision::check_policy
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
