//! What audits make of a node: a share of good audits that forgets.
//!
//! After each audit (α, β) becomes (λ α + v, λ β + 1 − v), v = 1 if it was good, else 0; the score is α / (α + β), and a node
//! whose score falls below a threshold is disqualified. It starts from (α₀, 0). This is the Beta reputation of Jøsang and
//! Ismail ("The beta reputation system", Bled 2002) as Storj uses it, with λ = 0.999, α₀ = 1000, threshold 0.96.
//!
//! Where α₀ = 1 / (1 − λ), α + β stays so, and a node that never passes is disqualified at the audit number
//! ⌈ln(threshold) / ln(λ)⌉: 41 for Storj. One that fails a share f of its audits tends to the score 1 − f.

use crate::scenario::AuditReputation;

/// Good and bad audits of a node, as far as they are remembered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reputation {
    good: f64,
    bad: f64,
}

impl Reputation {
    /// Of a new node.
    pub fn new(rules: &AuditReputation) -> Self {
        Self { good: rules.prior, bad: 0.0 }
    }

    /// Takes in an audit; true if the node is to be disqualified.
    pub fn audited(&mut self, rules: &AuditReputation, passed: bool) -> bool {
        self.good = rules.memory * self.good + f64::from(u8::from(passed));
        self.bad = rules.memory * self.bad + f64::from(u8::from(!passed));
        self.score() < rules.below
    }

    /// The share of good audits.
    pub fn score(&self) -> f64 {
        self.good / (self.good + self.bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_never_passes_is_found_in_closed_form() {
        for (memory, below, audits) in [(0.999, 0.96, 41), (0.99, 0.9, 11), (0.95, 0.6, 10)] {
            let rules = AuditReputation { memory, prior: 1.0 / (1.0 - memory), below };
            assert_eq!((libm::log(below) / libm::log(memory)).ceil() as u32, audits);
            let mut it = Reputation::new(&rules);
            let found = (1..).find(|_| it.audited(&rules, false));
            assert_eq!(found, Some(audits));
        }
    }

    #[test]
    fn the_score_tends_to_the_share_that_passes() {
        let rules = AuditReputation { memory: 0.999, prior: 1000.0, below: 0.5 };
        let mut it = Reputation::new(&rules);
        for audit in 0..20_000 {
            assert!(!it.audited(&rules, audit % 10 != 0));
        }
        assert!((it.score() - 0.9).abs() < 1e-3, "{}", it.score());
    }
}
