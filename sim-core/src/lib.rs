//! The library behind `brownout`: a deterministic discrete-event simulator of decentralised physical infrastructure.
//!
//! Racks of computers stand in garages, offices and huts, on power that fails, in the heat, behind jittery home links.
//! A policy under test (health checks, routing, redundancy) has to keep a service up on them. This crate simulates both
//! sides and measures the outcome. It does no I/O, reads no clock and starts no thread.
//!
//! # The loop
//!
//! ```text
//! scenario text ──[scenario::load]──► Plan ──► (policy × variation × replication)
//!                                                  │ one run: one thread, plain data
//!                                     [simulation] ▼
//!      ┌──────────────── pop the next event ◄──────────────────────────────┐
//!      ▼                                                                   │
//!   [world]  grid → breaker → UPS → node; weather → room → node → throttle │ predictions
//!      │ messages over links that delay and lose them                      │ are scheduled
//!      ▼                                                                   │
//!   [policy] sees replies, timeouts, suspicions; answers with actions ─────┘
//!      ┊
//!   [measure] watches, changes nothing ──► RunRecord ──► Summary
//! ```
//!
//! Between two events nothing is computed: temperatures, charges, breaker heat and hazards are advanced in closed form
//! when an event needs them, and the next threshold crossing is predicted and scheduled. A fleet in which nothing
//! happens costs nothing.
//!
//! # A run
//!
//! ```
//! use sim_core::scenario::{Files, Overrides, Source, load};
//!
//! struct NoFiles;
//! impl Files for NoFiles {
//!     fn read(&self, path: &str) -> Result<String, String> {
//!         Err(format!("{path}: this scenario reads no files"))
//!     }
//! }
//!
//! let text = r#"{
//!   "duration": "1 h",
//!   "nodes": { "box": { "slots": 2 } },
//!   "fleet": [{ "racks": [{ "nodes": { "box": 3 } }] }],
//!   "workloads": { "calls": { "requests": {
//!     "arrivals": { "poisson": { "rate": "4 /s" } },
//!     "demand": { "exponential": { "mean": "1 s" } } } } },
//!   "policies": { "ideal": {} }
//! }"#;
//! let plan = load(&Source { name: "example", text }, &NoFiles, &Overrides::default()).expect("it is valid");
//! let record = sim_core::run(&plan.variations[0].scenario, "ideal", 0, 0);
//! assert!(record.metrics["requests.success_ratio"] == 1.0);
//! ```
//!
//! # What is promised
//!
//! - **Order.** Events happen in order of (time, sequence): equal times first in, first out. Time is an integer number of
//!   nanoseconds. How many events fell on the same nanosecond is counted (`engine.ties`). See [`kernel`].
//! - **Randomness.** A draw is a pure function of (seed, replication, process, entity, index). No draw depends on how many
//!   others were made, so every policy meets the same weather, outages, faults, arrivals and demands, and a change in
//!   one place shifts nothing elsewhere. See [`kernel::random`].
//! - **Determinism.** The same scenario, seed and version give the same bits on every platform and for every number of
//!   threads. A record carries two digests: `trace` of all events, and `exogenous` of the world outside the policy's reach,
//!   which a change of policy must not move.
//!
//! # Writing a policy
//!
//! A routing policy is a type with one method, from observations to a node; see [`policy::routing`] for the trait and an
//! example, and [`run_with_routing`] to run it beside the built-ins on the same weather. A failure detector implements
//! [`policy::health::Detector`]. Policies see what a controller can know: replies, timeouts, beats that arrive. They never
//! read the world; what they learn has travelled over links that can delay or lose it.

pub mod kernel;
pub mod measure;
pub mod policy;
pub mod quantity;
pub mod rare;
pub mod scenario;
pub mod simulation;
pub mod world;

pub use simulation::{run, run_while, run_with_routing};

/// The Rust snippets of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
