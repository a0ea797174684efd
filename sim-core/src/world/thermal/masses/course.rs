//! The course of a node over one linear stretch of its air, in the eigenvectors of its masses.

use super::{Inlet, MassState, Masses, Modes};
use crate::kernel::{SimDuration, SimTime};
use crate::world::thermal::curve::{Curve, joint, phi12};
use crate::world::thermal::series::Segment;

/// An eigenvector of a node and what drives it.
#[derive(Clone, Copy, Debug, Default)]
struct Mode {
    rate: f64,
    start: f64,
    constant: f64,
    slope: f64,
    waves: [f64; 2],
    /// Weights with which it is in die and chassis.
    die: f64,
    chassis: f64,
}

/// The course of a node over one linear segment of the air.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    modes: [Mode; 2],
    rates: [f64; 2],
}

impl Mode {
    fn value(&self, u: f64, rates: [f64; 2]) -> f64 {
        if self.die == 0.0 {
            return 0.0;
        }
        let x = self.rate * u;
        let (one, two) = phi12(x);
        let grown = 1.0 + x * one;
        let mut y = self.start * grown + self.constant * u * one;
        if self.slope != 0.0 {
            y += self.slope * u * u * two;
        }
        for (g, r) in self.waves.into_iter().zip(rates) {
            if g != 0.0 {
                y += g * joint(u, (self.rate, grown), (r, libm::exp(r * u)));
            }
        }
        y
    }

    /// First and second derivative.
    fn derivatives(&self, u: f64, rates: [f64; 2]) -> (f64, f64) {
        if self.die == 0.0 {
            return (0.0, 0.0);
        }
        let mut first = self.rate * self.value(u, rates) + self.constant + self.slope * u;
        let mut forced = self.slope;
        for (g, r) in self.waves.into_iter().zip(rates) {
            if g != 0.0 {
                let wave = g * libm::exp(r * u);
                first += wave;
                forced += r * wave;
            }
        }
        (first, self.rate * first + forced)
    }
}

impl Curve for Course {
    fn value(&self, u: f64) -> f64 {
        self.modes.iter().map(|mode| mode.die * mode.value(u, self.rates)).sum()
    }

    fn slope(&self, u: f64) -> f64 {
        self.modes.iter().map(|mode| mode.die * mode.derivatives(u, self.rates).0).sum()
    }

    /// y'' obeys `w' = λw + Σ g r² e^(ru)`, so it grows at most so much from its value at `from`.
    fn bend(&self, from: f64, to: f64) -> f64 {
        let h = to - from;
        let of = |mode: &Mode| {
            let growth = libm::exp((mode.rate * h).max(0.0));
            let forced: f64 = mode.waves.into_iter().zip(self.rates).fold(0.0, |sum, (g, r)| {
                if g == 0.0 { sum } else { sum + g.abs() * r * r * libm::exp(r * from) }
            });
            mode.die.abs() * growth * (mode.derivatives(from, self.rates).1.abs() + h * forced)
        };
        self.modes.iter().map(of).sum()
    }
}

/// A node at some power, in its eigenvectors.
pub(super) struct Eigen<'a> {
    pub modes: Modes,
    pub base: f64,
    pub masses: &'a Masses,
}

impl Eigen<'_> {
    pub fn course(
        &self,
        state: &MassState,
        segment: &Segment,
        inlet: &Inlet<'_>,
        amplitudes: [f64; 2],
    ) -> Course {
        let single = self.masses.chassis.is_none();
        let modes = self.modes.map(|(rate, chassis, [heat, air, of_die, of_chassis])| Mode {
            rate,
            start: of_die * state.die + of_chassis * state.chassis,
            constant: heat * self.base + air * (segment.value + inlet.offset),
            slope: air * segment.slope,
            waves: amplitudes.map(|amplitude| air * amplitude),
            die: if single && air == 0.0 { 0.0 } else { 1.0 },
            chassis,
        });
        Course { modes, rates: [inlet.waves[0].1, inlet.waves[1].1] }
    }
}

/// What leads a course over a stretch of one length: the same for all stretches of that length, so exponentials are
/// computed once for a whole row of knots.
pub(super) struct Propagator {
    pub nanos: u64,
    /// For each mode: what its start, constant, slope and waves are multiplied by.
    factors: [[f64; 5]; 2],
    /// What the amplitudes of the waves are multiplied by.
    pub decay: [f64; 2],
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

    /// That in `known`, if it is for a stretch as long as this, else a new one in its place.
    pub fn kept<'a>(known: &'a mut Option<Self>, course: &Course, span: SimDuration) -> &'a Self {
        match known {
            Some(same) if same.nanos == span.as_nanos() => {}
            _ => *known = Some(Self::new(course, span)),
        }
        known.as_ref().expect("just made")
    }

    pub fn apply(&self, course: &Course, masses: &Masses, at: SimTime) -> MassState {
        let mut state = MassState { die: 0.0, chassis: 0.0, at };
        for (mode, factors) in course.modes.iter().zip(&self.factors) {
            let y = mode.start * factors[0]
                + mode.constant * factors[1]
                + mode.slope * factors[2]
                + mode.waves[0] * factors[3]
                + mode.waves[1] * factors[4];
            state.die += mode.die * y;
            state.chassis += mode.chassis * y;
        }
        if masses.chassis.is_none() {
            state.chassis = state.die;
        }
        state
    }
}
