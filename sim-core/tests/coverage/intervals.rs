//! Intervals of means and quantiles.

use super::oracles::autoregressive;
use super::support::{Law, holds, sample, share, slack, unit};
use sim_core::measure::batch_means::{batch_means, warm_up};
use sim_core::measure::interval::{Interval, at_bound, bca, of_mean, of_quantile, ranks, skewness};
use sim_core::measure::stats::Estimate;

/// Coverage of t, BCa, and the one that is chosen.
fn coverages(law: Law, n: u32, trials: u64) -> [f64; 3] {
    let t = |values: &[f64]| Estimate::of(values).and_then(|it| it.ci95);
    [
        share(trials, |trial| holds(t(&sample(law, trial, n)), law.mean())),
        share(trials, |trial| holds(Some(bca(&sample(law, trial, n), 0.95)), law.mean())),
        share(trials, |trial| holds(of_mean("requests.latency.mean", &sample(law, trial, n)).0, law.mean())),
    ]
}

#[test]
fn the_chosen_interval_covers_more_than_t_where_values_are_skewed() {
    let trials = 150;
    let [t, _, chosen] = coverages(Law::Normal, 20, trials);
    assert!((t - chosen).abs() < 0.05 && chosen > 0.95 - slack(trials), "normal: {t} and {chosen}");
    let [t, _, chosen] = coverages(Law::Lognormal, 20, trials);
    assert!(chosen > t, "lognormal: {t} and {chosen}");
}

#[test]
#[ignore = "prints the table of the README: cargo test --release -p sim-core --test coverage -- --ignored --nocapture"]
fn print_coverage_of_intervals() {
    println!("| values | n | Student's t | BCa | as reported |");
    println!("|---|---|---|---|---|");
    for law in Law::ALL {
        for n in [5, 10, 20, 50] {
            let [t, bca, chosen] = coverages(law, n, 2000).map(|share| 100.0 * share);
            println!("| {law:?} | {n} | {t:.1} % | {bca:.1} % | {chosen:.1} % |");
        }
    }
    for n in [10, 20, 50] {
        for p in [0.02, 0.1, 0.5] {
            let trials = 4000;
            let values = |trial: u64| -> Vec<f64> {
                (0..n).map(|i| if unit(trial, 0, i) < p { 1.0 } else { 0.0 }).collect()
            };
            let t = share(trials, |trial| holds(Estimate::of(&values(trial)).and_then(|it| it.ci95), p));
            let exact = share(trials, |trial| holds(of_mean("nodes.quorum_met", &values(trial)).0, p));
            println!("| 0 or 1, p = {p} | {n} | {:.1} % | | {:.1} % |", 100.0 * t, 100.0 * exact);
        }
    }
}

#[test]
fn shares_of_zeros_and_ones_have_the_exact_interval() {
    let trials = 400;
    for (p, n) in [(0.05, 10), (0.3, 20)] {
        let covered = share(trials, |trial| {
            let values: Vec<f64> = (0..n).map(|i| if unit(trial, 0, i) < p { 1.0 } else { 0.0 }).collect();
            let (interval, which) = of_mean("requests.success_ratio", &values);
            assert_eq!(which, Interval::Exact);
            holds(interval, p)
        });
        assert!(covered >= 0.95 - slack(trials), "{p}, {n}: {covered}");
    }
    // Nothing seen in twenty replications: at most 1 − 0.025^(1/20), not nothing.
    let [low, high] = at_bound("requests.success_ratio", &[1.0; 20], 0.95).expect("a share");
    assert!(high == 1.0 && (low - libm::exp(libm::log(0.025) / 20.0)).abs() < 1e-9, "{low}");
    assert_eq!(of_mean("requests.latency.p99", &[1.0; 20]), (Some([1.0, 1.0]), Interval::T));
}

#[test]
fn the_bootstrap_repeats_and_leans_to_the_long_side() {
    let values: Vec<f64> = (1..=20).map(|i| f64::from(i * i * i)).collect();
    let [low, high] = bca(&values, 0.95);
    assert_eq!(bca(&values, 0.95), [low, high]);
    let mean = values.iter().sum::<f64>() / 20.0;
    assert!(high - mean > 1.1 * (mean - low), "{low} {mean} {high}");
    // Of few symmetric values it is nearly the t interval.
    let even: Vec<f64> = (0..40).map(f64::from).collect();
    let [low, high] = bca(&even, 0.95);
    let [t_low, t_high] = Estimate::of(&even).and_then(|it| it.ci95).expect("many");
    assert!((low - t_low).abs() < 0.3 && (high - t_high).abs() < 0.3, "{low} {high}, t {t_low} {t_high}");
    assert_eq!(skewness(&[1.0, 1.0]), 0.0);
    // Of 0, 0, 1: mean 1/3, Σd³/n = 2/27, (Σd²/n)^1.5 = (2/9)^1.5.
    assert!((skewness(&[0.0, 0.0, 1.0]) - 0.5_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn quantiles_lie_between_order_statistics() {
    // From the tables: for the median of ten values ranks 2 and 9, of twenty 6 and 15.
    assert_eq!((ranks(10, 0.5, 0.95), ranks(20, 0.5, 0.95)), (Some((2, 9)), Some((6, 15))));
    assert_eq!((ranks(5, 0.5, 0.95), ranks(6, 0.5, 0.95)), (None, Some((1, 6))));
    let trials = 1500;
    for (q, n, truth) in [(0.5, 15, libm::log(2.0)), (0.9, 60, libm::log(10.0))] {
        let covered = share(trials, |trial| {
            holds(of_quantile(&sample(Law::Exponential, trial, n), q).and_then(|it| it.ci95), truth)
        });
        assert!(covered >= 0.95 - slack(trials), "{q}: {covered}");
    }
}

#[test]
fn batch_means_of_one_run_cover() {
    let trials = 150;
    for (phi, n) in [(0.0, 240), (0.5, 1000), (0.9, 4000)] {
        let means = |trial| batch_means(&autoregressive(phi, trial, n)).expect("long");
        let covered = share(trials, |trial| holds(means(trial).ci95, 0.0));
        assert!(covered >= 0.95 - slack(trials), "φ = {phi}: {covered}");
    }
    // So short against its memory that no interval can be trusted.
    let trusted =
        share(100, |trial| batch_means(&autoregressive(0.99, trial, 240)).is_some_and(|means| means.trusted));
    assert!(trusted < 0.2, "{trusted}");
}

#[test]
fn the_beginning_is_found() {
    for trial in 0..20 {
        let mut course = autoregressive(0.3, trial, 400);
        for (i, x) in course.iter_mut().take(60).enumerate() {
            *x += 12.0 * (1.0 - i as f64 / 60.0);
        }
        let cut = warm_up(&course).expect("long enough");
        assert!((30..=120).contains(&cut), "trial {trial}: {cut}");
    }
    assert_eq!(warm_up(&[1.0; 40]), Some(0));
    // A course that never settles has no answer.
    let rising: Vec<f64> = (0..200).map(f64::from).collect();
    assert_eq!(warm_up(&rising), None);
    assert_eq!(warm_up(&[1.0, 2.0]), None);
}
