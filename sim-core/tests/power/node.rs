//! The power of nodes: caps and power supplies.

use super::common::{agrees, metric, run, run_plain};
use super::{HOUR, world};
use serde_json::{Value, json};

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
