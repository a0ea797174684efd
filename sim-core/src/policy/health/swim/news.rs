//! How long news takes: to the gateway, and to the member that it is about.

use super::{SwimContext, SwimWatch};

/// Rounds after which news is taken to have reached everybody.
const ROUNDS: u32 = 64;

impl SwimWatch {
    pub(super) fn rounds_to_gateway(&mut self, context: &SwimContext<'_>) -> u32 {
        match context.class.heard {
            Some(heard) if heard < context.class.members => self.rounds(context, heard, true),
            _ => 0,
        }
    }

    /// Periods until news that one member has is known to one of `wanted` others; at once if that one may be `among` them.
    pub(super) fn rounds(&mut self, context: &SwimContext<'_>, wanted: u32, among: bool) -> u32 {
        let first = self.rumours.wrapping_mul(2 * ROUNDS + 1);
        self.rumours = self.rumours.wrapping_add(1);
        let unit = |index: u32| context.streams.news.unit(context.node, first.wrapping_add(index));
        let members = f64::from(context.peers.live.max(2));
        let wanted = f64::from(wanted).min(members);
        if among && unit(2 * ROUNDS) < wanted / members {
            return 0;
        }
        let mut informed = 1.0;
        for round in 0..ROUNDS {
            let others = members - 1.0;
            let told = 1.0 - (1.0 - informed / others).max(0.0) * libm::pow(1.0 - 1.0 / others, informed);
            let told = (told * context.class.exchange).min(1.0);
            let ignorant = members - informed;
            let newly = binomial(ignorant, told, unit(2 * round));
            let none = libm::exp(newly * libm::log1p(-(wanted / ignorant).min(1.0)));
            if newly > 0.0 && unit(2 * round + 1) >= none {
                return round + 1;
            }
            informed += newly;
            if members - informed < 1.0 {
                return round + 1;
            }
        }
        ROUNDS
    }
}

/// A binomial variate by inversion: exact for small means, by the normal distribution for means of both outcomes above 30.
pub(super) fn binomial(n: f64, p: f64, unit: f64) -> f64 {
    let n = n.floor();
    if n <= 0.0 || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return n;
    }
    if p > 0.5 {
        return n - binomial(n, 1.0 - p, 1.0 - unit);
    }
    let mean = n * p;
    if mean > 30.0 {
        let z = crate::kernel::normal_quantile(unit);
        return (mean + z * libm::sqrt(mean * (1.0 - p))).round().clamp(0.0, n);
    }
    let mut term = libm::exp(n * libm::log1p(-p));
    let (mut sum, mut k) = (term, 0.0);
    while unit > sum && k < n {
        term *= (n - k) / (k + 1.0) * p / (1.0 - p);
        k += 1.0;
        sum += term;
        if term < 1e-300 {
            break;
        }
    }
    k
}
