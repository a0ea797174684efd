//! Faults on purpose that act through the physical world: heat, cooling, dips and surges, against closed forms and against the same
//! things coming by themselves; batches of manufacture; links of the backbone's graph.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{close, load, refused, run_plain, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::scenario::faults::{DomainKind, domains};
use sim_core::scenario::{Scenario, Target, Which};

const DAY: f64 = 86_400.0;
/// e^−1 and e^−6.
const E1: f64 = 0.367_879_441_171_442_33;
const E6: f64 = 0.002_478_752_176_666_358;
/// ln 3.
const LN3: f64 = 1.098_612_288_668_109_8;

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

#[test]
fn heat_raises_a_node_by_the_rise_with_its_time_constant() {
    let heat = |rise: &str| json!([{ "at": "12 h", "for": "6 h", "heat": { "all": true, "rise": rise } }]);
    let record = run_plain(&hot(heat("15 K")));
    close(value(&record, "nodes.temperature.max"), 65.0, 1e-9);
    // What the node lacks at first, and a quarter of a day of 15 K, whose lags at both ends cancel out.
    let mean = 50.0 - 180.0 * 20.0 / DAY;
    close(value(&record, "nodes.temperature.mean"), mean + 15.0 / 4.0, 1e-7);
    let soon = with(hot(heat("15 K")), "/duration", json!("43380 s"));
    close(value(&run_plain(&soon), "nodes.temperature.max"), 50.0 + 15.0 * (1.0 - E1), 1e-7);
    // One of two sites.
    let one = json!([{ "at": "12 h", "for": "6 h", "heat": { "site": "home/1", "rise": "15 K" } }]);
    close(value(&run_plain(&hot(one)), "nodes.temperature.mean"), mean + 15.0 / 8.0, 1e-7);
    // No rise is as no fault, up to rounding.
    agree(&run_plain(&hot(heat("0 K"))), &run_plain(&hot(json!([]))), 1e-9);
}

#[test]
fn rises_add_up_and_go_one_by_one() {
    let record = run_plain(&hot(json!([
        { "at": "6 h", "for": "6 h", "heat": { "all": true, "rise": "15 K" } },
        { "at": "9 h", "for": "9 h", "heat": { "region": "here", "rise": "10 K" } }
    ])));
    close(value(&record, "nodes.temperature.max"), 75.0, 1e-9);
    let mean = 50.0 - 180.0 * 20.0 / DAY + (15.0 * 6.0 + 10.0 * 9.0) / 24.0;
    close(value(&record, "nodes.temperature.mean"), mean, 1e-7);
}

#[test]
fn throttling_begins_when_the_threshold_is_reached() {
    let throttled = |lasts: Option<&str>| {
        let mut fault = json!({ "at": "12 h", "heat": { "all": true, "rise": "15 K" } });
        if let Some(lasts) = lasts {
            fault["for"] = json!(lasts);
        }
        let throttle = json!({ "at": "60 C", "resume": "55 C", "speed": 0.5 });
        value(
            &run_plain(&with(hot(json!([fault])), "/nodes/node/thermal/throttle", throttle)),
            "nodes.throttled",
        )
    };
    // 15 (1 − e^(−t/180 s)) = 10 at t = 180 ln 3 s; 15 e^(−t/180 s) = 5 as long after the end.
    close(throttled(None) * DAY, 43_200.0 - 180.0 * LN3, 1e-3);
    close(throttled(Some("6 h")) * DAY, 21_600.0, 1e-3);
    close(throttled(Some("3 min")), 0.0, 0.0);
}

#[test]
fn heat_adds_to_rooms_that_hold_their_setpoint() {
    let fault = json!([{ "at": "12 h", "for": "6 h", "heat": { "all": true, "rise": "15 K" } }]);
    for building in [
        json!({ "time_constant": "30 min", "setpoint": "25 C" }),
        json!({ "time_constant": "30 min", "conductance": "100 W/K", "air_conditioning": { "setpoint": "25 C" } }),
    ] {
        let record = run_plain(&with(hot(fault.clone()), "/fleet/0/building", building));
        close(value(&record, "nodes.temperature.max"), 25.0 + 20.0 + 15.0, 1e-5);
    }
}

#[test]
fn a_room_warms_up_when_its_cooling_fails() {
    let building = |faults: Value| {
        let mut unit = json!({ "setpoint": "25 C", "cop": 3 });
        if !faults.is_null() {
            unit["faults"] = faults;
        }
        json!({ "time_constant": "30 min", "conductance": "100 W/K", "air_conditioning": unit })
    };
    let file = |faults: Value, unit: Value| with(hot(faults), "/fleet/0/building", building(unit));
    let fails = json!([{ "at": "6 h", "for": "3 h", "cooling_failure": { "all": true } }]);
    let injected = run_plain(&file(fails, Value::Null));
    // 1 kW through 100 W/K over 30 C.
    close(value(&injected, "sites.temperature.max"), 40.0 - 15.0 * E6, 1e-6);
    let twice = json!([
        { "at": "6 h", "for": "2 h", "cooling_failure": { "all": true } },
        { "at": "7 h", "for": "2 h", "cooling_failure": { "fleet": "home" } }
    ]);
    agree(&run_plain(&file(twice, Value::Null)), &injected, 1e-9);
    // As when it fails by itself. (The seventh hour after the repair lies beyond the end.)
    let short = |file: Value| with(file, "/duration", json!("14 h"));
    let natural = short(file(json!([]), json!({ "up": "6 h", "down": "3 h" })));
    let fails = json!([{ "at": "6 h", "for": "3 h", "cooling_failure": { "all": true } }]);
    agree(&run_plain(&short(file(fails, Value::Null))), &run_plain(&natural), 1e-9);
}

#[test]
fn an_ideal_setpoint_fails_on_purpose_only() {
    let building = json!({ "time_constant": "30 min", "setpoint": "25 C" });
    let file = |faults: Value| with(hot(faults), "/fleet/0/building", building.clone());
    let failure = |lasts: &str| json!([{ "at": "6 h", "for": lasts, "cooling_failure": { "all": true } }]);
    close(
        value(&run_plain(&file(failure("30 min"))), "sites.temperature.max"),
        25.0 + 5.0 * (1.0 - E1),
        1e-6,
    );
    // It did not hang on the mains before, and does not now.
    let dark = json!([
        { "at": "6 h", "for": "3 h", "grid_outage": { "all": true } },
        { "at": "9 h", "for": "1 h", "heat": { "all": true, "rise": "0 K" } }
    ]);
    let record = run_plain(&file(dark.clone()));
    close(value(&record, "sites.temperature.max"), 25.0, 1e-6);
    close(value(&record, "nodes.temperature.max"), 45.0, 1e-6);
    let plain = run_plain(&file(json!([dark[0]])));
    close(value(&record, "nodes.temperature.mean"), value(&plain, "nodes.temperature.mean"), 1e-6);
}

#[test]
fn what_cools_a_rack_fails_as_by_itself() {
    let rack = |cooling: Value, faults: Value| with(hot(faults), "/fleet/0/racks/0/cooling", cooling);
    let fails = |hours: u32| json!([{ "at": "10 h", "for": format!("{hours} h"), "cooling_failure": { "all": true } }]);
    let own = json!({ "up": "10 h", "down": "4 h" });
    let short = |file: Value| with(file, "/duration", json!("23 h"));
    for (cooling, pointer, most) in [
        (
            json!({ "airflow": "352 CFM", "fan": { "power": "20 W", "failed_flow": 0.25, "exponent": 0.5 } }),
            "/fleet/0/racks/0/cooling/fan/faults",
            30.0 + 20.0 + 40.0,
        ),
        (
            json!({ "liquid": { "resistance_factor": 0.5, "failed_factor": 3 } }),
            "/fleet/0/racks/0/cooling/liquid/pump",
            90.0,
        ),
        (
            json!({ "split": { "setpoint": "22 C", "cop": 2.5 } }),
            "/fleet/0/racks/0/cooling/split/faults",
            50.0,
        ),
    ] {
        let injected = run_plain(&short(rack(cooling.clone(), fails(4))));
        close(value(&injected, "nodes.temperature.max"), most, 1e-6);
        agree(&injected, &run_plain(&short(with(rack(cooling, json!([])), pointer, own.clone()))), 1e-9);
    }
    // A fan that is but a factor: half the resistance while it turns.
    let fan = json!({ "resistance_factor": 0.5, "rise": "-2 K" });
    close(value(&run_plain(&rack(fan.clone(), fails(4))), "nodes.temperature.max"), 50.0, 1e-9);
    close(value(&run_plain(&rack(fan, json!([]))), "nodes.temperature.max"), 38.0, 1e-9);
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

fn seconds(record: &RunRecord, metric: &str) -> f64 {
    record.metrics.get(metric).copied().unwrap_or(0.0) * 360_000.0
}

#[test]
fn injected_sags_are_ridden_through_as_any() {
    // Depth, duration, and seconds of it that are not ridden through, with the default hold-up of 20 ms.
    for (depth, lasts, lost) in [
        (0.5, "15 ms", 0.0),
        (0.5, "30 ms", 0.01),
        (1.0, "2 s", 1.98),
        (0.25, "400 ms", 0.0),
        (0.25, "600 ms", 0.1),
        (0.15, "9 s", 0.0),
        (0.15, "11 s", 1.0),
        (0.05, "50 s", 0.0),
        (0.0, "50 s", 0.0),
    ] {
        let faults = json!([{ "at": "1 h", "for": lasts, "sag": { "all": true, "depth": depth } }]);
        let record = run_plain(&mains(1, faults.clone()));
        close(seconds(&record, "nodes.down.sag"), lost, 1e-6);
        close(value(&record, "nodes.failures"), f64::from(u8::from(lost > 0.0)), 0.0);
        close(value(&record, "sites.sags_per_year"), 87.66, 1e-9);
        let ups = |corrects: bool| {
            let ups = json!({ "energy": "50 Wh", "corrects_sags": corrects });
            value(&run_plain(&with(mains(1, faults.clone()), "/fleet/0/ups", ups)), "nodes.failures")
        };
        close(ups(true), 0.0, 0.0);
        close(ups(false), f64::from(u8::from(lost > 0.0)), 0.0);
    }
    let nested = json!([
        { "at": "1 h", "for": "2 s", "sag": { "all": true, "depth": 0.8 } },
        { "at": "3601 s", "for": "2 s", "sag": { "site": 0, "depth": 0.6 } },
        { "at": "99 h", "sag": { "site": 0, "depth": 0.6 } }
    ]);
    let record = run_plain(&mains(1, nested));
    close(seconds(&record, "nodes.down.sag"), 2.98 + 3600.0 - 0.02, 1e-6);
    close(value(&record, "nodes.failures"), 2.0, 0.0);
}

#[test]
fn surges_damage_who_is_not_protected() {
    let surge = json!([{ "at": "10 h", "surge": { "all": true, "share": 0.5 } }]);
    let file = |damage: f64| {
        with(
            mains(40, surge.clone()),
            "/nodes/node/hardware",
            json!({
                "surge_damage": damage, "faults": { "up": "100 y", "down": "10 h" }
            }),
        )
    };
    let record = run_plain(&file(1.0));
    close(value(&record, "nodes.damaged"), 20.0, 0.0);
    close(value(&record, "faults[surge everything].nodes_hit"), 20.0, 0.0);
    close(value(&record, "nodes.down.hardware"), 0.5 * 0.1, 1e-9);
    close(value(&record, "sites.surges_per_year"), 0.5 * 87.66, 1e-9);
    let some = value(&run_plain(&file(0.3)), "nodes.damaged");
    assert!((1.0..=14.0).contains(&some), "{some}");
    let protected = with(file(0.3), "/fleet/0/surge_protection", json!("type-2"));
    assert!(value(&run_plain(&protected), "nodes.damaged") < some);
    // Surges that come by themselves damage whom they would have damaged.
    let every = json!({ "every": "30 h" });
    let natural = |faults: Value| {
        let file = with(with(file(0.2), "/faults", faults), "/fleet/0/grid", json!({ "surges": every }));
        value(&run_plain(&file), "nodes.damaged")
    };
    let more = natural(json!([{ "at": "10 h", "surge": { "site": 0 } }])) - natural(json!([]));
    assert!((0.0..=1.0).contains(&more), "{more}");
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

fn nodes(scenario: &Scenario, target: &Target) -> Vec<u32> {
    target.resolve(scenario).unwrap_or_else(|why| panic!("{why:?}")).nodes
}

#[test]
fn a_batch_goes_down_together() {
    // Nodes of x/0: b 0, b 1, a 2–5; of x/1: b 6, b 7, a 8–11; of y: a 12, 13, c 14–17, b 18, 19.
    let scenario = load(&batches(false, json!([])));
    let batch = |which: Which| nodes(&scenario, &Target { batch: Some(which), ..Target::default() });
    assert_eq!(batch(Which::Index(0)), [2, 3, 4, 5]);
    assert_eq!(batch(Which::Name("a/2".to_owned())), [12, 13]);
    assert_eq!(batch(Which::Index(3)), [0, 1, 6]);
    assert_eq!(batch(Which::Name("b/1".to_owned())), [7, 18, 19]);
    let at = Target { batch: Some(Which::Index(4)), fleet: Some(Which::Index(1)), ..Target::default() };
    assert_eq!(nodes(&scenario, &at), [18, 19]);
    let kill = json!([{ "name": "f", "at": "5 h", "kill": { "batch": "b/1" } }]);
    let record = run_plain(&batches(false, kill));
    close(value(&record, "faults[f].nodes_hit"), 3.0, 0.0);
    close(value(&record, "nodes.down.injected"), 3.0 / 20.0 / 2.0, 1e-12);
}

#[test]
fn the_batches_of_a_type_hold_each_of_its_nodes_once() {
    for mixed in [false, true] {
        let scenario = load(&batches(mixed, json!([])));
        let all = domains(&scenario, DomainKind::Batch);
        let names: Vec<&str> = all.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names, ["a/0", "a/1", "a/2", "b/0", "b/1"]);
        let mut members: Vec<u32> = all.iter().flat_map(|domain| nodes(&scenario, &domain.target)).collect();
        members.sort_unstable();
        assert_eq!(members, (0..14).chain(18..20).collect::<Vec<_>>(), "mixed: {mixed}");
    }
    // Who is in a mixed batch differs between replications, and not between policies.
    let kill = json!([{ "name": "f", "at": "5 h", "kill": { "batch": "a/0" } }]);
    let scenario = load(&with(batches(true, kill), "/policies/other", json!({ "health": "none" })));
    let worlds: Vec<u64> = (0..8)
        .map(|replication| {
            let record = sim_core::run(&scenario, "plain", 0, replication);
            let other = sim_core::run(&scenario, "other", 0, replication);
            assert_eq!(record.exogenous, other.exogenous);
            assert_eq!(value(&record, "faults[f].nodes_hit"), value(&other, "faults[f].nodes_hit"));
            value(&record, "faults[f].nodes_hit") as u64
        })
        .collect();
    assert!(worlds.iter().any(|hit| *hit != worlds[0]), "{worlds:?}");
}

#[test]
fn racks_with_shared_air_are_hit_as_they_stand() {
    let scenario = |cooling: Value| {
        let file = with(batches(false, json!([])), "/fleet/0/racks/0/cooling", cooling);
        load(&file)
    };
    let rack = |number| Target { rack: Some(Which::Index(number)), ..Target::default() };
    let apart = scenario(json!({}));
    assert_eq!([nodes(&apart, &rack(0)), nodes(&apart, &rack(1))], [vec![0, 2, 3], vec![1, 4, 5]]);
    let shared = scenario(json!({ "airflow": "100 CFM" }));
    assert_eq!([nodes(&shared, &rack(0)), nodes(&shared, &rack(1))], [vec![0, 1, 2], vec![3, 4, 5]]);
    let batch = Target { batch: Some(Which::Name("b/0".to_owned())), ..Target::default() };
    assert_eq!(nodes(&shared, &batch), [0, 3, 6]);
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
fn a_link_of_the_graph_is_cut_and_routed_around_as_by_itself() {
    let link = json!({ "between": ["here", "ix"], "latency": "10 ms" });
    let own = with(link.clone(), "/outages", json!({ "up": "100.5 s", "down": "50 s" }));
    for (action, name) in [("kill", "kill ix–here"), ("partition", "partition ix–here")] {
        let mut fault = json!({ "at": "100.5 s", "for": "50 s" });
        fault[action] = json!({ "backbone": ["ix", "here"] });
        for (policy, detour, failed) in [
            ("static", false, 50.0),
            ("reroute", false, 60.0),
            ("static", true, 50.0),
            ("reroute", true, 10.0),
            ("fast", true, 2.0),
        ] {
            let injected = load(&graph(detour, link.clone(), json!([fault])));
            let injected = sim_core::run(&injected, policy, 0, 0);
            close(value(&injected, "requests.failed"), failed, 0.0);
            let natural = sim_core::run(&load(&graph(detour, own.clone(), json!([]))), policy, 0, 0);
            agree(&injected, &natural, 1e-9);
            close(value(&injected, &format!("faults[{name}].requests")), 50.0, 0.0);
        }
    }
    // With an outage of its own, and with one another, they nest.
    let cut = |at: &str| json!({ "at": at, "for": "40 s", "kill": { "backbone": ["here", "ix"] } });
    let nested = load(&graph(false, own, json!([cut("80.5 s"), cut("130.5 s")])));
    close(value(&sim_core::run(&nested, "static", 0, 0), "requests.failed"), 90.0, 0.0);
}

#[test]
fn latency_and_loss_of_a_link_befall_what_passes_over_it() {
    let link = json!(["here", "ix", "10 ms"]);
    let slow = |ends: Value| json!([{ "at": "0 s", "latency": { "backbone": ends, "add": "100 ms" } }]);
    let max = |detour, ends| {
        let scenario = load(&graph(detour, link.clone(), slow(ends)));
        value(&sim_core::run(&scenario, "static", 0, 0), "requests.latency.max")
    };
    close(max(true, json!(["here", "ix"])), 0.241, 1e-9);
    close(max(true, json!(["ix", "there"])), 0.241, 1e-9);
    close(max(true, json!(["here", "there"])), 0.041, 1e-9);
    // Without a link of that name, all between the two regions.
    close(max(false, json!(["here", "there"])), 0.241, 1e-9);
    let lossy = json!([{ "at": "0 s", "loss": { "backbone": ["ix", "there"], "p": 1 } }]);
    let record = sim_core::run(&load(&graph(true, link.clone(), lossy)), "static", 0, 0);
    close(value(&record, "requests.success_ratio"), 0.0, 0.0);
    let scenario = load(&graph(true, link, json!([])));
    let names: Vec<String> =
        domains(&scenario, DomainKind::Backbone).into_iter().map(|domain| domain.name).collect();
    assert_eq!(names, ["here–ix", "there–ix", "here–there"]);
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
