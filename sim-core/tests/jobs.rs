//! What must be true of jobs in every run: nothing is lost from the accounts, small worlds run exactly as they should, and kinder
//! conditions never make things worse.

mod common;

use common::{load, refused, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::simulation::{Model, Simulation};

/// Runs a file under a policy for jobs alone, or with a health check.
fn run(file: &Value, policy: Value) -> RunRecord {
    let policy = if policy.get("jobs").is_some() { policy } else { json!({ "jobs": policy }) };
    sim_core::run(&load(&with(file.clone(), "/policies", json!({ "it": policy }))), "it", 0, 0)
}

fn assert_value(record: &RunRecord, name: &str, expected: f64) {
    let found = value(record, name);
    assert!(
        (found - expected).abs() <= 1e-8 * expected.abs().max(1.0),
        "{name}: {found} instead of {expected}"
    );
}

const CAUSES: [&str; 10] = [
    "failure",
    "suspicion",
    "copies",
    "checkpoint",
    "restart",
    "wrong",
    "validation",
    "speculation",
    "migration",
    "deadline",
];

/// Work started is useful, wasted or in progress; jobs arrived are done, failed, running or waiting.
fn assert_conserved(record: &RunRecord) {
    let started = value(record, "jobs.started_work");
    let wasted: f64 =
        CAUSES.iter().map(|cause| value(record, &format!("jobs.wasted_work.{cause}")) * started).sum();
    let known = value(record, "jobs.useful_work") + wasted + value(record, "jobs.work_in_progress");
    assert!(
        (started - known).abs() <= 1e-9 * started,
        "{started} started, {known} accounted for: {:?}",
        record.metrics
    );
    assert!((wasted - value(record, "jobs.wasted_work") * started).abs() <= 1e-9 * started);
    let states = ["completed", "failed", "running", "waiting"];
    let jobs: f64 = states.iter().map(|state| value(record, &format!("jobs.{state}"))).sum();
    assert_eq!(jobs, value(record, "jobs.arrived"));
}

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
        let model = Model::new(&scenario, "it", 0);
        let simulation = Simulation::new(&model);
        let fork = simulation.clone();
        let (one, two) = (simulation.run(0), fork.run(0));
        assert_eq!((&one.trace, &one.metrics), (&two.trace, &two.metrics));
        worlds.push(one.exogenous);
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
    let migrations = |telemetry: Option<&str>, latency: Option<&str>, drain: Value| {
        let mut file = rough();
        if let Some(latency) = latency {
            file["fleet"][0]["link"]["latency"] = json!(latency);
        }
        let mut policy = json!({ "jobs": { "checkpoint": { "every": "2 h" }, "drain": drain } });
        if let Some(period) = telemetry {
            policy["telemetry"] = json!({ "period": period });
        }
        let record = run(&file, policy);
        assert_conserved(&record);
        value(&record, "jobs.migrations")
    };
    for drain in [json!({ "at": "78 C", "on_battery": true }), json!("forecast")] {
        let truth = migrations(None, None, drain.clone());
        let fresh = migrations(Some("30 s"), None, drain.clone());
        assert!(
            truth > 10.0 && (fresh / truth - 1.0).abs() < 0.4,
            "{fresh} by readings, {truth} by the truth"
        );
        // Nearly no node reads its sensors within the run.
        let blind = migrations(Some("10 y"), None, drain.clone());
        assert!(blind < 0.2 * truth, "{blind} of {truth}");
        // What arrives after the run is not known.
        assert_eq!(migrations(Some("1 min"), Some("30 d"), drain), 0.0);
    }
}

/// Nodes without flaws, and a job every thousand seconds.
fn ideal(nodes: u32) -> Value {
    json!({
        "name": "ideal",
        "duration": "1999 s",
        "nodes": { "node": {} },
        "fleet": [{ "name": "farm", "sites": nodes, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "jobs": { "arrivals": { "every": "1000 s" }, "demand": "200 s" } } },
        "policies": { "it": {} }
    })
}

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

#[test]
fn without_jobs_nothing_is_said_of_them() {
    let file = with(ideal(1), "/workloads", json!({}));
    assert!(run(&file, json!({})).metrics.keys().all(|name| !name.starts_with("jobs")));
}

#[test]
fn nonsense_is_refused() {
    let of = |jobs: Value| refused(&with(ideal(3), "/policies", json!({ "it": { "jobs": jobs } })));
    assert!(of(json!({ "quorum": 4 })).contains("the fleet has 3"));
    assert!(of(json!({ "copies": 4 })).contains("the fleet has 3"));
    assert!(of(json!({ "reserve": 1 })).contains("none is left to jobs"));
    assert!(of(json!({ "checkpoint": { "every": "0 s" } })).contains("out of range"));
    assert!(of(json!({ "checkpoint": { "every": "young" } })).contains("neither `cost` nor `state`"));
    assert!(of(json!({ "checkpoint": { "every": "young", "cost": "0 s" } })).contains("all the time"));
    assert!(of(json!({ "drain": {} })).contains("nothing makes instances leave"));
    assert!(of(json!({ "trust": {} })).contains("there is none"));
    assert!(of(json!({ "quorum": 3, "max_instances": 2 })).contains("at most 2 instances"));
    let hopeless = with(ideal(3), "/nodes/node/error_rate", json!(1));
    let hopeless = refused(&with(hopeless, "/policies", json!({ "it": { "jobs": { "quorum": 2 } } })));
    assert!(hopeless.contains("no quorum is ever met"));
}
