//! Better cooling and less load are never worse, on the same weather, where theory promises it.

use super::common::{exponential, metric, run_of, with};
use super::{busy, heated, seasons};
use serde_json::{Value, json};

/// Nodes that always draw the same, so that one kindness cannot bring about another load.
fn steady() -> Value {
    let file = with(busy(), "/workloads", json!({}));
    let file = with(file, "/nodes/node/idle", json!("280 W"));
    // A throttled node that drew less, or one that is off, would be kind to its neighbours.
    let file = with(file, "/nodes/node/thermal/shutdown/at", json!("1000 C"));
    let file = with(file, "/nodes/node/thermal/throttle/power", json!(1));
    with(file, "/nodes/node/thermal/leakage/per_K", json!(0.002))
}

/// At constant power nothing that happens to a node acts on its heat, and temperatures are those of a cooperative linear
/// system: less resistance, more flow, a lower setpoint, more capacity and less power lower them all, at every instant.
/// Then thresholds are reached later and left sooner. With shutdown the share of time that is throttled need not fall:
/// a node that is off is not throttled, and a cool one that is never off may be throttled all day.
#[test]
fn better_cooling_never_throttles_more() {
    // Conductance is not among them: where it is hotter outdoors than the setpoint, it lets heat in.
    let kinder: [(&str, Value); 6] = [
        ("/nodes/node/thermal/chassis/resistance", json!("0.05 K/W")),
        ("/fleet/0/racks/0/cooling/airflow", json!("320 CFM")),
        ("/fleet/0/racks/0/cooling/recirculation", json!(0.05)),
        ("/fleet/0/building/air_conditioning/setpoint", json!("25 C")),
        ("/fleet/0/building/air_conditioning/capacity", json!("2 kW")),
        ("/nodes/node/idle", json!("240 W")),
    ];
    never_worse(&steady(), &kinder, "nodes.throttled", -1.0);
}

/// A node alone in its room that is too hot at times and is then off for 15 hours.
fn lonely() -> Value {
    let node = json!({
        "idle": "600 W", "peak": "600 W",
        "thermal": {
            "resistance": "0.05 K/W", "time_constant": "80 s",
            "chassis": { "resistance": "0.03 K/W", "time_constant": "6 min" },
            "shutdown": { "at": "91 C", "resume": "90 C", "restart": "15 h" }
        }
    });
    let faults = |up: &str, down: &str| json!({ "up": exponential(up), "down": exponential(down) });
    let entry = json!({
        "sites": 1,
        "building": {
            "time_constant": "15 min", "conductance": "60 W/K", "solar": { "gain": "4 K" },
            "air_conditioning":
                { "setpoint": "26 C", "capacity": "300 W", "cop": 3, "faults": faults("2 d", "9 h") }
        },
        "racks": [{ "cooling": {
            "airflow": "140 CFM", "recirculation": 0.15,
            "fan": { "power": "30 W", "exponent": 0.6, "failed_flow": 0.65, "faults": faults("4 d", "6 h") }
        }, "nodes": { "node": 1 } }]
    });
    let file = heated(21, "60 d", &seasons("15 C", "7 K"), &node, entry);
    with(file, "/start", json!("2024-06-20 00:00"))
}

/// With shutdown, uptime is monotone for a node that is alone in its room, always draws the same while up, and is off for
/// a fixed time D each time, long against all time constants. Let F(s) be when it shuts down if it starts at s. Started
/// later it starts from cooler air, so it is never hotter than one that started before: F does not fall in s. Better
/// cooling makes it cooler from the same start: F'(s) ≥ F(s). So, by induction, the n-th shutdown X'ₙ = F'(X'ₙ₋₁ + D) is
/// not before Xₙ, and the time off until t, Σ min(D, t − Xₙ), is not more. With restarts as soon as it is cool, or
/// neighbours, there is no such promise: who is off at night instead of by day is back sooner.
#[test]
fn better_cooling_never_lowers_uptime() {
    let kinder: [(&str, Value); 8] = [
        ("/nodes/node/thermal/resistance", json!("0.045 K/W")),
        ("/nodes/node/thermal/chassis/resistance", json!("0.025 K/W")),
        ("/fleet/0/racks/0/cooling/airflow", json!("170 CFM")),
        ("/fleet/0/racks/0/cooling/recirculation", json!(0.05)),
        ("/fleet/0/building/air_conditioning/setpoint", json!("23 C")),
        ("/fleet/0/building/air_conditioning/capacity", json!("450 W")),
        ("/fleet/0/building/solar/gain", json!("2 K")),
        ("/nodes/node/idle", json!("560 W")),
    ];
    never_worse(&lonely(), &kinder, "nodes.uptime", 1.0);
    // Without air conditioning a room with a machine in it is never cooler than under weather alone, so conductance helps.
    let mut open = lonely();
    open["fleet"][0]["building"].as_object_mut().expect("a building").shift_remove("air_conditioning");
    let open = with(open, "/nodes/node/thermal/shutdown/at", json!("95 C"));
    let kinder = [
        ("/fleet/0/building/conductance", json!("75 W/K")),
        ("/nodes/node/thermal/resistance", json!("0.045 K/W")),
        ("/nodes/node/idle", json!("560 W")),
    ];
    never_worse(&open, &kinder, "nodes.uptime", 1.0);
    // A node of one mass in the air of the weather, with fans and dust of no account.
    let mut lumped = open;
    lumped["nodes"]["node"]["thermal"].as_object_mut().expect("an object").shift_remove("chassis");
    let lumped = with(lumped, "/fleet/0/building", json!({ "time_constant": "15 min", "gain": "10 K" }));
    let lumped = with(lumped, "/fleet/0/racks/0/cooling", json!({ "rise": "8 K" }));
    let shutdown = json!({ "at": "77 C", "resume": "76 C", "restart": "15 h" });
    let lumped = with(lumped, "/nodes/node/thermal/shutdown", shutdown);
    let kinder = [
        ("/nodes/node/thermal/resistance", json!("0.045 K/W")),
        ("/fleet/0/racks/0/cooling/rise", json!("6 K")),
        ("/fleet/0/racks/0/cooling/resistance_factor", json!(0.9)),
        ("/nodes/node/idle", json!("560 W")),
    ];
    never_worse(&lumped, &kinder, "nodes.uptime", 1.0);
}

/// Requires each kindness never to worsen `name` (better where `sign` times it is greater), and to better it somewhere.
fn never_worse(harsh: &Value, kinder: &[(&str, Value)], name: &str, sign: f64) {
    let before = [0, 1, 2].map(|replication| run_of(harsh, replication));
    for record in &before {
        let value = metric(record, name);
        assert!(value > 0.02 && value < 0.98, "{name} is {value}, so it says nothing");
    }
    for (pointer, value) in kinder {
        let mut better = false;
        for (replication, before) in (0..).zip(&before) {
            let after = run_of(&with(harsh.clone(), pointer, value.clone()), replication);
            assert_eq!(before.exogenous, after.exogenous, "{pointer}: the same world");
            let (was, is) = (metric(before, name), metric(&after, name));
            assert!(sign * (is - was) >= -1e-9, "{pointer}: {name} is {is} after {was}");
            better |= sign * (is - was) > 1e-4;
        }
        assert!(better, "{pointer} does nothing to {name}");
    }
}
