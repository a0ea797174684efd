//! The room around the racks: a first-order lag behind outdoor air, with air conditioning and heating.
//!
//! `dT/dt = (T_out + gain − T) / τ`, held within `heating ≤ T ≤ setpoint`: while the conditioning works the room *is* at
//! the limit, and it drifts away from there as soon as the weather lets it. The step from knot to knot is the exact
//! solution for piecewise-linear weather. The room starts as if the first day of weather had been repeating for ever.
//!
//! Knots are at most five minutes apart (h). With M the greatest slope of the weather, linear interpolation between
//! exact knots errs by at most `min(h² M / (4 τ), h M / 2)`: 0.01 K for 3 K/h and τ = 30 min.
//!
//! Left out: the heat of the racks in the room (put it into `gain`), the limits and the energy of the conditioning.

use super::lumped::lag;
use super::series::TemperatureSeries;
use super::weather::{KNOTS, subdivide};
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::spec::Building;

const DAY: SimDuration = SimDuration::from_secs(86_400);

/// The air of a room in `building` under this weather; without a building it is outdoor air.
pub fn room(outdoor: &TemperatureSeries, building: Option<&Building>) -> TemperatureSeries {
    let Some(building) = building else { return outdoor.clone() };
    if outdoor.knots().len() == 1 {
        let air = held(building, outdoor.knots()[0] + building.gain.0);
        return TemperatureSeries::constant(crate::quantity::Celsius(air));
    }
    let step = if outdoor.step() > KNOTS { subdivide(outdoor.step()) } else { outdoor.step() };
    let horizon = outdoor.knot_time(outdoor.knots().len() - 1);
    let count = (horizon.as_nanos() / step.as_nanos()) as usize;
    let time = |index: usize| SimTime::from_nanos(index as u64 * step.as_nanos());
    let source: Vec<f64> = (0..=count).map(|i| outdoor.at(time(i)).0 + building.gain.0).collect();
    let walk = Walk { building, step: step.as_secs_f64() };

    let day = ((DAY.as_nanos() / step.as_nanos()) as usize).clamp(1, count);
    let mut air = walk.settled(&source[..=day]);
    let mut knots = Vec::with_capacity(source.len());
    knots.push(air);
    for pair in source.windows(2) {
        air = walk.next(air, pair);
        knots.push(air);
    }
    TemperatureSeries::new(step, knots)
}

/// The temperature at which the conditioning holds a room that would be at `air`.
fn held(building: &Building, air: f64) -> f64 {
    let cooled = building.setpoint.map_or(air, |setpoint| air.min(setpoint.0));
    building.heating.map_or(cooled, |heating| cooled.max(heating.0))
}

struct Walk<'a> {
    building: &'a Building,
    /// Seconds between knots.
    step: f64,
}

impl Walk<'_> {
    fn drift(&self, air: f64, source: &[f64]) -> f64 {
        let slope = (source[1] - source[0]) / self.step;
        lag(air, source[0], slope, self.step, self.building.time_constant.as_secs_f64().max(1e-9))
    }

    fn next(&self, air: f64, source: &[f64]) -> f64 {
        held(self.building, self.drift(air, source))
    }

    /// The state from which this stretch of weather, repeated, leads back to itself: exactly without conditioning
    /// (the lag is affine in its start), and after one more pass with it.
    fn settled(&self, source: &[f64]) -> f64 {
        let pass = |start: f64| source.windows(2).fold(start, |air, pair| self.drift(air, pair));
        let start = source[0];
        let seconds = self.step * (source.len() - 1) as f64;
        let forgotten = -libm::expm1(-seconds / self.building.time_constant.as_secs_f64().max(1e-9));
        let free = start + (pass(start) - start) / forgotten;
        source.windows(2).fold(held(self.building, free), |air, pair| self.next(air, pair))
    }
}

#[cfg(test)]
mod tests;
