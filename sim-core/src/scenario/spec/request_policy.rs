//! How requests are protected.

use crate::kernel::{Dist, SimDuration};

/// How requests are protected.
#[derive(Clone, Debug)]
pub struct RequestPolicy {
    /// Tries for each copy.
    pub attempts: u32,
    /// When an attempt without reply has failed; `None` = never.
    pub timeout: Option<Timeout>,
    /// Wait before the next try.
    pub backoff: Option<Backoff>,
    /// Copies sent at once to distinct nodes.
    pub copies: u32,
    /// Replies needed.
    pub quorum: u32,
    /// Whether attempts that are no longer needed are cancelled at once.
    pub cancel: bool,
    /// Whether an attempt fails when its node comes to be suspected; `None`: it does.
    pub fail_on_suspicion: Option<bool>,
    /// Extra copies for slow requests.
    pub hedge: Option<Hedge>,
    /// Whether the attempt that is served first cancels the others of its request that still wait.
    pub tied: bool,
    /// How many retries there may be.
    pub retry_budget: Option<Budget>,
    /// When nodes that fail are left alone.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// What nodes turn away.
    pub shedding: Option<Shedding>,
    /// How many requests a gateway has under way at once.
    pub concurrency: Option<ConcurrencyLimit>,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self {
            attempts: 1,
            timeout: None,
            backoff: None,
            copies: 1,
            quorum: 1,
            cancel: true,
            fail_on_suspicion: None,
            hedge: None,
            tied: false,
            retry_budget: None,
            circuit_breaker: None,
            shedding: None,
            concurrency: None,
        }
    }
}

/// When an attempt without reply has failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Timeout {
    /// After this long.
    Fixed(SimDuration),
    /// After a multiple of a percentile of the latencies so far.
    Percentile {
        /// 0.99 for "p99".
        share: f64,
        /// The multiple.
        times: f64,
        /// Bounds.
        bounds: TimeoutBounds,
    },
    /// After the smoothed round trip and four times its smoothed deviation.
    RoundTrip(TimeoutBounds),
}

impl Timeout {
    /// The longest that it may be.
    pub fn longest(&self) -> SimDuration {
        match self {
            Self::Fixed(timeout) => *timeout,
            Self::Percentile { bounds, .. } | Self::RoundTrip(bounds) => bounds.most,
        }
    }
}

/// Between what a timeout that adapts itself lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeoutBounds {
    /// Before enough has been seen.
    pub initial: SimDuration,
    /// Never less.
    pub least: SimDuration,
    /// Never more.
    pub most: SimDuration,
}

/// A token bucket: each use costs a token, and nothing is done without one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Most tokens.
    pub tokens: f64,
    /// Whether it starts full.
    pub full: bool,
    /// Tokens for each request that enters.
    pub per_request: f64,
    /// Tokens for each request that succeeds.
    pub per_success: f64,
}

/// When a node that fails is left alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreaker {
    /// So many failures in a row open it.
    pub failures: Option<u32>,
    /// This share of failures opens it.
    pub share: Option<f64>,
    /// Attempts that must have been judged before a share says something.
    pub volume: u32,
    /// Attempts fade with this time constant.
    pub window: SimDuration,
    /// How long it stays open.
    pub open: SimDuration,
    /// Attempts that may be under way while it is half open.
    pub trials: u32,
    /// At most this share of all nodes is left alone.
    pub most: f64,
}

/// What nodes turn away.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shedding {
    /// Attempts that find so many waiting.
    pub queue: Option<u32>,
    /// Attempts that have waited so long when a slot is free.
    pub age: Option<SimDuration>,
    /// Attempts that have waited too long for how long the queue has stood.
    pub codel: Option<ControlledDelay>,
    /// Attempts whose request is late already when a slot is free.
    pub overdue: bool,
    /// Whether the newest is served first while a queue stands.
    pub newest_first: bool,
}

/// Bounds of the wait in a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlledDelay {
    /// While a queue stands.
    pub target: SimDuration,
    /// Before; and how long a queue stands before it counts as standing.
    pub interval: SimDuration,
}

/// How many requests a gateway has under way at once: more by one a round trip while all is well, a share of it when not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConcurrencyLimit {
    /// At first.
    pub initial: u32,
    /// Never less.
    pub least: u32,
    /// Never more.
    pub most: u32,
    /// What a failure leaves of it.
    pub decrease: f64,
    /// Replies later than this count as failures; `None` = none do.
    pub latency: Option<SimDuration>,
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
    /// How many at most for each request.
    pub max: u32,
    /// How many there may be in all.
    pub budget: Option<Budget>,
}

/// When to hedge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HedgeAfter {
    /// This long after the first attempt was sent.
    Fixed(SimDuration),
    /// When the reply is later than this share (0.95 for "p95") of first attempts so far.
    Percentile(f64),
}
