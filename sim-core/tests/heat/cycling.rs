//! A node that shuts down and starts again all day long is told of, with an estimate that the run confirms.

use super::common::{close, metric, run_of, told, with};
use super::heated;
use serde_json::{Value, json};

fn quick(time_constant: &str) -> Value {
    let node = json!({
        "idle": "100 W", "peak": "100 W",
        "thermal": {
            "resistance": "1 K/W", "time_constant": time_constant,
            "shutdown": { "at": "90 C", "resume": "60 C" }
        }
    });
    let entry = json!({ "racks": [{ "nodes": { "node": 1 } }] });
    heated(1, "1 h", &json!({ "constant": "20 C" }), &node, entry)
}

#[test]
fn nodes_that_cycle_are_told_of() {
    let told_of = told(&quick("1 s"));
    // Heats up for ln(60/30) s and cools down for ln(70/40) s.
    let a_day = 86_400.0 / (core::f64::consts::LN_2 + 0.559_615_787_935_422_7);
    assert!(
        told_of.lines().count() == 1 && told_of.contains(&format!("some {a_day:.0} times a day")),
        "{told_of}"
    );
    let record = run_of(&quick("1 s"), 0);
    close(metric(&record, "nodes.failures"), a_day / 24.0, 2.0);
    assert!(told(&quick("10 min")).is_empty());
    assert!(told(&with(quick("1 s"), "/nodes/node/idle", json!("50 W"))).is_empty());
}
