//! A rough world: accounts that balance, runs that repeat, and traces of every policy.

use super::common::{load, repeats, value, with};
use super::{assert_conserved, run};
use serde_json::{Value, json};

/// Warm garages with all that can go wrong.
fn rough() -> Value {
    json!({
        "name": "rough",
        "seed": 11,
        "duration": "20 d",
        "warmup": "1 d",
        "regions": { "here": {
            "weather": { "daily": { "mean": "32 C", "swing": "8 K", "hottest": "15:00" } },
            "grid": { "outages": { "up": { "exponential": { "mean": "4 d" } }, "down": { "exponential": { "mean": "1 h" } } } }
        } },
        "nodes": { "node": {
            "slots": 2, "idle": "40 W", "peak": "200 W", "boot": "1 min", "error_rate": 0.05,
            "slowdown": { "lognormal": { "median": 1, "sigma": 0.4 } },
            "hardware": { "faults": { "up": { "exponential": { "mean": "6 d" } }, "down": { "exponential": { "mean": "2 h" } } } },
            "thermal": {
                "resistance": "0.25 K/W", "time_constant": "10 min",
                "throttle": { "at": "82 C", "resume": "75 C", "speed": 0.6, "power": 0.8 },
                "shutdown": { "at": "88 C", "resume": "60 C" }
            }
        } },
        "fleet": [{
            "name": "home", "region": "here", "sites": 10,
            "ups": { "energy": "50 Wh", "power": "1 kW", "recharge": "50 W", "efficiency": 0.9 },
            "link": {
                "up": "20 Mbit/s", "down": "100 Mbit/s", "loss": 0.01,
                "outages": { "up": { "exponential": { "mean": "2 d" } }, "down": { "exponential": { "mean": "20 min" } } }
            },
            "racks": [{ "nodes": { "node": 2 } }]
        }],
        "workloads": {
            "calls": { "requests": { "arrivals": { "poisson": { "rate": "20 /h" } }, "demand": { "exponential": { "mean": "5 min" } }, "request": "5 MB", "deadline": "1 h" } },
            "long": { "jobs": { "arrivals": { "poisson": { "rate": "2 /h" } }, "demand": { "lognormal": { "median": "3 h", "sigma": 0.8 } }, "state": "300 MB", "deadline": "2 d" } },
            "short": { "jobs": { "arrivals": { "poisson": { "rate": "4 /h" } }, "demand": { "exponential": { "mean": "30 min" } }, "state": "10 MB", "wrong_results": "colluding" } }
        },
        "policies": { "it": {} }
    })
}

fn rough_policies() -> Vec<Value> {
    let beats = json!({ "heartbeat": { "period": "1 min", "timeout": "150 s" } });
    [
        json!({}),
        json!({ "on_failure": "wait" }),
        json!({ "on_failure": "wait", "copies": 3, "cancel": false }),
        json!({ "copies": 2, "checkpoint": { "every": "young" } }),
        json!({ "checkpoint": { "every": { "adaptive": { "prior": "1 d", "formula": "daly" } }, "cost": "2 min", "restart": "3 min", "keep": "local" } }),
        json!({ "quorum": 2, "trust": { "after": 3 }, "checkpoint": { "every": "1 h" } }),
        json!({ "quorum": 3, "max_instances": 4, "drain": "forecast" }),
        json!({ "speculate": { "after": "10 min", "period": "5 min", "cap": 0.5 }, "drain": { "at": "78 C", "on_battery": true } }),
        json!({ "reissue_after": "4 h", "reserve": 1, "copies": 2, "cancel": false }),
    ]
    .into_iter()
    .flat_map(|jobs| {
        let watched = json!({ "health": beats, "routing": "least_loaded", "jobs": jobs });
        [watched, json!({ "jobs": jobs })]
    })
    .collect()
}

#[test]
fn nothing_is_lost_from_the_accounts() {
    for policy in rough_policies() {
        let record = run(&rough(), policy.clone());
        assert_conserved(&record);
        assert!(value(&record, "jobs.completed") > 300.0, "{policy}: {:?}", record.metrics);
        assert_eq!(record.metrics, run(&rough(), policy).metrics);
    }
}

#[test]
fn a_run_can_be_forked_and_the_world_is_the_same_for_all() {
    let mut worlds = Vec::new();
    for policy in rough_policies().into_iter().take(6) {
        let file = with(with(rough(), "/policies", json!({ "it": policy })), "/duration", json!("3 d"));
        let scenario = load(&file);
        worlds.push(repeats(&scenario, "it", 0).exogenous);
    }
    worlds.dedup();
    assert_eq!(worlds.len(), 1, "what fails and what arrives depends on no policy");
}

#[test]
fn policies_leave_traces_where_they_should() {
    let file = rough();
    let beats = json!({ "heartbeat": { "period": "1 min", "timeout": "150 s" } });
    let of = |jobs: Value| run(&file, json!({ "health": beats, "jobs": jobs }));
    let bare = of(json!({}));
    assert!(value(&bare, "jobs.wasted_work.failure") > 0.02 && value(&bare, "jobs.wrong") > 0.0);
    assert!(value(&bare, "jobs.wasted_work.suspicion") > 0.0, "links fail while nodes run");
    assert!(
        value(&bare, "jobs[long].completed") + value(&bare, "jobs[short].completed")
            == value(&bare, "jobs.completed")
    );
    let saved = of(json!({ "checkpoint": { "every": "30 min" } }));
    assert!(value(&saved, "jobs.wasted_work.failure") < 0.6 * value(&bare, "jobs.wasted_work.failure"));
    assert!(
        value(&saved, "jobs.wasted_work.checkpoint") > 0.0 && value(&saved, "jobs.wasted_work.restart") > 0.0
    );
    let checked = of(json!({ "quorum": 2 }));
    assert!(value(&checked, "jobs.wasted_work.validation") > 0.3);
    assert!(value(&checked, "jobs.wrong") < value(&bare, "jobs.wrong"));
    let helped = of(json!({ "speculate": { "after": "10 min", "period": "5 min" } }));
    assert!(value(&helped, "jobs.wasted_work.speculation") > 0.0);
    let drained =
        of(json!({ "checkpoint": { "every": "2 h" }, "drain": { "at": "78 C", "on_battery": true } }));
    assert!(value(&drained, "jobs.migrations") > 10.0 && value(&drained, "jobs.wasted_work.migration") > 0.0);
}

/// With telemetry the controller knows of heat and batteries what has arrived, and no more.
#[test]
fn instances_leave_by_what_telemetry_has_brought() {
    let migrations = |telemetry: Option<&str>, drain: Value| {
        let file = rough();
        let mut policy = json!({ "jobs": { "checkpoint": { "every": "2 h" }, "drain": drain } });
        if let Some(period) = telemetry {
            policy["telemetry"] = json!({ "period": period });
        }
        let record = run(&file, policy);
        assert_conserved(&record);
        value(&record, "jobs.migrations")
    };
    for drain in [json!({ "at": "78 C", "on_battery": true }), json!("forecast")] {
        let truth = migrations(None, drain.clone());
        let fresh = migrations(Some("30 s"), drain.clone());
        assert!(
            truth > 10.0 && (fresh / truth - 1.0).abs() < 0.4,
            "{fresh} by readings, {truth} by the truth"
        );
        // Nearly no node reads its sensors within the run.
        let blind = migrations(Some("10 y"), drain);
        assert!(blind < 0.2 * truth, "{blind} of {truth}");
    }
}
