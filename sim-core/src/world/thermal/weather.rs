//! Outdoor temperature and storms of a region, as functions of the random streams alone.
//!
//! The base is constant, a daily cosine `mean + swing · cos(2π (clock − hottest) / 24 h)`, or readings from a file,
//! repeated after the last. Heat waves alternate with calm and add a trapezium: up over six hours, `rise`, down over
//! six hours, all inside the wave; a wave shorter than twelve hours is a triangle that stays below `rise`.
//!
//! Knots are [`KNOTS`] apart where something is not piecewise linear already. The error of linear interpolation is at
//! most `swing · (2π · 5 min / 24 h)² / 8 < 6·10⁻⁵ · swing` for the cosine, and at the kinks of a heat wave at most
//! `rise / 6 h · 5 min / 4 < 0.0035 · rise`.
//!
//! Seasonal weather is `mean + season · cos(2π (date − warmest) / year) + day · cos(2π (clock − hottest) / 24 h) + residual`. The
//! residual of a day is a stationary first-order autoregression, `xₙ = φ xₙ₋₁ + σ √(1 − φ²) zₙ` with normal z, valid at
//! noon and linear in between (which lowers its variance at midnight to `σ² (1 + φ)/2`). Index n of region
//! number `entity` is the day n of the run; a file of typical years has no heat waves either, so add them.
//!
//! Left out: wind, humidity.

use super::series::TemperatureSeries;
use crate::kernel::dist::normal_quantile;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::scenario::spec::{HeatWaves, LocalDateTime, Seasonal, Storms, Weather, WeatherBase};

/// Greatest distance of knots where the temperature is curved.
pub const KNOTS: SimDuration = SimDuration::from_secs(300);

const DAY_SECONDS: u64 = 86_400;
const YEAR_SECONDS: f64 = 365.25 * 86_400.0;
const RAMP_SECONDS: f64 = 6.0 * 3600.0;

/// The outdoor temperature of region number `region` over a run that starts at `start` and takes `duration`.
pub fn outdoor(
    weather: &Weather,
    region: u32,
    streams: &Streams,
    start: LocalDateTime,
    duration: SimDuration,
) -> TemperatureSeries {
    let waves = weather.heat_waves.as_ref().map_or_else(Vec::new, |waves| {
        heat_waves(waves, region, streams, duration).into_iter().map(|wave| (wave, waves.rise.0)).collect()
    });
    let step = match &weather.base {
        WeatherBase::Constant(temperature) if waves.is_empty() => {
            return TemperatureSeries::constant(*temperature);
        }
        WeatherBase::Constant(_) | WeatherBase::Daily { .. } | WeatherBase::Seasonal(_) => KNOTS,
        WeatherBase::Series { step, .. } if waves.is_empty() => *step,
        WeatherBase::Series { step, .. } => subdivide(*step),
    };
    let count = duration.as_nanos().div_ceil(step.as_nanos()) + 1;
    let mut knots: Vec<f64> =
        (0..count).map(|i| base_at(&weather.base, start, i * step.as_nanos())).collect();
    if let WeatherBase::Seasonal(seasonal) = &weather.base
        && seasonal.noise.0 > 0.0
    {
        add_residuals(&mut knots, step, seasonal, start, &streams.stream(Process::WeatherNoise, 0), region);
    }
    for ((begin, end), rise) in waves {
        add_wave(&mut knots, step, begin, end, rise);
    }
    TemperatureSeries::new(step, knots)
}

/// The storms of region number `region` that begin within `duration`, in order. A run starts calm.
pub fn storms(
    storms: &Storms,
    region: u32,
    streams: &Streams,
    duration: SimDuration,
) -> Vec<(SimTime, SimTime)> {
    alternate(&storms.every, &storms.lasts, &streams.stream(Process::Storm, 0), region, duration)
}

/// The heat waves of region number `region` that begin within `duration`, in order. A run starts calm.
pub fn heat_waves(
    waves: &HeatWaves,
    region: u32,
    streams: &Streams,
    duration: SimDuration,
) -> Vec<(SimTime, SimTime)> {
    alternate(&waves.every, &waves.lasts, &streams.stream(Process::HeatWave, 0), region, duration)
}

/// The intervals of an alternating renewal process that begin within `duration`. Draw `2k` of `entity` is the k-th
/// calm, draw `2k + 1` the interval after it.
pub fn alternate(
    calm: &Dist,
    lasts: &Dist,
    stream: &Stream,
    entity: u32,
    duration: SimDuration,
) -> Vec<(SimTime, SimTime)> {
    let mut intervals = Vec::new();
    let mut now = SimTime::ZERO;
    for cycle in 0..u32::MAX / 2 {
        let begin = now.saturating_add(calm.draw_duration(stream, entity, 2 * cycle));
        let end = begin.saturating_add(lasts.draw_duration(stream, entity, 2 * cycle + 1));
        if begin.since(SimTime::ZERO) >= duration {
            break;
        }
        assert!(end > now, "an alternating process with no duration never ends");
        intervals.push((begin, end));
        now = end;
    }
    intervals
}

/// The base temperature `nanos` after the start.
fn base_at(base: &WeatherBase, start: LocalDateTime, nanos: u64) -> f64 {
    match base {
        WeatherBase::Constant(temperature) => temperature.0,
        WeatherBase::Daily { mean, swing, hottest } => mean.0 + swing.0 * day_cosine(start, *hottest, nanos),
        WeatherBase::Seasonal(it) => {
            let (year, ..) = start.parts();
            let new_year = LocalDateTime::new(year, 1, 1, 0).map_or(0, |date| date.seconds);
            let since = (start.seconds - new_year) as f64 + nanos as f64 * 1e-9;
            let phase = (since - it.warmest.as_secs_f64()) / YEAR_SECONDS;
            it.mean.0
                + it.season.0 * libm::cos(std::f64::consts::TAU * phase)
                + it.day.0 * day_cosine(start, it.hottest, nanos)
        }
        WeatherBase::Series { step, celsius } => {
            let index = (nanos / step.as_nanos()) as usize;
            let share = (nanos % step.as_nanos()) as f64 / step.as_nanos() as f64;
            let (left, right) = (celsius[index % celsius.len()], celsius[(index + 1) % celsius.len()]);
            left + (right - left) * share
        }
    }
}

/// `cos(2π (clock − peak) / 24 h)`, `nanos` after the start.
pub(super) fn day_cosine(start: LocalDateTime, peak: SimDuration, nanos: u64) -> f64 {
    let day = DAY_SECONDS * 1_000_000_000;
    let midnight = start.seconds.rem_euclid(DAY_SECONDS as i64) as u64 * 1_000_000_000;
    // Whole days drop out in integers, so that day 300 is as exact as day 0.
    let clock = (midnight + nanos % day + (day - peak.as_nanos() % day)) % day;
    libm::cos(std::f64::consts::TAU * (clock as f64 / day as f64))
}

/// Adds the residuals of the days: valid at noon, linear in between.
fn add_residuals(
    knots: &mut [f64],
    step: SimDuration,
    seasonal: &Seasonal,
    start: LocalDateTime,
    stream: &Stream,
    region: u32,
) {
    let since_midnight = start.seconds.rem_euclid(DAY_SECONDS as i64) as f64;
    let noon = 0.5 * DAY_SECONDS as f64;
    let normal = |day: u32| normal_quantile(stream.unit(region, day));
    let (phi, sd) = (seasonal.correlation, seasonal.noise.0);
    let fresh = sd * libm::sqrt(1.0 - phi * phi);
    // Noon of the day before the start comes first.
    let (mut day, mut left) = (0, sd * normal(0));
    let mut right = phi * left + fresh * normal(1);
    for (index, knot) in knots.iter_mut().enumerate() {
        let seconds = index as f64 * step.as_secs_f64() + since_midnight + noon;
        while seconds >= f64::from(day + 1) * DAY_SECONDS as f64 {
            day += 1;
            left = right;
            right = phi * left + fresh * normal(day + 1);
        }
        let share = seconds / DAY_SECONDS as f64 - f64::from(day);
        *knot += left + (right - left) * share;
    }
}

/// A step of at most [`KNOTS`], or little less, of which `step` is a multiple to the nanosecond; `step` itself if there
/// is none.
pub(super) fn subdivide(step: SimDuration) -> SimDuration {
    let fewest = step.as_nanos().div_ceil(KNOTS.as_nanos());
    let parts = (fewest..2 * fewest + 60).find(|&parts| step.as_nanos().is_multiple_of(parts)).unwrap_or(1);
    SimDuration::from_nanos(step.as_nanos() / parts)
}

fn add_wave(knots: &mut [f64], step: SimDuration, begin: SimTime, end: SimTime, rise: f64) {
    let first = begin.as_nanos().div_ceil(step.as_nanos()) as usize;
    let last = (end.as_nanos() / step.as_nanos()) as usize;
    for index in first..knots.len().min(last + 1) {
        let time = SimTime::from_nanos(index as u64 * step.as_nanos());
        let inside = time.since(begin).as_secs_f64().min(end.since(time).as_secs_f64());
        knots[index] += rise * (inside / RAMP_SECONDS).min(1.0);
    }
}

#[cfg(test)]
mod tests;
