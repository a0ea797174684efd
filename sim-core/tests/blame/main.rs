//! What is charged to root causes: it adds up exactly, changes nothing, and goes with its cause.

#[path = "../common/mod.rs"]
mod common;
mod jobs;
mod objects;
mod storms;

use common::{load, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// A run that asks for causes, which must be the same as one that does not.
fn blamed(file: &Value, replication: u32) -> RunRecord {
    let run = |file: &Value| {
        let scenario = load(file);
        let policy = scenario.policies.keys().next().expect("a policy").clone();
        sim_core::run(&scenario, &policy, 0, replication)
    };
    let (before, after) = (run(file), run(&with(file.clone(), "/blame", json!(true))));
    assert_eq!((&before.trace, &before.exogenous), (&after.trace, &after.exogenous), "{file}");
    for (name, value) in &before.metrics {
        assert_eq!(after.metrics.get(name).map(|it| it.to_bits()), Some(value.to_bits()), "{name}: {file}");
    }
    assert!(before.metrics.keys().all(|name| !name.starts_with("blame")), "{file}");
    after
}

/// Requires causes to make up their sum, and that to be what is missing.
#[track_caller]
fn adds_up(record: &RunRecord, sum: &str, missing: f64) {
    let prefix = format!("{sum}.");
    let causes = record
        .metrics
        .iter()
        .filter(|(name, _)| name.strip_prefix(&prefix).is_some_and(|cause| !cause.contains('.')));
    let causes: f64 = causes.map(|(_, value)| value).sum();
    let all = value(record, sum);
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1e-3);
    assert!(near(causes, all) && near(all, missing), "{sum}: {causes}, {all} and {missing}");
}
