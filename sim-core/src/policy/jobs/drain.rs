//! Leaving a node before the heat stops it: at a fixed temperature, or by the trend.
//!
//! The trend is the straight line through the last readings by least squares. An instance leaves when that line reaches the first limit of
//! the node (throttle or shutdown, as its type says) before the instance could have left: time to save, plus one period of looking, twice
//! over as a margin [A]. A node is left alone until it is cooler than the limit by a hysteresis, so that instances do not flutter.
//! Left out: models of the room; a trend is a poor forecast of an exponential approach, which always ends sooner than its tangent says, so it
//! errs on the side of leaving early.

use crate::kernel::SimTime;

/// Readings that make a trend.
const READINGS: usize = 5;
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
}

/// The last temperatures of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeatTrend {
    readings: [(f64, f64); READINGS],
    count: usize,
    hot: bool,
}

impl HeatTrend {
    /// A reading has come: whether instances should leave, or stay away.
    pub fn observe(&mut self, now: SimTime, celsius: f64, limits: &Limits) -> bool {
        self.readings.rotate_left(1);
        self.readings[READINGS - 1] = (now.since(SimTime::ZERO).as_secs_f64(), celsius);
        self.count = (self.count + 1).min(READINGS);
        let soon = || {
            let slope = self.slope();
            limits.ahead.is_some_and(|ahead| slope > 0.0 && celsius + slope * ahead >= limits.at)
        };
        self.hot = if self.hot {
            celsius > limits.at - limits.hysteresis || soon()
        } else {
            celsius >= limits.at || soon()
        };
        self.hot
    }

    /// Kelvins per second.
    fn slope(&self) -> f64 {
        let last = &self.readings[READINGS - self.count..];
        let n = last.len() as f64;
        let (t, c) = last.iter().fold((0.0, 0.0), |(t, c), (at, celsius)| (t + at / n, c + celsius / n));
        let (over, under) = last.iter().fold((0.0, 0.0), |(over, under), (at, celsius)| {
            (over + (at - t) * (celsius - c), under + (at - t) * (at - t))
        });
        if under > 0.0 { over / under } else { 0.0 }
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
        let mut trend = HeatTrend::default();
        let found: Vec<bool> = [60.0, 84.9, 85.0, 81.0, 80.0, 84.0]
            .iter()
            .enumerate()
            .map(|(i, celsius)| trend.observe(at(60 * i as u64), *celsius, &limits))
            .collect();
        assert_eq!(found, [false, false, true, true, false, false]);
    }

    #[test]
    fn the_trend_leaves_as_late_as_it_may() {
        // 0.05 K/s from 60 °C reaches 90 °C after 600 s; 120 s to leave and 60 s between looks leave 360 s.
        let limits = Limits::forecast(90.0, 120.0, 60.0, 5.0);
        let mut trend = HeatTrend::default();
        let left = (0..).find(|i| trend.observe(at(60 * i), 60.0 + 3.0 * *i as f64, &limits));
        assert_eq!(left, Some(4));
        let mut steady = HeatTrend::default();
        assert!((0..20).all(|i| !steady.observe(at(60 * i), 89.0, &limits)));
    }
}
