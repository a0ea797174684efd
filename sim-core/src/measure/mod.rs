//! Measuring: accumulators, sketches, intervals, comparisons. Observes only.
//!
//! While a run goes on: [`accumulate`] and [`sketch`]. Of one run: [`record`]. Of all runs: [`summary`] by the rules of
//! [`stats`], in the words of [`catalog`], and [`digest`].

pub mod accumulate;
pub mod binomial;
pub mod catalog;
pub mod digest;
pub mod economics;
pub mod guard;
pub mod record;
pub mod sketch;
pub mod stats;
pub mod summary;
