//! The lumped temperature of a node: one thermal resistance, one heat capacity.
//!
//! `τ dT/dt = S(t) − T` with the source `S = T_air + offset + R·P`, R in K/W, τ = R·C in seconds (lumped capacitance, see
//! Incropera and DeWitt, *Fundamentals of Heat and Mass Transfer*, chapter 5). Between events P is constant, and air is
//! linear within a segment, `S = s + m u`, so
//!
//! `T(u) = T₀ + (s − mτ − T₀)(1 − e^(−u/τ)) + m u`.
//!
//! - *Advancing* applies this segment by segment. What happened more than 32 time constants ago is forgotten:
//!   the error is at most `e^(−32) ≈ 1.3·10⁻¹⁴` of the distance between temperature and source.
//! - *Crossings* use that T moves towards S: T below a threshold stays below it while S does. Spans in which S does
//!   not reach the threshold are skipped by the extremes of the series; in a segment in which it does, T has at
//!   most one extremum and is convex or concave throughout, so the first root is bracketed and found by Newton's
//!   method from the side on which it converges monotonically.
//!   More power never cools, so the crossing above at peak power bounds that under any load from before: until then
//!   nothing needs rescheduling when the load changes.
//! - *Means* follow from the heat balance, without history: `∫T = ∫T_air + offset·Δt + R·E − τ·ΔT`, with E the energy
//!   used.
//!
//! Left out: a second time constant (die and chassis), radiation, resistance that depends on temperature.

use super::series::{Side, TemperatureSeries};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Joules, Kelvin, KelvinPerWatt, Watts};
use crate::scenario::spec::{Cooling, Thermal};

/// After this many time constants the past is forgotten.
const MEMORY: f64 = 32.0;
/// Roots are found to a tenth of a nanosecond before they are rounded up.
const ROOT_SECONDS: f64 = 1e-10;
/// Newton's method converges in a handful of steps; see [`Rise::newton`].
const NEWTON_STEPS: u32 = 40;

/// What the temperature of a node depends on, besides air and power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatParams {
    /// R, from node to rack air.
    pub resistance: KelvinPerWatt,
    /// Rack air over room air.
    pub offset: Kelvin,
    /// τ in seconds, positive.
    tau: f64,
}

impl HeatParams {
    /// A node with this resistance and time constant in air that is `offset` warmer than its room. A time constant
    /// below a nanosecond counts as a nanosecond.
    pub fn new(resistance: KelvinPerWatt, time_constant: SimDuration, offset: Kelvin) -> Self {
        Self { resistance, offset, tau: time_constant.as_secs_f64().max(1e-9) }
    }

    /// A node type in a rack. Cooling multiplies the resistance; heat capacity stays, so it multiplies τ = R·C too.
    pub fn of(thermal: &Thermal, cooling: Option<&Cooling>) -> Self {
        let (factor, rise) = cooling.map_or((1.0, Kelvin(0.0)), |c| (c.resistance_factor, c.rise));
        let time_constant = SimDuration::from_secs_f64(thermal.time_constant.as_secs_f64() * factor);
        Self::new(KelvinPerWatt(thermal.resistance.0 * factor), time_constant, rise)
    }

    /// τ in seconds.
    pub(super) fn tau(&self) -> f64 {
        self.tau
    }

    /// The time constant.
    pub fn time_constant(&self) -> SimDuration {
        SimDuration::from_secs_f64(self.tau)
    }

    /// How far the source is above room air at this power.
    pub(super) fn drive(&self, power: Watts) -> f64 {
        self.offset.0 + self.resistance.0 * power.0
    }

    /// Whether no node that starts below `threshold` can reach it between `from` and `until`, whatever it does within
    /// `peak` power. Such a node needs no crossing scheduled.
    pub fn stays_below(
        &self,
        air: &TemperatureSeries,
        peak: Watts,
        threshold: Celsius,
        from: SimTime,
        until: SimTime,
    ) -> bool {
        air.max_between(from, until).0 + self.drive(peak) < threshold.0
    }
}

/// The temperature of a node at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeHeat {
    /// Degrees Celsius.
    pub temperature: f64,
    /// When.
    pub at: SimTime,
}

/// The course of a node until the next knot of its air: `base + slope u + gap e^(−u/τ)`, u seconds on.
#[derive(Clone, Copy, Debug)]
pub struct Relaxation {
    /// Degrees Celsius.
    pub base: f64,
    /// Kelvins per second.
    pub slope: f64,
    /// Kelvins.
    pub gap: f64,
}

impl Relaxation {
    /// Degrees Celsius after so many seconds.
    #[inline]
    pub fn after(&self, seconds: f64, tau: f64) -> f64 {
        self.base + self.slope * seconds + self.gap * libm::exp(-seconds / tau)
    }
}

impl NodeHeat {
    /// How it goes on until the next knot of the air, at constant `power`.
    #[inline]
    pub fn relaxation(&self, params: &HeatParams, air: &TemperatureSeries, power: Watts) -> Relaxation {
        let segment = air.segment(self.at);
        let base = segment.value + params.drive(power) - segment.slope * params.tau;
        Relaxation { base, slope: segment.slope, gap: self.temperature - base }
    }

    /// A node that has been without power for long: at the temperature of its rack's air.
    pub fn ambient(now: SimTime, params: &HeatParams, air: &TemperatureSeries) -> Self {
        Self { temperature: air.at(now).0 + params.offset.0, at: now }
    }

    /// The temperature at `now` if the node draws `power` until then.
    pub fn temperature_at(
        &self,
        now: SimTime,
        params: &HeatParams,
        air: &TemperatureSeries,
        power: Watts,
    ) -> Celsius {
        let drive = params.drive(power);
        let (mut temperature, mut at) = (self.temperature, self.at);
        let memory = MEMORY * params.tau;
        if now.since(at).as_secs_f64() > memory {
            at = at.max(SimTime::from_nanos(now.as_nanos() - SimDuration::from_secs_f64(memory).as_nanos()));
            temperature = air.at(at).0 + drive;
        }
        if at >= now {
            return Celsius(temperature);
        }
        let (tau, first) = (params.tau, air.segment(at));
        if now > first.end {
            // From knot to knot of the air the same share of the way is left.
            let last = air.segment(now).index;
            let seconds = first.end.since(at).as_secs_f64();
            temperature = lag(temperature, first.value + drive, first.slope, seconds, tau);
            let step = air.step().as_secs_f64();
            let gone = -libm::expm1(-step / tau);
            for pair in air.knots()[first.index + 1..=last].windows(2) {
                let rise = pair[1] - pair[0];
                temperature += (pair[0] + drive - rise / step * tau - temperature) * gone + rise;
            }
            at = air.knot_time(last);
        }
        if at < now {
            let segment = air.segment(at);
            let seconds = now.since(at).as_secs_f64();
            temperature = lag(temperature, segment.value + drive, segment.slope, seconds, tau);
        }
        Celsius(temperature)
    }

    /// Advances to `now` at constant `power`; an earlier `now` changes nothing.
    pub fn advance(&mut self, now: SimTime, params: &HeatParams, air: &TemperatureSeries, power: Watts) {
        if now > self.at {
            self.temperature = self.temperature_at(now, params, air, power).0;
            self.at = now;
        }
    }

    /// The first instant up to `until` at which the temperature is at least `threshold`, at constant `power`. Advancing
    /// to it in one step gives a temperature of at least `threshold`; with stops on the way it may be 10⁻¹² K less.
    ///
    /// The cost grows with the knots at which the source is past the threshold and the node is not yet: a few when the
    /// node is quick, all of a summer when its time constant is days. Bound that by `until` and ask again then.
    pub fn crossing_above(
        &self,
        params: &HeatParams,
        air: &TemperatureSeries,
        power: Watts,
        threshold: Celsius,
        until: SimTime,
    ) -> Option<SimTime> {
        Crossing { node: self, params, air, power, threshold, side: Side::Above }.first(until)
    }

    /// The first instant up to `until` at which the temperature is at most `threshold`, at constant `power`. Advancing
    /// to it in one step gives a temperature of at most `threshold`.
    pub fn crossing_below(
        &self,
        params: &HeatParams,
        air: &TemperatureSeries,
        power: Watts,
        threshold: Celsius,
        until: SimTime,
    ) -> Option<SimTime> {
        Crossing { node: self, params, air, power, threshold, side: Side::Below }.first(until)
    }
}

/// The integral of a node's temperature from `from` to `to`, in K·s on the Celsius scale, by the heat balance: `energy`
/// is what the node used meanwhile, `change` the difference of its temperature between the two ends.
pub fn temperature_integral(
    params: &HeatParams,
    air: &TemperatureSeries,
    from: SimTime,
    to: SimTime,
    energy: Joules,
    change: Kelvin,
) -> f64 {
    air.integral(from, to) + params.offset.0 * to.since(from).as_secs_f64() + params.resistance.0 * energy.0
        - params.tau * change.0
}

/// The solution of `τ dT/dt = s + m u − T` after `seconds`, from `start`.
pub(super) fn lag(start: f64, s: f64, m: f64, seconds: f64, tau: f64) -> f64 {
    start - (s - m * tau - start) * libm::expm1(-seconds / tau) + m * seconds
}

/// A question for the first crossing of a threshold.
struct Crossing<'a> {
    node: &'a NodeHeat,
    params: &'a HeatParams,
    air: &'a TemperatureSeries,
    power: Watts,
    threshold: Celsius,
    side: Side,
}

impl Crossing<'_> {
    fn first(&self, until: SimTime) -> Option<SimTime> {
        let mut node = *self.node;
        if self.reached(node.temperature) {
            return Some(node.at);
        }
        let drive = self.params.drive(self.power);
        let air_level = Celsius(self.threshold.0 - drive);
        if !self.air.ever(self.side, air_level) {
            return None;
        }
        while node.at < until {
            let segment = self.air.segment(node.at);
            let end = segment.end.min(until);
            let seconds = end.since(node.at).as_secs_f64();
            let source = segment.value + drive;
            if !self.reached(source) && !self.reached(source + segment.slope * seconds) {
                // The source stays on the near side, and so does the node, until the segment that ends at this knot.
                let next = self.air.first_knot(segment.index + 1, self.side, air_level)?;
                let start = self.air.knot_time(next - 1).max(end);
                node.advance(start, self.params, self.air, self.power);
                continue;
            }
            if let Some(root) = self.root(node.temperature, source, segment.slope, seconds) {
                let earliest = node.at.saturating_add(SimDuration::from_nanos((root * 1e9).ceil() as u64));
                if let Some(time) = self.confirmed(earliest.min(end), end) {
                    return Some(time);
                }
            }
            node.advance(end, self.params, self.air, self.power);
        }
        None
    }

    fn reached(&self, temperature: f64) -> bool {
        match self.side {
            Side::Above => temperature >= self.threshold.0,
            Side::Below => temperature <= self.threshold.0,
        }
    }

    /// The first of `earliest`, a nanosecond later, two, four, … at which the node, advanced in one step, is past the
    /// threshold in floating point too. `None` if it only touched it.
    fn confirmed(&self, earliest: SimTime, end: SimTime) -> Option<SimTime> {
        let mut wait = SimDuration::ZERO;
        loop {
            let time = earliest.saturating_add(wait).min(end);
            if self.reached(self.node.temperature_at(time, self.params, self.air, self.power).0) {
                return Some(time);
            }
            if time == end {
                return None;
            }
            wait = SimDuration::from_nanos((2 * wait.as_nanos()).max(1));
        }
    }

    /// Seconds until the threshold within a segment of length `seconds`.
    fn root(&self, start: f64, s: f64, m: f64, seconds: f64) -> Option<f64> {
        let sign = if self.side == Side::Above { 1.0 } else { -1.0 };
        let rise = Rise { start: sign * start, s: sign * s, m: sign * m, tau: self.params.tau };
        rise.first_at(sign * self.threshold.0, seconds)
    }
}

/// `T(u)` within one segment, with signs such that the threshold is reached from below.
struct Rise {
    start: f64,
    s: f64,
    m: f64,
    tau: f64,
}

impl Rise {
    fn value(&self, u: f64) -> f64 {
        lag(self.start, self.s, self.m, u, self.tau)
    }

    /// The first u in [0, `length`] with `T(u) ≥ level`.
    fn first_at(&self, level: f64, length: f64) -> Option<f64> {
        if self.start >= level {
            return Some(0.0);
        }
        if self.m == 0.0 {
            let u = -self.tau * libm::log1p((self.start - level) / (self.s - self.start));
            return (self.s > level && u <= length).then_some(u);
        }
        // T' = m − (d/τ) e^(−u/τ): convex for d > 0, concave for d < 0; T' vanishes where e^(−u/τ) = mτ/d.
        let d = self.start - self.s + self.m * self.tau;
        let rising_first = self.s > self.start;
        let turn = -self.tau * libm::log(self.m * self.tau / d);
        if d < 0.0 {
            let high = if turn > 0.0 { turn.min(length) } else { length };
            return (rising_first && self.value(high) >= level)
                .then(|| self.newton(level, d, 0.0, high, 0.0));
        }
        let low = if rising_first { 0.0 } else { turn };
        // `turn` is NaN or not below `length` if T falls throughout.
        (low < length && self.value(length) >= level).then(|| self.newton(level, d, low, length, length))
    }

    /// The root in (`low`, `high`], where T rises, by Newton's method from `u`, safeguarded by bisection. Where T rises
    /// so slowly that its rounding is worth more than [`ROOT_SECONDS`], Newton's steps go astray: after
    /// [`NEWTON_STEPS`] of them only bisection goes on.
    fn newton(&self, level: f64, d: f64, mut low: f64, mut high: f64, mut u: f64) -> f64 {
        let mut steps = 0;
        while high - low > ROOT_SECONDS {
            steps += 1;
            let miss = self.value(u) - level;
            if miss < 0.0 {
                low = u;
            } else {
                high = u;
            }
            let slope = self.m - d / self.tau * libm::exp(-u / self.tau);
            let newton = u - miss / slope;
            let middle = 0.5 * (low + high);
            let inside = newton >= low && newton <= high;
            let next = if inside && steps <= NEWTON_STEPS { newton } else { middle };
            if (next - u).abs() <= ROOT_SECONDS {
                return next;
            }
            u = next;
        }
        high
    }
}

#[cfg(test)]
mod tests;
