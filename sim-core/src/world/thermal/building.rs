//! The room around the racks: a first-order lag behind outdoor air, with air conditioning and heating.
//!
//! `dT/dt = (T_out + gain − T) / τ`, held within `heating ≤ T ≤ setpoint`: while the conditioning works the room *is* at
//! the limit, and it drifts away from there as soon as the weather lets it. The step from knot to knot is the exact
//! solution for piecewise-linear weather. The room starts as if the first day of weather had been repeating for ever.
//!
//! Knots are at most five minutes apart (h). With M the greatest slope of the weather, linear interpolation between
//! exact knots errs by at most `min(h² M / (4 τ), h M / 2)`: 0.01 K for 3 K/h and τ = 30 min.
//!
//! Walls and contents are a second lag beside that of the air, `T = (1 − share) T_air + share T_mass`, both behind the same
//! weather. Sun adds `gain · max(0, cos(2π (clock − peak) / 24 h))` to the weather.
//!
//! What the racks add to a room, and air conditioning with limits, is [`super::air`].

use super::lumped::lag;
use super::series::TemperatureSeries;
use super::weather::{KNOTS, day_cosine, subdivide};
use crate::kernel::{SimDuration, SimTime};
use crate::scenario::spec::{Building, LocalDateTime, Solar};

const DAY: SimDuration = SimDuration::from_secs(86_400);

/// The room of `building` under weather alone, without its air conditioning; `start` is the local time of t = 0.
pub fn free_room(
    outdoor: &TemperatureSeries,
    building: &Building,
    start: LocalDateTime,
    duration: SimDuration,
) -> TemperatureSeries {
    let building = Building { setpoint: None, air_conditioning: None, ..building.clone() };
    room(outdoor, Some(&building), start, duration)
}

/// The air of a room in `building` under this weather; without a building it is outdoor air. `start` is the local time of
/// t = 0.
pub fn room(
    outdoor: &TemperatureSeries,
    building: Option<&Building>,
    start: LocalDateTime,
    duration: SimDuration,
) -> TemperatureSeries {
    let Some(building) = building else { return outdoor.clone() };
    let sunny = building.solar.as_ref().map(|solar| sunlit(outdoor, solar, start, duration));
    let outdoor = sunny.as_ref().unwrap_or(outdoor);
    let Some(mass) = &building.mass else { return lagged(outdoor, building) };
    let air = lagged(outdoor, building);
    let walls = lagged(outdoor, &Building { time_constant: mass.time_constant, ..building.clone() });
    let both = air.knots().iter().zip(walls.knots());
    let mixed = both.map(|(air, walls)| held(building, air + mass.share * (walls - air)));
    TemperatureSeries::new(air.step(), mixed.collect())
}

/// Weather with the sun on the building.
fn sunlit(
    outdoor: &TemperatureSeries,
    solar: &Solar,
    start: LocalDateTime,
    duration: SimDuration,
) -> TemperatureSeries {
    let step = if outdoor.step() > KNOTS { subdivide(outdoor.step()) } else { outdoor.step() };
    let constant = outdoor.knots().len() == 1;
    let step = if constant { KNOTS } else { step };
    let count = if constant {
        duration.as_nanos().div_ceil(step.as_nanos()) as usize
    } else {
        (outdoor.knot_time(outdoor.knots().len() - 1).as_nanos() / step.as_nanos()) as usize
    };
    let knots = (0..=count as u64).map(|index| {
        let nanos = index * step.as_nanos();
        let height = day_cosine(start, solar.peak, nanos).max(0.0);
        outdoor.at(SimTime::from_nanos(nanos)).0 + solar.gain.0 * height
    });
    TemperatureSeries::new(step, knots.collect())
}

/// One time constant behind the weather.
fn lagged(outdoor: &TemperatureSeries, building: &Building) -> TemperatureSeries {
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
