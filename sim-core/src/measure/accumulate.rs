//! Accumulators over simulated time: sums, time-weighted means, spells of up and down, windows, bins.
//!
//! Each is plain data and takes the current time with every call; times must not go back. All start at a given
//! instant and can start afresh at the end of the warm-up, keeping their present state.

mod bins;
mod deeds;
mod impact;
mod windows;

pub use bins::{RatioBins, TimelineBins};
pub use deeds::{Deeds, NodeDeeds};
pub use impact::{Impact, ImpactReport};
pub use windows::{WindowTarget, Windows};

use crate::kernel::{SimDuration, SimTime};
use std::ops::AddAssign;

/// A sum of many numbers with the rounding error carried along (Neumaier's variant of Kahan summation): its error
/// does not grow with the number of terms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    carried: f64,
}

impl Sum {
    /// Adds one term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let sum = self.sum + term;
        self.carried +=
            if self.sum.abs() >= term.abs() { (self.sum - sum) + term } else { (term - sum) + self.sum };
        self.sum = sum;
    }

    /// The sum so far.
    #[inline]
    pub fn value(&self) -> f64 {
        self.sum + self.carried
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// Integral over time of a piecewise-constant quantity, and its mean.
///
/// With a quantity in watts the integral is in joules: time counts in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWeighted {
    start: SimTime,
    since: SimTime,
    value: f64,
    max: f64,
    integral: Sum,
}

impl TimeWeighted {
    /// Starts at `now` with the quantity at `value`.
    pub fn new(now: SimTime, value: f64) -> Self {
        Self { start: now, since: now, value, max: value, integral: Sum::default() }
    }

    /// Sets the quantity to `value` from `now` on.
    #[inline]
    pub fn set(&mut self, now: SimTime, value: f64) {
        debug_assert!(value.is_finite(), "a time-weighted quantity must be finite, not {value}");
        if now > self.since {
            self.integral.add(self.value * (now - self.since).as_secs_f64());
            self.since = now;
        }
        self.value = value;
        if value > self.max {
            self.max = value;
        }
    }

    /// Changes the quantity by `change` from `now` on.
    #[inline]
    pub fn add(&mut self, now: SimTime, change: f64) {
        self.set(now, self.value + change);
    }

    /// Forgets what was before `now`; the quantity keeps its value.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::new(now, self.value);
    }

    /// The present value.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The largest value since the start.
    pub fn max(&self) -> f64 {
        self.max
    }

    /// The integral from the start to `now`, in units of the quantity times seconds.
    pub fn integral(&self, now: SimTime) -> f64 {
        let mut integral = self.integral;
        integral.add(self.value * now.since(self.since).as_secs_f64());
        integral.value()
    }

    /// The mean over the time from the start to `now`; `None` if no time has passed.
    pub fn mean(&self, now: SimTime) -> Option<f64> {
        let span = now.since(self.start);
        (!span.is_zero()).then(|| self.integral(now) / span.as_secs_f64())
    }
}

/// The spells up and down of one thing, or, added up, of many: for uptime, MTBF and MTTR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spells {
    is_up: bool,
    since: SimTime,
    totals: SpellTotals,
}

/// Time up and down and the number of changes between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpellTotals {
    /// Nanoseconds up.
    pub up: u128,
    /// Nanoseconds down.
    pub down: u128,
    /// Changes from up to down.
    pub failures: u64,
    /// Changes from down to up.
    pub repairs: u64,
}

impl Spells {
    /// Starts at `now`, up or down.
    pub fn new(now: SimTime, is_up: bool) -> Self {
        Self { is_up, since: now, totals: SpellTotals::default() }
    }

    /// Says what is so from `now` on; saying the same again changes nothing.
    #[inline]
    pub fn set(&mut self, now: SimTime, is_up: bool) {
        if is_up == self.is_up {
            return;
        }
        self.totals = self.totals(now);
        self.since = now;
        self.is_up = is_up;
        if is_up {
            self.totals.repairs += 1;
        } else {
            self.totals.failures += 1;
        }
    }

    /// Whether it is up at present.
    pub fn is_up(&self) -> bool {
        self.is_up
    }

    /// Forgets what was before `now`; what is up stays up.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::new(now, self.is_up);
    }

    /// The totals from the start to `now`, the running spell included.
    pub fn totals(&self, now: SimTime) -> SpellTotals {
        let mut totals = self.totals;
        let spell = u128::from(now.since(self.since).as_nanos());
        if self.is_up {
            totals.up += spell;
        } else {
            totals.down += spell;
        }
        totals
    }
}

impl SpellTotals {
    /// Share of the time up; `None` if no time has passed.
    pub fn uptime(&self) -> Option<f64> {
        let all = self.up + self.down;
        (all > 0).then(|| self.up as f64 / all as f64)
    }

    /// Mean time between failures in seconds: time up, running spells included, per failure; `None` without failures.
    pub fn mtbf(&self) -> Option<f64> {
        (self.failures > 0).then(|| self.up as f64 * 1e-9 / self.failures as f64)
    }

    /// Mean time to repair in seconds: time down, running spells included, per repair; `None` without repairs.
    pub fn mttr(&self) -> Option<f64> {
        (self.repairs > 0).then(|| self.down as f64 * 1e-9 / self.repairs as f64)
    }
}

impl AddAssign for SpellTotals {
    fn add_assign(&mut self, other: Self) {
        self.up += other.up;
        self.down += other.down;
        self.failures += other.failures;
        self.repairs += other.repairs;
    }
}

/// Number of the interval of length `length`, counted from `start`, in which `now` lies.
fn interval(start: SimTime, length: SimDuration, now: SimTime) -> u64 {
    now.since(start).as_nanos() / length.as_nanos()
}

#[cfg(test)]
mod tests;
