//! Sags and surges.

use super::common::{close, run_plain, value, with};
use super::mains;
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

fn seconds(record: &RunRecord, metric: &str) -> f64 {
    record.metrics.get(metric).copied().unwrap_or(0.0) * 360_000.0
}

#[test]
fn injected_sags_are_ridden_through_as_any() {
    // Depth, duration, and seconds of it that are not ridden through, with the default hold-up of 20 ms.
    for (depth, lasts, lost) in [
        (0.5, "15 ms", 0.0),
        (0.5, "30 ms", 0.01),
        (1.0, "2 s", 1.98),
        (0.25, "400 ms", 0.0),
        (0.25, "600 ms", 0.1),
        (0.15, "9 s", 0.0),
        (0.15, "11 s", 1.0),
        (0.05, "50 s", 0.0),
        (0.0, "50 s", 0.0),
    ] {
        let faults = json!([{ "at": "1 h", "for": lasts, "sag": { "all": true, "depth": depth } }]);
        let record = run_plain(&mains(1, faults.clone()));
        close(seconds(&record, "nodes.down.sag"), lost, 1e-6);
        close(value(&record, "nodes.failures"), f64::from(u8::from(lost > 0.0)), 0.0);
        close(value(&record, "sites.sags_per_year"), 87.66, 1e-9);
        let ups = |corrects: bool| {
            let ups = json!({ "energy": "50 Wh", "corrects_sags": corrects });
            value(&run_plain(&with(mains(1, faults.clone()), "/fleet/0/ups", ups)), "nodes.failures")
        };
        close(ups(true), 0.0, 0.0);
        close(ups(false), f64::from(u8::from(lost > 0.0)), 0.0);
    }
    let nested = json!([
        { "at": "1 h", "for": "2 s", "sag": { "all": true, "depth": 0.8 } },
        { "at": "3601 s", "for": "2 s", "sag": { "site": 0, "depth": 0.6 } },
        { "at": "99 h", "sag": { "site": 0, "depth": 0.6 } }
    ]);
    let record = run_plain(&mains(1, nested));
    close(seconds(&record, "nodes.down.sag"), 2.98 + 3600.0 - 0.02, 1e-6);
    close(value(&record, "nodes.failures"), 2.0, 0.0);
}

#[test]
fn surges_damage_who_is_not_protected() {
    let surge = json!([{ "at": "10 h", "surge": { "all": true, "share": 0.5 } }]);
    let file = |damage: f64| {
        with(
            mains(40, surge.clone()),
            "/nodes/node/hardware",
            json!({
                "surge_damage": damage, "faults": { "up": "100 y", "down": "10 h" }
            }),
        )
    };
    let record = run_plain(&file(1.0));
    close(value(&record, "nodes.damaged"), 20.0, 0.0);
    close(value(&record, "faults[surge everything].nodes_hit"), 20.0, 0.0);
    close(value(&record, "nodes.down.hardware"), 0.5 * 0.1, 1e-9);
    close(value(&record, "sites.surges_per_year"), 0.5 * 87.66, 1e-9);
    let some = value(&run_plain(&file(0.3)), "nodes.damaged");
    assert!((1.0..=14.0).contains(&some), "{some}");
    let protected = with(file(0.3), "/fleet/0/surge_protection", json!("type-2"));
    assert!(value(&run_plain(&protected), "nodes.damaged") < some);
    // Surges that come by themselves damage whom they would have damaged.
    let every = json!({ "every": "30 h" });
    let natural = |faults: Value| {
        let file = with(with(file(0.2), "/faults", faults), "/fleet/0/grid", json!({ "surges": every }));
        value(&run_plain(&file), "nodes.damaged")
    };
    let more = natural(json!([{ "at": "10 h", "surge": { "site": 0 } }])) - natural(json!([]));
    assert!((0.0..=1.0).contains(&more), "{more}");
}
