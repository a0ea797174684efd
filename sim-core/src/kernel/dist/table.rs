//! Quantiles of a slow distribution in whole nanoseconds, the same to the last bit as by [`Dist::quantile`], from a table.
//!
//! The unit interval is cut into cells that become finer towards both ends: sixteen to each halving of the distance to the nearer
//! end. In a cell the quantile is a polynomial of degree 5 through six exact quantiles, whose error is measured at points where such
//! errors are greatest. If all values within the error are rounded to the same nanosecond, that is what the exact quantile is
//! rounded to; if not, the exact quantile is asked: once in some thousand draws for tens of milliseconds, one time in a hundred for seconds, and from 100 s on
//! always. A cell is filled when it is first needed.
//!
//! Left out: the last 2^−22 at both ends, which are drawn exactly.

use super::Dist;
use crate::kernel::time::{NANOS_PER_SECOND, SimDuration};
use std::sync::OnceLock;

/// Halvings of the distance to either end that have cells.
const OCTAVES: u32 = 22;

/// Cells to a halving, as a power of two.
const CELL_BITS: u32 = 4;

/// Bits of a number within a cell.
const WITHIN: u32 = 52 - CELL_BITS;

/// Nodes of a polynomial.
const NODES: usize = 6;

/// What quantiles are good to, relatively, and what a polynomial makes of that.
const NOISE: f64 = 5e-12;

/// A distribution's quantiles, rounded to nanoseconds.
#[derive(Clone, Debug)]
pub struct DurationTable {
    dist: Dist,
    cells: Box<[Place]>,
}

/// Where a cell is to be, in one line of the cache.
#[derive(Clone, Debug, Default)]
#[repr(align(64))]
struct Place(OnceLock<Cell>);

/// A polynomial on [−1, 1], constant term first, and its error; no polynomial where none is good enough.
#[derive(Clone, Copy, Debug)]
struct Cell {
    coefficients: [f64; NODES],
    error: f64,
}

impl DurationTable {
    /// A table for `dist`, if its quantiles are slow and smooth: for lognormal and gamma distributions, shifted or not.
    pub fn new(dist: &Dist) -> Option<Self> {
        let mut inner = dist;
        while let Dist::Shift { of, .. } = inner {
            inner = of;
        }
        let cells = (2 * OCTAVES) << CELL_BITS;
        matches!(inner, Dist::Lognormal { .. } | Dist::Gamma { .. })
            .then(|| Self { dist: dist.clone(), cells: (0..cells).map(|_| Place::default()).collect() })
    }

    /// The quantile of `unit` in (0, 1), which is in seconds.
    pub fn quantile(&self, unit: f64) -> SimDuration {
        self.times(NANOS_PER_SECOND, unit)
    }

    /// `nanos` nanoseconds times the quantile of `unit` in (0, 1).
    #[inline]
    pub fn times(&self, nanos: f64, unit: f64) -> SimDuration {
        self.tabulated(nanos, unit).unwrap_or_else(|| self.exactly(nanos, unit))
    }

    #[cold]
    #[inline(never)]
    fn exactly(&self, nanos: f64, unit: f64) -> SimDuration {
        SimDuration::from_nanos_f64(nanos * self.dist.quantile(unit))
    }

    #[inline]
    fn tabulated(&self, nanos: f64, unit: f64) -> Option<SimDuration> {
        let above = unit >= 0.5;
        // Exact: numbers from a half to 1 have no finer digits than their distances from 1.
        let distance = if above { 1.0 - unit } else { unit };
        let bits = distance.to_bits();
        let octave = 1022_u32.checked_sub((bits >> 52) as u32).filter(|octave| *octave < OCTAVES)?;
        let part = (bits >> WITHIN) as u32 & ((1 << CELL_BITS) - 1);
        let place = ((u32::from(above) * OCTAVES + octave) << CELL_BITS) + part;
        let place = &self.cells[place as usize].0;
        let cell = place.get().unwrap_or_else(|| self.fill(place, above, bits));
        let within = (bits & ((1 << WITHIN) - 1)) as i64 as f64;
        let value = nanos * cell.at(within * (2.0 / (1_u64 << WITHIN) as f64) - 1.0) + 0.5;
        let error = nanos * cell.error;
        let whole = value as i64;
        let beyond = value - whole as f64;
        // (Comparisons with NaN fail, as they are to.)
        (whole >= 0 && error < beyond && beyond < 1.0 - error).then(|| SimDuration::from_nanos(whole as u64))
    }

    /// The cell of a number that is so far from the nearer end.
    #[cold]
    #[inline(never)]
    fn fill<'a>(&self, place: &'a OnceLock<Cell>, above: bool, bits: u64) -> &'a Cell {
        let corner = f64::from_bits(bits >> WITHIN << WITHIN);
        place.get_or_init(|| Cell::new(&self.dist, above, corner))
    }
}

impl Cell {
    /// The cell whose distances from the nearer end begin at `corner`.
    fn new(dist: &Dist, above: bool, corner: f64) -> Self {
        let next = f64::from_bits(corner.to_bits() + (1 << WITHIN));
        let half = 0.5 * (next - corner);
        // A point of the cell close to `wanted`, and the quantile there: the numbers near 1 are too coarse for any point.
        let exact = |wanted: f64| {
            let distance = corner + half * (wanted + 1.0);
            let unit = if above { 1.0 - distance } else { distance };
            let distance = if above { 1.0 - unit } else { unit };
            ((distance - corner) / half - 1.0, dist.quantile(unit))
        };
        // Chebyshev's nodes, and Newton's divided differences over them.
        let nodes: [(f64, f64); NODES] =
            std::array::from_fn(|i| exact(libm::cos((i as f64 + 0.5) * std::f64::consts::PI / NODES as f64)));
        let mut differences = nodes.map(|(_, value)| value);
        for order in 1..NODES {
            for i in (order..NODES).rev() {
                differences[i] = (differences[i] - differences[i - 1]) / (nodes[i].0 - nodes[i - order].0);
            }
        }
        let mut coefficients = [0.0; NODES];
        for i in (0..NODES).rev() {
            for j in (1..NODES).rev() {
                coefficients[j] = coefficients[j - 1] - nodes[i].0 * coefficients[j];
            }
            coefficients[0] = differences[i] - nodes[i].0 * coefficients[0];
        }
        let mut cell = Self { coefficients, error: 0.0 };
        for wanted in [-1.0, -0.5, 0.5, 1.0] {
            let (x, value) = exact(wanted);
            cell.error = cell.error.max(3.0 * (cell.at(x) - value).abs() + NOISE * value.abs());
        }
        cell
    }

    // In pairs, so that half of it need not wait for the other half.
    #[inline]
    fn at(&self, x: f64) -> f64 {
        let [c0, c1, c2, c3, c4, c5] = self.coefficients;
        let square = x * x;
        (c0 + c1 * x) + square * ((c2 + c3 * x) + square * (c4 + c5 * x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};
    use std::sync::Arc;

    /// Every draw is the exact one, and few of them had to be asked exactly.
    fn check(entity: u32, dist: &Dist, spans: &[f64]) {
        let stream = Streams::new(5, 0).stream(Process::HealthLatency, 0);
        let table = DurationTable::new(dist).expect("a slow and smooth distribution");
        for (round, nanos) in (0_u32..).zip(spans) {
            let mut tabulated = 0;
            let units = (0..20_000).map(|index| stream.unit(entity, round << 16 | index));
            let extremes = (1..54).flat_map(|k| [libm::exp2(-f64::from(k)), 1.0 - libm::exp2(-f64::from(k))]);
            for unit in units.chain(extremes) {
                let exact = SimDuration::from_nanos_f64(nanos * dist.quantile(unit));
                assert_eq!(table.times(*nanos, unit), exact, "{nanos} times {dist:?} at {unit}");
                tabulated += u32::from(table.tabulated(*nanos, unit).is_some());
            }
            assert!(tabulated > 19_000 || nanos * dist.mean() > 1e9, "{nanos} times {dist:?}: {tabulated}");
        }
    }

    #[test]
    fn tabulated_quantiles_are_the_exact_ones() {
        let gammas = [
            (0.004, 0.8, 0.007),
            (0.004, 0.1, 0.0),
            (0.02, 2.5, 0.0),
            (0.3, 30.0, 0.01),
            (90.0, 1.5, 0.0),
            (0.02, 0.405, 0.0),
            (0.02, 0.08, 0.0),
        ];
        for (entity, (mean, shape, by)) in (0..).zip(gammas) {
            check(entity, &Dist::Shift { by, of: Arc::new(Dist::Gamma { mean, shape }) }, &[1e9]);
        }
        for (entity, sigma) in (10..).zip([1e-3, 0.1, 0.5, 1.0, 2.5]) {
            check(entity, &Dist::Lognormal { median: 0.02, sigma }, &[1e9, 1e10]);
            check(entity, &Dist::Lognormal { median: 1.0, sigma }, &[0.0, 1.0, 4e6, 5.3e7, 1e9]);
        }
        check(20, &Dist::Lognormal { median: 40.0, sigma: 4.0 }, &[1e9, 1e18]);
        assert!(DurationTable::new(&Dist::Exponential { mean: 1.0 }).is_none());
    }

    #[test]
    fn a_cell_lies_in_one_line_of_the_cache() {
        assert_eq!((size_of::<Place>(), align_of::<Place>()), (64, 64));
    }
}
