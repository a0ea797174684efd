//! What is refused, and what is doubtful.

use super::common::{planned, refused, told, with};
use super::world;
use serde_json::{Value, json};

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
        assert!(!planned(&file).warnings.is_empty() && warned.contains(what), "{what}: {warned}");
    }
}
