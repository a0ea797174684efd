//! Fixed-effort multilevel splitting.

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

    /// Forks `from`, with draws of `branch` from now on, and goes on until `level` is reached or the path is over; the state then,
    /// or nothing. Adds the events that happened to `events`.
    fn path(
        &mut self,
        from: &Self::State,
        branch: Branch,
        level: u32,
        events: &mut u64,
    ) -> Option<Self::State>;
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
    /// Share of the paths that reached the level.
    pub fn share(&self) -> f64 {
        f64::from(self.reached) / f64::from(self.paths.max(1))
    }
}

/// What all stages did.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate<S> {
    /// The unbiased estimate.
    pub probability: f64,
    /// Its standard error over itself, as if the states that enter a level were alike; infinite if a stage found nothing.
    pub relative_error: f64,
    /// Events that happened.
    pub events: u64,
    /// Stages, up to the first that nobody passed.
    pub stages: Vec<Stage>,
    /// The states that entered the last level.
    pub reached: Vec<S>,
}

/// Runs `paths` paths from `root` to each of the `levels` in turn. Branches are numbered from stage `first` on; `resample` has the uniform number
/// with which each stage picks its beginnings, at (`first`, stage).
pub fn split<F: Forks>(
    forks: &mut F,
    root: F::State,
    levels: &[u32],
    paths: u32,
    (first, resample): (u32, &Stream),
) -> Estimate<F::State> {
    let mut beginnings = vec![root];
    let (mut probability, mut variance, mut events) = (1.0, 1.0, 0);
    let mut stages = Vec::with_capacity(levels.len());
    for (stage, level) in (first..).zip(levels) {
        let offset = resample.unit(first, stage - first);
        let mut entered = Vec::new();
        for path in 0..paths {
            let share = (f64::from(path) + offset) / f64::from(paths);
            let place = ((share * beginnings.len() as f64) as usize).min(beginnings.len() - 1);
            let branch = Branch::new(stage, path);
            entered.extend(forks.path(&beginnings[place], branch, *level, &mut events));
        }
        let it = Stage { level: *level, paths, reached: entered.len() as u32 };
        stages.push(it);
        let share = it.share();
        probability *= share;
        beginnings = entered;
        if beginnings.is_empty() {
            return Estimate {
                probability: 0.0,
                relative_error: f64::INFINITY,
                events,
                stages,
                reached: beginnings,
            };
        }
        variance *= 1.0 + (1.0 - share) / (f64::from(paths) * share);
    }
    Estimate { probability, relative_error: (variance - 1.0).sqrt(), events, stages, reached: beginnings }
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
