//! Group e through objects: a read asks k + Δ nodes and takes the k that come first, a write begins n uploads and is done at the
//! k-th, a hedged read asks one more after a delay. The way to a node and the way back are gamma distributed with mean
//! and shape one half each, so that their sum is exponential with mean 1 s; shards have no size.

use crate::support::*;
use serde_json::{Value, json};

at_both_scales!(the_fastest_of_more_shards, the_long_tail_of_writes, hedged_reads_of_two_copies,);

/// `nodes` nodes, an object that is read or written five times a second, for so many reads or writes.
fn access(nodes: u32, what: &str, times: f64, policy: Value) -> Value {
    Setup::new(nodes, 1, 100.0, times / 5.0)
        .fleet("link", json!({ "latency": { "gamma": { "mean": "500 ms", "shape": 0.5 } } }))
        .top("workloads", json!({ "data": { "objects": { "count": 1, what: poisson(5.0) } } }))
        .policy("objects", policy)
        .build()
}

fn quantiles(study: &Study, oracle: &Oracle, what: &str, resolution: f64) {
    for (name, quantile, factor) in
        [("q0.5", "p50", 1.0), ("q0.9", "p90", 1.0), ("q0.95", "p95", 1.0), ("q0.99", "p99", 2.0)]
    {
        let metric = format!("objects.{what}.latency.{quantile}");
        study.agrees(oracle, name, factor * resolution, |record| value(record, &metric));
    }
}

fn the_fastest_of_more_shards(scale: Scale) {
    for number in [1, 2, 9] {
        let oracle = Oracle::named(&format!("e.quorum.{number}"));
        let (k, n) = (oracle.param("k") as u32, oracle.param("n") as u32);
        let reads = 60_000.0 / f64::from(n).max(10.0);
        let study = Study::new(&format!("read {k} of {n}"), scale, 20, 50_000.0 / reads, |factor| {
            let policy = json!({ "code": { "data": k, "total": n }, "reads": { "extra": n - k } });
            access(n, "reads", factor * reads, policy)
        });
        study.agrees(&oracle, "mean", 0.06, metric("objects.reads.latency.mean"));
        quantiles(&study, &oracle, "reads", 0.07);
        exact("success", study.estimate(metric("objects.reads.success_ratio")).0, 1.0);
    }
}

fn the_long_tail_of_writes(scale: Scale) {
    for number in [1, 2] {
        let oracle = Oracle::named(&format!("e.quorum.{number}"));
        let (k, n) = (oracle.param("k") as u32, oracle.param("n") as u32);
        let study = Study::new(&format!("write {k} of {n}"), scale, 20, 10.0, |factor| {
            let policy = json!({ "code": { "data": 1, "total": k }, "upload": { "start": n, "success": k } });
            access(n, "writes", factor * 5_000.0, policy)
        });
        study.agrees(&oracle, "mean", 0.06, metric("objects.writes.latency.mean"));
        quantiles(&study, &oracle, "writes", 0.07);
    }
}

fn hedged_reads_of_two_copies(scale: Scale) {
    for number in [1, 2, 3, 4] {
        let oracle = Oracle::named(&format!("e.hedge.{number}"));
        let study = Study::new(&format!("hedged read {number}"), scale, 20, 10.0, |factor| {
            let hedge = json!({ "after": seconds(oracle.value("delay")) });
            access(2, "reads", factor * 5_000.0, json!({ "copies": 2, "reads": { "hedge": hedge } }))
        });
        study.agrees(&oracle, "extra_load", 0.2, ratio("objects.reads.hedges", "objects.reads.arrived"));
        study.agrees(&oracle, "mean", 0.06, metric("objects.reads.latency.mean"));
        quantiles(&study, &oracle, "reads", 0.09);
    }
}
