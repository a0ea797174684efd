//! Probability distributions as quantile functions: one uniform number in, one variate out, monotone.
//!
//! Inverse-CDF sampling keeps common random numbers common: under the same draw a longer-lived distribution gives a
//! longer life. Numbers are in SI units (seconds, or dimensionless). All transcendental functions are `libm`'s.

use super::random::Stream;
use super::time::SimDuration;
use std::sync::Arc;

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
            Self::Constant(value) => *value,
            Self::Uniform { min, max } => min + (max - min) * u,
            Self::Exponential { mean } => -mean * libm::log1p(-u),
            Self::Lognormal { median, sigma } => median * libm::exp(sigma * normal_quantile(u)),
            Self::Weibull { scale, shape } => scale * libm::exp(libm::log(-libm::log1p(-u)) / shape),
            Self::Gamma { mean, shape } => gamma_quantile(*shape, u) * mean / shape,
            Self::Pareto { min, shape } => min * libm::exp(-libm::log1p(-u) / shape),
            Self::Normal { mean, sd } => {
                let below = normal_cdf(-mean / sd);
                (mean + sd * normal_quantile(below + (1.0 - below) * u)).max(0.0)
            }
            Self::Empirical(values) => values[((u * values.len() as f64) as usize).min(values.len() - 1)],
            Self::Mixture(parts) => mixture_quantile(parts, u),
            Self::Shift { by, of } => by + of.quantile(u),
        }
    }

    /// The variate for draw (entity, index) of `stream`.
    pub fn draw(&self, stream: &Stream, entity: u32, index: u32) -> f64 {
        match self {
            Self::Constant(value) => *value,
            _ => self.quantile(stream.unit(entity, index)),
        }
    }

    /// The variate for draw (entity, index) of `stream`, as seconds.
    pub fn draw_duration(&self, stream: &Stream, entity: u32, index: u32) -> SimDuration {
        SimDuration::from_secs_f64(self.draw(stream, entity, index))
    }
}

fn mixture_quantile(parts: &[(f64, Dist)], u: f64) -> f64 {
    let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
    let mut rest = u * total;
    for (weight, part) in parts {
        if rest < *weight {
            return part.quantile((rest / weight).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0));
        }
        rest -= weight;
    }
    parts[parts.len() - 1].1.quantile(1.0 - f64::EPSILON / 2.0)
}

/// The standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile, Wichura's algorithm AS 241 (PPND16).
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&AS241_A, r) / polynomial(&AS241_B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let x = if r <= 5.0 {
        polynomial(&AS241_C, r - 1.6) / polynomial(&AS241_D, r - 1.6)
    } else {
        polynomial(&AS241_E, r - 5.0) / polynomial(&AS241_F, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

/// Value at `x` of the polynomial with these coefficients, constant term first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

const AS241_A: [f64; 8] = [
    3.387_132_872_796_366_6,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const AS241_B: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const AS241_C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const AS241_D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const AS241_E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const AS241_F: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// Regularised lower incomplete gamma function P(a, x), by series or continued fraction.
pub fn gamma_p(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let tiny = 1e-300;
    let (mut b, mut c) = (x + 1.0 - a, 1.0 / tiny);
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..500 {
        let an = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b, tiny);
        c = nonzero(b + an / c, tiny);
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
    }
    1.0 - front * h
}

fn nonzero(x: f64, tiny: f64) -> f64 {
    if x.abs() < tiny { tiny } else { x }
}

/// Quantile of the gamma distribution with unit scale: bisection on the logarithm, then Newton steps.
fn gamma_quantile(shape: f64, u: f64) -> f64 {
    let (mut low, mut high) = (-700.0 / shape.min(1.0), libm::log(shape + 40.0 * libm::sqrt(shape) + 800.0));
    low = low.max(-5000.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if gamma_p(shape, libm::exp(middle)) < u {
            low = middle;
        } else {
            high = middle;
        }
        if high - low < 1e-14 * middle.abs().max(1.0) {
            break;
        }
    }
    libm::exp(0.5 * (low + high))
}
