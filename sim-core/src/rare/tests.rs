//! Levels, weights and intervals; estimates against exact results are in the tests of oracles.

use super::*;
use crate::kernel::{Process, Streams};

fn stages(shares: &[u32]) -> Vec<Stage> {
    (1..).zip(shares).map(|(level, reached)| Stage { level, paths: 100, reached: *reached }).collect()
}

#[test]
fn levels_that_are_nearly_always_passed_are_merged() {
    let levels = [1, 2, 3, 4, 5];
    // 0.95 · 0.9 · 0.2 = 0.17 is the first chance of at most 0.2.
    assert_eq!(merge_levels(&levels, &stages(&[95, 90, 20, 30, 50]), 0.2), [3, 5]);
    assert_eq!(merge_levels(&levels, &stages(&[100; 5]), 0.2), [5]);
    // A rare step after a common one begins where the common one ends.
    assert_eq!(merge_levels(&levels, &stages(&[60, 5, 5, 5, 5]), 0.2), [1, 2, 3, 4, 5]);
    // What the pilot never reached is not merged.
    assert_eq!(merge_levels(&levels, &stages(&[10, 0]), 0.2), levels);
}

/// A walk whose states are weighted: up by one of two steps, of which the simulated world chooses the longer too often.
struct Biased;

impl Forks for Biased {
    type State = u32;

    fn path(&mut self, from: &u32, branch: Branch, level: u32, events: &mut u64) -> Option<(u32, f64)> {
        let draws = Streams::new(3, 0).branch(branch.0).stream(Process::Arrival, 0);
        let (mut at, mut weight) = (*from, 1.0);
        for index in 0.. {
            *events += 1;
            if at >= level {
                return Some((at, weight));
            }
            // In truth 0.1 to go on, of which half by one and half by two; here 0.8, and mostly by two.
            let u = draws.unit(0, index);
            let (step, ratio) = if u < 0.2 { (1, 0.05 / 0.2) } else { (2, 0.05 / 0.6) };
            if u >= 0.8 {
                return None;
            }
            (at, weight) = (at + step, weight * ratio);
        }
        unreachable!("a path ends")
    }
}

#[test]
fn splitting_of_weighted_paths_is_unbiased() {
    // P(reach n) for each n: p_n = 0.05 p_(n−1) + 0.05 p_(n−2).
    let truth = (0..8).fold([1.0, 1.0], |[one, two], _| [two, 0.05 * (one + two)])[1];
    for levels in [vec![8], vec![2, 4, 8], vec![1, 2, 3, 4, 5, 6, 7, 8]] {
        let estimates: Vec<f64> = (0..400)
            .map(|replication| {
                let resample = Streams::new(4, replication).stream(Process::RareResample, 0);
                split(&mut Biased, 0, &levels, 50, (replication << 4, &resample)).probability
            })
            .collect();
        let it = Mean::of(&estimates).expect("values");
        let error = it.sd.expect("a spread") / 20.0;
        assert!(5.0 * error < 0.3 * truth, "{levels:?}: {error} of {truth}");
        assert!(
            (it.mean - truth).abs() < 5.0 * error,
            "{levels:?}: {} ± {error} instead of {truth}",
            it.mean
        );
    }
}

#[test]
fn what_pilots_have_seen_gives_the_law_of_the_paths_that_get_there() {
    let mut tally = Tally::new(2);
    // Two paths reach level 2: at level 1 they rang 30 times each in a hazard of 3 and 1 by the weights 1 and 3, and danger ended once in 10.
    tally.reached(1, 1.0, &[[[1.0, 2.0], [0.0, 0.0]]]);
    tally.reached(2, 1.0, &[[[9.0, 9.0], [0.0, 0.0]], [[30.0, 3.0], [1.0, 10.0]]]);
    tally.reached(2, 3.0, &[[[9.0, 9.0], [0.0, 0.0]], [[30.0, 1.0], [1.0, 10.0]]]);
    assert_eq!((tally.deepest(1), tally.deepest(2), tally.deepest(3)), (2, 2, 0));
    let factors = tally.factors(2);
    assert_eq!(factors[0], [1.0, 1.0], "no more than chance");
    assert!((factors[1][0] - 120.0 / 6.0).abs() < 1e-12);
    // One more, of mean weight 2: (4 + 2)/(40 + 2).
    assert!((factors[1][1] - 6.0 / 42.0).abs() < 1e-12);
}

#[test]
fn a_mixture_has_a_bounded_ratio_and_the_right_mean() {
    let mut ratio = Likelihood::default();
    ratio.exposed(8.0, 0.5, 3.0);
    ratio.rang(8.0);
    let expected = libm::exp(7.0 * 0.5 * 3.0) / 8.0;
    assert!((ratio.ratio() / expected - 1.0).abs() < 1e-12);
    assert_eq!(ratio.mixed(1.0), ratio);
    assert!((ratio.mixed(0.25).ratio() - 1.0 / (0.25 / expected + 0.75)).abs() < 1e-12);
    let mut whole = ratio;
    whole.exposed(1e6, 1.0, 1.0);
    assert!(whole.mixed(0.25).ratio() <= 1.0 / 0.75 + 1e-12);
}

#[test]
fn weights_have_the_mean_and_error_of_their_sample() {
    let mut weights = Weighted::default();
    for weight in [Some(2.0), None, Some(4.0), None] {
        weights.push(weight);
    }
    assert_eq!((weights.counts(), weights.mean()), ((4, 2), 1.5));
    // Sample variance 11/3 of 2, 0, 4, 0.
    assert!((weights.relative_error() - (11.0_f64 / 3.0 / 4.0).sqrt() / 1.5).abs() < 1e-12);
    assert_eq!(Weighted::default().relative_error(), f64::INFINITY);
}

#[test]
fn the_interval_is_one_of_the_logarithm() {
    let [low, high] = interval(&[1e-13, 3e-13, 2e-13]).expect("an interval");
    assert!(0.0 < low && low < 2e-13 && 2e-13 < high);
    assert!((low * high / 4e-26 - 1.0).abs() < 1e-9);
    assert_eq!(interval(&[0.0, 0.0]), None);
    assert_eq!(interval(&[0.5]), None);
}

#[test]
fn plain_simulation_gains_nothing_on_itself() {
    // A hundred plain paths of 7 events at p = 0.2.
    let error = (0.8_f64 / 0.2 / 100.0).sqrt();
    assert!((variance_reduction(0.2, error, 700, 7.0) - 1.0).abs() < 1e-12);
}
