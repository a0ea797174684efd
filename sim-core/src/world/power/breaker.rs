//! The breaker of a site: a thermal replica and an instantaneous magnetic release.
//!
//! `dθ/dt = (i² − θ) / τ` with `i = I / I_rated`; it trips when θ reaches k², and at once when i reaches the magnetic multiple
//! (thermal image as in IEC 60255-149). At constant current `θ(t) = i² + (θ₀ − i²) e^(−t/τ)`, and the trip comes after
//! `t = τ ln((i² − θ₀) / (i² − k²))` if `i > k`, else never. With k = 1.2 to 1.25 and τ = 120 to 240 s the points of IEC 60898
//! hold (no trip at 1.13, a trip within an hour at 1.45, within a minute at 2.55 times the rating).
//!
//! Single breakers scatter: k and the magnetic multiple may be drawn for each. In a room hotter than that of the calibration
//! the bimetal is nearer to its trip, as if the rating were lower by a share per kelvin ([`BreakerParams::derated`]). Loads of
//! constant power draw `1/V` times the current at a share V of the voltage ([`BreakerParams::ratio`] takes the load so enlarged).
//!
//! A breaker starts cold, θ = 0, at the beginning of a run; run at a load for some τ to preload it. The replica cools
//! with the same τ while the breaker is open. Left out: the second, slow thermal mass of the conductors, and how a hot room
//! lowers the magnetic release.

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::quantity::{Celsius, Watts};
use crate::scenario::spec::{Breaker, Derating};

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

/// The least share of its rating that a hot breaker keeps.
const LEAST_RATING: f64 = 0.1;

impl BreakerParams {
    /// The characteristic of the breaker of site number `site`. `stream` is that of
    /// [`crate::kernel::Process::BreakerTolerance`].
    pub fn draw(breaker: &Breaker, stream: &Stream, site: u32) -> Self {
        let magnetic = breaker.magnetic.as_ref();
        let ratio = breaker.trip_ratio.draw(stream, site, 0);
        Self::with(breaker, ratio, magnetic.map_or(f64::INFINITY, |magnetic| magnetic.draw(stream, site, 1)))
    }

    /// The characteristic of the most sensitive of these breakers.
    pub fn most_sensitive(breaker: &Breaker) -> Self {
        let magnetic = breaker.magnetic.as_ref();
        let ratio = breaker.trip_ratio.infimum();
        Self::with(breaker, ratio, magnetic.map_or(f64::INFINITY, crate::kernel::Dist::infimum))
    }

    fn with(breaker: &Breaker, ratio: f64, magnetic: f64) -> Self {
        Self {
            rated: Watts(breaker.rating.0 * breaker.voltage.0),
            trip: ratio * ratio,
            tau: breaker.time_constant.as_secs_f64().max(1e-9),
            magnetic,
        }
    }

    /// The same breaker with the share `rating` of its thermal rating.
    pub fn derated(&self, rating: f64) -> Self {
        Self { rated: Watts(self.rated.0 * rating), magnetic: self.magnetic / rating, ..*self }
    }

    /// Whether this load, even for an instant, trips it.
    pub fn trips_at_once(&self, load: Watts) -> bool {
        self.ratio(load) >= self.magnetic
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

/// The share of its rating that a breaker has in air of this temperature.
pub fn rating_at(air: Celsius, derating: &Derating) -> f64 {
    (1.0 - derating.per_kelvin * (air.0 - derating.above.0).max(0.0)).max(LEAST_RATING)
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
