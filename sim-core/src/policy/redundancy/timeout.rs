//! Timeouts that adapt themselves to the latencies of attempts, by workload.
//!
//! - *Percentile*: a multiple of a running percentile (see [`LatencyPercentile`]); an attempt that timed out counts as longer than
//!   anything. So many timeouts in a row that they would have a probability below 10⁻⁶ if the percentile held (three of a p99) say
//!   that it holds no more: what was seen is forgotten, and the timeout is doubled, up to `most`, until enough replies have been seen again.
//!   Where the percentile is among the timeouts, the longest latency seen stands for it, and counts at least twice.
//! - *Round trip*: SRTT + 4·RTTVAR with gains 1/8 and 1/4, doubled at each timeout until the next reply (V. Jacobson, "Congestion
//!   avoidance and control", SIGCOMM 1988; RFC 6298). Each attempt is told apart, so that there is no ambiguity of retransmissions.

use super::LatencyPercentile;
use crate::kernel::SimDuration;
use crate::scenario::{Timeout, TimeoutBounds};

/// The timeout of one workload.
#[derive(Clone, Debug)]
pub(super) enum TimeoutClock {
    Fixed(SimDuration),
    Percentile(Box<PercentileClock>),
    RoundTrip { smoothed: f64, deviation: f64, doubled: u32, bounds: TimeoutBounds },
}

/// A timeout that follows a percentile.
#[derive(Clone, Debug)]
pub(super) struct PercentileClock {
    share: f64,
    percentile: LatencyPercentile,
    times: f64,
    bounds: TimeoutBounds,
    /// While the percentile is not known.
    unknown: SimDuration,
    /// Timeouts since the last reply or doubling.
    in_a_row: u32,
    /// So many say that the percentile does not hold.
    too_many: u32,
}

/// Probability below which timeouts in a row are no chance.
const IMPROBABLE: f64 = 1e-6;

impl PercentileClock {
    fn new(share: f64, times: f64, bounds: TimeoutBounds) -> Self {
        let too_many = (libm::log(IMPROBABLE) / libm::log1p(-share) - 1e-9).ceil().clamp(1.0, 1e9) as u32;
        let percentile = LatencyPercentile::new(share);
        Self { share, percentile, times, bounds, unknown: bounds.initial, in_a_row: 0, too_many }
    }

    fn current(&self) -> SimDuration {
        let Some(latency) = self.percentile.current() else { return self.unknown };
        // The percentile is longer than what was seen: a timeout of that could never see it.
        let times = if self.percentile.is_beyond() { self.times.max(2.0) } else { self.times };
        within(times * latency.as_secs_f64(), &self.bounds)
    }

    fn observe(&mut self, latency: Option<SimDuration>) {
        self.percentile.observe(latency);
        if latency.is_some() {
            self.in_a_row = 0;
            return;
        }
        self.in_a_row += 1;
        if self.in_a_row >= self.too_many {
            self.unknown = within(2.0 * self.current().as_secs_f64(), &self.bounds);
            self.percentile = LatencyPercentile::new(self.share);
            self.in_a_row = 0;
        }
    }
}

fn within(seconds: f64, bounds: &TimeoutBounds) -> SimDuration {
    SimDuration::from_secs_f64(seconds.clamp(bounds.least.as_secs_f64(), bounds.most.as_secs_f64()))
}

impl TimeoutClock {
    pub fn new(timeout: Timeout) -> Self {
        match timeout {
            Timeout::Fixed(timeout) => Self::Fixed(timeout),
            Timeout::Percentile { share, times, bounds } => {
                Self::Percentile(Box::new(PercentileClock::new(share, times, bounds)))
            }
            Timeout::RoundTrip(bounds) => {
                Self::RoundTrip { smoothed: f64::NAN, deviation: 0.0, doubled: 0, bounds }
            }
        }
    }

    /// How long an attempt that is sent now is waited for.
    pub fn current(&self) -> SimDuration {
        match self {
            Self::Fixed(timeout) => *timeout,
            Self::Percentile(clock) => clock.current(),
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
            Self::Percentile(clock) => clock.observe(latency),
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
    #[test]
    fn a_percentile_that_is_never_seen_backs_off_and_comes_back() {
        let timeout = Timeout::Percentile { share: 0.99, times: 1.0, bounds: bounds() };
        let mut clock = TimeoutClock::new(timeout);
        // Each reply takes `latency`, and is seen if it is waited for as long.
        let mut serve = |latency: f64, attempts: u32| {
            let mut seen = 0;
            for _ in 0..attempts {
                let answered = seconds(latency) <= clock.current();
                seen += u32::from(answered);
                clock.observe(answered.then(|| seconds(latency)));
            }
            seen
        };
        assert_eq!(serve(20.0, 100), 100 - 5 * 3, "1, 2, 4, 8, and 16 s are too short");
        assert_eq!(serve(0.5, 5000), 5000);
        assert!(serve(20.0, 5000) > 4000, "a world that is forty times as slow");
        assert_eq!(serve(0.5, 5000), 5000, "and fast again");
    }
}
