//! Good and bad reports that fade: the record behind reputations, audits, observed reliability and circuit breakers.
//!
//! A. Jøsang and R. Ismail, "The beta reputation system", Bled eConference 2002: a report of weight w changes `α ← λ α + w · good` and
//! `β ← λ β + w · bad`, and the score is `α / (α + β)`, the mean of a Beta distribution. What is left of the past, λ, is the same at each report,
//! or falls with the time since the last one as `exp(−t/memory)`.
//!
//! With λ the same at each report, bad ones at a share p lead to a score of 1 − p after some `1/(1 − λ)` reports, and from a clean record
//! `(α₀ = w/(1 − λ), β₀ = 0)` r bad ones in a row to `λ^r`: a threshold is passed at report number ⌈ln(threshold) / ln(λ)⌉, 41 for Storj.

use crate::kernel::{SimDuration, SimTime};

/// Good and bad reports, as far as they are remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beta {
    good: f64,
    bad: f64,
}

impl Beta {
    /// With so much good and bad to begin with.
    pub fn new(good: f64, bad: f64) -> Self {
        Self { good, bad }
    }

    /// A report of this weight; of what was known before, the share `memory` is left.
    pub fn report(&mut self, memory: f64, good: bool, weight: f64) {
        let (plus, minus) = if good { (weight, 0.0) } else { (0.0, weight) };
        self.good = memory * self.good + plus;
        self.bad = memory * self.bad + minus;
    }

    /// The share of good reports.
    pub fn score(&self) -> f64 {
        self.good / (self.good + self.bad)
    }
}

/// A record that fades with time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FadingBeta {
    record: Beta,
    at: SimTime,
}

impl FadingBeta {
    /// A report at `now`.
    pub fn report(&mut self, now: SimTime, memory: SimDuration, good: bool) {
        self.record.report(faded(now, self.at, memory), good, 1.0);
        self.at = now;
    }

    /// Good and bad reports, as they were left by the last one.
    pub fn at_last(&self) -> (f64, f64) {
        (self.record.good, self.record.bad)
    }

    /// The share of good reports at `now`, with these good and bad ones in advance.
    pub fn score(&self, now: SimTime, memory: SimDuration, prior: [f64; 2]) -> f64 {
        let weight = faded(now, self.at, memory);
        let (good, bad) = (self.record.good * weight, self.record.bad * weight);
        (good + prior[0]) / (good + bad + prior[0] + prior[1])
    }
}

/// What is left at `now` of what was observed `then`, with this time constant.
pub fn faded(now: SimTime, then: SimTime, constant: SimDuration) -> f64 {
    libm::exp(-now.since(then).as_secs_f64() / constant.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_never_passes_is_found_in_closed_form() {
        for (memory, below, reports) in [(0.999, 0.96, 41), (0.99, 0.9, 11), (0.95, 0.6, 10)] {
            assert_eq!((libm::log(below) / libm::log(memory)).ceil() as u32, reports);
            let mut record = Beta::new(1.0 / (1.0 - memory), 0.0);
            let found = (1..).find(|_| {
                record.report(memory, false, 1.0);
                record.score() < below
            });
            assert_eq!(found, Some(reports));
        }
    }

    #[test]
    fn the_score_tends_to_the_share_that_passes() {
        let mut record = Beta::new(1000.0, 0.0);
        for report in 0..20_000 {
            record.report(0.999, report % 10 != 0, 1.0);
        }
        assert!((record.score() - 0.9).abs() < 1e-3, "{}", record.score());
    }

    #[test]
    fn with_time_a_record_fades_to_what_was_supposed() {
        let memory = SimDuration::from_secs(100);
        let mut record = FadingBeta::default();
        assert!((record.score(SimTime::ZERO, memory, [3.0, 1.0]) - 0.75).abs() < 1e-12);
        (0..4).for_each(|_| record.report(SimTime::ZERO, memory, false));
        assert!((record.score(SimTime::ZERO, memory, [3.0, 1.0]) - 3.0 / 8.0).abs() < 1e-12);
        let later = SimTime::ZERO + memory;
        let expected = 3.0 / (4.0 + 4.0 * libm::exp(-1.0));
        assert!((record.score(later, memory, [3.0, 1.0]) - expected).abs() < 1e-12);
        assert!((record.at_last().1 - 4.0).abs() < 1e-12);
    }
}
