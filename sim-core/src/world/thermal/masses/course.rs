//! The course of a node over one linear stretch of its air, in the eigenvectors of its masses.

use super::{Inlet, MassState, Masses, Modes};
use crate::kernel::{SimDuration, SimTime};
use crate::world::thermal::curve::{Curve, first_at, joint, leaves, peak, phi12};
use crate::world::thermal::decays::Decays;
use crate::world::thermal::series::Segment;

/// A mode that is slower than this, per second, is not written as a sum: its parts would be far greater than what they come to.
const SLOWEST: f64 = 1e-7;
/// How far apart the rates of a mode and of a wave must be, as a share.
const APART: f64 = 1e-3;

/// An eigenvector of a node and what drives it.
#[derive(Clone, Copy, Debug, Default)]
struct Mode {
    rate: f64,
    start: f64,
    constant: f64,
    slope: f64,
    waves: [f64; 2],
    /// Weight with which it is in the die: none, or one.
    die: f64,
}

/// The course of a node over one linear segment of the air.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    modes: [Mode; 2],
    rates: [f64; 2],
}

impl Mode {
    /// What it is `u` seconds on, with its first and second derivative; `waves` are rates and what is left of each wave then.
    fn at(&self, u: f64, waves: [(f64, f64); 2]) -> [f64; 3] {
        if self.die == 0.0 {
            return [0.0; 3];
        }
        let (one, two) = phi12(self.rate * u);
        let grown = 1.0 + self.rate * u * one;
        let mut y = self.start * grown + self.constant * u * one;
        if self.slope != 0.0 {
            y += self.slope * u * u * two;
        }
        let (mut pushed, mut forced) = (0.0, self.slope);
        for (g, (rate, left)) in self.waves.into_iter().zip(waves) {
            if g != 0.0 {
                y += g * joint(u, (self.rate, grown), (rate, left));
                pushed += g * left;
                forced += rate * (g * left);
            }
        }
        let first = self.rate * y + self.constant + self.slope * u + pushed;
        [y, first, self.rate * first + forced]
    }
}

impl Course {
    /// The temperature of the die as a sum: a mode is `−(p + m u)/λ − m/λ² + Σ gⱼ e^(rⱼ u) / (rⱼ − λ)` and what is left of where it
    /// began. `None` where a mode grows, hardly moves, or is as quick as a wave: that would cancel.
    pub fn sum(&self) -> Option<Decays<4>> {
        let mut sum = Decays { value: 0.0, slope: 0.0, waves: [(0.0, 0.0); 4] };
        for (index, mode) in self.modes.iter().enumerate().filter(|(_, mode)| mode.die != 0.0) {
            let rate = mode.rate;
            if rate > -SLOWEST {
                return None;
            }
            let per_rate = 1.0 / rate;
            let drift = mode.slope * per_rate;
            let led = -(mode.constant + drift) * per_rate;
            let mut own = mode.start - led;
            sum.value += led;
            sum.slope -= drift;
            for (wave, (g, r)) in mode.waves.into_iter().zip(self.rates).enumerate() {
                if g == 0.0 {
                    continue;
                }
                if (r - rate).abs() < APART * rate.abs() {
                    return None;
                }
                let part = g / (r - rate);
                own -= part;
                sum.waves[wave] = (sum.waves[wave].0 + part, r);
            }
            sum.waves[2 + index] = (own, rate);
        }
        Some(sum)
    }

    /// Where the quickest mode is led from the beginning: of `y' = λy + p + m u + Σ gⱼ e^(rⱼ u)` the part
    /// `−(p + m u)/λ − m/λ² + Σ gⱼ e^(rⱼ u) / (rⱼ − λ)`, beside which the rest dies away.
    pub fn led(&self) -> f64 {
        let mode = &self.modes[0];
        let rate = mode.rate;
        let mut led = -mode.constant / rate - mode.slope / (rate * rate);
        for (g, r) in mode.waves.into_iter().zip(self.rates) {
            // One that is as quick is taken as one that stays.
            let gap = if (r - rate).abs() < 0.2 * rate.abs() { -rate } else { r - rate };
            led += g / gap;
        }
        led
    }
}

/// The temperature of a die over a stretch: a sum where that is sound, else by functions that never cancel.
pub(super) enum Die {
    Sum(Decays<4>),
    Course(Course),
}

impl Die {
    pub fn of(course: Course) -> Self {
        course.sum().map_or(Self::Course(course), Self::Sum)
    }

    /// As [`first_at`].
    pub fn first_at(&self, sign: f64, level: f64, length: f64) -> Option<f64> {
        match self {
            Self::Sum(sum) => first_at(sum, sign, level, length),
            Self::Course(course) => first_at(course, sign, level, length),
        }
    }

    /// As [`leaves`].
    pub fn leaves(&self, band: (f64, f64), length: f64) -> Option<f64> {
        match self {
            Self::Sum(sum) => leaves(sum, band, length),
            Self::Course(course) => leaves(course, band, length),
        }
    }

    /// As [`peak`].
    pub fn peak(&self, length: f64, floor: f64) -> f64 {
        match self {
            Self::Sum(sum) => peak(sum, 0.0, length, floor),
            Self::Course(course) => peak(course, 0.0, length, floor),
        }
    }

    /// The temperature after `span`.
    pub fn after(&self, span: SimDuration) -> f64 {
        let seconds = span.as_secs_f64();
        match self {
            Self::Sum(sum) => sum.value(&sum.point(seconds)),
            Self::Course(course) => course.value(&course.point(seconds)),
        }
    }
}

/// A course at one moment.
#[derive(Clone, Copy)]
pub(super) struct Point {
    value: f64,
    slope: f64,
    /// Second derivative of each mode.
    bends: [f64; 2],
    /// What is left of each wave.
    left: [f64; 2],
}

impl Curve for Course {
    type Point = Point;

    fn point(&self, u: f64) -> Point {
        let left = self.rates.map(|rate| if rate == 0.0 { 1.0 } else { libm::exp(rate * u) });
        let waves = [(self.rates[0], left[0]), (self.rates[1], left[1])];
        let modes = self.modes.map(|mode| mode.at(u, waves).map(|it| mode.die * it));
        Point {
            value: modes[0][0] + modes[1][0],
            slope: modes[0][1] + modes[1][1],
            bends: [modes[0][2], modes[1][2]],
            left,
        }
    }

    fn value(&self, point: &Point) -> f64 {
        point.value
    }

    fn slope(&self, point: &Point) -> f64 {
        point.slope
    }

    fn curvature(&self, point: &Point) -> f64 {
        point.bends[0] + point.bends[1]
    }

    /// y'' obeys `w' = λw + Σ g r² e^(ru)`, so it grows at most so much from its value at `from`.
    fn bend(&self, from: &Point, length: f64) -> f64 {
        let of = |(mode, bend): (&Mode, f64)| {
            let growth = if mode.rate > 0.0 { libm::exp(mode.rate * length) } else { 1.0 };
            let waves = mode.waves.into_iter().zip(self.rates).zip(from.left);
            let forced: f64 = waves.map(|((g, r), left)| g.abs() * r * r * left).sum();
            growth * (bend.abs() + mode.die.abs() * length * forced)
        };
        self.modes.iter().zip(from.bends).map(of).sum()
    }

    fn sag(&self, _: &Point, _: f64) -> f64 {
        f64::INFINITY
    }
}

/// A node at some power, in its eigenvectors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eigen {
    pub modes: Modes,
    pub base: f64,
    pub masses: Masses,
}

impl Eigen {
    pub fn course(
        &self,
        state: &MassState,
        segment: &Segment,
        inlet: &Inlet<'_>,
        amplitudes: [f64; 2],
    ) -> Course {
        self.course_from(self.project(state), segment, inlet, amplitudes)
    }

    /// The course of a node whose modes are these.
    pub fn course_from(
        &self,
        start: [f64; 2],
        segment: &Segment,
        inlet: &Inlet<'_>,
        amplitudes: [f64; 2],
    ) -> Course {
        let single = self.masses.chassis.is_none();
        let mode = |index: usize| {
            let (rate, _, [heat, air, ..]) = self.modes[index];
            Mode {
                rate,
                start: start[index],
                constant: heat * self.base + air * (segment.value + inlet.offset),
                slope: air * segment.slope,
                waves: amplitudes.map(|amplitude| air * amplitude),
                die: if single && air == 0.0 { 0.0 } else { 1.0 },
            }
        };
        Course { modes: [mode(0), mode(1)], rates: [inlet.waves[0].1, inlet.waves[1].1] }
    }

    /// The modes of a node in this state.
    pub fn project(&self, state: &MassState) -> [f64; 2] {
        self.modes.map(|(_, _, [.., die, chassis])| die * state.die + chassis * state.chassis)
    }

    /// The state of a node whose modes are these.
    pub fn state(&self, modes: [f64; 2], at: SimTime) -> MassState {
        if self.masses.chassis.is_none() {
            return MassState { die: modes[0], chassis: modes[0], at };
        }
        let chassis = self.modes[0].1 * modes[0] + self.modes[1].1 * modes[1];
        MassState { die: modes[0] + modes[1], chassis, at }
    }
}

/// What leads `y' = λy + f` over so many seconds, while f is straight: `y → E y + w f₀ + v (f₁ − f₀)` from its values at both ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub grown: f64,
    value: f64,
    rise: f64,
}

impl Piece {
    pub fn new(rate: f64, seconds: f64) -> Self {
        let (one, two) = phi12(rate * seconds);
        Self { grown: 1.0 + rate * seconds * one, value: seconds * one, rise: seconds * two }
    }

    #[inline]
    pub fn over(&self, y: f64, begin: f64, end: f64) -> f64 {
        self.grown * y + self.value * begin + self.rise * (end - begin)
    }
}

/// What leads a course over a stretch of one length: the same for all stretches of that length, so exponentials are
/// computed once for a whole row of knots.
#[derive(Clone, Copy, Debug)]
pub(super) struct Propagator {
    pub nanos: u64,
    /// For each mode: what its start, constant, slope and waves are multiplied by.
    factors: [[f64; 5]; 2],
    /// What the amplitudes of the waves are multiplied by.
    pub decay: [f64; 2],
}

/// The last few propagators.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Propagators {
    known: [Option<Propagator>; 4],
    next: usize,
}

impl Propagators {
    /// That of stretches as long as this, of courses like this one.
    pub fn of(&mut self, course: &Course, span: SimDuration) -> &Propagator {
        let same = |known: &Option<Propagator>| known.as_ref().is_some_and(|it| it.nanos == span.as_nanos());
        let place = match self.known.iter().position(same) {
            Some(place) => place,
            None => {
                let place = self.next;
                self.known[place] = Some(Propagator::new(course, span));
                self.next = (place + 1) % self.known.len();
                place
            }
        };
        self.known[place].as_ref().expect("just found or made")
    }
}

impl Propagator {
    pub fn new(course: &Course, span: SimDuration) -> Self {
        let u = span.as_secs_f64();
        let decay = course.rates.map(|rate| if rate == 0.0 { 1.0 } else { libm::exp(rate * u) });
        let factors = course.modes.map(|mode| {
            if mode.die == 0.0 {
                return [0.0; 5];
            }
            let x = mode.rate * u;
            let (one, two) = phi12(x);
            let grown = 1.0 + x * one;
            let mut factors = [grown, u * one, u * u * two, 0.0, 0.0];
            // What has died away stays so.
            for (index, wave) in course.rates.into_iter().zip(decay).enumerate() {
                if mode.waves[index] != 0.0 {
                    factors[3 + index] = joint(u, (mode.rate, grown), wave);
                }
            }
            factors
        });
        Self { nanos: span.as_nanos(), factors, decay }
    }

    /// What the modes are at the end of a course.
    pub fn modes(&self, course: &Course) -> [f64; 2] {
        let at_end = |(mode, factors): (&Mode, &[f64; 5])| {
            mode.start * factors[0]
                + mode.constant * factors[1]
                + mode.slope * factors[2]
                + mode.waves[0] * factors[3]
                + mode.waves[1] * factors[4]
        };
        [(&course.modes[0], &self.factors[0]), (&course.modes[1], &self.factors[1])].map(at_end)
    }

    /// What is left of a mode, as a share.
    pub fn grown(&self, mode: usize) -> f64 {
        self.factors[mode][0]
    }
}
