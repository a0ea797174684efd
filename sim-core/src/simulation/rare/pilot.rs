//! What pilots find out: what a plain path costs, how much sooner or later clocks are to ring, and at which levels to fork.
//!
//! **How much sooner.** The best law to draw paths from is theirs given that the event happens. Of laws that multiply the hazard Λ of one kind of clock at level l by b_l, the nearest
//! to it in the sense of cross-entropy has
//!
//! ```text
//! b_l = E(L · rings at l; event) / E(L · ∫ Λ dt at l; event)
//! ```
//!
//! (Rubinstein and Kroese, *The Cross-Entropy Method*, 2004; Ridder, *Annals of OR* 134, 2005, for failures and repairs.) Rounds of a few hundred paths
//! put in their own means; as long as too few paths see the event, the highest level that some twenty of them reach takes its place, and where even that does not rise,
//! clocks from there on run eight times as fast. The first round has about one failure in the time there is, and while repairs run, failures at the rate of their ends. Rings and hazard are those of the spell that leads to the event from where spells begin, and of the whole
//! path below. The round with the least error for its effort wins. Whatever it finds, the estimate after it is
//! unbiased, since its draws are its own.

use super::biased::{Bias, How, Path, Seen};
use super::checks::Checks;
use super::fork::{Traveller, Worlds};
use super::goal::Goal;
use crate::kernel::{Process, Stream};
use crate::rare::{Branch, Tally, Weighted, merge_levels, split};
use crate::scenario::Rare;

/// First stages of pilots: of plain paths, of those that count checks, of rounds, and of splitting without and with bias; apart from those of the estimate, which begin at 0.
const PLAIN: u32 = 1 << 11;
const CHECKS: u32 = PLAIN + 1;
const ROUND: u32 = 1 << 12;
const SPLIT: u32 = 1 << 10;
const BOTH: u32 = 1 << 13;
/// Plain paths by which the cost of plain simulation is known, and how often levels are entered.
const PLAIN_PATHS: u32 = 16;
/// Plain paths by which it is known what is missing at checks.
const CHECKS_PATHS: u32 = 50;
/// A path has at most this relative variance where weights are called even.
const EVEN: f64 = 5.0;
/// The pilot has this share of the paths, at least so many.
const SPLIT_SHARE: u32 = 5;
const SPLIT_PATHS: u32 = 40;
const ROUND_SHARE: u32 = 10;
const ROUND_PATHS: u32 = 200;
/// Splitting merges levels up to steps of this probability.
const STEP: f64 = 0.2;
/// Rounds at most, and rounds that see the event.
const ROUNDS: u32 = 32;
const GOOD_ROUNDS: u32 = 4;
/// Rounds in a row that get no further, before they are given up.
const STUCK_ROUNDS: u32 = 12;
/// Paths that a level must have been reached by.
const LEAST: u32 = 20;
/// By how much more clocks are hastened where no path gets further.
const MORE: f64 = 8.0;
/// How far clocks that end danger are held back there, at most.
const LESS: f64 = 0.1;

/// What plain paths are like.
pub(super) struct Plain {
    pub events: f64,
    /// How often a path enters each level from 1 on.
    pub entries: Vec<f64>,
    pub spent: u64,
}

/// A way to do it, and what the pilot says it costs.
pub(super) struct Plan {
    pub bias: Option<Bias>,
    pub levels: Vec<u32>,
    /// Squared relative error times events.
    pub cost: f64,
    /// The estimate of the pilot, and how many of its paths saw the event.
    pub probability: f64,
    pub hits: u64,
    pub spent: u64,
}

/// Plain paths from the beginning.
pub(super) fn plain<'m>(worlds: &mut Worlds<'m, '_>, root: &Traveller<'m>) -> Plain {
    let goal = worlds.goal.clone();
    let (mut entries, mut spent) = (vec![0.0; goal.last() as usize], 0);
    worlds.bias = Bias::none();
    for path in 0..PLAIN_PATHS {
        let (mut tally, mut seen) = (Tally::new(goal.last()), Seen::new(goal.last()));
        worlds.tour(
            &root.biased(),
            Branch::new(PLAIN, path),
            goal.last(),
            &mut spent,
            Some((&mut tally, &mut seen)),
        );
        let its = seen.entries().iter().map(|entries| entries / f64::from(PLAIN_PATHS));
        entries.iter_mut().zip(its).for_each(|(sum, its)| *sum += its);
    }
    Plain { events: (spent as f64 / f64::from(PLAIN_PATHS)).max(1.0), entries, spent }
}

/// One round: what it tells, its weights, and its events.
fn round<'m>(
    worlds: &mut Worlds<'m, '_>,
    root: &Traveller<'m>,
    goal: &Goal,
    (round, paths): (u32, u32),
) -> (Tally, Weighted, u64) {
    let (mut tally, mut weights, mut spent) = (Tally::new(goal.last()), Weighted::default(), 0);
    for path in 0..paths {
        let mut seen = Seen::new(goal.last());
        let branch = Branch::new(ROUND + round, path);
        let told = Some((&mut tally, &mut seen));
        let end = worlds.tour(&root.biased(), branch, goal.last(), &mut spent, told);
        weights.push(end.map(|(_, weight)| weight));
    }
    (tally, weights, spent)
}

/// Failure biasing of the times between checks; `None` if nothing is lost there. The truth is that it is even, if few paths do not see the event.
pub(super) fn between_checks<'m>(
    worlds: &mut Worlds<'m, '_>,
    root: &Traveller<'m>,
    rare: &Rare,
    mut checks: Checks,
) -> Option<(Plan, bool)> {
    let goal = worlds.goal.clone();
    let (mut spells, mut spent) = (vec![0.0; goal.last() as usize], 0);
    worlds.bias = Bias::new(How::Checks(checks.clone()), &[]);
    for path in 0..CHECKS_PATHS {
        let (mut tally, mut seen) = (Tally::new(goal.last()), Seen::new(goal.last()));
        let told = Some((&mut tally, &mut seen));
        worlds.tour(&root.biased(), Branch::new(CHECKS, path), goal.last(), &mut spent, told);
        let its = seen.spells().iter().map(|spells| spells / f64::from(CHECKS_PATHS));
        spells.iter_mut().zip(its).for_each(|(sum, its)| *sum += its);
    }
    if !checks.settle(&spells, root.run.now()) {
        return None;
    }
    let bias = Bias::new(How::Checks(checks), &[]);
    worlds.bias = bias.clone();
    let paths = (rare.paths / ROUND_SHARE).max(ROUND_PATHS);
    let (_, weights, events) = round(worlds, root, &goal, (ROUNDS, paths));
    let variance = weights.relative_error() * weights.relative_error();
    let plan = Plan {
        bias: Some(bias),
        levels: vec![goal.last()],
        cost: variance * events as f64,
        probability: weights.mean(),
        hits: weights.counts().1,
        spent: spent + events,
    };
    Some((plan, variance * f64::from(paths) <= EVEN))
}

/// Failure biasing by factors that rounds find, beginning with `first`; a single stage up to the event.
pub(super) fn biasing<'m>(
    worlds: &mut Worlds<'m, '_>,
    root: &Traveller<'m>,
    rare: &Rare,
    first: How,
    entries: &[f64],
) -> Plan {
    let goal: Goal = worlds.goal.clone();
    let paths = (rare.paths / ROUND_SHARE).max(ROUND_PATHS);
    let mut how = first;
    let mut best = Plan {
        bias: Some(Bias::new(how.clone(), entries)),
        levels: vec![goal.last()],
        cost: f64::INFINITY,
        probability: 0.0,
        hits: 0,
        spent: 0,
    };
    let (mut spent, mut reached, mut good, mut stuck) = (0, 0, 0, 0);
    for number in 0..ROUNDS {
        worlds.bias = Bias::new(how.clone(), entries);
        let (tally, weights, events) = round(worlds, root, &goal, (number, paths));
        spent += events;
        let deepest = tally.deepest(LEAST);
        if deepest == goal.last() {
            good += 1;
            let cost = weights.relative_error() * weights.relative_error() * events as f64;
            if cost < best.cost {
                let (probability, hits) = (weights.mean(), weights.counts().1);
                best = Plan { bias: Some(worlds.bias.clone()), cost, probability, hits, ..best };
            }
        } else if good == 0 && deepest > reached {
            // As good as it gets so far.
            best.bias = Some(worlds.bias.clone());
        }
        stuck = if deepest <= reached && good == 0 { stuck + 1 } else { 0 };
        if rare.bias.is_some() || good == GOOD_ROUNDS || stuck == STUCK_ROUNDS || worlds.is_stopped() {
            break;
        }
        how = next(how, &tally, (reached.min(deepest), deepest), goal.last());
        reached = reached.max(deepest);
    }
    Plan { spent, ..best }
}

/// The factors of the next round.
fn next(how: How, tally: &Tally, (before, deepest): (u32, u32), count: u32) -> How {
    let stuck = deepest < count && deepest <= before && matches!(how, How::Factors(_));
    let mut factors = match (how, deepest) {
        (How::Factors(factors), 0) => factors,
        (How::Factors(factors), _) if stuck => factors,
        (_, 0) => Vec::new(),
        _ => tally.factors(deepest),
    };
    let last = factors.last().copied().unwrap_or([1.0; 2]);
    factors.resize(count as usize, last);
    if stuck || deepest == 0 {
        for [nearer, ends] in factors.iter_mut().skip(deepest as usize) {
            *nearer *= MORE;
            *ends = (*ends / MORE).max(LESS);
        }
    }
    How::Factors(factors)
}

/// Splitting, with clocks hastened by `bias` if there is one; at the levels that the scenario names, or that a pilot finds.
pub(super) fn splitting<'m>(
    worlds: &mut Worlds<'m, '_>,
    root: &Traveller<'m>,
    rare: &Rare,
    (bias, measured): (Option<Bias>, bool),
    resample: &Stream,
) -> Plan {
    let last = worlds.goal.last();
    let named = rare
        .levels
        .as_ref()
        .map(|levels| levels.iter().copied().filter(|level| *level < last).chain([last]).collect::<Vec<_>>());
    if let (Some(levels), false) = (&named, measured) {
        let levels = levels.clone();
        return Plan { bias, levels, cost: f64::INFINITY, probability: 0.0, hits: 0, spent: 0 };
    }
    let all: Vec<u32> = named.clone().unwrap_or_else(|| (1..=last).collect());
    let paths = (rare.paths / SPLIT_SHARE).max(SPLIT_PATHS);
    let first = if bias.is_some() { BOTH } else { SPLIT };
    let from = if bias.is_some() { root.biased() } else { root.clone() };
    worlds.bias = bias.clone().unwrap_or_else(Bias::none);
    let pilot = split(worlds, from, &all, paths, (first, resample));
    let levels = named.unwrap_or_else(|| merge_levels(&all, &pilot.stages, STEP));
    // What the estimate would do at the levels that are left, at the cost per path of the pilot.
    let variance: f64 = levels
        .iter()
        .scan(0_usize, |place, level| {
            let from = *place;
            *place = all.iter().position(|it| it == level).map_or(all.len(), |at| at + 1);
            let share: f64 =
                (from..*place).map(|at| pilot.stages.get(at).map_or(0.0, |it| it.share())).product();
            Some((1.0 - share) / share)
        })
        .sum();
    let hits = u64::from(pilot.hits);
    let each = pilot.events as f64 / (f64::from(paths) * pilot.stages.len().max(1) as f64);
    let variance = if bias.is_some() {
        f64::from(paths) * pilot.relative_error * pilot.relative_error
    } else {
        variance
    };
    let cost = variance * each * levels.len() as f64;
    let cost = if hits > 1 { cost } else { f64::INFINITY };
    Plan { bias, levels, cost, probability: pilot.probability, hits, spent: pilot.events }
}

/// The stream with which branches toss coins about spells.
pub(super) const COINS: Process = Process::RareBias;

impl<'m> Traveller<'m> {
    /// The same world with clocks that can be hastened.
    pub fn biased(&self) -> Self {
        let mut it = self.clone();
        it.path.get_or_insert_with(|| Path::new(it.run.model.streams().stream(COINS, 0)));
        it
    }
}
