//! Redundancy of requests: retries, copies, quorums, hedges.
//!
//! A request is a set of *lanes*. Each of its `copies` is a lane: a chain of up to `attempts` tries, one after the other,
//! on nodes that the request has not used (as long as there are any). A try fails when its `timeout` passes, when the
//! node answers that it has no place, when no candidate is trusted, or when the health check comes to suspect its node
//! while tries are left; then, after `backoff`, the next try of the lane follows. A hedge adds a lane of one try. The
//! request succeeds at the `quorum`-th reply and fails when too few lanes are left to reach it.
//!
//! An attempt that timed out is given up: a later reply to it is ignored. With `cancel`, attempts that are no longer
//! wanted (losers of the race, timed-out ones) are called back by a message at once.
//!
//! Hedging after Dean and Barroso, "The Tail at Scale", CACM 56(2), 2013. *Tied* attempts are theirs too: each node knows of the
//! others, and the first to begin cancels those that still wait, by message from node to node. Nodes that share their slots begin everything at once, so nothing is saved
//! there.
//!
//! Under stress: retries and hedges can be bounded by a budget (`budget`), timeouts adapt themselves (`timeout`), nodes that fail
//! are left alone (`breaker`), gateways turn away what is too much (`concurrency`). What nodes turn away is the world's side.

mod breaker;
mod budget;
mod concurrency;
mod control;
mod counts;
mod effects;
mod handover;
mod hedge;
mod lanes;
mod table;
mod timeout;
mod trust;
mod views;

pub use control::Controller;
pub use counts::StressCounts;
pub use effects::{Effects, NewRequest, Order, Outcome, Timer};
pub use hedge::{HedgeClock, LatencyPercentile};

#[cfg(test)]
mod tests;
