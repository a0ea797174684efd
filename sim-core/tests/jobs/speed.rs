//! Who is slow, hot or busy with something else.

use super::common::{value, with};
use super::{assert_conserved, assert_value, ideal, run};
use serde_json::{Value, json};

#[test]
fn jobs_and_requests_share_the_slots() {
    let file = json!({
        "name": "shared",
        "duration": "299 s",
        "nodes": { "node": { "idle": "10 W", "peak": "110 W" } },
        "fleet": [{ "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": {
            "calls": { "requests": { "arrivals": { "every": "110 s" }, "demand": "1 s" } },
            "work": { "jobs": { "arrivals": { "every": "100 s" }, "demand": "30 s" } }
        },
        "policies": { "it": {} }
    });
    // The requests at 110 s and 220 s wait for the jobs of 100 s and 200 s.
    let record = run(&file, json!({}));
    assert_value(&record, "requests.latency.mean", 16.0);
    assert_value(&record, "jobs.completion_time.mean", 30.0);
    assert_value(&record, "nodes.busy", 62.0 / 299.0);
    assert_value(&record, "energy.total", 10.0 * 299.0 + 100.0 * 62.0);
    // A job does not push a request out.
    let long = with(
        file.clone(),
        "/workloads/calls/requests",
        json!({ "arrivals": { "every": "95 s" }, "demand": "20 s" }),
    );
    assert_value(
        &run(&with(long, "/duration", json!("180 s")), json!({})),
        "jobs.completion_time.mean",
        45.0,
    );
    // Processor sharing of what jobs leave.
    let shared = with(file.clone(), "/nodes/node/discipline", json!("ps"));
    assert_value(&run(&shared, json!({})), "requests.latency.mean", 16.0);
    let two = with(file.clone(), "/nodes/node/slots", json!(2));
    assert_value(&run(&two, json!({ "reserve": 1 })), "requests.latency.mean", 1.0);
    // A node that sleeps wakes for a job.
    let asleep = with(file, "/nodes/node/sleep", json!({ "wake": "5 s" }));
    assert_value(&run(&asleep, json!({})), "jobs.completion_time.max", 35.0);
}

#[test]
fn throttled_nodes_go_slower_from_that_moment_on() {
    let thermal = json!({ "resistance": "0.1 K/W", "time_constant": "1 min", "throttle": { "at": "90 C", "resume": "80 C", "speed": 0.5 } });
    let node = json!({ "idle": "1 W", "peak": "2 W", "thermal": thermal });
    let file = with(
        with(ideal(1), "/nodes/node", node),
        "/faults",
        json!([{ "at": "1100 s", "for": "60 s", "throttle": { "all": true } }]),
    );
    let record = run(&file, json!({ "checkpoint": { "every": "50 s", "cost": "0 s" } }));
    assert_value(&record, "jobs.completion_time.mean", 230.0);
}

#[test]
fn hot_nodes_are_left_in_time() {
    let thermal = json!({ "resistance": "0.2 K/W", "time_constant": "5 min", "shutdown": { "at": "85 C", "resume": "50 C" } });
    let node = json!({ "idle": "10 W", "peak": "100 W", "thermal": thermal });
    let file = with(ideal(2), "/nodes/node", node);
    let file = with(file, "/regions", json!({ "here": { "weather": { "constant": "30 C" } } }));
    let file = with(file, "/workloads/work/jobs/demand", json!("2000 s"));
    let file = with(file, "/workloads/work/jobs/arrivals", json!({ "every": "10000 s" }));
    let file = with(file, "/duration", json!("19000 s"));
    let file = with(
        file,
        "/faults",
        json!([{ "at": "11000 s", "for": "1 h", "heat": { "site": "farm/0", "rise": "60 K" } }]),
    );
    let of = |jobs: Value| run(&file, json!({ "routing": "least_loaded", "jobs": jobs }));
    let stays = of(json!({}));
    assert!(
        value(&stays, "jobs.completion_time.mean") > 3_000.0
            && value(&stays, "jobs.wasted_work.failure") > 0.3
    );
    for drain in [json!({ "at": "70 C" }), json!({ "at": "forecast" }), json!("forecast")] {
        let leaves = of(
            json!({ "drain": drain, "checkpoint": { "every": "1 h", "cost": "20 s", "restart": "10 s" } }),
        );
        assert_value(&leaves, "jobs.migrations", 1.0);
        assert_value(&leaves, "jobs.wasted_work.failure", 0.0);
        assert_value(&leaves, "jobs.completion_time.mean", 2_000.0 + 20.0 + 10.0 + 20.0);
    }
}

#[test]
fn stragglers_get_help() {
    let file = with(
        ideal(12),
        "/workloads/work/jobs",
        json!({ "arrivals": { "every": "100 s" }, "demand": "500 s" }),
    );
    let file = with(file, "/duration", json!("5000 s"));
    let file = with(file, "/faults", json!([{ "at": "0 s", "slow": { "site": "farm/0", "factor": 20 } }]));
    let of = |jobs: Value| run(&file, json!({ "routing": "least_loaded", "jobs": jobs }));
    let alone = of(json!({}));
    let helped = of(json!({ "speculate": {} }));
    assert_conserved(&helped);
    assert!(value(&alone, "jobs.completed") <= value(&helped, "jobs.completed"));
    assert!(value(&helped, "jobs.instances") > value(&helped, "jobs.arrived") + 2.0, "{:?}", helped.metrics);
    assert!(value(&helped, "jobs.wasted_work.speculation") > 0.0);
    assert!(value(&helped, "jobs.completion_time.max") < 1_200.0, "{:?}", helped.metrics);
}
