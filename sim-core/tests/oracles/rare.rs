//! Group n and what is rare of group d: splitting and failure biasing against exact results.
//!
//! Chains that nobody needs a simulator for hold the methods themselves to theory, the variance of splitting included; probabilities of
//! losing objects go through scenario files with `rare`. Replications are independent and each gives an unbiased estimate: their mean must lie within
//! five of its own standard errors, which must be small enough to mean something.

use crate::support::*;
use serde_json::{Value, json};
use sim_core::kernel::{Process, Stream, Streams};
use sim_core::measure::record::RunRecord;
use sim_core::rare::{Branch, Forks, Likelihood, Weighted, merge_levels, split};

at_both_scales!(
    queues_reach_a_level,
    the_variance_of_splitting,
    machines_all_down,
    losses_of_queues,
    sums_of_exponentials,
    repairs_that_take_time,
    checks_by_day,
    no_repair,
);

/// A walk on the numbers from 0, up with probability `up`, that ends at 0.
struct Walk {
    streams: Streams,
    up: f64,
}

impl Forks for Walk {
    type State = u32;

    fn path(&mut self, from: &u32, branch: Branch, level: u32, events: &mut u64) -> Option<(u32, f64)> {
        let draws = self.streams.branch(branch.0).stream(Process::Arrival, 0);
        let (mut at, mut index) = (*from, 0);
        while at > 0 && at < level {
            at = if draws.unit(0, index) < self.up { at + 1 } else { at - 1 };
            index += 1;
        }
        *events += u64::from(index);
        (at >= level).then_some((at, 1.0))
    }
}

fn walk(rho: f64, replication: u32) -> (Walk, Stream) {
    let streams = Streams::new(77, replication);
    (Walk { streams, up: rho / (1.0 + rho) }, streams.stream(Process::RareResample, 0))
}

/// Estimates of independent replications: their mean, and its standard error.
pub fn mean_of(replications: u32, estimate: impl Fn(u32) -> f64) -> (f64, f64) {
    let mut sample = (0.0, 0.0);
    for replication in 0..replications {
        let found = estimate(replication);
        sample = (sample.0 + found, sample.1 + found * found);
    }
    let n = f64::from(replications);
    let mean = sample.0 / n;
    (mean, ((sample.1 / n - mean * mean).max(0.0) / (n - 1.0)).sqrt())
}

/// Requires a mean to be within five standard errors of the truth, and those to be at most `resolution` of it.
pub fn hold(label: &str, (mean, error): (f64, f64), truth: f64, resolution: f64) {
    eprintln!("{label}: {mean:.4e} ± {:.1} % (truth {truth:.4e})", 100.0 * error / mean);
    assert!(5.0 * error <= resolution * truth, "{label}: five standard errors {} of {truth}", 5.0 * error);
    assert!((mean - truth).abs() <= 5.0 * error, "{label}: {mean} ± {error} instead of {truth}");
}

/// P(reach `to` before 0 from 1) by a pilot and splitting.
fn reaches(rho: f64, to: u32, paths: u32, replication: u32) -> (f64, Vec<u32>, Walk) {
    let (mut walk, resample) = walk(rho, replication);
    let all: Vec<u32> = (2..=to).collect();
    let pilot = split(&mut walk, 1, &all, paths / 5, (1 << 10, &resample));
    let levels = merge_levels(&all, &pilot.stages, 0.2);
    let found = split(&mut walk, 1, &levels, paths, (0, &resample));
    (found.probability, levels, walk)
}

fn queues_reach_a_level(scale: Scale) {
    let (paths, replications) = if scale == Scale::Full { (10_000, 40) } else { (1_000, 10) };
    for id in ["n.ruin.1", "n.ruin.3", "n.ruin.4", "n.ruin.6"] {
        let oracle = Oracle::named(id);
        let (rho, to) = (oracle.param("rho"), oracle.param("L") as u32);
        let found = mean_of(replications, |replication| reaches(rho, to, paths, replication).0);
        let resolution = if scale == Scale::Full { 0.1 } else { 0.6 };
        hold(id, found, oracle.value("gamma"), resolution);
    }
}

fn the_variance_of_splitting(scale: Scale) {
    let replications = if scale == Scale::Full { 2_000 } else { 200 };
    for (id, levels) in [("n.splitvar.1", (5..=20).step_by(5)), ("n.splitvar.3", (2..=20).step_by(1))] {
        let oracle = Oracle::named(id);
        let levels: Vec<u32> = levels.collect();
        let paths = oracle.param("n_per_level") as u32;
        let (mut told, truth) = (0.0, oracle.value("gamma"));
        let mut estimates = Vec::new();
        for replication in 0..replications {
            let (mut walk, resample) = walk(oracle.param("rho"), replication);
            let found = split(&mut walk, 1, &levels, paths, (0, &resample));
            estimates.push(found.probability);
            told += found.relative_error / f64::from(replications);
        }
        let (mean, error) = mean_of(replications, |replication| estimates[replication as usize]);
        hold(id, (mean, error), truth, 0.2);
        let spread = error * f64::from(replications).sqrt() / truth;
        let known = oracle.value("rel_std");
        agrees("spread", spread, known, 0.15 * known);
        agrees("what is told of it", told, known, 0.1 * known);
    }
}

/// Machines that fail and are repaired, by balanced failure biasing of the chain of states.
fn machines_all_down(scale: Scale) {
    let (paths, replications) = if scale == Scale::Full { (100_000, 20) } else { (5_000, 10) };
    for id in ["n.repair.1", "n.repair.3", "n.repair.4"] {
        let oracle = Oracle::named(id);
        let (n, crews) = (oracle.param("n") as u32, oracle.param("crews") as u32);
        let (fails, mends) = (oracle.param("lam"), oracle.param("mu"));
        let found = mean_of(replications, |replication| {
            let mut weights = Weighted::default();
            for path in 0..paths {
                let branch = Branch::new(0, path);
                let draws = Streams::new(78, replication).branch(branch.0).stream(Process::HardwareFault, 0);
                let (mut down, mut index, mut likelihood) = (1, 0, Likelihood::default());
                while down > 0 && down < n {
                    let up_rate = f64::from(n - down) * fails;
                    let truly = up_rate / (up_rate + f64::from(down.min(crews)) * mends);
                    let fails_now = draws.unit(0, index) < 0.5;
                    index += 1;
                    likelihood.chose(if fails_now { truly } else { 1.0 - truly }, 0.5);
                    down = if fails_now { down + 1 } else { down - 1 };
                }
                weights.push((down == n).then(|| likelihood.ratio()));
            }
            weights.mean()
        });
        hold(id, found, oracle.value("gamma"), if scale == Scale::Full { 0.05 } else { 0.3 });
    }
}

/// Losses over arrivals in cycles from empty to empty: the chance that a cycle fills the queue by splitting, the rest plainly.
fn losses_of_queues(scale: Scale) {
    let (paths, replications) = if scale == Scale::Full { (10_000, 40) } else { (1_000, 10) };
    for id in ["n.loss.1", "n.loss.2", "n.loss.3"] {
        let oracle = Oracle::named(id);
        let (rho, room) = (oracle.param("rho"), oracle.param("K") as u32);
        let found = mean_of(replications, |replication| {
            let (fills, _, walk) = reaches(rho, room, paths, replication);
            let cycles = |from: u32, lost_only: bool, stage: u32| {
                let mut sum = 0.0;
                for path in 0..paths {
                    let branch = Branch::new(stage, path);
                    let draws = walk.streams.branch(branch.0).stream(Process::Arrival, 0);
                    let (mut at, mut index) = (from, 0);
                    while at > 0 {
                        if draws.unit(0, index) < walk.up {
                            sum += f64::from(u8::from(!lost_only || at == room));
                            at = (at + 1).min(room);
                        } else {
                            at -= 1;
                        }
                        index += 1;
                    }
                }
                sum / f64::from(paths)
            };
            // A cycle begins with the arrival that makes it.
            fills * cycles(room, true, 1 << 11) / (1.0 + cycles(1, false, 1 << 12))
        });
        // A ratio of means is biased by about the square of its relative error.
        hold(id, found, oracle.value("loss"), if scale == Scale::Full { 0.15 } else { 0.7 });
    }
}

/// Clocks made slower, so that their sum is as large as is asked for.
fn sums_of_exponentials(scale: Scale) {
    let (paths, replications) = if scale == Scale::Full { (100_000, 20) } else { (5_000, 10) };
    for id in ["n.erlangtail.1", "n.erlangtail.2", "n.erlangtail.3"] {
        let oracle = Oracle::named(id);
        let (terms, least) = (oracle.param("k") as u32, oracle.param("t"));
        let factor = f64::from(terms) / least;
        let found = mean_of(replications, |replication| {
            let draws = Streams::new(79, replication).stream(Process::Demand, 0);
            let mut weights = Weighted::default();
            for path in 0..paths {
                let (mut sum, mut likelihood) = (0.0, Likelihood::default());
                for term in 0..terms {
                    let gap = -libm::log(draws.unit(path, term)) / factor;
                    likelihood.exposed(factor, 1.0, gap);
                    likelihood.rang(factor);
                    sum += gap;
                }
                weights.push((sum > least).then(|| likelihood.ratio()));
            }
            weights.mean()
        });
        hold(id, found, oracle.value("p"), if scale == Scale::Full { 0.03 } else { 0.2 });
    }
}

const YEAR: f64 = 365.25 * 86_400.0;

/// One object on as many nodes as it has shards: a dead unit is replaced at once by an empty one.
fn object(data: u32, total: u32, life: f64, duration: f64, repair: Value, rare: Value) -> Value {
    let death = json!({ "lifetime": exponential(&seconds(life)), "replacement": "0 s" });
    let mut objects = json!({ "code": { "data": data, "total": total } });
    if !repair.is_null() {
        objects["repair"] = repair;
    }
    Setup::new(total, 1, 0.0, duration)
        .node("hardware", json!({ "death": death }))
        .top("workloads", json!({ "data": { "objects": { "count": 1 } } }))
        .top("rare", rare)
        .policy("health", json!("oracle"))
        .policy("objects", objects)
        .build()
}

fn of_oracle(oracle: &Oracle, years: f64, rare: Value) -> Value {
    let time = exponential(&seconds(YEAR / oracle.param("mu_per_year")));
    let repair = match oracle.text("mode") {
        "parallel" => json!({ "time": time, "parallel": "unlimited" }),
        "serial" => json!({ "time": time, "parallel": 1 }),
        "batch" => json!({ "time": time, "per": "object" }),
        _ => json!({ "time": time, "per": "object", "below": oracle.param("threshold") as u32 + 1 }),
    };
    let (data, total) = (oracle.param("k") as u32, oracle.param("n") as u32);
    object(data, total, YEAR / oracle.param("lam_per_year"), years * YEAR, repair, rare)
}

/// Says how the first replication was estimated.
pub fn tell(label: &str, record: &RunRecord) {
    let Some(rare) = &record.rare else { return };
    let told = |name: &str| record.metrics.get(name).copied().unwrap_or(f64::NAN);
    eprintln!(
        "{label}: {} {:?} error {:.3}, {} events, gain {:.1e}; {}",
        rare.method,
        rare.stages,
        told("rare.relative_error"),
        told("rare.effort"),
        told("rare.variance_reduction"),
        rare.why.split(';').next().unwrap_or_default(),
    );
}

/// The loss probability over replications, and its standard error. `method` is that of all of them, if it is known beforehand.
fn losses(label: &str, scenario: &Value, replications: u32, method: Option<&str>) -> (f64, f64) {
    mean_of(replications, |replication| {
        let record = run_of(scenario, replication);
        let rare = record.rare.as_ref().expect("it is estimated");
        assert!(rare.alone, "{}", rare.why);
        assert!(method.is_none_or(|method| method == rare.method), "{}: {}", rare.method, rare.why);
        if replication == 0 {
            tell(label, &record);
        }
        value(&record, "objects.loss_probability")
    })
}

/// Requires the estimate to agree with a result of an oracle. At full length it must keep the relative standard error that is stated here, and the tolerance of the oracle.
fn lost_as(
    oracle: &Oracle,
    name: &str,
    scenario: &Value,
    scale: Scale,
    (replications, stated): (u32, f64),
) -> f64 {
    let label = format!("{} {name}", oracle.id());
    let found = losses(&label, scenario, replications, None);
    let truth = oracle.value(name);
    hold(&label, found, truth, if scale == Scale::Full { 5.0 * stated } else { 1.0 });
    if scale == Scale::Full {
        // The closed form of the table has no tolerance of its own.
        agrees(&label, found.0, truth, oracle.tolerance(name).max(0.03 * truth));
    }
    found.0
}

/// Where plain simulation sees losses, too: all methods agree with the truth.
#[test]
fn methods_are_unbiased_where_losses_are_common() {
    let common = [
        ("d.rep2", "biasing", 400),
        ("d.rep2", "splitting", 400),
        ("d.rep2", "both", 200),
        ("d.rep3", "biasing", 400),
        ("d.rep3", "auto", 400),
        ("d.ec8_4", "splitting", 200),
        ("d.ec8_4", "biasing", 400),
        ("d.ec8_4", "both", 200),
        ("d.ec30_10lazy", "biasing", 200),
    ];
    for (id, method, paths) in common {
        let oracle = Oracle::named(id);
        let scenario = of_oracle(&oracle, 1.0, json!({ "method": method, "paths": paths }));
        let label = format!("{id} by {method}");
        let found = losses(&label, &scenario, 10, Some(method).filter(|it| *it != "auto"));
        hold(&label, found, oracle.value("P_loss_1y"), 0.6);
    }
}

/// Repairs that take continuous time, in a year and in five; what is between them is the rate of losses once the beginning is forgotten.
fn repairs_that_take_time(scale: Scale) {
    let full = scale == Scale::Full;
    let (paths, replications) = if full { (10_000, 20) } else { (500, 10) };
    for id in ["d.rep3rr", "d.ec20_10eager"] {
        let oracle = Oracle::named(id);
        let within = |name: &str, years: f64| {
            let scenario = of_oracle(&oracle, years, json!({ "paths": paths }));
            lost_as(&oracle, name, &scenario, scale, (replications, 0.006))
        };
        let one = within("P_loss_1y", 1.0);
        if full {
            agrees("nines", -libm::log10(one), oracle.value("nines_1y"), oracle.tolerance("nines_1y"));
            let rate = (within("P_loss_5y", 5.0) - one) / 4.0;
            let tolerance = oracle.tolerance("loss_rate_per_year_renewed");
            agrees("rate", rate, oracle.value("loss_rate_per_year_renewed"), tolerance);
            agrees("MTTDL", 1.0 / rate, oracle.value("MTTDL_years"), oracle.tolerance("MTTDL_years"));
        }
    }
}

/// Checks each day, between which all is lost that is: such times are biased as a whole.
fn checks_by_day(scale: Scale) {
    for id in ["d.per3_1", "d.per30_10", "d.per80_29"] {
        let oracle = Oracle::named(id);
        let (data, total) = (oracle.param("k") as u32, oracle.param("n") as u32);
        let life = -86_400.0 / libm::log1p(-oracle.param("p"));
        let below = oracle.param("m") as u32 + 1;
        let repair = json!({ "check": "1 d", "below": below, "time": "0 s", "per": "object" });
        let full = scale == Scale::Full;
        let (paths, replications) = if full { (4_000, 20) } else { (300, 10) };
        let rare = json!({ "paths": paths });
        let scenario = object(data, total, life, 86_400.0 * oracle.param("periods"), repair, rare);
        lost_as(&oracle, "P_loss", &scenario, scale, (replications, 0.006));
    }
}

/// Without repair, every code of the published table.
fn no_repair(scale: Scale) {
    let oracle = Oracle::named("d.storj_table");
    let month = 30.0 * 86_400.0;
    let life = -month / libm::log1p(-oracle.param("p"));
    for (data, total) in crate::durability::CODES {
        // The longest take too long for a quick test.
        if scale == Scale::Quick && total > 20 {
            continue;
        }
        let (paths, replications) = if scale == Scale::Full { (8_000, 20) } else { (200, 5) };
        let scenario = object(data, total, life, month, Value::Null, json!({ "paths": paths }));
        let name = format!("Binomial_Ploss_k{data}_n{total}");
        lost_as(&oracle, &name, &scenario, scale, (replications, 0.01));
    }
}
