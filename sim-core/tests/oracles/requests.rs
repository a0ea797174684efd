//! Group e, fan-out, and group p, retries.

use crate::support::*;
use serde_json::json;

at_both_scales!(fan_out, fan_out_to_thousands);

/// A request that waits for all of its leaves is slow if one of them is.
fn fan_out(scale: Scale) {
    let oracle = Oracle::named("e.fanout");
    for (name, leaves, slow, resolution) in
        [("P_slow_100_p99", 100_u32, 0.01, 0.13), ("P_slow_50_p99", 50, 0.01, 0.2)]
    {
        let study = Study::new(name, scale, 20, 100.0, |factor| {
            Setup::new(1, leaves, 100.0, factor * 75.0)
                .node("slots", json!(1000))
                .node(
                    "slowdown",
                    json!({ "mixture": [{ "weight": 1.0 - slow, "of": 1 }, { "weight": slow, "of": 9 }] }),
                )
                .requests(poisson(2.0), json!("1 s"))
                .request("deadline", json!("5 s"))
                .policy("requests", json!({ "copies": leaves, "quorum": leaves }))
                .build()
        });
        study.agrees(&oracle, name, resolution, |record| {
            value(record, "requests.late") / value(record, "requests.completed")
        });
    }
}

/// As above, with two thousand leaves; they are asked in turn, so that choosing them costs little.
fn fan_out_to_thousands(scale: Scale) {
    let oracle = Oracle::named("e.fanout");
    let (leaves, slow) = (2000_u32, 1e-4);
    let study = Study::new("P_slow_2000_p9999", scale, 10, 650.0, |factor| {
        Setup::new(1, leaves, 1.0, factor * 15.0)
            .node("slots", json!(1000))
            .node(
                "slowdown",
                json!({ "mixture": [{ "weight": 1.0 - slow, "of": 1 }, { "weight": slow, "of": 9 }] }),
            )
            .requests(poisson(2.0), json!("10 ms"))
            .request("deadline", json!("50 ms"))
            .policy("routing", json!("round_robin"))
            .policy("requests", json!({ "copies": leaves, "quorum": leaves }))
            .build()
    });
    study.agrees(&oracle, "P_slow_2000_p9999", 0.8, |record| {
        value(record, "requests.late") / value(record, "requests.completed")
    });
}

/// Attempts of one layer for each request that enters it, when what it calls is down and its own requests come at a rate.
fn layer(rate: f64, attempts: f64, budget: Option<f64>) -> f64 {
    let mut requests = json!({ "attempts": attempts as u32, "timeout": "10 ms" });
    if let Some(share) = budget {
        requests["retry_budget"] = json!(share);
    }
    let file = Setup::new(1, 10, 0.0, 4_000.0)
        .requests(poisson(rate), json!("1 ms"))
        .policy("requests", requests)
        .top("faults", json!([{ "at": "0 s", "kill": { "all": true } }]))
        .build();
    let record = run_of(&file, 0);
    value(&record, "requests.attempts") / value(&record, "requests.arrived")
}

/// Each layer calls the next; the last is down. What one layer sends is what enters the next, so it is run layer by layer, and
/// each as often as the one before it sends.
#[test]
fn retries_multiply_through_layers_and_budgets_bound_them() {
    for number in [1, 2, 3] {
        let oracle = Oracle::named(&format!("p.retry.{number}"));
        for (name, budget) in [("amplification", None), ("with_budget", Some(oracle.param("budget")))] {
            let mut total = 1.0;
            for _ in 0..oracle.param("layers") as u32 {
                total *= layer(2.0 * total, oracle.param("attempts"), budget);
            }
            let expected = oracle.value(name);
            agrees(&format!("p.retry.{number} {name}"), total, expected, 2e-3 * expected);
        }
    }
}
