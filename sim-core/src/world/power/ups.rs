//! The uninterruptible power supply of a site: a battery with a constant-power drain.
//!
//! Carrying a load P drains `P / efficiency` from the battery, so a full battery of energy E lasts `E · efficiency / P`.
//! With mains the battery takes `recharge` until it is full, or is full at once if no charging power is given. Loads over
//! the rated power are not carried at all. A battery that is dead without anybody knowing is found out when it is
//! called: each call fails with a fixed probability, independently.
//!
//! Lead batteries give less at high rates. By Peukert's law (1897) a battery that gives its energy E in the rated time H lasts
//! `H (E / (P H))^k` at a draw of P, with constant power approximated by the current P/V; so it drains as if
//! `P (P H / E)^(k−1)` were drawn. The law is applied to the draw of each moment, which is exact for constant loads and the
//! usual approximation for others.
//!
//! A battery ages: a share a of its life used up, it has `1 − 0.2 a` of its capacity (but a twentieth at least). Life is used up
//! `f^((T − 25 °C)/10 K)` times as fast at the temperature T of its room ([`AgeingTable`]); VRLA: 3 to 5 years, f about 2 \[M\].
//! It also dies at once and unnoticed after a drawn lifetime; an outage or a self-test finds that out and it is replaced.
//!
//! While mains are there the load is passed through without loss, apart from a constant standby loss. Sags do not reach the
//! load of a UPS that corrects them, and cost it nothing. Left out: recovery after a rest, loss of the charger, capacity that
//! depends on the temperature of the moment, cycle ageing, death in the middle of a discharge.

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::quantity::{Joules, Watts};
use crate::scenario::spec::{Ageing, Ups};
use crate::world::thermal::{Inlet, TemperatureSeries};
use std::sync::Arc;

/// The temperature at which lives of batteries are stated, in degrees Celsius.
const AGEING_REFERENCE: f64 = 25.0;
/// Share of the capacity that is lost over a life.
const LOST_OVER_LIFE: f64 = 0.2;
/// The least share of its capacity that an old battery has.
const LEAST_CAPACITY: f64 = 0.05;

/// By so many kelvins what is on top of a series of air relaxes at most in a piece of the quadrature.
const RELAXED: f64 = 0.25;
/// The longest piece.
const PIECE: SimDuration = SimDuration::from_secs(2 * 3600);

/// What a UPS can do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpsParams {
    /// Usable energy of the full battery.
    pub energy: Joules,
    /// Greatest load; infinite if unlimited.
    pub power: Watts,
    /// Into the battery while it charges; `None`: full at once.
    pub recharge: Option<Watts>,
    /// Load over drain.
    pub efficiency: f64,
    /// Probability that a call fails.
    pub hidden_failure: f64,
    /// Peukert's law: the rated draw E/H, and k − 1.
    pub peukert: Option<(Watts, f64)>,
}

impl UpsParams {
    /// The parameters of this UPS.
    pub fn of(ups: &Ups) -> Self {
        Self {
            energy: ups.energy,
            power: ups.power.unwrap_or(Watts(f64::INFINITY)),
            recharge: ups.recharge,
            efficiency: ups.efficiency,
            hidden_failure: ups.hidden_failure,
            peukert: ups.peukert.map(|law| {
                (Watts(ups.energy.0 / law.rated_time.as_secs_f64().max(1e-9)), law.exponent - 1.0)
            }),
        }
    }

    /// How fast the battery is drained by `load`.
    pub fn drain(&self, load: Watts) -> Watts {
        let draw = load.0 / self.efficiency;
        match self.peukert {
            Some((rated, power)) if draw > 0.0 => Watts(draw * libm::exp(power * libm::log(draw / rated.0))),
            _ => Watts(draw),
        }
    }

    /// Whether the load is within the rated power.
    pub fn carries(&self, load: Watts) -> bool {
        load <= self.power
    }

    /// Whether call number `call` of the UPS of site number `site` finds a dead battery. `stream` is that of
    /// [`crate::kernel::Process::UpsFailure`].
    pub fn fails_when_called(&self, stream: &Stream, site: u32, call: u32) -> bool {
        stream.unit(site, call) < self.hidden_failure
    }
}

/// What the battery is doing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BatteryUse {
    /// Nothing: it is switched off, failed or not connected to anything.
    Rest,
    /// Mains are there: charging until full.
    Charge,
    /// Mains are gone: it carries this load.
    Carry(Watts),
}

/// The charge of a battery at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Battery {
    /// What is in it.
    pub charge: Joules,
    /// When.
    pub at: SimTime,
}

impl Battery {
    /// A full battery.
    pub fn full(params: &UpsParams, now: SimTime) -> Self {
        Self { charge: params.energy, at: now }
    }

    /// Advances to `now`, during which the battery did the same thing throughout.
    pub fn advance(&mut self, now: SimTime, doing: BatteryUse, params: &UpsParams) {
        let seconds = now.since(self.at).as_secs_f64();
        self.charge.0 = match (doing, params.recharge) {
            (BatteryUse::Rest, _) => self.charge.0,
            (BatteryUse::Charge, None) => params.energy.0,
            (BatteryUse::Charge, Some(rate)) => (self.charge.0 + rate.0 * seconds).min(params.energy.0),
            (BatteryUse::Carry(load), _) => (self.charge.0 - params.drain(load).0 * seconds).max(0.0),
        };
        self.at = self.at.max(now);
    }

    /// A battery with what lies above `reserve` in this one.
    pub fn above(&self, reserve: Joules) -> Self {
        Self { charge: Joules((self.charge.0 - reserve.0).max(0.0)), at: self.at }
    }

    /// How long after `self.at` the battery is empty if it carries `load`; `None`: never.
    pub fn empties_after(&self, load: Watts, params: &UpsParams) -> Option<SimDuration> {
        span(self.charge.0, params.drain(load).0)
    }

    /// How long after `self.at` the battery is full if it charges; `None`: never.
    pub fn full_after(&self, params: &UpsParams) -> Option<SimDuration> {
        match params.recharge {
            None => Some(SimDuration::ZERO),
            Some(rate) => span(params.energy.0 - self.charge.0, rate.0),
        }
    }

    /// What the charger draws now from mains.
    pub fn charging_power(&self, params: &UpsParams) -> Watts {
        if self.charge < params.energy { params.recharge.unwrap_or_default() } else { Watts(0.0) }
    }
}

/// How fast the batteries of a room use up their lives, and how much of them they have used up in the air that it has by itself.
#[derive(Clone, Debug)]
pub struct AgeingTable {
    air: TemperatureSeries,
    /// Seconds of life at the reference temperature used up until each knot of the air.
    used: Arc<[f64]>,
    /// Logarithm of the acceleration per kelvin.
    slope: f64,
    life: f64,
}

impl AgeingTable {
    /// The ageing of batteries in this air.
    pub fn new(ageing: &Ageing, air: &TemperatureSeries) -> Self {
        let slope = libm::log(ageing.per_10_kelvin) / 10.0;
        let step = air.step().as_secs_f64();
        let mut used = 0.0;
        let sums = std::iter::once(0.0).chain(air.knots().windows(2).map(|pair| {
            used += step * mean_acceleration(slope, pair[0], pair[1]);
            used
        }));
        Self { used: sums.collect(), air: air.clone(), slope, life: ageing.life.as_secs_f64() }
    }

    /// Seconds of life at the reference temperature used up since the beginning of the run.
    pub fn used_until(&self, now: SimTime) -> f64 {
        let segment = self.air.segment(now);
        let knot = self.air.knot_time(segment.index);
        let rest = now.since(knot).as_secs_f64();
        self.used[segment.index]
            + rest * mean_acceleration(self.slope, self.air.knots()[segment.index], segment.value)
    }

    /// Seconds of life at the reference temperature that are used up between two instants in the air of `inlet`.
    ///
    /// That is the exposure in the series, times e to what is on top of it. While that relaxes, pieces are as long as it changes by
    /// a quarter of a kelvin at most, and two hours at most; on each it counts with its mean, and its variance and covariance
    /// with the series as if both were linear. The error is some 10⁻⁵ of what it adds.
    pub fn exposure(&self, inlet: &Inlet<'_>, from: SimTime, to: SimTime) -> f64 {
        let (mut at, mut sum) = (from, 0.0);
        while at < to {
            let waves = inlet.waves_at(at);
            if waves.iter().all(|(amplitude, _)| amplitude.abs() < 1e-6) {
                return sum + libm::exp(self.slope * inlet.offset) * self.exposure_in(inlet.air, at, to);
            }
            let end = to.min(at.saturating_add(piece(&waves)));
            let seconds = end.since(at).as_secs_f64();
            let (mut mean, mut change) = (inlet.offset, 0.0);
            for (amplitude, rate) in waves {
                if amplitude != 0.0 {
                    let grown = libm::expm1(rate * seconds);
                    mean += amplitude * grown / (rate * seconds);
                    change += amplitude * grown;
                }
            }
            let rise = inlet.air.at(end).0 - inlet.air.at(at).0;
            let shape = 1.0 + self.slope * self.slope * change * (0.5 * change + rise) / 12.0;
            sum += self.exposure_in(inlet.air, at, end) * libm::exp(self.slope * mean) * shape;
            at = end;
        }
        sum
    }

    /// The same in a series by itself.
    fn exposure_in(&self, air: &TemperatureSeries, from: SimTime, to: SimTime) -> f64 {
        if air.is_same(&self.air) {
            return self.used_until(to) - self.used_until(from);
        }
        let (mut at, mut sum) = (from, 0.0);
        while at < to {
            let segment = air.segment(at);
            let end = segment.end.min(to);
            let seconds = end.since(at).as_secs_f64();
            let last = segment.value + segment.slope * seconds;
            sum += seconds * mean_acceleration(self.slope, segment.value, last);
            at = end;
        }
        sum
    }

    /// Share of its capacity that a battery has which has used up `seconds` of life.
    pub fn capacity_after(&self, seconds: f64) -> f64 {
        (1.0 - LOST_OVER_LIFE * seconds / self.life).max(LEAST_CAPACITY)
    }
}

/// How long what relaxes with these amplitudes and rates does so by little.
fn piece(waves: &[(f64, f64); 2]) -> SimDuration {
    let moving = waves.iter().filter(|(amplitude, _)| amplitude.abs() > RELAXED);
    let seconds = moving.map(|(amplitude, rate)| (RELAXED / amplitude.abs()).max(1.0 / 64.0) / -rate);
    PIECE.min(SimDuration::from_secs_f64(seconds.fold(f64::INFINITY, f64::min)))
}

/// Mean of `exp(slope · (T − reference))` while T goes linearly from `from` to `to`.
fn mean_acceleration(slope: f64, from: f64, to: f64) -> f64 {
    let rise = slope * (to - from);
    let first = libm::exp(slope * (from - AGEING_REFERENCE));
    if rise.abs() < 1e-9 { first * (1.0 + 0.5 * rise) } else { first * libm::expm1(rise) / rise }
}

/// The time in which `amount` joules flow at `rate` watts, rounded up; `None`: never.
fn span(amount: f64, rate: f64) -> Option<SimDuration> {
    if amount <= 0.0 {
        return Some(SimDuration::ZERO);
    }
    let nanos = (amount / rate * 1e9).ceil();
    (rate > 0.0 && nanos < u64::MAX as f64).then(|| SimDuration::from_nanos(nanos as u64))
}

#[cfg(test)]
mod tests;
