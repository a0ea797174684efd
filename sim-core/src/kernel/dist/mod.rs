//! Probability distributions as quantile functions: one uniform number in, one variate out, monotone.
//!
//! Inverse-CDF sampling keeps common random numbers common: under the same draw a longer-lived distribution gives a
//! longer life. Numbers are in SI units (seconds, or dimensionless). All transcendental functions are `libm`'s.
//!
//! A mixture is the exception to monotony: its one uniform number first selects a part and then, rescaled, is the draw
//! from that part. So it too is a function of one number, increasing within each part.
//!
//! For the least and the greatest uniform number there is, 2^−53 and 1 − 2^−53, every quantile is finite. Left out:
//! distributions on all reals, and discrete ones other than the empirical.
//!
//! Costs of a draw are in `benches/README.md`: tens of nanoseconds, but a microsecond or two for the gamma distribution;
//! where many are drawn, [`DurationTable`] gives the same for tens of nanoseconds.

mod residual;
mod special;
mod table;
#[cfg(test)]
mod tests;

pub use special::{GammaAt, gamma_at, gamma_quantile, normal_cdf, normal_pdf, normal_quantile};
pub use table::DurationTable;

use super::random::Stream;
use super::time::SimDuration;
use std::sync::Arc;

/// The least number that [`super::random::unit_of`] returns; 1 minus it is the greatest.
const UNIT_MIN: f64 = 0.5 * f64::EPSILON;

/// Tails of the normal distribution lighter than this are taken for exponential.
const TAIL_MIN: f64 = 1e-290;

/// A distribution of a non-negative quantity.
#[derive(Clone, Debug, PartialEq)]
pub enum Dist {
    /// Always the same value.
    Constant(f64),
    /// Uniform between `min` and `max`.
    Uniform {
        /// Least value.
        min: f64,
        /// Greatest value.
        max: f64,
    },
    /// Exponential with this mean.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Lognormal: `median · exp(sigma · Z)`.
    Lognormal {
        /// Median, exp(mu).
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Weibull: `S(x) = exp(−(x/scale)^shape)`.
    Weibull {
        /// Scale.
        scale: f64,
        /// Shape.
        shape: f64,
    },
    /// Gamma with this mean and shape.
    Gamma {
        /// Mean.
        mean: f64,
        /// Shape.
        shape: f64,
    },
    /// Pareto: `S(x) = (min/x)^shape` for `x ≥ min`.
    Pareto {
        /// Least value.
        min: f64,
        /// Tail exponent.
        shape: f64,
    },
    /// Normal, truncated at 0 (conditioned on being non-negative).
    Normal {
        /// Mean before truncation.
        mean: f64,
        /// Standard deviation before truncation.
        sd: f64,
    },
    /// One of the measured values (ascending), each equally likely.
    Empirical(Arc<[f64]>),
    /// With probability proportional to its weight, one of the parts. One uniform number selects the part and, rescaled, is its draw.
    Mixture(Arc<[(f64, Dist)]>),
    /// `of` plus a constant.
    Shift {
        /// What is added.
        by: f64,
        /// The distribution shifted.
        of: Arc<Dist>,
    },
}

impl Dist {
    /// The value below which a share `u` of the variates lies; `u` in (0, 1).
    pub fn quantile(&self, u: f64) -> f64 {
        match self {
            Self::Exponential { mean } => -mean * special::log1p_of_minus(u),
            Self::Lognormal { median, sigma } => median * libm::exp(sigma * normal_quantile(u)),
            Self::Uniform { min, max } => min + (max - min) * u,
            other => other.quantile_of_rarer(u),
        }
    }

    /// As [`Self::quantile`], where that takes longer. By itself, so that the short ones save no registers for it.
    #[inline(never)]
    fn quantile_of_rarer(&self, u: f64) -> f64 {
        match self {
            Self::Exponential { .. } | Self::Lognormal { .. } | Self::Uniform { .. } => self.quantile(u),
            Self::Constant(value) => *value,
            Self::Weibull { scale, shape } => scale * libm::exp(libm::log(-libm::log1p(-u)) / shape),
            Self::Gamma { mean, shape } => gamma_quantile(*shape, u) * mean / shape,
            Self::Pareto { min, shape } => min * libm::exp(-libm::log1p(-u) / shape),
            Self::Normal { mean, sd } => truncated_normal_quantile(*mean, *sd, u),
            Self::Empirical(values) => values[((u * values.len() as f64) as usize).min(values.len() - 1)],
            Self::Mixture(parts) => mixture_quantile(parts, u),
            Self::Shift { by, of } => by + of.quantile(u),
        }
    }

    /// The expectation; infinite where there is none, as for a Pareto distribution of shape up to 1.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { min, max } => 0.5 * (min + max),
            Self::Exponential { mean } | Self::Gamma { mean, .. } => *mean,
            Self::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
            Self::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Self::Pareto { shape, .. } if *shape <= 1.0 => f64::INFINITY,
            Self::Pareto { min, shape } => min * shape / (shape - 1.0),
            Self::Normal { mean, sd } if *sd <= 0.0 => mean.max(0.0),
            Self::Normal { mean, sd } if normal_cdf(mean / sd) < TAIL_MIN => sd * sd / -mean,
            Self::Normal { mean, sd } => mean + sd * normal_pdf(mean / sd) / normal_cdf(mean / sd),
            Self::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
            Self::Mixture(parts) => {
                parts.iter().map(|(weight, part)| weight * part.mean()).sum::<f64>() / total_weight(parts)
            }
            Self::Shift { by, of } => by + of.mean(),
        }
    }

    /// The greatest number that no variate is below.
    pub fn infimum(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { min, .. } | Self::Pareto { min, .. } => *min,
            Self::Exponential { .. } | Self::Lognormal { .. } | Self::Weibull { .. } | Self::Gamma { .. } => {
                0.0
            }
            Self::Normal { mean, sd } if *sd <= 0.0 => mean.max(0.0),
            Self::Normal { .. } => 0.0,
            Self::Empirical(values) => values.first().copied().unwrap_or(0.0),
            Self::Mixture(parts) => {
                parts.iter().map(|(_, part)| part.infimum()).fold(f64::INFINITY, f64::min)
            }
            Self::Shift { by, of } => by + of.infimum(),
        }
    }

    /// The least number that no variate exceeds; infinite for unbounded distributions.
    pub fn supremum(&self) -> f64 {
        match self {
            Self::Constant(value) => *value,
            Self::Uniform { max, .. } => *max,
            Self::Normal { mean, sd } if *sd <= 0.0 => mean.max(0.0),
            Self::Exponential { .. }
            | Self::Lognormal { .. }
            | Self::Weibull { .. }
            | Self::Gamma { .. }
            | Self::Pareto { .. }
            | Self::Normal { .. } => f64::INFINITY,
            Self::Empirical(values) => values.last().copied().unwrap_or(0.0),
            Self::Mixture(parts) => parts.iter().map(|(_, part)| part.supremum()).fold(0.0, f64::max),
            Self::Shift { by, of } => by + of.supremum(),
        }
    }

    /// The variate for draw (entity, index) of `stream`.
    #[inline]
    pub fn draw(&self, stream: &Stream, entity: u32, index: u32) -> f64 {
        match self {
            Self::Constant(value) => *value,
            _ => self.quantile(stream.unit(entity, index)),
        }
    }

    /// The variate for draw (entity, index) of `stream`, as seconds.
    #[inline]
    pub fn draw_duration(&self, stream: &Stream, entity: u32, index: u32) -> SimDuration {
        SimDuration::from_secs_f64(self.draw(stream, entity, index))
    }
}

fn total_weight(parts: &[(f64, Dist)]) -> f64 {
    parts.iter().map(|(weight, _)| weight).sum()
}

fn mixture_quantile(parts: &[(f64, Dist)], u: f64) -> f64 {
    let mut rest = u * total_weight(parts);
    let mut chosen = None;
    for (weight, part) in parts.iter().filter(|(weight, _)| *weight > 0.0) {
        chosen = Some((part, rest / weight));
        if rest < *weight {
            break;
        }
        rest -= weight;
    }
    chosen.map_or(0.0, |(part, share)| part.quantile(share.clamp(UNIT_MIN, 1.0 - UNIT_MIN)))
}

/// Quantile of a normal variate given that it is not negative, from whichever tail is the lighter.
fn truncated_normal_quantile(mean: f64, sd: f64, u: f64) -> f64 {
    if sd <= 0.0 {
        return mean.max(0.0);
    }
    let kept = normal_cdf(mean / sd);
    if kept < TAIL_MIN {
        // So far out, what is left of the tail is exponential with the normal's hazard rate at zero.
        return -libm::log1p(-u) * sd * sd / -mean;
    }
    let lower = normal_cdf(-mean / sd) + kept * u;
    let z = if lower < 0.5 { normal_quantile(lower) } else { -normal_quantile(kept * (1.0 - u)) };
    (mean + sd * z).max(0.0)
}
