//! Faults of latency and loss reach health messages: suspicions come as theory says.
//!
//! Nodes without anything else that fails; beats and probes every η = 10 s over an ideal link, and a fault that holds for a hundred
//! of them. A beat that goes out at σ arrives at σ + d, or is lost with probability p.

mod common;

use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// The run in seconds; the fault holds for a third of it.
const SECONDS: f64 = 3000.0;
const NODES: f64 = 200.0;
/// Messages of a node while the fault holds.
const MESSAGES: f64 = 100.0;

fn watched(health: &Value, (action, fault): &(&str, Value)) -> Value {
    json!({
        "name": "checks",
        "duration": "3000 s",
        "regions": { "near": {}, "far": {} },
        "backbone": { "between": [["near", "far", "0 s"]] },
        "nodes": { "box": {} },
        "fleet": [{ "name": "home", "region": "near", "sites": 200, "racks": [{ "nodes": { "box": 1 } }] }],
        "policies": { "watching": { "health": health } },
        "faults": [{ "at": "1000 s", "for": "1000 s", *action: fault }]
    })
}

fn run(health: &Value, fault: &(&str, Value)) -> RunRecord {
    common::run(&watched(health, fault), "watching", 3)
}

/// Suspicions of a live node per node, and their mean length in seconds.
fn mistakes(record: &RunRecord) -> (f64, f64) {
    let value = |name: &str| common::metric(record, name);
    let per_node = value("detection.false_per_node_day") * SECONDS / 86_400.0;
    // What is mistrusted in all, over the number of mistakes.
    (per_node, value("detection.mistrust") * SECONDS / per_node.max(1e-12))
}

#[track_caller]
fn exactly(record: &RunRecord, count: f64, seconds: f64) {
    let (found, lasts) = mistakes(record);
    assert!((found - count).abs() < 1e-9, "{found} mistakes a node, not {count}");
    assert!(count == 0.0 || (lasts - seconds).abs() < 1e-6, "of {lasts} s, not {seconds}");
}

fn fresh() -> Value {
    json!({ "heartbeat": { "period": "10 s", "freshness": "5 s" } })
}

fn probes() -> Value {
    json!({ "probe": { "period": "10 s", "timeout": "2 s", "misses": 1 } })
}

fn latency(add: &str) -> (&'static str, Value) {
    ("latency", json!({ "fleet": "home", "add": add }))
}

fn loss(p: f64) -> (&'static str, Value) {
    ("loss", json!({ "fleet": "home", "p": p }))
}

#[test]
fn late_beats_are_mistakes_of_nfd_s_as_long_as_they_are_late() {
    // δ = 5 s. With d ≤ δ no beat is late.
    exactly(&run(&fresh(), &latency("5 s")), 0.0, 0.0);
    // δ < d < δ + η: suspected from σ + δ to σ + d, once for each beat.
    exactly(&run(&fresh(), &latency("8 s")), MESSAGES, 3.0);
    // d > δ + η: no beat is fresh when it comes. From the first to be late until the first of afterwards.
    exactly(&run(&fresh(), &latency("16 s")), 1.0, 10.0 * MESSAGES - 5.0);
}

#[test]
fn a_timeout_forgives_constant_latency_once_it_has_waited_for_it() {
    // T = 25 s: suspected at σ − η + T, trusted at σ + d; beats then come η apart again.
    let timeout = json!({ "heartbeat": { "period": "10 s", "timeout": "25 s" } });
    exactly(&run(&timeout, &latency("15 s")), 0.0, 0.0);
    exactly(&run(&timeout, &latency("40 s")), 1.0, 40.0 + 10.0 - 25.0);
}

#[test]
fn probes_meet_a_fault_on_both_their_ways() {
    exactly(&run(&probes(), &latency("900 ms")), 0.0, 0.0);
    // The round trip is longer than the timeout of 2 s.
    exactly(&run(&probes(), &latency("1.1 s")), 1.0, 10.0 * MESSAGES - 2.0);
}

/// With a share `lost` of messages, the number of runs of losses, and the time that each is suspected: a run of k is suspected
/// from `allowance` after its first message to the next that arrives.
#[track_caller]
fn as_runs_of_losses(record: &RunRecord, lost: f64, allowance: f64) {
    let (found, lasts) = mistakes(record);
    let runs = lost + (MESSAGES - 1.0) * lost * (1.0 - lost);
    // A run begins with each message by a chance of p (1 − p); neighbours exclude each other, so that the variance is less.
    let error = 4.0 * (runs / NODES).sqrt();
    assert!((found - runs).abs() < error, "{found} mistakes a node, not {runs} +- {error}");
    let mean = 10.0 / (1.0 - lost) - allowance;
    let spread = 10.0 * lost.sqrt() / (1.0 - lost);
    let error = 4.0 * spread / (runs * NODES).sqrt();
    assert!((lasts - mean).abs() < error, "of {lasts} s, not {mean} +- {error}");
}

#[test]
fn partial_loss_makes_mistakes_at_the_rate_of_runs_of_losses() {
    as_runs_of_losses(&run(&fresh(), &loss(0.3)), 0.3, 5.0);
    as_runs_of_losses(&run(&probes(), &loss(0.3)), 1.0 - 0.7 * 0.7, 2.0);
}

#[test]
fn faults_of_the_own_gateway_reach_checks_and_those_of_the_backbone_do_not() {
    let add = |target: &str, value: Value| {
        let mut aim = json!({ "add": "8 s" });
        aim[target] = value;
        ("latency", aim)
    };
    exactly(&run(&fresh(), &add("gateway", json!("near"))), MESSAGES, 3.0);
    exactly(&run(&fresh(), &add("gateway", json!("far"))), 0.0, 0.0);
    exactly(&run(&fresh(), &add("backbone", json!(["near", "far"]))), 0.0, 0.0);
}

#[test]
fn what_is_watched_costs_events_only_while_the_fault_holds() {
    let events = |fault: (&str, Value)| run(&fresh(), &fault).metrics["engine.events"];
    let quiet = events(latency("1 s"));
    // An event for each beat while it holds, one to look ahead again, and little else.
    assert!((NODES * MESSAGES..NODES * (MESSAGES + 5.0)).contains(&quiet), "{quiet}");
}
