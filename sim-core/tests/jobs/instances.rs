//! What becomes of instances: failures, checkpoints, transfers, copies, limits.

use super::common::{value, with};
use super::{assert_conserved, assert_value, ideal, run};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// The first node dies a hundred seconds after the job came.
fn killed(nodes: u32, lasts: &str) -> Value {
    with(ideal(nodes), "/faults", json!([{ "at": "1100 s", "for": lasts, "kill": { "site": "farm/0" } }]))
}

#[test]
fn a_job_takes_its_demand_over_the_speed() {
    assert_value(&run(&ideal(1), json!({})), "jobs.completion_time.mean", 200.0);
    let fast = run(&with(ideal(1), "/nodes/node", json!({ "speed": 4 })), json!({}));
    assert_value(&fast, "jobs.completion_time.mean", 50.0);
    assert_value(&fast, "jobs.started_work", 200.0);
    assert_value(&fast, "jobs.slowdown", 0.25);
    let saved = run(&ideal(1), json!({ "checkpoint": { "every": "60 s", "cost": "10 s" } }));
    assert_value(&saved, "jobs.completion_time.mean", 240.0);
    assert_value(&saved, "jobs.checkpoints", 4.0);
    assert_value(&saved, "jobs.wasted_work.checkpoint", 40.0 / 240.0);
}

#[test]
fn the_state_crosses_the_uplink() {
    let file = with(ideal(2), "/workloads/work/jobs/state", json!("60 MB"));
    let file = with(file, "/fleet/0/link", json!({ "up": "8 Mbit/s", "down": "16 Mbit/s" }));
    // Two segments of 100 s and twice a minute on the link.
    let record = run(&file, json!({ "checkpoint": { "every": "100 s" } }));
    assert_value(&record, "jobs.completion_time.mean", 320.0);
    // Killed 130 s into it: 50 s of work and two minutes for the first checkpoint are saved or not, then half a minute down the link.
    let file = with(file, "/faults", json!([{ "at": "1130 s", "for": "1 h", "kill": { "site": "farm/0" } }]));
    let moved =
        run(&file, json!({ "routing": "least_loaded", "jobs": { "checkpoint": { "every": "50 s" } } }));
    assert_value(&moved, "jobs.completion_time.mean", 130.0 + 30.0 + 150.0 + 3.0 * 60.0);
    assert_value(
        &moved,
        "jobs.wasted_work.failure",
        20.0 / 500.0 * 500.0 / value(&moved, "jobs.started_work"),
    );
    // An outage of the link cuts a checkpoint off; it begins anew when the link is back.
    let file =
        with(file, "/faults", json!([{ "at": "1120 s", "for": "50 s", "partition": { "site": "farm/0" } }]));
    let cut = run(&file, json!({ "on_failure": "wait", "checkpoint": { "every": "100 s" } }));
    let one_site = with(file, "/fleet/0/sites", json!(1));
    let cut_alone = run(&one_site, json!({ "on_failure": "wait", "checkpoint": { "every": "100 s" } }));
    assert_value(&cut_alone, "jobs.completion_time.mean", 100.0 + 70.0 + 60.0 + 100.0 + 60.0);
    assert_conserved(&cut);
}

#[test]
fn failures_are_found_late_and_cost_what_was_done() {
    let routed =
        |health: Value, jobs: Value| json!({ "health": health, "routing": "least_loaded", "jobs": jobs });
    let known = run(&killed(2, "1 h"), routed(json!("oracle"), json!({})));
    assert_value(&known, "jobs.completion_time.mean", 300.0);
    assert_value(&known, "jobs.wasted_work.failure", 1.0 / 3.0);
    assert_value(&known, "jobs.attempts", 2.0);
    let beats = json!({ "heartbeat": { "period": "10 s", "timeout": "30 s" } });
    let heard = value(&run(&killed(2, "1 h"), routed(beats.clone(), json!({}))), "jobs.completion_time.mean");
    assert!((320.0..=330.0).contains(&heard), "{heard}");
    let waits = run(&killed(2, "60 s"), routed(beats.clone(), json!({ "on_failure": "wait" })));
    assert_value(&waits, "jobs.completion_time.mean", 360.0);
    // Back before anybody noticed, it goes on where it was.
    let quick = run(&killed(2, "10 s"), routed(beats, json!({})));
    assert_value(&quick, "jobs.completion_time.mean", 310.0);
    let frozen = with(killed(1, "60 s"), "/nodes/node/on_down", json!("hold"));
    assert_value(&run(&frozen, json!({ "on_failure": "wait" })), "jobs.completion_time.mean", 260.0);
    // Nobody notices, but the result is missed.
    let reissued = run(&killed(2, "1 h"), routed(json!("none"), json!({ "reissue_after": "500 s" })));
    assert_value(&reissued, "jobs.completion_time.mean", 700.0);
    assert_value(&reissued, "jobs.instances", 2.0);
}

#[test]
fn rounds_and_copies() {
    let routed = |jobs: Value| json!({ "routing": "least_loaded", "jobs": jobs });
    let copies = run(&killed(3, "1 h"), routed(json!({ "copies": 2 })));
    assert_value(&copies, "jobs.completion_time.mean", 200.0);
    assert_value(&copies, "jobs.started_work", 300.0);
    assert_value(&copies, "jobs.attempts", 2.0);
    let both = json!([
        { "at": "1100 s", "for": "50 s", "kill": { "site": "farm/0" } },
        { "at": "1150 s", "for": "50 s", "kill": { "site": "farm/1" } }
    ]);
    let file = with(ideal(3), "/faults", both);
    // The round is over when the second has failed; the next begins when its node is back, or at once elsewhere.
    let waits = run(&file, routed(json!({ "copies": 2, "on_failure": "wait" })));
    assert_value(&waits, "jobs.completion_time.mean", 400.0);
    assert_value(&waits, "jobs.attempts", 4.0);
    let moves = run(&file, routed(json!({ "copies": 2 })));
    assert_value(&moves, "jobs.completion_time.mean", 350.0);
}

#[test]
fn checkpoints_on_the_node_are_of_use_only_there() {
    let keep = |keep: &str, on_failure: &str| {
        let jobs = json!({ "on_failure": on_failure, "checkpoint": { "every": "40 s", "cost": "0 s", "keep": keep } });
        run(&killed(2, "60 s"), json!({ "routing": "least_loaded", "jobs": jobs }))
    };
    assert_value(&keep("remote", "reroute"), "jobs.completion_time.mean", 220.0);
    assert_value(&keep("local", "reroute"), "jobs.completion_time.mean", 300.0);
    assert_value(&keep("local", "wait"), "jobs.completion_time.mean", 280.0);
}

#[test]
fn deadlines_and_limits_end_jobs() {
    let late = run(&with(ideal(1), "/workloads/work/jobs/deadline", json!("60 s")), json!({}));
    assert_value(&late, "jobs.failed", 1.0);
    assert_value(&late, "jobs.wasted_work.deadline", 1.0);
    assert_value(&late, "jobs.started_work", 60.0);
    let wrong = with(ideal(9), "/nodes/node/error_rate", json!(0.9));
    let wrong = with(wrong, "/workloads/work/jobs/arrivals", json!({ "every": "10 s" }));
    let record = run(&wrong, json!({ "quorum": 2, "max_instances": 3 }));
    assert_conserved(&record);
    assert!(value(&record, "jobs.failed") > 0.0 && value(&record, "jobs.wrong") == 0.0);
}

#[test]
fn trust_saves_most_of_the_quorum() {
    let file = with(ideal(10), "/nodes/node/error_rate", json!(0.02));
    let file = with(
        file,
        "/workloads/work/jobs",
        json!({ "arrivals": { "every": "100 s" }, "demand": "200 s", "wrong_results": "colluding" }),
    );
    let file = with(file, "/duration", json!("5 d"));
    let checked = run(&file, json!({ "quorum": 2 }));
    let trusting = run(&file, json!({ "quorum": 2, "trust": {} }));
    let each = |record: &RunRecord| value(record, "jobs.instances") / value(record, "jobs.arrived");
    assert!(each(&checked) > 2.0 && each(&trusting) < 1.75, "{} {}", each(&checked), each(&trusting));
    assert!(value(&checked, "jobs.wrong") <= value(&trusting, "jobs.wrong"));
    assert_conserved(&trusting);
    let blind = run(&file, json!({ "quorum": 2, "trust": { "after": 1, "spot_check": 0 } }));
    assert!(each(&blind) < each(&trusting));
}
