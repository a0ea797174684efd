//! Integer time: nanoseconds since the start of the run, and durations in nanoseconds.
//!
//! There is no `f64` clock: two events are simultaneous exactly when their integers are equal. A `u64` of nanoseconds
//! holds 584 years. Arithmetic that would overflow panics; conversions from seconds saturate at [`SimTime::MAX`] or
//! [`SimDuration::MAX`], which mean "never".

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign, Sub};

pub(super) const NANOS_PER_SECOND: f64 = 1e9;

/// An instant, in nanoseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(u64);

/// A span of time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// The last representable instant; stands for "never".
    pub const MAX: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The instant `seconds` after the start, rounded to the nearest nanosecond; negative gives zero, too large gives [`SimTime::MAX`].
    #[inline]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(SimDuration::from_secs_f64(seconds).0)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        to_f64(self.0) / NANOS_PER_SECOND
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// `self + duration`, or [`SimTime::MAX`] if that is past the end of time.
    #[inline]
    pub const fn saturating_add(self, duration: SimDuration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest representable span; stands for "for ever".
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of whole `seconds`.
    #[inline]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1_000_000_000)
    }

    /// A span of `seconds`, rounded to the nearest nanosecond; negative and NaN give zero, too large gives [`SimDuration::MAX`].
    #[inline]
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self::from_nanos_f64(seconds * NANOS_PER_SECOND)
    }

    /// A span of `nanos` nanoseconds, rounded to the nearest; negative and NaN give zero, too large gives [`SimDuration::MAX`].
    #[inline]
    pub fn from_nanos_f64(nanos: f64) -> Self {
        // Processors convert to signed numbers, which does for the first three hundred years.
        let rounded = nanos + 0.5;
        let signed = rounded as i64;
        if (0..i64::MAX).contains(&signed) { Self(signed as u64) } else { Self::saturating(rounded) }
    }

    /// `as` saturates, so infinity becomes MAX, and NaN becomes zero. By itself, or else it is computed each time.
    #[cold]
    #[inline(never)]
    fn saturating(nanos: f64) -> Self {
        Self(nanos as u64)
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Nanoseconds, rounded to the nearest number that an `f64` can be.
    #[inline]
    pub fn as_nanos_f64(self) -> f64 {
        to_f64(self.0)
    }

    /// Seconds.
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        to_f64(self.0) / NANOS_PER_SECOND
    }

    /// Whether the span is empty.
    #[inline]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// `nanos as f64`. Processors convert from signed numbers, so that is half of the work, and does for the first three hundred years.
#[inline]
fn to_f64(nanos: u64) -> f64 {
    match i64::try_from(nanos) {
        Ok(signed) => signed as f64,
        Err(_) => from_unsigned(nanos),
    }
}

/// By itself, or else it is computed each time.
#[cold]
#[inline(never)]
fn from_unsigned(nanos: u64) -> f64 {
    nanos as f64
}

impl Add<SimDuration> for SimTime {
    type Output = Self;

    #[inline]
    fn add(self, duration: SimDuration) -> Self {
        Self(self.0.checked_add(duration.0).expect("simulated time overflows 584 years"))
    }
}

impl AddAssign<SimDuration> for SimTime {
    fn add_assign(&mut self, duration: SimDuration) {
        *self = *self + duration;
    }
}

impl Sub for SimTime {
    type Output = SimDuration;

    #[inline]
    fn sub(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.checked_sub(earlier.0).expect("a span of time cannot be negative"))
    }
}

/// The sum, or [`SimDuration::MAX`] if that is more: what never ends does so no sooner if more is to come.
impl Add for SimDuration {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::fmt::Display for SimTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} s", self.as_secs_f64())
    }
}

impl std::fmt::Display for SimDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} s", self.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_round_to_the_nearest_nanosecond_and_saturate() {
        let nanos = |seconds| SimDuration::from_secs_f64(seconds).as_nanos();
        assert_eq!(
            [nanos(1.5e-9), nanos(1.4e-9), nanos(0.1), nanos(3_600.0)],
            [2, 1, 100_000_000, 3_600_000_000_000]
        );
        assert_eq!(
            [nanos(-1.0), nanos(f64::NAN), nanos(1e300), nanos(f64::INFINITY)],
            [0, 0, u64::MAX, u64::MAX]
        );
        for power in 0..70 {
            for x in [0.999_999, 1.0, 1.000_001, 1.5].map(|factor| factor * libm::pow(2.0, f64::from(power)))
            {
                for x in [x, -x] {
                    assert_eq!(SimDuration::from_nanos_f64(x).as_nanos(), (x + 0.5) as u64, "{x}");
                }
            }
        }
    }

    #[test]
    fn since_and_saturating_add_stop_at_the_ends() {
        let (early, late) = (SimTime::from_nanos(3), SimTime::from_nanos(10));
        assert_eq!((late.since(early), early.since(late)), (SimDuration::from_nanos(7), SimDuration::ZERO));
        assert_eq!(late.saturating_add(SimDuration::MAX), SimTime::MAX);
        assert_eq!(SimDuration::MAX + SimDuration::from_secs(1), SimDuration::MAX);
    }

    #[test]
    #[should_panic(expected = "overflows")]
    fn adding_past_the_end_of_time_panics() {
        let _ = SimTime::MAX + SimDuration::from_nanos(1);
    }

    #[test]
    #[should_panic(expected = "negative")]
    fn subtracting_a_later_time_panics() {
        let _ = SimTime::ZERO - SimTime::from_nanos(1);
    }
}
