//! Faults on purpose that act through the physical world: heat, cooling, dips and surges, against closed forms and against the same
//! things coming by themselves; batches of manufacture; links of the backbone's graph.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

#[path = "../common/mod.rs"]
mod common;
mod graph;
mod heat;
mod mains;
mod targets;

use common::{load, refused, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// All metrics but those of faults and of the work of the simulator agree.
#[track_caller]
fn agree(a: &RunRecord, b: &RunRecord, tolerance: f64) {
    let told = |name: &&String| !name.starts_with("faults[") && !name.starts_with("engine.");
    let names: Vec<&String> = a.metrics.keys().filter(told).collect();
    assert_eq!(names, b.metrics.keys().filter(told).collect::<Vec<_>>());
    for name in names {
        let (a, b) = (a.metrics[name], b.metrics[name]);
        assert!(
            (a - b).abs() <= tolerance * a.abs().max(1.0) || (a.is_nan() && b.is_nan()),
            "{name}: {a}, {b}"
        );
    }
}

/// Five nodes of 200 W on 0.1 K/W and 3 min at 30 C, for a day: 50 C.
fn hot(faults: Value) -> Value {
    json!({
        "name": "hot",
        "seed": 5,
        "duration": "1 d",
        "regions": { "here": { "weather": { "constant": "30 C" } } },
        "nodes": { "node": {
            "idle": "200 W", "peak": "200 W",
            "thermal": { "resistance": "0.1 K/W", "time_constant": "3 min" }
        } },
        "fleet": [{ "name": "home", "region": "here", "sites": 2, "racks": [{ "nodes": { "node": 5 } }] }],
        "policies": { "plain": { "health": "none" } },
        "faults": faults
    })
}

/// `sites` sites of one node of 100 W for a hundred hours.
fn mains(sites: u32, faults: Value) -> Value {
    json!({
        "name": "mains",
        "seed": 7,
        "duration": "100 h",
        "nodes": { "node": { "idle": "100 W", "peak": "100 W" } },
        "fleet": [{ "name": "home", "sites": sites, "racks": [{ "nodes": { "node": 1 } }] }],
        "policies": { "plain": {} },
        "faults": faults
    })
}

/// Ten `a` in batches of four and six `b` in batches of three, mixed in racks.
fn batches(mixed: bool, faults: Value) -> Value {
    json!({
        "name": "batches",
        "seed": 3,
        "duration": "10 h",
        "nodes": {
            "a": { "batches": { "size": 4, "defect": 0, "factor": 2, "mixed": mixed } },
            "c": { "slots": 3 },
            "b": { "batches": { "size": 3, "defect": 0, "factor": 2, "mixed": mixed } }
        },
        "fleet": [
            { "name": "x", "sites": 2, "racks": [{ "count": 2, "nodes": { "b": 1, "a": 2 } }] },
            { "name": "y", "racks": [{ "nodes": { "a": 2, "c": 4, "b": 2 } }] }
        ],
        "policies": { "plain": {} },
        "faults": faults
    })
}

/// Requests go from `here` to `there` by way of an exchange point, or by a detour.
fn graph(detour: bool, cut: Value, faults: Value) -> Value {
    let mut links = vec![cut, json!(["ix", "there", "10 ms"])];
    if detour {
        links.push(json!(["here", "there", "40 ms"]));
    }
    json!({
        "name": "graph",
        "seed": 77,
        "duration": "200.5 s",
        "regions": { "here": {}, "there": {} },
        "backbone": { "nodes": ["ix"], "links": links, "convergence": "10 s" },
        "nodes": { "node": { "slots": 1000 } },
        "fleet": [{ "region": "there", "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": {
            "arrivals": { "every": "1 s" }, "demand": "1 ms", "deadline": "1 s", "from": { "here": 1 } } } },
        "policies": {
            "static": { "health": "none", "network": "static" },
            "reroute": { "health": "none", "network": "reroute" },
            "fast": { "health": "none", "network": { "fast_reroute": { "detection": "2 s" } } }
        },
        "faults": faults
    })
}

#[test]
fn all_policies_meet_the_same_physical_faults() {
    let faults = json!([
        { "at": "1 h", "for": "10 h", "heat": { "all": true, "share": 0.5, "rise": "30 K" } },
        { "at": "4 h", "for": "3 h", "cooling_failure": { "all": true, "share": 0.3 } },
        { "at": "5 h", "for": "1 min", "sag": { "all": true, "depth": 0.4, "share": 0.6 } },
        { "at": "6 h", "surge": { "all": true, "share": 0.6 } }
    ]);
    let file = with(hot(faults), "/fleet/0/sites", json!(10));
    let file = with(file, "/nodes/node/hardware", json!({ "surge_damage": 0.5 }));
    let file =
        with(file, "/nodes/node/thermal/throttle", json!({ "at": "60 C", "resume": "55 C", "speed": 0.5 }));
    let file = with(file, "/fleet/0/racks/0/cooling", json!({ "resistance_factor": 0.5 }));
    let file = with(
        file,
        "/policies/beats",
        json!({ "health": { "heartbeat": { "period": "10 s", "timeout": "25 s" } } }),
    );
    let work = json!({ "work": { "requests": { "arrivals": { "every": "1 min" }, "demand": "5 s" } } });
    let scenario = load(&with(file, "/workloads", work));
    let plain = sim_core::run(&scenario, "plain", 0, 1);
    assert_eq!(plain, sim_core::run(&scenario, "plain", 0, 1), "again");
    assert_eq!(plain.exogenous, sim_core::run(&scenario, "beats", 0, 1).exogenous);
    let bare = load(&hot(json!([])));
    assert_ne!(plain.exogenous, sim_core::run(&bare, "plain", 0, 1).exogenous);
    for name in plain.metrics.keys() {
        assert!(sim_core::measure::catalog::lookup(name).is_some(), "nothing is known of {name}");
    }
}

#[test]
fn faults_that_can_do_nothing_are_refused() {
    let all = json!({ "all": true });
    let mut senseless: Vec<(Value, &str)> = Vec::new();
    let sag = |depth: Value| json!([{ "at": "1 h", "for": "1 s", "sag": { "all": true, "depth": depth } }]);
    for (faults, says) in [
        (json!([{ "at": "1 h", "for": "1 s", "surge": all }]), "`surge` is over at once"),
        (json!([{ "at": "1 h", "surge": all }]), "no node type there has `surge_damage`"),
        (
            json!([{ "at": "1 h", "heat": { "all": true, "rise": "5 K" } }]),
            "no node type there has `thermal`",
        ),
        (json!([{ "at": "1 h", "cooling_failure": all }]), "both is cooled and has a temperature"),
        (json!([{ "at": "1 h", "kill": { "batch": 0 } }]), "no node type of the fleet has `batches`"),
        (sag(json!(1.5)), "out of range"),
        (json!([{ "at": "1 h", "sag": all }]), "missing field `depth`"),
        (json!([{ "at": "1 h", "sag": { "node": 0, "depth": 0.5 } }]), "sites as wholes"),
    ] {
        senseless.push((mains(1, faults), says));
    }
    for (faults, says) in [
        (json!([{ "at": "1 h", "heat": all }]), "missing field `rise`"),
        (json!([{ "at": "1 h", "heat": { "all": true, "rise": "-5 K" } }]), "out of range"),
        (json!([{ "at": "1 h", "heat": { "all": true, "rise": "5 W" } }]), "K"),
        (json!([{ "at": "1 h", "heat": { "rack": 0, "rise": "5 K" } }]), "sites as wholes"),
        (json!([{ "at": "1 h", "cooling_failure": all }]), "both is cooled and has a temperature"),
        (json!([{ "at": "1 h", "heat": { "gateway": "here", "rise": "5 K" } }]), "does not act"),
    ] {
        senseless.push((hot(faults), says));
    }
    for (batch, says) in [
        (json!(5), "there is no batch number 5"),
        (json!("a/3"), "`a` has no batch number 3"),
        (json!("c/0"), "no node type `c` with `batches`"),
        (json!("a"), "neither a number nor a path"),
    ] {
        senseless.push((batches(false, json!([{ "at": "1 h", "kill": { "batch": batch } }])), says));
    }
    let elsewhere = json!([{ "at": "1 h", "kill": { "batch": "a/2", "fleet": "x" } }]);
    senseless.push((batches(false, elsewhere), "no node of it is among"));
    senseless
        .push((batches(false, json!([{ "at": "1 h", "grid_outage": { "batch": 0 } }])), "sites as wholes"));
    for (ends, says) in [
        (json!(["here", "xi"]), "no region or exchange point `xi`"),
        (json!(["ix", "ix"]), "to itself"),
        (json!([1, 3]), "number 3"),
    ] {
        let faults = json!([{ "at": "1 s", "kill": { "backbone": ends } }]);
        senseless.push((graph(true, json!(["here", "ix", "10 ms"]), faults), says));
    }
    let point = json!([{ "at": "1 s", "kill": { "backbone": ["iy", "ix"] } }]);
    let file =
        with(graph(true, json!(["here", "ix", "10 ms"]), point), "/backbone/nodes", json!(["ix", "iy"]));
    senseless.push((file, "no link joins `iy` and `ix`"));
    for (file, says) in senseless {
        let problems = refused(&file);
        assert!(problems.contains(says), "should say {says:?}: {problems}");
    }
}
