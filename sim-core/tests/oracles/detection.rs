//! Group i: failure detectors.

use crate::support::*;
use serde_json::json;

at_both_scales!(mistakes_of_freshness_points, mistakes_of_probes, delay_of_probes);

fn mistakes_of_freshness_points(scale: Scale) {
    for (number, nodes, duration, resolution) in [(1, 20, 2_000.0, 0.35), (5, 20, 10_000.0, 0.3)] {
        let oracle = Oracle::named(&format!("i.nfds.{number}"));
        let study = Study::new(&format!("freshness {number}"), scale, 20, 10.0, |factor| {
            Setup::new(nodes, 1, 100.0, factor * duration)
                .fleet("link", json!({ "loss": oracle.param("loss"), "latency": exponential(&seconds(oracle.param("mean_delay"))) }))
                .policy(
                    "health",
                    json!({ "heartbeat": { "period": seconds(oracle.param("eta")), "freshness": seconds(oracle.param("delta")) } }),
                )
                .build()
        });
        study.agrees(&oracle, "mistake_rate", resolution, |record| {
            value(record, "detection.false_per_node_day") / 86_400.0
        });
    }
}

/// Probes of which each way is lost so that the exchange is lost with the oracle's probability.
fn probed(oracle: &Oracle, nodes: u32, warmup: f64, duration: f64) -> Setup {
    Setup::new(nodes, 1, warmup, duration)
        .fleet("link", json!({ "loss": 1.0 - (1.0 - oracle.param("loss")).sqrt() }))
        .policy(
            "health",
            json!({ "probe": { "period": seconds(oracle.param("T")), "misses": oracle.param("m") as u32, "timeout": "1 us" } }),
        )
}

fn mistakes_of_probes(scale: Scale) {
    let oracle = Oracle::named("i.miss.3");
    let study =
        Study::new("probes", scale, 20, 12.0, |factor| probed(&oracle, 20, 500.0, factor * 9_000.0).build());
    study.agrees(&oracle, "false_alarm_rate_per_hour", 0.35, |record| {
        value(record, "detection.false_per_node_day") / 24.0
    });
}

fn delay_of_probes(scale: Scale) {
    for number in [1, 3] {
        let oracle = Oracle::named(&format!("i.miss.{number}"));
        let study = Study::new("detection delay", scale, 20, 100.0, |factor| {
            probed(&oracle, 20, 0.0, factor * 50_000.0)
                .node("hardware", json!({ "faults": { "up": exponential("2000 s"), "down": "100 s" } }))
                .build()
        });
        study.agrees(&oracle, "mean_detection_time", 0.03, metric("detection.delay.mean"));
    }
}
