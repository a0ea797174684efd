//! Measuring: accumulators, sketches, intervals, comparisons. Observes only.
pub mod record;
