//! A node that shuts down and starts again all day long is told of, with an estimate that the run confirms.

use super::{close, metric, run_of, with};
use serde_json::{Value, json};
use sim_core::scenario::{self, NoFiles, Overrides, Source};

fn quick(time_constant: &str) -> Value {
    json!({
        "name": "quick",
        "duration": "1 h",
        "regions": { "here": { "weather": { "constant": "20 C" } } },
        "nodes": { "node": {
            "idle": "100 W", "peak": "100 W",
            "thermal": {
                "resistance": "1 K/W", "time_constant": time_constant,
                "shutdown": { "at": "90 C", "resume": "60 C" }
            }
        } },
        "fleet": [{ "region": "here", "racks": [{ "nodes": { "node": 1 } }] }],
        "policies": { "policy": { "health": "none" } }
    })
}

fn warnings(file: &Value) -> Vec<String> {
    let text = file.to_string();
    let plan = scenario::load(&Source { name: "quick.json", text: &text }, &NoFiles, &Overrides::default());
    plan.expect("a plan").warnings.into_iter().map(|warning| warning.message).collect()
}

#[test]
fn nodes_that_cycle_are_told_of() {
    let told = warnings(&quick("1 s"));
    // Heats up for ln(60/30) s and cools down for ln(70/40) s.
    let a_day = 86_400.0 / (core::f64::consts::LN_2 + 0.559_615_787_935_422_7);
    assert!(told.len() == 1 && told[0].contains(&format!("some {a_day:.0} times a day")), "{told:?}");
    let record = run_of(&quick("1 s"), 0);
    close(metric(&record, "nodes.failures"), a_day / 24.0, 2.0);
    assert!(warnings(&quick("10 min")).is_empty());
    assert!(warnings(&with(quick("1 s"), "/nodes/node/idle", json!("50 W"))).is_empty());
}
