//! Wear of nodes whose temperature is more than one exponential: with a chassis, with leakage, or in air that is shared.
//!
//! Their exposure is integrated along their actual course by Simpson's rule. Pieces begin at the fastest time constant there
//! is, of node or room. On each, two halves are held against the whole: they must agree to [`TOLERANCE`],
//! else the piece is halved; while they agree by far, pieces double, up to [`PIECE_MAX`]. While node or air move by themselves
//! the relative error of an exposure is about 10⁻⁵, and what changes faster than [`PIECE_LEAST`] is taken as a step.
//!
//! A node that has been brought along a known course mostly needs no quadrature of that kind. Its temperature is `B + A e^(λu)`: what
//! is left of a change of its power, in its quickest mode, on top of what hardly bends. The mean of B is known from the heat
//! balance; with the temperatures at both ends a parabola of that mean gives the variance V of B, so
//! `∫ AF dt = span · (AF(B̄) + AF''(B̄) V / 2) + ∫ (AF(B + A x) − AF(B)) / (−λ x) dx`, x from `e^(λ span)` to 1: a series of a few terms,
//! or a quadrature of five points, see [`Ageing::of_jump`]. Against fine steps it is within 1 % over any one span, and within 2·10⁻⁴ in the mean
//! of a busy day.
//!
//! Once node and room have settled and follow the weather, the node is where the inlet of a lag before leads: exactly so in air
//! that changes steadily, which is what it does between two knots. Then a day costs a dozen readings, however many knots it has.
//!
//! When a life ends is not predicted for such a node, since others change its air. It is looked at again no later than the
//! end that the greatest factor allows; the bound closes in by the ratio of actual to greatest factor at each look. Once
//! it is nearer than [`LOOK_LEAST`], the look is where the life ends on the present course, if that is nearer than
//! [`LOOK_LEAST`], else then. So in steady air the end is exact, and if the air changes within the last minute, a life is
//! over at most [`LOOK_LEAST`] after its true end, and never before.

use super::super::Simulation;
use super::super::climate::Assumed;
use super::wear::Planned;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::fleet::NodeId;
use crate::world::hardware::{Ageing, Exposure, Life};
use crate::world::thermal::{Driven, Inlet, MassState, Masses};

/// How far two halves may be from the whole, as a share.
const TOLERANCE: f64 = 1e-5;
/// The shortest piece of the quadrature.
const PIECE_LEAST: SimDuration = SimDuration::from_nanos(10_000_000);
/// The longest, well below the day in which the air swings.
const PIECE_MAX: SimDuration = SimDuration::from_secs(4 * 3600);
/// What a piece may be longer than its four quarters.
const NOTHING: SimDuration = SimDuration::from_nanos(4);
/// The length of a piece of a settled course.
const FOLLOWED: SimDuration = SimDuration::from_secs(2 * 3600);
/// A node this near, in kelvins, to where it is led follows the weather.
const STILL: f64 = 0.3;
/// After this many time constants it does.
const SETTLED: f64 = 6.0;
/// In seconds: looks at a life are this far apart at most once its end may be near.
const LOOK_LEAST: f64 = 60.0;
/// No node is hotter, whatever runs away.
const HOTTEST: f64 = 200.0;

/// A course is taken as a parabola up to this span, and within so many kelvins from end to end, and from the mean of both ends to the
/// mean.
const EVEN_SPAN: SimDuration = SimDuration::from_secs(7200);
const EVEN_RISE: f64 = 2.0;
const EVEN_BOW: f64 = 0.4;
/// A jump of fewer kelvins is none.
const NO_JUMP: f64 = 1e-3;
/// With a jump below these many kelvins the first piece is so many times the quickest time constant.
const FIRST: [(f64, u64); 2] = [(0.03, 8), (0.3, 4)];

/// A known course of a die from `from` until now.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct Along {
    /// Degrees Celsius at both ends.
    pub begin: f64,
    pub end: f64,
    /// By how much it is off at the beginning from the course that it follows once its quickest mode has died away, the rate of
    /// that, and what is left of it at the end, as a share.
    pub jump: (f64, f64, f64),
    pub from: SimTime,
    /// The integral in K·s.
    pub sum: f64,
}

impl Along {
    /// Brings a node that is driven so from where it is to `now`, and says along what.
    pub fn follow(mass: &mut MassState, now: SimTime, driven: &mut Driven<'_>) -> Self {
        let (begin, from, (jump, rate)) = (mass.die, mass.at, driven.jump(mass));
        let sum = mass.follow(now, driven);
        Self { begin, end: mass.die, jump: (jump, rate, driven.left(from, now)), from, sum }
    }
}

/// How long a node, whose slowest time constant is `own`, and its air still move by themselves; for ever if it runs away.
fn settling(
    mass: &MassState,
    masses: &Masses,
    inlet: &Inlet<'_>,
    power: Watts,
    own: SimDuration,
) -> SimDuration {
    if own >= SimDuration::from_secs(31_557_600) {
        return SimDuration::MAX;
    }
    let lag = SimDuration::from_secs_f64(masses.lag(power));
    let led = inlet.value(SimTime::ZERO + mass.at.since(SimTime::ZERO + lag));
    let led = masses.settled(led, power, mass.at);
    let moving = (mass.die - led.die).abs() > STILL || (mass.chassis - led.chassis).abs() > STILL + 0.5;
    let of_node = if moving { own.as_secs_f64() } else { 0.0 };
    SimDuration::from_secs_f64(SETTLED * of_node.max(inlet.restless(mass.at, STILL)))
}

impl Simulation<'_> {
    /// Exposure of a node from `since` until now `along` a course that hardly bends, in calm weather and in storms; `None` if this
    /// one does, or weather changes on the way.
    pub(super) fn even_exposure(&self, node: NodeId, since: SimTime, along: Along) -> Option<Exposure> {
        let now = self.engine.now();
        let span = now.since(since);
        if since != along.from || span > EVEN_SPAN {
            return None;
        }
        let seconds = span.as_secs_f64();
        let (jump, rate, left) = along.jump;
        let jumps = jump.abs() > NO_JUMP;
        let (begin, end) = (along.begin - jump, along.end - jump * left);
        let jumped = if jumps { jump * (left - 1.0) / rate } else { 0.0 };
        let mean = (along.sum - jumped) / seconds;
        let (rise, bow) = (end - begin, mean - 0.5 * (end + begin));
        if rate >= 0.0 || rise.abs() > EVEN_RISE || bow.abs() > EVEN_BOW {
            return None;
        }
        let (_, until, stormy) = self.weather(node, since, now).next()?;
        let ageing = self.ageing(node).filter(|_| until == now)?;
        let variance = rise * rise / 12.0 + bow * bow / 5.0;
        let (factor, bend) = ageing.factor_and_bend(Celsius(mean));
        let mut exposed = seconds * factor * (1.0 + 0.5 * bend * variance);
        if jumps {
            // Where the rest of the course is while most of the jump is left.
            let base = begin + rise * (-1.0 / (rate * seconds)).min(0.5);
            exposed += ageing.of_jump(Celsius(base), jump, left) / -rate;
        }
        let mut exposure = [0.0, 0.0];
        exposure[stormy] = exposed;
        Some(exposure)
    }

    /// Exposure of a node with `masses` from `from` to `to`, both not before it was last brought up to date.
    pub(super) fn massed_exposure(
        &self,
        node: NodeId,
        masses: &Masses,
        ageing: &Ageing,
        (from, to): (SimTime, SimTime),
    ) -> f64 {
        let state = self.node(node);
        let power = self.heating_power(node);
        let inlet = self.inlet(node, Assumed::Present);
        let last = MassState { die: state.heat.temperature, chassis: state.chassis, at: state.heat.at };
        let factor = |mass: &MassState| ageing.factor(Celsius(mass.die));
        let mut course = masses.driven(&inlet, power);
        let mut here = course.lead(&last, from.max(last.at));
        let quickest = course.quickest().min(inlet.quickest(here.at));
        let jump = course.jump(&here).0.abs();
        let times = FIRST.into_iter().find(|(most, _)| jump <= *most).map_or(1, |(_, times)| times);
        let mut length = SimDuration::from_nanos(quickest.as_nanos().saturating_mul(times));
        let mut sum = 0.0;
        let mut first = factor(&here);
        let still = here.at.saturating_add(settling(&here, masses, &inlet, power, course.time_constant()));
        while to.min(still).since(here.at) >= NOTHING {
            let piece = length.max(PIECE_LEAST).min(PIECE_MAX).min(to.since(here.at));
            // Four quarters of one length, which are led over alike; what that leaves of the last piece is nothing.
            let quarter = SimDuration::from_nanos(piece.as_nanos() / 4);
            let mut states = [here; 5];
            for index in 1..5 {
                states[index] = course.lead(&states[index - 1], states[index - 1].at.saturating_add(quarter));
            }
            let [b, c, d, e] = [1, 2, 3, 4].map(|index: usize| factor(&states[index]));
            let a = first;
            let whole = (a + 4.0 * c + e) / 6.0;
            let halves = (a + 4.0 * b + 2.0 * c + 4.0 * d + e) / 12.0;
            let error = (halves - whole).abs() / 15.0;
            if error > TOLERANCE * halves && piece > PIECE_LEAST {
                length = SimDuration::from_nanos(piece.as_nanos() / 2);
                continue;
            }
            sum += states[4].at.since(here.at).as_secs_f64() * (halves + (halves - whole) / 15.0);
            (here, first) = (states[4], e);
            if 32.0 * error < TOLERANCE * halves {
                length = SimDuration::from_nanos(piece.as_nanos().saturating_mul(2));
            }
        }
        let lag = SimDuration::from_secs_f64(masses.lag(power));
        let followed = |at: SimTime| {
            let led = at.max(last.at.saturating_add(lag)).since(SimTime::ZERO + lag);
            factor(&masses.settled(inlet.value(SimTime::ZERO + led), power, at))
        };
        let mut at = if to.since(here.at) < NOTHING { to } else { here.at };
        let mut begin = if at < to { followed(at) } else { 0.0 };
        while at < to {
            let piece = FOLLOWED.min(to.since(at));
            let end = at.saturating_add(piece);
            let middle = at.saturating_add(SimDuration::from_nanos(piece.as_nanos() / 2));
            let there = followed(end);
            sum += piece.as_secs_f64() / 6.0 * (begin + 4.0 * followed(middle) + there);
            (at, begin) = (end, there);
        }
        sum
    }

    /// When to look at a life of a node with masses that may draw up to `assumed`.
    pub(super) fn plan_massed(&self, node: NodeId, life: &Life, ageing: &Ageing, assumed: Watts) -> Planned {
        let now = self.engine.now();
        let hottest = self.hottest_die(node, assumed);
        let factor = ageing.factor(hottest).max(ageing.factor(Celsius(self.node(node).heat.temperature)));
        let whole = life.whole();
        let bound = life.share_to_next().max(0.0) * whole[0].min(whole[1]) / factor;
        if !bound.is_finite() {
            return super::wear::NEVER;
        }
        let at = if bound < LOOK_LEAST {
            self.end_of_massed(node, life, ageing, now.saturating_add(SimDuration::from_secs_f64(LOOK_LEAST)))
        } else {
            now.saturating_add(SimDuration::from_secs_f64(bound))
        };
        Planned { at, exact: false }
    }

    /// When something happens in a life on the present course, if until `until`; else `until`.
    fn end_of_massed(&self, node: NodeId, life: &Life, ageing: &Ageing, until: SimTime) -> SimTime {
        let Some(masses) = self.masses(node) else { return until };
        let (mut share, whole) = (life.share_to_next(), life.whole());
        for (begin, end, stormy) in self.weather(node, self.engine.now(), until) {
            let need = share * whole[stormy];
            let exposure = |to: SimTime| self.massed_exposure(node, &masses, ageing, (begin, to));
            let spent = exposure(end);
            if spent < need {
                share -= spent / whole[stormy];
                continue;
            }
            let (mut low, mut high) = (begin, end);
            while high.since(low) > SimDuration::from_nanos(100) {
                let middle = low.saturating_add(SimDuration::from_nanos(high.since(low).as_nanos() / 2));
                if exposure(middle) < need { low = middle } else { high = middle }
            }
            return high;
        }
        until
    }

    /// No die of this class is ever hotter while it draws up to `power` and runs.
    fn hottest_die(&self, node: NodeId, power: Watts) -> Celsius {
        let class = &self.model.classes[usize::from(self.node(node).class)];
        let heat = class.heat.as_ref().expect("it has masses");
        let limit = heat.shutdown.as_ref().map_or(HOTTEST, |shutdown| shutdown.at.0);
        let settled = heat
            .worst
            .map_or(HOTTEST, |(masses, inlet)| masses.settled(inlet.0, power, self.engine.now()).die);
        Celsius(settled.min(limit))
    }
}
