//! The air of a room that is warmed by what stands in it, and its air conditioning.
//!
//! `T = F(t) + Σ wⱼ eⱼ`, `θⱼ deⱼ/dt = u − eⱼ`, `u = (Q − q)/UA`: F is the room under weather alone, Q the heat of the nodes, q what the
//! air conditioning removes, UA the conductance to outdoors. Mode 1 is the air, mode 2, if there is one, walls and
//! contents; the weights add up to one. Between events Q is constant, so the room is a series and two exponentials.
//!
//! Air conditioning holds a setpoint S within its capacity. It is a machine of three regimes:
//!
//! - *free*: q = 0, until T reaches S;
//! - *holding*: T = S. Then `u = (h' + h w₁/(w₁θ₁) + w₂ e₂ (1/θ₂ − 1/θ₁))/K` with `h = S − F` and `K = w₁/θ₁ + w₂/θ₂`, and mode 2 relaxes by
//!   a rate of its own. It ends when the heat to remove, `Q − u UA`, is no longer between zero and the capacity;
//! - *full*: q is the capacity, until T is back at S.
//!
//! A dead band of 2 µK keeps free and full from chattering. An unlimited unit brings the room to S at once. Energy
//! follows from `∫u = θⱼ Δeⱼ + ∫eⱼ`, with no steps. F is linear between knots, so u has small steps at knots, and the end of
//! *holding* is found at the knots first, then by bisection in between.
//!
//! Left out: humidity; heating does not know of the heat of the nodes.

mod holding;

use super::inlet::Inlet;
use super::series::{Side, TemperatureSeries};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Joules, KelvinPerWatt, Watts};
use std::sync::Arc;

/// Half of the dead band between regimes, in kelvins.
const DEAD_BAND: f64 = 1e-6;
/// Rooms are not quicker than this, in seconds.
const QUICKEST: f64 = 1.0;

/// What a room is.
#[derive(Clone, Debug)]
pub struct RoomParams {
    /// The room under weather alone.
    pub free: Arc<TemperatureSeries>,
    /// Weights and time constants in seconds; a weight of zero is no mode.
    pub modes: [(f64, f64); 2],
    /// 1/UA; zero where the heat of the nodes does not matter.
    pub per_watt: KelvinPerWatt,
    /// Air conditioning.
    pub conditioning: Option<Conditioning>,
}

/// Air conditioning of a room.
#[derive(Clone, Debug)]
pub struct Conditioning {
    /// The setpoint, by day and set back, as series.
    pub held: [Arc<TemperatureSeries>; 2],
    /// Greatest heat removed; `None`: any.
    pub capacity: Option<Watts>,
    /// Heat removed per energy drawn; `None`: it draws nothing.
    pub cop: Option<f64>,
}

/// What the air conditioning does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// Nothing.
    Free,
    /// It holds the setpoint.
    Holding,
    /// All it can.
    Full,
}

/// The state of a room.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomState {
    modes: [f64; 2],
    at: SimTime,
    /// Heat of the nodes.
    heat: Watts,
    regime: Regime,
    set_back: bool,
    running: bool,
    /// Heat removed by air conditioning until `at`.
    removed: f64,
    /// Integral of the temperature until `at`, K·s.
    degree_seconds: f64,
}

impl RoomParams {
    /// Weights and time constants of a room of this time constant, with a share of mass.
    pub fn modes_of(time_constant: SimDuration, mass: Option<(f64, SimDuration)>) -> [(f64, f64); 2] {
        let seconds = |time: SimDuration| time.as_secs_f64().max(QUICKEST);
        match mass {
            None => [(1.0, seconds(time_constant)), (0.0, QUICKEST)],
            Some((share, slow)) => [(1.0 - share, seconds(time_constant)), (share, seconds(slow))],
        }
    }

    fn stiffness(&self) -> f64 {
        self.modes.iter().map(|(weight, theta)| weight / theta).sum()
    }

    fn has_mass(&self) -> bool {
        self.modes[1].0 > 0.0
    }
}

impl RoomState {
    /// A room at t = 0 that has been under this weather for long, with nothing in it.
    pub fn new(params: &RoomParams, running: bool) -> Self {
        let mut state = Self {
            modes: [0.0; 2],
            at: SimTime::ZERO,
            heat: Watts(0.0),
            regime: Regime::Free,
            set_back: false,
            running: running && params.conditioning.is_some(),
            removed: 0.0,
            degree_seconds: 0.0,
        };
        state.settle(params);
        state
    }

    /// Puts the room where it would be if its inputs had been as they are for long: mode 2 as well.
    pub fn settle(&mut self, params: &RoomParams) {
        self.modes = [self.heat.0 * params.per_watt.0; 2];
        if let Some(setpoint) = self.setpoint(params).filter(|_| self.running) {
            let excess = self.temperature(params, self.at).0 - setpoint;
            let limit = self.capacity(params);
            if excess > 0.0 {
                let drive = self.modes[0] - excess.min(limit);
                self.modes = [drive; 2];
            }
        }
        self.decide(params);
        self.removed = 0.0;
    }

    fn setpoint(&self, params: &RoomParams) -> Option<f64> {
        let conditioning = params.conditioning.as_ref()?;
        Some(conditioning.held[usize::from(self.set_back)].knots()[0])
    }

    /// The capacity as a difference of temperatures.
    fn capacity(&self, params: &RoomParams) -> f64 {
        let capacity = params.conditioning.as_ref().and_then(|c| c.capacity);
        capacity.map_or(f64::INFINITY, |capacity| capacity.0 * params.per_watt.0)
    }

    fn drive(&self, params: &RoomParams, heat: Watts) -> f64 {
        let removed = if self.regime == Regime::Full { self.capacity(params) } else { 0.0 };
        heat.0 * params.per_watt.0 - removed
    }

    /// The room as nodes see it from `at` on, if it holds `heat`.
    pub fn inlet<'a>(&self, params: &'a RoomParams, heat: Watts) -> Inlet<'a> {
        if let (Regime::Holding, Some(conditioning)) = (self.regime, &params.conditioning) {
            let air = &*conditioning.held[usize::from(self.set_back)];
            return Inlet { air, offset: 0.0, waves: [(0.0, 0.0); 2], at: self.at };
        }
        let drive = self.drive(params, heat);
        let wave = |index: usize| {
            let (weight, theta) = params.modes[index];
            (weight * (self.modes[index] - drive), -1.0 / theta)
        };
        Inlet { air: &params.free, offset: drive, waves: [wave(0), wave(1)], at: self.at }
    }

    /// The temperature at `now`, not before the last advance.
    pub fn temperature(&self, params: &RoomParams, now: SimTime) -> Celsius {
        Celsius(self.inlet(params, self.heat).value(now))
    }

    /// What the air conditioning does.
    pub fn regime(&self) -> Regime {
        self.regime
    }

    /// Heat of the nodes in the room.
    pub fn heat(&self) -> Watts {
        self.heat
    }

    /// Heat removed so far, until the last advance.
    pub fn removed(&self) -> Joules {
        Joules(self.removed)
    }

    /// Integral of the temperature so far, in K·s.
    pub fn degree_seconds(&self) -> f64 {
        self.degree_seconds
    }

    /// What the air conditioning removes at this moment.
    pub fn removes(&self, params: &RoomParams) -> Watts {
        match self.regime {
            Regime::Free => Watts(0.0),
            Regime::Full => params.conditioning.as_ref().and_then(|c| c.capacity).unwrap_or_default(),
            Regime::Holding if params.per_watt.0 == 0.0 => Watts(0.0),
            Regime::Holding => Watts((self.need(params) / params.per_watt.0).max(0.0)),
        }
    }

    /// What would have to be removed to hold the setpoint, as a difference of temperatures.
    fn need(&self, params: &RoomParams) -> f64 {
        let Some(setpoint) = self.setpoint(params) else { return 0.0 };
        let segment = params.free.segment(self.at);
        let drive = params.holding_drive(setpoint - segment.value, -segment.slope, self.modes[1]);
        self.heat.0 * params.per_watt.0 - drive
    }

    /// Advances to `now`; an earlier `now` changes nothing. Returns the highest temperature on the way if it is above `floor`, else `floor`.
    pub fn advance(&mut self, params: &RoomParams, now: SimTime, floor: Celsius) -> Celsius {
        if now <= self.at {
            return floor;
        }
        let mut highest = floor.0;
        let seconds = now.since(self.at).as_secs_f64();
        match (self.regime, self.setpoint(params)) {
            (Regime::Holding, Some(setpoint)) => {
                highest = highest.max(setpoint);
                self.advance_held(params, now, setpoint);
            }
            _ => {
                let inlet = self.inlet(params, self.heat);
                highest = inlet.highest(self.at, now, highest);
                self.degree_seconds += inlet.integral(self.at, now);
                let drive = self.drive(params, self.heat);
                for (mode, (_, theta)) in self.modes.iter_mut().zip(params.modes) {
                    *mode = drive + (*mode - drive) * libm::exp(-seconds / theta);
                }
                if self.regime == Regime::Full {
                    self.removed += self.removes(params).0 * seconds;
                }
            }
        }
        self.at = now;
        Celsius(highest)
    }

    /// Changes the heat of the nodes; the room is at the present.
    pub fn set_heat(&mut self, heat: Watts) {
        self.heat = heat;
    }

    /// Switches the air conditioning on or off; the room is at the present.
    pub fn set_running(&mut self, params: &RoomParams, running: bool) {
        self.running = running && params.conditioning.is_some();
        self.decide(params);
    }

    /// Sets back, or not; the room is at the present.
    pub fn set_back(&mut self, params: &RoomParams, set_back: bool) {
        self.set_back = set_back;
        self.decide(params);
    }

    /// Chooses the regime anew; the room is at the present. Returns whether it has changed.
    pub fn decide(&mut self, params: &RoomParams) -> bool {
        let before = self.regime;
        let Some(setpoint) = self.setpoint(params).filter(|_| self.running) else {
            self.regime = Regime::Free;
            return before != Regime::Free;
        };
        let modes: f64 = self.modes.iter().zip(params.modes).map(|(e, (weight, _))| weight * e).sum();
        let above = params.free.at(self.at).0 + modes - setpoint;
        let limit = self.capacity(params);
        if above < -2.0 * DEAD_BAND {
            self.regime = Regime::Free;
        } else if above > 2.0 * DEAD_BAND && limit.is_finite() {
            self.regime = Regime::Full;
        } else {
            if above > 2.0 * DEAD_BAND {
                self.impulse(params, -above);
            }
            let need = self.need(params);
            self.regime = if need <= 0.0 {
                Regime::Free
            } else if need >= limit {
                Regime::Full
            } else {
                Regime::Holding
            };
        }
        before != self.regime
    }

    /// Brings the air to another temperature at once.
    fn impulse(&mut self, params: &RoomParams, by: f64) {
        let impulse = by / params.stiffness();
        for (mode, (_, theta)) in self.modes.iter_mut().zip(params.modes) {
            *mode += impulse / theta;
        }
        if params.per_watt.0 > 0.0 {
            self.removed -= impulse / params.per_watt.0;
        }
    }

    /// When the regime may change next while the heat of the nodes stays within `low` and `high`; with both the present
    /// one, when it does, or has to be asked again. The room is at the present.
    pub fn next_change(
        &self,
        params: &RoomParams,
        low: Watts,
        high: Watts,
        until: SimTime,
    ) -> Option<SimTime> {
        let setpoint = self.setpoint(params).filter(|_| self.running)?;
        match self.regime {
            Regime::Free => {
                let level = Celsius(setpoint + DEAD_BAND);
                self.inlet(params, high).crossing(Side::Above, level, self.at, until)
            }
            Regime::Full => {
                let level = Celsius(setpoint - DEAD_BAND);
                self.inlet(params, low).crossing(Side::Below, level, self.at, until)
            }
            Regime::Holding => Some(self.end_of_holding(params, setpoint, low, high, until)),
        }
    }
}

#[cfg(test)]
mod tests;
