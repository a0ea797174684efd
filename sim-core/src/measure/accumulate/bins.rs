//! Equal bins over the run, for pictures of its course.

use super::interval;
use crate::kernel::{SimDuration, SimTime};

/// Time-weighted means of several piecewise-constant series (nodes in each state, temperatures of regions) in equal
/// bins. A change costs one multiplication and an addition, and one more for each bin border passed since the last
/// change of that series; nothing is allocated after construction.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineBins {
    start: SimTime,
    length: SimDuration,
    bins: usize,
    series: Vec<Series>,
    /// Integrals in units of the series times nanoseconds, bin by bin, series after series.
    integrals: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Series {
    since: SimTime,
    value: f64,
}

impl TimelineBins {
    /// `bins` bins of `length` from `start` on, for as many series as there are `initial` values.
    ///
    /// # Panics
    /// If `length` is zero.
    pub fn new(start: SimTime, length: SimDuration, bins: usize, initial: &[f64]) -> Self {
        assert!(!length.is_zero(), "a bin must have a length");
        let series: Vec<_> = initial.iter().map(|&value| Series { since: start, value }).collect();
        let integrals = vec![0.0; bins * series.len()];
        Self { start, length, bins, series, integrals }
    }

    /// Changes series number `series` by `change` from `now` on, for example by ±1 when a node enters or leaves a state.
    #[inline]
    pub fn add(&mut self, now: SimTime, series: usize, change: f64) {
        let value = self.series[series].value + change;
        self.set(now, series, value);
    }

    /// Sets series number `series` to `value` from `now` on.
    #[inline]
    pub fn set(&mut self, now: SimTime, series: usize, value: f64) {
        self.advance(now, series);
        self.series[series].value = value;
    }

    /// The present value of series number `series`.
    pub fn value(&self, series: usize) -> f64 {
        self.series[series].value
    }

    /// Means of every series in every bin that has begun by `now`, the last over the part of the bin that has passed.
    pub fn means(mut self, now: SimTime) -> Vec<Vec<f64>> {
        (0..self.series.len()).for_each(|series| self.advance(now, series));
        let passed = now.since(self.start).as_nanos();
        let length = self.length.as_nanos();
        let begun = self.bins.min(passed.div_ceil(length) as usize);
        let lengths: Vec<_> = (0..begun).map(|bin| length.min(passed - bin as u64 * length) as f64).collect();
        let mean_of = |series: usize| {
            let integrals = &self.integrals[series * self.bins..][..begun];
            integrals.iter().zip(&lengths).map(|(integral, length)| integral / length).collect()
        };
        (0..self.series.len()).map(mean_of).collect()
    }

    /// Brings the integrals of a series up to `now`.
    #[inline]
    fn advance(&mut self, now: SimTime, series: usize) {
        let Series { mut since, value } = self.series[series];
        let integrals = &mut self.integrals[series * self.bins..][..self.bins];
        while since < now {
            let bin = interval(self.start, self.length, since);
            let Some(integral) = integrals.get_mut(bin as usize) else { break };
            let border = (bin + 1).saturating_mul(self.length.as_nanos());
            let until = self.start.saturating_add(SimDuration::from_nanos(border)).min(now);
            *integral += value * (until - since).as_nanos() as f64;
            since = until;
        }
        self.series[series].since = self.series[series].since.max(now);
    }
}

/// Shares (such as requests that succeeded of those resolved) in equal bins.
#[derive(Clone, Debug, PartialEq)]
pub struct RatioBins {
    start: SimTime,
    length: SimDuration,
    counts: Vec<(u64, u64)>,
    /// The bin that was counted in last, and when it begins and ends.
    last: (usize, SimTime, SimTime),
}

impl RatioBins {
    /// `bins` bins of `length` from `start` on.
    ///
    /// # Panics
    /// If `length` is zero.
    pub fn new(start: SimTime, length: SimDuration, bins: usize) -> Self {
        assert!(!length.is_zero(), "a bin must have a length");
        let last = (0, start, if bins > 0 { start.saturating_add(length) } else { start });
        Self { start, length, counts: vec![(0, 0); bins], last }
    }

    /// Counts one trial at `now`. A trial at the very end of the last bin counts in it; later ones are not kept.
    #[inline]
    pub fn record(&mut self, now: SimTime, success: bool) {
        let (bin, begins, ends) = self.last;
        if begins <= now && now < ends {
            self.counts[bin].0 += u64::from(success);
            self.counts[bin].1 += 1;
        } else {
            self.record_elsewhere(now, success);
        }
    }

    fn record_elsewhere(&mut self, now: SimTime, success: bool) {
        let bin = interval(self.start, self.length, now) as usize;
        if bin < self.counts.len() {
            let edge =
                |bin: usize| SimDuration::from_nanos((bin as u64).saturating_mul(self.length.as_nanos()));
            self.last = (bin, self.start.saturating_add(edge(bin)), self.start.saturating_add(edge(bin + 1)));
        }
        let at_end = now.since(self.start).as_nanos().is_multiple_of(self.length.as_nanos());
        let past_last = bin > 0 && bin == self.counts.len();
        if let Some((successes, trials)) = self.counts.get_mut(bin - usize::from(past_last && at_end)) {
            *successes += u64::from(success);
            *trials += 1;
        }
    }

    /// The share of successes in every bin; `None` where nothing was counted.
    pub fn shares(&self) -> Vec<Option<f64>> {
        let share =
            |&(successes, trials): &(u64, u64)| (trials > 0).then(|| successes as f64 / trials as f64);
        self.counts.iter().map(share).collect()
    }
}
