//! Probabilities of a period: that a failed member is found, and that a live one is taken for failed.

use crate::scenario::SwimOrder;

/// Probability that a visitor that goes round `others` members in shuffled order does not come to a given one within the next `periods`.
///
/// With m others, the time between two visits is m − U₁ + U₂, both uniform on 1…m; the time from a random moment to the
/// next visit is its residual.
pub fn residual(others: u32, periods: u64) -> f64 {
    let (m, r) = (f64::from(others), periods as f64);
    if periods >= 2 * u64::from(others) - 1 {
        return 0.0;
    }
    if r <= m {
        1.0 - r / m + (r - 1.0) * r * (r + 1.0) / (6.0 * m * m * m)
    } else {
        let k = 2.0 * m - 1.0 - r;
        k * (k + 1.0) * (k + 2.0) / (6.0 * m * m * m)
    }
}

/// How a group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peers {
    /// Members that live and can be reached.
    pub live: u32,
    /// Members that are not taken for failed.
    pub listed: u32,
}

impl Peers {
    /// Probability that a member that has failed is pinged in the period that ends `periods` after it failed.
    pub(super) fn finds(&self, order: SwimOrder, periods: u64) -> f64 {
        let Some(others) = self.listed.checked_sub(1).filter(|others| *others > 0) else { return 0.0 };
        let live = f64::from(self.live);
        let missed = match order {
            SwimOrder::Random => libm::log1p(-1.0 / f64::from(others)),
            SwimOrder::RoundRobin => {
                let before = residual(others, periods - 1);
                if before <= 0.0 { f64::NEG_INFINITY } else { libm::log(residual(others, periods) / before) }
            }
        };
        if live == 0.0 { 0.0 } else { -libm::expm1(live * missed) }
    }

    /// Probability that a live member is falsely suspected in a period, if each ping leads to that with probability `mistake`.
    pub(super) fn mistakes(&self, mistake: f64) -> f64 {
        let Some(others) = self.listed.checked_sub(1).filter(|others| *others > 0) else { return 0.0 };
        let pinging = f64::from(self.live.saturating_sub(1).min(others));
        -libm::expm1(pinging * libm::log1p(-mistake / f64::from(others)))
    }
}
