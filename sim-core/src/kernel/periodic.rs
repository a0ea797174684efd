//! What happens once a period, at a phase of its own.

use super::SimTime;

/// Moments a period apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periodic {
    period: u64,
    phase: u64,
}

impl Periodic {
    /// Every `period` nanoseconds (at least one), first after the share `unit`, in [0, 1), of a period.
    #[inline]
    pub fn new(period: u64, unit: f64) -> Self {
        let period = period.max(1);
        Self { period, phase: ((unit * period as f64) as u64).min(period - 1) }
    }

    /// Moment `number`, counted from 0.
    #[inline]
    pub fn at(self, number: u64) -> SimTime {
        SimTime::from_nanos(number.saturating_mul(self.period).saturating_add(self.phase))
    }

    /// The number of the first moment that is not before `at`.
    #[inline]
    pub fn first_from(self, at: SimTime) -> u64 {
        at.as_nanos().saturating_sub(self.phase).div_ceil(self.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_moment_is_found() {
        let moments = Periodic::new(10, 0.35);
        assert_eq!(moments.at(2), SimTime::from_nanos(23));
        for (at, number) in [(0, 0), (3, 0), (4, 1), (13, 1), (14, 2)] {
            assert_eq!(moments.first_from(SimTime::from_nanos(at)), number);
        }
    }
}
