//! How much sooner clocks are to ring at each level of danger, and how much later those that end it, from what pilots have seen.

/// By level reached: what paths had seen at the levels below when they first got there, weighted by their likelihood ratios. Clocks are of two kinds: 0, those
/// that bring danger nearer, 1, those that end it.
#[derive(Clone, Debug)]
pub struct Tally {
    levels: usize,
    /// Of level g, and of level l < g and kind: weighted rings, weighted hazard, and rings.
    sums: Vec<[f64; 3]>,
    /// Of level g: weights, and paths.
    reached: Vec<(f64, u32)>,
}

/// Rings and hazard of each kind at a level.
pub type SeenAt = [[f64; 2]; 2];

/// A factor whose logarithm is within so many of its standard errors of zero is taken for 1.
const SIGNIFICANT: f64 = 2.0;
/// Clocks that end danger are held back to this share of their pace at most, and to none beyond a share that makes no difference.
const HELD_BACK: f64 = 0.05;
const NO_DIFFERENCE: f64 = 0.8;

impl Tally {
    /// Of levels up to `levels`, with nothing seen.
    pub fn new(levels: u32) -> Self {
        let levels = levels as usize;
        Self { levels, sums: vec![[0.0; 3]; 2 * levels * levels], reached: vec![(0.0, 0); levels] }
    }

    /// A path of this likelihood ratio has reached `level` for the first time, after so many rings and so much hazard at each level
    /// below.
    pub fn reached(&mut self, level: u32, weight: f64, seen: &[SeenAt]) {
        let row = level as usize - 1;
        self.reached[row].0 += weight;
        self.reached[row].1 += 1;
        let cells = self.sums[2 * row * self.levels..].iter_mut();
        for (sum, [rings, hazard]) in cells.zip(seen.iter().flatten()).take(2 * (row + 1)) {
            sum[0] += weight * rings;
            sum[1] += weight * hazard;
            sum[2] += rings;
        }
    }

    /// The highest level that at least so many paths reached; 0 if none.
    pub fn deepest(&self, least: u32) -> u32 {
        self.reached.iter().rposition(|(_, paths)| *paths >= least).map_or(0, |row| row as u32 + 1)
    }

    /// The factors by level, of both kinds, that come nearest to the law of the paths that reach `level`, in the sense of cross-entropy: rings over hazard.
    /// Never below 1 for what brings danger nearer, and never above for what ends it, nor zero: what can happen must be able to.
    pub fn factors(&self, level: u32) -> Vec<[f64; 2]> {
        let row = level as usize - 1;
        let (weight, paths) = self.reached[row];
        let nearer = |[rings, hazard, count]: [f64; 3]| {
            let factor = if hazard > 0.0 { rings / hazard } else { 1.0 };
            let unclear = libm::log(factor.max(1.0)) * count.sqrt() < SIGNIFICANT;
            if unclear { 1.0 } else { factor }
        };
        let ends = |[rings, hazard, _]: [f64; 3]| {
            // As if one path had seen one more ring, when it was due.
            let one = weight / f64::from(paths.max(1));
            let factor = (rings + one) / (hazard + one);
            if factor > NO_DIFFERENCE { 1.0 } else { factor.max(HELD_BACK) }
        };
        let cells = self.sums[2 * row * self.levels..].chunks_exact(2).take(row + 1);
        cells.map(|pair| [nearer(pair[0]), ends(pair[1])]).collect()
    }
}
