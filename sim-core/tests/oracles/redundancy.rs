//! Group e: hedges, copies, quorums and deadlines. Demands are one second times a slowdown drawn anew for each attempt.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(
    hedged_after_a_fixed_delay,
    hedged_at_the_95th_percentile,
    first_of_copies,
    quorums,
    redundancy_with_queues,
    deadlines
);

/// The slowdown that a "dist" parameter names.
fn slowdown(dist: &str) -> Value {
    match dist {
        "exp(mean 1)" => json!({ "exponential": { "mean": 1 } }),
        "lognormal(mu=0,sigma=1)" => json!({ "lognormal": { "median": 1, "sigma": 1 } }),
        "lognormal(mu=ln 40ms, sigma=0.5)" => json!({ "lognormal": { "median": 0.04, "sigma": 0.5 } }),
        "Pareto(xm=1,alpha=1.5)" => json!({ "pareto": { "min": 1, "shape": 1.5 } }),
        "Pareto(xm=1,alpha=2.5)" => json!({ "pareto": { "min": 1, "shape": 2.5 } }),
        other => panic!("unknown distribution {other}"),
    }
}

/// The unit of time of the oracle in seconds.
fn unit(dist: &str) -> f64 {
    if dist.contains("ms") { 0.001 } else { 1.0 }
}

/// So many servers that nobody queues.
fn ample(nodes: u32, dist: &str, requests: f64) -> Setup {
    Setup::new(1, nodes, 500.0, requests / 5.0)
        .node("slots", json!(100_000))
        .node("slowdown", slowdown(dist))
        .requests(poisson(5.0), json!("1 s"))
}

fn quantiles(study: &Study, oracle: &Oracle, resolution: f64) {
    let unit = unit(oracle.text("dist"));
    for (name, quantile, factor) in [
        ("q0.5", "requests.latency.p50", 1.0),
        ("q0.9", "requests.latency.p90", 1.0),
        ("q0.95", "requests.latency.p95", 1.0),
        ("q0.99", "requests.latency.p99", 2.0),
        ("q0.999", "requests.latency.p999", 6.0),
    ] {
        study.agrees(oracle, name, factor * resolution, |record| value(record, quantile) / unit);
    }
}

fn hedged_after_a_fixed_delay(scale: Scale) {
    for number in [1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 19, 20] {
        let oracle = Oracle::named(&format!("e.hedge.{number}"));
        let unit = unit(oracle.text("dist"));
        let study = Study::new(&format!("hedge {number}"), scale, 20, 10.0, |factor| {
            ample(10, oracle.text("dist"), factor * 5_000.0)
                .policy("requests", json!({ "hedge": { "after": seconds(unit * oracle.value("delay")) } }))
                .build()
        });
        study.agrees(&oracle, "extra_load", 0.2, metric("requests.extra_load"));
        study.agrees(&oracle, "mean", 0.05, |record| value(record, "requests.latency.mean") / unit);
        quantiles(&study, &oracle, 0.08);
    }
}

fn hedged_at_the_95th_percentile(scale: Scale) {
    // The percentile is learnt from the replies so far, so this agrees with the fixed delay only in the long run.
    for number in [3, 19] {
        let oracle = Oracle::named(&format!("e.hedge.{number}"));
        let study = Study::new(&format!("hedge {number} at p95"), scale, 20, 10.0, |factor| {
            ample(10, oracle.text("dist"), factor * 10_000.0)
                .policy("requests", json!({ "hedge": { "after": "p95" } }))
                .build()
        });
        let (extra_load, _) = study.estimate(metric("requests.extra_load"));
        agrees("extra load", extra_load, oracle.value("extra_load"), 0.005);
        let (mean, _) = study.estimate(metric("requests.latency.mean"));
        agrees("mean", mean, oracle.value("mean"), 0.02 * oracle.value("mean"));
        let (tail, _) = study.estimate(metric("requests.latency.p99"));
        agrees("99th percentile", tail, oracle.value("q0.99"), 0.05 * oracle.value("q0.99"));
    }
}

fn first_of_copies(scale: Scale) {
    for number in [1, 2, 3, 6] {
        let oracle = Oracle::named(&format!("e.minofk.{number}"));
        let copies = oracle.param("k");
        let study = Study::new(&format!("first of {copies}"), scale, 20, 10.0, |factor| {
            ample(10, oracle.text("dist"), factor * 5_000.0)
                .policy("requests", json!({ "copies": copies as u32 }))
                .build()
        });
        study.agrees(&oracle, "mean", 0.05, metric("requests.latency.mean"));
        quantiles(&study, &oracle, 0.06);
        exact("extra load", study.estimate(metric("requests.extra_load")).0, copies - 1.0);
    }
}

fn quorums(scale: Scale) {
    for number in [1, 2, 4, 6, 7, 9] {
        let oracle = Oracle::named(&format!("e.quorum.{number}"));
        let (quorum, copies) = (oracle.param("k") as u32, oracle.param("n") as u32);
        let requests = 40_000.0 / f64::from(copies).max(8.0);
        let study = Study::new(&format!("{quorum} of {copies}"), scale, 20, 50_000.0 / requests, |factor| {
            ample(copies, oracle.text("dist"), factor * requests)
                .policy("requests", json!({ "copies": copies, "quorum": quorum }))
                .build()
        });
        study.agrees(&oracle, "mean", 0.06, metric("requests.latency.mean"));
        for (name, quantile) in [
            ("q0.5", "requests.latency.p50"),
            ("q0.9", "requests.latency.p90"),
            ("q0.95", "requests.latency.p95"),
        ] {
            study.agrees(&oracle, name, 0.08, metric(quantile));
        }
    }
}

fn redundancy_with_queues(scale: Scale) {
    for number in [1, 3, 5, 6] {
        let oracle = Oracle::named(&format!("e.redundancy.{number}"));
        let (nodes, copies) = (oracle.param("N"), oracle.param("d") as u32);
        let rate = nodes * oracle.param("lam");
        let study = Study::new(&format!("redundancy {number}"), scale, 20, 10.0, |factor| {
            Setup::new(1, nodes as u32, 200.0, factor * 15_000.0 / rate)
                .node("slowdown", slowdown("exp(mean 1)"))
                .requests(poisson(rate), json!("1 s"))
                .policy("requests", json!({ "copies": copies, "cancel": true }))
                .build()
        });
        study.agrees(&oracle, "ET", 0.05, metric("requests.latency.mean"));
    }
}

fn deadlines(scale: Scale) {
    for (number, requests, resolution) in [(1, 5_000.0, 0.03), (3, 2_000.0, 0.15), (4, 4_000.0, 0.01)] {
        let oracle = Oracle::named(&format!("e.deadline.{number}"));
        let (quorum, copies, availability) =
            (oracle.param("k") as u32, oracle.param("n") as u32, oracle.param("a"));
        // Nodes fail and recover so slowly that none does while it serves, and there are several times more than a request asks.
        let (pool, cycle, rate) = ((3 * copies).max(100), 100_000.0, 0.002);
        let study = Study::new(&format!("deadline {number}"), scale, 20, 10.0, |factor| {
            Setup::new(1, pool, 300_000.0, factor * requests / rate)
                .node("slots", json!(1000))
                .node("slowdown", slowdown("exp(mean 1)"))
                .node(
                    "hardware",
                    json!({ "faults": {
                        "up": exponential(&seconds(availability * cycle)),
                        "down": exponential(&seconds((1.0 - availability) * cycle))
                    } }),
                )
                .requests(poisson(rate), json!("1 s"))
                .request("deadline", json!(seconds(oracle.param("t"))))
                .policy("requests", json!({ "copies": copies, "quorum": quorum, "timeout": "100 s" }))
                .build()
        });
        let answered = ratio("requests.completed", "requests.arrived");
        let late = ratio("requests.late", "requests.arrived");
        study.agrees(&oracle, "P_ever", resolution, &answered);
        study.agrees(&oracle, "P_by_t", resolution, |record| answered(record) - late(record));
    }
}
