//! Group i: failure detectors.

use crate::support::*;
use serde_json::json;

at_both_scales!(
    mistakes_of_freshness_points,
    mistakes_of_probes,
    delay_of_probes,
    first_detection_by_swim,
    mistakes_of_swim
);

fn mistakes_of_freshness_points(scale: Scale) {
    // Three beats must be lost in a row for a mistake of set 3, once in 56 days, but only lost and slow beats are visited.
    for (number, nodes, duration, longer, resolution) in
        [(1, 20, 2_000.0, 10.0, 0.35), (3, 20, 6e6, 25.0, 0.35), (5, 20, 10_000.0, 10.0, 0.3)]
    {
        let oracle = Oracle::named(&format!("i.nfds.{number}"));
        let study = Study::new(&format!("freshness {number}"), scale, 20, longer, |factor| {
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

/// A failure is found after as many periods as the paper counts, whatever the size of the group.
fn first_detection_by_swim(scale: Scale) {
    for (members, up, duration) in [(5, "5000 s", 400_000.0), (1000, "50000 s", 20_000.0)] {
        let oracle = Oracle::named(&format!("i.swim.{members}"));
        let study = Study::new(&format!("SWIM among {members}"), scale, 20, 20.0, |factor| {
            Setup::new(members, 1, 0.0, factor * duration)
                .node("hardware", json!({ "faults": { "up": exponential(up), "down": "30 s" } }))
                .policy("health", json!({ "swim": { "period": "1 s", "proxies": 3 } }))
                .build()
        });
        study.agrees(&oracle, "mean_periods", 0.05, metric("detection.delay.mean"));
    }
}

fn mistakes_of_swim(scale: Scale) {
    let oracle = Oracle::named("i.swimfp.1");
    let study = Study::new("false suspicions of SWIM", scale, 20, 20.0, |factor| {
        Setup::new(20, 1, 0.0, factor * 30_000.0)
            .fleet("link", json!({ "loss": oracle.param("loss") }))
            .policy("health", json!({ "swim": { "period": "1 s", "proxies": oracle.param("k") as u32 } }))
            .build()
    });
    study.agrees(&oracle, "P_suspect", 0.09, |record| {
        value(record, "detection.false_per_node_day") / 86_400.0
    });
}

/// With steady beats phi-accrual is a timeout: the crash of every node is suspected when a heartbeat with the timeout of the
/// oracle suspects it, in all forms and at all thresholds.
#[test]
fn phi_accrual_is_a_timeout_for_steady_beats() {
    let oracle = Oracle::named("i.phi");
    let delay = |health: serde_json::Value| {
        let file = Setup::new(20, 1, 0.0, 2_000.0)
            .fleet("link", json!({ "latency": "40 ms" }))
            .top("faults", json!([{ "at": "1500.3 s", "for": "200 s", "kill": { "all": true } }]))
            .policy("health", health)
            .build();
        let record = run_of(&file, 0);
        assert_eq!(value(&record, "detection.false_per_node_day"), 0.0);
        value(&record, "detection.delay.mean")
    };
    let period = format!("{} ms", oracle.param("mean_ms"));
    for threshold in [1, 2, 3, 5, 8, 10, 12] {
        for (form, name) in [
            ("normal", "timeout"),
            ("logistic", "akka_logistic_timeout"),
            ("exponential", "cassandra_exp_timeout"),
        ] {
            let timeout = oracle.value(&format!("{name}_ms_phi{threshold}")) / 1e3;
            let found =
                delay(json!({ "phi_accrual": { "period": period, "threshold": threshold, "window": 100,
                "min_sd": format!("{} ms", oracle.param("sd_ms")), "form": form } }));
            let expected = delay(json!({ "heartbeat": { "period": period, "timeout": seconds(timeout) } }));
            agrees(&format!("{form} {threshold}"), found, expected, 1e-6);
        }
    }
}
