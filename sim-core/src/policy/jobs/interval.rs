//! How long to compute between two checkpoints.
//!
//! Cost of a checkpoint C, mean time between failures M = 1/λ, both in seconds; the interval is computing alone, without C.
//!
//! - Young, "A first order approximation to the optimum checkpoint interval", CACM 17(9), 1974: `sqrt(2 C M)`.
//! - Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps", FGCS 22(3), 2006:
//!   `sqrt(2CM) [1 + sqrt(C/2M)/3 + (C/2M)/9] − C` for C < 2M, else M.
//! - The exact optimum for exponential failures that may also strike checkpoints and recovery: `(1 + W₀(−e^(−λC−1)))/λ`, W₀ Lambert's
//!   function; it minimises `(e^(λ(τ+C)) − 1)/τ`.
//!
//! The mean time between failures is known, or estimated: with failures exponential at rate λ and a gamma prior on λ of shape w and mean
//! 1/prior, after n failures in time T of computing the posterior mean of λ is `(w + n)/(w prior + T)`. Observations are pooled over all nodes.
//! Left out: ageing (failures that are not exponential), nodes told apart.

use crate::kernel::SimDuration;
use crate::scenario::IntervalFormula;

/// No interval is shorter, seconds.
const SHORTEST: f64 = 1.0;

/// Seconds of computing between checkpoints that cost `cost` seconds each, at a mean time between failures of `mtbf` seconds; infinite
/// without failures.
pub fn interval(formula: IntervalFormula, cost: f64, mtbf: f64) -> f64 {
    if !mtbf.is_finite() {
        return f64::INFINITY;
    }
    let interval = match formula {
        IntervalFormula::Young => young(cost, mtbf),
        IntervalFormula::Daly => daly(cost, mtbf),
        IntervalFormula::Optimal => optimal(cost, mtbf),
    };
    interval.max(SHORTEST)
}

fn young(cost: f64, mtbf: f64) -> f64 {
    libm::sqrt(2.0 * cost * mtbf)
}

fn daly(cost: f64, mtbf: f64) -> f64 {
    let ratio = cost / (2.0 * mtbf);
    if ratio >= 1.0 {
        return mtbf;
    }
    young(cost, mtbf) * (1.0 + libm::sqrt(ratio) / 3.0 + ratio / 9.0) - cost
}

/// With x = λτ and c = λC the optimum solves `(1 − x) e^(x+c) = 1`: safeguarded Newton steps.
fn optimal(cost: f64, mtbf: f64) -> f64 {
    let c = cost / mtbf;
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = (libm::sqrt(2.0 * c)).min(0.9);
    for _ in 0..200 {
        let growth = libm::exp(x + c);
        let error = (1.0 - x) * growth - 1.0;
        // The left side falls from e^c − 1 at 0 to −1 at 1.
        if error > 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x + error / (x * growth);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 {
            break;
        }
        x = next;
    }
    x * mtbf
}

/// Failures as the controller has seen them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FailureEstimate {
    exposure: f64,
    failures: f64,
}

impl FailureEstimate {
    /// Nothing but a supposition, worth `weight` failures.
    pub fn new(prior: SimDuration, weight: f64) -> Self {
        Self { exposure: weight * prior.as_secs_f64(), failures: weight }
    }

    /// So many seconds of computing have gone by.
    pub fn ran(&mut self, seconds: f64) {
        self.exposure += seconds;
    }

    /// An instance has failed.
    pub fn failed(&mut self) {
        self.failures += 1.0;
    }

    /// The mean time between failures, seconds.
    pub fn mtbf(&self) -> f64 {
        self.exposure / self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_agree_with_published_values() {
        // Hours; oracle j.ckpt.2 and j.ckpt.4.
        for (mtbf, cost, values) in [
            (100.0, 0.05, [3.16227766017, 3.12903216788, 3.12903253898]),
            (24.0, 1.0 / 12.0, [2.0, 1.94483024691, 1.94483455544]),
        ] {
            let formulas = [IntervalFormula::Young, IntervalFormula::Daly, IntervalFormula::Optimal];
            for (formula, expected) in formulas.into_iter().zip(values) {
                let found = interval(formula, cost * 3600.0, mtbf * 3600.0) / 3600.0;
                assert!((found - expected).abs() < 1e-9 * expected, "{formula:?}: {found} for {expected}");
            }
        }
    }

    #[test]
    fn the_optimum_is_one() {
        let (cost, mtbf) = (600.0, 3_000.0);
        let time = |interval: f64| (libm::exp((interval + cost) / mtbf) - 1.0) / interval;
        let best = interval(IntervalFormula::Optimal, cost, mtbf);
        assert!(time(best) < time(0.99 * best) && time(best) < time(1.01 * best));
        assert!(interval(IntervalFormula::Young, cost, f64::INFINITY).is_infinite());
    }

    #[test]
    fn the_estimate_goes_from_the_prior_to_what_is_seen() {
        let mut estimate = FailureEstimate::new(SimDuration::from_secs(1_000), 2.0);
        assert_eq!(estimate.mtbf(), 1_000.0);
        for _ in 0..998 {
            estimate.ran(50.0);
            estimate.failed();
        }
        assert!((estimate.mtbf() - 51.9).abs() < 1e-9);
    }
}
