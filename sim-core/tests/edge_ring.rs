//! The edge ring: the scenario agrees with a program written by hand for the same model, and what it needs of the language does what it
//! says: nodes that are down turn away, suspicions that only keep work away, stretched ways.

mod common;

#[path = "../../benches/edge_ring.rs"]
#[allow(dead_code, reason = "it is a program too")]
mod by_hand;

use common::{metric, run_plain, with};
use serde_json::{Value, json};
use sim_core::scenario::{self, NoFiles, Overrides, Source};

/// Seconds of a run: long enough for the queues to fill, short enough for a test.
const SECONDS: f64 = 200.0;
const RUNS: u32 = 8;

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|it| (it - mean) * (it - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

#[test]
fn the_scenario_agrees_with_the_program_written_by_hand() {
    let source = Source { name: "edge-ring.json", text: include_str!("../../scenarios/edge-ring.json") };
    let set = vec![("/duration".to_owned(), json!(format!("{SECONDS} s")))];
    let plan = scenario::load(&source, &NoFiles, &Overrides { set, ..Overrides::default() });
    let scenario = plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario;
    let records: Vec<_> = (0..RUNS).map(|run| sim_core::run(&scenario, "two-choices", 0, run)).collect();
    let reports: Vec<_> = (0..RUNS).map(|run| by_hand::run(SECONDS, u64::from(run) + 1)).collect();
    type Of = fn(&by_hand::Report) -> f64;
    let compared: [(&str, Of); 5] = [
        ("requests.arrived", |it| it.arrived as f64),
        ("requests.completed", |it| it.completed as f64),
        ("requests.retries.sent", |it| it.retried as f64),
        ("requests.latency.mean", by_hand::Report::mean_latency),
        ("engine.events", |it| it.events as f64),
    ];
    for (name, of) in compared {
        let simulated: Vec<f64> = records.iter().map(|record| metric(record, name)).collect();
        let by_hand: Vec<f64> = reports.iter().map(of).collect();
        let ((a, error), (b, other)) = (mean_and_error(&simulated), mean_and_error(&by_hand));
        // Nodes that fail before they are done leave an entry in the agenda of the program: it counts 0.2 % more events.
        let slack = if name == "engine.events" { 0.004 * b } else { 0.0 };
        let allowed = 4.0 * error.hypot(other) + slack;
        assert!((a - b).abs() < allowed, "{name}: {a} by the scenario, {b} by hand, {allowed} allowed");
    }
    assert!(records.iter().all(|record| metric(record, "requests.failed") == 0.0));
}

/// Two nodes at two sites 10 ms from their gateway; requests of 1 s every 10 s. The first node fails at 5.5 s, in the middle of the request that
/// came at 5 s, and stays down.
fn world() -> Value {
    let site = |name: &str| json!({ "name": name, "link": { "latency": "10 ms" }, "racks": [{ "count": 1, "nodes": { "server": 1 } }] });
    json!({
        "name": "bounce", "duration": "20 s", "seed": 1,
        "nodes": { "server": { "on_down": "refuse" } },
        "fleet": [site("first"), site("second")],
        "workloads": { "calls": { "requests": { "arrivals": { "every": "5 s" }, "demand": "1 s", "deadline": "15 s" } } },
        "policies": { "plain": { "routing": "round_robin", "requests": { "attempts": 2, "fail_on_suspicion": false } } },
        "faults": [{ "at": "5.5 s", "kill": { "fleet": "first" } }]
    })
}

/// Latency of the slowest request in seconds.
fn slowest(world: &Value) -> f64 {
    metric(&run_plain(world), "requests.latency.max")
}

#[test]
fn what_a_dead_node_turns_away_is_tried_again_after_the_way_back() {
    // Out, half a second of service in vain and the way back, then all of it on the other node.
    let bounced = slowest(&world());
    assert!((bounced - (0.5 + 0.01 + 0.02 + 1.0)).abs() < 2e-9, "{bounced}");
    let record = run_plain(&world());
    assert_eq!((metric(&record, "requests.completed"), metric(&record, "requests.failed")), (3.0, 0.0));
    assert_eq!(metric(&record, "requests.retries.sent"), 1.0);
    // With one attempt it is turned away for good.
    let once = with(world(), "/policies/plain/requests/attempts", json!(1));
    assert_eq!(metric(&run_plain(&once), "requests.rejected"), 1.0);
    // What is on its way to the node meets it dead.
    let late = with(world(), "/fleet/0/link/latency", json!("600 ms"));
    assert!((slowest(&late) - (1.2 + 0.02 + 1.0)).abs() < 2e-9, "{}", slowest(&late));
}

#[test]
fn a_suspicion_fails_attempts_unless_it_is_told_not_to() {
    // The oracle suspects at once: the attempt moves without waiting for the way back.
    let moves = with(world(), "/policies/plain/requests", json!({ "attempts": 2 }));
    assert!((slowest(&moves) - (0.5 + 0.02 + 1.0)).abs() < 2e-9, "{}", slowest(&moves));
    // Where nothing turns it away and no suspicion counts, the timeout has to find out.
    let silent = with(world(), "/nodes/server/on_down", json!("lose"));
    let silent = with(silent, "/policies/plain/requests/timeout", json!("3 s"));
    assert!((slowest(&silent) - (3.0 + 0.02 + 1.0)).abs() < 2e-9, "{}", slowest(&silent));
}

#[test]
fn a_stretch_multiplies_the_whole_way() {
    let mut far = with(world(), "/faults", json!([]));
    far["regions"] = json!({ "here": {}, "there": {} });
    far["backbone"] = json!({ "between": [["here", "there", "30 ms"]] });
    far["workloads"]["calls"]["requests"]["from"] = json!({ "here": 1 });
    for site in far["fleet"].as_array_mut().into_iter().flatten() {
        site["region"] = json!("there");
    }
    assert!((slowest(&far) - (1.0 + 2.0 * 0.04)).abs() < 2e-9);
    let stretched = |of: Value| {
        let first = with(far.clone(), "/fleet/0/link/stretch", of.clone());
        with(first, "/fleet/1/link/stretch", of)
    };
    assert!((slowest(&stretched(json!(2.5))) - (1.0 + 5.0 * 0.04)).abs() < 2e-9);
    // The mean of a lognormal factor, over many messages.
    let drawn = stretched(json!({ "lognormal": { "median": 1, "sigma": 0.5 } }));
    let drawn = with(drawn, "/workloads/calls/requests/demand", json!("0 s"));
    let drawn = with(drawn, "/workloads/calls/requests/arrivals", json!({ "every": "20 ms" }));
    let drawn = with(drawn, "/duration", json!("400 s"));
    let mean = metric(&run_plain(&drawn), "requests.latency.mean");
    let expected = 0.08 * libm::exp(0.125);
    assert!((mean / expected - 1.0).abs() < 0.01, "{mean} instead of {expected}");
}
