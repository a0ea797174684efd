//! Tails of the binomial distribution, and how a condition on them changes the next step.

/// Σ over j ≥ m of the terms of Bin(n, p), over that of m.
fn tail_over_first(n: u32, m: u32, odds: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for j in m..n {
        term *= f64::from(n - j) / f64::from(j + 1) * odds;
        sum += term;
        if term < 1e-16 * sum {
            break;
        }
    }
    sum
}

/// Beyond this p the condition changes little, and sums would grow beyond all bounds.
const LIKELY: f64 = 0.9;

/// P(Bin(n, p) ≥ m); 0 if m > n.
pub fn at_least(n: u32, m: u32, p: f64) -> f64 {
    if m == 0 {
        return 1.0;
    }
    if m > n || p <= 0.0 {
        return 0.0;
    }
    if p > LIKELY {
        return 1.0 - at_least(n, n - m + 1, 1.0 - p);
    }
    let choose: f64 = (1..=m).map(|j| libm::log(f64::from(n - m + j) / f64::from(j))).sum();
    let first = choose + f64::from(m) * libm::log(p) + f64::from(n - m) * libm::log1p(-p);
    (libm::exp(first) * tail_over_first(n, m, p / (1.0 - p))).min(1.0)
}

/// How many times as often the first of n fails, where each does so with probability p in the time that is left, given that m of them do:
/// P(Bin(n − 1, p) ≥ m − 1)/P(Bin(n, p) ≥ m). 1 if none has to.
pub fn lift(n: u32, m: u32, p: f64) -> f64 {
    if m == 0 || m > n || p <= 0.0 || p > LIKELY {
        return 1.0;
    }
    let odds = p / (1.0 - p);
    let terms = f64::from(m) / (f64::from(n) * p);
    terms * tail_over_first(n - 1, m - 1, odds) / tail_over_first(n, m, odds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(n: u32, m: u32, p: f64) -> f64 {
        // Row by row.
        let mut row = vec![1.0];
        for _ in 0..n {
            let mut next = vec![0.0; row.len() + 1];
            for (j, share) in row.iter().enumerate() {
                next[j] += share * (1.0 - p);
                next[j + 1] += share * p;
            }
            row = next;
        }
        row.iter().skip(m as usize).sum()
    }

    #[test]
    fn tails_agree_with_sums() {
        for (n, m, p) in
            [(16, 7, 0.05), (36, 8, 0.01), (3, 1, 0.5), (5, 5, 0.2), (40, 3, 0.3), (6, 2, 0.95), (4, 0, 0.1)]
        {
            let truth = slow(n, m, p);
            assert!((at_least(n, m, p) / truth - 1.0).abs() < 1e-12, "{n} {m} {p}");
            if m > 0 && p <= LIKELY {
                let ratio = slow(n - 1, m - 1, p) / truth;
                assert!((lift(n, m, p) / ratio - 1.0).abs() < 1e-12, "{n} {m} {p}");
            }
        }
        assert_eq!((at_least(3, 4, 0.5), lift(3, 0, 0.5), lift(3, 1, 0.0)), (0.0, 1.0, 1.0));
    }
}
