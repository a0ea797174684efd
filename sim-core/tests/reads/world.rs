//! A world with everything: accounts that balance, runs that repeat, and policies that meet the same.

use super::common::{load, repeats, run_of, value, with};
use super::{objects, world};
use serde_json::{Value, json};

/// Policies of all kinds.
fn policies() -> Vec<Value> {
    let health = |file: Value, health: Value| with(file, "/policies/policy/health", health);
    let beats = json!({ "heartbeat": { "period": "10 min", "timeout": "30 min" } });
    let storj = json!({ "every": "6 h", "reputation": {} });
    let quick = json!({ "every": { "exponential": { "mean": "12 h" } }, "misses": 3,
        "reputation": { "memory": 0.9, "prior": 10, "below": 0.8 } });
    let both = |file: Value, field: &str, value: Value| {
        with(file, &format!("/policies/policy/objects/{field}"), value)
    };
    vec![
        world(),
        objects("reads", json!({ "extra": 3, "timeout": "10 s" })),
        health(
            objects("reads", json!({ "hedge": { "after": "p90", "max": 2 }, "timeout": "5 s" })),
            beats.clone(),
        ),
        health(
            objects("reads", json!({ "extra": 6, "choice": "nearest", "timeout": "20 s" })),
            json!("none"),
        ),
        both(
            objects("upload", json!({ "start": 14, "success": 9, "timeout": "1 min" })),
            "scrub",
            json!("7 d"),
        ),
        both(objects("audits", storj), "evacuate", json!({})),
        health(both(objects("audits", quick.clone()), "evacuate", json!({ "parallel": 16 })), beats),
        health(both(objects("audits", quick), "reads", json!({ "timeout": "10 s" })), json!("none")),
    ]
}

#[test]
fn shards_and_reads_are_conserved() {
    for (number, file) in policies().into_iter().enumerate() {
        let record = run_of(&file, number as u32);
        let policy = &file["policies"];
        let shards = |what: &str| value(&record, &format!("objects.shards.{what}"));
        let made = shards("placed") + shards("repaired");
        assert_eq!(made, shards("healthy") + shards("unavailable") + shards("lost"), "{policy}");
        for what in ["reads", "writes"] {
            let of = |name: &str| value(&record, &format!("objects.{what}.{name}"));
            assert_eq!(of("arrived"), of("completed") + of("failed") + of("in_flight"), "{policy}");
            assert!(of("completed") > 0.9 * of("arrived"), "{what}: {policy}");
            assert!(of("in_flight") >= 0.0, "{policy}");
            assert!(of("amplification") >= 1.0, "{policy}");
            assert!(of("latency.mean") > 0.0 && of("latency.p50") <= of("latency.p99"), "{policy}");
        }
        assert!(value(&record, "objects.rot.happened") > 0.0);
        assert!(value(&record, "objects.rot.found") > 0.0, "{policy}");
        assert!(value(&record, "objects.reads.degraded") > 0.0);
        if policy["policy"]["objects"].get("evacuate").is_some() {
            let of = |name: &str| value(&record, &format!("objects.exits.{name}"));
            assert!(of("completed") > 0.0 && of("completed") <= of("begun") && of("shards_moved") > 0.0);
        }
        if policy["policy"]["objects"]["audits"].get("misses").is_some() {
            assert!(value(&record, "objects.disqualified") > 0.0, "{policy}");
        }
    }
}

#[test]
fn runs_repeat_on_any_thread_and_from_a_clone() {
    for file in policies() {
        let scenario = load(&with(file, "/duration", json!("15 d")));
        repeats(&scenario, "policy", 1);
    }
}

#[test]
fn policies_meet_the_same_world() {
    let run = |file: Value| run_of(&with(file, "/duration", json!("20 d")), 3).exogenous;
    let worlds: Vec<String> = policies().into_iter().map(run).collect();
    assert!(worlds.windows(2).all(|pair| pair[0] == pair[1]));
}
