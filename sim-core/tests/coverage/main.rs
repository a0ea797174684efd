//! How often intervals hold what they promise, on models whose truth is known.
//!
//! The tests are quick. The table of the README comes from
//! `cargo test --release -p sim-core --test coverage -- --ignored --nocapture`.

#[path = "../common/mod.rs"]
mod common;

mod alarms;
mod intervals;
mod nines;
mod oracles;
mod selection;
mod sequential;
mod support;
