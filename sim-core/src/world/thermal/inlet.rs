//! Air as nodes and the controls of fans feel it: a series, a constant on top, and exponentials that die away.
//!
//! The exponentials are the modes of a room that its racks warm, see [`super::air`].

use super::curve::{first_at, peak, phi1};
use super::decays::Decays;
use super::series::{Segment, Side, TemperatureSeries};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Kelvin};

/// Air as a node sees it: a series, a constant on top, and exponentials that die away.
#[derive(Clone, Copy, Debug)]
pub struct Inlet<'a> {
    /// Degrees Celsius.
    pub air: &'a TemperatureSeries,
    /// Kelvins on top.
    pub offset: f64,
    /// Amplitudes in kelvins as of `at`, and rates per second, not positive.
    pub waves: [(f64, f64); 2],
    /// From when on this holds.
    pub at: SimTime,
}

impl<'a> Inlet<'a> {
    /// Air that is just this series and so much warmer.
    pub fn steady(air: &'a TemperatureSeries, offset: Kelvin) -> Self {
        Self { air, offset: offset.0, waves: [(0.0, 0.0); 2], at: SimTime::ZERO }
    }

    pub(super) fn amplitudes(&self, time: SimTime) -> [f64; 2] {
        let seconds = time.since(self.at).as_secs_f64();
        self.waves.map(
            |(amplitude, rate)| {
                if amplitude == 0.0 { 0.0 } else { amplitude * libm::exp(rate * seconds) }
            },
        )
    }

    /// Whether it is a series and a constant, with nothing that relaxes.
    pub fn is_steady(&self) -> bool {
        self.waves.iter().all(|(amplitude, _)| *amplitude == 0.0)
    }

    /// Amplitudes in kelvins at `time`, and rates per second, of what relaxes.
    pub fn waves_at(&self, time: SimTime) -> [(f64, f64); 2] {
        let [a, b] = self.amplitudes(time);
        [(a, self.waves[0].1), (b, self.waves[1].1)]
    }

    /// The temperature at `time`.
    pub fn value(&self, time: SimTime) -> f64 {
        let [a, b] = self.amplitudes(time);
        self.air.at(time).0 + self.offset + a + b
    }

    /// The time constant of the quickest exponential that has not died away at `time`.
    pub fn quickest(&self, time: SimTime) -> SimDuration {
        const NOTHING: f64 = 1e-6;
        let waves = self.amplitudes(time).into_iter().zip(self.waves);
        let alive = waves.filter(|(amplitude, (_, rate))| amplitude.abs() > NOTHING && *rate < 0.0);
        SimDuration::from_secs_f64(alive.map(|(_, (_, rate))| -1.0 / rate).fold(f64::INFINITY, f64::min))
    }

    /// A bound on what is on top of the series from `time` on, on this side.
    pub(super) fn bound(&self, side: Side, time: SimTime) -> f64 {
        let bound = |amplitude: f64| match side {
            Side::Above => amplitude.max(0.0),
            Side::Below => amplitude.min(0.0),
        };
        let [a, b] = self.amplitudes(time);
        self.offset + bound(a) + bound(b)
    }

    /// The longest time constant, in seconds, of what is on top of the series by more than `kelvins` at `time` and moves
    /// within hours; zero if nothing does.
    pub fn restless(&self, time: SimTime, kelvins: f64) -> f64 {
        let moving = self.amplitudes(time).into_iter().zip(self.waves);
        let moving =
            moving.filter(|(amplitude, (_, rate))| amplitude.abs() > kelvins && rate * 10_800.0 < -1.0);
        moving.map(|(_, (_, rate))| -1.0 / rate).fold(0.0, f64::max)
    }

    /// The integral in K·s.
    pub fn integral(&self, from: SimTime, to: SimTime) -> f64 {
        let seconds = to.since(from).as_secs_f64();
        let mut sum = self.air.integral(from, to) + self.offset * seconds;
        for (amplitude, (_, rate)) in self.amplitudes(from).into_iter().zip(self.waves) {
            sum += amplitude * seconds * phi1(rate * seconds);
        }
        sum
    }

    fn curve(&self, segment: &Segment, at: SimTime) -> Decays<2> {
        let seconds = at.since(self.at).as_secs_f64();
        let waves = self.waves.map(|(amplitude, rate)| (amplitude * libm::exp(rate * seconds), rate));
        Decays { value: segment.value + self.offset, slope: segment.slope, waves }
    }

    /// The first instant from `from` to `until` at which air is at `level` or past it on `side`.
    pub fn crossing(&self, side: Side, level: Celsius, from: SimTime, until: SimTime) -> Option<SimTime> {
        let sign = if side == Side::Above { 1.0 } else { -1.0 };
        let mut at = from;
        while at < until {
            let segment = self.air.segment(at);
            let end = segment.end.min(until);
            let seconds = end.since(at).as_secs_f64();
            let reach = level.0 - self.bound(side, at);
            let near = |value: f64| sign * value < sign * reach;
            if near(segment.value) && near(segment.value + segment.slope * seconds) {
                at = skip(self, &segment, side, reach, end)?;
                continue;
            }
            if let Some(root) = first_at(&self.curve(&segment, at), sign, level.0, seconds) {
                let nanos = SimDuration::from_nanos((root * 1e9).ceil() as u64);
                let earliest = at.saturating_add(nanos).min(end);
                let reached = |time| sign * self.value(time) >= sign * level.0;
                if let Some(time) = confirmed(earliest, end, reached) {
                    return Some(time);
                }
            }
            at = end;
        }
        None
    }

    /// The highest temperature of air between two instants, to a tenth of a millikelvin, if it is above `floor`; else `floor`.
    pub fn highest(&self, from: SimTime, to: SimTime, floor: f64) -> f64 {
        let (mut at, mut found) = (from, floor);
        // What is on top dies away, so that it is never more than now.
        let on_top = self.bound(Side::Above, from);
        while at < to {
            let segment = self.air.segment(at);
            let end = segment.end.min(to);
            let seconds = end.since(at).as_secs_f64();
            let reach = found - on_top;
            if segment.value.max(segment.value + segment.slope * seconds) < reach {
                let Some(next) = skip(self, &segment, Side::Above, reach, end) else { break };
                at = next;
                continue;
            }
            found = peak(&self.curve(&segment, at), 0.0, seconds, found);
            at = end;
        }
        found
    }
}

/// The beginning of the segment that leads to the next knot on `side` of `level`, not before `end`; `None` if there is none.
pub(super) fn skip(
    inlet: &Inlet<'_>,
    segment: &Segment,
    side: Side,
    level: f64,
    end: SimTime,
) -> Option<SimTime> {
    let knot = inlet.air.first_knot(segment.index + 1, side, Celsius(level))?;
    Some(inlet.air.knot_time(knot - 1).max(end))
}

/// The first of `earliest`, a nanosecond later, two, four, … up to `end` at which `reached` holds in floating point too.
pub(super) fn confirmed(
    earliest: SimTime,
    end: SimTime,
    reached: impl Fn(SimTime) -> bool,
) -> Option<SimTime> {
    let mut wait = SimDuration::ZERO;
    loop {
        let time = earliest.saturating_add(wait).min(end);
        if reached(time) {
            return Some(time);
        }
        if time == end {
            return None;
        }
        wait = SimDuration::from_nanos((2 * wait.as_nanos()).max(1));
    }
}
