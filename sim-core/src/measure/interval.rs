//! Intervals where Student's t covers less than it says.
//!
//! | values of the replications | interval | why |
//! |---|---|---|
//! | shares that are all 0 or all 1, or 0 and 1 alone | exact: Clopper and Pearson, a replication is a trial | t shrinks to a point where nothing was seen |
//! | ten or more, skewed: \|skewness\|/√n above 0.2 | hull of t and the expanded BCa bootstrap | t is symmetric, and misses on the long side |
//! | all others | Student's t | exact for normal values |
//!
//! Even so, few values of a heavy tail cover less than they say: nobody can know a tail that he has not seen. How much is measured by
//! the tests (`coverage`), and stated in the README.
//!
//! A share of which n values are all zero has an unknown mean of at most its probability of not being zero, of which Clopper and
//! Pearson know the bound 1 − (α/2)^(1/n) whatever the distribution of the values; it assumes nothing of what happens within a run.
//!
//! **BCa** (Efron, JASA 82, 1987): of B resamples of the values the means are sorted, and the bounds are their quantiles at
//! Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z))), with the bias z₀ = Φ⁻¹(share of the means below the mean) and the acceleration
//! a = Σd³/6(Σd²)^1.5 of the deviations d. *Expanded* (Hesterberg, Am. Stat. 69, 2015): instead of z(α/2) it takes
//! √(n/(n − 1))·t(α/2, n − 1), since resamples vary less than samples by (n − 1)/n and their variance is not known. Resamples are drawn by
//! SplitMix64 from a fixed seed, so that the same values have the same interval.
//!
//! **Quantiles**: the q-quantile of the distribution of the values lies between the order statistics of ranks l and u with probability
//! P(l ≤ B < u), B binomial(n, q), whatever the distribution.

use super::catalog::{Format, lookup};
use super::stats::{CONFIDENCE, Estimate, Moments, clopper_pearson, t_quantile};
use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Which interval was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Student's t.
    #[default]
    T,
    /// Hull of Student's t and the expanded BCa bootstrap.
    Bca,
    /// Clopper and Pearson, or the hull with it.
    Exact,
    /// Student's t at the confidence of one of several looks.
    Repeated,
    /// Student's t of the means of batches of one run.
    BatchMeans,
}

/// Resamples.
const RESAMPLES: usize = 2000;
/// Below so many values the bootstrap is no better than t.
const BOOTSTRAP_LEAST: usize = 10;
/// |skewness|/√n from which on the interval is not symmetric.
const SKEWED: f64 = 0.2;

/// The interval of the mean of a metric over replications, at [`CONFIDENCE`], and which it is.
pub fn of_mean(metric: &str, values: &[f64]) -> (Option<[f64; 2]>, Interval) {
    if let Some(exact) = at_bound(metric, values, CONFIDENCE).or_else(|| zero_one(metric, values)) {
        return (Some(exact), Interval::Exact);
    }
    let t = Estimate::of(values).and_then(|estimate| estimate.ci95);
    if values.len() >= BOOTSTRAP_LEAST && skewness(values).abs() > SKEWED * (values.len() as f64).sqrt() {
        let [low, high] = bca(values, CONFIDENCE);
        return (t.map(|[a, b]| [a.min(low), b.max(high)]), Interval::Bca);
    }
    (t, Interval::T)
}

/// The exact interval of a share of which all values, two or more, are 0 or all are 1; `None` for others.
pub fn at_bound(metric: &str, values: &[f64], confidence: f64) -> Option<[f64; 2]> {
    let is_share = lookup(metric).is_some_and(|metric| metric.format == Format::Share);
    let first = *values.first().filter(|first| **first == 0.0 || **first == 1.0)?;
    if !is_share || values.len() < 2 || values.iter().any(|value| *value != first) {
        return None;
    }
    let n = values.len() as u64;
    clopper_pearson(if first == 1.0 { n } else { 0 }, n, confidence)
}

/// The exact interval of a share whose values are 0 and 1 alone.
fn zero_one(metric: &str, values: &[f64]) -> Option<[f64; 2]> {
    let is_share = lookup(metric).is_some_and(|metric| metric.format == Format::Share);
    if !is_share || values.len() < 2 || values.iter().any(|value| *value != 0.0 && *value != 1.0) {
        return None;
    }
    let ones = values.iter().filter(|value| **value == 1.0).count();
    clopper_pearson(ones as u64, values.len() as u64, CONFIDENCE)
}

/// Skewness of the sample, Σd³/n over (Σd²/n)^1.5; zero without variance.
pub fn skewness(values: &[f64]) -> f64 {
    let (squares, cubes) = powers(values);
    let n = values.len() as f64;
    if squares > 0.0 { cubes / n / three_halves(squares / n) } else { 0.0 }
}

/// Sums of the second and third powers of the deviations from the mean, by the largest of them. Deviations that are rounding errors count as none.
fn powers(values: &[f64]) -> (f64, f64) {
    let mean = mean(values);
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max((value - mean).abs()));
    if largest <= 1e-12 * mean.abs() {
        return (0.0, 0.0);
    }
    values.iter().map(|value| (value - mean) / largest).fold((0.0, 0.0), |(squares, cubes), deviation| {
        (squares + deviation * deviation, cubes + deviation * deviation * deviation)
    })
}

/// x^1.5.
fn three_halves(x: f64) -> f64 {
    x * x.sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().copied().collect::<Moments>().mean().unwrap_or(0.0)
}

/// The expanded BCa interval of the mean of two values or more.
///
/// # Panics
/// With fewer than two values.
pub fn bca(values: &[f64], confidence: f64) -> [f64; 2] {
    assert!(values.len() > 1, "one value has no interval");
    let (n, mean) = (values.len() as f64, mean(values));
    let (squares, cubes) = powers(values);
    if squares == 0.0 {
        return [mean, mean];
    }
    let means = resampled(values);
    let below = means.iter().filter(|it| **it < mean).count() as f64;
    let equal = means.iter().filter(|it| **it == mean).count() as f64;
    let normal = Normal::standard();
    let share = (below + 0.5 * equal) / means.len() as f64;
    let bias = normal.inverse_cdf(share.clamp(0.5 / means.len() as f64, 1.0 - 0.5 / means.len() as f64));
    let acceleration = cubes / (6.0 * three_halves(squares));
    let wide = (n / (n - 1.0)).sqrt() * t_quantile(0.5 + confidence / 2.0, values.len() as u64 - 1);
    let at = |z: f64| {
        let shifted = bias + z;
        // Beyond the pole the level is that at infinity.
        let scale = 1.0 - acceleration * shifted;
        let level = if scale > 0.0 { bias + shifted / scale } else { f64::INFINITY.copysign(shifted) };
        quantile(&means, normal.cdf(level))
    };
    [at(-wide), at(wide)]
}

/// Means of resamples, sorted.
fn resampled(values: &[f64]) -> Vec<f64> {
    let mut random = SplitMix(0x00b2_0a0e_0b75_u64);
    let n = values.len();
    let one = |random: &mut SplitMix| {
        let sum: f64 = (0..n).map(|_| values[random.below(n as u64) as usize]).sum();
        sum / n as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| one(&mut random)).collect();
    means.sort_by(f64::total_cmp);
    means
}

/// The quantile of sorted numbers at a level, between neighbours in proportion.
fn quantile(sorted: &[f64], level: f64) -> f64 {
    let place = (level * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, (sorted.len() - 1) as f64);
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (place - place.floor()) * (sorted[high] - sorted[low])
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * u128::from(n)) >> 64) as u64
    }
}

/// A quantile of the distribution over replications.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileEstimate {
    /// The nearest-rank quantile of the values.
    pub value: f64,
    /// Interval between order statistics that covers with at least 95 %; `null` where there are too few values.
    pub ci95: Option<[f64; 2]>,
}

/// The q-quantile of the distribution from which values come; `None` without any.
pub fn of_quantile(values: &[f64], q: f64) -> Option<QuantileEstimate> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as u64;
    let rank = ((q * n as f64).ceil() as usize).clamp(1, sorted.len().max(1));
    let value = *sorted.get(rank - 1)?;
    let ci95 = ranks(n, q, CONFIDENCE).map(|(l, u)| [sorted[l as usize - 1], sorted[u as usize - 1]]);
    Some(QuantileEstimate { value, ci95 })
}

/// Ranks, from 1, of the order statistics of `n` values between which the q-quantile lies with at least `confidence`, half of the rest
/// on either side; `None` where there are too few.
pub fn ranks(n: u64, q: f64, confidence: f64) -> Option<(u64, u64)> {
    let tail = (1.0 - confidence) / 2.0;
    let binomial = Binomial::new(q, n).ok()?;
    // The quantile is below the l-th when fewer than l values are, and above the u-th when u or more are.
    let low = (1..=n).take_while(|l| binomial.cdf(l - 1) <= tail).last()?;
    let high = (low..=n).find(|u| 1.0 - binomial.cdf(u - 1) <= tail)?;
    Some((low, high))
}
