//! Measuring: accumulators, sketches, intervals, comparisons. Observes only.
pub mod accumulate;
pub mod record;
pub mod sketch;
pub mod stats;
