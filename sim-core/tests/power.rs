//! The power side as a chain: dips, surges, storms, breakers, batteries and power supplies in small worlds whose course is known,
//! the balance of energy, and what must hold on identical weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{agrees, metric, planned, refused, run, run_plain, told, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

const HOUR: f64 = 3600.0;

/// `sites` sites of one node of 100 W, with `grid`, for `hours` hours.
fn world(sites: u32, hours: f64, grid: Value) -> Value {
    json!({
        "name": "power",
        "seed": 7,
        "duration": format!("{hours} h"),
        "regions": { "here": { "grid": grid } },
        "nodes": { "node": { "idle": "100 W", "peak": "100 W" } },
        "fleet": [{ "name": "home", "region": "here", "sites": sites, "racks": [{ "nodes": { "node": 1 } }] }],
        "policies": { "plain": {} }
    })
}

/// Seconds down for `cause` of all nodes together.
fn down(record: &RunRecord, cause: &str, nodes: f64, hours: f64) -> f64 {
    metric(record, &format!("nodes.down.{cause}")) * nodes * hours * HOUR
}

#[test]
fn sags_are_ridden_through_as_the_curve_says() {
    let sags = |depth: f64, lasts: &str| {
        world(1, 10.5, json!({ "sags": { "every": "1 h", "for": lasts, "depth": depth } }))
    };
    // Depth, duration, and seconds of it that are not ridden through, at full load and the default hold-up of 20 ms.
    let cases = [
        (0.5, "15 ms", 0.0),
        (0.5, "30 ms", 0.01),
        (1.0, "2 s", 1.98),
        (0.25, "400 ms", 0.0),
        (0.25, "600 ms", 0.1),
        (0.3, "600 ms", 0.1),
        (0.15, "9 s", 0.0),
        (0.15, "11 s", 1.0),
        (0.05, "50 s", 0.0),
    ];
    for (depth, lasts, lost) in cases {
        let record = run_plain(&sags(depth, lasts));
        let what = format!("depth {depth} for {lasts}");
        agrees(&what, metric(&record, "nodes.failures"), if lost > 0.0 { 10.0 } else { 0.0 }, 0.0);
        agrees(&what, down(&record, "sag", 1.0, 10.5), 10.0 * lost, 1e-6);
        let per_year = 10.0 / (10.5 / 8766.0);
        agrees("sags per year", metric(&record, "sites.sags_per_year"), per_year, 1e-6 * per_year);
    }
    // A light load is held up longer; a UPS corrects, unless it does not.
    let deep = sags(1.0, "150 ms");
    let light = with(
        with(deep.clone(), "/nodes/node/idle", json!("10 W")),
        "/nodes/node/hardware",
        json!({ "psu_hold_up": "16 ms" }),
    );
    assert_eq!(metric(&run_plain(&light), "nodes.failures"), 0.0, "160 ms at a tenth of the load");
    assert_eq!(metric(&run_plain(&deep), "nodes.failures"), 10.0);
    let ups = |corrects: bool| {
        with(deep.clone(), "/fleet/0/ups", json!({ "energy": "50 Wh", "corrects_sags": corrects }))
    };
    assert_eq!(metric(&run_plain(&ups(true)), "nodes.failures"), 0.0);
    assert_eq!(metric(&run_plain(&ups(false)), "nodes.failures"), 10.0);
}

#[test]
fn interruptions_shorter_than_the_hold_up_are_not_noticed() {
    for (hold_up, lasts, failures) in
        [("17 ms", "16 ms", 0.0), ("17 ms", "18 ms", 10.0), ("30 ms", "18 ms", 0.0), ("0 s", "1 ms", 10.0)]
    {
        let file = world(1, 10.5, json!({ "outages": { "up": "1 h", "down": lasts } }));
        let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": hold_up })));
        agrees(&format!("{lasts} against {hold_up}"), metric(&record, "nodes.failures"), failures, 0.0);
        assert_eq!(
            metric(&record, "sites.grid_outages_per_year").round(),
            (10.0 / (10.5 / 8766.0_f64)).round()
        );
    }
    // The hold-up delays the loss, and nothing more.
    let file = world(1, 10.0, json!({ "outages": { "up": "4 h", "down": "2 h" } }));
    let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": "1 s" })));
    agrees("down", down(&record, "grid", 1.0, 10.0), 2.0 * HOUR - 1.0, 1e-6);
}

#[test]
fn a_transfer_longer_than_the_hold_up_reboots() {
    for (gap, failures) in [("10 ms", 0.0), ("40 ms", 4.0)] {
        let file = world(1, 10.0, json!({ "outages": { "up": "2 h", "down": "30 min" } }));
        let file = with(file, "/fleet/0/ups", json!({ "energy": "1 kWh", "transfer": gap }));
        let record = run_plain(&with(file, "/nodes/node/hardware", json!({ "psu_hold_up": "17 ms" })));
        agrees(&format!("transfer of {gap}"), metric(&record, "nodes.failures"), failures, 0.0);
        agrees("gap", down(&record, "ups", 1.0, 10.0), failures * 0.04, 1e-6);
    }
}

#[test]
fn a_brownout_raises_the_current_and_trips_the_breaker() {
    let brownout = |depth: f64| {
        let file = world(1, 6.0, json!({ "brownouts": { "every": "3 h", "for": "1 h", "depth": depth } }));
        let file = with(file, "/nodes/node", json!({ "idle": "900 W", "peak": "900 W" }));
        with(
            file,
            "/fleet/0/breaker",
            json!({ "rating": "10 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.1 }),
        )
    };
    // 0.9 of the rating at full voltage, 1.2 at three quarters of it.
    let record = run_plain(&brownout(0.25));
    let (i, before) = (1.2_f64 * 1.2, 0.9_f64 * 0.9);
    let after = 150.0 * libm::log((i - before) / (i - 1.1 * 1.1));
    agrees("tripped", down(&record, "breaker", 1.0, 6.0), 3.0 * HOUR - after, 0.03);
    assert_eq!(metric(&run_plain(&brownout(0.15)), "sites.breaker_trips"), 0.0);
    // Nothing runs at 60 %; a battery carries it.
    let deep = brownout(0.4);
    agrees("down", down(&run_plain(&deep), "sag", 1.0, 6.0), HOUR - 0.02, 1e-6);
    let carried = run_plain(&with(deep, "/fleet/0/ups", json!({ "energy": "1 kWh" })));
    assert_eq!(metric(&carried, "nodes.uptime"), 1.0);
    assert_eq!(metric(&carried, "sites.breaker_trips"), 0.0);
}

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

/// Eight nodes of 200 W that boot at twice that on 15 A at 120 V, after an outage.
fn cold_load() -> Value {
    let mut file = world(1, 30.0, json!({ "outages": { "up": "5 h", "down": "5 h" } }));
    file["nodes"]["node"] = json!({ "idle": "200 W", "peak": "200 W", "boot": "200 s", "boot_power": 2 });
    file["fleet"][0]["racks"] = json!([{ "nodes": { "node": 8 } }]);
    file["fleet"][0]["breaker"] = json!({ "rating": "15 A", "voltage": "120 V", "reclose": "30 min" });
    file["policies"]["staggered"] =
        json!({ "energy": { "stagger": { "uniform": { "min": "0 s", "max": "40 min" } } } });
    file
}

#[test]
fn a_cold_load_trips_again_and_again_and_staggering_cures_it() {
    let together = run_plain(&cold_load());
    assert!(metric(&together, "sites.breaker_trips") > 10.0);
    let staggered = run(&cold_load(), "staggered", 0);
    assert_eq!(metric(&staggered, "sites.breaker_trips"), 0.0);
    assert!(metric(&staggered, "nodes.uptime") > metric(&together, "nodes.uptime"));
    assert_eq!(together.exogenous, staggered.exogenous, "the world is the same");
    // Those that wait are booting and draw nothing: two boots of eight nodes, 200 s each, and 20 min on average.
    let waiting = down(&staggered, "booting", 8.0, 30.0) / 16.0;
    agrees("waiting and booting", waiting, 20.0 * 60.0 + 200.0, 600.0);
    let on = 30.0 * HOUR * 8.0 * metric(&staggered, "nodes.uptime") + 16.0 * 2.0 * 200.0;
    agrees("energy", metric(&staggered, "energy.total"), 200.0 * on, 1e-6 * 200.0 * on);
}

#[test]
fn an_owner_has_had_enough() {
    let file = with(cold_load(), "/fleet/0/breaker/fatigue", json!({ "trips": 3 }));
    let record = run_plain(&file);
    assert_eq!((metric(&record, "sites.breaker_trips"), metric(&record, "sites.left")), (3.0, 1.0));
    assert!(metric(&record, "nodes.uptime") < 0.2, "it never comes back");
}

#[test]
fn inrush_trips_the_magnetic_release_once() {
    let file = with(cold_load(), "/nodes/node", json!({ "idle": "100 W", "peak": "100 W", "inrush": 20 }));
    let breaker = |magnetic: f64| {
        let breaker =
            json!({ "rating": "15 A", "voltage": "120 V", "magnetic": magnetic, "reclose": "10 h" });
        with(file.clone(), "/fleet/0/breaker", breaker)
    };
    // Eight times 2 kW are 8.9 times the rating, on top of the load itself.
    assert!(metric(&run_plain(&breaker(7.5)), "sites.breaker_trips") > 0.0);
    assert_eq!(metric(&run_plain(&breaker(10.0)), "sites.breaker_trips"), 0.0);
    assert_eq!(metric(&run(&breaker(7.5), "staggered", 0), "sites.breaker_trips"), 0.0);
}

#[test]
fn a_hot_breaker_trips_when_theory_says() {
    let hot = |air: Value, more: Value| {
        let mut file = world(1, 48.0, json!({}));
        file["nodes"]["node"] = json!({ "idle": "1.1 kW", "peak": "1.1 kW" });
        file["regions"]["here"]["weather"] = air;
        file["fleet"][0]["breaker"] =
            json!({ "rating": "10 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.25 });
        file["fleet"][0]["breaker"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        file
    };
    let derating = json!({ "derating": { "above": "40 C", "per_K": 0.01 } });
    // 1.1 of the rating, and 1.375 of the four fifths that are left at 60 °C.
    let record = run_plain(&hot(json!({ "constant": "60 C" }), derating.clone()));
    let i = 1.375_f64 * 1.375;
    let after = 150.0 * libm::log(i / (i - 1.25 * 1.25));
    agrees("tripped", down(&record, "breaker", 1.0, 48.0), 48.0 * HOUR - after, 1e-3);
    assert_eq!(
        metric(&run_plain(&hot(json!({ "constant": "60 C" }), json!({}))), "sites.breaker_trips"),
        0.0
    );
    assert_eq!(
        metric(&run_plain(&hot(json!({ "constant": "45 C" }), derating.clone())), "sites.breaker_trips"),
        0.0
    );
    // Air that swings to 60 °C at 15:00 makes it trip in the first afternoon, at 52 °C or soon after.
    let swinging = json!({ "daily": { "mean": "40 C", "swing": "20 K", "hottest": "15:00" } });
    let record = run_plain(&hot(swinging, derating));
    let at = 48.0 * HOUR - down(&record, "breaker", 1.0, 48.0);
    let crosses = (15.0 - 24.0 * libm::acos(0.6) / std::f64::consts::TAU) * HOUR;
    assert!((crosses - 900.0..crosses + 1800.0).contains(&at), "at {at} s, 52 °C at {crosses} s");
}

#[test]
fn the_hour_of_the_trip_decides_when_somebody_comes() {
    let trip = |start: &str| {
        let mut file = world(1, 100.0, json!({}));
        file["start"] = json!(start);
        file["nodes"]["node"] = json!({ "idle": "2 kW", "peak": "2 kW" });
        file["fleet"][0]["breaker"] = json!({
            "rating": "10 A", "voltage": "100 V", "reclose": { "day": "1 h", "night": "8 h", "weekend": "200 h" }, "fatigue": { "trips": 2 }
        });
        run_plain(&file)
    };
    // It trips once soon after the start, is reclosed, trips again and is left: count the time up and the first gap.
    let first_gap = |record: &RunRecord| {
        let up = 150.0 * libm::log(4.0 / (4.0 - 1.25 * 1.25));
        assert!(metric(record, "nodes.uptime") * 100.0 * HOUR >= up - 1e-3);
        metric(record, "sites.breaker_trips")
    };
    // 2024-01-05 was a Friday. By day and night it is reclosed within 100 h and trips again; at the weekend it is not.
    assert_eq!(first_gap(&trip("2024-01-05 12:00")), 2.0);
    assert_eq!(first_gap(&trip("2024-01-05 23:00")), 2.0);
    assert_eq!(first_gap(&trip("2024-01-06 12:00")), 1.0);
    assert_eq!(first_gap(&trip("2024-01-07 23:30")), 1.0);
    assert_eq!(first_gap(&trip("2024-01-08 00:30")), 2.0);
}

#[test]
fn a_dead_battery_is_found_at_the_worst_moment_or_by_a_test() {
    let battery = |hours: f64, more: Value| {
        let mut file = world(1, hours, json!({ "outages": { "up": "23 h", "down": "1 h" } }));
        file["fleet"][0]["ups"] =
            json!({ "energy": "500 Wh", "death": { "lifetime": "220 h", "replacement": "100 h" } });
        file["fleet"][0]["ups"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        run_plain(&file)
    };
    // It dies at 220 h, is found at 239 h and replaced at 339 h; outages at 239, 263, 287, 311 and 335 h are not carried. The
    // next dies at 559 h, is found at 575 h, and so on.
    let record = battery(960.0, json!({}));
    assert_eq!(metric(&record, "sites.dead_batteries"), 3.0);
    assert_eq!(metric(&record, "nodes.failures"), 5.0 + 5.0 + 3.0);
    // A test finds it within an hour: replaced before 321 h.
    let tested = battery(400.0, json!({ "self_test": "1 h" }));
    assert_eq!((metric(&tested, "nodes.failures"), metric(&tested, "sites.dead_batteries")), (4.0, 1.0));
    assert_eq!(metric(&battery(960.0, json!({ "death": { "lifetime": "220 h" } })), "nodes.failures"), 31.0);
    assert_eq!(metric(&battery(960.0, json!({ "death": { "lifetime": "50 d" } })), "nodes.failures"), 0.0);
}

#[test]
fn a_hot_room_ages_batteries() {
    let aged = |room: &str| {
        let mut file = world(1, 700.0, json!({ "outages": { "up": "500 h", "down": "150 h" } }));
        file["regions"]["here"]["weather"] = json!({ "constant": room });
        file["fleet"][0]["ups"] = json!({ "energy": "1 kWh", "ageing": { "life": "2000 h" } });
        down(&run_plain(&file), "ups", 1.0, 700.0)
    };
    // 10 h of load when new; a quarter of a life costs 5 %, half a life 10 %.
    agrees("25 °C", aged("25 C"), (150.0 - 9.5) * HOUR, 1e-3);
    agrees("35 °C", aged("35 C"), (150.0 - 9.0) * HOUR, 1e-3);
}

#[test]
fn caps_slow_work_as_their_curve_says() {
    let work = |more: Value| {
        let mut file = world(1, 1.0, json!({}));
        file["nodes"]["node"] = json!({ "idle": "20 W", "peak": "200 W" });
        file["nodes"]["node"]
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().cloned().expect("an object"));
        file["workloads"] =
            json!({ "work": { "requests": { "arrivals": { "every": "1000 s" }, "demand": "100 s" } } });
        file
    };
    let latency = |file: &Value, policy: &str| metric(&run(file, policy, 0), "requests.latency.mean");
    let slower = |share: f64| 100.0 / libm::pow(share, 0.3);
    agrees("uncapped", latency(&work(json!({})), "plain"), 100.0, 1e-6);
    let capped = work(json!({ "power_cap": "120 W" }));
    agrees("capped", latency(&capped, "plain"), slower(100.0 / 180.0), 1e-6);
    agrees("work", metric(&run_plain(&capped), "energy.work"), 3.0 * 100.0 * slower(100.0 / 180.0), 1e-3);
    let own = work(json!({ "power_cap": { "at": 0.5, "floor": "60 W", "exponent": 1 } }));
    agrees("own curve", latency(&own, "plain"), 100.0 / (40.0 / 140.0), 1e-6);
    // A policy caps all nodes of a site alike: 8 nodes, 1 kW, half of it less 160 W for idling.
    let mut site = work(json!({}));
    site["fleet"][0]["racks"][0]["nodes"]["node"] = json!(8);
    site["fleet"][0]["breaker"] = json!({ "rating": "10 A", "voltage": "100 V" });
    site["policies"] = json!({ "plain": {}, "capped": { "energy": { "power_cap": 0.5 } }, "wide": { "energy": { "power_cap": 2 } } });
    agrees("capped site", latency(&site, "capped"), slower((500.0 - 160.0) / (8.0 * 180.0)), 1e-6);
    agrees("a wide cap", latency(&site, "wide"), latency(&site, "plain"), 0.0);
}

#[test]
fn a_power_supply_takes_its_share() {
    let mut file = world(1, 1.0, json!({}));
    file["nodes"]["node"] =
        json!({ "idle": "50 W", "peak": "100 W", "psu_efficiency": 0.8, "curve": 1.4, "slots": 2 });
    file["workloads"] =
        json!({ "work": { "requests": { "arrivals": { "every": "1000 s" }, "demand": "100 s" } } });
    let record = run_plain(&file);
    let work = 300.0 * 50.0 * (2.0 * 0.5 - libm::pow(0.5, 1.4));
    agrees("work", metric(&record, "energy.work"), work, 1e-6);
    agrees("idle", metric(&record, "energy.idle"), 50.0 * HOUR, 1e-6);
    agrees("total", metric(&record, "energy.total"), (50.0 * HOUR + work) / 0.8, 1e-6);
    agrees("losses", metric(&record, "energy.losses"), (50.0 * HOUR + work) / 4.0, 1e-6);
}

/// A world with everything that power has.
fn everything() -> Value {
    json!({
        "name": "everything",
        "seed": 3,
        "start": "2024-07-01T00:00",
        "duration": "30 d",
        "warmup": "2 d",
        "regions": { "here": {
            "weather": { "daily": { "mean": "32 C", "swing": "9 K", "hottest": "15:00" } },
            "heat_waves": { "every": { "exponential": { "mean": "4 d" } }, "for": "2 d", "rise": "6 K" },
            "storms": { "every": { "exponential": { "mean": "4 d" } }, "for": { "exponential": { "mean": "5 h" } } },
            "grid": {
                "outages": { "up": { "exponential": { "mean": "3 d" } }, "down": { "lognormal": { "median": "30 min", "sigma": 1 } }, "shared_by": "feeder" },
                "sags": { "every": { "exponential": { "mean": "12 h" } }, "for": { "lognormal": { "median": "150 ms", "sigma": 1.5 } }, "depth": { "uniform": { "min": 0.1, "max": 1 } } },
                "brownouts": { "every": { "exponential": { "mean": "3 d" } }, "for": "2 h", "depth": { "uniform": { "min": 0.05, "max": 0.4 } }, "shared_by": "substation" },
                "surges": { "every": { "exponential": { "mean": "10 d" } }, "at_restoration": 0.1 },
                "planned": { "every": { "exponential": { "mean": "20 d" } }, "for": "3 h" },
                "rolling": { "every": { "exponential": { "mean": "5 d" } }, "for": "4 h", "block": 1, "slot": "1 h" },
                "storm_damage": { "share": { "uniform": { "min": 0, "max": 0.5 } }, "first_restore": "1 h", "restoration": { "lognormal": { "median": "4 h", "sigma": 0.8 } } },
                "feeder_size": 2,
                "substation_size": 2
            }
        } },
        "nodes": { "node": {
            "slots": 2, "idle": "60 W", "peak": "300 W", "curve": 1.4, "inrush": 3, "boot": "4 min", "boot_power": 2,
            "psu_efficiency": { "20": 0.87, "50": 0.9, "100": 0.87 },
            "hardware": { "surge_damage": 0.05, "psu_hold_up": "17 ms", "faults": { "up": { "exponential": { "mean": "20 d" } }, "down": "6 h" } }
        } },
        "fleet": [
            { "name": "bare", "region": "here", "sites": 8, "breaker": {
                "rating": "10 A", "voltage": "120 V", "trip_ratio": { "uniform": { "min": 1.15, "max": 1.4 } }, "magnetic": { "uniform": { "min": 5, "max": 10 } },
                "reclose": { "day": "1 h", "night": "6 h" }, "derating": { "above": "35 C", "per_K": 0.01 },
                "neighbours": { "load": { "uniform": { "min": "100 W", "max": "400 W" } }, "every": { "exponential": { "mean": "3 h" } }, "for": "20 min" },
                "fatigue": { "trips": 8, "leave": 0.2 } },
              "racks": [{ "cooling": "desk-fan", "nodes": { "node": 3 } }] },
            { "name": "backed", "region": "here", "sites": 8, "surge_protection": "type-2",
              "ups": { "energy": "300 Wh", "power": "1.6 kW", "recharge": "60 W", "efficiency": 0.88, "standby": "8 W", "transfer": "8 ms",
                       "peukert": { "exponent": 1.2, "rated_time": "20 h" }, "ageing": { "life": "1 y" },
                       "death": { "lifetime": { "weibull": { "scale": "25 d", "shape": 2 } }, "replacement": "3 d" }, "self_test": "14 d" },
              "racks": [{ "nodes": { "node": 2 } }] }
        ],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "0.1 /s" } }, "demand": { "exponential": { "mean": "3 min" } }, "deadline": "30 min" } } },
        "policies": {
            "plain": {},
            "careful": { "routing": "least_loaded", "requests": { "timeout": "10 min", "attempts": 3 },
                         "energy": { "stagger": { "uniform": { "min": "0 s", "max": "10 min" } }, "power_cap": 0.8 } }
        }
    })
}

#[test]
fn energy_balances() {
    for file in [everything(), with(everything(), "/warmup", json!("0 s"))] {
        for policy in ["plain", "careful"] {
            for replication in 0..2 {
                let record = run(&file, policy, replication);
                let energy = |name: &str| metric(&record, &format!("energy.{name}"));
                let used =
                    energy("idle") + energy("work") + energy("cooling") + energy("losses") + energy("stored");
                agrees(&format!("{policy}: mains"), energy("mains"), used, 1e-9 * used);
                for name in ["idle", "work", "cooling", "losses"] {
                    assert!(energy(name) > 0.0, "{policy}: no energy.{name}");
                }
            }
        }
    }
}

#[test]
fn policies_meet_the_same_dips_and_runs_repeat() {
    let (plain, careful) = (run(&everything(), "plain", 1), run(&everything(), "careful", 1));
    assert_eq!(plain.exogenous, careful.exogenous);
    assert_ne!(plain.trace, careful.trace);
    assert_eq!(plain, run(&everything(), "plain", 1));
    for name in [
        "sites.sags_per_year",
        "sites.brownouts_per_year",
        "sites.surges_per_year",
        "sites.grid_outages_per_year",
    ] {
        assert!(metric(&plain, name) > 0.0 && metric(&plain, name) == metric(&careful, name), "{name}");
    }
    let down: f64 = plain
        .metrics
        .iter()
        .filter(|(name, _)| name.starts_with("nodes.down."))
        .map(|(_, share)| share)
        .sum();
    agrees("all time is up or down", metric(&plain, "nodes.uptime") + down, 1.0, 1e-9);
    for cause in ["grid", "sag", "breaker", "ups", "hardware", "booting"] {
        assert!(metric(&plain, &format!("nodes.down.{cause}")) > 0.0, "nobody is down for {cause}");
    }
}

/// Nodes without work or faults, whose uptime only power decides.
fn quiet() -> Value {
    let mut file = everything();
    file["workloads"] = json!({});
    file["nodes"]["node"] = json!({ "idle": "200 W", "peak": "200 W" });
    file["fleet"][0]["breaker"] = json!({ "rating": "10 A", "voltage": "120 V", "reclose": "2 h" });
    file
}

/// Requires that uptime never falls along the worlds, and rises somewhere.
fn never_worse(what: &str, worlds: &[Value]) {
    let mut better = false;
    for replication in 0..3 {
        let uptimes: Vec<f64> =
            worlds.iter().map(|file| metric(&run(file, "plain", replication), "nodes.uptime")).collect();
        assert!(uptimes.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12), "{what}: {uptimes:?}");
        better |= uptimes.windows(2).any(|pair| pair[1] > pair[0]);
    }
    assert!(better, "{what} makes no difference");
}

#[test]
fn kinder_power_is_never_worse() {
    let sizes = ["1 Wh", "100 Wh", "300 Wh", "3 kWh"];
    never_worse("a bigger battery", &sizes.map(|size| with(quiet(), "/fleet/1/ups/energy", json!(size))));
    let loads = ["550 W", "400 W", "300 W", "100 W"];
    never_worse(
        "a smaller load",
        &loads.map(|load| with(quiet(), "/nodes/node", json!({ "idle": load, "peak": load }))),
    );
    let shares = [0.9, 0.5, 0.2, 0.0];
    never_worse(
        "a weaker storm",
        &shares.map(|share| with(quiet(), "/regions/here/grid/storm_damage/share", json!(share))),
    );
    let depths = [1.0, 0.6, 0.15, 0.0];
    never_worse(
        "a shallower sag",
        &depths.map(|depth| with(quiet(), "/regions/here/grid/sags/depth", json!(depth))),
    );
    let holds = ["0 s", "20 ms", "1 s", "2 min"];
    never_worse(
        "more hold-up",
        &holds.map(|hold| with(quiet(), "/nodes/node/hardware", json!({ "psu_hold_up": hold }))),
    );
    let outages = |causes: usize| {
        let cause =
            json!({ "up": { "exponential": { "mean": "4 d" } }, "down": "1 h", "shared_by": "feeder" });
        with(quiet(), "/regions/here/grid/outages", json!(vec![cause; causes]))
    };
    never_worse("fewer causes of outages", &[outages(4), outages(2), outages(0)]);
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
fn senseless_power_is_refused_and_doubtful_power_is_told() {
    let node = |more: Value| with(world(1, 1.0, json!({})), "/nodes/node", more);
    let breaker = |more: Value| {
        let breaker = json!({ "rating": "10 A", "voltage": "100 V" });
        let file = with(world(1, 1.0, json!({})), "/fleet/0/breaker", breaker);
        more.as_object()
            .expect("an object")
            .iter()
            .fold(file, |file, (key, value)| with(file, &format!("/fleet/0/breaker/{key}"), value.clone()))
    };
    for (what, file) in [
        ("never come", world(1, 1.0, json!({ "surges": {} }))),
        ("at_restoraton", world(1, 1.0, json!({ "surges": { "at_restoraton": 0.1 } }))),
        (
            "feeder_size",
            world(
                1,
                1.0,
                json!({ "sags": { "every": "1 h", "for": "1 s", "depth": 0.5, "shared_by": "feeder" } }),
            ),
        ),
        ("leaves no power", node(json!({ "idle": "50 W", "peak": "100 W", "power_cap": "40 W" }))),
        (
            "less than `idle`",
            node(json!({ "idle": "50 W", "dvfs": { "static": "10 W", "dynamic": "20 W" } })),
        ),
        ("trips without load", breaker(json!({ "trip_ratio": 0 }))),
        ("not above `trip_ratio`", breaker(json!({ "magnetic": 1.1 }))),
        ("`night` is required", breaker(json!({ "reclose": { "day": "1 h" } }))),
        ("type-2", with(world(1, 1.0, json!({})), "/fleet/0/surge_protection", json!("type-3"))),
    ] {
        let problems = refused(&file);
        assert!(problems.contains(what), "{what}: {problems}");
    }
    let capped = json!({ "plain": { "energy": { "power_cap": 0.8 } } });
    for (what, file) in [
        ("no storms", world(1, 1.0, json!({ "storm_damage": { "share": 0.5, "restoration": "1 h" } }))),
        (
            "wait for heat waves",
            world(
                1,
                1.0,
                json!({ "rolling": { "every": "1 d", "for": "1 h", "slot": "1 h", "in_heat_wave_only": true } }),
            ),
        ),
        ("no site has one", with(world(1, 1.0, json!({})), "/policies", capped)),
    ] {
        let warned = told(&file);
        assert!(planned(&file).warnings.len() > 0 && warned.contains(what), "{what}: {warned}");
    }
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
