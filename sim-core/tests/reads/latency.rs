//! How long reads and writes last, and how often they succeed.

use super::common::{run_of, value, with};
use super::{calm, read_often};
use serde_json::{Value, json};

#[test]
fn more_shards_are_never_slower() {
    let latencies = |reads: Value| {
        let policy = json!({ "code": { "data": 5, "total": 12 }, "reads": reads });
        let record = run_of(&calm(30, read_often(), policy), 0);
        ["mean", "p50", "p99", "max"].map(|it| value(&record, &format!("objects.reads.latency.{it}")))
    };
    let faster = |some: &[[f64; 4]]| {
        for pair in some.windows(2) {
            assert!(pair[0].iter().zip(&pair[1]).all(|(slow, fast)| fast <= slow), "{some:?}");
        }
        assert!(some[some.len() - 1][0] < 0.9 * some[0][0], "{some:?}");
    };
    let extra: Vec<[f64; 4]> = (0..=7).map(|extra| latencies(json!({ "extra": extra }))).collect();
    faster(&extra);
    let hedged = |max: u32| latencies(json!({ "hedge": { "after": "100 ms", "max": max } }));
    let hedges = [extra[0], hedged(1), hedged(3), hedged(7)];
    faster(&hedges);
    assert!(hedges[3][0] > extra[7][0], "at once is faster than later");
}

/// Mean of the k-th smallest of n sums of two exponentials with mean `mean`.
fn order_statistic(k: u32, n: u32, mean: f64) -> f64 {
    let choose = |i: u32| (0..i).fold(1.0, |sum, j| sum * f64::from(n - j) / f64::from(j + 1));
    let survival = |t: f64| {
        let early = 1.0 - libm::exp(-t / mean) * (1.0 + t / mean);
        (0..k)
            .map(|i| choose(i) * libm::pow(early, f64::from(i)) * libm::pow(1.0 - early, f64::from(n - i)))
            .sum::<f64>()
    };
    let step = mean / 200.0;
    (0..20_000).map(|i| step * survival((f64::from(i) + 0.5) * step)).sum()
}

#[test]
fn latency_is_that_of_order_statistics() {
    for (k, n, extra) in [(5, 12, 0), (5, 12, 3), (1, 3, 2), (8, 8, 0)] {
        let policy = json!({ "code": { "data": k, "total": n }, "reads": { "extra": extra } });
        let found = value(&run_of(&calm(30, read_often(), policy), 0), "objects.reads.latency.mean");
        let expected = order_statistic(k, k + extra, 0.05);
        // Some 7200 reads with a coefficient of variation below 0.8: five standard errors are 4.7 %.
        assert!((found / expected - 1.0).abs() < 0.045, "{k} of {n}, {extra}: {found}, not {expected}");
    }
}

#[test]
fn the_nearest_are_nearer() {
    let latency = |choice: &str| {
        let policy = json!({ "code": { "data": 2, "total": 8 }, "reads": { "choice": choice } });
        let mut file = calm(30, read_often(), policy);
        file["regions"] = json!({ "east": {}, "west": {} });
        file["backbone"] = json!({ "between": [["east", "west", "80 ms"]] });
        let fleet = |region: &str| json!({ "name": region, "region": region, "sites": 15, "racks": [{ "nodes": { "node": 1 } }] });
        file["fleet"] = json!([fleet("east"), fleet("west")]);
        value(&run_of(&file, 0), "objects.reads.latency.mean")
    };
    // Two shards of eight at home in all but some tenth of all cases; at random in a quarter of them.
    assert!(latency("nearest") < 0.02, "{}", latency("nearest"));
    assert!((latency("random") - 0.75 * 0.16).abs() < 0.02, "{}", latency("random"));
}

#[test]
fn shards_share_links() {
    let policy = |extra: u32| json!({ "code": { "data": 2, "total": 4 }, "reads": { "extra": extra } });
    let seldom = json!({ "count": 5, "size": "2 MB", "reads": { "every": "60 s" } });
    let file =
        |extra| with(calm(4, seldom.clone(), policy(extra)), "/fleet/0/link", json!({ "up": "8 Mbit/s" }));
    for (extra, amplification) in [(0, 1.0), (1, 1.5), (2, 2.0)] {
        let record = run_of(&file(extra), 0);
        // A shard of 1 MB at 1 MB/s; those asked for in vain are done at the same time.
        assert!((value(&record, "objects.reads.latency.mean") - 1.0).abs() < 1e-6);
        assert!((value(&record, "objects.reads.amplification") - amplification).abs() < 1e-6);
    }
    // Two nodes share the uplink of a site: two shards take as long as two.
    let file = with(file(0), "/fleet/0/racks/0/nodes/node", json!(4));
    let record = run_of(&with(file, "/fleet/0/sites", json!(1)), 0);
    assert!((value(&record, "objects.reads.latency.mean") - 2.0).abs() < 1e-6);
}

#[test]
fn reads_succeed_as_often_as_k_nodes_are_up() {
    let mut file = calm(
        40,
        json!({ "count": 100, "reads": { "poisson": { "rate": "5 /h" } } }),
        json!({ "code": { "data": 2, "total": 3 } }),
    );
    file["duration"] = json!("2 y");
    file["fleet"][0]["link"] = json!({});
    file["nodes"]["node"] = json!({ "hardware": { "faults": {
        "up": { "exponential": { "mean": "9 d" } }, "down": { "exponential": { "mean": "1 d" } } } } });
    let expected = 0.9 * 0.9 * 0.9 + 3.0 * 0.81 * 0.1;
    let oracle = run_of(&file, 0);
    let found = value(&oracle, "objects.reads.success_ratio");
    assert!((found - expected).abs() < 0.01, "{found}");
    let degraded = value(&oracle, "objects.reads.degraded") / value(&oracle, "objects.reads.arrived");
    assert!((degraded - (1.0 - 0.729)).abs() < 0.02, "{degraded}");
    // Without a health check a timeout finds out: the same reads succeed, but some wait.
    let blind = with(file, "/policies/policy/health", json!("none"));
    let record = run_of(&with(blind, "/policies/policy/objects/reads", json!({ "timeout": "3 s" })), 0);
    assert!((value(&record, "objects.reads.success_ratio") - found).abs() < 0.002);
    assert_eq!(value(&record, "objects.reads.latency.p50"), 0.0);
    let waited = value(&record, "objects.reads.latency.mean");
    // The third is asked after 3 s where one of the first two is down: 0.18 of 0.972 of the reads, 0.162 with success.
    assert!((waited - 3.0 * 0.162 / 0.972).abs() < 0.03, "{waited}");
}

#[test]
fn availability_counts_objects_from_when_they_are_written() {
    // Half of all objects are written in the course of a year; all can be read nine tenths of the time.
    let mut file = calm(50, json!({ "count": 300, "writes": { "every": "29 h" } }), json!({}));
    file["duration"] = json!("1 y");
    file["fleet"][0]["link"] = json!({});
    file["nodes"]["node"] = json!({ "hardware": { "faults": {
        "up": { "exponential": { "mean": "9 d" } }, "down": { "exponential": { "mean": "1 d" } } } } });
    let record = run_of(&file, 0);
    assert_eq!(value(&record, "objects.count"), 300.0 + value(&record, "objects.writes.completed"));
    assert!(value(&record, "objects.writes.completed") > 290.0);
    let found = value(&record, "objects.availability");
    assert!((found - 0.9).abs() < 0.02, "{found}");
}

#[test]
fn a_short_failure_does_not_hold_reads_up() {
    let file = json!({
        "duration": "4 h",
        "nodes": { "node": {} },
        "fleet": [{ "name": "f", "sites": 5, "link": { "latency": "50 ms" }, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "archive": { "objects": { "count": 20, "size": "1 MB", "reads": { "every": "1 s" } } } },
        "policies": { "policy": { "health": { "heartbeat": { "period": "10 s", "timeout": "30 s" } }, "objects": { "copies": 3 } } },
        "faults": [{ "at": "1 h", "for": "15 s", "kill": { "site": "f/0" } }]
    });
    let record = run_of(&file, 0);
    let longest = value(&record, "objects.reads.latency.max");
    assert!(longest < 16.0, "{longest}");
    let waiting = value(&record, "objects.reads.in_flight");
    assert!(waiting < 5.0, "{waiting}");
}

#[test]
fn objects_without_room_are_not_lost() {
    let file = json!({
        "duration": "1 d",
        "nodes": { "node": { "storage": "10 MB" } },
        "fleet": [{ "racks": [{ "nodes": { "node": 4 } }] }],
        "workloads": { "archive": { "objects": { "count": 30, "size": "2 MB" } } },
        "policies": { "policy": { "objects": { "copies": 1 } } }
    });
    let record = run_of(&file, 0);
    let of = |name: &str| value(&record, name);
    assert_eq!((of("objects.unplaced"), of("objects.lost"), of("objects.count")), (10.0, 0.0, 20.0));
    assert!((of("objects.availability") - 1.0).abs() < 1e-12);
}
