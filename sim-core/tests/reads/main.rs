//! What must hold of reads, writes, audits, rot and departures: shards and reads are conserved, more shards are never slower,
//! and where there is a closed form it is met.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod audits;
#[path = "../common/mod.rs"]
mod common;
mod latency;
mod packs;
mod scores;
mod ways;
mod world;

use common::with;
use serde_json::{Value, json};

/// Nodes in two regions that fail, rot, lie and leave, and objects that are read and written.
fn world() -> Value {
    let poisson = |rate: &str| json!({ "poisson": { "rate": rate } });
    json!({
        "name": "reads",
        "seed": 5,
        "duration": "60 d",
        "warmup": "2 d",
        "regions": {
            "east": { "grid": { "outages": {
                "up": { "exponential": { "mean": "10 d" } },
                "down": { "exponential": { "mean": "5 h" } } } } },
            "west": {}
        },
        "backbone": { "between": [["east", "west", "30 ms"]] },
        "nodes": {
            "node": { "boot": "2 min", "bit_rot": "0.5 /y", "hardware": {
                "faults": { "up": { "exponential": { "mean": "30 d" } }, "down": { "exponential": { "mean": "1 d" } } },
                "death": { "lifetime": { "exponential": { "mean": "90 d" } }, "replacement": { "exponential": { "mean": "2 d" } } } } },
            "liar": { "withholds": 0.5 } },
        "fleet": [
            { "name": "east", "region": "east", "sites": 10, "racks": [{ "nodes": { "node": 3 } }],
              "link": { "up": "20 Mbit/s", "down": "100 Mbit/s", "latency": { "lognormal": { "median": "20 ms", "sigma": 1 } }, "outages": {
                  "up": { "exponential": { "mean": "5 d" } }, "down": { "exponential": { "mean": "2 h" } } } },
              "churn": { "lifetime": { "exponential": { "mean": "60 d" } }, "rejoin": { "exponential": { "mean": "5 d" } },
                         "notice": "1 d", "graceful": 0.7 } },
            { "name": "west", "region": "west", "sites": 10, "racks": [{ "nodes": { "node": 2, "liar": 1 } }],
              "link": { "up": "20 Mbit/s", "down": "100 Mbit/s" } }
        ],
        "workloads": { "archive": { "objects": {
            "count": 200, "size": "16 MiB", "reads": poisson("60 /h"), "writes": poisson("1 /h") } } },
        "policies": { "policy": { "objects": { "code": { "data": 4, "total": 10 }, "repair": { "after": "1 h" } } } }
    })
}

fn objects(field: &str, value: Value) -> Value {
    with(world(), &format!("/policies/policy/objects/{field}"), value)
}

/// Nodes that never fail, each at a site, and objects under a policy.
fn calm(nodes: u32, workload: Value, policy: Value) -> Value {
    json!({
        "seed": 8, "duration": "1 h",
        "nodes": { "node": {} },
        "fleet": [{ "sites": nodes, "racks": [{ "nodes": { "node": 1 } }],
            "link": { "latency": { "exponential": { "mean": "50 ms" } } } }],
        "workloads": { "data": { "objects": workload } },
        "policies": { "policy": { "objects": policy } }
    })
}

fn read_often() -> Value {
    json!({ "count": 20, "reads": { "poisson": { "rate": "2 /s" } } })
}
