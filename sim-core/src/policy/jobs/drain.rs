//! Leaving a node before the heat stops it: at a fixed temperature, or by the trend.
//!
//! The trend is the exponential one of the forecasts of health ([`Course`]), once there are three readings each above the one before: a straight
//! line would have every machine flee its own warming up. An instance leaves when the trend reaches the first limit of the node (throttle or
//! shutdown, as its type says) before the instance could have left: time to save, plus one period of looking, twice over as a margin \[A\]. A node is
//! left alone until it is cooler than the limit by a hysteresis, so that instances do not flutter.
//! Left out: models of the room, noise of sensors.

use crate::kernel::SimTime;
use crate::policy::health::Course;
use crate::scenario::Trend;

/// How much more time than needed is allowed for.
const MARGIN: f64 = 2.0;

/// When to leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Leave at this temperature, °C.
    pub at: f64,
    /// Leave also if the trend reaches `at` within so many seconds.
    pub ahead: Option<f64>,
    /// Come back this much below, kelvins.
    pub hysteresis: f64,
}

impl Limits {
    /// By the trend, for instances that need `leaving` seconds to leave and are looked at every `period` seconds.
    pub fn forecast(at: f64, leaving: f64, period: f64, hysteresis: f64) -> Self {
        Self { at, ahead: Some(MARGIN * (leaving + period)), hysteresis }
    }

    /// Whether instances should leave, or stay away, as the last reading is of the time `taken`; one that is known already counts once.
    pub fn are_met(&self, course: &mut Course, taken: SimTime, celsius: f64) -> bool {
        course.record(Trend::Exponential, taken, celsius);
        let soon = |ahead| course.rises() && course.time_to(Trend::Exponential, self.at) <= ahead;
        let threatens = celsius >= self.at || self.ahead.is_some_and(soon);
        course.keep_away(threatens, celsius > self.at - self.hysteresis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn a_fixed_limit_has_hysteresis() {
        let limits = Limits { at: 85.0, ahead: None, hysteresis: 5.0 };
        let mut trend = Course::default();
        let found: Vec<bool> = [60.0, 84.9, 85.0, 81.0, 80.0, 84.0]
            .iter()
            .enumerate()
            .map(|(i, celsius)| limits.are_met(&mut trend, at(60 * i as u64), *celsius))
            .collect();
        assert_eq!(found, [false, false, true, true, false, false]);
    }

    #[test]
    fn the_trend_leaves_as_late_as_it_may() {
        // 0.05 K/s from 60 °C reaches 90 °C after 600 s; 120 s to leave and 60 s between looks leave 360 s.
        let limits = Limits::forecast(90.0, 120.0, 60.0, 5.0);
        let mut trend = Course::default();
        let left = (0..).find(|i| limits.are_met(&mut trend, at(60 * i), 60.0 + 3.0 * *i as f64));
        assert_eq!(left, Some(4));
        // A machine that warms up towards a temperature below the limit stays, one that would pass it leaves in time.
        let warm = |i: u64, to: f64| to - (to - 40.0) * libm::exp(-(i as f64) / 5.0);
        let mut calm = Course::default();
        assert!((0..100).all(|i| !limits.are_met(&mut calm, at(60 * i), warm(i, 89.0))));
        let mut doomed = Course::default();
        let left =
            (0..).find(|i| limits.are_met(&mut doomed, at(60 * i), warm(*i, 110.0))).expect("it leaves");
        assert!(warm(left, 110.0) < 80.0 && warm(left + 6, 110.0) >= 90.0, "{left}");
        let mut steady = Course::default();
        assert!((0..20).all(|i| !limits.are_met(&mut steady, at(60 * i), 89.0)));
    }
}
