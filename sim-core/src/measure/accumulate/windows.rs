//! Windows of fixed length in which a service-level objective holds or not.
//!
//! A window counts if at least one request was resolved in it. It is met if enough of them succeeded and, for each
//! latency target, enough of the successes were fast enough: the nearest-rank quantile is at most the limit exactly
//! when at least ⌈q·n⌉ of n latencies are. So counters suffice, and only one window is kept at a time.

use super::interval;
use crate::kernel::{SimDuration, SimTime};

/// What has to hold in a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WindowTarget {
    /// Least share of the resolved requests that succeed; `None` = no such target.
    pub success: Option<f64>,
    /// Largest latency at each quantile, over the requests that succeeded.
    pub latency: Vec<(f64, SimDuration)>,
}

/// Counts windows, and those in which the target is met. Memory does not grow with time.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    target: WindowTarget,
    start: SimTime,
    length: SimDuration,
    current: u64,
    /// When the current window ends.
    ends: SimTime,
    resolved: u64,
    succeeded: u64,
    within: Vec<u64>,
    judged: u64,
    met: u64,
}

impl Windows {
    /// Windows of `length` from `start` on.
    ///
    /// # Panics
    /// If `length` is zero.
    pub fn new(start: SimTime, length: SimDuration, target: WindowTarget) -> Self {
        assert!(!length.is_zero(), "a window must have a length");
        let within = vec![0; target.latency.len()];
        let ends = start.saturating_add(length);
        Self { target, start, length, current: 0, ends, resolved: 0, succeeded: 0, within, judged: 0, met: 0 }
    }

    /// Takes in a request resolved at `now`: its latency if it succeeded, `None` if it did not. Times must not go back.
    #[inline]
    pub fn resolve(&mut self, now: SimTime, latency: Option<SimDuration>) {
        if now >= self.ends {
            self.open(now);
        }
        self.resolved += 1;
        if let Some(latency) = latency {
            self.succeeded += 1;
            for (count, (_, limit)) in self.within.iter_mut().zip(&self.target.latency) {
                *count += u64::from(latency <= *limit);
            }
        }
    }

    /// Closes the current window and opens that of `now`.
    #[cold]
    fn open(&mut self, now: SimTime) {
        let window = interval(self.start, self.length, now);
        debug_assert!(window >= self.current, "requests resolve in order of time");
        if window > self.current {
            self.close();
            self.current = window;
        }
        let since_start = (window + 1).saturating_mul(self.length.as_nanos());
        self.ends = self.start.saturating_add(SimDuration::from_nanos(since_start));
    }

    /// Forgets what was before `now`, where the first window now begins.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::new(now, self.length, std::mem::take(&mut self.target));
    }

    /// Windows with a resolved request, and those of them that met the target; the running window counts as it stands.
    pub fn counts(&self) -> (u64, u64) {
        let mut closed = self.clone();
        closed.close();
        (closed.judged, closed.met)
    }

    /// Share of the windows with a resolved request that met the target; `None` if there is none.
    pub fn share_met(&self) -> Option<f64> {
        let (judged, met) = self.counts();
        (judged > 0).then(|| met as f64 / judged as f64)
    }

    fn close(&mut self) {
        if self.resolved == 0 {
            return;
        }
        self.judged += 1;
        self.met += u64::from(self.is_met());
        self.resolved = 0;
        self.succeeded = 0;
        self.within.fill(0);
    }

    fn is_met(&self) -> bool {
        let success = self.target.success.is_none_or(|share| self.succeeded >= needed(share, self.resolved));
        let latency = self.target.latency.iter().zip(&self.within);
        success && latency.into_iter().all(|((q, _), within)| *within >= needed(*q, self.succeeded))
    }
}

/// ⌈share · count⌉, where a product that is whole but for rounding is taken as whole.
fn needed(share: f64, count: u64) -> u64 {
    let exact = share * count as f64;
    (exact - exact * 1e-12).ceil() as u64
}
