//! The estimate of events against what is simulated, for heated fleets that do nothing.

use super::common::{metric, planned, with};
use super::{heated, seasons};
use serde_json::{Value, json};

fn idle(building: &Value, cooling: &Value) -> Value {
    let node = json!({
        "idle": "90 W", "peak": "300 W",
        "thermal": {
            "resistance": "0.15 K/W", "time_constant": "2 min",
            "throttle": { "at": "85 C", "resume": "75 C", "speed": 0.5, "power": 0.6 }
        }
    });
    let racks = json!([{ "count": 2, "cooling": cooling, "nodes": { "node": 10 } }]);
    let entry = json!({ "sites": 10, "building": building, "racks": racks });
    let file = heated(3, "90 d", &seasons("16 C", "6 K"), &node, entry);
    with(file, "/start", json!("2024-05-01 00:00"))
}

/// Estimated and simulated events.
fn events(file: &Value) -> (f64, f64) {
    let plan = planned(file);
    let record = sim_core::run(&plan.variations[0].scenario, "policy", 0, 0);
    (plan.estimate().events_per_run, metric(&record, "engine.events"))
}

#[test]
fn idle_fleets_cost_what_is_estimated() {
    let plain = json!({ "time_constant": "40 min", "gain": "5 K" });
    let warmed = json!({ "time_constant": "40 min", "conductance": "120 W/K" });
    let unit = json!({ "setpoint": "24 C", "capacity": "5 kW", "cop": 3 });
    let cooled = with(warmed.clone(), "/air_conditioning", unit);
    let hours = json!({ "rise": "5 K", "nights": ["19:00", "07:00"], "weekends": true });
    let office = with(cooled.clone(), "/setback", hours);
    let small = with(cooled.clone(), "/air_conditioning/capacity", json!("2 kW"));
    let none = json!({ "rise": "2 K" });
    let flow = json!({ "airflow": "600 CFM", "recirculation": 0.1 });
    let fans = with(
        flow.clone(),
        "/fan",
        json!({
            "speed": "pwm", "power": "60 W", "slowest": 0.4, "low": "25 C", "high": "45 C", "time_constant": "2 min"
        }),
    );
    let dust = with(flow.clone(), "/dust", json!({ "per_year": 0.2, "cleaned": "180 d" }));
    let mut wrong = Vec::new();
    for (name, building, cooling) in [
        ("plain", &plain, &none),
        ("warmed", &warmed, &none),
        ("cooled", &cooled, &none),
        ("small", &small, &none),
        ("office", &office, &none),
        ("flow", &plain, &flow),
        ("fans", &plain, &fans),
        ("fans in a warmed room", &warmed, &fans),
        ("fans in an office", &office, &fans),
        ("dust", &plain, &dust),
    ] {
        let (estimated, simulated) = events(&idle(building, cooling));
        if estimated > 2.5 * simulated + 100.0 || estimated < simulated / 2.5 - 100.0 {
            wrong.push(format!("{name}: {estimated} estimated, {simulated} simulated"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
