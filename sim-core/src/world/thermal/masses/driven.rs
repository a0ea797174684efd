//! What drives a node at constant power in one air: worked out once for all that becomes of it, and of others like it.
//!
//! In its modes a node obeys `y' = λy + f(t)` with an f that is the same for all that stand in the same air at the same power. So what
//! becomes of any of them from one moment to another is `y → E y + F` with the same E and F, however many knots of the air lie between: a *way*.

use super::course::{Eigen, Piece, Propagator};
use super::{MEMORY, MassState, Masses, Segment, end_of};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::thermal::Inlet;
use crate::world::thermal::curve::joint;
use crate::world::thermal::series::Side;

/// A node at constant power in one air: what is computed once for all that becomes of it, and of others like it.
#[derive(Clone, Copy, Debug)]
pub struct Driven<'a> {
    eigen: Eigen,
    inlet: Inlet<'a>,
    power: Watts,
    slowest: f64,
    /// What led over the last stretch of air, and what leads each mode from one knot of the air to the next.
    known: Option<Propagator>,
    stepped: Option<[Piece; 2]>,
    /// The last way that was asked for.
    way: Option<Way>,
    /// Where the quickest mode is led from the last moment that was asked for.
    led: Option<(SimTime, f64)>,
    /// What is left of the waves of the air at the last moment that was asked for, and at the end of the last way.
    left: [Option<(SimTime, [f64; 2])>; 2],
    /// The last integral of the air, and from when to when.
    integral: Option<(SimTime, SimTime, f64)>,
    /// The last straight piece of the air, and where it was cut.
    segment: Option<(SimTime, Segment)>,
}

/// What becomes of the modes of a node on the way from one moment to another: so many times what they were, and so much more.
#[derive(Clone, Copy, Debug)]
struct Way {
    from: SimTime,
    to: SimTime,
    grown: [f64; 2],
    forced: [f64; 2],
}

impl<'a> Driven<'a> {
    /// Nodes of these modes, at this power in this air.
    pub(super) fn new(eigen: Eigen, inlet: &Inlet<'a>, power: Watts) -> Self {
        Self {
            slowest: eigen.masses.slowest_of(&eigen.modes),
            eigen,
            inlet: *inlet,
            power,
            known: None,
            stepped: None,
            way: None,
            led: None,
            left: [None; 2],
            integral: None,
            segment: None,
        }
    }

    /// The air.
    pub fn inlet(&self) -> &Inlet<'a> {
        &self.inlet
    }

    /// What the nodes are made of.
    pub fn masses(&self) -> &Masses {
        &self.eigen.masses
    }

    /// Their nominal power.
    pub fn power(&self) -> Watts {
        self.power
    }

    /// The temperatures at `now` of a node that was in this state.
    pub fn lead(&mut self, state: &MassState, now: SimTime) -> MassState {
        let mut state = *state;
        if self.slowest < 0.0 {
            let memory = SimDuration::from_secs_f64(MEMORY / -self.slowest);
            if now.since(state.at) > memory {
                let from = SimTime::from_nanos(now.as_nanos() - memory.as_nanos());
                state = self.eigen.masses.settled(self.inlet.value(from), self.power, from);
            }
        }
        if state.at >= now {
            return state;
        }
        let way = self.way(state.at, now);
        let begin = self.eigen.project(&state);
        let end = [0, 1].map(|mode| begin[mode] * way.grown[mode] + way.forced[mode]);
        self.eigen.state(end, now)
    }

    /// What becomes of the modes of any node that is driven so.
    fn way(&mut self, from: SimTime, to: SimTime) -> Way {
        if let Some(way) = self.way.filter(|way| (way.from, way.to) == (from, to)) {
            return way;
        }
        let first = self.segment(from);
        let way = if to > first.end && self.slowest < 0.0 {
            self.way_over(from, to, &first)
        } else {
            self.way_in_stretches(from, to)
        };
        self.way = Some(way);
        way
    }

    /// A way over knots of the air, of modes that die away. What each is led by, temperatures of air and power together, is straight from knot to knot:
    /// a mode comes from one to the next by the same three factors. Waves take no notice of knots.
    fn way_over(&mut self, from: SimTime, to: SimTime, first: &Segment) -> Way {
        let air = self.inlet.air;
        let last = air.segment(to);
        let step = air.step().as_secs_f64();
        let modes = self.eigen.modes;
        let stepped = *self.stepped.get_or_insert_with(|| modes.map(|(rate, ..)| Piece::new(rate, step)));
        let knots = &air.knots()[first.index + 1..=last.index];
        let head = first.end.since(from).as_secs_f64();
        let tail = to.since(air.knot_time(last.index)).as_secs_f64();
        let seconds = to.since(from).as_secs_f64();
        let before = self.amplitudes(from);
        let decay =
            self.inlet.waves.map(|(_, rate)| if rate == 0.0 { 1.0 } else { libm::exp(rate * seconds) });
        let mut way = Way { from, to, grown: [0.0; 2], forced: [0.0; 2] };
        for (mode, (rate, _, [heat, weight, ..])) in modes.into_iter().enumerate() {
            if weight == 0.0 {
                continue;
            }
            // In kelvins of air.
            let on_top = heat * self.eigen.base / weight + self.inlet.offset;
            let (begin, each, end) = (Piece::new(rate, head), stepped[mode], Piece::new(rate, tail));
            let mut grown = begin.grown;
            let mut led = begin.over(0.0, first.value + on_top, knots[0] + on_top);
            for pair in knots.windows(2) {
                grown *= each.grown;
                led = each.over(led, pair[0] + on_top, pair[1] + on_top);
            }
            grown *= end.grown;
            led = end.over(led, knots[knots.len() - 1] + on_top, last.value + on_top);
            for (amplitude, ((_, of_wave), left)) in
                before.into_iter().zip(self.inlet.waves.into_iter().zip(decay))
            {
                if amplitude != 0.0 {
                    led += amplitude * joint(seconds, (rate, grown), (of_wave, left));
                }
            }
            (way.grown[mode], way.forced[mode]) = (grown, weight * led);
        }
        self.left[1] = Some((to, [before[0] * decay[0], before[1] * decay[1]]));
        way
    }

    /// A way within one straight piece of the air, or of modes that grow.
    fn way_in_stretches(&mut self, from: SimTime, to: SimTime) -> Way {
        let mut way = Way { from, to, grown: [1.0; 2], forced: [0.0; 2] };
        let (mut at, mut amplitudes) = (from, self.amplitudes(from));
        while at < to {
            let segment = self.segment(at);
            let end = end_of(&segment, at, self.slowest, to);
            let course = self.eigen.course_from(way.forced, &segment, &self.inlet, amplitudes);
            let span = end.since(at);
            let propagator = match &self.known {
                Some(known) if known.nanos == span.as_nanos() => known,
                _ => self.known.insert(Propagator::new(&course, span)),
            };
            way.forced = propagator.modes(&course);
            way.grown = [0, 1].map(|mode| way.grown[mode] * propagator.grown(mode));
            amplitudes = [amplitudes[0] * propagator.decay[0], amplitudes[1] * propagator.decay[1]];
            at = end;
        }
        self.left[1] = Some((to, amplitudes));
        way
    }

    /// What is left of the waves of the air.
    fn amplitudes(&mut self, at: SimTime) -> [f64; 2] {
        if let Some((_, left)) = self.left.iter().flatten().find(|(then, _)| *then == at) {
            return *left;
        }
        let left = self.inlet.amplitudes(at);
        self.left[0] = Some((at, left));
        left
    }

    /// The straight piece of the air.
    fn segment(&mut self, at: SimTime) -> Segment {
        match self.segment {
            Some((then, segment)) if then == at => segment,
            _ => {
                let segment = self.inlet.air.segment(at);
                self.segment = Some((at, segment));
                segment
            }
        }
    }

    /// As [`MassState::max_until`], of a node that is driven so.
    pub fn max_until(&mut self, state: &MassState, now: SimTime, floor: Celsius) -> Celsius {
        // What is out of reach in the hottest air there is needs no search.
        let (limit, chassis) = self.eigen.masses.box_of(floor.0, self.power);
        if state.die <= floor.0 && state.chassis <= chassis {
            let above: f64 = self.amplitudes(state.at).iter().map(|left| left.max(0.0)).sum();
            if !self.inlet.air.ever(Side::Above, Celsius(limit - self.inlet.offset - above)) {
                return floor;
            }
        }
        state.max_until(now, &self.eigen.masses, &self.inlet, self.power, floor)
    }

    /// The integral of the air.
    pub(super) fn integral(&mut self, from: SimTime, to: SimTime) -> f64 {
        if let Some((begin, end, integral)) = self.integral
            && (begin, end) == (from, to)
        {
            return integral;
        }
        let integral = self.inlet.integral(from, to);
        self.integral = Some((from, to, integral));
        integral
    }

    /// By how many kelvins the die is off the course that it follows once its quickest mode has died away, and the rate of that mode.
    pub fn jump(&mut self, state: &MassState) -> (f64, f64) {
        let led = match self.led {
            Some((then, led)) if then == state.at => led,
            _ => {
                let (segment, amplitudes) = (self.segment(state.at), self.amplitudes(state.at));
                let led = self.eigen.course_from([0.0; 2], &segment, &self.inlet, amplitudes).led();
                self.led = Some((state.at, led));
                led
            }
        };
        (self.eigen.project(state)[0] - led, self.eigen.modes[0].0)
    }

    /// What is left of the quickest mode, as a share.
    pub fn left(&self, from: SimTime, to: SimTime) -> f64 {
        match &self.way {
            Some(way) if (way.from, way.to) == (from, to) => way.grown[0],
            _ => libm::exp(self.eigen.modes[0].0 * to.since(from).as_secs_f64()),
        }
    }

    /// The slowest time constant, and a year if it runs away.
    pub fn time_constant(&self) -> SimDuration {
        let rate = -self.slowest;
        if rate > 1e-8 { SimDuration::from_secs_f64(1.0 / rate) } else { SimDuration::from_secs(31_557_600) }
    }

    /// The quickest time constant.
    pub fn quickest(&self) -> SimDuration {
        SimDuration::from_secs_f64(1.0 / self.eigen.modes[0].0.abs().max(1e-8))
    }
}
