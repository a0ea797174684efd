//! Has a metric become worse by more than is allowed? Non-inferiority of paired runs.
//!
//! The runs before and after a change met the same weather, so they are paired by variation, policy and replication. The worsening of pair i is
//! wᵢ = ±(afterᵢ − beforeᵢ), turned so that more is worse, with mean w̄ and standard deviation s over n pairs. With a margin m, absolute or relative
//! to the mean before, the change is *not inferior* if the upper bound w̄ + t(γ, n−1)·s/√n of the one-sided interval at confidence γ is at most m
//! (two one-sided tests; Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987). It is *worse* if w̄ itself is above m; otherwise the runs are too few, or
//! differ too much, to say. All metrics must pass, so looking at many does not raise the chance that a real worsening passes: each test
//! keeps its own level.
//!
//! Left out: one pair has no interval, so it is judged by its value alone. The t interval under-covers for skewed data with few pairs.

use super::stats::{PairedDifference, t_quantile, t_two_sided_p};
use serde::{Deserialize, Serialize};

/// How much worse a metric may become.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Margin {
    /// In the unit of the metric.
    Absolute(f64),
    /// As a share of the mean before.
    Relative(f64),
}

/// What is to be said of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It is shown that it is not worse by more than the margin.
    Fine,
    /// It is worse by more than the margin.
    Worse,
    /// It cannot be excluded that it is worse by more than the margin.
    Unclear,
}

/// How a metric has changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Mean before, over the pairs.
    pub before: f64,
    /// Mean after, over the pairs.
    pub after: f64,
    /// Mean worsening; negative if it is better.
    pub worse_by: f64,
    /// Upper bound of that at the confidence asked for; `None` for one pair.
    pub upper: Option<f64>,
    /// How much is allowed, in the unit of the metric.
    pub margin: f64,
    /// Confidence that it is worse at all: one minus the one-sided p-value; `None` for one pair.
    pub sure: Option<f64>,
    /// Number of pairs.
    pub n: u64,
    /// What is to be said of it.
    pub judgement: Judgement,
}

impl Change {
    /// Judges pairs of values before and after; `None` without any. `sign` is 1 where more is worse, −1 where more is better.
    pub fn of(pairs: &[(f64, f64)], sign: f64, margin: Margin, confidence: f64) -> Option<Self> {
        let turned: Vec<_> = pairs.iter().map(|(before, after)| (sign * after, sign * before)).collect();
        let estimate = PairedDifference::of(&turned)?.estimate;
        let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
        let (before, after) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let margin = match margin {
            Margin::Absolute(margin) => margin,
            Margin::Relative(share) => share * before.abs(),
        };
        let worse_by = estimate.mean;
        let error = estimate.sd.map(|sd| sd / (estimate.n as f64).sqrt());
        let upper = error.map(|error| worse_by + t_quantile(confidence, estimate.n - 1) * error);
        let sure = error.map(|error| confidence_above_zero(worse_by, error, estimate.n - 1));
        let judgement = if worse_by > margin {
            Judgement::Worse
        } else if upper.is_some_and(|upper| upper > margin) {
            Judgement::Unclear
        } else {
            Judgement::Fine
        };
        Some(Self { before, after, worse_by, upper, margin, sure, n: estimate.n, judgement })
    }
}

fn confidence_above_zero(mean: f64, error: f64, freedom: u64) -> f64 {
    if error == 0.0 {
        return if mean > 0.0 { 1.0 } else { 0.0 };
    }
    let tail = t_two_sided_p(mean / error, freedom) / 2.0;
    if mean > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams, normal_quantile};

    #[test]
    fn a_metric_is_judged_by_its_upper_bound() {
        // Differences 1, 2, 3: mean 2, standard error 1/√3, t(0.95, 2) = 2.919986.
        let pairs = [(10.0, 11.0), (10.0, 12.0), (10.0, 13.0)];
        let judge = |margin| Change::of(&pairs, 1.0, Margin::Absolute(margin), 0.95).expect("pairs");
        let change = judge(5.0);
        assert!((change.upper.unwrap() - (2.0 + 2.919_986 / 3.0_f64.sqrt())).abs() < 1e-5);
        assert_eq!((change.before, change.after, change.worse_by, change.n), (10.0, 12.0, 2.0, 3));
        assert_eq!(change.judgement, Judgement::Fine);
        assert_eq!(judge(3.0).judgement, Judgement::Unclear);
        assert_eq!(judge(1.9).judgement, Judgement::Worse);
        // The other way round it is better.
        let better = Change::of(&pairs, -1.0, Margin::Relative(0.0), 0.95).expect("pairs");
        assert_eq!((better.worse_by, better.judgement), (-2.0, Judgement::Fine));
        // P(T > 2√3) with two degrees of freedom.
        assert!((change.sure.unwrap() - (1.0 - 0.037_09)).abs() < 1e-5, "{:?}", change.sure);
    }

    #[test]
    fn what_has_not_changed_is_fine_without_any_margin() {
        let pairs = [(0.3, 0.3), (0.7, 0.7)];
        let same = Change::of(&pairs, 1.0, Margin::Absolute(0.0), 0.95).expect("pairs");
        assert_eq!((same.judgement, same.sure), (Judgement::Fine, Some(0.0)));
        let one = Change::of(&[(1.0, 1.5)], 1.0, Margin::Relative(0.4), 0.95).expect("a pair");
        assert_eq!((one.judgement, one.upper), (Judgement::Worse, None));
        assert_eq!(Change::of(&[], 1.0, Margin::Absolute(0.0), 0.95), None);
    }

    #[test]
    fn a_worsening_by_the_margin_passes_as_rarely_as_is_said() {
        // Normal differences with the margin as their mean: 5 % pass.
        let passed = (0..4000)
            .filter(|trial| {
                let draw =
                    |i| normal_quantile(Streams::new(11, *trial).stream(Process::Routing, 0).unit(0, i));
                let pairs: Vec<_> = (0..8).map(|i| (0.0, 1.0 + 2.0 * draw(i))).collect();
                let change = Change::of(&pairs, 1.0, Margin::Absolute(1.0), 0.95).expect("pairs");
                change.judgement == Judgement::Fine
            })
            .count();
        // Four standard deviations of the binomial count.
        assert!((145..=255).contains(&passed), "{passed} of 4000");
    }
}
