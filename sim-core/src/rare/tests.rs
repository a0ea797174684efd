//! Levels, weights and intervals; estimates against exact results are in the tests of oracles.

use super::*;

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
