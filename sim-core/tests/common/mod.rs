//! What the tests of whole scenarios share.

#![allow(dead_code, reason = "every test binary has a copy of this and uses what it needs of it")]
#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::{self, Files, NoFiles, Overrides, Plan, Problems, Scenario, Source};
use sim_core::simulation::{Model, Simulation};

/// The same file with `value` at `pointer`, whose parent is there.
pub fn with(mut file: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    file.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"))[field] = value;
    file
}

/// The distribution with this mean and no memory.
pub fn exponential(mean: &str) -> Value {
    json!({ "exponential": { "mean": mean } })
}

/// What is planned in a file that names others, which are found in `files`.
pub fn plan_from(file: &Value, files: &dyn Files) -> Result<Plan, Problems> {
    let text = file.to_string();
    scenario::load(&Source { name: "world.json", text: &text }, files, &Overrides::default())
}

/// What is planned in a file, or what is wrong with it.
pub fn plan(file: &Value) -> Result<Plan, Problems> {
    plan_from(file, &NoFiles)
}

/// What is planned in a file in order.
pub fn planned(file: &Value) -> Plan {
    plan(file).unwrap_or_else(|problems| panic!("{problems}\n{file:#}"))
}

/// The first variation of a file in order.
pub fn load(file: &Value) -> Scenario {
    planned(file).variations.remove(0).scenario
}

/// What is wrong with a file.
#[track_caller]
pub fn refused(file: &Value) -> String {
    match plan(file) {
        Ok(_) => panic!("it is accepted:\n{file:#}"),
        Err(problems) => problems.to_string(),
    }
}

/// What is told of a file: what is wrong with it, or else what is doubtful.
pub fn told(file: &Value) -> String {
    match plan(file) {
        Ok(plan) => plan.warnings.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n"),
        Err(problems) => problems.to_string(),
    }
}

/// A run of a file in order.
pub fn run(file: &Value, policy: &str, replication: u32) -> RunRecord {
    sim_core::run(&load(file), policy, 0, replication)
}

/// A run of a file in order under the first of its policies.
pub fn run_of(file: &Value, replication: u32) -> RunRecord {
    let scenario = load(file);
    let policy = scenario.policies.keys().next().expect("a policy");
    sim_core::run(&scenario, policy, 0, replication)
}

/// The first run of a file in order under its policy `plain`.
pub fn run_plain(file: &Value) -> RunRecord {
    run(file, "plain", 0)
}

/// A metric; zero if the record has none of that name.
pub fn metric(record: &RunRecord, name: &str) -> f64 {
    record.metrics.get(name).copied().unwrap_or(0.0)
}

/// A metric that the record has to have.
#[track_caller]
pub fn value(record: &RunRecord, name: &str) -> f64 {
    let Some(value) = record.metrics.get(name) else { panic!("no {name} in {:?}", record.metrics.keys()) };
    *value
}

/// The sum of the metrics whose names begin so.
pub fn sum_of(record: &RunRecord, prefix: &str) -> f64 {
    record.metrics.iter().filter(|(name, _)| name.starts_with(prefix)).map(|(_, value)| value).sum()
}

/// Requires a run to repeat to the last bit, on another thread and from a clone; returns its record.
pub fn repeats(scenario: &Scenario, policy: &str, replication: u32) -> RunRecord {
    let first = sim_core::run(scenario, policy, 0, replication);
    let elsewhere = std::thread::scope(|scope| {
        scope.spawn(|| sim_core::run(scenario, policy, 0, replication)).join().expect("a finished run")
    });
    assert_eq!(first, elsewhere, "{policy}: on another thread");
    let model = Model::new(scenario, policy, replication);
    assert_eq!(first, Simulation::new(&model).clone().run(0), "{policy}: from a clone");
    first
}

/// Requires a number to be what is expected.
#[track_caller]
pub fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected} ± {tolerance}");
}

/// As [`close`], with a word on what it is.
#[track_caller]
pub fn agrees(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} instead of {expected} ± {tolerance}");
}
