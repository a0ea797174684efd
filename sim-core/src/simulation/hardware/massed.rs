//! Wear of nodes whose temperature is more than one exponential: with a chassis, with leakage, or in air that is shared.
//!
//! Their exposure is integrated along their actual course. While a node or its air is on the way to where power and weather
//! lead, by Simpson's rule on pieces that begin at a quarter of its slowest time constant and double up to [`PIECE_MAX`]:
//! where the temperature changes by ΔT within a piece, the relative error is below `(ln AF per kelvin · ΔT)⁴ / 2880`. Once
//! it follows the weather to within [`STILL`], its temperature is where the inlet of a lag before leads, which is exact for air that
//! changes steadily, and the pieces are as long as they may be. When a life ends is not predicted for such a node, since others change
//! its air. It is looked at again no later than the end that the greatest factor allows; the bound closes in by the ratio of actual to greatest
//! factor at each look, and a life is over at most [`LOOK_LEAST`] after its true end.

use super::super::Simulation;
use super::wear::Planned;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::fleet::NodeId;
use crate::world::hardware::{Ageing, Life};
use crate::world::thermal::{Inlet, MassState, Masses};

/// The longest piece of the quadrature, well below the day in which the air swings.
const PIECE_MAX: SimDuration = SimDuration::from_secs(4 * 3600);
/// A node this near, in kelvins, to where it is led follows the weather.
const STILL: f64 = 0.5;
/// After this many time constants it does.
const SETTLED: f64 = 6.0;
/// Looks at a life are at least this far apart.
const LOOK_LEAST: f64 = 60.0;
/// No node is hotter, whatever runs away.
const HOTTEST: f64 = 200.0;

/// How long a node and its air still move by themselves.
fn settling(mass: &MassState, masses: &Masses, inlet: &Inlet<'_>, power: Watts) -> SimDuration {
    let own = masses.time_constant(power).as_secs_f64();
    let led = masses.settled(inlet.value(mass.at), power, mass.at);
    let moving = (mass.die - led.die).abs() > STILL || (mass.chassis - led.chassis).abs() > STILL;
    let of_node = if moving { own } else { 0.0 };
    let of_air = inlet.restless(mass.at, STILL);
    SimDuration::from_secs_f64(SETTLED * of_node.max(of_air))
}

impl Simulation<'_> {
    /// The masses of `node`, if its ageing follows them.
    pub(super) fn ageing_masses(&self, node: NodeId) -> Option<Masses> {
        self.masses(node)
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
        let inlet = self.inlet(node, false);
        let last = MassState { die: state.heat.temperature, chassis: state.chassis, at: state.heat.at };
        let factor = |mass: &MassState| ageing.factor(Celsius(mass.die));
        let mut here = if from > last.at { last.at(from, masses, &inlet, power) } else { last };
        let still = here.at.saturating_add(settling(&here, masses, &inlet, power));
        let mut step = SimDuration::from_secs_f64(0.25 * masses.time_constant(power).as_secs_f64());
        let mut sum = 0.0;
        while here.at < to.min(still) {
            let piece = step.min(PIECE_MAX).max(SimDuration::from_secs(1)).min(to.since(here.at));
            let half = SimDuration::from_nanos(piece.as_nanos() / 2);
            let middle = here.at(here.at.saturating_add(half), masses, &inlet, power);
            let end = middle.at(here.at.saturating_add(piece), masses, &inlet, power);
            sum += piece.as_secs_f64() / 6.0 * (factor(&here) + 4.0 * factor(&middle) + factor(&end));
            here = end;
            step = SimDuration::from_nanos(step.as_nanos().saturating_mul(2));
        }
        let lag = SimDuration::from_secs_f64(masses.lag(power));
        let followed = |at: SimTime| {
            let led = at.max(last.at.saturating_add(lag)).since(SimTime::ZERO + lag);
            factor(&masses.settled(inlet.value(SimTime::ZERO + led), power, at))
        };
        let mut at = here.at;
        let mut begin = if at < to { followed(at) } else { 0.0 };
        while at < to {
            let piece = PIECE_MAX.min(to.since(at));
            let end = at.saturating_add(piece);
            let middle = at.saturating_add(SimDuration::from_nanos(piece.as_nanos() / 2));
            let last = followed(end);
            sum += piece.as_secs_f64() / 6.0 * (begin + 4.0 * followed(middle) + last);
            (at, begin) = (end, last);
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
        let after = SimDuration::from_secs_f64(bound.max(LOOK_LEAST));
        Planned { at: now.saturating_add(after), exact: false }
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
