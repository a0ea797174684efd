//! Group j: checkpoints, restarts, replicas and quorums of long computations.
//!
//! The files are what a user would write: nodes with faults, a demand, and the policy; nothing else is set.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(checkpoints_and_restarts, formulas_of_the_interval, restarts_from_scratch, replicas, quorums);

/// Jobs of `demand` hours, a few at a time, on nodes that are up `mtbf` and down `down` hours.
fn fleet(nodes: u32, demand: f64, faults: Option<(f64, f64)>, gap: f64, jobs: f64, policy: Value) -> Value {
    let hardware = faults.map_or(
        json!({}),
        |(mtbf, down)| json!({ "faults": { "up": exponential(&hours(mtbf)), "down": hours(down) } }),
    );
    json!({
        "name": "jobs",
        "seed": 1974,
        "duration": hours(gap * jobs),
        "nodes": { "node": { "hardware": hardware } },
        "fleet": [{ "sites": nodes, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "long": { "jobs": { "arrivals": { "every": hours(gap) }, "demand": hours(demand) } } },
        "policies": { "policy": { "jobs": policy } }
    })
}

fn in_hours(name: &'static str) -> impl Fn(&sim_core::measure::record::RunRecord) -> f64 {
    move |record| value(record, name) / 3600.0
}

/// A sound fleet never makes a job wait, and jobs that are not done at the end are so few that they do not bias the mean.
fn checkpoints_and_restarts(scale: Scale) {
    for number in [2, 4] {
        let oracle = Oracle::named(&format!("j.ckpt.{number}"));
        let demand = oracle.param("W");
        for segments in [10, 20, 50, 100] {
            let name = format!("E_total_n{segments}");
            let expected = oracle.value(&name);
            let policy = json!({
                "on_failure": "wait",
                "checkpoint": {
                    "every": hours(demand / f64::from(segments)),
                    "cost": hours(oracle.param("C")),
                    "restart": hours(oracle.param("R")),
                }
            });
            let study = Study::new(&name, scale, 20, 25.0, |factor| {
                let faults = Some((oracle.param("MTBF"), oracle.param("D")));
                fleet(60, demand, faults, expected / 20.0, factor * 400.0, policy.clone())
            });
            study.agrees(&oracle, &name, 0.03, in_hours("jobs.completion_time.mean"));
        }
    }
}

/// The words take the failures of the node type, and cost what the formulas say.
fn formulas_of_the_interval(scale: Scale) {
    let oracle = Oracle::named("j.ckpt.4");
    let [demand, mtbf, down] = ["W", "MTBF", "D"].map(|name| oracle.param(name));
    let [cost, restart] = ["C", "R"].map(|name| oracle.param(name));
    let rate = 1.0 / mtbf;
    for (word, interval) in [("young", "young"), ("daly", "daly_high_order"), ("optimal", "tau_opt")] {
        let interval = oracle.value(interval);
        let segments = (demand / interval).floor();
        let each = |work: f64| {
            libm::exp(rate * restart) * (1.0 / rate + down) * (libm::exp(rate * (work + cost)) - 1.0)
        };
        let expected = segments * each(interval) + each(demand - segments * interval);
        let policy = json!({
            "on_failure": "wait",
            "checkpoint": { "every": word, "cost": hours(cost), "restart": hours(restart) }
        });
        let study = Study::new(word, scale, 20, 10.0, |factor| {
            fleet(60, demand, Some((mtbf, down)), expected / 20.0, factor * 400.0, policy.clone())
        });
        study.agrees_with(word, expected, 0.03, in_hours("jobs.completion_time.mean"));
    }
}

fn restarts_from_scratch(scale: Scale) {
    for number in [1, 3] {
        let oracle = Oracle::named(&format!("j.restart.{number}"));
        let [demand, mtbf, down] = ["W", "MTBF", "D"].map(|name| oracle.param(name));
        let study = Study::new("restart", scale, 20, 50.0, |factor| {
            fleet(20, demand, Some((mtbf, down)), demand, factor * 1_000.0, json!({ "on_failure": "wait" }))
        });
        study.agrees(&oracle, "E_makespan", 0.05, in_hours("jobs.completion_time.mean"));
        study.agrees(&oracle, "mean_failures", 0.15, |record| {
            value(record, "jobs.attempts") / value(record, "jobs.instances") - 1.0
        });
    }
}

fn replicas(scale: Scale) {
    for number in [1, 4] {
        let oracle = Oracle::named(&format!("j.repl.{number}"));
        let [demand, mtbf, down] = ["W", "MTBF", "D"].map(|name| oracle.param(name));
        let copies = oracle.param("r") as u32;
        let policy = json!({ "copies": copies, "on_failure": "wait" });
        let study = Study::new("replicas", scale, 20, 50.0, |factor| {
            fleet(40, demand, Some((mtbf, down)), demand, factor * 1_000.0, policy.clone())
        });
        study.agrees(&oracle, "E_makespan", 0.03, in_hours("jobs.completion_time.mean"));
        study.agrees(&oracle, "machine_hours", 0.05, |record| {
            value(record, "jobs.started_work") / 3600.0 / value(record, "jobs.arrived")
        });
        study.agrees(&oracle, "mean_rounds", 0.03, |record| {
            value(record, "jobs.attempts") / value(record, "jobs.arrived") / f64::from(copies)
        });
    }
}

fn quorums(scale: Scale) {
    for number in [2, 3] {
        let oracle = Oracle::named(&format!("j.quorum.{number}"));
        let quorum = oracle.param("q") as u32;
        for (letter, wrong_results) in [("A", "colluding"), ("B", "independent")] {
            let study = Study::new(wrong_results, scale, 20, 100.0, |factor| {
                let mut file = fleet(40, 1.0, None, 1.0, factor * 5_000.0, json!({ "quorum": quorum }));
                file["nodes"]["node"]["error_rate"] = json!(oracle.param("e"));
                file["workloads"]["long"]["jobs"]["wrong_results"] = json!(wrong_results);
                file
            });
            let per_job = |name: &'static str| ratio(name, "jobs.completed");
            let instances = if letter == "A" { "A_mean_instances" } else { "B_mean_instances" };
            study.agrees(&oracle, instances, 0.01, per_job("jobs.instances"));
            if letter == "A" {
                study.agrees(&oracle, "A_P_accept_wrong", 3.0, per_job("jobs.wrong"));
            } else {
                assert_eq!(study.estimate(metric("jobs.wrong")).0, 0.0);
            }
        }
    }
}
