//! What is done about prices that change: batteries, work that waits or goes elsewhere, demand charges.

use super::common::{agrees, metric, run, run_plain, with};
use super::{KWH, equal, one};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

#[test]
fn peaks_are_charged_by_the_month() {
    let tariff = json!({ "flat": "0.1 $/kWh", "demand": "15 $/kW", "monthly": "73 $/month" });
    let node = json!({ "idle": "200 W", "peak": "1.2 kW" });
    let idle = one(31.0, node, json!({ "tariff": tariff }));
    let fixed = 31.0 * 2.4;
    let base = 31.0 * 24.0 * 0.2 * 0.1;
    equal("idle", metric(&run_plain(&idle), "energy.cost"), base + 15.0 * 0.2 + fixed);
    // Ten minutes of work in a quarter of an hour: two thirds of the difference.
    let work = json!({ "work": { "requests": { "arrivals": { "every": "11 d" }, "demand": "10 min" } } });
    let busy = run_plain(&with(idle, "/workloads", work));
    let worked = 2.0 / 6.0 * 1.0 * 0.1;
    equal("busy", metric(&busy, "energy.cost"), base + worked + 15.0 * (0.2 + 2.0 / 3.0) + fixed);
}

/// Cheap until 06:00, dear from 17:00 to 21:00.
fn spread() -> Value {
    json!({
        "periods": [
            { "to": "06:00", "price": "0.1 $/kWh" },
            { "from": "17:00", "to": "21:00", "price": "0.5 $/kWh" }
        ],
        "otherwise": "0.2 $/kWh"
    })
}

#[test]
fn batteries_earn_the_difference_of_prices() {
    let ups = json!({ "energy": "1 kWh", "recharge": "200 W", "efficiency": 0.8 });
    let node = json!({ "idle": "100 W", "peak": "100 W" });
    let file = one(10.0, node, json!({ "tariff": spread(), "ups": ups }));
    let plain = run_plain(&file);
    equal("without trade", metric(&plain, "energy.cost"), 10.0 * (0.06 + 0.28 + 0.2));
    let trade = json!({ "energy": { "arbitrage": { "charge_up_to": "0.1 $/kWh", "discharge_above": "0.4 $/kWh", "reserve": 0.25 } } });
    let file = with(file, "/policies/plain", trade);
    let traded = run_plain(&file);
    // Four dear hours take 500 Wh from the battery, which come back in the next night; the last day's do not.
    equal("with trade", metric(&traded, "energy.cost"), 10.0 * (0.06 + 0.28) + 9.0 * 0.05);
    agrees("nodes do not notice", metric(&traded, "nodes.uptime"), 1.0, 0.0);
    equal("stored", metric(&traded, "energy.stored"), -0.5 * KWH);
    // With a reserve of three quarters, two hours are left to trade with.
    let careful = run_plain(&with(file.clone(), "/policies/plain/energy/arbitrage/reserve", json!(0.75)));
    equal("with a reserve", metric(&careful, "energy.cost"), 10.0 * (0.06 + 0.28 + 0.1) + 9.0 * 0.025);
    // An outage in the dear hours finds what is left: the reserve.
    let outage = json!([{ "at": "45 h", "for": "5 h", "grid_outage": { "fleet": "home" } }]);
    let hit = run_plain(&with(file, "/faults", outage));
    agrees("down for want of charge", metric(&hit, "nodes.down.ups") * 240.0, 1.0, 1e-6);
}

#[test]
fn work_that_can_wait_is_done_in_cheap_hours() {
    let node = json!({ "slots": 2, "idle": "10 W", "peak": "110 W" });
    let mut file = one(10.0, node, json!({ "sites": 2, "tariff": spread() }));
    let work = json!({ "work": { "requests": { "arrivals": { "every": "5 h" }, "demand": "3 h" } } });
    file = with(file, "/workloads", work);
    let hold = json!({ "energy": { "shift": { "above": "0.4 $/kWh" } } });
    let cap = json!({ "energy": { "shift": { "above": "p80", "cap": 0.25 } } });
    let policies = json!({ "plain": {}, "hold": hold, "cap": cap });
    file = with(file, "/policies", policies);
    let [plain, hold, cap] = ["plain", "hold", "cap"].map(|policy| run(&file, policy, 0));
    for record in [&plain, &hold, &cap] {
        let open = metric(record, "requests.arrived") - metric(record, "requests.completed");
        assert!((0.0..=3.0).contains(&open), "{:?}", record.metrics);
    }
    for record in [&hold, &cap] {
        assert!(metric(record, "energy.cost") < metric(&plain, "energy.cost"));
    }
    let price = |record: &RunRecord| metric(record, "energy.price");
    assert!(price(&hold) < price(&cap) && price(&cap) < price(&plain));
    // What is begun before the dear hours ends that much later.
    agrees("waiting", metric(&hold, "requests.latency.max"), 7.0 * 3600.0, 0.01 * 7.0 * 3600.0);
    assert!(metric(&cap, "requests.latency.max") < metric(&hold, "requests.latency.max"));
    assert_eq!(plain.exogenous, hold.exogenous);
}

#[test]
fn new_work_goes_where_electricity_is_cheaper() {
    let node = json!({ "slots": 40, "idle": "10 W", "peak": "110 W" });
    let mut file = one(10.0, node, json!({ "tariff": spread() }));
    let mut cheap = file["fleet"][0].clone();
    (cheap["name"], cheap["tariff"]) = (json!("abroad"), json!({ "flat": "0.15 $/kWh" }));
    file["fleet"].as_array_mut().expect("an array").push(cheap);
    let work = json!({ "work": { "requests": { "arrivals": { "every": "10 min" }, "demand": "1 h" } } });
    file = with(file, "/workloads", work);
    let away = json!({ "energy": { "shift": { "above": "0.15 $/kWh", "withdraw": true } } });
    file = with(file, "/policies", json!({ "plain": {}, "away": away }));
    let [plain, away] = ["plain", "away"].map(|policy| run(&file, policy, 0));
    assert_eq!(metric(&plain, "requests.completed"), metric(&away, "requests.completed"));
    assert!(metric(&away, "energy.cost") < metric(&plain, "energy.cost"));
    equal("latency", metric(&away, "requests.latency.max"), metric(&plain, "requests.latency.max"));
}

#[test]
fn sites_on_battery_cap_or_drain() {
    let node = json!({ "idle": "20 W", "peak": "120 W" });
    let ups = json!({ "energy": "240 Wh", "recharge": "100 W" });
    let mut file = one(2.0, node, json!({ "ups": ups }));
    let spare = json!({ "name": "spare", "racks": [{ "nodes": { "node": 1 } }] });
    file["fleet"].as_array_mut().expect("an array").push(spare);
    let work = json!({ "work": { "requests": { "arrivals": { "every": "30 min" }, "demand": "59 min" } } });
    file = with(file, "/workloads", work);
    file = with(file, "/faults", json!([{ "at": "10 h", "for": "6 h", "grid_outage": { "fleet": "home" } }]));
    let policy = |energy: Value| json!({ "routing": "least_loaded", "requests": { "attempts": 3, "timeout": "8 h" }, "energy": energy });
    let policies = json!({
        "run": policy(json!({})),
        "cap": policy(json!({ "on_battery": "cap", "battery_cap": 0.25 })),
        "drain": policy(json!({ "on_battery": "drain" })),
        "sleepy": policy(json!({ "on_battery": "cap", "battery_cap": 0 })),
    });
    file = with(file, "/policies", policies);
    let down = |policy: &str| metric(&run(&file, policy, 0), "nodes.down.ups") * 2.0 * 48.0;
    // Busy throughout at 120 W the battery lasts two hours of six; capped to 45 W five and a third; at idle all six.
    agrees("run", down("run"), 4.0, 0.1);
    agrees("cap", down("cap"), 0.7, 0.1);
    agrees("drain", down("drain"), 0.0, 0.0);
    agrees("stand still", down("sleepy"), 0.0, 0.0);
    let record = run(&file, "drain", 0);
    assert_eq!(metric(&record, "requests.failed"), 0.0);
}
