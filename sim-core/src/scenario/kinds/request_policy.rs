//! How requests are protected.

use super::stress::{BudgetKind, CircuitBreakerKind, ConcurrencyKind, SheddingKind, TimeoutKind};
use crate::scenario::declare::object;
use crate::scenario::dist::Durations;
use crate::scenario::problem::nearest;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Flag, Number, OneOrMore, Positive, Probability};
use crate::scenario::spec::{Backoff, Hedge, HedgeAfter, RequestPolicy};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

/// Copies of a request at most.
const COPIES_MAX: u32 = 10_000;

/// Replies at most: of all copies and hedges.
const QUORUM_MAX: u32 = 11_000;

/// Attempts of a request at most: they are numbered by 16 bits.
const ATTEMPTS_MAX: u32 = u16::MAX as u32;

object! {
    /// How requests are protected.
    RequestPolicyKind: RequestPolicy = RequestPolicy {
        /// Tries for each copy, the first included. A try fails by `timeout`, by rejection, or because its node is suspected.
        default "attempts" => attempts: Count<1, 1000> = "1",
        /// An attempt without reply for this long has failed: a time, or one that adapts itself. Left out: it waits for ever.
        optional "timeout" => timeout: TimeoutKind,
        /// Wait before the next try. Left out: none.
        optional "backoff" => backoff: BackoffKind,
        /// Copies sent at once, to distinct nodes.
        default "copies" => copies: Count<1, COPIES_MAX> = "1",
        /// Replies needed.
        default "quorum" => quorum: Count<1, QUORUM_MAX> = "1",
        /// Whether attempts that are no longer needed are cancelled at once.
        default "cancel" => cancel: Flag = "true",
        /// Whether an attempt fails at once when its node comes to be suspected, so that the next try begins. Left out: it does. If not, a suspicion
        /// only keeps new work away.
        optional "fail_on_suspicion" => fail_on_suspicion: Flag,
        /// Extra copies for slow requests. Left out: none.
        optional "hedge" => hedge: HedgeKind,
        /// Whether the attempt that is served first cancels, by message from node to node, the others of its request that still wait.
        default "tied" => tied: Flag = "false",
        /// How many retries there may be: a share of the requests, or a bucket of tokens. Left out: any number. A share b is a bucket of at
        /// most 10 tokens, empty at first, that gets b for each request; so with c `copies` a request has at most c + b attempts in the
        /// long run.
        optional "retry_budget" => retry_budget: BudgetKind,
        /// When nodes that fail are left alone. Left out: never.
        optional "circuit_breaker" => circuit_breaker: CircuitBreakerKind,
        /// What nodes turn away. Left out: only what their type says.
        optional "shedding" => shedding: SheddingKind,
        /// How many requests a gateway has under way at once; it turns away what is more. Left out: any number.
        optional "concurrency" => concurrency: ConcurrencyKind,
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
    let hedges = it.hedge.map_or(0, |hedge| hedge.max);
    let attempts = it.copies * it.attempts + hedges;
    if attempts > ATTEMPTS_MAX {
        let message = format!(
            "{} copies of {} tries and {hedges} hedges are {attempts} attempts of a request; {ATTEMPTS_MAX} can be told apart",
            it.copies, it.attempts
        );
        let most = (ATTEMPTS_MAX - hedges) / it.copies;
        reader.fault_in(node, "attempts", message, format!("a whole number from 1 to {most}"));
    }
    if it.tied && it.quorum > 1 {
        let message =
            format!("tied attempts cancel each other, so a quorum of {} is never reached", it.quorum);
        reader.fault_in(node, "tied", message, "`tied` with a quorum of 1");
    }
}

/// A wait before a retry: drawn, or growing.
pub(in crate::scenario) struct BackoffKind;

object! {
    /// `min(base factor^(n-1), max) U(1 - jitter, 1 + jitter)` before the n-th retry.
    ExponentialBackoff: Backoff = Backoff::Exponential {
        /// Before the first retry.
        required "base" => base: Duration<Positive>,
        /// Growth from retry to retry. Default: binary exponential backoff (IEEE 802.3), `[M]`.
        default "factor" => factor: Number<OneOrMore> = "2",
        /// Upper bound. Default: so high that it rarely binds, `[A]`.
        default "max" => max: Duration<Positive> = "\"1 h\"",
        /// Relative half-width of the uniform jitter. Default: none unless asked for, `[A]`.
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
        /// How many at most for each request. Default: one backup request (Dean and Barroso, CACM 56(2), 2013), `[M]`.
        default "max" => max: Count<1, 1000> = "1",
        /// How many there may be in all: a share of the requests, or a bucket of tokens. Left out: any number.
        optional "budget" => budget: BudgetKind,
    }
}

/// A time, or a percentile such as "p95".
pub(in crate::scenario) struct HedgeAfterKind;

/// 0.95 of "p95", 0.999 of "p999".
pub(super) fn percentile(text: &str) -> Option<f64> {
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
                let message = format!("{text:?} is not a percentile");
                reader.fault(
                    node.span,
                    message,
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
