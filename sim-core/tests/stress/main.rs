//! Requests under stress, routing and scores: what policies cannot move, what is the same in other words, and what protects.

use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::{self, NoFiles, Overrides, Plan, Problems, Source};

mod requests;
mod routing;
mod score;

fn plan(file: &Value) -> Result<Plan, Problems> {
    let text = file.to_string();
    scenario::load(&Source { name: "stress.json", text: &text }, &NoFiles, &Overrides::default())
}

/// Runs every policy of a file once.
fn run(file: &Value, replication: u32) -> Vec<RunRecord> {
    let plan = plan(file).unwrap_or_else(|problems| panic!("{problems}"));
    let scenario = &plan.variations[0].scenario;
    scenario.policies.keys().map(|policy| sim_core::run(scenario, policy, 0, replication)).collect()
}

/// Runs one policy.
fn alone(file: &Value, policy: &Value) -> RunRecord {
    run(&with(file, "/policies", json!({ "alone": policy })), 0).remove(0)
}

fn value(record: &RunRecord, name: &str) -> f64 {
    *record.metrics.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", record.metrics))
}

fn with(file: &Value, pointer: &str, to: Value) -> Value {
    let mut file = file.clone();
    let (object, field) = pointer.rsplit_once('/').expect("a pointer");
    file.pointer_mut(object).unwrap_or_else(|| panic!("nothing at {object}"))[field] = to;
    file
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
