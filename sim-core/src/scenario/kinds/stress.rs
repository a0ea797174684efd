//! What a policy does about requests under stress: budgets, timeouts that adapt, circuit breakers, shedding, limits.

use super::request_policy::percentile;
use crate::kernel::SimDuration;
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, NonNegative, Number, Positive, PositiveUnit, Text};
use crate::scenario::spec::{
    Budget, CircuitBreaker, ConcurrencyLimit, ControlledDelay, Shedding, Timeout, TimeoutBounds,
};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};
use std::fmt::Display;

/// Tokens of a budget that is given as a share.
const SHARE_TOKENS: f64 = 10.0;

/// A share of the requests, or a bucket of tokens.
///
/// A share b is a bucket of 10 tokens that starts empty and gets b for each request: over any time, what it allows is at most b times the
/// requests and 10 more, so that with c copies a request has at most c + b attempts in the long run.
pub(in crate::scenario) struct BudgetKind;

/// The fields of a bucket.
pub(in crate::scenario) struct Bucket {
    tokens: f64,
    per_request: Option<f64>,
    per_success: Option<f64>,
}

object! {
    /// A bucket that starts full; each use costs a token. Give exactly one of `per_request` and `per_success`.
    BucketFields: Bucket = Bucket {
        /// Most tokens.
        default "tokens" => tokens: Number<NonNegative> = "10",
        /// Tokens for each request that enters.
        optional "per_request" => per_request: Number<NonNegative>,
        /// Tokens for each request that succeeds.
        optional "per_success" => per_success: Number<NonNegative>,
    }
}

impl Kind for BudgetKind {
    type Out = Budget;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Budget, Json)> {
        if !matches!(node.value, Value::Object(_)) {
            let (share, json) = Number::<NonNegative>::read(node, reader)?;
            let tokens = SHARE_TOKENS.max(share);
            return Some((Budget { tokens, full: false, per_request: share, per_success: 0.0 }, json));
        }
        let (it, json) = BucketFields::read(node, reader)?;
        if it.per_request.is_some() == it.per_success.is_some() {
            let message = "a bucket is filled by exactly one of `per_request` and `per_success`";
            reader.fault(
                node.span,
                message,
                "`per_request`: for each that enters; `per_success`: for each that succeeds",
            );
            return None;
        }
        let (per_request, per_success) = (it.per_request.unwrap_or(0.0), it.per_success.unwrap_or(0.0));
        Some((Budget { tokens: it.tokens, full: true, per_request, per_success }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let share = Number::<NonNegative>::schema(definitions);
        json!({ "anyOf": [share, BucketFields::schema(definitions)] })
    }
}

/// A fixed time, or one that adapts itself.
pub(in crate::scenario) struct TimeoutKind;

/// The fields of a timeout that adapts itself.
pub(in crate::scenario) struct Adaptive {
    percentile: Option<f64>,
    times: f64,
    initial: SimDuration,
    least: SimDuration,
    most: SimDuration,
}

object! {
    /// With `percentile`, `times` that of the latencies so far; without, the smoothed round trip and four times its deviation.
    AdaptiveTimeout: Adaptive = Adaptive {
        /// A percentile of the latencies of attempts, such as "p99".
        optional "percentile" => percentile: PercentileKind,
        /// Multiple of the percentile.
        default "times" => times: Number<Positive> = "1",
        /// Before enough has been seen.
        default "initial" => initial: Duration<Positive> = "\"1 s\"",
        /// Never less.
        default "least" => least: Duration<Positive> = "\"10 ms\"",
        /// Never more.
        default "most" => most: Duration<Positive> = "\"60 s\"",
    }
    check check_adaptive
}

fn check_adaptive(it: &Adaptive, node: &Node, reader: &mut Reader<'_>) {
    check_initial([it.least, it.initial, it.most], node, reader);
}

/// Whether something that adapts itself begins between its bounds.
fn check_initial<T: PartialOrd + Display>(
    [least, initial, most]: [T; 3],
    node: &Node,
    reader: &mut Reader<'_>,
) {
    if least > initial || initial > most {
        let message = format!("`initial` ({initial}) does not lie between {least} and {most}");
        reader.fault_in(node, "initial", message, "`least` at most `initial`, and that at most `most`");
    }
}

impl Kind for TimeoutKind {
    type Out = Timeout;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Timeout, Json)> {
        if !matches!(node.value, Value::Object(_)) {
            return Duration::<Positive>::read(node, reader).map(|(it, json)| (Timeout::Fixed(it), json));
        }
        let (Adaptive { percentile, times, initial, least, most }, json) =
            AdaptiveTimeout::read(node, reader)?;
        let bounds = TimeoutBounds { initial, least, most };
        let timeout = percentile.map_or(Timeout::RoundTrip(bounds), |share| Timeout::Percentile {
            share,
            times,
            bounds,
        });
        Some((timeout, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let fixed = Duration::<Positive>::schema(definitions);
        json!({ "anyOf": [fixed, AdaptiveTimeout::schema(definitions)] })
    }
}

/// "p99" as 0.99.
pub(in crate::scenario) struct PercentileKind;

impl Kind for PercentileKind {
    type Out = f64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, Json)> {
        match node.text().and_then(percentile) {
            Some(share) => Some((share, node.text()?.into())),
            None => reader.mismatch(node, "a percentile like \"p99\""),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let mut schema = Text::schema(definitions);
        schema["pattern"] = "^p[0-9]{2,6}$".into();
        schema
    }
}

object! {
    /// A breaker for each node. Closed, it counts; open, the node is no candidate; half open, a few attempts try it.
    CircuitBreakerKind: CircuitBreaker = CircuitBreaker {
        /// So many failures in a row open it.
        optional "failures" => failures: Count<1>,
        /// This share of failures opens it.
        optional "share" => share: Number<PositiveUnit>,
        /// Attempts that must have been judged before `share` says something.
        default "volume" => volume: Count<1> = "20",
        /// Attempts fade from `share` with this time constant.
        default "window" => window: Duration<Positive> = "\"10 s\"",
        /// How long it stays open.
        default "open" => open: Duration<Positive> = "\"30 s\"",
        /// Attempts that may be under way while it is half open.
        default "trials" => trials: Count<1> = "1",
        /// At most this share of all nodes is left alone.
        default "most" => most: Number<PositiveUnit> = "1",
    }
    check check_breaker
}

fn check_breaker(it: &CircuitBreaker, node: &Node, reader: &mut Reader<'_>) {
    let opens = it.failures.is_some() || it.share.is_some();
    reader.require(
        opens,
        node,
        "nothing opens this breaker",
        "`failures` in a row, a `share` of them, or both",
    );
}

object! {
    /// What nodes turn away, with an answer at once.
    SheddingKind: Shedding = Shedding {
        /// Attempts that find so many waiting.
        optional "queue" => queue: Count<0>,
        /// Attempts that have waited so long when a slot is free.
        optional "age" => age: Duration<Positive>,
        /// Attempts that have waited too long for how long the queue has stood.
        optional "codel" => codel: ControlledDelayKind,
        /// Attempts whose request is past its deadline when a slot is free.
        default "overdue" => overdue: Flag = "false",
        /// Whether the newest is served first while a queue stands.
        default "newest_first" => newest_first: Flag = "false",
    }
    check check_shedding
}

fn check_shedding(it: &Shedding, node: &Node, reader: &mut Reader<'_>) {
    let sheds = *it != Shedding::default();
    let help = "at least one of `queue`, `age`, `codel`, `overdue`, `newest_first`";
    reader.require(sheds, node, "this sheds nothing", help);
}

object! {
    /// Bounds of the wait: `target` while the queue has not been empty for `interval`, else `interval`.
    ControlledDelayKind: ControlledDelay = ControlledDelay {
        /// While a queue stands.
        default "target" => target: Duration<Positive> = "\"5 ms\"",
        /// Before; and how long a queue stands before it counts as standing.
        default "interval" => interval: Duration<Positive> = "\"100 ms\"",
    }
}

object! {
    /// A limit that grows by one a round trip while it is used and all is well, and falls to a share of itself at a failure.
    ConcurrencyKind: ConcurrencyLimit = ConcurrencyLimit {
        /// At first.
        default "initial" => initial: Count<1> = "20",
        /// Never less.
        default "least" => least: Count<1> = "1",
        /// Never more.
        default "most" => most: Count<1> = "1000",
        /// What a failure leaves of it.
        default "decrease" => decrease: Number<PositiveUnit> = "0.9",
        /// Replies later than this count as failures. Left out: none do.
        optional "latency" => latency: Duration<Positive>,
    }
    check check_concurrency
}

fn check_concurrency(it: &ConcurrencyLimit, node: &Node, reader: &mut Reader<'_>) {
    check_initial([it.least, it.initial, it.most], node, reader);
}
