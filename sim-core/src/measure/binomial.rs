//! How well a small probability is known from counts, with the same bits on every platform (unlike [`super::stats`]): these
//! numbers go into run records.
//!
//! The bounds of Clopper and Pearson (Biometrika 26, 1934) are quantiles of beta distributions: low solves I_p(x, n − x + 1) =
//! α/2, high I_p(x + 1, n − x) = 1 − α/2, with the regularised incomplete beta function I. That is computed by its continued
//! fraction after Lentz, and solved by bisection.

/// Of one minus the confidence, 95 %.
const ALPHA: f64 = 0.05;

/// The share of `lost` in `all`, and bounds on the probability: the exact interval at 95 %, or where none was lost zero
/// and the one-sided bound 1 − 0.05^(1/n) ≈ 3/n (rule of three). NaN without any.
pub fn loss_interval(lost: u64, all: u64) -> (f64, [f64; 2]) {
    if all == 0 {
        return (f64::NAN, [f64::NAN; 2]);
    }
    let (x, n) = (lost as f64, all as f64);
    if lost == 0 {
        return (0.0, [0.0, -libm::expm1(libm::log(ALPHA) / n)]);
    }
    let low = solve(x, n - x + 1.0, ALPHA / 2.0);
    let high = if lost == all { 1.0 } else { solve(x + 1.0, n - x, 1.0 - ALPHA / 2.0) };
    (x / n, [low, high])
}

/// The p at which I_p(a, b) is `level`.
fn solve(a: f64, b: f64, level: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if incomplete_beta(a, b, middle) < level { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// I_p(a, b).
fn incomplete_beta(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return p;
    }
    let front = libm::exp(
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(p) + b * libm::log1p(-p),
    );
    if p < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, p) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - p) / b
    }
}

/// The continued fraction of the incomplete beta function.
fn fraction(a: f64, b: f64, p: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |x: f64| if x.abs() < TINY { TINY } else { x };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * p / (a + 1.0));
    let mut value = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * p / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * p / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let step = d * c;
        value *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(X ≤ x) of the binomial distribution, term by term.
    fn at_most(x: u64, n: u64, p: f64) -> f64 {
        let n = n as f64;
        let term = |i: f64| {
            let choose = libm::lgamma(n + 1.0) - libm::lgamma(i + 1.0) - libm::lgamma(n - i + 1.0);
            libm::exp(choose + i * libm::log(p) + (n - i) * libm::log1p(-p))
        };
        (0..=x).map(|i| term(i as f64)).sum()
    }

    #[test]
    fn bounds_are_where_the_binomial_distribution_puts_them() {
        for (lost, all) in [(1, 10), (3, 100), (50, 200), (7, 1_000_000), (199, 200)] {
            let (p, [low, high]) = loss_interval(lost, all);
            assert!((p - lost as f64 / all as f64).abs() < 1e-15);
            assert!((at_most(lost - 1, all, low) - 0.975).abs() < 1e-7, "{lost} of {all}: {low}");
            assert!((at_most(lost, all, high) - 0.025).abs() < 1e-7, "{lost} of {all}: {high}");
        }
        assert_eq!(loss_interval(200, 200).1[1], 1.0);
    }

    #[test]
    fn without_a_loss_the_rule_of_three_holds() {
        let (p, [low, high]) = loss_interval(0, 100_000);
        assert_eq!((p, low), (0.0, 0.0));
        assert!((high - 3.0 / 100_000.0).abs() < 0.01 * high);
        assert!((loss_interval(0, 1).1[1] - 0.95).abs() < 1e-12);
        assert!(loss_interval(0, 0).0.is_nan());
    }
}
