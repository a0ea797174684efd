//! Requests under stress, routing and scores: what policies cannot move, what is the same in other words, and what protects.

use common::{load, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

mod beats;
mod chains;
#[path = "../common/mod.rs"]
mod common;
mod requests;
mod routing;
mod score;

/// Runs every policy of a file once.
fn run(file: &Value, replication: u32) -> Vec<RunRecord> {
    let scenario = load(file);
    scenario.policies.keys().map(|policy| sim_core::run(&scenario, policy, 0, replication)).collect()
}

/// Runs one policy.
fn alone(file: &Value, policy: &Value) -> RunRecord {
    run(&with(file.clone(), "/policies", json!({ "alone": policy })), 0).remove(0)
}

/// `nodes` nodes of one slot at a load, with exponential work of 100 ms.
fn queues(nodes: u32, load: f64, duration: &str) -> Value {
    json!({
        "name": "queues",
        "duration": duration,
        "warmup": "20 s",
        "regions": { "here": {}, "there": {} },
        "backbone": { "between": [["here", "there", "30 ms"]] },
        "nodes": { "box": {} },
        "fleet": [
            { "name": "near", "region": "here", "sites": nodes / 2, "link": { "latency": { "lognormal": { "median": "5 ms", "sigma": 0.4 } } }, "racks": [{ "nodes": { "box": 1 } }] },
            { "name": "far", "region": "there", "sites": nodes - nodes / 2, "link": { "latency": "8 ms", "loss": 0.01 }, "racks": [{ "nodes": { "box": 1 } }] }
        ],
        "workloads": { "work": { "requests": {
            "arrivals": { "poisson": { "rate": format!("{} /s", 10.0 * load * f64::from(nodes)) } },
            "demand": { "exponential": { "mean": "100 ms" } }, "deadline": "1 s", "from": { "here": 1 }, "keys": { "count": 50, "skew": 0.8 } } } },
        "policies": {}
    })
}

#[path = "../../examples/dispatch_policy.rs"]
#[allow(dead_code, reason = "its `main` is that of the example")]
mod dispatch_policy;

#[test]
fn the_example_runs_beside_the_built_in_policies() {
    let rows = dispatch_policy::compare(2);
    assert_eq!(rows.len(), 5);
    let shown = dispatch_policy::report(&rows);
    let of = |name: &str| rows.iter().find(|row| row.0 == name).expect(name).1.iter().sum::<f64>();
    assert!(of("earliest-reply") > of("random"), "{shown}");
    assert!(shown.contains("±"), "{shown}");
}
