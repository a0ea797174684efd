//! Of jobs: those that fail, and work that is wasted.

use super::common::{load, value, with};
use super::{adds_up, blamed};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// A farm on which everything befalls jobs that have to be done in time.
fn world() -> Value {
    json!({
        "name": "farm",
        "seed": 21,
        "duration": "20 d",
        "warmup": "1 d",
        "regions": { "here": { "grid": { "outages": { "up": { "exponential": { "mean": "3 d" } }, "down": { "exponential": { "mean": "1 h" } } } } } },
        "nodes": {
            "rig": { "boot": "2 min", "hardware": { "faults": { "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "6 h" } } } } },
            "old": { "from": "rig", "speed": 0.5, "slowdown": { "lognormal": { "median": 1.0, "sigma": 0.3 } }, "error_rate": 0.05 }
        },
        "fleet": [{ "name": "farm", "region": "here", "sites": 10, "racks": [{ "nodes": { "rig": 1, "old": 1 } }],
            "link": { "up": "20 Mbit/s", "down": "100 Mbit/s", "loss": 0.01, "outages": {
                "up": { "exponential": { "mean": "6 d" } }, "down": { "exponential": { "mean": "40 min" } } } } }],
        "workloads": {
            "render": { "jobs": { "arrivals": { "poisson": { "rate": "1.5 /h" } }, "demand": { "lognormal": { "median": "3 h", "sigma": 0.6 } },
                "state": "200 MB", "deadline": "10 h" } },
            "clips": { "jobs": { "arrivals": { "poisson": { "rate": "2 /h" } }, "demand": { "exponential": { "mean": "20 min" } },
                "state": "20 MB", "deadline": "2 h" } }
        },
        "policies": { "it": {} }
    })
}

fn policies() -> Vec<Value> {
    let beats = json!({ "heartbeat": { "period": "1 min", "timeout": "150 s" } });
    let policy = |jobs: Value| with(world(), "/policies/it", json!({ "health": beats, "jobs": jobs }));
    vec![
        world(),
        policy(json!({})),
        policy(json!({ "checkpoint": { "every": "young" } })),
        policy(json!({ "checkpoint": { "every": "1 h", "keep": "local" }, "on_failure": "wait" })),
        policy(json!({ "copies": 2 })),
        policy(json!({ "copies": 2, "cancel": false })),
        policy(json!({ "quorum": 2, "max_instances": 4 })),
        policy(
            json!({ "checkpoint": { "every": "young" }, "speculate": { "after": "30 min", "period": "10 min" } }),
        ),
        with(world(), "/nodes/rig/on_down", json!("hold")),
    ]
}

fn assert_all(record: &RunRecord) {
    let of = |name: &str| value(record, name);
    adds_up(record, "blame.jobs.failed", of("jobs.failed"));
    adds_up(record, "blame.jobs.wasted", of("jobs.wasted_work"));
    for workload in ["render", "clips"] {
        assert_eq!(of(&format!("blame[{workload}].jobs.failed")), of(&format!("jobs[{workload}].failed")));
        let wasted = of(&format!("blame[{workload}].jobs.wasted"));
        assert!((wasted - of(&format!("jobs[{workload}].wasted_work"))).abs() < 1e-9);
    }
}

#[test]
fn what_is_charged_is_what_failed_and_was_wasted_and_nothing_else_changes() {
    for (number, file) in policies().into_iter().enumerate() {
        let record = blamed(&file, number as u32);
        assert_all(&record);
        let of = |name: &str| value(&record, name);
        assert!(of("jobs.failed") > 0.0, "{file}");
        for cause in ["copies", "validation", "speculation"] {
            let (ours, theirs) =
                (of(&format!("blame.jobs.wasted.{cause}")), of(&format!("jobs.wasted_work.{cause}")));
            assert!((ours - theirs).abs() < 1e-9, "{cause}: {ours} and {theirs}: {file}");
        }
        // What a job had done that failed for its checkpoints is charged to them, too.
        assert!(of("blame.jobs.wasted.checkpoint") >= of("jobs.wasted_work.checkpoint") - 1e-9, "{file}");
    }
}

/// A machine and jobs that take it a second each, of which one in a hundred cannot be done in time.
#[test]
fn what_is_late_by_itself_is_charged_to_its_demand_and_what_waits_to_the_queue() {
    let file = json!({
        "seed": 2, "duration": "20 h", "nodes": { "box": {} },
        "fleet": [{ "racks": [{ "nodes": { "box": 1 } }] }],
        "workloads": { "work": { "jobs": { "arrivals": { "poisson": { "rate": "0.6 /s" } }, "demand": { "exponential": { "mean": "1 s" } }, "deadline": "4 s" } } },
        "policies": { "it": {} }
    });
    let record = blamed(&file, 0);
    let of = |name: &str| value(&record, name);
    adds_up(&record, "blame.jobs.failed", of("jobs.failed"));
    let demand = of("blame.jobs.failed.demand") / of("jobs.arrived");
    assert!((demand - libm::exp(-4.0)).abs() < 0.003, "{demand}");
    assert_eq!(of("blame.jobs.failed.demand") + of("blame.jobs.failed.queueing"), of("jobs.failed"));
    assert!(of("blame.jobs.failed.queueing") > of("blame.jobs.failed.demand"));
}

/// Half as fast, all that fails for it is charged to it; and so is what its faults cost.
#[test]
fn slow_nodes_and_broken_ones_are_told_apart() {
    let file = json!({
        "seed": 8, "duration": "60 d",
        "nodes": { "slow": { "slowdown": 3.0 }, "frail": { "hardware": { "faults": { "up": { "exponential": { "mean": "8 h" } }, "down": "3 h" } } } },
        "fleet": [{ "sites": 4, "racks": [{ "nodes": { "slow": 1 } }] }],
        "workloads": { "work": { "jobs": { "arrivals": { "every": "8 h" }, "demand": "2 h", "deadline": "5 h" } } },
        "policies": { "it": {} }
    });
    let slow = blamed(&file, 0);
    assert!(value(&slow, "jobs.failed") > 100.0);
    assert_eq!(value(&slow, "blame.jobs.failed.straggler"), value(&slow, "jobs.failed"));
    let frail = with(file, "/fleet/0/racks/0/nodes", json!({ "frail": 1 }));
    let frail = blamed(&with(frail, "/policies/it", json!({ "health": "none" })), 0);
    assert!(value(&frail, "jobs.failed") > 5.0);
    assert_eq!(value(&frail, "blame.jobs.failed.hardware"), value(&frail, "jobs.failed"));
    assert_eq!(value(&frail, "blame.jobs.wasted.hardware"), value(&frail, "jobs.wasted_work"));
}

/// Without the top cause about as many jobs are in time as it was blamed for.
#[test]
fn without_the_top_cause_about_as_many_fail_less() {
    let world = with(
        policies().remove(1),
        "/workloads",
        json!({ "clips": {
        "jobs": { "arrivals": { "poisson": { "rate": "3 /h" } }, "demand": "100 min", "deadline": "2 h" } } }),
    );
    let world = with(with(world, "/nodes/old/slowdown", json!(1.0)), "/nodes/old/speed", json!(1.0));
    let kind = with(world.clone(), "/regions/here/grid", json!({}));
    let (mut charged, mut gone, mut all) = (0.0, 0.0, 0.0);
    for replication in 0..6 {
        let run = |file: &Value| {
            sim_core::run(&load(&with(file.clone(), "/blame", json!(true))), "it", 0, replication)
        };
        let (before, after) = (run(&world), run(&kind));
        charged += value(&before, "blame.jobs.failed.grid");
        all += value(&before, "jobs.failed");
        gone += value(&before, "jobs.failed") - value(&after, "jobs.failed");
        assert_eq!(value(&after, "blame.jobs.failed.grid"), 0.0);
    }
    assert!(
        charged > 10.0 && (gone - charged).abs() < 0.4 * charged,
        "{charged} charged of {all}, {gone} gone"
    );
}
