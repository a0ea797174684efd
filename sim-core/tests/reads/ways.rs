//! Latency and loss of links, and what faults add to them, reach reads, writes, repairs and audits.

use super::common::{close, run_of, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// One object of which any node has all, read every minute.
fn single(size: &str, link: Value) -> Value {
    json!({
        "seed": 3, "duration": "120 h",
        "nodes": { "node": {} },
        "fleet": [{ "name": "f", "sites": 3, "racks": [{ "nodes": { "node": 1 } }], "link": link }],
        "workloads": { "data": { "objects": { "count": 10, "size": size, "reads": { "every": "60 s" } } } },
        "policies": { "policy": { "objects": { "copies": 1 } } }
    })
}

fn latency(record: &RunRecord, what: &str) -> f64 {
    value(record, &format!("objects.reads.latency.{what}"))
}

/// What loss with probability p adds to a message on average: after try i it is sent again in min(2^i, 60) seconds.
fn resends(p: f64) -> f64 {
    let (mut sum, mut lost) = (0.0, 1.0);
    for i in 0..16 {
        lost *= p;
        sum += lost * f64::from((1_u32 << i).min(60));
    }
    sum
}

/// Bytes per second at most (Mathis et al.).
fn rate_max(round_trip: f64, p: f64) -> f64 {
    1460.0 / round_trip * libm::sqrt(1.5 / p)
}

#[test]
fn a_read_takes_a_round_trip_and_its_size_over_the_rate() {
    let record = run_of(&single("1 MB", json!({ "latency": "50 ms", "up": "8 Mbit/s" })), 0);
    close(latency(&record, "mean"), 1.1, 1e-6);
    close(latency(&record, "max"), 1.1, 0.02);
}

#[test]
fn lost_messages_are_sent_again() {
    for p in [0.02, 0.1, 0.2] {
        let record = run_of(&single("1 B", json!({ "latency": "50 ms", "loss": p })), 0);
        assert_eq!(value(&record, "objects.reads.success_ratio"), 1.0);
        // Two messages each; 7200 reads, of which the variance of each is E[4^k] − 2 E[2^k] + 1 − mean².
        let mean = p / (1.0 - 2.0 * p);
        let square = (1.0 - p) / (1.0 - 4.0 * p) - 2.0 * (1.0 - p) / (1.0 - 2.0 * p) + 1.0;
        let error = libm::sqrt(2.0 * (square - mean * mean) / 7200.0);
        close(latency(&record, "mean"), 0.1 + 2.0 * resends(p), 4.5 * error + 1e-3);
    }
}

#[test]
fn loss_caps_the_rate_of_a_transfer() {
    let p = 0.0001;
    let slow = 1e7 / rate_max(0.1, p);
    assert!(slow > 5.0);
    // Faster than the cap, the link does not matter; slower, the cap does not.
    for (up, expected) in [("100 Mbit/s", slow), ("8 Mbit/s", 10.0)] {
        let record = run_of(&single("10 MB", json!({ "latency": "50 ms", "loss": p, "up": up })), 0);
        close(latency(&record, "p50"), 0.1 + expected, 0.01 * expected);
    }
    // In the mean over good and bad times of the link it is between what either would be.
    let burst = json!({ "gilbert_elliott": { "to_bad": "1 /min", "to_good": "1 /min", "loss_good": 0.00002, "loss_bad": 0.0005 } });
    let record = run_of(&single("10 MB", json!({ "latency": "50 ms", "loss": burst })), 0);
    let (best, worst) = (1e7 / rate_max(0.1, 0.00002), 1e7 / rate_max(0.1, 0.0005));
    close(latency(&record, "p50"), 0.5 * (best + worst), 0.4 * (worst - best));
    assert!(latency(&record, "max") <= 1.01 * (worst + 0.1) + 2.0, "{}", latency(&record, "max"));
}

#[test]
fn a_lossless_link_never_makes_reads_slower() {
    let world = |loss: Value, faults: Value| {
        let mut file = super::calm(
            30,
            super::read_often(),
            json!({ "code": { "data": 5, "total": 12 }, "reads": { "extra": 2 } }),
        );
        file["fleet"][0]["link"]["loss"] = loss;
        file["faults"] = faults;
        let record = run_of(&file, 0);
        ["mean", "p50", "p90", "p99", "max"].map(|what| latency(&record, what))
    };
    let slower = |some: &[[f64; 5]]| {
        for pair in some.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(less, more)| less <= more), "{some:?}");
        }
        assert!(some[some.len() - 1][0] > some[0][0] + 0.05, "{some:?}");
    };
    let links: Vec<_> = [0.0, 0.01, 0.1, 0.3].iter().map(|p| world(json!(p), json!([]))).collect();
    slower(&links);
    let fault = |p: f64| json!([{ "at": "20 min", "for": "20 min", "loss": { "all": true, "p": p } }]);
    let faults: Vec<_> = [0.0, 0.1, 0.5].iter().map(|p| world(json!("none"), fault(*p))).collect();
    slower(&faults);
    assert_eq!(links[0], faults[0], "a fault that loses nothing changes nothing");
}

#[test]
fn faults_add_their_latency_while_they_hold() {
    let file = single("1 B", json!({ "latency": "50 ms" }));
    let slow = json!([{ "at": "30 h", "for": "60 h", "latency": { "all": true, "add": "100 ms" } }]);
    let record = run_of(&with(file.clone(), "/faults", slow), 0);
    // Half of the time, both ways.
    close(latency(&record, "mean"), 0.1 + 0.5 * 0.2, 1e-3);
    close(latency(&record, "max"), 0.3, 0.005);
    // What is lost altogether is heard after the fault: at the next try, a minute later at most.
    let cut = json!([{ "at": "30 h", "for": "5 min", "loss": { "all": true, "p": 1 } }]);
    let record = run_of(&with(file.clone(), "/faults", cut), 0);
    assert_eq!(value(&record, "objects.reads.success_ratio"), 1.0);
    let longest = latency(&record, "max");
    assert!((240.0..=400.0).contains(&longest), "{longest}");
    // Transport gives up after eleven minutes, and the read has nobody else to ask.
    let cut = json!([{ "at": "30 h", "for": "1 h", "loss": { "all": true, "p": 1 } }]);
    let record = run_of(&with(file, "/faults", cut), 0);
    let failed = value(&record, "objects.reads.failed");
    assert!((45.0..=50.0).contains(&failed), "{failed}");
}

#[test]
fn repairs_take_two_round_trips() {
    let world = |link: Value, transfers: &str| {
        json!({
            "seed": 3, "duration": "300 d",
            "nodes": { "node": { "hardware": { "death": {
                "lifetime": { "exponential": { "mean": "30 d" } }, "replacement": "1 h" } } } },
            "fleet": [{ "name": "f", "sites": 8, "racks": [{ "nodes": { "node": 1 } }], "link": link }],
            "workloads": { "data": { "objects": { "count": 50, "size": "1 MB" } } },
            "policies": { "policy": { "health": "oracle",
                "objects": { "copies": 3, "repair": { "transfers": transfers } } } }
        })
    };
    for transfers in ["queued", "fair"] {
        let whole = |link: Value, what: &str| {
            let record = run_of(&world(link, transfers), 0);
            assert!(value(&record, "objects.repairs") > 500.0);
            value(&record, &format!("objects.time_to_whole.{what}"))
        };
        close(whole(json!({}), "mean"), 0.0, 1e-9);
        // A round trip to fetch and one to send; now and then one meets another failure.
        close(whole(json!({ "latency": "500 ms" }), "p50"), 2.0, 0.02);
        let p = 0.1;
        let lossy = whole(json!({ "latency": "5 ms", "loss": p }), "mean");
        // A megabyte each way under the cap, and four messages.
        let expected = 0.02 + 4.0 * resends(p) + 2.0 * 1e6 / rate_max(0.01, p);
        close(lossy, expected, 0.12 * expected);
    }
}

#[test]
fn writes_wait_for_messages_and_audits_are_not_heard_where_all_is_lost() {
    let mut file = single("1 MB", json!({ "latency": "50 ms", "down": "8 Mbit/s" }));
    file["workloads"]["data"]["objects"]["writes"] = json!({ "every": "10 min" });
    let record = run_of(&file, 0);
    close(value(&record, "objects.writes.latency.mean"), 1.1, 1e-6);
    file["policies"]["policy"]["objects"]["audits"] = json!({ "every": "1 h" });
    file["faults"] = json!([{ "at": "30 h", "for": "10 h", "loss": { "fleet": "f", "p": 1 } }]);
    let record = run_of(&file, 0);
    let (passed, unanswered) =
        (value(&record, "objects.audits.passed"), value(&record, "objects.audits.unanswered"));
    assert!((27.0..=30.0).contains(&unanswered), "{unanswered}");
    close(passed + unanswered, 3.0 * 120.0, 3.0);
}

#[test]
fn each_workload_is_told_by_its_name() {
    let mut file = super::world();
    file["workloads"] = json!({
        "photos": { "objects": { "count": 100, "size": "16 MiB", "reads": { "poisson": { "rate": "60 /h" } } } },
        "films": { "objects": { "count": 50, "size": "64 MiB", "reads": { "poisson": { "rate": "6 /h" } }, "writes": { "poisson": { "rate": "1 /h" } } } }
    });
    let record = run_of(&file, 0);
    let of = |workload: &str, what: &str| value(&record, &format!("objects[{workload}].{what}"));
    let sums = [
        "count",
        "lost",
        "reads.arrived",
        "reads.completed",
        "reads.failed",
        "reads.degraded",
        "repairs",
        "repair_bytes",
    ];
    for what in sums {
        let (sum, all) = (of("photos", what) + of("films", what), value(&record, &format!("objects.{what}")));
        close(sum, all, 1e-9 * all.abs());
    }
    let between = [
        "availability",
        "reads.latency.mean",
        "reads.success_ratio",
        "reads.amplification",
        "time_to_whole.mean",
    ];
    for what in between {
        let (a, b, all) = (of("photos", what), of("films", what), value(&record, &format!("objects.{what}")));
        assert!(a.min(b) <= all + 1e-12 && all <= a.max(b) + 1e-12, "{what}: {a}, {b}, {all}");
    }
    assert!(of("films", "reads.latency.mean") > 2.0 * of("photos", "reads.latency.mean"));
    assert!(of("films", "writes.completed") > 0.0);
    assert!(!record.metrics.contains_key("objects[photos].writes.completed"), "nobody writes photos");
    for name in record.metrics.keys().filter(|name| name.starts_with("objects[")) {
        assert!(sim_core::measure::catalog::lookup(name).is_some(), "nothing is known of {name}");
    }
}
