//! A mergeable sketch of latencies.
//!
//! Durations are counted in bins that are one nanosecond wide below 2048 ns and at most 1/1024 of their value above
//! (those of an HDR histogram with three significant digits). Beside the bins stand the exact sum, smallest and largest value.
//!
//! - **Error.** A quantile is interpolated inside its bin, as if the values in it were spread evenly. It differs from
//!   the order statistic by less than a bin, that is by less than [`RELATIVE_ERROR`] of its value; below 2048 ns it
//!   is exact. Count, mean and maximum are always exact.
//! - **Merging.** Counts and sums are integers, so merging is exact, commutative and associative: any order of
//!   merging gives the same sketch, bit for bit.
//! - **Memory.** Nothing until the first value; then 4 KiB for each doubling between 1 µs and the largest value:
//!   about 100 KiB for latencies up to 10 s, never above 220 KiB, or twice that with more than four thousand million values in a bin. Values beyond 292 years share the last bin.

use crate::kernel::SimDuration;
use std::fmt;

/// Bound on the relative error of a quantile.
pub const RELATIVE_ERROR: f64 = 1.0 / 1024.0;

/// Bins are halved in number a doubling: so many for each, above twice as many that are a nanosecond wide.
const BINS_A_DOUBLING: u64 = 1 << DOUBLING_BITS;
const DOUBLING_BITS: u32 = 10;
/// Larger values share the last bin; the bins beyond could not state their upper edge in a `u64`.
const LARGEST_BINNED: u64 = i64::MAX as u64;
/// Successive points of a CCDF differ by at least this factor in one of their coordinates.
const CCDF_STEP: f64 = 1.01;

/// Counts of durations, for quantiles and tail plots. See the [module](self) for the error bound.
#[derive(Clone)]
pub struct LatencySketch {
    /// As many as the largest value needs. Half as wide as a count may be: what is busy stays in the nearest cache.
    bins: Vec<u32>,
    /// Of each bin, how often its count has wrapped round; empty until one has.
    wraps: Vec<u32>,
    count: u64,
    sum: u128,
    min: u64,
    max: u64,
}

/// A bin with values in it: both edges are included.
struct Bin {
    low: u64,
    high: u64,
    count: u64,
}

impl Default for LatencySketch {
    fn default() -> Self {
        Self { bins: Vec::new(), wraps: Vec::new(), count: 0, sum: 0, min: u64::MAX, max: 0 }
    }
}

impl LatencySketch {
    /// A sketch without values. Allocates nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `value` once.
    #[inline]
    pub fn record(&mut self, value: SimDuration) {
        self.record_many(value.as_nanos(), 1);
    }

    #[inline]
    fn record_many(&mut self, nanos: u64, times: u64) {
        if times == 0 {
            return;
        }
        let bin = bin_of(nanos.min(LARGEST_BINNED));
        match self.bins.get_mut(bin) {
            Some(count) if u64::from(*count) + times <= u64::from(u32::MAX) => *count += times as u32,
            _ => self.record_rarely(bin, times),
        }
        self.count += times;
        self.sum += u128::from(nanos) * u128::from(times);
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
    }

    /// Counts in a bin that is not there yet, or wraps round.
    #[cold]
    fn record_rarely(&mut self, bin: usize, times: u64) {
        self.grow((bin | (BINS_A_DOUBLING as usize - 1)) + 1);
        let count = self.count_of(bin) + times;
        self.bins[bin] = count as u32;
        let wraps = (count >> u32::BITS) as u32;
        if wraps > 0 {
            self.wraps.resize(self.bins.len(), 0);
            self.wraps[bin] = wraps;
        }
    }

    fn count_of(&self, bin: usize) -> u64 {
        let wraps = self.wraps.get(bin).copied().unwrap_or(0);
        u64::from(wraps) << u32::BITS | u64::from(self.bins[bin])
    }

    fn grow(&mut self, bins: usize) {
        if bins > self.bins.len() {
            self.bins.reserve_exact(bins - self.bins.len());
            self.bins.resize(bins, 0);
        }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Mean, from the exact sum, rounded down to a nanosecond; `None` without values.
    pub fn mean(&self) -> Option<SimDuration> {
        // A mean of `u64`s fits a `u64`.
        (self.count > 0).then(|| SimDuration::from_nanos((self.sum / u128::from(self.count)) as u64))
    }

    /// Mean in seconds, from the exact sum; `None` without values.
    pub fn mean_secs(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64 * 1e-9)
    }

    /// Smallest value, exactly; `None` without values.
    pub fn min(&self) -> Option<SimDuration> {
        (self.count > 0).then(|| SimDuration::from_nanos(self.min))
    }

    /// Largest value, exactly; `None` without values.
    pub fn max(&self) -> Option<SimDuration> {
        (self.count > 0).then(|| SimDuration::from_nanos(self.max))
    }

    /// The smallest value that at least the share `q` of all values do not exceed (nearest rank), within
    /// [`RELATIVE_ERROR`]; `q` is clamped to 0…1. `None` without values.
    pub fn quantile(&self, q: f64) -> Option<SimDuration> {
        if self.is_empty() {
            return None;
        }
        let rank = nearest_rank(q, self.count);
        if rank == self.count {
            return self.max();
        }
        let mut below = 0;
        for bin in self.occupied() {
            if below + bin.count >= rank {
                return Some(SimDuration::from_nanos(bin.value_at(rank - below)));
            }
            below += bin.count;
        }
        self.max()
    }

    /// Points (x, P(value > x)) of the tail, x in seconds rising, thinned so that neighbours differ by at least 1 %
    /// in x or in probability. The probability of the last point is above zero, so all fit a logarithmic axis.
    pub fn ccdf_points(&self) -> Vec<(f64, f64)> {
        let mut points: Vec<(f64, f64)> = Vec::new();
        let mut above = self.count;
        for bin in self.occupied() {
            above -= bin.count;
            if above == 0 {
                break;
            }
            let point = (bin.high as f64 * 1e-9, above as f64 / self.count as f64);
            let new = points
                .last()
                .is_none_or(|last| point.0 >= last.0 * CCDF_STEP || point.1 * CCDF_STEP <= last.1);
            if new {
                points.push(point);
            }
        }
        points
    }

    /// The occupied bins in rising order as (value in nanoseconds, count). The value is the middle of the bin, but
    /// for the first and the last, which carry the exact minimum and maximum. A lone bin that holds two different
    /// extremes is split in two pairs.
    pub fn pairs(&self) -> Vec<(u64, u64)> {
        self.with_extremes(self.occupied().map(|bin| (bin.middle(), bin.count)).collect())
    }

    fn with_extremes(&self, mut pairs: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
        match pairs.as_mut_slice() {
            [] => {}
            [_] if self.min < self.max => return vec![(self.min, self.count - 1), (self.max, 1)],
            [only] => only.0 = self.min,
            [first, .., last] => {
                first.0 = self.min;
                last.0 = self.max;
            }
        }
        pairs
    }

    /// As [`pairs`](Self::pairs), but with bins of at most 1/64 of their value, a tenth as many: what is kept of a run for pictures of its tail.
    pub fn coarse_pairs(&self) -> Vec<(u64, u64)> {
        let mut coarse: Vec<(u64, Bin)> = Vec::new();
        for bin in self.occupied() {
            let key = coarse_bin(bin.middle());
            match coarse.last_mut() {
                Some((last, wide)) if *last == key => {
                    wide.high = bin.high;
                    wide.count += bin.count;
                }
                _ => coarse.push((key, bin)),
            }
        }
        self.with_extremes(coarse.into_iter().map(|(_, bin)| (bin.middle(), bin.count)).collect())
    }

    /// Rebuilds a sketch from its [`pairs`](Self::pairs). Bins, count, minimum and maximum come back as they were,
    /// hence every quantile; the sum, hence the mean, within [`RELATIVE_ERROR`].
    pub fn from_pairs(pairs: &[(u64, u64)]) -> Self {
        let mut sketch = Self::new();
        for &(nanos, count) in pairs {
            sketch.record_many(nanos, count);
        }
        sketch
    }

    /// Adds all values of `other`. Exact, commutative and associative.
    pub fn merge(&mut self, other: &Self) {
        self.grow(other.bins.len());
        for bin in 0..other.bins.len() {
            self.record_rarely(bin, other.count_of(bin));
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    fn occupied(&self) -> impl Iterator<Item = Bin> + '_ {
        let counts = (0..self.bins.len()).map(|bin| (bin, self.count_of(bin)));
        counts.filter(|(_, count)| *count > 0).map(|(bin, count)| {
            let (low, high) = edges(bin);
            let high = if high >= LARGEST_BINNED { self.max } else { high.min(self.max) };
            Bin { low: low.max(self.min), high, count }
        })
    }
}

impl Bin {
    fn middle(&self) -> u64 {
        self.low + (self.high - self.low) / 2
    }

    /// Value number `rank`, from 1, of the bin's values, taken to be spread evenly over it.
    fn value_at(&self, rank: u64) -> u64 {
        let share = (rank as f64 - 0.5) / self.count as f64;
        self.low + ((self.high - self.low) as f64 * share + 0.5) as u64
    }
}

/// The number of a bin whose width is at most 1/64 of its lower edge, or one below 64.
fn coarse_bin(value: u64) -> u64 {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(7);
    (u64::from(shift) << 7) + (value >> shift)
}

/// The number of the bin of a value.
#[inline]
fn bin_of(nanos: u64) -> usize {
    let doublings = (u64::BITS - 1 - DOUBLING_BITS).saturating_sub((nanos | 1).leading_zeros());
    ((u64::from(doublings) << DOUBLING_BITS) + (nanos >> doublings)) as usize
}

/// The least and the greatest value of a bin.
fn edges(bin: usize) -> (u64, u64) {
    let doublings = (bin as u64 >> DOUBLING_BITS).saturating_sub(1);
    let low = (bin as u64 - (doublings << DOUBLING_BITS)) << doublings;
    (low, low + ((1 << doublings) - 1))
}

/// The rank, from 1, of the `q`-quantile of `count` values.
fn nearest_rank(q: f64, count: u64) -> u64 {
    // A product such as 0.99 × 100 that is whole but for rounding is not to be rounded up.
    let exact = q.clamp(0.0, 1.0) * count as f64;
    ((exact - exact * 1e-12).ceil() as u64).clamp(1, count)
}

impl PartialEq for LatencySketch {
    /// Whether both hold the same counts in the same bins, and the same sum, minimum and maximum.
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.sum, self.min, self.max) == (other.count, other.sum, other.min, other.max)
            && self.pairs() == other.pairs()
    }
}

impl Eq for LatencySketch {}

impl fmt::Debug for LatencySketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatencySketch")
            .field("count", &self.count)
            .field("mean", &self.mean())
            .field("max", &self.max())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
