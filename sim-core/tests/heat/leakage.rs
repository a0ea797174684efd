//! Leakage as part of what a node draws, against an integration with small steps; what warms a room besides nodes; and the balance of
//! energy with all of it.

use super::common::{close, metric, run_of, with};
use super::heated;
use serde_json::{Value, json};

/// Length of a step of the reference, in seconds.
const STEP: f64 = 0.05;

/// A node of 100 W at 25 °C on 0.4 K/W, by 1 % more for each kelvin: it comes to 166.7 W at 91.7 °C.
fn world() -> Value {
    let node = json!({
        "idle": "100 W", "peak": "100 W",
        "thermal": {
            "resistance": "0.4 K/W", "time_constant": "5 min",
            "leakage": { "per_K": 0.01, "reference": "25 C" },
            "shutdown": { "at": "150 C", "resume": "60 C" }
        }
    });
    let entry = json!({ "racks": [{ "nodes": { "node": 1 } }] });
    heated(5, "4 h", &json!({ "constant": "25 C" }), &node, entry)
}

/// Calls `each` with the time and the draw of the node, by small steps, until it says when; returns that time.
fn reference(mut each: impl FnMut(f64, f64) -> bool) -> f64 {
    let (mut time, mut die) = (0.0, 25.0);
    loop {
        let power = 100.0 * (1.0 + 0.01 * (die - 25.0));
        if each(time, power) {
            return time;
        }
        die += STEP * (25.0 + 0.4 * power - die) / 300.0;
        time += STEP;
    }
}

#[test]
fn a_battery_carries_leakage() {
    let ups = json!({ "energy": "100 Wh", "efficiency": 0.9, "recharge": "50 W" });
    let file = with(world(), "/fleet/0/ups", ups);
    let outage = json!([{ "at": "2 min", "for": "2 h", "grid_outage": { "all": true } }]);
    let record = run_of(&with(file, "/faults", outage), 0);
    let mut charge = 360_000.0;
    let empty = reference(|time, power| {
        charge -= if time >= 120.0 { power / 0.9 * STEP } else { 0.0 };
        charge <= 0.0
    });
    let down = metric(&record, "nodes.down.ups") * 4.0 * 3600.0;
    let lasted = 7200.0 - down;
    assert!(lasted < 0.72 * 360_000.0 * 0.9 / 100.0, "{lasted} s");
    close(lasted, empty - 120.0, 0.005 * (empty - 120.0));
}

#[test]
fn a_breaker_trips_by_leakage_alone() {
    let breaker =
        json!({ "rating": "1.2 A", "voltage": "100 V", "time_constant": "150 s", "trip_ratio": 1.2 });
    let record = run_of(&with(world(), "/fleet/0/breaker", breaker), 0);
    let mut theta = 0.0;
    let trips = reference(|_, power| {
        let i = power / 120.0;
        theta += STEP * (i * i - theta) / 150.0;
        theta >= 1.44
    });
    close(metric(&record, "sites.breaker_trips"), 1.0, 0.0);
    let lasted = 4.0 * 3600.0 * (1.0 - metric(&record, "nodes.down.breaker"));
    close(lasted, trips, 0.01 * trips);
}

#[test]
fn leakage_warms_the_room() {
    let building = json!({ "time_constant": "10 min", "conductance": "20 W/K" });
    let record = run_of(&with(world(), "/fleet/0/building", building), 0);
    // T = 25 + (1/20 + 0.4) P with P = 100 (1 + 0.01 (T − 25)), so P = 100/(1 − 0.45).
    let power = 100.0 / 0.55;
    close(metric(&record, "sites.temperature.max"), 25.0 + power / 20.0, 0.11);
    close(metric(&record, "nodes.temperature.max"), 25.0 + 0.45 * power, 0.25);
}

/// A node of 100 W behind a power supply of 80 %, fans of 60 W and a UPS of 20 W on standby, in a room of 50 W/K.
fn machines() -> Value {
    let file =
        with(world(), "/nodes/node/thermal", json!({ "resistance": "0.4 K/W", "time_constant": "5 min" }));
    let file = with(file, "/nodes/node/psu_efficiency", json!(0.8));
    let file = with(file, "/fleet/0/building", json!({ "time_constant": "10 min", "conductance": "50 W/K" }));
    let file =
        with(file, "/fleet/0/racks/0/cooling", json!({ "airflow": "1000 CFM", "fan": { "power": "60 W" } }));
    with(
        file,
        "/fleet/0/ups",
        json!({ "energy": "1 kWh", "standby": "20 W", "efficiency": 0.8, "recharge": "100 W" }),
    )
}

#[test]
fn losses_warm_the_room_and_not_the_die() {
    let record = run_of(&machines(), 0);
    let room = 25.0 + (125.0 + 60.0 + 20.0) / 50.0;
    close(metric(&record, "sites.temperature.max"), room, 1e-6);
    // The air of the rack takes up all of the 125 W, the die only what the board draws.
    close(metric(&record, "nodes.temperature.max"), room + 1.76 * 125.0 / 1000.0 + 0.4 * 100.0, 1e-4);
    let battery = with(machines(), "/faults", json!([{ "at": "1 s", "grid_outage": { "all": true } }]));
    let record = run_of(&battery, 0);
    let room = 25.0 + (125.0 + 60.0 + 185.0 / 4.0) / 50.0;
    close(metric(&record, "sites.temperature.max"), room, 1e-6);
}

#[test]
fn energy_balances_with_leakage_losses_and_outages() {
    let file = with(machines(), "/nodes/node/thermal", world()["nodes"]["node"]["thermal"].clone());
    let outages = json!([
        { "at": "10 min", "for": "20 min", "grid_outage": { "all": true } },
        { "at": "1 h", "for": "10 h", "grid_outage": { "all": true } }
    ]);
    let with_ups = with(file, "/faults", outages);
    let mut without = with_ups.clone();
    without["fleet"][0].as_object_mut().expect("an entry").remove("ups");
    for file in [with_ups, without] {
        let record = run_of(&file, 0);
        let [total, mains, stored] =
            ["energy.total", "energy.mains", "energy.stored"].map(|name| metric(&record, name));
        close(mains, total + stored, 1e-9 * mains);
        let parts =
            ["idle", "work", "cooling", "losses"].map(|part| metric(&record, &format!("energy.{part}")));
        close(parts.iter().sum(), total, 1e-9 * total);
        assert!(parts[3] > 0.1 * total, "{parts:?}");
    }
}

#[test]
fn dust_follows_the_line_within_its_bound() {
    let file =
        with(world(), "/nodes/node/thermal", json!({ "resistance": "0.4 K/W", "time_constant": "5 min" }));
    let file = with(file, "/fleet/0/racks/0/cooling", json!({ "dust": { "per_year": 0.3 } }));
    for days in [10_u32, 31, 45, 100, 200] {
        let record = run_of(&with(file.clone(), "/duration", json!(format!("{days} d"))), 0);
        let exact = 25.0 + 40.0 * (1.0 + 0.3 * f64::from(days) / 365.25);
        close(metric(&record, "nodes.temperature.max"), exact, 40.0 * 0.3 * 3.5 / 365.25 + 1e-6);
    }
}
