//! A forecast of temperature: when will a node be too hot?
//!
//! Readings are sampled and late; what is forecast is the time from the last one at which the temperature reaches a limit.
//!
//! - *Linear*: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages" (1957; Int. J. Forecasting
//!   20(1), 2004), for readings at irregular times: with a step of h after the last, `forecast = level + h · slope`,
//!   `level' = a · reading + (1 − a) · forecast`, `slope' = b · (level' − level) / h + (1 − b) · slope`; the limit is reached after
//!   `(limit − level') / slope'`. A node that approaches a steady state bends away from the line, so it forewarns early.
//! - *Exponential*: a body of one mass at constant power and air follows `T(t) = T∞ + (T₀ − T∞) e^(−t/τ)`. Of three readings
//!   at equal distance h, the ratio of the two changes is `ρ = e^(−h/τ)`, so `T∞ = T₂ + (T₂ − T₁) ρ / (1 − ρ)`, and the limit is
//!   reached after `−τ ln((T∞ − limit) / (T∞ − T₂))` if `T∞` is above it, and never if not. Exact for such a body; with other
//!   courses (ρ outside of (0, 1)) it is taken as linear through the last two. Where the distances h₁ and h₂ differ, because a reading
//!   was lost, the mean rates of change are taken as those at the middles of the two: `ρ` is their ratio to the power `2 h₂/(h₁ + h₂)`.
//!
//! Hysteresis: a node that was withdrawn is used again when a reading is `margin` below the limit and no forecast within
//! the horizon stands against it. Defaults: a = 0.5, b = 0.3 \[A\], margin 5 K \[A\].
//!
//! Left out: noise of sensors; the load that will be taken off the node.

use crate::kernel::SimTime;
use crate::scenario::{Forecast, Trend};

/// What is remembered of the readings of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Course {
    /// Readings so far, as far as they matter.
    known: u8,
    last: SimTime,
    level: f64,
    slope: f64,
    /// The last three readings, and the steps between them.
    readings: [f64; 3],
    steps: [f64; 2],
    withdrawn: bool,
}

impl Course {
    /// Whether the node is withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawn
    }

    /// A reading of `temperature` taken at `taken` has arrived at `now`; returns whether the node is to be withdrawn, if that changes.
    pub fn observe(
        &mut self,
        rule: &Forecast,
        limit: f64,
        now: SimTime,
        taken: SimTime,
        temperature: f64,
    ) -> Option<bool> {
        self.record(rule.trend, taken, temperature);
        let left = self.time_to(rule.trend, limit) - now.since(taken).as_secs_f64();
        let before = self.withdrawn;
        let threatens = left <= rule.horizon.as_secs_f64();
        let withdraw = self.keep_away(threatens, temperature > limit - rule.margin.0);
        (withdraw != before).then_some(withdraw)
    }

    /// Whether the node is to be withdrawn: as soon as something `threatens` it, and then as long as it is `warm`.
    pub fn keep_away(&mut self, threatens: bool, warm: bool) -> bool {
        self.withdrawn = threatens || (self.withdrawn && warm);
        self.withdrawn
    }

    /// Takes in a reading; one that is not later than the last known is ignored.
    pub fn record(&mut self, trend: Trend, taken: SimTime, temperature: f64) {
        let step = taken.since(self.last).as_secs_f64();
        if self.known > 0 && step <= 0.0 {
            return;
        }
        match (trend, self.known) {
            (_, 0) => (self.level, self.slope) = (temperature, 0.0),
            (Trend::Linear { .. }, 1) => {
                self.slope = (temperature - self.level) / step;
                self.level = temperature;
            }
            (Trend::Linear { level: a, slope: b }, _) => {
                let level = a * temperature + (1.0 - a) * (self.level + step * self.slope);
                self.slope = b * (level - self.level) / step + (1.0 - b) * self.slope;
                self.level = level;
            }
            (Trend::Exponential, _) => {
                self.slope = (temperature - self.readings[2]) / step;
                self.level = temperature;
            }
        }
        self.readings = [self.readings[1], self.readings[2], temperature];
        self.steps = [self.steps[1], step];
        (self.last, self.known) = (taken, (self.known + 1).min(3));
    }

    /// Whether there are three readings, each above the one before.
    pub fn rises(&self) -> bool {
        self.known >= 3 && self.readings.is_sorted_by(|before, after| before < after)
    }

    /// Seconds from the last reading to the limit; infinite if never.
    pub fn time_to(&self, trend: Trend, limit: f64) -> f64 {
        let [before, last, temperature] = self.readings;
        if self.known > 0 && temperature >= limit {
            return 0.0;
        }
        if trend != Trend::Exponential || self.known < 3 {
            return self.linear(limit);
        }
        let ([h1, h2], change) = (self.steps, temperature - last);
        let rates = (change / h2) / ((last - before) / h1);
        // Too near to a straight line to tell how it bends.
        if rates.is_nan() || rates <= 0.0 || rates >= 1.0 - 1e-9 {
            return self.linear(limit);
        }
        let ratio = libm::pow(rates, 2.0 * h2 / (h1 + h2));
        let rest = change * ratio / (1.0 - ratio);
        if temperature + rest <= limit {
            return f64::INFINITY;
        }
        h2 * libm::log1p((temperature - limit) / rest) / libm::log(ratio)
    }

    fn linear(&self, limit: f64) -> f64 {
        if self.level >= limit {
            0.0
        } else if self.slope > 0.0 {
            (limit - self.level) / self.slope
        } else {
            f64::INFINITY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SimDuration;
    use crate::quantity::{Celsius, Kelvin};

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    /// A body of one mass at constant power: the limit is reached when the closed form says (oracle g.rc1).
    #[test]
    fn the_exponential_forecast_is_exact_for_one_mass() {
        let (ambient, resistance, power, tau, limit) = (25.0, 0.5, 130.0, 600.0, 80.0);
        let steady = ambient + resistance * power;
        let crossing = -tau * libm::log((steady - limit) / (steady - ambient));
        let mut course = Course::default();
        let mut forecast = f64::NAN;
        for reading in 0..10 {
            let time = f64::from(reading) * 60.0;
            let temperature = steady + (ambient - steady) * libm::exp(-time / tau);
            course.record(Trend::Exponential, at(time), temperature);
            forecast = time + course.time_to(Trend::Exponential, limit);
            if reading >= 2 {
                assert!((forecast - crossing).abs() < 1e-6, "{reading}: {forecast} {crossing}");
            }
        }
        // The same power and a limit above the steady state: never.
        assert!(forecast.is_finite());
        assert_eq!(course.time_to(Trend::Exponential, 95.0), f64::INFINITY);
        assert!(course.rises());
    }

    /// A reading that was lost hardly matters.
    #[test]
    fn uneven_readings_bend_too() {
        let (steady, tau, limit) = (90.0, 600.0, 80.0);
        let crossing = tau * libm::log(65.0 / (steady - limit));
        let mut course = Course::default();
        for time in [0.0, 60.0, 180.0] {
            course.record(Trend::Exponential, at(time), steady - 65.0 * libm::exp(-time / tau));
        }
        let forecast = 180.0 + course.time_to(Trend::Exponential, limit);
        assert!((forecast / crossing - 1.0).abs() < 0.02, "{forecast} {crossing}");
    }

    /// A straight line is continued exactly by both.
    #[test]
    fn a_straight_line_is_continued() {
        for trend in [Trend::Linear { level: 0.5, slope: 0.3 }, Trend::Exponential] {
            let mut course = Course::default();
            for reading in 0..16 {
                let time = f64::from(reading) * 10.0;
                course.record(trend, at(time), 20.0 + 0.5 * time);
                let left = course.time_to(trend, 100.0);
                if reading > 0 {
                    assert!((left + time - 160.0).abs() < 1e-6, "{trend:?} {reading}: {left}");
                }
            }
        }
    }

    #[test]
    fn a_node_is_used_again_once_it_has_cooled() {
        let rule = Forecast {
            at: Some(Celsius(80.0)),
            horizon: SimDuration::from_secs(60),
            margin: Kelvin(5.0),
            trend: Trend::Linear { level: 1.0, slope: 1.0 },
        };
        let mut course = Course::default();
        let mut says = |time: f64, temperature| course.observe(&rule, 80.0, at(time), at(time), temperature);
        assert_eq!(says(0.0, 60.0), None);
        assert_eq!(says(10.0, 62.0), None);
        assert_eq!(says(20.0, 65.0), Some(true));
        assert_eq!(says(30.0, 78.0), None);
        assert_eq!(says(40.0, 76.0), None);
        assert_eq!(says(50.0, 74.0), Some(false));
    }
}
