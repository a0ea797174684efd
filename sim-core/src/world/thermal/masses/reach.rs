//! What a node reaches: when it comes to a temperature, leaves a band of them, and how high it goes.

use super::course::{Die, Propagator, Propagators};
use super::{MassState, Masses, stretch};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::thermal::inlet::{Inlet, confirmed, skip};
use crate::world::thermal::series::Side;

impl MassState {
    /// The highest temperature of the die until `now`, to a tenth of a millikelvin, if it is above `floor`; else `floor`.
    pub fn max_until(
        &self,
        now: SimTime,
        masses: &Masses,
        inlet: &Inlet<'_>,
        power: Watts,
        floor: Celsius,
    ) -> Celsius {
        let mut state = *self;
        let mut highest = floor.0.max(state.die);
        let growth = masses.growth(power);
        // What is never in reach needs no modes.
        let mut eigen = None;
        while state.at < now {
            let (segment, end) = stretch(&state, inlet, growth, now);
            let seconds = end.since(state.at).as_secs_f64();
            let (limit, chassis) = masses.box_of(highest, power);
            let level = limit - inlet.bound(Side::Above, state.at);
            let inside = state.die <= highest && state.chassis <= chassis;
            if inside && segment.value.max(segment.value + segment.slope * seconds) < level {
                let Some(next) = skip(inlet, &segment, Side::Above, level, end) else { break };
                if next >= now {
                    break;
                }
                state = state.at(next, masses, inlet, power);
                continue;
            }
            let eigen = eigen.get_or_insert_with(|| masses.eigen(power));
            let course = eigen.course(&state, &segment, inlet, inlet.amplitudes(state.at));
            highest = Die::of(course).peak(seconds, highest);
            state = eigen.state(Propagator::new(&course, end.since(state.at)).modes(&course), end);
        }
        Celsius(highest)
    }

    /// A moment before which the die is below `threshold` at any nominal power up to `power`, in air that is no warmer than this; `None` if it stays so.
    ///
    /// While the node is in the box of [the module](super) it is until air leaves it. Else, as long as the die is below the threshold T, no chassis or air
    /// gets above `M = max(T₂, T, I)`, so that `dT₁/dt ≤ (P(T) + (M − T₁)/R)/C₁`, which is greatest at the beginning.
    pub fn not_before(
        &self,
        masses: &Masses,
        inlet: &Inlet<'_>,
        power: Watts,
        threshold: Celsius,
    ) -> Option<SimTime> {
        if self.die >= threshold.0 {
            return Some(self.at);
        }
        let (limit, chassis) = masses.box_of(threshold.0, power);
        let on_top = inlet.bound(Side::Above, self.at);
        if self.chassis <= chassis {
            let (segment, level) = (inlet.air.segment(self.at), limit - on_top);
            let last = inlet.air.at(segment.end).0;
            if segment.value.max(last) < level {
                return skip(inlet, &segment, Side::Above, level, segment.end);
            }
        }
        let hottest = self.chassis.max(threshold.0).max(inlet.air.highest() + on_top);
        let resistance = masses.chassis.map_or(masses.to_air, |(_, joint)| joint);
        let flow = masses.power_at(power, threshold).0 + (hottest - self.die) / resistance;
        Some(self.at.saturating_add(SimDuration::from_secs_f64((threshold.0 - self.die) * masses.die / flow)))
    }

    /// The first instant up to `until` at which the die is at `threshold` or past it on `side`, at constant nominal `power`.
    pub fn crossing(
        &self,
        masses: &Masses,
        inlet: &Inlet<'_>,
        power: Watts,
        (side, threshold): (Side, Celsius),
        until: SimTime,
    ) -> Option<SimTime> {
        let sign = if side == Side::Above { 1.0 } else { -1.0 };
        let past = |temperature: f64| sign * temperature >= sign * threshold.0;
        let mut state = *self;
        if past(state.die) {
            return Some(state.at);
        }
        let growth = masses.growth(power);
        let (limit, chassis) = masses.box_of(threshold.0, power);
        // What is never in reach needs no modes.
        let mut eigen = None;
        let mut amplitudes = inlet.amplitudes(state.at);
        let mut known = Propagators::default();
        while state.at < until {
            let (segment, end) = stretch(&state, inlet, growth, until);
            let span = end.since(state.at);
            let inside = sign * state.chassis <= sign * chassis;
            let hottest = sign * segment.value.max(segment.value + segment.slope * span.as_secs_f64());
            let coldest = sign * segment.value.min(segment.value + segment.slope * span.as_secs_f64());
            let source = hottest.max(coldest) + sign * inlet.offset - sign * limit;
            let later: f64 = amplitudes.iter().map(|amplitude| (sign * amplitude).max(0.0)).sum();
            if inside && source + later < 0.0 {
                let level = limit - inlet.offset - sign * later;
                let next = skip(inlet, &segment, side, level, end)?;
                if next >= until {
                    return None;
                }
                state = state.at(next, masses, inlet, power);
                amplitudes = inlet.amplitudes(state.at);
                continue;
            }
            let eigen = eigen.get_or_insert_with(|| masses.eigen(power));
            let course = eigen.course(&state, &segment, inlet, amplitudes);
            let propagator = known.of(&course, span);
            let after = [amplitudes[0] * propagator.decay[0], amplitudes[1] * propagator.decay[1]];
            // Waves are monotone, so over the stretch each is at most what it is at its ends.
            let now: f64 = amplitudes.iter().zip(after).map(|(a, b)| (sign * a).max(sign * b)).sum();
            let near = (!inside || source + now >= 0.0).then(|| Die::of(course));
            if let Some(die) = near
                && let Some(root) = die.first_at(sign, threshold.0, span.as_secs_f64())
            {
                let nanos = SimDuration::from_nanos((root * 1e9).ceil() as u64);
                let earliest = state.at.saturating_add(nanos).min(end);
                let reached = |time: SimTime| past(die.after(time.since(state.at)));
                if let Some(time) = confirmed(earliest, end, reached) {
                    return Some(time);
                }
            }
            state = eigen.state(propagator.modes(&course), end);
            amplitudes = after;
        }
        None
    }

    /// The first instant up to `until` at which the die is at `low` or below, or at `high` or above, at constant nominal `power`.
    pub fn leaves(
        &self,
        masses: &Masses,
        inlet: &Inlet<'_>,
        power: Watts,
        (low, high): (Celsius, Celsius),
        until: SimTime,
    ) -> Option<SimTime> {
        let out = |temperature: f64| temperature <= low.0 || temperature >= high.0;
        let mut state = *self;
        if out(state.die) {
            return Some(state.at);
        }
        let (eigen, growth) = (masses.eigen(power), masses.growth(power));
        let mut amplitudes = inlet.amplitudes(state.at);
        let mut known = Propagators::default();
        while state.at < until {
            let (segment, end) = stretch(&state, inlet, growth, until);
            let span = end.since(state.at);
            let course = eigen.course(&state, &segment, inlet, amplitudes);
            let die = Die::of(course);
            if let Some(root) = die.leaves((low.0, high.0), span.as_secs_f64()) {
                let nanos = SimDuration::from_nanos((root * 1e9).ceil() as u64);
                let earliest = state.at.saturating_add(nanos).min(end);
                let reached = |time: SimTime| out(die.after(time.since(state.at)));
                if let Some(time) = confirmed(earliest, end, reached) {
                    return Some(time);
                }
            }
            let propagator = known.of(&course, span);
            state = eigen.state(propagator.modes(&course), end);
            amplitudes = [amplitudes[0] * propagator.decay[0], amplitudes[1] * propagator.decay[1]];
        }
        None
    }
}
