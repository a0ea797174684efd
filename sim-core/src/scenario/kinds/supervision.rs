//! What a policy makes of what it hears of nodes, beside its health check.

use crate::quantity::{Celsius, Kelvin, PerSecond};
use crate::scenario::declare::{choice, object};
use crate::scenario::read::Reader;
use crate::scenario::scalar::{
    Any, Count, Duration, Flag, Number, OneOrMore, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::spec::{
    Damping, Ejection, Flapping, Forecast, GatewayHost, GatewayView, Gateways, OnlineScore, Policy,
    Reputation, SymptomRule, TelemetryPolicy, Trend,
};
use crate::scenario::tree::Node;

/// What holds between the parts of a policy.
pub(in crate::scenario) fn check_policy(policy: &Policy, node: &Node, reader: &mut Reader<'_>) {
    let online = policy.reputation.is_some_and(|reputation| reputation.online.is_some());
    let readers = [
        ("forecast", policy.forecast.is_some()),
        ("symptoms", policy.symptoms.is_some()),
        ("reputation", online),
    ];
    for (key, _) in readers.into_iter().filter(|(_, reads)| *reads && policy.telemetry.is_none()) {
        reader.fault_in(
            node,
            key,
            format!("`{key}` goes by readings, but the policy has no `telemetry`"),
            "add `\"telemetry\": {\"period\": \"1 min\"}`",
        );
    }
}

object! {
    /// Readings of their sensors that nodes send to the gateway of their region over their access link.
    TelemetryKind: TelemetryPolicy = TelemetryPolicy {
        /// Time between the readings of a node.
        required "period" => period: Duration<Positive>,
    }
}

object! {
    /// When a node that was suspected is trusted again.
    FlappingKind: Flapping = Flapping {
        /// Only after the health check has trusted it without a break for so long.
        default "hold" => hold: Duration = "\"0 s\"",
        /// Penalties that grow with each suspicion. Left out: none.
        optional "damping" => damping: DampingKind,
    }
    check check_flapping
}

fn check_flapping(_: &Flapping, node: &Node, reader: &mut Reader<'_>) {
    let says = node.get("hold").is_some() || node.get("damping").is_some();
    let message = "`flapping` that says nothing: nodes are trusted at once";
    reader.require(says, node, message, "`hold`, `damping` or both; or leave `flapping` out");
}

object! {
    /// Damping as of flapping routes (RFC 2439): each suspicion adds a penalty of 1, which decays exponentially.
    DampingKind: Damping = Damping {
        /// Time in which a penalty halves.
        default "half_life" => half_life: Duration<Positive> = "\"15 min\"",
        /// A node whose penalty exceeds this when it would be trusted again is not.
        default "suppress" => suppress: Number<Positive> = "2",
        /// It is trusted once its penalty is down to this.
        default "reuse" => reuse: Number<Positive> = "0.75",
        /// Longest time for which it is kept back.
        default "most" => most: Duration<Positive> = "\"60 min\"",
    }
    check check_damping
}

fn check_damping(damping: &Damping, node: &Node, reader: &mut Reader<'_>) {
    if damping.reuse > damping.suppress {
        let message = format!("`reuse` ({}) exceeds `suppress` ({})", damping.reuse, damping.suppress);
        reader.fault_in(node, "reuse", message, "at most `suppress`");
    }
}

object! {
    /// Ejection of outliers, after Envoy: what the gateway sees of replies decides, not health messages.
    EjectionKind: Ejection = Ejection {
        /// Time between comparisons of nodes, counted from the first reply after the last one.
        default "interval" => interval: Duration<Positive> = "\"10 s\"",
        /// A node is ejected if its mean latency exceeds that of the median node this many times. Left out: slowness does not matter.
        optional "slow" => slow: Number<OneOrMore>,
        /// Weight of a reply in the exponentially weighted mean latency of a node.
        default "weight" => weight: Number<PositiveUnit> = "0.1",
        /// Replies that a node must have given, since its last ejection, to be compared.
        default "replies" => replies: Count<1> = "20",
        /// Attempts in a row that were rejected or timed out, after which a node is ejected at once. Left out: they do not matter.
        optional "failures" => failures: Count<1>,
        /// How long the first ejection lasts; the n-th lasts n times as long.
        default "lasts" => lasts: Duration<Positive> = "\"30 s\"",
        /// Longest ejection.
        default "most" => most: Duration<Positive> = "\"300 s\"",
        /// At most this share of all nodes is ejected at the same time, but always one.
        default "share" => share: Probability = "0.1",
    }
    check check_ejection
}

fn check_ejection(ejection: &Ejection, node: &Node, reader: &mut Reader<'_>) {
    let ejects = ejection.slow.is_some() || ejection.failures.is_some();
    let message = "nothing is ejected for: neither `slow` nor `failures`";
    reader.require(ejects, node, message, "add one of them");
    if ejection.most < ejection.lasts {
        let message = format!("`most` ({}) is less than `lasts` ({})", ejection.most, ejection.lasts);
        reader.fault_in(node, "most", message, "a time of at least `lasts`");
    }
}

object! {
    /// A forecast of temperatures from readings.
    ForecastKind: Forecast = Forecast {
        /// The temperature that is not to be reached. Left out: that at which the node's type is throttled, or else shut down.
        optional "at" => at: Quantity<Celsius, Any>,
        /// A node is withdrawn if it will be there within this time.
        required "horizon" => horizon: Duration<Positive>,
        /// It is used again when a reading is this much below the temperature, and no longer on the way there.
        default "margin" => margin: Quantity<Kelvin, Positive> = "\"5 K\"",
        /// How temperatures go on.
        default "trend" => trend: TrendKind = "{\"linear\": {}}",
    }
}

choice! {
    /// How a series of readings goes on.
    TrendKind: Trend {
        words {
            /// Towards a steady state, by the exponential through the last three readings: exact for a node of one mass at constant power.
            "exponential" => Trend::Exponential,
        }
        objects {
            /// In a straight line: Holt's double exponential smoothing.
            "linear" => LinearTrendKind,
        }
    }
}

object! {
    /// Holt's level and slope.
    LinearTrendKind: Trend = Trend::Linear {
        /// Weight of a reading in the level.
        default "level" => level: Number<PositiveUnit> = "0.5",
        /// Weight of a change of the level in the slope.
        default "slope" => slope: Number<PositiveUnit> = "0.3",
    }
}

object! {
    /// Symptoms that readings show.
    SymptomsKind: SymptomRule = SymptomRule {
        /// Reported errors of at least this rate are one. Left out: errors do not matter.
        optional "errors" => errors: Quantity<PerSecond, Positive>,
        /// Service that takes at least this many times as long is one. Left out: slowness does not matter.
        optional "slowdown" => slowdown: Number<OneOrMore>,
        /// Whether being throttled by heat is one.
        default "throttled" => throttled: Flag = "false",
        /// Readings in a row that must show one.
        default "readings" => readings: Count<1, 65_535> = "1",
        /// Readings in a row without one, until the node is used again.
        default "clear" => clear: Count<1, 65_535> = "3",
    }
    check check_symptoms
}

fn check_symptoms(rule: &SymptomRule, node: &Node, reader: &mut Reader<'_>) {
    let counts = rule.errors.is_some() || rule.slowdown.is_some() || rule.throttled;
    let message = "no symptom counts: neither `errors` nor `slowdown` nor `throttled`";
    reader.require(counts, node, message, "add at least one of them");
}

object! {
    /// Beta reputation (Josang and Ismail, 2002) with the parameters of Storj's audits: each report changes alpha and beta to
    /// `memory * alpha + weight * good` and `memory * beta + weight * bad`; the score is alpha / (alpha + beta).
    ReputationKind: Reputation = Reputation {
        /// What is left of the record at each further report.
        default "memory" => memory: Number<PositiveUnit> = "0.999",
        /// Weight of a report.
        default "weight" => weight: Number<Positive> = "1",
        /// Alpha at the beginning.
        default "alpha" => alpha: Number<Positive> = "1000",
        /// Beta at the beginning.
        default "beta" => beta: Number<crate::scenario::scalar::NonNegative> = "0",
        /// A node whose score falls below this is not used any more. Left out: that never happens.
        optional "disqualify" => disqualify: Probability,
        /// A node whose score is below this is not used until it is above it again, or `retry` has passed. Left out: that never happens.
        optional "suspend" => suspend: Probability,
        /// A suspended node is tried again after this, since a node without work cannot mend its record.
        default "retry" => retry: Duration<Positive> = "\"1 h\"",
        /// Good reports that a node needs before it counts as vetted.
        default "vetting" => vetting: Count<0> = "0",
        /// Whether replies (good) and attempts without one (bad) are reports.
        default "replies" => replies: Flag = "true",
        /// The score of being online; takes `telemetry`. Left out: it does not matter.
        optional "online" => online: OnlineKind,
    }
    check check_reputation
}

fn check_reputation(reputation: &Reputation, node: &Node, reader: &mut Reader<'_>) {
    if let (Some(disqualify), Some(suspend)) = (reputation.disqualify, reputation.suspend)
        && suspend < disqualify
    {
        let message = format!("a node is disqualified below {disqualify}, before it is suspended");
        reader.fault_in(node, "suspend", message, "more than `disqualify`");
    }
    let matters =
        reputation.disqualify.is_some() || reputation.suspend.is_some() || reputation.online.is_some();
    let message = "a record without consequence: neither `disqualify` nor `suspend` nor `online`";
    reader.require(matters, node, message, "add at least one of them");
}

object! {
    /// The share of time windows in which a node was up, as in Storj.
    OnlineKind: OnlineScore = OnlineScore {
        /// Length of a window.
        default "window" => window: Duration<Positive> = "\"12 h\"",
        /// How many windows count.
        default "windows" => windows: Count<1, 1000> = "60",
        /// A node is suspended while its score is below this.
        default "threshold" => threshold: Probability = "0.6",
    }
}

object! {
    /// Gateways: where requests enter, and from where nodes are watched.
    GatewaysKind: Gateways = Gateways {
        /// Whose view of a node counts.
        default "view" => view: GatewayViewKind = "\"shared\"",
        /// What gateways run on.
        default "on" => host: GatewayHostKind = "\"apart\"",
        /// From the failure of a gateway to the moment at which its requests enter at the nearest other one. Left out: they are lost
        /// until it is back.
        optional "failover" => failover: Duration,
    }
}

choice! {
    /// Whose view of a node counts.
    GatewayViewKind: GatewayView {
        words {
            /// All gateways know what the one of the node's own region sees.
            "shared" => GatewayView::Shared,
            /// Each gateway watches all nodes by itself, across the backbone.
            "each" => GatewayView::Each,
        }
    }
}

choice! {
    /// What gateways run on.
    GatewayHostKind: GatewayHost {
        words {
            /// On machines that fail only by faults on purpose.
            "apart" => GatewayHost::Apart,
            /// Each on a node of its region.
            "nodes" => GatewayHost::Nodes,
        }
    }
}
