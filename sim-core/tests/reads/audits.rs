//! Audits, reputation, scrubbing, and leaving in good order.

use super::common::{run_of, value, with};
use super::{calm, objects};
use serde_json::json;

#[test]
fn a_node_that_keeps_nothing_is_disqualified_by_the_41st_audit() {
    let audits = json!({ "every": "1 h", "reputation": {} });
    let policy = json!({ "copies": 2, "audits": audits, "repair": { "time": "1 min" } });
    let mut file = calm(20, json!({ "count": 3000 }), policy);
    file["duration"] = json!("60 h");
    file["nodes"]["liar"] = json!({ "withholds": 1 });
    file["fleet"][0]["racks"] = json!([{ "nodes": { "node": 4, "liar": 1 } }]);
    let record = run_of(&file, 0);
    assert_eq!(value(&record, "objects.disqualified"), 20.0);
    // The first audit comes after a uniform share of an hour.
    let hours = value(&record, "objects.time_to_disqualify") / 3600.0;
    assert!((hours - 40.5).abs() < 5.0 * 0.29 / 20.0_f64.sqrt(), "{hours}");
    assert_eq!(value(&record, "objects.audits.failed"), 20.0 * 41.0);
    // Objects of which no liar got both copies are whole again, on honest nodes alone.
    assert!(value(&record, "objects.lost") > 0.0);
    let whole = value(&record, "objects.shards.healthy");
    assert_eq!(whole, 2.0 * (3000.0 - value(&record, "objects.lost")));
}

/// The reputation that the policy keeps, with the same parameters, is told of the same audits.
#[test]
fn audits_feed_the_reputation_of_the_policy() {
    let policy = json!({ "copies": 2, "audits": { "every": "1 h" }, "repair": { "time": "1 min" } });
    let mut file = calm(20, json!({ "count": 3000 }), policy);
    file["duration"] = json!("60 h");
    file["nodes"]["liar"] = json!({ "withholds": 1 });
    file["fleet"][0]["racks"] = json!([{ "nodes": { "node": 4, "liar": 1 } }]);
    let trusting = run_of(&file, 0);
    assert!(!trusting.metrics.contains_key("objects.disqualified"));
    file["policies"]["policy"]["reputation"] = json!({ "disqualify": 0.96 });
    let record = run_of(&file, 0);
    assert_eq!(value(&record, "detection.disqualified"), 20.0);
    assert_eq!(value(&record, "objects.disqualified"), 20.0);
    assert_eq!(value(&record, "objects.audits.failed"), 20.0 * 41.0);
    let hours = value(&record, "objects.time_to_disqualify") / 3600.0;
    assert!((hours - 40.5).abs() < 5.0 * 0.29 / 20.0_f64.sqrt(), "{hours}");
    let whole = value(&record, "objects.shards.healthy");
    assert_eq!(whole, 2.0 * (3000.0 - value(&record, "objects.lost")));
    file["policies"]["policy"]["reputation"] = json!({ "disqualify": 0.9 });
    let patient = run_of(&file, 0);
    assert_eq!(value(&patient, "objects.disqualified"), 0.0, "0.9 takes 106 audits");
}

/// Nodes that leave requests without reply are not trusted with objects either.
#[test]
fn who_is_disqualified_by_replies_loses_its_shards() {
    let mut file = calm(10, json!({ "count": 200 }), json!({ "copies": 2, "repair": { "time": "1 min" } }));
    file["workloads"]["calls"] =
        json!({ "requests": { "arrivals": { "poisson": { "rate": "1 /s" } }, "demand": "10 ms" } });
    file["duration"] = json!("2 h");
    file["fleet"][0]["name"] = json!("home");
    file["faults"] = json!([{ "at": "10 min", "for": "110 min", "loss": { "site": "home/0", "p": 0.5 } }]);
    file["policies"]["policy"]["requests"] = json!({ "timeout": "1 s" });
    file["policies"]["policy"]["reputation"] = json!({ "memory": 0.98, "alpha": 50, "disqualify": 0.7 });
    let record = run_of(&file, 0);
    assert!(value(&record, "objects.disqualified") > 0.0);
    assert_eq!(value(&record, "detection.disqualified"), value(&record, "objects.disqualified"));
    assert_eq!(value(&record, "objects.shards.healthy"), 400.0, "made anew elsewhere");
    assert!(value(&record, "objects.shards.repaired") > 0.0);
}

#[test]
fn rot_is_found_within_half_a_period() {
    let file = |scrub: &str| {
        let policy = json!({ "copies": 3, "scrub": scrub, "repair": { "time": "0 s" } });
        let mut file = calm(50, json!({ "count": 1000 }), policy);
        file["duration"] = json!("1 y");
        file["nodes"]["node"] = json!({ "bit_rot": "1 /y" });
        file
    };
    let mut times = Vec::new();
    for (scrub, days) in [("4 d", 4.0), ("20 d", 20.0)] {
        let record = run_of(&file(scrub), 0);
        let found = value(&record, "objects.rot.time_to_find") / 86_400.0;
        assert!((found / (days / 2.0) - 1.0).abs() < 0.06, "{found} of {days}");
        // A shard that has rotted does not rot until it has been made anew.
        let kept = value(&record, "objects.shards.healthy");
        let expected = 3000.0 / (1.0 + days / 2.0 / 365.25);
        let happened = value(&record, "objects.rot.happened");
        assert!((happened - expected).abs() < 5.0 * 55.0, "{happened}, not {expected}, of {kept}");
        times.push(found);
    }
    assert!(times[0] < times[1]);
}

#[test]
fn a_host_that_gives_notice_is_emptied_over_its_uplink() {
    // Ten nodes keep 1000 shards of 1 MB in all; the uplink gives 1 MB/s, so a node takes about 100 s to empty.
    let file = |notice: &str| {
        let workload = json!({ "count": 500, "size": "1 MB" });
        let mut file = calm(10, workload, json!({ "copies": 2, "evacuate": {} }));
        file["duration"] = json!("1 d");
        file["fleet"][0]["link"] = json!({ "up": "8 Mbit/s" });
        file["fleet"].as_array_mut().expect("a list").push(json!({ "sites": 1,
            "racks": [{ "nodes": { "node": 1 } }], "link": { "up": "8 Mbit/s" },
            "churn": { "lifetime": "10 h", "notice": notice } }));
        file
    };
    let of = |notice: &str| {
        let record = run_of(&file(notice), 0);
        ["exits.completed", "exits.shards_moved", "shards.lost", "lost"]
            .map(|name| value(&record, &format!("objects.{name}")))
    };
    let [completed, moved, gone, lost] = of("1 h");
    assert_eq!((completed, lost), (1.0, 0.0));
    assert!(moved > 50.0 && moved == gone, "{moved} moved, {gone} gone from their old place");
    let [completed, few, gone, _] = of("30 s");
    assert_eq!(completed, 0.0);
    assert!((26.0..=30.0).contains(&few), "a shard a second: {few}");
    assert_eq!(gone, moved, "what has not moved has gone with the node");
}

#[test]
fn nodes_that_are_down_when_they_should_scrub_do_so_later() {
    let file = objects("scrub", json!("1 d"));
    let mut file = with(file, "/nodes/node/hardware/faults/up", json!({ "exponential": { "mean": "2 d" } }));
    file["workloads"]["archive"]["objects"] = json!({ "count": 200, "size": "16 MiB" });
    for draw in 0..6 {
        file["seed"] = json!(draw);
        let record = run_of(&with(file.clone(), "/duration", json!("20 d")), 0);
        assert!(value(&record, "objects.rot.found") > 0.0);
    }
}

#[test]
fn departures_without_room_elsewhere_do_not_stop_the_clock() {
    let file = json!({
        "duration": "30 d",
        "nodes": { "node": { "storage": "10 MB" } },
        "fleet": [{ "sites": 4, "racks": [{ "nodes": { "node": 2 } }],
            "churn": { "lifetime": { "exponential": { "mean": "5 d" } }, "rejoin": "1 d", "notice": "2 d" } }],
        "workloads": { "archive": { "objects": { "count": 12, "size": "2 MB" } } },
        "policies": { "policy": { "objects": { "copies": 3, "evacuate": { "parallel": 8 }, "repair": {} } } }
    });
    for replication in 0..8 {
        let record = run_of(&file, replication);
        assert!(value(&record, "objects.exits.begun") > 0.0);
    }
}
