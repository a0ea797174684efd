//! The highest temperature between two instants.
//!
//! T can only rise while the source S is above it. So above a given level it is enough to look at the linear segments in
//! which S reaches the level; inside one T has at most one extremum, where dT/dt = 0:
//! `u* = τ · ln((T₀ − S₀ + mτ) / (mτ))`.

use super::lumped::{HeatParams, NodeHeat, lag};
use super::series::{Side, TemperatureSeries};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};

impl NodeHeat {
    /// The highest temperature from `self.at` to `now` at constant `power`, if it is above `floor`; else any value up to
    /// `floor` may come back.
    pub fn max_until(
        &self,
        now: SimTime,
        params: &HeatParams,
        air: &TemperatureSeries,
        power: Watts,
        floor: Celsius,
    ) -> Celsius {
        let drive = params.drive(power);
        let at_end = self.temperature_at(now, params, air, power).0;
        let mut highest = self.temperature.max(at_end).max(floor.0);
        let mut state = *self;
        while state.at < now {
            let segment = air.segment(state.at);
            let end = segment.end.min(now);
            let source = segment.value + drive;
            let seconds = end.since(state.at).as_secs_f64();
            if source.max(source + segment.slope * seconds) > highest {
                let inner = extremum(state.temperature, source, segment.slope, seconds, params.tau());
                highest = highest.max(inner);
                state.temperature = lag(state.temperature, source, segment.slope, seconds, params.tau());
                highest = highest.max(state.temperature);
                state.at = end;
                continue;
            }
            // Nothing can happen before the segment that leads up to a knot at which the source reaches the level.
            let Some(knot) = air.first_knot(segment.index + 1, Side::Above, Celsius(highest - drive)) else {
                break;
            };
            let next = air.knot_time(knot.saturating_sub(1)).max(end);
            if next >= now {
                break;
            }
            state.advance(next.max(state.at + SimDuration::from_nanos(1)), params, air, power);
        }
        Celsius(highest)
    }
}

/// The temperature at the extremum inside a linear segment; the temperature at its beginning if there is none.
fn extremum(start: f64, source: f64, slope: f64, seconds: f64, tau: f64) -> f64 {
    let steady = slope * tau;
    let ratio = (start - source + steady) / steady;
    if ratio > 1.0 {
        let at = tau * libm::log(ratio);
        if at < seconds {
            return lag(start, source, slope, at, tau);
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Kelvin, KelvinPerWatt};

    #[test]
    fn agrees_with_fine_steps() {
        let knots: Vec<f64> =
            (0..200).map(|i| 20.0 + 12.0 * libm::sin(f64::from(i) * 0.37) + f64::from(i % 7)).collect();
        let air = TemperatureSeries::new(SimDuration::from_secs(600), knots);
        for tau in [5, 300, 4000] {
            let params = HeatParams::new(KelvinPerWatt(0.3), SimDuration::from_secs(tau), Kelvin(2.0));
            for (from, to, start) in
                [(0, 100_000, 90.0), (0, 100_000, 20.0), (7_000, 9_000, 30.0), (50, 70, 10.0)]
            {
                let heat = NodeHeat { temperature: start, at: SimTime::ZERO + SimDuration::from_secs(from) };
                let end = SimTime::ZERO + SimDuration::from_secs(to);
                let found = heat.max_until(end, &params, &air, Watts(50.0), Celsius(-100.0)).0;
                let mut stepped = start;
                let mut state = heat;
                for t in from..=to {
                    state.advance(SimTime::ZERO + SimDuration::from_secs(t), &params, &air, Watts(50.0));
                    stepped = f64::max(stepped, state.temperature);
                }
                assert!(
                    found >= stepped - 1e-9 && found < stepped + 0.01,
                    "tau {tau}: {found} against {stepped}"
                );
            }
        }
    }
}
