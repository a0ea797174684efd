//! Health checks and what is made of them, through scenario files: what is known in closed form, and what must be true on identical
//! weather.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

#[path = "../common/mod.rs"]
mod common;
mod gateways;
mod injected;
mod supervision;

use common::{close, exponential, load, refused, repeats, run, value, with};
use serde_json::{Value, json};

/// Forty nodes at eight sites of two regions, which break, over links that lose and delay.
fn world() -> Value {
    let entry = |region: &str| {
        json!({ "region": region, "sites": 4, "racks": [{ "nodes": { "node": 5 } }],
            "link": { "latency": { "lognormal": { "median": "20 ms", "sigma": 0.5 } }, "loss": 0.02,
                      "outages": { "up": exponential("6 h"), "down": exponential("3 min") } } })
    };
    json!({
        "name": "health", "seed": 4, "duration": "6 h", "warmup": "10 min",
        "regions": { "east": {}, "west": {} },
        "backbone": { "between": [["east", "west", "30 ms"]] },
        "nodes": { "node": {
            "slots": 4, "idle": "100 W", "peak": "200 W",
            "hardware": { "faults": { "up": exponential("5 h"), "down": exponential("5 min") },
                          "death": { "lifetime": exponential("3 d"), "replacement": "20 min" },
                          "degradation": { "share": 0.7, "lead": exponential("20 min"), "slowdown": 2, "errors": "0.2 /s" } }
        } },
        "fleet": [entry("east"), entry("west")],
        "workloads": { "work": { "requests": { "arrivals": { "poisson": { "rate": "2 /s" } }, "demand": exponential("1 s") } } },
        "faults": [{ "at": "2 h", "for": "10 min", "kill": { "gateway": "east" } },
                   { "at": "3 h", "for": "10 min", "partition": { "backbone": ["east", "west"] } },
                   { "at": "4 h", "for": "20 min", "slow": { "node": "fleet-1/0/0", "factor": 10 } }],
        "policies": policies()
    })
}

/// One of everything.
fn policies() -> Value {
    let requests = json!({ "timeout": "10 s", "attempts": 3 });
    let beats = json!({ "heartbeat": { "period": "5 s", "timeout": "15 s" } });
    let phi =
        json!({ "phi_accrual": { "period": "5 s", "threshold": 8, "window": 100, "min_sd": "500 ms" } });
    json!({
        "ideal": {},
        "beats": { "health": beats.clone(), "requests": requests },
        "phi": { "health": phi.clone(), "requests": requests },
        "phi-akka": { "health": { "phi_accrual": { "period": "5 s", "form": "logistic", "first": "5 s", "pause": "1 s" } }, "requests": requests },
        "phi-cassandra": { "health": { "phi_accrual": { "period": "5 s", "form": "exponential" } }, "requests": requests },
        "swim": { "health": { "swim": { "period": "5 s", "proxies": 3 } }, "requests": requests },
        "swim-suspect": { "health": { "swim": { "period": "5 s", "proxies": 2, "suspect": "20 s", "among": "all", "order": "round_robin", "heard": 2 } }, "requests": requests },
        "gossip": { "health": { "gossip": { "period": "5 s", "timeout": "60 s", "fanout": 2 } }, "requests": requests },
        "damped": { "health": beats, "requests": requests, "flapping": { "hold": "30 s", "damping": {} } },
        "watchful": { "health": phi, "requests": requests, "telemetry": { "period": "1 min" },
            "symptoms": { "errors": "0.1 /s", "slowdown": 1.5 }, "forecast": { "at": "80 C", "horizon": "5 min" },
            "ejection": { "slow": 3, "failures": 3 },
            "reputation": { "alpha": 100, "memory": 0.99, "suspend": 0.7, "disqualify": 0.1, "online": { "window": "30 min", "windows": 4 } } },
        "each": { "health": { "heartbeat": { "period": "5 s", "timeout": "15 s" } }, "requests": requests, "gateways": { "view": "each", "failover": "30 s" } },
        "hosted": { "health": { "probe": { "period": "5 s", "misses": 2, "timeout": "1 s" } }, "requests": requests, "gateways": { "view": "each", "on": "nodes", "failover": "20 s" } }
    })
}

/// Every policy repeats to the last bit, from a clone too, and all meet the same world.
#[test]
fn runs_repeat_and_policies_meet_the_same_world() {
    let scenario = load(&world());
    for replication in 0..2 {
        let ideal = sim_core::run(&scenario, "ideal", 0, replication);
        for policy in scenario.policies.keys() {
            let record = repeats(&scenario, policy, replication);
            assert_eq!(record.exogenous, ideal.exogenous, "{policy}");
            let missed = value(&record, "detection.missed");
            assert!((0.0..1.0).contains(&missed), "{policy}: {missed}");
            if !["ideal", "each", "hosted"].contains(&policy.as_str()) {
                let delay = value(&record, "detection.delay.mean");
                assert!((1.0..150.0).contains(&delay), "{policy}: {delay}");
            }
            assert!(value(&record, "requests.success_ratio") > 0.8, "{policy}: {:?}", record.metrics);
        }
    }
}

/// A sound group without losses costs no event, however large; a failure costs a few.
#[test]
fn ten_thousand_members_cost_what_fails() {
    let world = |health: &str| {
        json!({
            "name": "large", "seed": 1, "duration": "10 d",
            "regions": { "here": {} },
            "nodes": { "node": { "hardware": { "faults": { "up": { "exponential": { "mean": "300 d" } }, "down": "1 h" } } } },
            "fleet": [{ "region": "here", "sites": 10_000, "racks": [{ "nodes": { "node": 1 } }] }],
            "policies": { "policy": { "health": serde_json::from_str::<Value>(health).expect("JSON") } }
        })
    };
    let ideal = run(&world("\"oracle\""), "policy", 0);
    for (health, most, delay) in [
        (r#"{"swim": {"period": "10 s", "proxies": 3}}"#, 5.0, 15.8),
        (r#"{"swim": {"period": "10 s", "proxies": 3, "heard": 1}}"#, 5.0, 110.0),
        (r#"{"gossip": {"period": "10 s", "timeout": "5 min"}}"#, 5.0, 430.0),
        (r#"{"phi_accrual": {"period": "10 s"}}"#, 2.5, 5.6),
    ] {
        let record = run(&world(health), "policy", 0);
        assert_eq!(record.exogenous, ideal.exogenous);
        let extra = value(&record, "engine.events") - value(&ideal, "engine.events");
        let failures = value(&record, "nodes.failures");
        assert!(
            failures > 250.0 && extra <= most * failures,
            "{health}: {extra} events for {failures} failures"
        );
        let mean = value(&record, "detection.delay.mean");
        assert!((mean / delay - 1.0).abs() < 0.2, "{health}: {mean} s");
    }
}

/// A region goes dark at once: nobody is left to find that, until the first node is back and finds the others.
#[test]
fn a_group_without_survivors_finds_nothing() {
    let file = json!({
        "name": "dark", "seed": 5, "duration": "1 d",
        "regions": { "here": {} },
        "nodes": { "node": { "boot": { "uniform": { "min": "10 min", "max": "30 min" } } } },
        "fleet": [{ "region": "here", "sites": 100, "racks": [{ "nodes": { "node": 1 } }] }],
        "faults": [{ "name": "dark", "at": "6 h", "for": "6 h", "kill": { "region": "here" } }],
        "policies": { "policy": { "health": { "swim": { "period": "1 s", "proxies": 3 } } } }
    });
    let record = run(&file, "policy", 0);
    // From the kill to the first of a hundred boots, 10 min and 20 min / 101 after its end, and then some seconds to be found.
    close(value(&record, "detection.delay.mean"), 6.0 * 3600.0 + 612.0, 40.0);
    assert!(value(&record, "detection.missed") < 0.05, "{:?}", record.metrics);
    assert!(value(&record, "engine.events") < 100_000.0, "{}", value(&record, "engine.events"));
}

/// Loss makes SWIM err; proxies and time to refute make it err less.
#[test]
fn proxies_and_refutation_prevent_mistakes() {
    let file = |swim: Value| {
        json!({
            "name": "lossy", "seed": 3, "duration": "1 d",
            "regions": { "here": {} },
            "nodes": { "node": {} },
            "fleet": [{ "region": "here", "sites": 50, "link": { "loss": 0.1 }, "racks": [{ "nodes": { "node": 1 } }] }],
            "policies": { "policy": { "health": { "swim": swim } } }
        })
    };
    let mistakes = |swim: Value| value(&run(&file(swim), "policy", 0), "detection.false_per_node_day");
    let rates: Vec<f64> =
        [0, 1, 3, 6].map(|k| mistakes(json!({ "period": "10 s", "proxies": k }))).into_iter().collect();
    assert!(rates.windows(2).all(|pair| pair[0] > pair[1]), "{rates:?}");
    let patient = mistakes(json!({ "period": "10 s", "proxies": 1, "suspect": "5 min" }));
    assert!(patient < 0.01 * rates[1], "{patient} {rates:?}");
}

/// More threshold, more window, more hold: never more suspicions of live nodes, on the same messages.
#[test]
fn patience_prevents_mistakes() {
    let false_rate = |policy: Value| {
        // Nodes that never fail: a suspicion that comes only after a short failure is over counts as false too.
        let mut file = with(with(world(), "/faults", json!([])), "/nodes/node/hardware", json!({}));
        for entry in 0..2 {
            file = with(file, &format!("/fleet/{entry}/link/outages"), json!("none"));
        }
        let file = with(file, "/policies", json!({ "policy": policy }));
        value(&run(&file, "policy", 0), "detection.false_per_node_day")
    };
    let phi = |threshold: f64| {
        false_rate(
            json!({ "health": { "phi_accrual": { "period": "5 s", "threshold": threshold, "window": 200 } } }),
        )
    };
    let rates = [0.5, 1.0, 2.0, 8.0].map(phi);
    assert!(rates.windows(2).all(|pair| pair[0] >= pair[1]) && rates[0] > rates[3], "{rates:?}");
    let gossip = |timeout: &str| {
        false_rate(json!({ "health": { "gossip": { "period": "5 s", "timeout": timeout } } }))
    };
    let rates = ["20 s", "30 s", "2 min"].map(gossip);
    assert!(rates.windows(2).all(|pair| pair[0] >= pair[1]) && rates[0] > rates[2], "{rates:?}");
}

/// What cannot be meant is refused, with the place and the way out.
#[test]
fn nonsense_is_refused() {
    for (policy, wanted) in [
        (json!({ "health": { "phi_accrual": { "threshold": 8 } } }), "period"),
        (json!({ "health": { "phi_accrual": { "period": "1 s", "threshold": 0 } } }), "more than zero"),
        (json!({ "health": { "phi_accrual": { "period": "1 s", "threshold": 400 } } }), "beyond the tail"),
        (json!({ "health": { "phi_accrual": { "period": "1 s", "form": "cauchy" } } }), "logistic"),
        (json!({ "health": { "swim": { "period": "1 s", "timeout": "600 ms" } } }), "half the period"),
        (json!({ "health": { "swim": { "period": "1 s", "proxy": 3 } } }), "proxies"),
        (json!({ "health": { "gossip": { "period": "10 s", "timeout": "10 s" } } }), "more than `period`"),
        (json!({ "forecast": { "horizon": "5 min" } }), "telemetry"),
        (json!({ "symptoms": { "errors": "1 /s" } }), "telemetry"),
        (json!({ "telemetry": { "period": "1 min" }, "symptoms": {} }), "no symptom counts"),
        (json!({ "reputation": { "suspend": 0.5, "online": {} } }), "telemetry"),
        (json!({ "reputation": {} }), "without consequence"),
        (json!({ "reputation": { "suspend": 0.5, "disqualify": 0.9 } }), "disqualified below"),
        (json!({ "ejection": {} }), "nothing is ejected"),
        (json!({ "ejection": { "slow": 0.5 } }), "one or more"),
        (json!({ "ejection": { "slow": 2, "lasts": "10 min" } }), "less than `lasts`"),
        (json!({ "flapping": { "damping": { "reuse": 3 } } }), "exceeds `suppress`"),
        (json!({ "gateways": { "view": "mine" } }), "each"),
    ] {
        let problems = refused(&with(world(), "/policies", json!({ "policy": policy.clone() })));
        assert!(problems.contains(wanted), "{policy}: {problems}");
    }
}
