//! Storms, told apart from ordinary outages.

use super::common::{load, value, with};
use super::{adds_up, blamed};
use serde_json::{Value, json};

/// Homes by the sea: feeders fail now and then, and many of them in storms; behind a cabinet with a battery for two hours.
fn coast() -> Value {
    json!({
        "seed": 17,
        "duration": "200 d",
        "regions": { "coast": {
            "storms": { "every": { "exponential": { "mean": "10 d" } }, "for": "6 h" },
            "grid": {
                "feeder_size": 2,
                "outages": [{ "up": { "exponential": { "mean": "40 d" } }, "down": { "exponential": { "mean": "6 h" } }, "shared_by": "feeder" }],
                "storm_damage": { "share": 0.4, "restoration": { "exponential": { "mean": "9 h" } } }
            }
        } },
        "isps": { "street": { "cabinet": { "sites": 5, "battery": "2 h", "restart": "5 min" } } },
        "nodes": { "node": { "boot": "2 min" } },
        "fleet": [{ "region": "coast", "sites": 20, "isp": "street", "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": {
            "calls": { "requests": { "arrivals": { "poisson": { "rate": "10 /h" } }, "demand": "1 min", "deadline": "10 min" } },
            "archive": { "objects": { "count": 50, "size": "1 MiB" } },
            "frames": { "jobs": { "arrivals": { "poisson": { "rate": "2 /d" } }, "demand": "5 h", "deadline": "12 h" } }
        },
        "policies": { "bare": { "health": "none", "requests": { "timeout": "5 min" }, "objects": { "copies": 2 } } }
    })
}

/// The coast without one of the troubles of its grid.
fn without(mut file: Value, trouble: &str) -> Value {
    let grid = file["regions"]["coast"]["grid"].as_object_mut().expect("it has a grid");
    grid.remove(trouble).expect("it has this trouble");
    file
}

#[test]
fn what_a_storm_takes_is_charged_to_it_and_nothing_else_changes() {
    let file = coast();
    let record = blamed(&file, 0);
    adds_up(&record, "blame.nodes", 1.0 - value(&record, "nodes.uptime"));
    adds_up(&record, "blame.requests", value(&record, "blame.requests"));
    adds_up(&record, "blame.objects.unavailable", 1.0 - value(&record, "objects.availability"));
    for family in ["nodes", "requests", "objects.unavailable", "jobs.wasted"] {
        for root in ["storm", "grid"] {
            assert!(value(&record, &format!("blame.{family}.{root}")) > 0.0, "{family} {root}");
        }
    }
    let without = blamed(&without(file, "storm_damage"), 0);
    assert!(without.metrics.keys().all(|name| !name.ends_with(".storm")), "no storm touches the mains");
}

/// Batteries do not change what began it, be they at home or in the street.
#[test]
fn an_empty_battery_is_charged_to_the_storm_that_emptied_it() {
    let calm = without(coast(), "outages");
    let of = |file: &Value, name: &str| value(&blamed(file, 1), name);
    let everything = |file: &Value| {
        let down = 1.0 - of(file, "nodes.uptime");
        assert!(down > 0.001 && (of(file, "blame.nodes.storm") - down).abs() < 1e-9, "{down}: {file}");
        down
    };
    let bare = everything(&calm);
    let at_home = with(calm, "/fleet/0/ups", json!({ "energy": "1 kWh", "power": "1 kW" }));
    let with_battery = everything(&with(at_home.clone(), "/nodes/node/peak", json!("200 W")));
    assert!(with_battery < bare);
    // Now the street dies first.
    let forever = with(at_home, "/fleet/0/ups/energy", json!("1000 kWh"));
    let street = everything(&forever);
    assert!(value(&sim_core::run(&load(&forever), "bare", 0, 1), "nodes.down.link") > 0.9 * street);
}

/// Without storms about as much is up again as they were blamed for.
#[test]
fn without_storms_what_they_were_blamed_for_is_gone() {
    let file = with(coast(), "/blame", json!(true));
    let kind = without(file.clone(), "storm_damage");
    for family in ["nodes", "requests", "objects.unavailable"] {
        let (mut charged, mut gone) = (0.0, 0.0);
        for replication in 0..3 {
            let run = |file: &Value| sim_core::run(&load(file), "bare", 0, replication);
            let (before, after) = (run(&file), run(&kind));
            charged += value(&before, &format!("blame.{family}.storm"));
            gone += value(&before, &format!("blame.{family}")) - value(&after, &format!("blame.{family}"));
        }
        assert!((gone - charged).abs() < 0.25 * charged, "{family}: {charged} charged, {gone} gone");
    }
}
