//! The oracles of group m: intervals and rules of stopping on data whose truth is known.

use super::support::{Law, holds, sample, share, slack, unit};
use serde_json::Value;
use sim_core::kernel::normal_quantile;
use sim_core::measure::batch_means::batch_means;
use sim_core::measure::binomial::loss_interval;
use sim_core::measure::stats::{
    Estimate, Moments, PairedDifference, clopper_pearson, poisson_rate, stein_replications, t_quantile,
    wilson,
};

/// A number of an oracle, and its tolerance.
fn oracle(id: &str, name: &str) -> (f64, f64) {
    let all: Vec<Value> = serde_json::from_str(include_str!("../data/oracles.json")).expect("JSON");
    let entry = all.iter().find(|it| it["id"] == id).unwrap_or_else(|| panic!("no oracle {id}"));
    let result = &entry["results"][name];
    let value = result["value"].as_f64().unwrap_or_else(|| panic!("{id} has no {name}"));
    let relative = result["rel"].as_f64().map(|rel| rel * value.abs());
    (value, result["abs"].as_f64().or(relative).expect("a tolerance"))
}

#[track_caller]
fn agrees(id: &str, name: &str, found: f64) {
    let (value, tolerance) = oracle(id, name);
    assert!((found - value).abs() <= tolerance, "{id} {name}: {found} instead of {value} ± {tolerance}");
}

/// True coverage of the t interval, in the tolerance of the oracle or five standard errors of a smaller sample.
fn t_coverage(trials: u64) {
    for (law, short) in [(Law::Exponential, "exp"), (Law::Lognormal, "logn")] {
        for n in [5, 10, 20, 50] {
            let name = format!("{short}_n{n}");
            let covered = share(trials, |trial| {
                holds(Estimate::of(&sample(law, trial, n)).and_then(|it| it.ci95), law.mean())
            });
            let (value, tolerance) = oracle("m.tcov", &name);
            let allowed = tolerance.max(5.0 * (value * (1.0 - value) / trials as f64).sqrt());
            assert!((covered - value).abs() <= allowed, "{name}: {covered} instead of {value} ± {allowed}");
        }
    }
    let normal = share(trials, |trial| {
        holds(Estimate::of(&sample(Law::Normal, trial, 6)).and_then(|it| it.ci95), 1.0)
    });
    let (value, tolerance) = oracle("m.tcov_normal", "coverage");
    assert!((normal - value).abs() <= tolerance.max(slack(trials)), "{normal}");
}

#[test]
fn t_intervals_cover_what_is_known_of_them() {
    t_coverage(800);
}

#[test]
#[ignore = "takes a minute, a smaller sample runs always: cargo test --release -p sim-core --test coverage -- --ignored"]
fn t_intervals_cover_what_is_known_of_them_in_full() {
    t_coverage(100_000);
}

#[test]
fn common_random_numbers_save_the_variance_that_they_must() {
    let n = 20_000;
    let log = |i: u32, entity: u32| -libm::log(unit(7, entity, i));
    for (rate, name) in [(1.1, "1.1"), (2.0, "2.0")] {
        let common: Vec<_> = (0..n).map(|i| (log(i, 0), log(i, 0) / rate)).collect();
        let apart: Vec<_> = (0..n).map(|i| (log(i, 0), log(i, 1) / rate)).collect();
        let saved = PairedDifference::variance_reduction(&common).expect("variance");
        let none = PairedDifference::variance_reduction(&apart).expect("variance");
        let variance = |pairs: &[(f64, f64)]| {
            PairedDifference::differences(pairs).into_iter().collect::<Moments>().variance().expect("many")
        };
        let factor = oracle("m.crn", &format!("VRF_CRN_mu1.0_{name}")).0;
        assert!((saved - (1.0 - 1.0 / factor)).abs() < 0.01, "{name}: {saved}");
        assert!(none.abs() < 0.04, "{name}: {none} without anything in common");
        let (together, separate) = (variance(&common), variance(&apart));
        let of = |what: &str| oracle("m.crn", &format!("diff_var_{what}_mu1.0_{name}")).0;
        // Twenty thousand exponential numbers know a variance to 2 %; five of those.
        assert!((together / of("CRN") - 1.0).abs() < 0.1, "{name}: {together}");
        assert!((separate / of("indep") - 1.0).abs() < 0.1, "{name}: {separate}");
    }
    let pair = |a: f64, b: f64| (-libm::log(a) - libm::log(b)) / 2.0;
    let variance =
        |numbers: &dyn Fn(u32) -> f64| (0..n).map(numbers).collect::<Moments>().variance().expect("many");
    let antithetic = variance(&|i| pair(unit(7, 0, i), 1.0 - unit(7, 0, i)));
    let independent = variance(&|i| pair(unit(7, 0, i), unit(7, 1, i)));
    let (value, _) = oracle("m.crn", "antithetic_pair_mean_var");
    assert!((antithetic / value - 1.0).abs() < 0.1, "{antithetic}");
    assert!((independent / oracle("m.crn", "two_indep_mean_var").0 - 1.0).abs() < 0.1, "{independent}");
    let (factor, _) = oracle("m.crn", "VRF_antithetic");
    assert!((independent / antithetic / factor - 1.0).abs() < 0.15);
}

/// A stationary course x(t + 1) = φx(t) + e.
pub fn autoregressive(phi: f64, trial: u64, n: u32) -> Vec<f64> {
    let mut x = normal_quantile(unit(trial, 1, 0)) / (1.0 - phi * phi).sqrt();
    (0..n)
        .map(|i| {
            x = phi * x + normal_quantile(unit(trial, 0, i));
            x
        })
        .collect()
}

#[test]
fn the_mean_of_a_correlated_course_is_as_uncertain_as_it_must_be() {
    for (phi, name, trials) in [(0.5, "0.5", 600), (0.9, "0.9", 600)] {
        let mean =
            |trial| autoregressive(phi, trial, 1000).into_iter().collect::<Moments>().mean().expect("many");
        let variance = (0..trials).map(mean).collect::<Moments>().variance().expect("many");
        let (value, _) = oracle("m.ar1", &format!("var_mean_phi{name}_n1000"));
        // A variance from 600 normal numbers has a standard error of 6 %.
        assert!((variance / value - 1.0).abs() < 0.3, "φ = {name}: {variance} instead of {value}");
        let inflation = variance * 1000.0 * (1.0 - phi * phi);
        let (value, _) = oracle("m.ar1", &format!("inflation_phi{name}_n1000"));
        assert!((inflation / value - 1.0).abs() < 0.3, "φ = {name}: {inflation} instead of {value}");
        // One run of 1e5 by batch means, the mean of a few such estimates.
        let of_run = |trial| {
            let means = batch_means(&autoregressive(phi, trial, 100_000)).expect("long");
            let [low, high] = means.ci95.expect("batches");
            assert!(means.trusted || means.batches < 30, "{means:?}");
            let error = (high - low) / 2.0 / t_quantile(0.975, means.batches as u64 - 1);
            error * error
        };
        let estimate = (0..6).map(of_run).sum::<f64>() / 6.0;
        let (value, _) = oracle("m.ar1", &format!("var_mean_phi{name}_n100000"));
        assert!((estimate / value - 1.0).abs() < 0.25, "φ = {name}: {estimate} instead of {value}");
    }
}

#[test]
fn exact_intervals_are_those_of_the_tables() {
    let id = "m.binomci";
    for (x, n) in [(0, 100), (3, 1000), (50, 1000)] {
        let [low, high] = clopper_pearson(x, n, 0.95).expect("trials");
        agrees(id, &format!("CP_lo_{x}_{n}"), low);
        agrees(id, &format!("CP_hi_{x}_{n}"), high);
        let [low, high] = wilson(x, n, 0.95).expect("trials");
        agrees(id, &format!("Wilson_lo_{x}_{n}"), low);
        agrees(id, &format!("Wilson_hi_{x}_{n}"), high);
    }
    agrees(id, "rule_of_three_95_upper_n100", loss_interval(0, 100).1[1]);
    for events in [0, 5] {
        let [low, high] = poisson_rate(events, 1000.0, 0.95);
        agrees(id, &format!("poisson_rate_lo_{events}_1000"), low);
        agrees(id, &format!("poisson_rate_hi_{events}_1000"), high);
    }
}

#[test]
fn two_stages_give_an_interval_of_fixed_width() {
    agrees("m.stein", "t", t_quantile(0.975, 9));
    let (half, trials) = (0.1, 1000_u64);
    let normals =
        |trial: u64, n: u32| -> Vec<f64> { (0..n).map(|i| normal_quantile(unit(trial, 3, i))).collect() };
    let (mut total, mut covered) = (0, 0);
    for trial in 0..trials {
        let n = stein_replications(&normals(trial, 10), half, 0.95).expect("ten values");
        let mean = normals(trial, n as u32).into_iter().collect::<Moments>().mean().expect("many");
        total += n;
        covered += u64::from(mean.abs() <= half);
    }
    let mean = total as f64 / trials as f64;
    let (low, high) =
        (oracle("m.stein", "EN_sigma1_d0p1_lower").0, oracle("m.stein", "EN_sigma1_d0p1_upper").0);
    // N has a relative standard deviation of √(2/9).
    let error = 5.0 * low * (2.0 / 9.0 / trials as f64).sqrt();
    assert!((low - error..=high + error).contains(&mean), "{mean}");
    let least = oracle("m.stein", "coverage_min").0;
    assert!(covered as f64 / trials as f64 >= least - slack(trials), "{covered} of {trials}");
}

#[test]
fn relative_precision_takes_the_replications_of_chow_and_robbins() {
    let z = normal_quantile(0.975);
    for (law, share, name) in
        [(Law::Exponential, 0.1, "n_cv1_eps0p1"), (Law::Normal, 0.02, "n_cv0p5_eps0p02")]
    {
        let stopped = |trial: u64| {
            let mut moments = Moments::default();
            for i in 0.. {
                moments.push(law.at(unit(trial, 0, i)));
                let error = moments.standard_error().unwrap_or(f64::INFINITY);
                if i >= 30 && z * error <= share * moments.mean().unwrap_or(0.0).abs() {
                    return f64::from(i + 1);
                }
            }
            unreachable!()
        };
        let trials = if law == Law::Normal { 60 } else { 200 };
        agrees("m.chowrobbins", name, (0..trials).map(stopped).sum::<f64>() / trials as f64);
    }
}
