//! How what hardly ever happens is estimated.

use super::Scenario;
use crate::kernel::{Dist, SimDuration};

/// By which method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RareMethod {
    /// The one that suits the scenario.
    #[default]
    Auto,
    /// Multilevel splitting.
    Splitting,
    /// Failure biasing.
    Biasing,
}

/// How the loss of objects is estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct Rare {
    /// The method.
    pub method: RareMethod,
    /// Paths: of each stage of splitting, or in all.
    pub paths: u32,
    /// Missing shards at which forks begin, ascending; `None`: a pilot finds them.
    pub levels: Option<Vec<u32>>,
    /// Probability that failure biasing gives the next death before the end of a repair.
    pub bias: f64,
    /// About how long an object lacks a shard, where repairs take no drawn time.
    pub recovery: Option<SimDuration>,
}

impl Scenario {
    /// Whether failure biasing applies: whatever holds shards dies after an exponential time, and of nothing else.
    pub fn rare_can_bias(&self) -> bool {
        self.nodes.values().all(|node| {
            let hardware = &node.hardware;
            let exponential = |dist: &Dist| matches!(dist, Dist::Exponential { .. });
            hardware.death.as_ref().is_some_and(|death| exponential(&death.lifetime))
                && hardware.faults.is_none()
                && hardware.acceleration.is_none()
                && hardware.degradation.is_none()
                && node.batches.is_none()
        })
    }
}
