//! Group n through scenario files: outages that are too rare to be counted. Machines that fail and are repaired are a birth-and-death chain, whose
//! probability of having been in a state by a time is found to all digits by uniformisation, which only adds what is positive.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(machines_down_at_once, a_long_outage, too_many_for_too_long);

const HOUR: f64 = 3600.0;

/// `n` machines that fail at the rate `fails` an hour and are mended by `crews` at the rate `mends`, for `hours`.
fn machines((n, crews): (u32, u32), (fails, mends): (f64, f64), hours: f64, rare: Value) -> Value {
    let faults =
        json!({ "up": exponential(&seconds(HOUR / fails)), "down": exponential(&seconds(HOUR / mends)) });
    let setup = Setup::new(n, 1, 0.0, HOUR * hours).node("hardware", json!({ "faults": faults }));
    let setup = if crews < n { setup.fleet("crews", json!(crews)) } else { setup };
    setup.top("rare", rare).build()
}

/// Probability that a birth-and-death chain with these rates up and down, which begins in state 0, has been in the last state by `time`.
fn has_been(up: &[f64], down: &[f64], time: f64) -> f64 {
    let states = up.len() + 1;
    let most = up.iter().zip(down).map(|(up, down)| up + down).fold(0.0, f64::max);
    // e^(Q h) for a short h by its series, squared until the time is over.
    let squarings = libm::ceil(libm::log2((most * time).max(1.0))) as u32 + 4;
    let step = most * time / libm::exp2(f64::from(squarings));
    let mut jump = vec![vec![0.0; states]; states];
    for state in 0..up.len() {
        jump[state][state + 1] = up[state] / most;
        if state > 0 {
            jump[state][state - 1] = down[state] / most;
        }
        jump[state][state] = 1.0 - (up[state] + if state > 0 { down[state] } else { 0.0 }) / most;
    }
    jump[states - 1][states - 1] = 1.0;
    let identity = |row: usize, column: usize| f64::from(u8::from(row == column));
    let mut term: Vec<Vec<f64>> =
        (0..states).map(|row| (0..states).map(|it| identity(row, it)).collect()).collect();
    let mut sum = term.clone();
    for order in 1..30 {
        term = product(&term, &jump);
        let scale = step / f64::from(order);
        term.iter_mut().flatten().for_each(|it| *it *= scale);
        sum.iter_mut().flatten().zip(term.iter().flatten()).for_each(|(sum, term)| *sum += term);
    }
    let decay = libm::exp(-step);
    sum.iter_mut().flatten().for_each(|it| *it *= decay);
    for _ in 0..squarings {
        sum = product(&sum, &sum);
    }
    sum[0][states - 1]
}

fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let of = |row: &Vec<f64>, column: usize| row.iter().zip(b).map(|(it, row)| it * row[column]).sum();
    a.iter().map(|row| (0..b.len()).map(|column| of(row, column)).collect()).collect()
}

/// Mean and standard error of the probability over replications.
fn outage(label: &str, scenario: &Value, replications: u32) -> (f64, f64) {
    crate::rare::mean_of(replications, |replication| {
        let record = run_of(scenario, replication);
        if replication == 0 {
            crate::rare::tell(label, &record);
        }
        value(&record, "outages.probability")
    })
}

#[test]
fn the_chain_is_known_where_it_is_easy() {
    // One state: exponential. Two in a row: a sum of exponentials.
    agrees("one", has_been(&[0.3], &[0.0], 2.0), -libm::expm1(-0.6), 1e-12);
    agrees("two", has_been(&[2.0, 2.0], &[0.0, 0.0], 1.5), 1.0 - libm::exp(-3.0) * 4.0, 1e-12);
}

/// Machines of the oracles, over so long that the beginning does not matter: then events come at the rate π₀·nλ·γ.
fn machines_down_at_once(scale: Scale) {
    for id in ["n.repair.1", "n.repair.3", "n.repair.4"] {
        let oracle = Oracle::named(id);
        let (n, crews) = (oracle.param("n") as u32, oracle.param("crews") as u32);
        let (fails, mends) = (oracle.param("lam"), oracle.param("mu"));
        let hours = 1_000.0;
        let up: Vec<f64> = (0..n).map(|down| f64::from(n - down) * fails).collect();
        let down: Vec<f64> = (0..n).map(|down| f64::from(down.min(crews)) * mends).collect();
        let truth = has_been(&up, &down, hours);
        let full = scale == Scale::Full;
        let (paths, replications) = if full { (10_000, 20) } else { (500, 10) };
        let mut methods = vec!["auto"];
        methods.extend(["biasing", "both"].iter().filter(|_| full));
        for method in methods {
            let rare = json!({ "outage": { "down": n }, "paths": paths, "method": method });
            let label = format!("{id} by {method}");
            let found = outage(&label, &machines((n, crews), (fails, mends), hours, rare), replications);
            crate::rare::hold(&label, found, truth, if full { 0.05 } else { 0.6 });
            // The share of the time in which all are up, and the rate of first failures then.
            let weights: Vec<f64> = std::iter::once(1.0)
                .chain((0..n as usize - 1).scan(1.0, |weight, state| {
                    *weight *= up[state] / down[state + 1];
                    Some(*weight)
                }))
                .collect();
            let begins = hours * f64::from(n) * fails / weights.iter().sum::<f64>();
            if full {
                agrees("by cycles", found.0 / begins, oracle.value("gamma"), oracle.tolerance("gamma"));
            }
        }
    }
}

/// Probability that within `hours` an outage has lasted for `least`, of a machine that fails at the rate `fails` and is down for a lognormal time: the renewal
/// equations, in steps of a quarter of an hour.
fn has_been_down_for(fails: f64, (median, sigma): (f64, f64), least: f64, hours: f64) -> f64 {
    let step = 0.25;
    let below = |x: f64| {
        if x > 0.0 { 0.5 * libm::erfc(-libm::log(x / median) / (sigma * 2.0_f64.sqrt())) } else { 0.0 }
    };
    let steps = (hours / step) as usize;
    let ends: Vec<f64> = (0..(least / step) as usize)
        .map(|at| below(step * (at + 1) as f64) - below(step * at as f64))
        .collect();
    let long = 0.5 * libm::erfc(libm::log(least / median) / (sigma * 2.0_f64.sqrt()));
    // Of one that is up at the beginning of the time that is left, and of one that has just failed.
    let (mut up, mut failed) = (vec![0.0; steps + 1], vec![0.0; steps + 1]);
    let keeps = libm::exp(-fails * step);
    for at in 1..=steps {
        let left = step * at as f64;
        // An outage that ends within a step ends in its middle: half of it counts to either side; of the step that is not known yet, to the one before.
        let halves =
            |place: usize| 0.5 * (up[at - place - 1] + up[if place == 0 { at - 1 } else { at - place }]);
        let again: f64 = ends.iter().take(at).enumerate().map(|(place, share)| share * halves(place)).sum();
        failed[at] = again + if left >= least { long } else { 0.0 };
        up[at] = keeps * up[at - 1] + (1.0 - keeps) * 0.5 * (failed[at] + failed[at - 1]);
    }
    up[steps]
}

/// A single machine with a heavy tail of outages: only splitting over their duration sees the long ones.
fn a_long_outage(scale: Scale) {
    let full = scale == Scale::Full;
    let (paths, replications) = if full { (5_000, 20) } else { (400, 10) };
    for (least, label) in [(100.0, "hundred hours"), (400.0, "four hundred hours")] {
        let down = json!({ "lognormal": { "median": "1 h", "sigma": 1 } });
        let faults = json!({ "up": exponential("30 d"), "down": down });
        let rare = json!({ "outage": { "down": 1, "longer_than": hours(least) }, "paths": paths });
        let scenario = Setup::new(1, 1, 0.0, HOUR * 8766.0).node("hardware", json!({ "faults": faults }));
        let found = outage(label, &scenario.top("rare", rare).build(), replications);
        let truth = has_been_down_for(1.0 / 720.0, (1.0, 1.0), least, 8766.0);
        crate::rare::hold(label, found, truth, if full { 0.1 } else { 1.0 });
    }
}

/// Two of three machines down for longer than so long: outages begin at the rate of the stationary chain, and last as two states do.
fn too_many_for_too_long(scale: Scale) {
    let full = scale == Scale::Full;
    let (paths, replications) = if full { (5_000, 20) } else { (400, 10) };
    let (fails, mends, least, horizon) = (1e-4, 0.5, 20.0, 87_660.0);
    let rare = json!({ "outage": { "down": 2, "longer_than": hours(least) }, "paths": paths });
    let scenario = machines((3, 3), (fails, mends), horizon, rare);
    let found = outage("two of three", &scenario, replications);
    // Stationary: one down with probability 3 a/(1 + a)³, where a = λ/μ; then the second fails at 2 λ.
    let a = fails / mends;
    let begin = 2.0 * fails * 3.0 * a / ((1.0 + a) * (1.0 + a) * (1.0 + a));
    // From two down: to three at λ, to one at 2 μ; back at 3 μ. The chain leaves at the latter only, so it stays by the exponential of a 2 × 2 generator.
    let (q, r) = ([-(fails + 2.0 * mends), fails], [3.0 * mends, -3.0 * mends]);
    let (trace, det) = (q[0] + r[1], q[0] * r[1] - q[1] * r[0]);
    let root = (0.25 * trace * trace - det).sqrt();
    let (one, two) = (0.5 * trace + root, 0.5 * trace - root);
    let (e, f) = (libm::exp(one * least), libm::exp(two * least));
    // e^(Qt)·1 from the first state, by Sylvester's formula.
    let row = q[0] + q[1];
    let stays = e * (row - two) / (one - two) + f * (row - one) / (two - one);
    let truth = -libm::expm1(-begin * stays * (horizon - least - 1.0 / (2.0 * mends)));
    crate::rare::hold("two of three", found, truth, if full { 0.1 } else { 0.6 });
}
