//! What must be true of jobs in every run: nothing is lost from the accounts, small worlds run exactly as they should, and kinder
//! conditions never make things worse.

#[path = "../common/mod.rs"]
mod common;
mod instances;
mod many;
mod rough;
mod speed;
mod ways;

use common::{load, refused, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// Runs a file under a policy for jobs alone, or with a health check.
fn run(file: &Value, policy: Value) -> RunRecord {
    let policy = if policy.get("jobs").is_some() { policy } else { json!({ "jobs": policy }) };
    sim_core::run(&load(&with(file.clone(), "/policies", json!({ "it": policy }))), "it", 0, 0)
}

fn assert_value(record: &RunRecord, name: &str, expected: f64) {
    let found = value(record, name);
    assert!(
        (found - expected).abs() <= 1e-8 * expected.abs().max(1.0),
        "{name}: {found} instead of {expected}"
    );
}

const CAUSES: [&str; 10] = [
    "failure",
    "suspicion",
    "copies",
    "checkpoint",
    "restart",
    "wrong",
    "validation",
    "speculation",
    "migration",
    "deadline",
];

/// Work started is useful, wasted or in progress; jobs arrived are done, failed, running or waiting.
fn assert_conserved(record: &RunRecord) {
    let started = value(record, "jobs.started_work");
    let wasted: f64 =
        CAUSES.iter().map(|cause| value(record, &format!("jobs.wasted_work.{cause}")) * started).sum();
    let known = value(record, "jobs.useful_work") + wasted + value(record, "jobs.work_in_progress");
    assert!(
        (started - known).abs() <= 1e-9 * started,
        "{started} started, {known} accounted for: {:?}",
        record.metrics
    );
    assert!((wasted - value(record, "jobs.wasted_work") * started).abs() <= 1e-9 * started);
    let states = ["completed", "failed", "running", "waiting"];
    let jobs: f64 = states.iter().map(|state| value(record, &format!("jobs.{state}"))).sum();
    assert_eq!(jobs, value(record, "jobs.arrived"));
}

/// Nodes without flaws, and a job every thousand seconds.
fn ideal(nodes: u32) -> Value {
    json!({
        "name": "ideal",
        "duration": "1999 s",
        "nodes": { "node": {} },
        "fleet": [{ "name": "farm", "sites": nodes, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "jobs": { "arrivals": { "every": "1000 s" }, "demand": "200 s" } } },
        "policies": { "it": {} }
    })
}

#[test]
fn without_jobs_nothing_is_said_of_them() {
    let file = with(ideal(1), "/workloads", json!({}));
    assert!(run(&file, json!({})).metrics.keys().all(|name| !name.starts_with("jobs")));
}

#[test]
fn nonsense_is_refused() {
    let of = |jobs: Value| refused(&with(ideal(3), "/policies", json!({ "it": { "jobs": jobs } })));
    assert!(of(json!({ "quorum": 4 })).contains("the fleet has 3"));
    assert!(of(json!({ "copies": 4 })).contains("the fleet has 3"));
    assert!(of(json!({ "reserve": 1 })).contains("none is left to jobs"));
    assert!(of(json!({ "checkpoint": { "every": "0 s" } })).contains("out of range"));
    assert!(of(json!({ "checkpoint": { "every": "young" } })).contains("neither `cost` nor `state`"));
    assert!(of(json!({ "checkpoint": { "every": "young", "cost": "0 s" } })).contains("all the time"));
    assert!(of(json!({ "drain": {} })).contains("nothing makes instances leave"));
    assert!(of(json!({ "trust": {} })).contains("there is none"));
    assert!(of(json!({ "quorum": 3, "max_instances": 2 })).contains("at most 2 instances"));
    let hopeless = with(ideal(3), "/nodes/node/error_rate", json!(1));
    let hopeless = refused(&with(hopeless, "/policies", json!({ "it": { "jobs": { "quorum": 2 } } })));
    assert!(hopeless.contains("no quorum is ever met"));
}
