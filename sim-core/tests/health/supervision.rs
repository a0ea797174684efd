//! Flapping, ejection, forecasts, symptoms, records.

use super::common::{close, run, value, with};
use super::world;
use serde_json::{Value, json};

fn only(file: Value, policy: Value) -> Value {
    with(file, "/policies", json!({ "policy": policy }))
}

/// A hold keeps every recovery and every false suspicion back by its length.
#[test]
fn a_hold_is_added_to_recoveries() {
    let file = json!({
        "name": "hold", "seed": 8, "duration": "20 d",
        "regions": { "here": {} },
        "nodes": { "node": { "hardware": { "faults": { "up": "9 h", "down": "10 min" } } } },
        "fleet": [{ "region": "here", "sites": 10, "racks": [{ "nodes": { "node": 1 } }] }],
        "policies": {}
    });
    let recovery = |flapping: Value| {
        let policy = json!({ "health": { "heartbeat": { "period": "10 s", "timeout": "30 s" } }, "flapping": flapping });
        value(&run(&only(file.clone(), policy), "policy", 0), "detection.recovery.mean")
    };
    let plain = recovery(json!("none"));
    close(recovery(json!({ "hold": "5 min" })), plain + 300.0, 1e-6);
    close(recovery(json!({ "damping": {} })), plain, 1e-6);
    // A penalty of 1 every 9 h 10 min adds up to at most 1 / (1 - 2^(-9.17 / 12)) = 2.43 with a half-life of 12 h, so that nodes
    // are kept back from the fourth failure on.
    let damped = recovery(json!({ "damping": { "half_life": "12 h", "most": "2 h" } }));
    assert!(damped > plain + 3000.0 && damped < plain + 7200.0, "{damped}");
}

/// Flapping nodes are trusted less often; without flaps a hold changes nothing.
#[test]
fn holding_prevents_flaps() {
    let beats = json!({ "heartbeat": { "period": "5 s", "timeout": "6 s" } });
    let rate = |flapping: Value| {
        let policy = json!({ "health": beats, "flapping": flapping });
        value(&run(&only(world(), policy), "policy", 0), "detection.false_per_node_day")
    };
    let rates = [json!("none"), json!({ "hold": "10 s" }), json!({ "hold": "5 min" })].map(rate);
    assert!(rates[0] > rates[1] && rates[1] > rates[2], "{rates:?}");
}

/// One node of ten works ten times slower for an hour: it is ejected, again and again, and the tail gets shorter.
#[test]
fn slow_nodes_are_ejected() {
    let file = json!({
        "name": "outlier", "seed": 8, "duration": "2 h",
        "regions": { "here": {} },
        "nodes": { "node": { "slots": 8 } },
        "fleet": [{ "region": "here", "sites": 10, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "20 /s" } }, "demand": { "exponential": { "mean": "200 ms" } } } } },
        "faults": [{ "at": "30 min", "for": "1 h", "slow": { "node": "fleet-1/0/0", "factor": 10 } }],
        "policies": { "bare": {}, "ejecting": { "ejection": { "slow": 3 } } }
    });
    let (bare, ejecting) = (run(&file, "bare", 0), run(&file, "ejecting", 0));
    assert_eq!(bare.exogenous, ejecting.exogenous);
    let tail = |record| value(record, "requests.latency.p99");
    assert!(tail(&ejecting) < 0.6 * tail(&bare), "{} {}", tail(&ejecting), tail(&bare));
    // Ejected for 30, 60, … 300 s with half a minute in between to be found out: most of one hour of ten nodes and two hours.
    let withdrawn = value(&ejecting, "detection.withdrawn");
    assert!((0.03..0.055).contains(&withdrawn), "{withdrawn}");
    let ejections = value(&ejecting, "detection.ejections_per_node_day") * 10.0 / 12.0;
    assert!((10.0..30.0).contains(&ejections), "{ejections}");
    // A node that fails all attempts, without any health check.
    let dead =
        with(file, "/faults", json!([{ "at": "30 min", "for": "1 h", "kill": { "node": "fleet-1/0/0" } }]));
    let policies = json!({
        "bare": { "health": "none", "requests": { "timeout": "5 s" } },
        "ejecting": { "health": "none", "requests": { "timeout": "5 s" }, "ejection": { "failures": 3 } }
    });
    let dead = with(dead, "/policies", policies);
    let success = |policy: &str| value(&run(&dead, policy, 0), "requests.success_ratio");
    assert!(1.0 - success("ejecting") < 0.4 * (1.0 - success("bare")), "{}", success("ejecting"));
}

/// A node of one mass at full load: it would reach 85 C after 322 s (oracle g.rc1.1) and shut down. With a forecast it is
/// withdrawn before, cools, and is used again.
#[test]
fn a_forecast_keeps_nodes_from_shutting_down() {
    let file = json!({
        "name": "hot", "seed": 2, "duration": "2 h",
        "regions": { "here": { "weather": { "constant": "25 C" } } },
        "nodes": { "node": { "idle": "20 W", "peak": "250 W",
            "thermal": { "resistance": "0.25 K/W", "time_constant": "100 s", "shutdown": { "at": "85 C", "resume": "40 C" } } } },
        "fleet": [{ "region": "here", "sites": 1, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "every": "1 s" }, "demand": "1 s" } } },
        "policies": { "bare": {},
            "linear": { "telemetry": { "period": "5 s" }, "forecast": { "horizon": "20 s" } },
            "exponential": { "telemetry": { "period": "5 s" }, "forecast": { "horizon": "20 s", "trend": "exponential" } } }
    });
    let bare = run(&file, "bare", 0);
    // 322 s to shutdown, 100 ln(60/15) = 139 s to cool.
    close(value(&bare, "nodes.down.overheat"), 138.6 / (138.6 + 321.9), 0.03);
    for policy in ["linear", "exponential"] {
        let record = run(&file, policy, 0);
        assert_eq!(record.exogenous, bare.exogenous);
        assert!(record.metrics.contains_key("detection.withdrawn"));
        // There is no other node: the last resort is used even so, and is still shut down.
        assert!(value(&record, "nodes.down.overheat") > 0.1);
    }
    let spare = with(file, "/fleet/0/racks/0/nodes/node", json!(2));
    let spare = with(spare, "/workloads/work/requests/arrivals", json!({ "every": "1 s" }));
    let bare = run(&with(spare.clone(), "/policies/bare/routing", json!("least_loaded")), "bare", 0);
    for policy in ["linear", "exponential"] {
        let record = run(&spare, policy, 0);
        assert!(
            value(&record, "nodes.down.overheat") <= value(&bare, "nodes.down.overheat") + 1e-9,
            "{policy}"
        );
    }
}

/// Failures that announce themselves are foreseen, with the lead of their symptoms less what it takes to hear of them.
#[test]
fn symptoms_foretell_failures() {
    let file = |share: f64, loss: f64| {
        json!({
            "name": "symptoms", "seed": 12, "duration": "300 d",
            "regions": { "here": {} },
            "nodes": { "node": { "hardware": {
                "faults": { "up": { "exponential": { "mean": "60 d" } }, "down": "1 d" },
                "degradation": { "share": share, "lead": "10 h", "slowdown": 2, "errors": "0.2 /s" } } } },
            "fleet": [{ "region": "here", "sites": 100, "link": { "loss": loss }, "racks": [{ "nodes": { "node": 1 } }] }],
            "policies": { "policy": { "telemetry": { "period": "1 h" }, "symptoms": { "errors": "0.1 /s", "readings": 2 } } }
        })
    };
    let record = run(&file(1.0, 0.0), "policy", 0);
    // The second reading comes 1 to 2 h after the first symptom.
    close(value(&record, "detection.lead.mean"), 8.5 * 3600.0, 300.0);
    assert!(value(&record, "detection.predicted") > 0.98);
    close(value(&record, "detection.messages_per_node_s"), 1.0 / 3600.0, 1e-12);
    let record = run(&file(0.5, 0.3), "policy", 0);
    close(value(&record, "detection.predicted"), 0.5, 0.08);
    assert!(value(&record, "detection.lead.mean") < 8.3 * 3600.0);
    assert_eq!(value(&run(&file(0.0, 0.0), "policy", 0), "detection.predicted"), 0.0);
}

/// A site that loses most of its replies loses its reputation, and requests fare better without it.
#[test]
fn a_bad_record_costs_work() {
    let file = json!({
        "name": "record", "seed": 12, "duration": "1 d",
        "regions": { "here": {} },
        "nodes": { "node": { "slots": 8 } },
        "fleet": [{ "region": "here", "sites": 9, "racks": [{ "nodes": { "node": 1 } }] },
                  { "region": "here", "sites": 1, "link": { "loss": 0.5 }, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "1 /s" } }, "demand": "100 ms" } } },
        "policies": {
            "bare": { "requests": { "timeout": "5 s" } },
            "storj": { "requests": { "timeout": "5 s" }, "reputation": { "disqualify": 0.96 } },
            "lenient": { "requests": { "timeout": "5 s" }, "reputation": { "memory": 0.95, "alpha": 20, "suspend": 0.6, "retry": "1 h" } } }
    });
    let success = |policy: &str| value(&run(&file, policy, 0), "requests.success_ratio");
    let storj = run(&file, "storj", 0);
    assert_eq!(value(&storj, "detection.disqualified"), 1.0);
    // Three of four attempts there fail, so the score falls below 0.96 after some 55 of them, of 8640.
    close(1.0 - value(&storj, "requests.success_ratio"), 0.75 * 55.0 / 86_400.0, 0.0003);
    assert!(
        success("bare") < 0.93 && success("lenient") > 0.98,
        "{} {}",
        success("bare"),
        success("lenient")
    );
}

/// Nodes that are away most of the time are suspended by their score of being online.
#[test]
fn absent_nodes_are_suspended() {
    let file = json!({
        "name": "online", "seed": 12, "duration": "10 d",
        "regions": { "here": {} },
        "nodes": { "node": {}, "away": { "hardware": { "faults": { "up": "1 h", "down": "3 h" } } } },
        "fleet": [{ "region": "here", "sites": 5, "racks": [{ "nodes": { "node": 1, "away": 1 } }] }],
        "policies": { "policy": { "telemetry": { "period": "5 min" },
            "reputation": { "online": { "window": "4 h", "windows": 6 } } } }
    });
    let record = run(&file, "policy", 0);
    // All of the time that half of the nodes are up, a quarter, after the first window.
    close(value(&record, "detection.withdrawn"), 0.25 / 1.25, 0.01);
}
