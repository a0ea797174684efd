//! Samples, and how often something holds.

use sim_core::kernel::{Process, Streams, normal_quantile};

/// Distributions with known means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    Normal,
    Exponential,
    Lognormal,
}

impl Law {
    pub const ALL: [Self; 3] = [Self::Normal, Self::Exponential, Self::Lognormal];

    pub fn mean(self) -> f64 {
        match self {
            Self::Normal => 1.0,
            Self::Exponential => 1.0,
            Self::Lognormal => libm::exp(0.5),
        }
    }

    /// The value at a uniform number; the normal one has standard deviation ½.
    pub fn at(self, unit: f64) -> f64 {
        match self {
            Self::Normal => 1.0 + 0.5 * normal_quantile(unit),
            Self::Exponential => -libm::log(unit),
            Self::Lognormal => libm::exp(normal_quantile(unit)),
        }
    }
}

/// The `i`-th uniform number of an entity in a trial.
pub fn unit(trial: u64, entity: u32, i: u32) -> f64 {
    let seed = trial.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed;
    Streams::new(seed, 0).stream(Process::Demand, entity).unit(0, i)
}

/// A sample.
pub fn sample(law: Law, trial: u64, n: u32) -> Vec<f64> {
    (0..n).map(|i| law.at(unit(trial, 0, i))).collect()
}

/// Whether an interval holds the truth.
pub fn holds(interval: Option<[f64; 2]>, truth: f64) -> bool {
    interval.is_some_and(|[low, high]| low <= truth && truth <= high)
}

/// In how many trials something holds, as a share.
pub fn share(trials: u64, holds: impl Fn(u64) -> bool) -> f64 {
    (0..trials).filter(|trial| holds(*trial)).count() as f64 / trials as f64
}

/// Five standard errors of a share around 95 % from so many trials.
pub fn slack(trials: u64) -> f64 {
    5.0 * (0.95_f64 * 0.05 / trials as f64).sqrt()
}
