//! A room whose air is held at the setpoint: what holds it there, and when that ends.

use super::{RoomParams, RoomState};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Watts;
use crate::world::thermal::lumped::lag;
use crate::world::thermal::series::Segment;

/// After this many time constants the past is forgotten.
const MEMORY: f64 = 32.0;
/// How far ahead the end of *holding* is looked for at once, for any heat, and for a heat that will soon be another.
const HORIZON: [SimDuration; 2] = [SimDuration::from_secs(86_400), SimDuration::from_secs(3600)];

impl RoomParams {
    /// The drive that holds the room h above its free course while mode 2 is at z.
    pub(super) fn holding_drive(&self, h: f64, slope: f64, z: f64) -> f64 {
        let [(_, air), (weight, mass)] = self.modes;
        (slope + h / air + weight * z * (1.0 / mass - 1.0 / air)) / self.stiffness()
    }

    /// Rate and drive of mode 2 while the room is held: `z' = −ρ z + d(h, h')`.
    fn held_mass(&self, h: f64, slope: f64) -> (f64, f64) {
        let [(_, air), (weight, mass)] = self.modes;
        let k = self.stiffness();
        ((1.0 - weight / k * (1.0 / mass - 1.0 / air)) / mass, (slope + h / air) / k / mass)
    }
}

impl RoomState {
    /// Advances a room that is held to `now`.
    pub(super) fn advance_held(&mut self, params: &RoomParams, now: SimTime, setpoint: f64) {
        let seconds = now.since(self.at).as_secs_f64();
        let [(weight_air, air), (weight, mass)] = params.modes;
        let before = self.modes;
        let z = if params.has_mass() { self.held_mass_at(params, now, setpoint) } else { 0.0 };
        let h = setpoint - params.free.at(now).0;
        self.modes = [(h - weight * z) / weight_air, z];
        self.degree_seconds += setpoint * seconds;
        if params.per_watt.0 > 0.0 {
            let lifted = setpoint * seconds - params.free.integral(self.at, now);
            let change = |index: usize| self.modes[index] - before[index];
            let apart = if params.has_mass() { mass * change(1) - air * change(0) } else { 0.0 };
            let of_air = lifted + weight * apart;
            let drive = air * change(0) + if params.has_mass() { of_air } else { lifted };
            self.removed += self.heat.0 * seconds - drive / params.per_watt.0;
        }
    }

    /// Mode 2 at `now` while the room is held.
    fn held_mass_at(&self, params: &RoomParams, now: SimTime, setpoint: f64) -> f64 {
        let (rate, _) = params.held_mass(0.0, 0.0);
        let (mut z, mut at) = (self.modes[1], self.at);
        let memory = SimDuration::from_secs_f64(MEMORY / rate);
        if now.since(at) > memory {
            at = SimTime::from_nanos(now.as_nanos() - memory.as_nanos());
            z = params.held_mass(setpoint - params.free.at(at).0, 0.0).1 / rate;
        }
        while at < now {
            let segment = params.free.segment(at);
            let end = segment.end.min(now);
            z = held_step(params, setpoint, z, &segment, end.since(at).as_secs_f64());
            at = end;
        }
        z
    }

    /// When holding may end while the heat of the nodes stays within `low` and `high`, or has to be asked again.
    pub(super) fn end_of_holding(
        &self,
        params: &RoomParams,
        setpoint: f64,
        low: Watts,
        high: Watts,
        until: SimTime,
    ) -> SimTime {
        let horizon = until.min(self.at.saturating_add(HORIZON[usize::from(low == high)]));
        let (low, high) = (low.0 * params.per_watt.0, high.0 * params.per_watt.0 - self.capacity(params));
        let (mut z, mut at) = (self.modes[1], self.at);
        while at < horizon {
            let segment = params.free.segment(at);
            let end = segment.end.min(horizon);
            let over = |u: f64| {
                let z = held_step(params, setpoint, z, &segment, u);
                let h = setpoint - segment.value - segment.slope * u;
                let drive = params.holding_drive(h, -segment.slope, z);
                low - drive <= 0.0 || high - drive >= 0.0
            };
            if over(0.0) {
                return at;
            }
            let seconds = end.since(at).as_secs_f64();
            if over(seconds) {
                let (mut a, mut b) = (0.0, seconds);
                while b - a > 1e-9 {
                    let middle = 0.5 * (a + b);
                    if over(middle) { b = middle } else { a = middle }
                }
                return at.saturating_add(SimDuration::from_nanos((b * 1e9).ceil() as u64)).min(end);
            }
            z = held_step(params, setpoint, z, &segment, seconds);
            at = end;
        }
        horizon
    }
}

/// Mode 2 after `seconds` of a segment while the room is held.
fn held_step(params: &RoomParams, setpoint: f64, z: f64, segment: &Segment, seconds: f64) -> f64 {
    if !params.has_mass() {
        return 0.0;
    }
    let (rate, drive) = params.held_mass(setpoint - segment.value, -segment.slope);
    let (_, change) = params.held_mass(-segment.slope, 0.0);
    lag(z, drive / rate, change / rate, seconds, 1.0 / rate)
}
