//! Symptoms: nodes whose readings show that they are failing get no new work.
//!
//! A node is withdrawn when `readings` readings in a row show a symptom (reported errors, slow service, throttling), and used again
//! after `clear` in a row without one. That is predictive failure analysis as of disks: E. Pinheiro, W.-D. Weber and L. A. Barroso,
//! "Failure trends in a large disk drive population", FAST 2007, who find that 36 % of failed disks had shown none of four strong
//! symptoms \[M\]: what no symptom precedes, no rule foresees.

use crate::policy::readings::Reading;
use crate::scenario::SymptomRule;

/// What the last readings of a node have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Symptoms {
    /// Readings in a row that speak against the present judgement.
    against: u16,
    withdrawn: bool,
}

impl Symptoms {
    /// Whether the node is withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    /// A reading has arrived; returns whether the node is to be withdrawn, if that changes.
    pub fn observe(&mut self, rule: &SymptomRule, reading: &Reading) -> Option<bool> {
        let shown = rule.errors.is_some_and(|errors| reading.errors >= errors.0)
            || rule.slowdown.is_some_and(|slowdown| reading.slowdown >= slowdown)
            || (rule.throttled && reading.throttled);
        if shown == self.withdrawn {
            self.against = 0;
            return None;
        }
        self.against = self.against.saturating_add(1);
        let needed = if self.withdrawn { rule.clear } else { rule.readings };
        if u32::from(self.against) < needed {
            return None;
        }
        self.against = 0;
        self.withdrawn = shown;
        Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{SimDuration, SimTime};
    use crate::quantity::PerSecond;

    #[test]
    fn some_readings_in_a_row_decide() {
        let rule = SymptomRule {
            errors: Some(PerSecond(0.1)),
            slowdown: Some(1.5),
            throttled: false,
            readings: 2,
            clear: 3,
        };
        let sound = Reading {
            taken: SimTime::ZERO,
            temperature: f64::NAN,
            throttled: true,
            busy: 0.0,
            queue: 0,
            on_battery: false,
            charge: f64::NAN,
            errors: 0.0,
            slowdown: 1.0,
            age: SimDuration::ZERO,
        };
        let (failing, slow) = (Reading { errors: 0.1, ..sound }, Reading { slowdown: 1.5, ..sound });
        let mut symptoms = Symptoms::default();
        let course = [sound, failing, sound, failing, slow, failing, sound, sound, slow, sound, sound, sound];
        let said: Vec<_> = course.iter().map(|reading| symptoms.observe(&rule, reading)).collect();
        let mut expected = vec![None; 12];
        (expected[4], expected[11]) = (Some(true), Some(false));
        assert_eq!(said, expected);
    }
}
