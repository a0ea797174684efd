//! Leaving a node before the heat stops it: at a fixed temperature, or by the trend.
//!
//! The trend goes on from the last three readings: straight where the temperature rises as fast as before or faster, and where it rises
//! ever more slowly, as a body does that approaches the temperature that its power keeps up, by the exponential through the three. (A straight line
//! would have every machine flee its own warming up.) An instance leaves when the trend reaches the first limit of the node (throttle or
//! shutdown, as its type says) before the instance could have left: time to save, plus one period of looking, twice over as a margin \[A\]. A node is
//! left alone until it is cooler than the limit by a hysteresis, so that instances do not flutter.
//! Left out: models of the room, noise of sensors.

use crate::kernel::SimTime;

/// Readings that make a trend.
const READINGS: usize = 3;
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
    /// Whether instances should leave, or stay away, as the last reading is of the time `taken`; one that is known already counts once.
    pub fn observe(&mut self, taken: SimTime, celsius: f64, limits: &Limits) -> bool {
        let seconds = taken.since(SimTime::ZERO).as_secs_f64();
        if self.count == 0 || self.readings[READINGS - 1].0 < seconds {
            self.readings.rotate_left(1);
            self.readings[READINGS - 1] = (seconds, celsius);
            self.count = (self.count + 1).min(READINGS);
        }
        let soon = limits.ahead.is_some_and(|ahead| celsius + self.rise(ahead) >= limits.at);
        self.hot = soon || celsius >= limits.at || (self.hot && celsius > limits.at - limits.hysteresis);
        self.hot
    }

    /// Kelvins by which the temperature will have risen `ahead` seconds from the last reading; nothing before
    /// there are three that rise.
    fn rise(&self, ahead: f64) -> f64 {
        let [(t0, c0), (t1, c1), (t2, c2)] = self.readings;
        if self.count < READINGS || c1 <= c0 || c2 <= c1 || t1 <= t0 || t2 <= t1 {
            return 0.0;
        }
        let (before, last) = ((c1 - c0) / (t1 - t0), (c2 - c1) / (t2 - t1));
        let steps = ahead / (t2 - t1);
        let ratio = if before > last { last / before } else { 1.0 };
        let sum =
            if ratio < 1.0 - 1e-9 { ratio * (1.0 - libm::pow(ratio, steps)) / (1.0 - ratio) } else { steps };
        (c2 - c1) * sum
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
        // A machine that warms up towards a temperature below the limit stays, one that would pass it leaves in time.
        let warm = |i: u64, to: f64| to - (to - 40.0) * libm::exp(-(i as f64) / 5.0);
        let mut calm = HeatTrend::default();
        assert!((0..100).all(|i| !calm.observe(at(60 * i), warm(i, 89.0), &limits)));
        let mut doomed = HeatTrend::default();
        let left = (0..).find(|i| doomed.observe(at(60 * i), warm(*i, 110.0), &limits)).expect("it leaves");
        assert!(warm(left, 110.0) < 80.0 && warm(left + 6, 110.0) >= 90.0, "{left}");
        let mut steady = HeatTrend::default();
        assert!((0..20).all(|i| !steady.observe(at(60 * i), 89.0, &limits)));
    }
}
