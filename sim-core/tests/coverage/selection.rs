//! Selecting the best of ten.

use super::sequential::ended;
use super::support::unit;
use sim_core::kernel::normal_quantile;
use sim_core::measure::selection::{Contest, Selection};
use sim_core::measure::stopping::{Ended, Reason, Rule};
use sim_core::scenario::{Best, Select};

const MOST: u32 = 1000;

fn rule(probability: f64) -> Rule {
    let metric = "requests.latency.p99".to_owned();
    let select = Select { metric, best: Best::Auto, indifference: 0.2, probability, policies: None };
    let policies = (0..10).map(|i| format!("p{i}")).collect();
    Rule::Select(Contest { select, higher: false, policies, first: 10, most: MOST })
}

/// Ten policies in the same weather: standard deviation 1 in common, ½ of their own, and these means. Less is better.
fn streams(trial: u64, means: [f64; 10]) -> Vec<Vec<f64>> {
    let normal = |entity, i| normal_quantile(unit(trial, entity, i));
    let weather: Vec<f64> = (0..MOST).map(|i| normal(99, i)).collect();
    let of = |(entity, mean): (u32, f64)| {
        (0_u32..).zip(&weather).map(|(i, weather)| mean + weather + 0.5 * normal(entity, i)).collect()
    };
    (0..10).zip(means).map(of).collect()
}

fn selected(trial: u64, means: [f64; 10]) -> Selection {
    match ended(&rule(0.95), &streams(trial, means)) {
        (made, Ended::Select(selection)) => {
            assert_eq!(selection.runs, made.iter().map(|n| u64::from(*n)).sum::<u64>());
            selection
        }
        _ => panic!("another rule"),
    }
}

/// The worst case: nine policies just at the margin; and an easier one in even steps.
const EQUAL: [f64; 10] = [0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.2, 0.2];
const STEPS: [f64; 10] = [1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.6, 0.0, 0.4, 0.2];

fn of(means: [f64; 10], trials: u64) -> (f64, f64, f64) {
    let (mut right, mut runs, mut equal) = (0, 0, 0);
    for trial in 0..trials {
        let selection = selected(trial, means);
        right += u64::from(selection.best.as_deref() == Some("p7"));
        assert_eq!(selection.reason, Reason::Reached);
        runs += selection.runs;
        equal += selection.equal_allocation_runs.expect("values");
    }
    (right as f64 / trials as f64, runs as f64 / trials as f64, equal as f64 / trials as f64)
}

#[test]
fn the_best_of_ten_is_found_with_half_the_runs() {
    let (right, runs, equal) = of(STEPS, 12);
    assert!(right > 0.8, "{right}");
    assert!(runs <= 0.5 * equal, "{runs} against {equal} of equal allocation");
    let (right, ..) = of(EQUAL, 8);
    assert!(right > 0.7, "{right}");
}

#[test]
#[ignore = "prints the table of the README: cargo test --release -p sim-core --test coverage -- --ignored --nocapture"]
fn print_correct_selections() {
    println!("| means | right | runs | equal allocation |");
    println!("|---|---|---|---|");
    for (name, means) in [("all others worse by the margin", EQUAL), ("steps of the margin", STEPS)] {
        let (right, runs, equal) = of(means, 500);
        println!("| {name} | {:.1} % | {runs:.0} | {equal:.0} |", 100.0 * right);
        assert!(right >= 0.95 - 0.05, "{name}: {right}");
    }
}

#[test]
fn policies_that_are_the_same_end_with_the_first() {
    let weather: Vec<f64> = (0..MOST).map(|i| unit(5, 0, i)).collect();
    let (made, ended) = ended(&rule(0.95), &vec![weather; 10]);
    let Ended::Select(selection) = ended else { panic!("another rule") };
    assert_eq!((selection.best.as_deref(), made), (Some("p0"), vec![10; 10]));
    assert_eq!(selection.contenders.len(), 10);
}

/// The best of some is found among them, and the others are run for the first replications alone.
#[test]
fn who_does_not_take_part_is_not_selected() {
    let names = ["p0".to_owned(), "p3".to_owned(), "p8".to_owned()];
    let Rule::Select(contest) = rule(0.95) else { panic!("another rule") };
    let select = Select { policies: Some(names.to_vec()), ..contest.select.clone() };
    let (made, Ended::Select(selection)) =
        ended(&Rule::Select(Contest { select, ..contest }), &streams(6, STEPS))
    else {
        panic!("another rule")
    };
    assert_eq!((selection.best.as_deref(), selection.reason), (Some("p8"), Reason::Reached));
    let part = [0, 3, 8];
    assert_eq!(selection.runs, part.iter().map(|index| u64::from(made[*index])).sum::<u64>());
    assert!((0..10).filter(|index| !part.contains(index)).all(|index| made[index] == 10), "{made:?}");
}

#[test]
fn a_search_that_is_cut_off_says_so() {
    let metric = "requests.latency.p99".to_owned();
    let select =
        Select { metric, best: Best::Lowest, indifference: 0.001, probability: 0.95, policies: None };
    let policies = (0..10).map(|i| format!("p{i}")).collect();
    let rule = Rule::Select(Contest { select, higher: false, policies, first: 10, most: 30 });
    let (made, Ended::Select(selection)) = ended(&rule, &streams(3, EQUAL)) else { panic!("another rule") };
    assert_eq!(selection.reason, Reason::Cap);
    assert!(selection.contenders.len() > 1 && made.iter().max() == Some(&30));
}
