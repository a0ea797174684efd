//! The simulator against theory: every oracle is a result of queueing, reliability, network, heat or power theory with a known
//! value. Each test writes a scenario file, runs it through the public interface and compares.
//!
//! Stochastic results are means over independent replications and must lie within five standard errors of the known value;
//! and five standard errors must be no more than a stated *resolution*, so that a sloppy test fails too. Deterministic results
//! must agree to 1e-6 or better.
//!
//! By default the tests use samples that take seconds. The same tests with the sample sizes and tolerances that the oracle file
//! names are ignored, because they take many minutes; run them with
//! `cargo test --release -p sim-core --test oracles -- --ignored`.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod availability;
#[path = "../common/mod.rs"]
mod common;
mod detection;
mod durability;
mod economics;
mod hardware;
mod heat;
mod jobs;
mod links;
mod mains;
mod outages;
mod power;
mod queues;
mod rare;
mod reads;
mod redundancy;
mod requests;
mod support;
