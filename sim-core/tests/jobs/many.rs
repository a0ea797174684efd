//! Laws that hold over many failures.

use super::common::value;
use super::{assert_value, run};
use serde_json::{Value, json};

/// As many nodes as jobs, so that each job meets the failures of its own node whatever the policy.
fn side_by_side(mtbf: &str) -> Value {
    json!({
        "name": "side-by-side",
        "seed": 3,
        "duration": "400 d",
        "nodes": { "node": { "hardware": { "faults": { "up": { "exponential": { "mean": mtbf } }, "down": "1 h" } } } },
        "fleet": [{ "sites": 60, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "jobs": { "arrivals": { "every": "10 d" }, "demand": "16 h" } } },
        "policies": { "it": {} }
    })
}

#[test]
fn more_failures_never_make_jobs_shorter() {
    for jobs in [
        json!({ "on_failure": "wait" }),
        json!({ "on_failure": "wait", "checkpoint": { "every": "2 h", "cost": "5 min", "restart": "5 min" } }),
    ] {
        let means = ["100 d", "60 h", "20 h", "8 h"]
            .map(|mtbf| value(&run(&side_by_side(mtbf), jobs.clone()), "jobs.completion_time.mean"));
        assert!(means.is_sorted() && means[3] > 1.2 * means[0], "{means:?}");
    }
}

#[test]
fn free_checkpoints_are_the_better_the_more_there_are() {
    let file = side_by_side("10 h");
    let of = |every: &str| {
        let jobs = json!({ "on_failure": "wait", "checkpoint": { "every": every, "cost": "0 s", "restart": "0 s" } });
        value(&run(&file, json!({ "routing": "least_loaded", "jobs": jobs })), "jobs.completion_time.mean")
    };
    let means = ["15 min", "30 min", "1 h", "2 h", "4 h", "8 h", "16 h"].map(of);
    assert!(means.is_sorted(), "{means:?}");
    let never = run(&file, json!({ "routing": "least_loaded", "jobs": { "on_failure": "wait" } }));
    assert_value(&never, "jobs.completion_time.mean", means[6]);
}
