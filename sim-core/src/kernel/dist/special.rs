//! The normal and gamma distribution functions and their inverses, through `libm` alone.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The standard normal distribution function.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// The standard normal density.
pub fn normal_pdf(x: f64) -> f64 {
    libm::exp(-0.5 * x * x) / libm::sqrt(2.0 * PI)
}

/// `log1p(−u)` for `u` in (0, 1), to the bit.
///
/// Where 1 − u is exact, as for all uniform numbers that are drawn, what `log1p` corrects its logarithm by is nothing, and a logarithm is what remains. The two
/// differ in where they pass from one power of two to the next: between those places `log1p` itself is asked.
#[inline]
pub(super) fn log1p_of_minus(u: f64) -> f64 {
    const FROM: f64 = 0.292_893;
    const TO: f64 = 0.292_894;
    let left = 1.0 - u;
    // (A comparison with NaN fails, as it is to.)
    if 1.0 - left == u && left < 1.0 && !(FROM..TO).contains(&u) { libm::log(left) } else { libm::log1p(-u) }
}

/// The standard normal quantile of `p` in (0, 1): Wichura's algorithm AS 241 (PPND16), good to 1 in 10^16 or so.
#[inline]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * polynomial(&AS241_A, r) / polynomial(&AS241_B, r);
    }
    normal_quantile_in_tail(p, q)
}

/// As [`normal_quantile`], for `p` that is farther from ½ by `q`.
#[inline(never)]
fn normal_quantile_in_tail(p: f64, q: f64) -> f64 {
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail.max(f64::MIN_POSITIVE)));
    let x = if r <= 5.0 {
        polynomial(&AS241_C, r - 1.6) / polynomial(&AS241_D, r - 1.6)
    } else {
        polynomial(&AS241_E, r - 5.0) / polynomial(&AS241_F, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

/// Value at `x` of the polynomial with these coefficients, constant term first.
#[inline]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    let [lower @ .., highest] = coefficients;
    lower.iter().rev().fold(*highest, |sum, c| sum * x + c)
}

/// The gamma distribution with unit scale at one point.
#[derive(Clone, Copy, Debug)]
pub struct GammaAt {
    /// P(X ≤ x), the regularised lower incomplete gamma function.
    pub lower: f64,
    /// P(X > x), which keeps its digits where `lower` is nearly 1.
    pub upper: f64,
    /// `x` times the density at `x`: the derivative of `lower` by the logarithm of `x`.
    pub slope: f64,
}

/// The gamma distribution with this shape and unit scale at `x`: by series below the mean, by continued fraction above.
pub fn gamma_at(shape: f64, x: f64) -> GammaAt {
    if x <= 0.0 {
        return GammaAt { lower: 0.0, upper: 1.0, slope: 0.0 };
    }
    let slope = gamma_slope(shape, x);
    if x < shape + 1.0 {
        let lower = (slope * gamma_series(shape, x)).min(1.0);
        return GammaAt { lower, upper: 1.0 - lower, slope };
    }
    let upper = (slope * gamma_fraction(shape, x)).min(1.0);
    GammaAt { lower: 1.0 - upper, upper, slope }
}

/// `x^a e^−x / Γ(a)`.
fn gamma_slope(a: f64, x: f64) -> f64 {
    if a < 16.0 {
        return libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    }
    // The powers cancel to many digits: take the deviation from the mean out, and the rest of Stirling's series.
    let deviation = (x - a) / a;
    let b = 1.0 / (a * a);
    let stirling = (1.0 / 12.0 - b * (1.0 / 360.0 - b * (1.0 / 1_260.0 - b / 1_680.0))) / a;
    let exponent = a * (libm::log1p(deviation) - deviation) - stirling;
    libm::sqrt(a / (2.0 * PI)) * libm::exp(exponent)
}

/// Terms summed at most; the number needed grows as the square root of the shape.
const TERMS_MAX: u32 = 100_000;

/// `Σ x^n / (a (a+1) … (a+n))`.
fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for n in 1..TERMS_MAX {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum
}

/// The continued fraction of `Γ(a, x) / (x^a e^−x)`, by Lentz's method.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    let nonzero = |y: f64| if y.abs() < 1e-300 { 1e-300 } else { y };
    let (mut b, mut c) = (x + 1.0 - a, 1e300);
    let mut d = 1.0 / nonzero(b);
    let mut fraction = d;
    for i in 1..TERMS_MAX {
        let n = f64::from(i);
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / nonzero(numerator * d + b);
        c = nonzero(b + numerator / c);
        let factor = d * c;
        fraction *= factor;
        if (factor - 1.0).abs() < 2e-16 {
            break;
        }
    }
    fraction
}

/// A step of the logarithm after which no other is needed.
const LAST_STEP: f64 = 1e-7;

/// Half of a bracket of the logarithm that no step leads out of, and that is small enough.
const LAST_HALF: f64 = 1e-13;

/// A logarithm of `x` below which the distribution function is its first term.
const LEAST: f64 = -37.0;

/// Shape from which on the distribution is nearly normal.
const NEARLY_NORMAL: f64 = 1e7;

/// The quantile of `u` in (0, 1) of the gamma distribution with this shape and unit scale, good to 1 in 10^12.
///
/// Newton's method in the logarithms of `x` and of the nearer tail, in which the curve bends one way only; steps that
/// leave the bracket are replaced by halving it. What a step leaves is some of its square, so a small one is the last. Shape 1 is the
/// exponential distribution; for very large ones there is an expansion, and so there is for very small quantiles.
pub fn gamma_quantile(shape: f64, u: f64) -> f64 {
    if shape.to_bits() == 1.0_f64.to_bits() {
        return -libm::log1p(-u);
    }
    if shape >= NEARLY_NORMAL {
        return nearly_normal_quantile(shape, u);
    }
    // P(X ≤ x) ≤ x^a / Γ(a+1) bounds the quantile from below, the closer the smaller it is; far above the mean no 53-bit number has its quantile.
    let mut low = (libm::log(u) + libm::lgamma(shape + 1.0)) / shape;
    if low < LEAST {
        return libm::exp(low);
    }
    let mut high = libm::log(shape + 12.0 * libm::sqrt(shape) + 60.0);
    // Wilson and Hilferty: the cube root is nearly normal.
    let spread = 1.0 / (9.0 * shape);
    let cube = 1.0 - spread + normal_quantile(u) * libm::sqrt(spread);
    let mut y = if cube > 0.3 { libm::log(shape * cube * cube * cube) } else { low };
    y = y.clamp(low, high);
    for _ in 0..100 {
        let at = gamma_at(shape, libm::exp(y));
        let step = if u <= 0.5 {
            (libm::log(u) - libm::log(at.lower)) * at.lower / at.slope
        } else {
            (libm::log(at.upper) - libm::log1p(-u)) * at.upper / at.slope
        };
        // Before it is asked on which side of the quantile `y` lies: that close to it rounding answers.
        if step.abs() <= LAST_STEP {
            return libm::exp(y + step);
        }
        if at.lower < u {
            low = low.max(y);
        } else {
            high = high.min(y);
        }
        let (half, next) = (0.5 * (high - low), y + step);
        y = if next >= low && next <= high { next } else { low + half };
        if half <= LAST_HALF {
            break;
        }
    }
    libm::exp(y)
}

/// As [`gamma_quantile`] for shapes from [`NEARLY_NORMAL`] on: the expansion of Cornish and Fisher (Abramowitz and Stegun, 26.2.49) in 1/√shape, whose next term
/// is below 10^−15 of the quantile.
pub(super) fn nearly_normal_quantile(shape: f64, u: f64) -> f64 {
    let (z, root) = (normal_quantile(u), libm::sqrt(shape));
    let square = z * z;
    let last = (3.0 * square * square + 7.0 * square - 16.0) / (810.0 * shape);
    shape + (root * z + ((square - 1.0) / 3.0 + (z * (square - 7.0) / (36.0 * root) - last)))
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
    5_226.495_278_852_854,
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
