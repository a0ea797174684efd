//! Fixed-effort multilevel splitting of paths that may carry weights.

use crate::kernel::Stream;

/// The number of a branch: different for every path of every stage, and never 0, which is the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch(pub u64);

impl Branch {
    /// Of path `path` of stage `stage`.
    pub fn new(stage: u32, path: u32) -> Self {
        Self(u64::from(stage) << 32 | (u64::from(path) + 1))
    }
}

/// A world that can be forked.
pub trait Forks {
    /// A state of it, to fork from.
    type State;

    /// Forks `from`, with draws of `branch` from now on, and goes on until `level` is reached or the path is over; the state then
    /// with the likelihood ratio of this part of the path (1 if it draws as the world does), or nothing. Adds the events that happened
    /// to `events`.
    fn path(
        &mut self,
        from: &Self::State,
        branch: Branch,
        level: u32,
        events: &mut u64,
    ) -> Option<(Self::State, f64)>;
}

/// What one stage did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The level to be reached.
    pub level: u32,
    /// Paths.
    pub paths: u32,
    /// Paths that reached it.
    pub reached: u32,
}

impl Stage {
    /// Share of the paths simulated that reached the level.
    pub fn share(&self) -> f64 {
        f64::from(self.reached) / f64::from(self.paths.max(1))
    }
}

/// What all stages did.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The unbiased estimate.
    pub probability: f64,
    /// Its standard error over itself, as if the states that enter a level were alike; infinite if a stage found nothing.
    pub relative_error: f64,
    /// Events that happened.
    pub events: u64,
    /// Stages, up to the first that nobody passed.
    pub stages: Vec<Stage>,
    /// Paths that entered the last level.
    pub hits: u32,
}

/// Runs `paths` paths from `root` to each of the `levels` in turn. Branches are numbered from stage `first` on; `resample` has the uniform number
/// with which each stage picks its beginnings, in proportion to their weights, at (`first`, stage).
pub fn split<F: Forks>(
    forks: &mut F,
    root: F::State,
    levels: &[u32],
    paths: u32,
    (first, resample): (u32, &Stream),
) -> Estimate {
    let mut beginnings = Weights::default();
    beginnings.push(Some(root), 1.0);
    let (mut probability, mut variance, mut events, mut hits) = (1.0, 1.0, 0, 0);
    let mut stages = Vec::with_capacity(levels.len());
    let n = f64::from(paths);
    for (stage, level) in (first..).zip(levels) {
        let offset = resample.unit(first, stage - first);
        let is_last = stages.len() + 1 == levels.len();
        let mut entered = Weights::default();
        let mut place = 0;
        for path in 0..paths {
            place = beginnings.place((f64::from(path) + offset) / n, place);
            let branch = Branch::new(stage, path);
            if let Some((state, weight)) = forks.path(&beginnings.states[place], branch, *level, &mut events)
            {
                // Nothing begins at the last.
                entered.push((!is_last).then_some(state), weight);
            }
        }
        let reached = entered.sums.len() as u32;
        stages.push(Stage { level: *level, paths, reached });
        if reached == 0 {
            return Estimate { probability: 0.0, relative_error: f64::INFINITY, events, stages, hits: 0 };
        }
        let sum = entered.sum();
        probability *= sum / n;
        variance *= 1.0 + (n * entered.squares / (sum * sum) - 1.0).max(0.0) / n;
        hits = reached;
        beginnings = entered;
    }
    Estimate { probability, relative_error: (variance - 1.0).sqrt(), events, stages, hits }
}

/// States with weights.
struct Weights<S> {
    states: Vec<S>,
    /// Sums of the weights up to each state.
    sums: Vec<f64>,
    squares: f64,
}

impl<S> Default for Weights<S> {
    fn default() -> Self {
        Self { states: Vec::new(), sums: Vec::new(), squares: 0.0 }
    }
}

impl<S> Weights<S> {
    fn push(&mut self, state: Option<S>, weight: f64) {
        self.states.extend(state);
        self.sums.push(self.sum() + weight);
        self.squares += weight * weight;
    }

    fn sum(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// The state up to which the weights exceed this share of all, not before `from`.
    fn place(&self, share: f64, from: usize) -> usize {
        let (wanted, mut place) = (share * self.sum(), from);
        while place + 1 < self.sums.len() && self.sums[place] <= wanted {
            place += 1;
        }
        place
    }
}

/// Of the stages of a pilot, the levels that are worth stopping at: one follows another where the chance to get there has fallen to
/// `share` or below. The last of `levels` always stays, as do those that the pilot did not reach.
pub fn merge_levels(levels: &[u32], pilot: &[Stage], share: f64) -> Vec<u32> {
    let mut kept = Vec::new();
    let mut chance = 1.0;
    for (place, level) in levels.iter().enumerate() {
        let step = pilot.get(place).map_or(0.0, Stage::share);
        // Stopping before a step that would make the chance much smaller than wanted.
        if chance < 1.0 && chance * step < 0.5 * share {
            kept.push(levels[place - 1]);
            chance = 1.0;
        }
        chance *= step;
        if chance <= share || place + 1 == levels.len() {
            kept.push(*level);
            chance = 1.0;
        }
    }
    kept
}
