//! Variates of which something is known already.

use super::{Dist, UNIT_MIN};

impl Dist {
    /// The value below which a share `u` of those variates lies that exceed `beyond`. `None` if there are none, or for
    /// mixtures, whose quantile functions do not increase.
    ///
    /// With the quantile function q and the distribution F it is q(F(b) + (1 − F(b))·u); F(b) is found by bisection, to 2^−53.
    pub fn quantile_beyond(&self, beyond: f64, u: f64) -> Option<f64> {
        if let Self::Exponential { .. } = self {
            return Some(beyond.max(0.0) + self.quantile(u));
        }
        if beyond < self.infimum() {
            return self.increases().then(|| self.quantile(u));
        }
        let (mut low, mut high) = (0.0, 1.0 - UNIT_MIN);
        if !self.increases() || self.quantile(high) <= beyond {
            return None;
        }
        while high - low > UNIT_MIN {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.quantile(middle.max(UNIT_MIN)) <= beyond {
                low = middle;
            } else {
                high = middle;
            }
        }
        let value = self.quantile((high + (1.0 - high) * u).min(1.0 - UNIT_MIN));
        Some(value.max(beyond))
    }

    /// Whether the quantile function increases.
    fn increases(&self) -> bool {
        match self {
            Self::Mixture(_) => false,
            Self::Shift { of, .. } => of.increases(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_lasted_lasts_on_as_theory_says() {
        let near = |found: Option<f64>, expected: f64| {
            assert!((found.unwrap() - expected).abs() < 1e-9 * expected, "{found:?} instead of {expected}");
        };
        // Without memory the rest is as the whole.
        let exponential = Dist::Exponential { mean: 7.0 };
        near(exponential.quantile_beyond(100.0, 0.3), 100.0 + exponential.quantile(0.3));
        // Weibull: S(x | x > b) = exp(−(x/s)^k + (b/s)^k).
        let weibull = Dist::Weibull { scale: 3.0, shape: 2.0 };
        near(weibull.quantile_beyond(2.0, 0.6), 3.0 * (4.0_f64 / 9.0 - libm::log(0.4)).sqrt());
        let uniform = Dist::Uniform { min: 1.0, max: 5.0 };
        near(uniform.quantile_beyond(3.0, 0.25), 3.5);
        near(uniform.quantile_beyond(0.5, 0.25), 2.0);
        assert_eq!(uniform.quantile_beyond(5.0, 0.25), None);
        assert_eq!(Dist::Constant(2.0).quantile_beyond(1.0, 0.9), Some(2.0));
    }
}
