//! Rooms and racks that the nodes warm: against closed forms, against one another on the same weather, and in their balance of
//! energy.

#[path = "../common/mod.rs"]
mod common;
mod costs;
mod cycling;
mod kinder;
mod leakage;
mod wear;

use common::{close, metric, refused, run_of, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// A world of one region with this weather, one type of node and one entry of its fleet, whose policy does nothing.
fn heated(seed: u64, duration: &str, weather: &Value, node: &Value, entry: Value) -> Value {
    json!({
        "name": "heat",
        "seed": seed,
        "duration": duration,
        "regions": { "here": { "weather": weather } },
        "nodes": { "node": node },
        "fleet": [with(entry, "/region", json!("here"))],
        "policies": { "policy": { "health": "none" } }
    })
}

/// The weather of a year of this mean temperature and daily swing.
fn seasons(mean: &str, day: &str) -> Value {
    json!({ "seasonal": { "mean": mean, "season": "11 K", "day": day, "noise": "4 K", "correlation": 0.7 } })
}

/// Five nodes of 200 W in a room.
fn world() -> Value {
    let node = json!({ "idle": "200 W", "peak": "200 W", "thermal": { "resistance": "0.1 K/W", "time_constant": "3 min" } });
    let entry = json!({ "sites": 1, "racks": [{ "nodes": { "node": 5 } }] });
    heated(5, "1 d", &json!({ "constant": "30 C" }), &node, entry)
}

#[test]
fn nodes_warm_their_room() {
    let building = json!({ "time_constant": "30 min", "conductance": "100 W/K" });
    let record = run_of(&with(world(), "/fleet/0/building", building), 0);
    // 1 kW through 100 W/K.
    close(metric(&record, "sites.temperature.max"), 40.0, 1e-6);
    let mean = 40.0 - 10.0 * 1800.0 / 86_400.0;
    close(metric(&record, "sites.temperature.mean"), mean, 1e-6);
    close(metric(&record, "nodes.temperature.max"), 60.0, 1e-6);
    // Steady less what the room (1800 s · 10 K) and the node (180 s · 30 K) lack at first.
    close(metric(&record, "nodes.temperature.mean"), 60.0 - (1800.0 * 10.0 + 180.0 * 30.0) / 86_400.0, 1e-6);
}

#[test]
fn walls_make_a_second_time_constant() {
    let building = json!({
        "time_constant": "10 min", "conductance": "100 W/K",
        "mass": { "time_constant": "8 h", "share": 0.6 }
    });
    let record = run_of(&with(world(), "/fleet/0/building", building), 0);
    let decayed = 0.049_787_068_367_863_94; // e^(−3)
    close(metric(&record, "sites.temperature.max"), 40.0 - 6.0 * decayed, 1e-6);
    let lost = 4.0 * 600.0 + 6.0 * 8.0 * 3600.0 * (1.0 - decayed);
    close(metric(&record, "sites.temperature.mean"), 40.0 - lost / 86_400.0, 1e-6);
}

#[test]
fn air_conditioning_removes_what_it_must_and_pays_for_it() {
    let building = |capacity: Option<&str>| {
        let mut unit = json!({ "setpoint": "25 C", "cop": 3 });
        if let Some(capacity) = capacity {
            unit["capacity"] = json!(capacity);
        }
        json!({ "time_constant": "30 min", "conductance": "100 W/K", "air_conditioning": unit })
    };
    let day = 86_400.0;
    let record = run_of(&with(world(), "/fleet/0/building", building(None)), 0);
    close(metric(&record, "sites.temperature.max"), 25.0, 1e-5);
    // 1 kW of nodes and 5 K through 100 W/K.
    close(metric(&record, "energy.total"), (1000.0 + 1500.0 / 3.0) * day, 1e-3 * day);
    let record = run_of(&with(world(), "/fleet/0/building", building(Some("1.2 kW"))), 0);
    close(metric(&record, "sites.temperature.max"), 28.0, 1e-5);
    close(metric(&record, "energy.total"), (1000.0 + 1200.0 / 3.0) * day, 1e-3 * day);
}

#[test]
fn a_room_runs_away_when_its_air_conditioning_fails() {
    let building = json!({
        "time_constant": "30 min", "conductance": "100 W/K",
        "air_conditioning": { "setpoint": "25 C", "cop": 3, "faults": { "up": "6 h", "down": "3 h" } }
    });
    let record = run_of(&with(world(), "/fleet/0/building", building), 0);
    close(metric(&record, "sites.temperature.max"), 40.0 - 15.0 * 0.002_478_752_176_666_358, 1e-6);
}

#[test]
fn an_office_is_hot_at_weekends() {
    let building = json!({
        "time_constant": "20 min", "conductance": "100 W/K",
        "air_conditioning": { "setpoint": "23 C", "cop": 3 },
        "setback": { "rise": "6 K", "nights": ["19:00", "07:00"], "weekends": true }
    });
    let file = with(world(), "/fleet/0/building", building);
    let file = with(file, "/start", json!("2024-07-01 00:00"));
    let week = run_of(&with(with(file.clone(), "/duration", json!("5 d")), "/warmup", json!("12 h")), 0);
    let noon = with(with(file, "/duration", json!("17 h")), "/warmup", json!("12 h"));
    close(metric(&run_of(&noon, 0), "sites.temperature.max"), 23.0, 1e-5);
    close(metric(&week, "sites.temperature.max"), 29.0, 1e-5);
    // Twelve hours of each day, but for the warming at seven in the evening.
    let mean = metric(&week, "sites.temperature.mean");
    assert!(mean > 25.5 && mean < 26.0, "{mean}");
}

#[test]
fn a_rack_warms_its_own_air() {
    let rack = |cooling: Value| with(world(), "/fleet/0/racks/0/cooling", cooling);
    let record = run_of(&rack(json!({ "airflow": "176 CFM", "recirculation": 0.2 })), 0);
    // 1.76 · 1000 W / 176 CFM / (1 − 0.2) over 30 C, and 20 K over that.
    close(metric(&record, "nodes.temperature.max"), 62.5, 1e-6);
    let metric_flow = run_of(&rack(json!({ "airflow": "299.025494 m3/h", "recirculation": 0.2 })), 0);
    close(metric(&metric_flow, "nodes.temperature.max"), 62.5, 1e-4);
    let split = run_of(&rack(json!({ "split": { "setpoint": "22 C", "cop": 2.5 } })), 0);
    close(metric(&split, "nodes.temperature.max"), 42.0, 1e-6);
    close(metric(&split, "energy.total"), 1400.0 * 86_400.0, 1.0);
    let failing =
        json!({ "split": { "setpoint": "22 C", "cop": 2.5, "faults": { "up": "6 h", "down": "2 h" } } });
    close(metric(&run_of(&rack(failing), 0), "nodes.temperature.max"), 50.0, 1e-6);
}

#[test]
fn fans_fail_and_dust_settles() {
    let rack = |cooling: Value| with(world(), "/fleet/0/racks/0/cooling", cooling);
    let fan = json!({ "airflow": "352 CFM", "fan": {
        "power": "20 W", "failed_flow": 0.25, "exponent": 0.5, "faults": { "up": "10 h", "down": "4 h" }
    } });
    let record = run_of(&rack(fan), 0);
    // A quarter of the flow: four times the rise of 5 K, twice the resistance.
    close(metric(&record, "nodes.temperature.max"), 30.0 + 20.0 + 40.0, 1e-6);
    close(metric(&record, "energy.total"), 86_400.0 * 1000.0 + 3600.0 * 20.0 * 20.0, 1.0);
    let pump = json!({ "liquid": { "resistance_factor": 0.5, "failed_factor": 3,
        "pump": { "up": "10 h", "down": "4 h" }, "leak": { "every": "17 h", "repair": "2 h" } } });
    let record = run_of(&rack(pump), 0);
    close(metric(&record, "nodes.temperature.max"), 30.0 + 60.0, 1e-6);
    close(metric(&record, "nodes.down.leak"), 2.0 / 24.0, 1e-9);
    let dusty = json!({ "dust": { "per_year": 0.3, "cleaned": "120 d" } });
    let record = run_of(&with(rack(dusty), "/duration", json!("1 y")), 0);
    // Steps of seven days hold what the dust has in their middle: the last day of 120 is a step by itself.
    close(metric(&record, "nodes.temperature.max"), 30.0 + 20.0 * (1.0 + 0.3 * 119.5 / 365.25), 1e-6);
}

#[test]
fn a_pwm_fan_goes_with_the_load() {
    let cooling = json!({ "airflow": "176 CFM", "fan": {
        "speed": "pwm", "power": "60 W", "slowest": 0.4, "low": "35 C", "high": "47 C", "exponent": 0.7
    } });
    let file = with(with(world(), "/fleet/0/racks/0/cooling", cooling), "/warmup", json!("12 h"));
    let record = run_of(&file, 0);
    // Rise is 10 K at full flow, 25 K at the slowest. Steps are 0.1 of speed and 2 K, half of it hysteresis: speed 0.8 gives 42.5 C,
    // between 43 C, where it would go up, and 42 C, where it would go down.
    let power = metric(&record, "energy.total") / 43_200.0 - 1000.0;
    close(power, 60.0 * 0.512, 1e-3);
    let factor = 1.169_071_5; // 0.8^(−0.7)
    close(metric(&record, "nodes.temperature.max"), 42.5 + 20.0 * factor, 1e-3);
}

#[test]
fn slowing_down_has_two_stages_and_a_human_restarts() {
    let thermal = json!({
        "resistance": "0.4 K/W", "time_constant": "2 min",
        "throttle": { "at": "60 C", "resume": "50 C", "speed": 0.7, "power": 1 },
        "hardware_slowdown": { "at": "80 C", "resume": "70 C", "speed": 0.3, "power": 1 },
        "shutdown": { "at": "100 C", "resume": "40 C", "restart": "5 h" }
    });
    let file = with(world(), "/nodes/node/thermal", thermal);
    let record = run_of(&file, 0);
    // 30 C + 80 K: up for 2 min · ln(80/10), then down for five hours.
    let up = 120.0 * 2.079_441_541_679_835_7;
    let cycles = 5.0;
    close(metric(&record, "nodes.failures"), 5.0 * cycles, 0.0);
    let cycle = up + 5.0 * 3600.0;
    assert!(metric(&record, "nodes.uptime") < 1.1 * 5.0 * up / 86_400.0 && cycle * 4.0 < 86_400.0);
    let cool = with(file, "/nodes/node/thermal/shutdown/at", json!("120 C"));
    let throttled = metric(&run_of(&cool, 0), "nodes.throttled");
    // Past 60 C after 2 min · ln(80/50).
    close(throttled, 1.0 - 120.0 * 0.470_003_629_245_735_5 / 86_400.0, 1e-9);
}

/// A garage of busy nodes in a hot summer, near their limits.
fn busy() -> Value {
    let node = json!({
        "slots": 2, "idle": "60 W", "peak": "300 W",
        "thermal": {
            "resistance": "0.1 K/W", "time_constant": "80 s",
            "chassis": { "resistance": "0.06 K/W", "time_constant": "8 min" },
            "leakage": { "per_K": 0.004, "reference": "60 C" },
            "throttle": { "at": "84 C", "resume": "80 C", "speed": 0.6, "power": 0.6 },
            "shutdown": { "at": "96 C", "resume": "60 C" }
        }
    });
    let entry = json!({
        "sites": 3,
        "building": {
            "time_constant": "40 min", "conductance": "110 W/K",
            "mass": { "time_constant": "10 h", "share": 0.4 },
            "solar": { "gain": "5 K" },
            "air_conditioning": { "setpoint": "28 C", "capacity": "1 kW", "cop": 3 }
        },
        "racks": [{ "cooling": {
            "airflow": "250 CFM", "recirculation": 0.15,
            "fan": { "power": "40 W", "faults": { "up": { "exponential": { "mean": "20 h" } }, "down": "2 h" } }
        }, "nodes": { "node": 5 } }]
    });
    let mut file = heated(8, "12 h", &seasons("16 C", "6 K"), &node, entry);
    file["start"] = json!("2024-07-10 09:00");
    file["workloads"] = json!({ "work": { "requests": {
        "arrivals": { "poisson": { "rate": "1.4 /s", "daily_swing": 0.3 } },
        "demand": { "exponential": { "mean": "12 s" } }, "deadline": "2 min"
    } } });
    file["policies"]["policy"] =
        json!({ "health": "none", "routing": "round_robin", "requests": { "timeout": "3 min" } });
    file
}

#[test]
fn a_busy_room_repeats_and_costs_few_events() {
    let first = run_of(&busy(), 0);
    assert_eq!(first, run_of(&busy(), 0));
    let mut plain = busy();
    plain["fleet"][0]["building"] = json!({ "time_constant": "40 min", "gain": "10 K" });
    plain["fleet"][0]["racks"][0]["cooling"] = json!({ "rise": "8 K", "resistance_factor": 1 });
    plain["nodes"]["node"]["thermal"].as_object_mut().expect("an object").shift_remove("chassis");
    plain["nodes"]["node"]["thermal"].as_object_mut().expect("an object").shift_remove("leakage");
    let plain = run_of(&plain, 0);
    let (shared, alone) = (metric(&first, "engine.events"), metric(&plain, "engine.events"));
    assert!(shared < 1.3 * alone, "{shared} events in shared air, {alone} alone");
    assert!(metric(&first, "nodes.throttled") > 0.0, "{:?}", first.metrics);
}

#[test]
fn energy_balances_with_air_conditioning() {
    // Nodes and sun-free weather in a room that ends as it began, at the setpoint: what comes in is what is removed.
    let building = json!({
        "time_constant": "20 min", "conductance": "80 W/K",
        "air_conditioning": { "setpoint": "24 C", "cop": 2 }
    });
    let file = with(with(world(), "/fleet/0/building", building), "/warmup", json!("6 h"));
    let record = run_of(&file, 0);
    let seconds = 18.0 * 3600.0;
    let removed = (1000.0 + 80.0 * 6.0) * seconds;
    close(metric(&record, "energy.total"), 1000.0 * seconds + removed / 2.0, 1.0);
}

#[test]
fn seasonal_weather_is_drawn_for_each_replication() {
    let weather = json!({ "seasonal": { "mean": "14.4 C", "season": "11.4 K", "warmest": "07-20", "day": "5.35 K",
        "noise": "4.36 K", "correlation": 0.725 } });
    let building = json!({ "conductance": "1 kW/K" });
    let file = with(with(world(), "/regions/here/weather", weather), "/fleet/0/building", building);
    let file = with(with(file, "/nodes/node/idle", json!("0 W")), "/nodes/node/peak", json!("1 mW"));
    let file = with(file, "/duration", json!("365 d"));
    let records: Vec<RunRecord> = (0..4).map(|replication| run_of(&file, replication)).collect();
    for record in &records {
        close(metric(record, "sites.temperature.mean"), 14.4, 2.5);
        let hottest = metric(record, "sites.temperature.max");
        assert!(hottest > 32.0 && hottest < 48.0, "{hottest}");
    }
    assert_ne!(records[0].exogenous, records[1].exogenous);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let wrong: [(&str, Value, &str); 7] = [
        (
            "/fleet/0/building",
            json!({ "air_conditioning": { "setpoint": "25 C", "capacity": "2 kW" } }),
            "conductance",
        ),
        ("/fleet/0/building", json!({ "setback": { "rise": "5 K", "weekends": true } }), "air conditioning"),
        (
            "/fleet/0/building",
            json!({ "setpoint": "25 C", "air_conditioning": { "setpoint": "24 C" } }),
            "either",
        ),
        ("/fleet/0/racks/0/cooling", json!({ "recirculation": 0.2 }), "airflow"),
        ("/fleet/0/racks/0/cooling", json!({ "fan": { "speed": "pwm" } }), "airflow"),
        ("/nodes/node/thermal/leakage", json!({ "per_K": 0.01, "reference": "60 C" }), "shutdown"),
        (
            "/regions/here/weather",
            json!({ "seasonal": { "mean": "10 C", "season": "9 K", "correlation": 1 } }),
            "range",
        ),
    ];
    for (pointer, value, word) in wrong {
        let problems = refused(&with(world(), pointer, value));
        assert!(problems.contains(word), "{pointer}: {problems}");
    }
}
