//! Latency and loss of links, and what faults add to them, reach orders, results and checkpoints.

use super::common::{close, value, with};
use super::{assert_conserved, ideal, run};
use serde_json::{Value, json};

fn linked(link: Value) -> Value {
    with(ideal(3), "/fleet/0/link", link)
}

#[test]
fn orders_and_results_take_the_latency_of_the_link() {
    let record = run(&linked(json!({ "latency": "50 ms" })), json!({}));
    close(value(&record, "jobs.completion_time.max"), 200.1, 0.5);
    close(value(&record, "jobs.slowdown"), 200.1 / 200.0, 1e-9);
}

#[test]
fn checkpoints_take_a_round_trip_more() {
    let file = with(
        linked(json!({ "latency": "50 ms", "up": "8 Mbit/s" })),
        "/workloads/work/jobs/state",
        json!("1 MB"),
    );
    let record = run(&file, json!({ "checkpoint": { "every": "50 s" } }));
    // Four checkpoints of a second and a round trip; order and result.
    close(value(&record, "jobs.slowdown"), (200.0 + 4.0 * 1.1 + 0.1) / 200.0, 1e-9);
    // Loss caps the rate: 1460 B / 0.1 s · √(1.5 / 0.01).
    let lossy = with(file, "/fleet/0/link/loss", json!(0.01));
    let record = run(&with(lossy, "/duration", json!("200 h")), json!({ "checkpoint": { "every": "50 s" } }));
    let slow = 1e6 / (14_600.0 * libm::sqrt(150.0));
    let resends = 0.01 / 0.98;
    close(value(&record, "jobs.slowdown") * 200.0, 200.0 + 4.0 * (0.1 + slow) + 0.1 + 10.0 * resends, 0.1);
    assert_conserved(&record);
}

#[test]
fn lost_messages_are_sent_again_and_less_loss_is_never_slower() {
    let slowdown = |p: f64| {
        let file = with(linked(json!({ "latency": "50 ms", "loss": p })), "/duration", json!("800 h"));
        let record = run(&file, json!({}));
        assert_conserved(&record);
        ["jobs.slowdown", "jobs.completion_time.p99", "jobs.completion_time.max"]
            .map(|name| value(&record, name))
    };
    let all = [0.0, 0.05, 0.2].map(slowdown);
    for pair in all.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(less, more)| less <= more), "{all:?}");
    }
    // Some 2880 jobs with a standard deviation of a second.
    close((all[1][0] - all[0][0]) * 200.0, 2.0 * 0.05 / 0.9, 0.05);
}

#[test]
fn what_is_cut_off_waits_and_is_not_lost() {
    let file = linked(json!({ "latency": "50 ms" }));
    let with_fault = |fault: Value| run(&with(file.clone(), "/faults", json!([fault])), json!({}));
    // The order of the job at 1000 s is lost until 1100 s: tries at 0, 1, 3, 7, 15, 31, 63 and 123 s.
    let record = with_fault(json!({ "at": "999 s", "for": "101 s", "loss": { "all": true, "p": 1 } }));
    close(value(&record, "jobs.slowdown"), (200.0 + 123.0 + 0.1) / 200.0, 1e-6);
    let record =
        with_fault(json!({ "at": "999 s", "for": "101 s", "latency": { "all": true, "add": "10 s" } }));
    close(value(&record, "jobs.slowdown"), 210.1 / 200.0, 1e-9);
}

#[test]
fn accounts_balance_on_rough_ways() {
    let mut file = linked(json!({
        "latency": { "exponential": { "mean": "2 s" } }, "loss": 0.3, "up": "1 Mbit/s", "down": "1 Mbit/s",
        "outages": { "up": { "exponential": { "mean": "20 min" } }, "down": { "exponential": { "mean": "2 min" } } } }));
    file["duration"] = json!("300 h");
    file["nodes"]["node"] = json!({ "slots": 2, "hardware": { "faults": {
        "up": { "exponential": { "mean": "1 h" } }, "down": { "exponential": { "mean": "5 min" } } } } });
    file["workloads"]["work"]["jobs"] = json!({ "arrivals": { "poisson": { "rate": "10 /h" } }, "state": "2 MB",
        "demand": { "exponential": { "mean": "300 s" } }, "deadline": "2 h" });
    file["faults"] = json!([{ "at": "10 h", "for": "1 h", "loss": { "all": true, "p": 1 } },
        { "at": "20 h", "for": "30 min", "latency": { "all": true, "add": "1 min" } }]);
    let beats = json!({ "heartbeat": { "period": "10 s", "timeout": "60 s" } });
    for jobs in [
        json!({}),
        json!({ "on_failure": "wait" }),
        json!({ "copies": 2 }),
        json!({ "checkpoint": { "every": "60 s" }, "reissue_after": "20 min" }),
        json!({ "checkpoint": { "every": "60 s", "keep": "local" }, "quorum": 2, "cancel": false }),
        json!({ "checkpoint": { "every": "100 s" }, "speculate": { "after": "2 min", "period": "1 min" } }),
    ] {
        let policy = json!({ "jobs": jobs, "health": beats });
        let record = run(&file, policy);
        assert_conserved(&record);
        assert!(value(&record, "jobs.completed") > 100.0, "{jobs}");
    }
}
