//! Heat, and cooling that fails on purpose.

use super::common::{close, run_plain, value, with};
use super::{agree, hot};
use serde_json::{Value, json};

const DAY: f64 = 86_400.0;

/// e^−1 and e^−6.
const E1: f64 = 0.367_879_441_171_442_33;
const E6: f64 = 0.002_478_752_176_666_358;

/// ln 3.
const LN3: f64 = 1.098_612_288_668_109_8;

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
