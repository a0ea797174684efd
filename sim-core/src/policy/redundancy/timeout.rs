//! Timeouts that adapt themselves to the latencies of attempts, by workload.
//!
//! - *Percentile*: a multiple of a running percentile (see [`LatencyPercentile`]); an attempt that timed out counts as longer than
//!   anything, so that a timeout that is too short grows.
//! - *Round trip*: SRTT + 4·RTTVAR with gains 1/8 and 1/4, doubled at each timeout until the next reply (V. Jacobson, "Congestion
//!   avoidance and control", SIGCOMM 1988; RFC 6298). Each attempt is told apart, so that there is no ambiguity of retransmissions.

use super::LatencyPercentile;
use crate::kernel::SimDuration;
use crate::scenario::{Timeout, TimeoutBounds};

/// The timeout of one workload.
#[derive(Clone, Debug)]
pub(super) enum TimeoutClock {
    Fixed(SimDuration),
    Percentile { percentile: Box<LatencyPercentile>, times: f64, bounds: TimeoutBounds },
    RoundTrip { smoothed: f64, deviation: f64, doubled: u32, bounds: TimeoutBounds },
}

impl TimeoutClock {
    pub fn new(timeout: Timeout) -> Self {
        match timeout {
            Timeout::Fixed(timeout) => Self::Fixed(timeout),
            Timeout::Percentile { share, times, bounds } => {
                let percentile = Box::new(LatencyPercentile::new(share));
                Self::Percentile { percentile, times, bounds }
            }
            Timeout::RoundTrip(bounds) => {
                Self::RoundTrip { smoothed: f64::NAN, deviation: 0.0, doubled: 0, bounds }
            }
        }
    }

    /// How long an attempt that is sent now is waited for.
    pub fn current(&self) -> SimDuration {
        let within = |seconds: f64, bounds: &TimeoutBounds| {
            SimDuration::from_secs_f64(seconds.clamp(bounds.least.as_secs_f64(), bounds.most.as_secs_f64()))
        };
        match self {
            Self::Fixed(timeout) => *timeout,
            Self::Percentile { percentile, times, bounds } => match percentile.current() {
                Some(latency) => within(times * latency.as_secs_f64(), bounds),
                None => bounds.initial,
            },
            Self::RoundTrip { smoothed, deviation, doubled, bounds } => {
                let seconds = smoothed + 4.0 * deviation;
                let seconds = if seconds.is_nan() { bounds.initial.as_secs_f64() } else { seconds };
                within(seconds * f64::from(1_u32 << *doubled), bounds)
            }
        }
    }

    /// A reply came after `latency`, or the timeout before it.
    pub fn observe(&mut self, latency: Option<SimDuration>) {
        match self {
            Self::Fixed(_) => {}
            Self::Percentile { percentile, .. } => percentile.observe(latency),
            Self::RoundTrip { smoothed, deviation, doubled, .. } => {
                match latency.map(SimDuration::as_secs_f64) {
                    None => *doubled = (*doubled + 1).min(16),
                    Some(sample) if smoothed.is_nan() => (*smoothed, *deviation) = (sample, sample / 2.0),
                    Some(sample) => {
                        *doubled = 0;
                        *deviation += ((sample - *smoothed).abs() - *deviation) / 4.0;
                        *smoothed += (sample - *smoothed) / 8.0;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: f64) -> SimDuration {
        SimDuration::from_secs_f64(s)
    }

    fn bounds() -> TimeoutBounds {
        TimeoutBounds { initial: seconds(1.0), least: seconds(0.01), most: seconds(60.0) }
    }

    #[test]
    fn round_trips_are_smoothed_as_in_rfc_6298() {
        let mut clock = TimeoutClock::new(Timeout::RoundTrip(bounds()));
        assert_eq!(clock.current(), seconds(1.0));
        clock.observe(None);
        assert_eq!(clock.current(), seconds(2.0), "backed off");
        clock.observe(Some(seconds(0.4)));
        // The first sample: R + 4·R/2, still backed off once.
        assert_eq!(clock.current(), seconds(2.0 * (0.4 + 4.0 * 0.2)));
        clock.observe(Some(seconds(0.8)));
        let (deviation, smoothed) = (0.75 * 0.2 + 0.25 * 0.4, 0.875 * 0.4 + 0.125 * 0.8);
        assert!((clock.current().as_secs_f64() - (smoothed + 4.0 * deviation)).abs() < 1e-9);
        (0..500).for_each(|_| clock.observe(Some(seconds(0.001))));
        assert_eq!(clock.current(), seconds(0.01), "never less");
        (0..30).for_each(|_| clock.observe(None));
        assert_eq!(clock.current(), seconds(60.0), "never more");
    }

    #[test]
    fn a_percentile_that_cuts_off_grows() {
        let timeout = Timeout::Percentile { share: 0.9, times: 2.0, bounds: bounds() };
        let mut clock = TimeoutClock::new(timeout);
        (0..200).for_each(|_| clock.observe(Some(seconds(0.1))));
        assert!((clock.current().as_secs_f64() - 0.2).abs() < 0.01);
        (0..200).for_each(|_| clock.observe(Some(seconds(0.4))));
        assert!((clock.current().as_secs_f64() - 0.8).abs() < 0.02);
    }
}
