//! What must hold of objects in every run: shards are conserved, repairs take the time that their links give them, and a
//! kinder world or a stronger code never makes data less safe.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{load, repeats, run_of, sum_of, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// Nodes in two regions that fail in every way, and objects on them.
fn world() -> Value {
    json!({
        "name": "objects",
        "seed": 5,
        "duration": "120 d",
        "warmup": "2 d",
        "regions": {
            "east": { "grid": { "outages": {
                "up": { "exponential": { "mean": "20 d" } },
                "down": { "exponential": { "mean": "5 h" } } } } },
            "west": {}
        },
        "nodes": { "node": { "boot": "2 min", "hardware": {
            "faults": { "up": { "exponential": { "mean": "60 d" } }, "down": { "exponential": { "mean": "1 d" } } },
            "death": { "lifetime": { "exponential": { "mean": "90 d" } }, "replacement": { "exponential": { "mean": "2 d" } } } } } },
        "fleet": [
            { "name": "east", "region": "east", "sites": 10, "racks": [{ "nodes": { "node": 3 } }],
              "link": { "up": "20 Mbit/s", "down": "100 Mbit/s", "outages": {
                  "up": { "exponential": { "mean": "15 d" } }, "down": { "exponential": { "mean": "2 h" } } } },
              "churn": { "lifetime": { "exponential": { "mean": "200 d" } }, "rejoin": { "exponential": { "mean": "5 d" } } } },
            { "name": "west", "region": "west", "sites": 10, "racks": [{ "nodes": { "node": 3 } }],
              "link": { "up": "20 Mbit/s", "down": "100 Mbit/s" } }
        ],
        "workloads": { "archive": { "objects": { "count": 300, "size": "64 MiB" } } },
        "policies": { "policy": { "objects": { "code": { "data": 4, "total": 10 } } } }
    })
}

fn repaired(repair: Value) -> Value {
    with(world(), "/policies/policy/objects/repair", repair)
}

/// Repairs of all kinds.
fn repairs() -> Vec<Value> {
    vec![
        json!({}),
        json!({ "transfers": "fair" }),
        json!({ "transfers": "fair", "per": "shard", "parallel": "unlimited" }),
        json!({ "per": "shard", "parallel": 3, "after": "6 h" }),
        json!({ "below": 7, "after": { "exponential": { "mean": "12 h" } } }),
        json!({ "below": 7, "to": 9, "check": "1 d", "budget": 20 }),
        json!({ "time": { "exponential": { "mean": "8 h" } }, "parallel": "unlimited" }),
        json!({ "time": "3 h", "per": "object", "concurrent": 5, "priority": "arrival" }),
        json!({ "rate": "200 kB/s", "below": 8 }),
        json!({ "time": "0 s", "after": "1 d" }),
    ]
}

#[test]
fn shards_are_conserved() {
    let health =
        [json!("oracle"), json!({ "heartbeat": { "period": "10 min", "timeout": "30 min" } }), json!("none")];
    for (number, repair) in repairs().into_iter().enumerate() {
        let file = with(repaired(repair.clone()), "/policies/policy/health", health[number % 3].clone());
        let record = run_of(&file, number as u32);
        let shards = |what: &str| value(&record, &format!("objects.shards.{what}"));
        let made = shards("placed") + shards("repaired");
        assert_eq!(made, shards("healthy") + shards("unavailable") + shards("lost"), "{repair}");
        assert!(shards("lost") > 0.0, "{repair}");
        assert!(health[number % 3] == "none" || shards("repaired") > 0.0, "{repair}");
        let causes = sum_of(&record, "objects.repair_bytes.");
        let all = value(&record, "objects.repair_bytes");
        assert!((causes - all).abs() <= 1e-9 * all, "{repair}: causes add up");
    }
}

#[test]
fn runs_repeat_on_any_thread_and_from_a_clone() {
    for repair in repairs() {
        let scenario = load(&with(repaired(repair), "/duration", json!("40 d")));
        repeats(&scenario, "policy", 1);
    }
}

#[test]
fn policies_meet_the_same_world() {
    let worlds: Vec<String> =
        repairs().into_iter().map(|repair| run_of(&repaired(repair), 3).exogenous).collect();
    assert!(worlds.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Probability that at least k of n are up.
fn at_least(k: u32, n: u32, a: f64) -> f64 {
    let choose = |i: u32| (0..i).fold(1.0, |sum, j| sum * f64::from(n - j) / f64::from(j + 1));
    (k..=n).map(|i| choose(i) * libm::pow(a, f64::from(i)) * libm::pow(1.0 - a, f64::from(n - i))).sum()
}

#[test]
fn availability_is_that_of_independent_nodes() {
    // Nodes up nine tenths of the time; nothing dies, so nothing is ever repaired.
    let file = json!({
        "seed": 3, "duration": "2 y", "warmup": "30 d",
        "nodes": { "node": { "hardware": { "faults": {
            "up": { "exponential": { "mean": "9 d" } }, "down": { "exponential": { "mean": "1 d" } } } } } },
        "fleet": [{ "sites": 400, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "data": { "objects": { "count": 500 } } },
        "policies": { "policy": {} }
    });
    for (k, n) in [(1, 1), (1, 2), (3, 5), (6, 8)] {
        let code = json!({ "code": { "data": k, "total": n } });
        let record = run_of(&with(file.clone(), "/policies/policy/objects", code), 0);
        let expected = at_least(k, n, 0.9);
        let found = value(&record, "objects.availability");
        assert!((found - expected).abs() < 0.004, "{k} of {n}: {found} instead of {expected}");
        assert_eq!(value(&record, "objects.lost"), 0.0);
        assert!(!record.metrics.contains_key("objects.repairs"), "there is no repair");
    }
}

/// One object of two shards needed and three kept, on nodes of which each has a site of its own; a node is killed for good.
fn lone(repair: Value, gateway: Value) -> Option<f64> {
    // The object is on three of four nodes: one of the first two holds a shard.
    (0..2).find_map(|node| {
        let file = json!({
            "seed": 1, "duration": "1 h", "regions": { "here": { "gateway": gateway } },
            "nodes": { "node": {} },
            "fleet": [{ "name": "f", "sites": 4, "racks": [{ "nodes": { "node": 1 } }],
                        "link": { "up": "8 Mbit/s", "down": "16 Mbit/s" } }],
            "workloads": { "data": { "objects": { "count": 1, "size": "20 MB" } } },
            "faults": [{ "name": "kill", "at": "1 min", "kill": { "node": format!("f/{node}/0") } }],
            "policies": { "policy": { "objects": { "code": { "data": 2, "total": 3 }, "repair": repair } } }
        });
        let record = run_of(&file, 0);
        (value(&record, "faults[kill].shards_hit") > 0.0)
            .then(|| value(&record, "objects.time_to_whole.mean"))
    })
}

#[test]
fn a_repair_takes_the_time_that_its_links_give_it() {
    // Two shards of 10 MB come at 1 MB/s each, one goes out at 2 MB/s.
    for transfers in ["queued", "fair"] {
        let took = |gateway: Value| lone(json!({ "transfers": transfers }), gateway).expect("a shard is hit");
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 0.02 * expected, "{transfers}: {found} instead of {expected}");
        };
        close(took(json!({})), 10.0 + 5.0);
        close(took(json!({ "down": "12 Mbit/s" })), 20.0 / 1.5 + 5.0);
        close(took(json!({ "down": "80 Mbit/s", "up": "4 Mbit/s" })), 10.0 + 20.0);
    }
}

#[test]
fn repairs_can_go_on_by_halves() {
    let record = run_of(&repaired(json!({ "below": 7, "to": 8, "time": "1 h", "per": "object" })), 0);
    let whole = run_of(&repaired(json!({ "below": 7, "time": "1 h", "per": "object" })), 0);
    assert!(value(&record, "objects.healthy_shards") < value(&whole, "objects.healthy_shards"));
    assert!(value(&record, "objects.degraded") > value(&whole, "objects.degraded"));
    assert!(value(&record, "objects.repairs") > value(&whole, "objects.repairs"));
}

#[test]
fn more_shards_never_make_an_object_less_safe() {
    for replication in 0..3 {
        let records: Vec<RunRecord> = (4..=12)
            .map(|total| {
                let code = json!({ "code": { "data": 4, "total": total } });
                let file = with(world(), "/warmup", json!("0 s"));
                run_of(&with(file, "/policies/policy/objects", code), replication)
            })
            .collect();
        for pair in records.windows(2) {
            // The nodes of the shorter code are among those of the longer one.
            assert!(value(&pair[1], "objects.availability") >= value(&pair[0], "objects.availability"));
            assert!(value(&pair[1], "objects.lost") <= value(&pair[0], "objects.lost"));
        }
    }
}

#[test]
fn a_longer_grace_never_moves_more() {
    for replication in 0..3 {
        let bytes: Vec<f64> = ["0 s", "1 h", "6 h", "1 d", "4 d"]
            .into_iter()
            .map(|after| {
                let repair = json!({ "time": { "exponential": { "mean": "1 h" } }, "parallel": "unlimited", "after": after });
                value(&run_of(&repaired(repair), replication), "objects.repair_bytes")
            })
            .collect();
        assert!(bytes.windows(2).all(|pair| pair[1] <= pair[0]), "{bytes:?}");
        assert!(bytes[4] < 0.7 * bytes[0], "most absences are short: {bytes:?}");
    }
}

#[test]
fn spreading_over_sites_survives_outages_of_sites() {
    // Eight sites of five nodes; all that ever happens is outages of sites.
    let file = json!({
        "seed": 9, "duration": "1 y",
        "regions": { "here": { "grid": { "outages": {
            "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "1 d" } } } } } },
        "nodes": { "node": {} },
        "fleet": [{ "sites": 8, "racks": [{ "nodes": { "node": 5 } }] }],
        "workloads": { "data": { "objects": { "count": 400 } } },
        "policies": { "policy": { "objects": { "code": { "data": 3, "total": 6 } } } }
    });
    for replication in 0..4 {
        let [node, site] = ["node", "site"].map(|spread| {
            let placement = json!({ "spread": spread });
            let record =
                run_of(&with(file.clone(), "/policies/policy/objects/placement", placement), replication);
            value(&record, "objects.availability")
        });
        assert!(site >= node, "{site} over sites, {node} over nodes");
        assert!(site - at_least(3, 6, 10.0 / 11.0) < 0.01);
    }
}

#[test]
fn copysets_lose_seldom() {
    // Six of sixty nodes go at once; three copies each of three thousand objects.
    let file = json!({
        "seed": 2, "duration": "2 d",
        "nodes": { "node": {} },
        "fleet": [{ "sites": 60, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "data": { "objects": { "count": 3000 } } },
        "faults": [{ "name": "kill", "at": "1 d", "for": "1 h", "kill": { "all": true, "share": 0.1 } }],
        "policies": { "policy": { "objects": { "copies": 3 } } }
    });
    let hit = |placement: Value| -> usize {
        let file = with(file.clone(), "/policies/policy/objects/placement", placement);
        let all = (0..20).map(|replication| run_of(&file, replication));
        all.filter(|record| value(record, "faults[kill].objects_unreadable") > 0.0).count()
    };
    let (anywhere, copysets) = (hit(json!({})), hit(json!({ "copysets": 2 })));
    assert!(anywhere >= 12, "scattered copies are hit nearly every time, not {anywhere} of 20");
    assert!(copysets <= 3, "copysets hardly ever, not {copysets} of 20");
}

#[test]
fn full_nodes_take_nothing() {
    // Room for two shards of 10 MB on each of twelve nodes; ten objects of two shards fit, fifteen do not.
    let file = json!({
        "seed": 2, "duration": "2 d",
        "nodes": { "node": { "storage": "25 MB" } },
        "fleet": [{ "sites": 12, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "data": { "objects": { "count": 10, "size": "10 MB" } } },
        "policies": { "policy": { "objects": { "copies": 2 } } }
    });
    let record = run_of(&file, 0);
    assert_eq!(value(&record, "objects.shards.placed"), 20.0);
    assert_eq!(value(&record, "objects.degraded"), 0.0);
    let record = run_of(&with(file, "/workloads/data/objects/count", json!(15)), 0);
    let placed = value(&record, "objects.shards.placed");
    assert!((22.0..=24.0).contains(&placed), "all the room is taken, as far as shards go apart: {placed}");
    assert!(value(&record, "objects.unplaced") >= 2.0, "what was never placed is not there to be lost");
    assert_eq!(value(&record, "objects.lost"), 0.0);
}

#[test]
fn a_storm_of_repairs_is_cured_by_grace() {
    let file = json!({
        "seed": 4, "duration": "10 d",
        "regions": { "a": {}, "b": {}, "c": {} },
        "nodes": { "node": {} },
        "fleet": [
            { "name": "a", "region": "a", "sites": 30, "link": { "up": "20 Mbit/s", "down": "100 Mbit/s" }, "racks": [{ "nodes": { "node": 1 } }] },
            { "name": "b", "region": "b", "sites": 30, "link": { "up": "20 Mbit/s", "down": "100 Mbit/s" }, "racks": [{ "nodes": { "node": 1 } }] },
            { "name": "c", "region": "c", "sites": 30, "link": { "up": "20 Mbit/s", "down": "100 Mbit/s" }, "racks": [{ "nodes": { "node": 1 } }] }
        ],
        "workloads": { "data": { "objects": { "count": 500, "size": "64 MiB" } } },
        "faults": [{ "name": "dark", "at": "2 d", "for": "6 h", "kill": { "region": "a" } }],
        "policies": { "policy": { "objects": { "code": { "data": 4, "total": 12 }, "repair": { "rate": "200 kB/s" } } } }
    });
    let storm = run_of(&file, 0);
    let calm = run_of(&with(file, "/policies/policy/objects/repair/after", json!("1 d")), 0);
    assert!(value(&storm, "faults[dark].shards_hit") > 1_000.0);
    assert!(value(&storm, "faults[dark].repair_bytes") > 1e9);
    assert!(value(&storm, "objects.repair_queue.max") > 400.0);
    assert_eq!(value(&calm, "objects.repair_bytes"), 0.0);
    assert_eq!(value(&calm, "objects.lost"), 0.0);
}

#[test]
fn a_death_that_nobody_notices_is_not_repaired() {
    let policy = |health: Value, after: &str| {
        let file = json!({
            "seed": 6, "duration": "200 d",
            "nodes": { "node": { "hardware": { "death": {
                "lifetime": { "exponential": { "mean": "100 d" } }, "replacement": { "exponential": { "mean": "10 d" } } } } } },
            "fleet": [{ "sites": 60, "racks": [{ "nodes": { "node": 1 } }] }],
            "workloads": { "data": { "objects": { "count": 500 } } },
            "policies": { "policy": { "health": health, "objects": {
                "copies": 3, "repair": { "time": "1 h", "parallel": "unlimited", "after": after } } } }
        });
        run_of(&file, 0)
    };
    let lost = |record: &RunRecord| value(record, "objects.lost");
    let beats = json!({ "heartbeat": { "period": "5 min", "timeout": "15 min" } });
    let (oracle, patient) = (policy(json!("oracle"), "0 s"), policy(json!("oracle"), "10 d"));
    assert_eq!(lost(&oracle), lost(&patient), "the oracle tells a death from an absence");
    let (watched, slow) = (policy(beats.clone(), "0 s"), policy(beats, "5 d"));
    let blind = policy(json!("none"), "0 s");
    assert!(
        lost(&watched) <= lost(&slow) && lost(&slow) < lost(&blind),
        "grace costs safety where deaths look like absences"
    );
    assert!(value(&blind, "objects.shards.repaired") > 0.0, "a replacement says that it is empty");
}

/// Three sites with a slow uplink, two copies each, and two sites that die an hour apart.
fn dying_sources(count: u32, up: &str, policy: Value) -> Value {
    json!({
        "duration": "100 h",
        "nodes": { "node": {} },
        "fleet": [{ "name": "f", "sites": 3, "link": { "up": up, "down": "1 Gbit/s" }, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "archive": { "objects": { "count": count, "size": "64 MiB" } } },
        "policies": { "policy": { "objects": { "copies": 2, "repair": policy } } },
        "faults": [{ "name": "A", "at": "1 h", "kill": { "site": "f/0" } }, { "name": "B", "at": "2 h", "kill": { "site": "f/1" } }]
    })
}

#[test]
fn sources_that_die_deliver_nothing() {
    for replication in 0..4 {
        let of = |policy: Value| run_of(&dying_sources(30, "1 Mbit/s", policy), replication);
        let (queued, fair) = (of(json!({})), of(json!({ "transfers": "fair" })));
        let availability = |record: &RunRecord| value(record, "objects.availability");
        assert!((availability(&queued) - availability(&fair)).abs() < 0.25, "{queued:?} {fair:?}");
        assert!(availability(&queued) < 0.9);
        // A shard takes 15 hours, and its only source has one.
        let slow = run_of(&dying_sources(1, "10 kbit/s", json!({})), replication);
        let fair = run_of(&dying_sources(1, "10 kbit/s", json!({ "transfers": "fair" })), replication);
        assert!((availability(&slow) - availability(&fair)).abs() < 1e-9);
        // What moved in the hour until the source died.
        let (slow, fair) = (value(&slow, "objects.repair_bytes"), value(&fair, "objects.repair_bytes"));
        assert!((slow - fair).abs() <= 1.0, "{slow} {fair}");
        assert!(slow < 64.0 * 1024.0 * 1024.0, "{slow}");
    }
}

#[test]
fn timed_repairs_need_sources_at_their_end() {
    let file = with(dying_sources(300, "1 Gbit/s", json!({ "time": "5 h" })), "/fleet/0/link", json!({}));
    let record = run_of(&file, 0);
    // A third of the objects have both copies on the sites that die.
    let available = value(&record, "objects.availability");
    assert!((0.5..0.85).contains(&available), "{available}");
}

#[test]
fn checks_cost_nothing_while_nothing_waits() {
    let file = with(world(), "/policies/policy/objects/repair", json!({ "check": "1 us" }));
    let often = run_of(&with(file, "/duration", json!("20 d")), 0);
    assert!(value(&often, "objects.repairs") > 0.0);
}

/// What is said beforehand of how long a run takes is near what it takes.
#[test]
fn events_are_about_as_many_as_estimated() {
    let linked = |file: Value| with(file, "/fleet/0/link/latency", json!("20 ms"));
    let mut files: Vec<Value> = repairs().into_iter().map(repaired).collect();
    files.push(linked(repaired(json!({ "transfers": "fair" }))));
    let poisson = |rate: &str| json!({ "poisson": { "rate": rate } });
    files.push(with(files[0].clone(), "/workloads/archive/objects/reads", poisson("60 /h")));
    files.push(with(files[0].clone(), "/workloads/archive/objects/writes", poisson("2 /h")));
    let ratio = |file: &Value| {
        let estimated = common::planned(file).estimate().events_per_run;
        estimated / value(&run_of(file, 0), "engine.events")
    };
    let ratios: Vec<f64> = files.iter().map(ratio).collect();
    assert!(ratios.iter().all(|ratio| (0.45..=2.0).contains(ratio)), "{ratios:.2?}");
}
