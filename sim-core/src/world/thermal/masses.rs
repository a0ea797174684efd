//! The temperature of a node of one or two masses, with power that grows with temperature, in air that relaxes.
//!
//! Die and chassis, with `P(T) = P₀ (1 + a (T − T_ref))` for the leakage current of the die:
//!
//! `C₁ dT₁/dt = P(T₁) − (T₁ − T₂)/R₁₂`, `C₂ dT₂/dt = (T₁ − T₂)/R₁₂ − (T₂ − I)/R₂ₐ`,
//!
//! or without a chassis `C₁ dT₁/dt = P(T₁) − (T₁ − I)/R₁ₐ`. The inlet I is a piecewise-linear series plus a constant plus
//! up to two exponentials (the modes of a room that is warmed by its racks, see [`super::air`]).
//!
//! - The matrix has positive off-diagonal elements, so its eigenvalues are real and distinct. In its eigenvectors the
//!   system is two equations `y' = λy + p + m u + Σ gⱼ e^(rⱼ u)`, solved with the functions `φ₁(x) = (e^x − 1)/x` and `φ₂`, which
//!   have no trouble where λ is zero or equal to a rate of the room.
//! - With a loop gain `g = a R P₀ < 1` the temperature settles, slower by `1/(1 − g)` for one mass; with `g ≥ 1` it runs away
//!   until the node shuts down.
//! - *Crossings* are those of `super::curve`. Spans are skipped because the system is cooperative: while the die is below
//!   a threshold, the chassis below the temperature that holds the die there and the inlet below that which holds the
//!   chassis, neither can leave that box.
//! - *Means and energy* follow from the heat balance.
//!
//! What else feels a node takes its leakage in steps (see the simulation's `leakage`). Left out: radiation.

mod course;
mod driven;
mod reach;

use super::curve::Curve;
use super::inlet::Inlet;
use super::series::Segment;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::scenario::spec::Thermal;
pub use driven::Driven;

use course::{Eigen, Propagator};

/// After this many of the slowest time constants the past is forgotten; the error is e^(−32).
const MEMORY: f64 = 32.0;
/// A growing mode is followed over so many of its time constants at once.
const GROWTH: f64 = 30.0;
/// Nearer to a loop gain of one the heat balance is no way to a mean.
const SINGULAR: f64 = 1e-6;

/// Resistances, capacities and leakage of a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Masses {
    /// J/K.
    die: f64,
    /// J/K and K/W from die to chassis.
    chassis: Option<(f64, f64)>,
    /// K/W from the outermost mass to the air.
    to_air: f64,
    /// Share of power per kelvin, and the temperature at which power is nominal.
    leakage: f64,
    reference: f64,
}

/// Modes of a node, see [`Masses::modes`].
type Modes = [(f64, f64, [f64; 4]); 2];

/// Temperatures of a node at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MassState {
    /// Of the die, in degrees Celsius.
    pub die: f64,
    /// Of the chassis; that of the die if there is none.
    pub chassis: f64,
    /// When.
    pub at: SimTime,
}

impl Masses {
    /// Those of a node type; `factor` multiplies the resistance to the air, and heat capacities stay.
    pub fn of(thermal: &Thermal, factor: f64) -> Self {
        let positive = |time: SimDuration| time.as_secs_f64().max(1e-9);
        let die = positive(thermal.time_constant) / thermal.resistance.0;
        let (leakage, reference) =
            thermal.leakage.as_ref().map_or((0.0, 0.0), |l| (l.per_kelvin, l.reference.0));
        let (chassis, to_air) = match &thermal.chassis {
            None => (None, thermal.resistance.0),
            Some(chassis) => {
                let capacity = positive(chassis.time_constant) / chassis.resistance.0;
                (Some((capacity, thermal.resistance.0)), chassis.resistance.0)
            }
        };
        Self { die, chassis, to_air: to_air * factor, leakage, reference }
    }

    /// One mass of this resistance and time constant, without leakage.
    pub fn single(resistance: f64, time_constant: SimDuration) -> Self {
        let die = time_constant.as_secs_f64().max(1e-9) / resistance.max(1e-12);
        Self { die, chassis: None, to_air: resistance.max(1e-12), leakage: 0.0, reference: 0.0 }
    }

    /// The same with the resistance to the air multiplied.
    pub fn with_air_factor(mut self, factor: f64) -> Self {
        self.to_air *= factor;
        self
    }

    /// Nominal power to what is drawn at this temperature.
    pub fn power_at(&self, power: Watts, temperature: Celsius) -> Watts {
        Watts(power.0 * (1.0 + self.leakage * (temperature.0 - self.reference)))
    }

    /// Whether power depends on temperature.
    pub fn leaks(&self) -> bool {
        self.leakage != 0.0
    }

    fn total(&self) -> f64 {
        self.to_air + self.chassis.map_or(0.0, |(_, joint)| joint)
    }

    /// a R P₀.
    fn loop_gain(&self, power: Watts) -> f64 {
        self.leakage * power.0 * self.total()
    }

    /// Power at zero degrees.
    fn base_power(&self, power: Watts) -> f64 {
        power.0 * (1.0 - self.leakage * self.reference)
    }

    /// By how many seconds a settled die follows an inlet that changes steadily.
    pub fn lag(&self, power: Watts) -> f64 {
        let of_chassis = self.chassis.map_or(0.0, |(capacity, _)| capacity * self.to_air);
        (self.die * self.total() + of_chassis) / (1.0 - self.loop_gain(power).min(0.999))
    }

    /// The state that this inlet and power hold, if they hold any.
    pub fn settled(&self, inlet: f64, power: Watts, at: SimTime) -> MassState {
        let gain = self.loop_gain(power).min(0.999);
        let die = (inlet + self.total() * self.base_power(power)) / (1.0 - gain);
        let chassis = match self.chassis {
            None => die,
            Some((_, joint)) => die - joint * self.power_at(power, Celsius(die)).0,
        };
        MassState { die, chassis, at }
    }

    /// The modes of the node at this power, as (rate, weight in the chassis, weights of a heat flow into the die and of the
    /// inlet, projections of die and chassis); a mode without weight in the die is none.
    fn modes(&self, power: Watts) -> Modes {
        let feedback = self.leakage * power.0;
        let Some((capacity, joint)) = self.chassis else {
            let rate = (feedback - 1.0 / self.to_air) / self.die;
            return [
                (rate, 1.0, [1.0 / self.die, 1.0 / (self.to_air * self.die), 1.0, 0.0]),
                (0.0, 0.0, [0.0; 4]),
            ];
        };
        let a11 = (feedback - 1.0 / joint) / self.die;
        let a12 = 1.0 / (joint * self.die);
        let a21 = 1.0 / (joint * capacity);
        let a22 = -(1.0 / joint + 1.0 / self.to_air) / capacity;
        let root = libm::sqrt((a11 - a22) * (a11 - a22) + 4.0 * a12 * a21);
        // The rate of greater magnitude has no cancellation; the other follows from the determinant.
        let determinant = a11 * a22 - a12 * a21;
        let sum = a11 + a22;
        let large = 0.5 * (sum - root.copysign(-sum));
        let large = if large == 0.0 { 0.5 * (sum + root) } else { large };
        let small = determinant / large;
        let weight = |rate: f64| {
            if (rate - a11).abs() > (rate - a22).abs() { (rate - a11) / a12 } else { a21 / (rate - a22) }
        };
        let (one, two) = (weight(large), weight(small));
        let gap = one - two;
        let inlet = 1.0 / (self.to_air * capacity);
        [
            (large, one, [-two / gap / self.die, inlet / gap, -two / gap, 1.0 / gap]),
            (small, two, [one / gap / self.die, -inlet / gap, one / gap, -1.0 / gap]),
        ]
    }

    /// The slowest of the rates of modes; positive when it runs away.
    fn slowest_of(&self, modes: &Modes) -> f64 {
        let second = if self.chassis.is_some() { modes[1].0 } else { f64::NEG_INFINITY };
        modes[0].0.max(second)
    }

    fn slowest(&self, power: Watts) -> f64 {
        self.slowest_of(&self.modes(power))
    }

    /// The rate at which it runs away; zero where the loop gain says that it does not.
    fn growth(&self, power: Watts) -> f64 {
        if self.loop_gain(power) < 0.999 { 0.0 } else { self.slowest(power).max(0.0) }
    }

    fn eigen(&self, power: Watts) -> Eigen {
        Eigen { modes: self.modes(power), base: self.base_power(power), masses: *self }
    }

    /// The node at constant nominal `power` in this air.
    pub fn driven<'a>(&self, inlet: &Inlet<'a>, power: Watts) -> Driven<'a> {
        Driven::new(self.eigen(power), inlet, power)
    }

    /// The highest inlet at which a die below `threshold` stays below it, with a chassis below the second.
    fn box_of(&self, threshold: f64, power: Watts) -> (f64, f64) {
        let flow = self.power_at(power, Celsius(threshold)).0;
        let chassis = threshold - self.chassis.map_or(0.0, |(_, joint)| joint * flow);
        (chassis - self.to_air * flow, chassis)
    }

    /// Whether a node that starts in air, with an inlet that never exceeds `hottest`, stays below `threshold` whatever it
    /// does within `peak` power.
    pub fn stays_below(&self, hottest: Celsius, peak: Watts, threshold: Celsius) -> bool {
        // Power rises with temperature for all that matters here, so the box at peak power holds for less power.
        let (inlet, _) = self.box_of(threshold.0, peak);
        hottest.0 < inlet.min(threshold.0)
    }
}

impl MassState {
    /// A node that has been without power for long.
    pub fn ambient(now: SimTime, inlet: &Inlet<'_>) -> Self {
        let air = inlet.value(now);
        Self { die: air, chassis: air, at: now }
    }

    /// The temperatures at `now` if the node draws nominally `power` until then.
    pub fn at(&self, now: SimTime, masses: &Masses, inlet: &Inlet<'_>, power: Watts) -> Self {
        if self.at >= now { *self } else { masses.driven(inlet, power).lead(self, now) }
    }

    /// Advances to `now`; an earlier `now` changes nothing. Returns the integral of the die's temperature in K·s.
    pub fn advance(&mut self, now: SimTime, masses: &Masses, inlet: &Inlet<'_>, power: Watts) -> f64 {
        if now <= self.at { 0.0 } else { self.follow(now, &mut masses.driven(inlet, power)) }
    }

    /// As [`Self::advance`], of a node that is driven so.
    pub fn follow(&mut self, now: SimTime, driven: &mut Driven<'_>) -> f64 {
        if now <= self.at {
            return 0.0;
        }
        let before = *self;
        *self = driven.lead(self, now);
        let (masses, power) = (*driven.masses(), driven.power());
        let gain = masses.loop_gain(power);
        if (1.0 - gain).abs() < SINGULAR {
            return before.simpson(now, &masses, driven.inlet(), power);
        }
        let seconds = now.since(before.at).as_secs_f64();
        let heat = masses.base_power(power) * seconds - masses.die * (self.die - before.die);
        let stored = masses.chassis.map_or(0.0, |(capacity, _)| capacity * (self.chassis - before.chassis));
        let integral = driven.integral(before.at, now) + masses.total() * heat - masses.to_air * stored;
        integral / (1.0 - gain)
    }

    /// The integral of the die's temperature by Simpson's rule on the segments.
    fn simpson(&self, now: SimTime, masses: &Masses, inlet: &Inlet<'_>, power: Watts) -> f64 {
        const PARTS: u32 = 32;
        let (mut state, mut sum) = (*self, 0.0);
        let (eigen, growth) = (masses.eigen(power), masses.growth(power));
        while state.at < now {
            let (segment, end) = stretch(&state, inlet, growth, now);
            let course = eigen.course(&state, &segment, inlet, inlet.amplitudes(state.at));
            let length = end.since(state.at).as_secs_f64();
            let step = length / f64::from(2 * PARTS);
            for part in 0..PARTS {
                let u = f64::from(2 * part) * step;
                let [a, b, c] = [u, u + step, u + 2.0 * step].map(|u| course.value(&course.point(u)));
                sum += step / 3.0 * (a + 4.0 * b + c);
            }
            state = eigen.state(Propagator::new(&course, end.since(state.at)).modes(&course), end);
        }
        sum
    }
}

/// The linear stretch of air from where the state is, not past `until`, and not longer than a growing mode can be followed.
fn stretch(state: &MassState, inlet: &Inlet<'_>, growth: f64, until: SimTime) -> (Segment, SimTime) {
    let segment = inlet.air.segment(state.at);
    (segment, end_of(&segment, state.at, growth, until))
}

/// Where a stretch that begins at `at` on this piece of the air ends.
fn end_of(segment: &Segment, at: SimTime, growth: f64, until: SimTime) -> SimTime {
    let end = segment.end.min(until);
    if growth <= 0.0 {
        return end;
    }
    let limit = SimDuration::from_secs_f64(GROWTH / growth);
    end.min(at.saturating_add(limit.max(SimDuration::from_nanos(1))))
}

#[cfg(test)]
mod tests;
