//! Measuring: accumulators, sketches, intervals, comparisons. Observes only.
pub mod accumulate;
pub mod catalog;
pub mod record;
pub mod sketch;
pub mod stats;
