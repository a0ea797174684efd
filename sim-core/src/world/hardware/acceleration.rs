//! How heat uses up the lives of hardware: cumulative exposure.
//!
//! A life is drawn as exposure at the reference temperature, and `dE/dt = AF(T(t))`: at the reference it lasts as long as
//! it was drawn, and a hotter node uses up the same draw sooner (the cumulative-exposure model of accelerated life
//! testing, Nelson 1980). The laws, T in kelvins except where a difference is taken:
//!
//! - `AF = f^((T − T_ref) / 10 K)`, the rule of thumb with f = 2 for capacitors and batteries; f = 1.35 is nearer to what
//!   fleets show (El-Sayed et al., SIGMETRICS 2012: below 50 °C the effect is much weaker than assumed);
//! - Arrhenius, `AF = exp(E/k (1/T_ref − 1/T))`, k = 8.617333262·10⁻⁵ eV/K (JEDEC JEP122), E from 0.3 to 0.7 eV.
//!
//! Between events a node has constant power, and between two knots of the air `T(u) = b + m u + A e^(−u/τ)`
//! ([`crate::world::thermal::lumped`]). Under the first law, `AF = e^(s (T − T_ref))`, exposure is then a sum,
//! `∫ AF du = AF(b) Σ (sA)ⁿ/n! · (e^((sm − n/τ) u) − 1) / (sm − n/τ)`, to the last bits. Under the second, and where `sA` is so large that the sum
//! would cancel, each span is cut, while the exponential that begins at a knot lives, into pieces that double; on each, Gauss–Legendre
//! quadrature with four points (two where the piece is a tenth of the time
//! constant or less, or where the exponential has died down) has a relative error below 10⁻⁶ for any node and weather that
//! is physical, which a test holds against a fine step. The exposure along the settled course of the temperature is
//! tabulated once per run (a `Track`), so that a span of a year costs as much as an hour. Courses at different powers
//! differ by a constant, so that for the first law one table, times a factor, serves all powers; for Arrhenius there is
//! one for each power at which a node spends most of its time, idle and peak.
//!
//! Left out: humidity, thermal cycling, vibration.

mod law;

pub use law::BOLTZMANN;

use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::scenario::spec::Acceleration;
use crate::world::thermal::{HeatParams, NodeHeat, Relaxation, TemperatureSeries};
use law::{FIVE_POINTS, FOUR_POINTS, Law, NEGLIGIBLE, TWO_POINTS, jumps, summed};

/// After this many time constants a node is on its settled course to 2·10⁻⁸ of where it began.
const SETTLED: f64 = 18.0;
/// After this many, what is left of where it began adds to the exposure as if air went on as it does: within a millionth.
const NEARLY: f64 = 8.0;
/// After this many, what is left of the change of power needs no care.
const STILL: f64 = 8.0;
/// The sum is taken up to this `|sA|`: its terms are then at most e^12 times what they come to.
const SUMMED: f64 = 6.0;
/// A span shorter than this share of the time constant, and of that over `|sA|`, is left to quadrature, which is quicker there, and exact.
const SHORT: f64 = 0.1;

impl Acceleration {
    /// How many times faster life is used up at `temperature` than at the reference.
    pub fn factor(&self, temperature: Celsius) -> f64 {
        Law::of(self).factor(temperature)
    }
}

/// What the ageing of the nodes of a class depends on.
#[derive(Clone, Debug)]
pub struct Ageing {
    law: Law,
    params: HeatParams,
    air: TemperatureSeries,
    end: SimTime,
    tracks: Vec<Track>,
}

impl Ageing {
    /// Nodes with these thermal parameters in this air, until `end`. At `powers` they spend most of their time.
    pub fn new(
        acceleration: Acceleration,
        params: HeatParams,
        air: TemperatureSeries,
        end: SimTime,
        powers: &[Watts],
    ) -> Self {
        let law = Law::of(&acceleration);
        let mut ageing = Self { law, params, air, end, tracks: Vec::new() };
        let powers = match law {
            Law::PerKelvin(..) => &[Watts(0.0)],
            Law::Arrhenius(..) => powers,
        };
        ageing.tracks = powers.iter().map(|power| Track::new(&ageing, *power)).collect();
        ageing
    }

    /// How many times faster life is used up at `temperature` than at the reference.
    pub fn factor(&self, temperature: Celsius) -> f64 {
        self.law.factor(temperature)
    }

    /// As [`Self::factor`], and by what share of itself its second derivative bends it, per square kelvin.
    pub fn factor_and_bend(&self, temperature: Celsius) -> (f64, f64) {
        (self.law.factor(temperature), self.law.bend(temperature))
    }

    /// `∫ (AF(base + jump x) − AF(base)) / x dx` from `left` to 1: with `x = e^(λu)` what a jump that dies away adds to the exposure,
    /// times −λ. Under the first law `AF(base) Σ (s jump)ⁿ (1 − leftⁿ) / (n n!)`; else five points after Gauss and Legendre,
    /// since the integrand is as smooth as AF.
    pub fn of_jump(&self, base: Celsius, jump: f64, left: f64) -> f64 {
        let lowest = self.law.factor(base);
        if let Law::PerKelvin(slope, _) = self.law
            && (slope * jump).abs() <= SUMMED
        {
            let (mut weight, mut power, mut sum) = (1.0, 1.0, 0.0);
            for order in (1..64).map(f64::from) {
                weight *= slope * jump / order;
                power *= left;
                sum += weight * (1.0 - power) / order;
                if weight.abs() < NEGLIGIBLE {
                    break;
                }
            }
            return lowest * sum;
        }
        let (middle, half) = (0.5 * (1.0 + left), 0.5 * (1.0 - left));
        let over = |(point, weight): (f64, f64)| {
            let x = middle + half * point;
            weight * (self.law.factor(Celsius(base.0 + jump * x)) - lowest) / x
        };
        half * FIVE_POINTS.into_iter().map(over).sum::<f64>()
    }

    /// A node of the class that has been without power for long.
    pub fn ambient(&self, now: SimTime) -> NodeHeat {
        NodeHeat::ambient(now, &self.params, &self.air)
    }

    /// The greatest factor that a node meets between `from` and the end at up to `power`, from `temperature` on.
    pub fn greatest_factor(&self, from: SimTime, power: Watts, temperature: Celsius) -> f64 {
        let drive = self.params.offset.0 + self.params.resistance.0 * power.0;
        let settled = self.air.max_between(from, self.end.max(from)).0 + drive;
        let least = self.air.min_between(from, self.end.max(from)).0 + self.params.offset.0;
        let (cold, hot) = (temperature.0.min(least), temperature.0.max(settled));
        self.law.factor(Celsius(hot)).max(self.law.factor(Celsius(cold)))
    }

    /// Exposure, in seconds at the reference temperature, of a node from the instant of `heat` to `to`, at constant `power`.
    pub fn exposure(&self, heat: &NodeHeat, power: Watts, to: SimTime) -> f64 {
        let tau = self.params.time_constant().as_secs_f64();
        // Under the first law the rest of where it began is a sum, too.
        let slope = if let Law::PerKelvin(slope, _) = self.law { Some(slope) } else { None };
        let time_constants = if slope.is_some() { NEARLY } else { SETTLED };
        let led_until = heat.at.saturating_add(SimDuration::from_secs_f64(time_constants * tau));
        let mut led = *heat;
        let Some((track, scale)) = self.track(power).filter(|_| led_until < to) else {
            return self.walk(&mut led, power, to, f64::INFINITY).0;
        };
        let (sum, _) = self.walk(&mut led, power, led_until, f64::INFINITY);
        let (before, settled) = track.at(self, led_until);
        let on_track = scale * (track.at(self, to).0 - before);
        let Some(slope) = slope else { return sum + on_track };
        let gap = led.temperature - settled.0 - self.params.resistance.0 * power.0;
        let course =
            Relaxation { base: led.temperature - gap, slope: self.air.segment(led_until).slope, gap };
        let rest = jumps(&course, slope, to.since(led_until).as_secs_f64(), tau);
        sum + on_track + self.law.factor(Celsius(course.base)) * rest
    }

    /// When the exposure from the instant of `heat` on reaches `need`, at constant `power`; `None` if not until `until`.
    pub fn reaches(&self, heat: &NodeHeat, power: Watts, need: f64, until: SimTime) -> Option<SimTime> {
        if need <= 0.0 {
            return Some(heat.at);
        }
        let settling = SimDuration::from_secs_f64(SETTLED * self.params.time_constant().as_secs_f64());
        let settled = heat.at.saturating_add(settling).min(until);
        let mut led = *heat;
        let (sum, reached) = self.walk(&mut led, power, settled, need);
        if reached.is_some() || settled >= until {
            return reached;
        }
        match self.track(power) {
            Some((track, scale)) => {
                track.reaches(self, track.at(self, settled).0 + (need - sum) / scale, until)
            }
            None => self.walk(&mut led, power, until, need - sum).1,
        }
    }

    /// Advances `heat` to `to` at constant `power`.
    pub fn advance(&self, heat: &mut NodeHeat, power: Watts, to: SimTime) {
        heat.advance(to, &self.params, &self.air, power);
    }

    /// Whether spans at this power cost the same however long they are.
    pub fn is_tabulated(&self, power: Watts) -> bool {
        self.track(power).is_some()
    }

    /// The table for this power, and what its exposures are to be multiplied by.
    fn track(&self, power: Watts) -> Option<(&Track, f64)> {
        if let Law::PerKelvin(slope, _) = self.law {
            let hotter = self.params.resistance.0 * power.0;
            return Some((self.tracks.first()?, libm::exp(slope * hotter)));
        }
        self.tracks.iter().find(|track| track.power == power).map(|track| (track, 1.0))
    }

    /// Leads `heat` to `to` and says what it is exposed to on the way; or, without leading it all the way, the instant at which that reaches `need` if it
    /// does before.
    fn walk(&self, heat: &mut NodeHeat, power: Watts, to: SimTime, need: f64) -> (f64, Option<SimTime>) {
        let tau = self.params.time_constant().as_secs_f64();
        let beginning = heat.at;
        let (mut origin, mut sum) = (heat.at, 0.0);
        let mut knot = self.air.segment(heat.at).end;
        while heat.at < to {
            if heat.at >= knot {
                // The slope changes, and with it begins another exponential.
                (origin, knot) = (heat.at, self.air.segment(heat.at).end);
            }
            let course = heat.relaxation(&self.params, &self.air, power);
            let still = heat.at.since(beginning).as_secs_f64() >= STILL * tau;
            let elapsed = heat.at.since(origin).as_secs_f64();
            let step = match self.law {
                Law::PerKelvin(slope, _) if (slope * course.gap).abs() <= SUMMED => SimDuration::MAX,
                // The greatest jumps die away in small steps, until what is left can be summed.
                Law::PerKelvin(..) => SimDuration::from_secs_f64(SHORT * tau),
                Law::Arrhenius(..) if elapsed >= SETTLED * tau => SimDuration::MAX,
                Law::Arrhenius(..) => SimDuration::from_secs_f64(elapsed.max(0.5 * tau)),
            };
            let step = step.max(SimDuration::from_nanos(1));
            let end = knot.min(to).min(heat.at.saturating_add(step));
            let piece = self.piece(&course, end.since(heat.at), still);
            if sum + piece >= need {
                return (need, Some(self.within_piece(&course, (heat.at, end), need - sum, still)));
            }
            sum += piece;
            heat.advance(end, &self.params, &self.air, power);
        }
        (sum, None)
    }

    /// Exposure over a span without a knot.
    fn piece(&self, course: &Relaxation, span: SimDuration, still: bool) -> f64 {
        let seconds = span.as_secs_f64();
        let tau = self.params.time_constant().as_secs_f64();
        let mut strength = 1.0;
        if let Law::PerKelvin(slope, _) = self.law {
            strength = (slope * course.gap).abs().max(1.0);
            if strength <= SUMMED && seconds * strength > SHORT * tau {
                return self.law.factor(Celsius(course.base)) * summed(course, slope, seconds, tau);
            }
        }
        let short = if still { tau } else { SHORT * tau };
        let points: &[(f64, f64)] = if seconds * strength <= short { &TWO_POINTS } else { &FOUR_POINTS };
        let at = |(place, weight): &(f64, f64)| {
            weight * self.law.factor(Celsius(course.after(seconds * place, tau)))
        };
        seconds * points.iter().map(at).sum::<f64>()
    }

    /// The instant within a span without a knot at which the exposure reaches `need`: by regula falsi
    /// with a safeguard, to the nanosecond.
    fn within_piece(
        &self,
        course: &Relaxation,
        (begin, end): (SimTime, SimTime),
        need: f64,
        still: bool,
    ) -> SimTime {
        let (mut low, mut high) = (0_u64, end.since(begin).as_nanos());
        let (mut low_sum, mut high_sum) = (0.0, self.piece(course, end.since(begin), still));
        for step in 0..128 {
            if high - low <= 1 {
                break;
            }
            let share = (need - low_sum) / (high_sum - low_sum);
            let share = if step % 3 == 2 || !share.is_finite() { 0.5 } else { share };
            let middle = low + ((high - low) as f64 * share) as u64;
            let middle = middle.clamp(low + 1, high - 1);
            let sum = self.piece(course, SimDuration::from_nanos(middle), still);
            if sum >= need {
                (high, high_sum) = (middle, sum);
            } else {
                (low, low_sum) = (middle, sum);
            }
        }
        begin.saturating_add(SimDuration::from_nanos(high))
    }
}

/// Exposure along the settled course of the temperature at one power: at each knot of the air, until the end.
#[derive(Clone, Debug)]
struct Track {
    power: Watts,
    /// The temperature at each knot, and the exposure from zero until then.
    knots: Vec<(NodeHeat, f64)>,
}

impl Track {
    fn new(ageing: &Ageing, power: Watts) -> Self {
        let drive = ageing.params.resistance.0 * power.0;
        let start = ageing.ambient(SimTime::ZERO);
        let mut heat = NodeHeat { temperature: start.temperature + drive, at: SimTime::ZERO };
        let (mut knots, mut sum) = (vec![(heat, 0.0)], 0.0);
        while heat.at < ageing.end {
            let end = ageing.air.segment(heat.at).end.min(ageing.end);
            sum += ageing.walk(&mut heat, power, end, f64::INFINITY).0;
            knots.push((heat, sum));
        }
        Self { power, knots }
    }

    /// Exposure from zero until `to`, and the temperature then.
    fn at(&self, ageing: &Ageing, to: SimTime) -> (f64, Celsius) {
        let (mut heat, sum) = self.knots[self.before(ageing, to)];
        let walked = ageing.walk(&mut heat, self.power, to, f64::INFINITY).0;
        (sum + walked, Celsius(heat.temperature))
    }

    /// The last knot at or before `to`: a knot of the air, or the end.
    fn before(&self, ageing: &Ageing, to: SimTime) -> usize {
        let last = self.knots.len() - 1;
        if to >= self.knots[last].0.at { last } else { ageing.air.segment(to).index.min(last) }
    }

    /// When the exposure from zero reaches `total`.
    fn reaches(&self, ageing: &Ageing, total: f64, until: SimTime) -> Option<SimTime> {
        let after = self.knots.partition_point(|(_, sum)| *sum <= total);
        let (mut heat, sum) = self.knots[after.max(1) - 1];
        ageing.walk(&mut heat, self.power, until, total - sum).1
    }
}

#[cfg(test)]
mod tests;
