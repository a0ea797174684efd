//! The breaker of a site: a thermal replica and an instantaneous magnetic release.
//!
//! `dθ/dt = (i² − θ) / τ` with `i = I / I_rated`; it trips when θ reaches k², and at once when i reaches the magnetic multiple
//! (thermal image as in IEC 60255-149). At constant current `θ(t) = i² + (θ₀ − i²) e^(−t/τ)`, and the trip comes after
//! `t = τ ln((i² − θ₀) / (i² − k²))` if `i > k`, else never. With k = 1.2 to 1.25 and τ = 120 to 240 s the points of IEC 60898
//! hold (no trip at 1.13, a trip within an hour at 1.45, within a minute at 2.55 times the rating).
//!
//! A breaker starts cold, θ = 0, at the beginning of a run; run at a load for some τ to preload it. The replica cools
//! with the same τ while the breaker is open. Left out: the second, slow thermal mass of the conductors, ambient
//! compensation, inrush shorter than the magnetic release notices.

use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Watts;
use crate::scenario::spec::Breaker;

/// The characteristic of a breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreakerParams {
    /// Power at the rated current.
    pub rated: Watts,
    /// k².
    trip: f64,
    /// τ in seconds, positive.
    tau: f64,
    /// Multiple of the rated current that trips at once; infinite without a magnetic release.
    magnetic: f64,
}

impl BreakerParams {
    /// The characteristic of this breaker.
    pub fn of(breaker: &Breaker) -> Self {
        Self {
            rated: Watts(breaker.rating.0 * breaker.voltage.0),
            trip: breaker.trip_ratio * breaker.trip_ratio,
            tau: breaker.time_constant.as_secs_f64().max(1e-9),
            magnetic: breaker.magnetic.unwrap_or(f64::INFINITY),
        }
    }

    /// i: the current at this load as a multiple of the rated current, at unity power factor.
    pub fn ratio(&self, load: Watts) -> f64 {
        load.0 / self.rated.0
    }

    /// Whether no load up to `max` can ever trip the breaker.
    pub fn cannot_trip(&self, max: Watts) -> bool {
        let i = self.ratio(max);
        i * i <= self.trip && i < self.magnetic
    }
}

/// The thermal replica at an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BreakerState {
    /// θ, in squares of the rated current.
    pub theta: f64,
    /// When.
    pub at: SimTime,
}

impl BreakerState {
    /// Advances to `now` at constant `load`.
    pub fn advance(&mut self, now: SimTime, load: Watts, params: &BreakerParams) {
        self.theta = self.theta_after(now.since(self.at), load, params);
        self.at = self.at.max(now);
    }

    fn theta_after(&self, span: SimDuration, load: Watts, params: &BreakerParams) -> f64 {
        let i = params.ratio(load);
        self.theta - (i * i - self.theta) * libm::expm1(-span.as_secs_f64() / params.tau)
    }

    /// How long after `self.at` the breaker trips at constant `load`; `None`: never. Advancing by it in one step gives
    /// θ ≥ k² unless the release is magnetic.
    pub fn trips_after(&self, load: Watts, params: &BreakerParams) -> Option<SimDuration> {
        let i = params.ratio(load);
        let target = i * i;
        if i >= params.magnetic {
            return Some(SimDuration::ZERO);
        }
        if target <= params.trip {
            return None;
        }
        if self.theta >= params.trip {
            return Some(SimDuration::ZERO);
        }
        let seconds = params.tau * libm::log1p((params.trip - self.theta) / (target - params.trip));
        let earliest = SimDuration::from_nanos((seconds * 1e9).ceil() as u64);
        let mut wait = 0_u64;
        loop {
            let span = SimDuration::from_nanos(earliest.as_nanos().saturating_add(wait));
            if self.theta_after(span, load, params) >= params.trip || span == SimDuration::MAX {
                return (span != SimDuration::MAX).then_some(span);
            }
            wait = wait.saturating_mul(2).max(1);
        }
    }
}

#[cfg(test)]
mod tests;
