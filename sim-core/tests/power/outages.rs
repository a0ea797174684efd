//! Surges, and outages that are planned, rolling, of a storm or of a whole group; feeders that are spread.

use super::common::{agrees, metric, refused, run, run_plain, with};
use super::{HOUR, down, world};
use serde_json::{Value, json};

#[test]
fn surges_damage_fewer_nodes_behind_better_protection() {
    let surges = |protection: &str| {
        let grid = json!({
            "surges": { "every": { "exponential": { "mean": "100 h" } }, "at_restoration": 0.5 },
            "outages": { "up": "50 h", "down": "1 h" }
        });
        let file = world(500, 1000.0, grid);
        let hardware = json!({ "surge_damage": 0.1, "faults": { "up": "100 y", "down": "10 h" } });
        with(with(file, "/nodes/node/hardware", hardware), "/fleet/0/surge_protection", json!(protection))
    };
    let damaged = ["none", "type-2", "type-2-3"].map(|protection| {
        let record = run_plain(&surges(protection));
        // Ten surges by themselves and nineteen restorations at half a chance each.
        let per_year = (10.0 + 19.0 * 0.5) / (1000.0 / 8766.0);
        agrees("surges", metric(&record, "sites.surges_per_year"), per_year, 0.05 * per_year);
        let count = metric(&record, "nodes.damaged");
        let open = down(&record, "hardware", 500.0, 1000.0) / (10.0 * HOUR);
        agrees("each is repaired in ten hours", open / count.max(1.0), 0.98, 0.06);
        count
    });
    let expected = 500.0 * 19.5 * 0.1;
    agrees("none", damaged[0], expected, 0.1 * expected);
    agrees("type 2", damaged[1] / damaged[0], 0.2, 0.04);
    agrees("types 2 and 3", damaged[2] / damaged[0], 0.04, 0.02);
    // Without faults of its own, a node takes the stated time.
    let file = with(
        world(1, 1000.0, json!({ "surges": { "every": "900 h" } })),
        "/nodes/node/hardware",
        json!({ "surge_damage": 1 }),
    );
    agrees("repair", down(&run_plain(&file), "hardware", 1.0, 1000.0), 96.0 * HOUR, 1e-6);
}

#[test]
fn rolling_blackouts_go_from_block_to_block() {
    let rolling = |more: Value| {
        let mut grid = json!({ "rolling": { "every": "10 h", "for": "3 h", "block": 2, "slot": "1 h" }, "feeder_size": 3 });
        grid["rolling"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        // 24 sites, eight feeders, four blocks of six sites.
        world(24, 40.0, grid)
    };
    let record = run_plain(&rolling(json!({})));
    // Three episodes of three slots in 39 hours.
    agrees("down", down(&record, "grid", 24.0, 40.0), 9.0 * 6.0 * HOUR, 1e-3);
    agrees("outages", metric(&record, "nodes.failures"), 9.0 * 6.0, 0.0);
    // Heat waves of two hours every nine: only episodes that begin in one happen.
    let mut hot = rolling(json!({ "in_heat_wave_only": true }));
    hot["regions"]["here"]["heat_waves"] = json!({ "every": "9 h", "for": "2 h", "rise": "5 K" });
    // Episodes begin at 10, 23 and 36 h; it is hot from 9 to 11, 20 to 22, 31 to 33 h.
    agrees("in heat waves", metric(&run_plain(&hot), "nodes.failures"), 3.0 * 6.0, 0.0);
    assert_eq!(metric(&run_plain(&rolling(json!({ "in_heat_wave_only": true }))), "nodes.failures"), 0.0);
}

#[test]
fn planned_outages_and_substations_take_down_whole_groups() {
    let planned = world(
        8,
        100.0,
        json!({ "planned": { "every": { "uniform": { "min": "10 h", "max": "60 h" } }, "for": "2 h" }, "feeder_size": 4 }),
    );
    let failures = metric(&run_plain(&planned), "nodes.failures");
    assert!(failures >= 8.0 && failures % 4.0 == 0.0, "{failures}");
    let shared = json!({ "outages": { "up": { "exponential": { "mean": "50 h" } }, "down": "1 h", "shared_by": "substation" }, "feeder_size": 2, "substation_size": 4 });
    let failures = metric(&run_plain(&world(16, 500.0, shared.clone())), "nodes.failures");
    assert!(failures > 0.0 && failures % 8.0 == 0.0, "{failures}");
    let mut lacking = shared;
    lacking.as_object_mut().expect("an object").shift_remove("substation_size");
    let problems = refused(&world(16, 1.0, lacking));
    assert!(problems.contains("substation_size"), "{problems}");
}

#[test]
fn a_storm_hits_a_share_and_feeders_come_back_one_by_one() {
    let storm = |share: f64| {
        let grid =
            json!({ "storm_damage": { "share": share, "first_restore": "1 h", "restoration": "4 h" } });
        let mut file = world(2000, 30.0, grid);
        file["regions"]["here"]["storms"] = json!({ "every": "10 h", "for": "2 h" });
        file
    };
    // One storm, from 10 to 12 h (the next at 22 h): hit at 11 h on average, back at 15 h.
    let one = |share: f64| with(storm(share), "/duration", json!("21 h"));
    let record = run_plain(&one(1.0));
    agrees("hit", metric(&record, "nodes.failures"), 2000.0, 0.0);
    agrees("mean outage", down(&record, "grid", 2000.0, 21.0) / 2000.0, 4.0 * HOUR, 0.1 * HOUR);
    let record = run_plain(&one(0.25));
    agrees("a quarter", metric(&record, "nodes.failures"), 500.0, 80.0);
    assert_eq!(metric(&run_plain(&one(0.0)), "nodes.failures"), 0.0);
    let uptimes: Vec<f64> =
        [0.0, 0.1, 0.4, 0.9].iter().map(|share| metric(&run_plain(&storm(*share)), "nodes.uptime")).collect();
    assert!(uptimes.windows(2).all(|pair| pair[0] > pair[1]), "{uptimes:?}");
}

/// Fewer sites behind each feeder: as many outages, but fewer sites down at once.
#[test]
fn spread_feeders_fail_apart() {
    let shared = |size: u32| {
        let grid = json!({ "outages": { "up": { "exponential": { "mean": "20 h" } }, "down": { "exponential": { "mean": "5 h" } }, "shared_by": "feeder" }, "feeder_size": size });
        with(world(40, 2000.0, grid), "/policies", json!({ "plain": {} }))
    };
    let spread = |size: u32| {
        let record = run_plain(&shared(size));
        let timeline = record.timeline.expect("the first replication has one");
        let up = &timeline.nodes["up"];
        let mean = up.iter().sum::<f64>() / up.len() as f64;
        (mean / 40.0, up.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / up.len() as f64)
    };
    let (alone, together) = (spread(1), spread(40));
    agrees("uptime", alone.0, 0.8, 0.02);
    agrees("uptime together", together.0, 0.8, 0.08);
    assert!(together.1 > 10.0 * alone.1, "variance of nodes up: {} and {}", together.1, alone.1);
}

#[test]
fn who_heeds_a_notice_loses_nothing_to_a_planned_outage() {
    let mut file = world(
        6,
        400.0,
        json!({ "planned": { "every": { "uniform": { "min": "20 h", "max": "60 h" } }, "for": "2 h", "notice": "1 h" } }),
    );
    file["nodes"]["node"]["slots"] = json!(50);
    file["workloads"] = json!({ "work": { "requests": { "arrivals": { "poisson": { "rate": "0.05 /s" } }, "demand": "10 min" } } });
    for health in ["oracle", "none"] {
        file["policies"] = json!({ "plain": { "health": health }, "heeds": { "health": health, "routing": "least_loaded", "energy": { "heed_notice": true } } });
        let (plain, heeds) = (run(&file, "plain", 0), run(&file, "heeds", 0));
        assert!(
            metric(&plain, "requests.failed") > 10.0 && metric(&heeds, "requests.failed") == 0.0,
            "{health}: {}",
            metric(&heeds, "requests.failed")
        );
        assert_eq!(plain.exogenous, heeds.exogenous);
        assert_eq!(metric(&plain, "nodes.uptime"), metric(&heeds, "nodes.uptime"));
    }
}
