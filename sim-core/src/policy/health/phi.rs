//! The φ-accrual failure detector.
//!
//! N. Hayashibara, X. Défago, R. Yared and T. Katayama, "The φ accrual failure detector", SRDS 2004: how suspicious a silence of
//! length t is, is `φ(t) = −log10(P(a longer silence))` under a distribution fitted to the last times between beats. A node is
//! suspected from the moment at which φ reaches the threshold Φ until the next beat. As φ grows with t, that moment is
//! computed, not polled:
//!
//! - *normal* (the paper): `t = μ + pause + σ z`, z the standard normal quantile of `1 − 10^−Φ`;
//! - *logistic* (Akka): `P = e / (1 + e)` with `e = exp(−y (1.5976 + 0.070566 y²))`, `y = (t − μ − pause) / σ`, solved for y by
//!   Cardano's formula;
//! - *exponential* (Cassandra): `t = Φ ln(10) (μ + pause)`.
//!
//! μ and σ are mean and (population) standard deviation of the window, σ at least `min_sd`. Sums are kept in whole
//! nanoseconds, so that nothing drifts. As in Akka, the time between beats that ends a suspicion is not taken into the window, for
//! it says how long the node was away, not how regular it is. A watch that begins again keeps its window, which tells of the path, and
//! takes the first time into it after two beats.
//!
//! Defaults: Φ = 8, window 1000, `min_sd` 100 ms as in Akka's cluster \[M\]; no acceptable pause (Akka: 3 s, 10 s for
//! remote watches \[M\]); before the first beats the period that was agreed on counts as mean and `min_sd` as deviation, where
//! Akka assumes 1 s ± 250 ms (`first`). Cassandra convicts at φ = 8 too, of an exponential distribution: 18.4 means \[M\].
//!
//! Left out: Hayashibara's separate estimate of losses; Cassandra's ceiling on the times it takes into its window.

use super::{Detector, Observation, Reaction, Schedule, Timer, Verdict};
use crate::kernel::dist::normal_quantile;
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::{PhiAccrual as Spec, PhiForm};
use std::collections::VecDeque;

/// Longest time between beats that is told apart, in nanoseconds: 20 days.
const LONGEST: u64 = 1_728_000_000_000_000;
/// A run of equal times is one word: the time above so many bits, and below them how often it comes.
const TIMES_BITS: u32 = 13;
const TIMES_MAX: u64 = (1 << TIMES_BITS) - 1;

/// Suspects a node when its silence has become too improbable.
#[derive(Clone, Debug)]
pub struct PhiAccrual {
    spec: Spec,
    /// Silences of one deviation above the mean until suspicion, or of means for the exponential form.
    factor: f64,
    window: Window,
    last: SimTime,
    /// Whether `last` is an arrival, not the beginning.
    heard: bool,
    suspected: bool,
}

/// The last times between beats, equal ones in a row counted together.
#[derive(Clone, Debug, Default)]
struct Window {
    runs: VecDeque<u64>,
    size: u32,
    count: u32,
    sum: u128,
    squares: u128,
}

impl Window {
    fn push(&mut self, value: u64, times: u64) {
        let value = value.min(LONGEST);
        let times = u32::try_from(times).map_or(self.size, |times| times.min(self.size));
        let mut excess = (self.count + times).saturating_sub(self.size);
        while excess > 0 {
            let Some(first) = self.runs.front_mut() else { break };
            let (oldest, run) = (*first >> TIMES_BITS, (*first & TIMES_MAX) as u32);
            let gone = excess.min(run);
            *first -= u64::from(gone);
            self.count -= gone;
            self.sum -= u128::from(oldest) * u128::from(gone);
            self.squares -= square(oldest) * u128::from(gone);
            excess -= gone;
            if gone == run {
                self.runs.pop_front();
            }
        }
        let mut left = u64::from(times);
        if let Some(last) = self.runs.back_mut().filter(|last| **last >> TIMES_BITS == value) {
            let more = left.min(TIMES_MAX - (*last & TIMES_MAX));
            *last += more;
            left -= more;
        }
        while left > 0 {
            let more = left.min(TIMES_MAX);
            self.runs.push_back(value << TIMES_BITS | more);
            left -= more;
        }
        self.count += times;
        self.sum += u128::from(value) * u128::from(times);
        self.squares += square(value) * u128::from(times);
    }

    /// Mean and standard deviation in nanoseconds.
    fn moments(&self) -> Option<(f64, f64)> {
        let count = u128::from(self.count);
        if count == 0 {
            return None;
        }
        let variance = (count * self.squares - self.sum * self.sum) as f64 / (count * count) as f64;
        Some((self.sum as f64 / count as f64, libm::sqrt(variance)))
    }
}

fn square(value: u64) -> u128 {
    u128::from(value) * u128::from(value)
}

impl PhiAccrual {
    /// The detector with these parameters.
    pub fn new(spec: Spec) -> Self {
        let mut window = Window { size: spec.window.max(1), ..Window::default() };
        if let Some(first) = spec.first {
            let quarter = first.as_nanos() / 4;
            window.push(first.as_nanos() - quarter, 1);
            window.push(first.as_nanos() + quarter, 1);
        }
        let factor = factor(spec.form, spec.threshold);
        Self { spec, factor, window, last: SimTime::ZERO, heard: false, suspected: false }
    }

    /// The silence after which the node is suspected, by what is known now.
    pub fn patience(&self) -> SimDuration {
        let (period, least) = (self.spec.period.as_nanos() as f64, self.spec.min_sd.as_nanos() as f64);
        let (mean, sd) = self.window.moments().unwrap_or((period, least));
        let mean = mean + self.spec.pause.as_nanos() as f64;
        let silence = match self.spec.form {
            PhiForm::Exponential => mean * self.factor,
            PhiForm::Normal | PhiForm::Logistic => mean + self.factor * sd.max(least),
        };
        SimDuration::from_nanos(silence.max(0.0).round() as u64)
    }

    /// Whether no silence of a period or less can lead to suspicion while all in the window are at least as long.
    fn is_patient(&self) -> bool {
        let least = if self.spec.form == PhiForm::Exponential { 1.0 } else { 0.0 };
        let period = self.spec.period.as_nanos();
        self.factor >= least && self.window.runs.iter().all(|run| *run >> TIMES_BITS >= period)
    }

    /// A time between beats has passed; the one that ends a suspicion does not count.
    fn arrived(&mut self, at: SimTime) {
        if self.heard && !self.suspected {
            self.window.push(at.since(self.last).as_nanos(), 1);
        }
        (self.last, self.heard, self.suspected) = (at, true, false);
    }

    fn deadline(&self) -> Timer {
        Timer::Set(self.last.saturating_add(self.patience()))
    }
}

/// How many deviations above the mean (or, for the exponential form, how many means) φ is `threshold`.
pub fn factor(form: PhiForm, threshold: f64) -> f64 {
    let tail = libm::exp(-threshold * std::f64::consts::LN_10);
    match form {
        PhiForm::Normal => -normal_quantile(tail),
        PhiForm::Logistic => {
            // y³ + p y = q, with e / (1 + e) = tail.
            let logit = libm::log1p(-tail) + threshold * std::f64::consts::LN_10;
            let (p, q) = (1.5976 / 0.070_566, logit / 0.070_566);
            let root = libm::sqrt(0.25 * q * q + p * p * p / 27.0);
            libm::cbrt(0.5 * q + root) + libm::cbrt(0.5 * q - root)
        }
        PhiForm::Exponential => threshold * std::f64::consts::LN_10,
    }
}

impl Detector for PhiAccrual {
    fn schedule(&self) -> Schedule {
        Schedule::Beats { period: self.spec.period }
    }

    fn observe(&mut self, now: SimTime, observation: Observation) -> Reaction {
        match observation {
            Observation::Start { .. } => {
                (self.last, self.heard) = (now, false);
                Reaction { verdict: None, timer: self.deadline() }
            }
            Observation::Beat { .. } => {
                self.arrived(now);
                Reaction { verdict: Some(Verdict::Trust), timer: self.deadline() }
            }
            Observation::Timer => {
                self.suspected = true;
                Reaction { verdict: Some(Verdict::Suspect), timer: Timer::Keep }
            }
            _ => Reaction::default(),
        }
    }

    fn steady(&mut self, last: SimTime, count: u64) -> Option<Timer> {
        let period = self.spec.period;
        let run = period.as_nanos().saturating_mul(count - 1);
        let first = SimTime::from_nanos(last.as_nanos().checked_sub(run)?);
        let is_short = self.heard && first.since(self.last) < period;
        if self.suspected || is_short || !self.is_patient() {
            return None;
        }
        self.arrived(first);
        self.window.push(period.as_nanos(), count - 1);
        self.last = last;
        Some(self.deadline())
    }

    fn boxed_clone(&self) -> Box<dyn Detector> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(form: PhiForm, threshold: f64) -> Spec {
        let (period, min_sd) = (SimDuration::from_secs(1), SimDuration::from_nanos(100_000_000));
        Spec { period, threshold, window: 1000, min_sd, pause: SimDuration::ZERO, first: None, form }
    }

    /// Oracle i.phi: mean 1000 ms, deviation 100 ms.
    #[test]
    fn the_threshold_is_met_where_the_formulas_say() {
        for (threshold, normal, logistic, exponential) in [
            (1.0, 1_128.155_156_55, 1_128.221_534_5, 2_302.585_092_99),
            (2.0, 1_232.634_787_4, 1_232.274_553_54, 4_605.170_185_99),
        ] {
            for (form, expected) in [
                (PhiForm::Normal, normal),
                (PhiForm::Logistic, logistic),
                (PhiForm::Exponential, exponential),
            ] {
                let patience = PhiAccrual::new(spec(form, threshold)).patience().as_secs_f64() * 1e3;
                assert!((patience - expected).abs() < 1e-5, "{form:?} {threshold}: {patience}");
            }
        }
    }

    /// φ at the silence found is the threshold again, by the forward formulas.
    #[test]
    fn phi_at_the_deadline_is_the_threshold() {
        for threshold in [0.1, 0.5, 1.0, 3.0, 8.0, 12.0, 40.0] {
            let normal = factor(PhiForm::Normal, threshold);
            let tail = 0.5 * libm::erfc(normal * std::f64::consts::FRAC_1_SQRT_2);
            assert!((-libm::log10(tail) / threshold - 1.0).abs() < 1e-9, "{threshold}");
            let y = factor(PhiForm::Logistic, threshold);
            let e = libm::exp(-y * (1.5976 + 0.070_566 * y * y));
            assert!((-libm::log10(e / (1.0 + e)) / threshold - 1.0).abs() < 1e-9, "{threshold}");
        }
    }

    /// Sliding sums are those of the last values, however they come in.
    #[test]
    fn the_window_holds_the_last_values() {
        let mut window = Window { size: 5, ..Window::default() };
        let mut all = Vec::new();
        for (value, times) in [(7, 1), (9, 3), (9, 2), (4, 1), (100, 2), (3, 11), (8, 1), (LONGEST, 1)] {
            window.push(value, times);
            all.extend(std::iter::repeat_n(value as f64, times as usize));
            let last = &all[all.len().saturating_sub(5)..];
            let mean = last.iter().sum::<f64>() / last.len() as f64;
            let variance = last.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / last.len() as f64;
            let (found, sd) = window.moments().expect("values");
            assert!((found - mean).abs() <= 1e-9 * mean, "{found} {mean}");
            assert!((sd * sd - variance).abs() <= 1e-9 * variance.max(1.0), "{sd} {variance}");
        }
    }
}
