//! Of objects: what is lost, what cannot be read, reads that fail or are held up, and writes that fail.

use super::common::{load, sum_of, value, with};
use super::{adds_up, blamed};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;

/// Nodes that fail in every way, with objects that are read and written.
fn world() -> Value {
    json!({
        "name": "objects",
        "seed": 11,
        "duration": "60 d",
        "warmup": "5 d",
        "regions": { "east": { "grid": { "outages": {
            "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "4 h" } }, "shared_by": "feeder" },
            "feeder_size": 5 } } },
        "nodes": { "node": { "boot": "2 min", "bit_rot": "0.5 /y", "hardware": {
            "faults": { "up": { "exponential": { "mean": "30 d" } }, "down": { "exponential": { "mean": "1 d" } } },
            "death": { "lifetime": { "exponential": { "mean": "60 d" } }, "replacement": { "exponential": { "mean": "2 d" } } } } } },
        "fleet": [{ "name": "homes", "region": "east", "sites": 12, "racks": [{ "nodes": { "node": 2 } }],
            "link": { "up": "20 Mbit/s", "down": "100 Mbit/s", "loss": 0.01, "outages": {
                "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "2 h" } } } },
            "churn": { "lifetime": { "exponential": { "mean": "100 d" } }, "rejoin": { "exponential": { "mean": "5 d" } } } }],
        "workloads": {
            "archive": { "objects": { "count": 200, "size": "64 MiB", "reads": { "poisson": { "rate": "20 /h" } } } },
            "photos": { "objects": { "count": 100, "size": "4 MiB", "writes": { "poisson": { "rate": "1 /h" } } } }
        },
        "policies": { "policy": { "objects": { "code": { "data": 3, "total": 6 }, "repair": {} } } }
    })
}

fn with_policy(field: &str, value: Value) -> Value {
    with(world(), &format!("/policies/policy/{field}"), value)
}

fn policies() -> Vec<Value> {
    let beats = json!({ "heartbeat": { "period": "10 min", "timeout": "30 min" } });
    let repair = |repair: Value| with_policy("objects/repair", repair);
    vec![
        world(),
        with_policy("health", json!("oracle")),
        with(repair(json!({ "after": "12 h", "below": 5 })), "/policies/policy/health", beats.clone()),
        with(repair(json!({ "check": "2 d", "budget": 3 })), "/policies/policy/health", beats.clone()),
        with(repair(json!({ "rate": "20 kB/s" })), "/policies/policy/health", beats),
        repair(json!({ "transfers": "fair", "per": "shard" })),
        with_policy(
            "objects",
            json!({ "code": { "data": 3, "total": 6 }, "reads": { "timeout": "20 s", "extra": 1 },
            "upload": { "start": 8, "success": 4, "timeout": "1 min" } }),
        ),
        with_policy(
            "objects",
            json!({ "code": { "data": 3, "total": 20 }, "upload": { "start": 22, "success": 20, "timeout": "1 min" } }),
        ),
    ]
}

/// Requires all that is charged of objects to be what is missing.
fn assert_all(record: &RunRecord) {
    let of = |name: &str| value(record, name);
    adds_up(record, "blame.objects.lost", of("objects.lost"));
    adds_up(record, "blame.objects.unavailable", 1.0 - of("objects.availability"));
    adds_up(record, "blame.objects.reads", of("objects.reads.failed"));
    adds_up(record, "blame.objects.writes", of("objects.writes.failed"));
    adds_up(record, "blame.objects.read_delay", of("blame.objects.read_delay"));
    assert!(of("blame.objects.read_delay") <= of("objects.reads.latency.mean"));
    adds_up(record, "blame.nodes", 1.0 - of("nodes.uptime"));
    assert_eq!(sum_of(record, "blame.objects.lost_while."), of("objects.lost"));
    let meanwhile = sum_of(record, "blame.objects.unavailable_while.");
    assert!((meanwhile - of("blame.objects.unavailable")).abs() < 1e-9);
    for set in ["archive", "photos"] {
        assert_eq!(of(&format!("blame[{set}].objects.lost")), of(&format!("objects[{set}].lost")));
        let (charged, missing) = (
            of(&format!("blame[{set}].objects.unavailable")),
            1.0 - of(&format!("objects[{set}].availability")),
        );
        assert!((charged - missing).abs() < 1e-9, "{set}: {charged} and {missing}");
    }
}

#[test]
fn what_is_charged_is_what_is_lost_and_nothing_else_changes() {
    let (mut lost, mut failed, mut unwritten) = (0, 0, 0);
    for (number, file) in policies().into_iter().enumerate() {
        let record = blamed(&file, number as u32);
        assert_all(&record);
        lost += u32::from(value(&record, "objects.lost") > 0.0);
        failed += u32::from(value(&record, "objects.reads.failed") > 0.0);
        unwritten += u32::from(value(&record, "objects.writes.failed") > 0.0);
        assert!(value(&record, "blame.objects.unavailable") > 0.0, "{file}");
    }
    assert!(lost >= 3 && failed >= 3 && unwritten >= 1, "{lost}, {failed} and {unwritten} of all policies");
}

#[test]
fn what_was_lost_before_the_measuring_began_is_not_charged() {
    let file =
        with(with_policy("objects", json!({ "code": { "data": 3, "total": 4 } })), "/warmup", json!("40 d"));
    let record = blamed(&file, 0);
    assert_all(&record);
    assert_eq!(value(&record, "blame.objects.lost_while.repairing"), 0.0, "nothing is repaired");
    assert!(value(&record, "blame.objects.lost_while.no_repair") > 0.0);
}

/// Two copies on two machines without repair: the first death is nobody's fault, the second loses the object.
#[test]
fn a_death_is_charged_with_what_it_takes() {
    let file = json!({
        "seed": 3, "duration": "400 d",
        "nodes": { "node": { "hardware": { "death": { "lifetime": { "exponential": { "mean": "50 d" } } } } } },
        "fleet": [{ "sites": 40, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "archive": { "objects": { "count": 200, "size": "1 MiB" } } },
        "policies": { "it": { "objects": { "copies": 2 } } }
    });
    let record = blamed(&file, 0);
    let of = |name: &str| value(&record, name);
    assert!(of("objects.lost") > 100.0);
    assert_eq!(of("blame.objects.lost.hardware"), of("objects.lost"));
    assert_eq!(of("blame.objects.lost_while.no_repair"), of("objects.lost"));
    adds_up(&record, "blame.objects.unavailable", 1.0 - of("objects.availability"));
}

/// All copies in one place go at once when its feeder does; spread over places, none is missed.
#[test]
fn what_goes_at_once_had_nothing_missing() {
    let file = json!({
        "seed": 4, "duration": "90 d",
        "regions": { "here": { "grid": { "outages": { "up": { "exponential": { "mean": "9 d" } }, "down": { "exponential": { "mean": "5 h" } } } } } },
        "nodes": { "node": {} },
        "fleet": [{ "region": "here", "racks": [{ "nodes": { "node": 3 } }] }],
        "workloads": { "archive": { "objects": { "count": 20, "size": "1 MiB" } } },
        "policies": { "it": { "objects": { "copies": 3 } } }
    });
    let record = blamed(&file, 0);
    let down = 1.0 - value(&record, "nodes.uptime");
    assert!(down > 0.005);
    for name in
        ["blame.objects.unavailable.grid", "blame.objects.unavailable_while.at_once", "blame.nodes.grid"]
    {
        assert!((value(&record, name) - down).abs() < 1e-9, "{name}");
    }
}

/// Without the top cause about as much is readable as it was blamed for.
#[test]
fn without_the_top_cause_about_as_much_time_is_back() {
    let world = with_policy("objects/repair", json!({ "after": "2 d" }));
    let kind = with(world.clone(), "/regions/east/grid", json!({}));
    let (mut charged, mut gone, mut all) = (0.0, 0.0, 0.0);
    for replication in 0..4 {
        let run = |file: &Value| {
            sim_core::run(&load(&with(file.clone(), "/blame", json!(true))), "policy", 0, replication)
        };
        let (before, after) = (run(&world), run(&kind));
        assert_eq!(value(&after, "blame.objects.unavailable.grid"), 0.0);
        charged += value(&before, "blame.objects.unavailable.grid");
        let missing = |record: &RunRecord| value(record, "blame.objects.unavailable");
        all += missing(&before);
        gone += missing(&before) - missing(&after);
    }
    assert!(
        (gone - charged).abs() < 0.35 * charged.max(0.1 * all),
        "{charged} charged of {all}, {gone} gone"
    );
}

/// Objects on one machine that never fails by itself.
fn box_with(more: &[(&str, Value)]) -> Value {
    let file = json!({
        "seed": 5, "duration": "2 d",
        "nodes": { "node": {} },
        "fleet": [{ "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "archive": { "objects": { "count": 20, "size": "1 MB", "reads": { "poisson": { "rate": "0.4 /s" } } } } },
        "policies": { "it": { "health": "none", "objects": { "copies": 1 } } }
    });
    more.iter().fold(file, |file, (path, value)| with(file, path, value.clone()))
}

/// Of the latency of reads what is not charged is that of a read alone, and what is charged is charged to what it should be.
#[test]
fn what_holds_reads_up_is_the_rest_of_their_latency() {
    let link = |link: Value| vec![("/fleet/0/link", link)];
    let outage = vec![("/faults", json!([{ "at": "1 h", "for": "3 h", "grid_outage": { "all": true } }]))];
    for (more, own, root) in [
        (link(json!({ "up": "8 Mbit/s" })), 1.0, "queueing"),
        (link(json!({ "latency": "50 ms", "loss": 0.05 })), 0.1, "message_loss"),
        (outage, 0.0, "grid"),
    ] {
        let record = blamed(&box_with(&more), 0);
        let (all, charged) =
            (value(&record, "objects.reads.latency.mean"), value(&record, "blame.objects.read_delay"));
        adds_up(&record, "blame.objects.read_delay", charged);
        assert!(charged > 0.01 * all && charged > 0.0, "{root}: {charged} of {all}");
        // The mean counts whole nanoseconds.
        assert!((all - charged - own).abs() < 1e-6, "{root}: {charged} of {all}");
        assert_eq!(value(&record, &format!("blame.objects.read_delay.{root}")), charged, "{root}");
    }
    let shared = blamed(&box_with(&link(json!({ "up": "8 Mbit/s" }))), 0);
    // Processor sharing of equal demands at a load of 0.4: 1/(1 − 0.4) s.
    let delay = value(&shared, "blame.objects.read_delay");
    assert!((delay - 2.0 / 3.0).abs() < 0.02, "{delay}");
}

/// Nodes that are full, or all down, are told apart.
#[test]
fn a_write_that_fails_is_charged_to_what_befell_it() {
    let writes = json!({ "poisson": { "rate": "10 /h" } });
    let write = ("/workloads/archive/objects/writes", writes);
    let full = blamed(&box_with(&[write.clone(), ("/nodes/node/storage", json!("100 MB"))]), 0);
    assert!(value(&full, "objects.writes.failed") > 100.0);
    assert_eq!(value(&full, "blame.objects.writes.no_place"), value(&full, "objects.writes.failed"));
    let dark = json!([{ "at": "1 h", "for": "3 h", "grid_outage": { "all": true } }]);
    let upload = ("/policies/it/objects/upload", json!({ "timeout": "1 min" }));
    let dark = blamed(&box_with(&[write, ("/faults", dark), upload]), 0);
    assert!(value(&dark, "objects.writes.failed") > 10.0);
    assert_eq!(value(&dark, "blame.objects.writes.grid"), value(&dark, "objects.writes.failed"));
}
