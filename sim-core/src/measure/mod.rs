//! Measuring: accumulators, sketches, intervals, comparisons. Observes only.
//!
//! While a run goes on: [`accumulate`] and [`sketch`]. Of one run: [`record`]. Of all runs: [`summary`] by the rules of
//! [`stats`], in the words of [`catalog`], and [`digest`]. How many runs there are:
//! [`stopping`] and [`selection`].

pub mod accumulate;
pub mod batch_means;
pub mod binomial;
pub mod blame;
pub mod catalog;
pub mod digest;
pub mod economics;
pub mod guard;
pub mod interval;
pub mod record;
pub mod selection;
pub mod sketch;
pub mod stats;
pub mod stopping;
pub mod summary;
