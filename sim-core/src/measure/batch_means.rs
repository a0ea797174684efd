//! One long run: when its beginning is over, and how well its mean is known.
//!
//! **MSER-5** (White, Cobb, Spratt, 2000): the course is averaged by fives, and the beginning is cut off at the d that
//! minimises the squared standard error Σ(z − z̄)²/(m − d)² of what remains. A d in the second half says that the run
//! is too short to tell (it is never taken as an answer).
//!
//! **Batch means**: the course is cut into batches whose means hardly depend on each other; Student's t of the means
//! of b batches has b − 1 degrees of freedom. There are 30 batches at most; while neighbours are correlated by more than chance
//! allows (von Neumann's test of lag one, at 20 %), two batches become one. Below ten batches the interval is said not to be trustworthy.

use super::stats::{Estimate, Moments};
use serde::{Deserialize, Serialize};

/// Numbers that are averaged before MSER looks at them.
const FIVE: usize = 5;
/// Batches at the beginning.
const BATCHES: usize = 30;
/// Batches from which on the interval may be trusted.
const TRUSTED: usize = 10;
/// Quantile of the normal distribution at 80 %, at which correlation of neighbours counts.
const CORRELATED: f64 = 0.841_621;

/// How many numbers at the beginning are not like the rest, by MSER-5; `None` where the course is too short to tell.
pub fn warm_up(course: &[f64]) -> Option<usize> {
    let means: Vec<f64> =
        course.chunks_exact(FIVE).map(|five| five.iter().sum::<f64>() / FIVE as f64).collect();
    let m = means.len();
    if m < 4 {
        return None;
    }
    // From the end, so that every tail is known from the last by one step.
    let (mut tail, mut best) = (Moments::default(), (f64::INFINITY, 0));
    for d in (0..m).rev() {
        tail.push(means[d]);
        let left = (m - d) as f64;
        if m - d < FIVE.min(m / 2) {
            continue;
        }
        let squared_error = tail.variance().unwrap_or(0.0) * (left - 1.0) / (left * left);
        if squared_error <= best.0 {
            best = (squared_error, d);
        }
    }
    (best.1 <= m / 2).then_some(best.1 * FIVE)
}

/// A mean from one course.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchMeans {
    /// Mean of the course.
    pub mean: f64,
    /// Student's t interval of the means of batches.
    pub ci95: Option<[f64; 2]>,
    /// Number of batches.
    pub batches: usize,
    /// Whether neighbouring batches are independent as far as can be seen, and there are enough of them.
    pub trusted: bool,
}

/// The mean of a course and its interval; `None` for fewer than four numbers.
pub fn batch_means(course: &[f64]) -> Option<BatchMeans> {
    if course.len() < 4 {
        return None;
    }
    let mut batches = BATCHES.min(course.len());
    loop {
        let length = course.len() / batches;
        // What does not fill a batch is left out at the beginning.
        let used = &course[course.len() - length * batches..];
        let means: Vec<f64> =
            used.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect();
        let independent = !are_correlated(&means);
        if independent || batches / 2 < 4 {
            let estimate = Estimate::of(&means)?;
            let trusted = independent && batches >= TRUSTED;
            return Some(BatchMeans { mean: estimate.mean, ci95: estimate.ci95, batches, trusted });
        }
        batches /= 2;
    }
}

/// Whether neighbours are correlated: von Neumann's ratio against its normal approximation, √((b² − 1)/(b − 2))·r.
fn are_correlated(means: &[f64]) -> bool {
    let b = means.len() as f64;
    let squares = means.iter().copied().collect::<Moments>().variance().unwrap_or(0.0) * (b - 1.0);
    if squares == 0.0 {
        return false;
    }
    let steps: f64 = means.windows(2).map(|pair| (pair[1] - pair[0]) * (pair[1] - pair[0])).sum();
    let correlation = 1.0 - steps / (2.0 * squares);
    correlation * ((b * b - 1.0) / (b - 2.0)).sqrt() > CORRELATED
}
