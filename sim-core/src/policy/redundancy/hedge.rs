//! The running percentile after which a request is hedged.
//!
//! What counts is the latency of *first* attempts. When a hedge wins and the first attempt is called back, its latency
//! is not seen; it is only known to be longer than the hedging delay. Such an observation is counted as infinite: that
//! leaves every percentile up to the hedging percentile itself unbiased, and an estimate that is too low is pushed up.
//!
//! Values fall into bins of equal ratio (relative width 1/128); when 20,000 observations are in, all counts are halved,
//! so that the percentile follows a changing world. Nothing is hedged before 100 observations.

use crate::kernel::SimDuration;
use crate::scenario::HedgeAfter;
use std::ops::Range;

const BINS_PER_OCTAVE_LOG2: u32 = 7;
const BINS: usize = 64 << BINS_PER_OCTAVE_LOG2;
const LEAST_OBSERVATIONS: u64 = 100;
const MOST_OBSERVATIONS: u64 = 20_000;
/// The percentile is looked up again after this many observations.
const REFRESH: u64 = 16;

/// When to hedge, as far as is known by now.
#[derive(Clone, Debug)]
pub enum HedgeClock {
    /// After a fixed time.
    Fixed(SimDuration),
    /// After a percentile of the latencies so far.
    Percentile(LatencyPercentile),
}

impl HedgeClock {
    /// Nothing is observed yet.
    pub fn new(after: HedgeAfter) -> Self {
        match after {
            HedgeAfter::Fixed(after) => Self::Fixed(after),
            HedgeAfter::Percentile(share) => Self::Percentile(LatencyPercentile::new(share)),
        }
    }

    /// Takes in the latency of a first attempt; `None` if it was not seen.
    pub fn observe(&mut self, latency: Option<SimDuration>) {
        if let Self::Percentile(percentile) = self {
            percentile.observe(latency);
        }
    }

    /// How long to wait before a hedge; `None` before enough has been seen.
    pub fn current(&self) -> Option<SimDuration> {
        match self {
            Self::Fixed(after) => Some(*after),
            Self::Percentile(percentile) => percentile.current(),
        }
    }
}

/// A percentile of the latencies observed so far.
#[derive(Clone, Debug)]
pub struct LatencyPercentile {
    share: f64,
    counts: Vec<u32>,
    /// The bins that were ever used are among these; `None` before the first.
    used: Option<Range<usize>>,
    infinite: u64,
    total: u64,
    since_refresh: u64,
    current: Option<SimDuration>,
}

impl LatencyPercentile {
    /// Follows the percentile `share` (0.95 for p95).
    pub fn new(share: f64) -> Self {
        let counts = vec![0; BINS];
        Self { share, counts, used: None, infinite: 0, total: 0, since_refresh: 0, current: None }
    }

    /// Takes in the latency of a first attempt; `None` if it was not seen.
    pub fn observe(&mut self, latency: Option<SimDuration>) {
        match latency {
            Some(latency) => {
                let bin = bin(latency.as_nanos());
                self.counts[bin] += 1;
                let used = self.used.take().unwrap_or(bin..bin);
                self.used = Some(used.start.min(bin)..used.end.max(bin + 1));
            }
            None => self.infinite += 1,
        }
        self.total += 1;
        self.since_refresh += 1;
        if self.total >= MOST_OBSERVATIONS {
            self.halve();
        }
        if self.total >= LEAST_OBSERVATIONS && (self.since_refresh >= REFRESH || self.current.is_none()) {
            self.since_refresh = 0;
            self.current = self.look_up();
        }
    }

    /// The percentile, once enough has been seen.
    pub fn current(&self) -> Option<SimDuration> {
        self.current
    }

    /// Whether the percentile is among the latencies that were not seen, so that [`Self::current`] is only the longest that was.
    pub fn is_beyond(&self) -> bool {
        self.share * self.total as f64 > (self.total - self.infinite) as f64
    }

    fn halve(&mut self) {
        for count in &mut self.counts {
            *count /= 2;
        }
        self.infinite /= 2;
        self.total = self.counts.iter().map(|count| u64::from(*count)).sum::<u64>() + self.infinite;
    }

    fn look_up(&self) -> Option<SimDuration> {
        let target = self.share * self.total as f64;
        let mut below = 0.0;
        let mut longest = None;
        let used = self.used.clone().unwrap_or_default();
        let used = used.clone().zip(&self.counts[used]);
        for (bin, count) in used.filter(|(_, count)| **count > 0) {
            let within = (target - below) / f64::from(*count);
            if within <= 1.0 {
                return Some(SimDuration::from_nanos(lower(bin, within.max(0.0))));
            }
            below += f64::from(*count);
            longest = Some(SimDuration::from_nanos(lower(bin, 1.0)));
        }
        longest
    }
}

/// The bin of a value: its exponent and its seven leading bits after the first.
fn bin(nanos: u64) -> usize {
    let value = nanos.max(1);
    let exponent = 63 - value.leading_zeros();
    let mantissa = (value << (63 - exponent) << 1 >> (64 - BINS_PER_OCTAVE_LOG2)) as usize;
    (exponent as usize) << BINS_PER_OCTAVE_LOG2 | mantissa
}

/// The value at share `within` of a bin.
fn lower(bin: usize, within: f64) -> u64 {
    let exponent = bin >> BINS_PER_OCTAVE_LOG2;
    let mantissa = (bin & ((1 << BINS_PER_OCTAVE_LOG2) - 1)) as f64;
    let steps = f64::from(1_u32 << BINS_PER_OCTAVE_LOG2);
    ((1_u64 << exponent) as f64 * (1.0 + (mantissa + within) / steps)) as u64
}
