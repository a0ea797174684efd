//! Stopping when enough is known.

use super::support::{Law, holds, sample, share, slack, unit};
use sim_core::measure::stopping::{Ended, Goals, Reason, Rule, Step, Stopping, looks};
use sim_core::scenario::{Until, Width};

fn until(width: Width, difference: bool) -> Until {
    Until { metric: "requests.latency.p99".to_owned(), width, difference, policies: None }
}

fn policies(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("p{i}")).collect()
}

/// How a rule ends on streams of values, of which it is given a stage at a time.
pub fn ended(rule: &Rule, streams: &[Vec<f64>]) -> (Vec<u32>, Ended) {
    let mut values = vec![Vec::new(); streams.len()];
    loop {
        match rule.next(&values) {
            Step::Done(made, ended) => return (made, ended),
            Step::More(wanted) => {
                for ((values, stream), n) in values.iter_mut().zip(streams).zip(wanted) {
                    values.extend(stream[values.len()..n as usize].iter().map(|value| Some(*value)));
                }
            }
        }
    }
}

fn stopping(rule: &Rule, streams: &[Vec<f64>]) -> Stopping {
    match ended(rule, streams).1 {
        Ended::Until(stopping) => stopping,
        Ended::Select(_) => panic!("another rule"),
    }
}

#[test]
fn looks_double_up_to_the_most() {
    assert_eq!(looks(10, 400), [10, 20, 40, 80, 160, 320, 400]);
    assert_eq!(looks(10, 10), [10]);
    assert_eq!(looks(2, 4), [2, 4]);
}

fn relative(share: f64) -> Rule {
    Rule::Until(Goals::new(until(Width::Relative(share), false), policies(1), (10, 640)))
}

/// Coverage of the interval at which was stopped, mean replications, and how often the goal was reached.
fn of_relative(law: Law, width: f64, trials: u64) -> (f64, f64, f64) {
    let rule = relative(width);
    let stop = |trial| stopping(&rule, &[sample(law, trial, 640)]);
    let covered = share(trials, |trial| holds(stop(trial).goals[0].ci95, law.mean()));
    let n = (0..trials).map(|trial| f64::from(stop(trial).replications)).sum::<f64>() / trials as f64;
    (covered, n, share(trials, |trial| stop(trial).reason == Reason::Reached))
}

#[test]
fn intervals_cover_wherever_one_stops() {
    let trials = 250;
    for (law, width) in [(Law::Normal, 0.1), (Law::Exponential, 0.25)] {
        let (covered, n, reached) = of_relative(law, width, trials);
        assert!(covered >= 0.95 - slack(trials), "{law:?}: {covered}");
        assert!(n > 40.0 && n < 640.0 && reached > 0.95, "{law:?}: {n}, {reached}");
    }
}

#[test]
#[ignore = "prints the table of the README: cargo test --release -p sim-core --test coverage -- --ignored --nocapture"]
fn print_coverage_of_stopping() {
    println!("| values | until ± | covered | mean replications | reached |");
    println!("|---|---|---|---|---|");
    for (law, widths) in
        [(Law::Normal, [0.05, 0.1]), (Law::Exponential, [0.15, 0.25]), (Law::Lognormal, [0.2, 0.4])]
    {
        for width in widths {
            let (covered, n, reached) = of_relative(law, width, 2000);
            let (covered, reached) = (100.0 * covered, 100.0 * reached);
            println!("| {law:?} | {} % | {covered:.1} % | {n:.0} | {reached:.0} % |", 100.0 * width);
        }
    }
}

#[test]
fn differences_are_known_from_few_replications_of_the_same_weather() {
    // Two policies that share weather of standard deviation ½ and differ by 0.1 and a hundredth of noise.
    let rule = Rule::Until(Goals::new(until(Width::Absolute(0.02), true), policies(2), (10, 640)));
    let streams = |trial: u64| {
        let weather = sample(Law::Normal, trial, 640);
        let noise = |entity, i| 0.02 * (unit(trial, entity, i) - 0.5);
        let of = |entity: u32, shift: f64| -> Vec<f64> {
            (0_u32..).zip(&weather).map(|(i, weather)| weather + shift + noise(entity, i)).collect()
        };
        [of(1, 0.1), of(2, 0.0)]
    };
    let trials = 200;
    let covered = share(trials, |trial| {
        let stop = stopping(&rule, &streams(trial));
        assert_eq!((stop.replications, stop.reason), (10, Reason::Reached));
        assert_eq!(stop.goals[0].minus.as_deref(), Some("p1"));
        holds(stop.goals[0].ci95, 0.1)
    });
    assert!(covered >= 0.95 - slack(trials), "{covered}");
}

#[test]
fn a_goal_that_is_too_far_ends_at_the_cap_and_says_what_it_would_take() {
    let stop = stopping(&relative(0.001), &[sample(Law::Normal, 1, 640)]);
    assert_eq!((stop.reason, stop.replications, stop.looks.len()), (Reason::Cap, 640, 7));
    assert!(!stop.goals[0].reached);
    // Standard deviation ½ to a thousandth: (z(1 − 0.05/14)·½/0.001)² ≈ 1.8 million.
    let needed = stop.goals[0].needed.expect("values") as f64;
    assert!((1.4e6..2.4e6).contains(&needed), "{needed}");
}

#[test]
fn nothing_seen_is_not_everything_known() {
    let until = Until { metric: "requests.success_ratio".to_owned(), ..until(Width::Absolute(0.05), false) };
    let rule = Rule::Until(Goals::new(until.clone(), policies(1), (10, 640)));
    let (made, ended) = ended(&rule, &[vec![1.0; 640]]);
    let Ended::Until(stop) = ended else { panic!("another rule") };
    // Half the width is 0.05 where 1 − (0.05/14)^(1/n) ≤ 0.1: from 54 on, so at the look of 80.
    assert_eq!((made, stop.reason), (vec![80], Reason::Reached));
    let rule = Rule::Until(Goals::new(until, policies(1), (10, 40)));
    assert_eq!(
        rule.next(&[vec![None; 40]]),
        rule.next(&[vec![None; 10]]),
        "it never looks further than it asked"
    );
    assert!(
        matches!(rule.next(&[vec![None; 10]]), Step::Done(_, Ended::Until(it)) if it.reason == Reason::NoValues)
    );
}
