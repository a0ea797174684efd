//! The uninterruptible power supply of a site: a battery with a constant-power drain.
//!
//! Carrying a load P drains `P / efficiency` from the battery, so a full battery of energy E lasts `E · efficiency / P`.
//! With mains the battery takes `recharge` until it is full, or is full at once if no charging power is given. Loads over
//! the rated power are not carried at all. A battery that is dead without anybody knowing is found out when it is
//! called: each call fails with a fixed probability, independently.
//!
//! Left out: Peukert's effect (capacity falls with the rate), ageing, standby losses, transfer time.

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::quantity::{Joules, Watts};
use crate::scenario::spec::Ups;

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
            (BatteryUse::Carry(load), _) => (self.charge.0 - load.0 / params.efficiency * seconds).max(0.0),
        };
        self.at = self.at.max(now);
    }

    /// How long after `self.at` the battery is empty if it carries `load`; `None`: never.
    pub fn empties_after(&self, load: Watts, params: &UpsParams) -> Option<SimDuration> {
        span(self.charge.0, load.0 / params.efficiency)
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
