//! A temperature as a function of time: equidistant knots, linear in between.
//!
//! Reading, integrating and bounding cost nothing that grows with the length of the run: the integral is the
//! difference of two prefix sums, and minima and maxima come from a pyramid in which every entry covers
//! 32 entries of the layer below. After the last knot the temperature stays what it was there.

use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Celsius;
use std::sync::Arc;

/// How many entries of one layer of the pyramid of extremes make one of the next.
const BLOCK: usize = 32;

/// A piecewise-linear temperature over the run. Cloning shares the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TemperatureSeries {
    /// Nanoseconds between knots.
    step: u64,
    /// One over it, and over the same in seconds.
    per_nano: f64,
    per_second: f64,
    /// Degrees Celsius.
    knots: Arc<[f64]>,
    /// Integral from zero to each knot, in K·s.
    sums: Arc<[f64]>,
    /// Layers of (minimum, maximum) over blocks of the layer below; the first layer is over the knots.
    extremes: Arc<[Vec<(f64, f64)>]>,
    /// Minimum and maximum of all knots.
    range: (f64, f64),
}

/// The straight piece of a series from some instant to the next knot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Index of the knot at or before the instant.
    pub index: usize,
    /// The time of the next knot; [`SimTime::MAX`] after the last.
    pub end: SimTime,
    /// Degrees Celsius at the instant.
    pub value: f64,
    /// Kelvins per second.
    pub slope: f64,
}

/// From which side a level is to be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values at or above the level are sought.
    Above,
    /// Values at or below the level are sought.
    Below,
}

impl Side {
    /// Whether values between these extremes reach `level` from this side.
    fn reaches(self, (low, high): (f64, f64), level: Celsius) -> bool {
        match self {
            Self::Above => high >= level.0,
            Self::Below => low <= level.0,
        }
    }
}

impl TemperatureSeries {
    /// The same temperature for ever.
    pub fn constant(temperature: Celsius) -> Self {
        Self::new(SimDuration::MAX, vec![temperature.0])
    }

    /// A series with `knots` (degrees Celsius) at 0, `step`, 2·`step`, …
    ///
    /// # Panics
    /// If there is no knot, a knot is not finite, or `step` is zero.
    pub fn new(step: SimDuration, knots: Vec<f64>) -> Self {
        assert!(!knots.is_empty() && !step.is_zero(), "a temperature series needs a knot and a step");
        assert!(knots.iter().all(|knot| knot.is_finite()), "a temperature is not finite");
        let seconds = step.as_secs_f64();
        let mut sum = 0.0;
        let sums = std::iter::once(0.0)
            .chain(knots.windows(2).map(|pair| {
                sum += 0.5 * (pair[0] + pair[1]) * seconds;
                sum
            }))
            .collect();
        Self {
            step: step.as_nanos(),
            per_nano: 1.0 / step.as_nanos() as f64,
            per_second: 1.0 / seconds,
            sums,
            extremes: pyramid(&knots).into(),
            range: knots.iter().map(|&knot| (knot, knot)).fold(NOTHING, join),
            knots: knots.into(),
        }
    }

    /// Whether both share their data.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.knots, &other.knots)
    }

    /// Time between knots; [`SimDuration::MAX`] if there is only one.
    pub fn step(&self) -> SimDuration {
        SimDuration::from_nanos(self.step)
    }

    /// The values at the knots, in degrees Celsius.
    pub fn knots(&self) -> &[f64] {
        &self.knots
    }

    /// The time of knot `index`.
    pub fn knot_time(&self, index: usize) -> SimTime {
        SimTime::from_nanos(self.step.saturating_mul(index as u64))
    }

    /// The temperature at `time`.
    pub fn at(&self, time: SimTime) -> Celsius {
        Celsius(self.segment(time).value)
    }

    /// The straight piece that begins at `time`.
    #[inline]
    pub fn segment(&self, time: SimTime) -> Segment {
        let last = self.knots.len() - 1;
        let index = ((time.as_nanos() / self.step) as usize).min(last);
        if index == last {
            return Segment { index, end: SimTime::MAX, value: self.knots[last], slope: 0.0 };
        }
        let start = self.step * index as u64;
        let (left, right) = (self.knots[index], self.knots[index + 1]);
        let share = (time.as_nanos() - start) as f64 * self.per_nano;
        Segment {
            index,
            end: SimTime::from_nanos(start + self.step),
            value: left + (right - left) * share,
            slope: (right - left) * self.per_second,
        }
    }

    /// The integral of the temperature from `from` to `to`, in K·s on the Celsius scale; zero if `to` is earlier.
    pub fn integral(&self, from: SimTime, to: SimTime) -> f64 {
        if to <= from {
            return 0.0;
        }
        let (first, last) = (self.segment(from), self.segment(to));
        if first.index == last.index {
            return 0.5 * (first.value + last.value) * to.since(from).as_secs_f64();
        }
        let head = 0.5 * (first.value + self.knots[first.index + 1]) * first.end.since(from).as_secs_f64();
        let tail_start = self.knot_time(last.index);
        let tail = 0.5 * (self.knots[last.index] + last.value) * to.since(tail_start).as_secs_f64();
        head + (self.sums[last.index] - self.sums[first.index + 1]) + tail
    }

    /// The highest temperature from `from` to `to`, both included.
    pub fn max_between(&self, from: SimTime, to: SimTime) -> Celsius {
        Celsius(self.extremes_between(from, to).1)
    }

    /// The lowest temperature from `from` to `to`, both included.
    pub fn min_between(&self, from: SimTime, to: SimTime) -> Celsius {
        Celsius(self.extremes_between(from, to).0)
    }

    fn extremes_between(&self, from: SimTime, to: SimTime) -> (f64, f64) {
        let (first, last) = (self.segment(from), self.segment(to.max(from)));
        let mut found = join((first.value, first.value), (last.value, last.value));
        let (mut begin, mut end) = (first.index + 1, last.index + 1);
        for layer in 0..=self.extremes.len() {
            let top = layer == self.extremes.len();
            while begin < end && (top || begin % BLOCK != 0) {
                found = join(found, self.entry(layer, begin));
                begin += 1;
            }
            while begin < end && end % BLOCK != 0 {
                end -= 1;
                found = join(found, self.entry(layer, end));
            }
            begin /= BLOCK;
            end /= BLOCK;
        }
        found
    }

    /// The highest temperature there ever is, in degrees Celsius.
    pub fn highest(&self) -> f64 {
        self.range.1
    }

    /// Whether the series is ever at `level` or on `side` of it.
    pub fn ever(&self, side: Side, level: Celsius) -> bool {
        side.reaches(self.range, level)
    }

    /// The first knot from index `from` on whose value is at `level` or on `side` of it.
    pub fn first_knot(&self, from: usize, side: Side, level: Celsius) -> Option<usize> {
        let (mut layer, mut index) = (0, from);
        while index < self.layer_len(layer) {
            let found = side.reaches(self.entry(layer, index), level);
            if found && layer == 0 {
                return Some(index);
            }
            if found {
                layer -= 1;
                index *= BLOCK;
                continue;
            }
            index += 1;
            while index % BLOCK == 0 && layer < self.extremes.len() {
                index /= BLOCK;
                layer += 1;
            }
        }
        None
    }

    fn layer_len(&self, layer: usize) -> usize {
        if layer == 0 { self.knots.len() } else { self.extremes[layer - 1].len() }
    }

    fn entry(&self, layer: usize, index: usize) -> (f64, f64) {
        if layer == 0 { (self.knots[index], self.knots[index]) } else { self.extremes[layer - 1][index] }
    }
}

/// The extremes of no values.
const NOTHING: (f64, f64) = (f64::INFINITY, f64::NEG_INFINITY);

fn join(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.min(b.0), a.1.max(b.1))
}

fn pyramid(knots: &[f64]) -> Vec<Vec<(f64, f64)>> {
    let mut layer: Vec<(f64, f64)> = knots.iter().map(|&knot| (knot, knot)).collect();
    let mut layers = Vec::new();
    while layer.len() > BLOCK {
        layer = layer.chunks(BLOCK).map(|block| block.iter().copied().fold(NOTHING, join)).collect();
        layers.push(layer.clone());
    }
    layers
}

#[cfg(test)]
mod tests;
