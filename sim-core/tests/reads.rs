//! What must hold of reads, writes, audits, rot and departures: shards and reads are conserved, more shards are never slower,
//! and where there is a closed form it is met.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{load, refused, run_of, value, with};
use serde_json::{Value, json};
use sim_core::scenario::{self, NoFiles, Overrides, Source};
use sim_core::simulation::{Model, Simulation};

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
        let first = sim_core::run(&scenario, "policy", 0, 1);
        let second = std::thread::scope(|scope| {
            scope.spawn(|| sim_core::run(&scenario, "policy", 0, 1)).join().expect("a finished run")
        });
        assert_eq!((&first.metrics, &first.trace), (&second.metrics, &second.trace));
        let model = Model::new(&scenario, "policy", 1);
        let clone = Simulation::new(&model).clone().run(0);
        assert_eq!((&first.metrics, &first.trace), (&clone.metrics, &clone.trace));
    }
}

#[test]
fn policies_meet_the_same_world() {
    let run = |file: Value| run_of(&with(file, "/duration", json!("20 d")), 3).exogenous;
    let worlds: Vec<String> = policies().into_iter().map(run).collect();
    assert!(worlds.windows(2).all(|pair| pair[0] == pair[1]));
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
fn what_cannot_be_is_refused() {
    for (policy, says) in [
        (json!({ "code": { "data": 3, "total": 5 }, "reads": { "extra": 3 } }), "there are 5"),
        (json!({ "copies": 1, "reads": { "hedge": { "after": "1 s" } } }), "none is left for a hedge"),
        (json!({ "code": { "data": 3, "total": 5 }, "upload": { "success": 2 } }), "is not written with 2"),
        (json!({ "code": { "data": 3, "total": 5 }, "upload": { "start": 4 } }), "cannot succeed"),
        (json!("storj-lik"), "nothing is named"),
    ] {
        let problems = refused(&calm(30, read_often(), policy));
        assert!(problems.contains(says), "{problems}");
    }
}

#[test]
fn packs_are_taken_by_name_and_overridden() {
    for pack in ["storj-like", "sia-like", "filecoin-like", "three-replicas", "copyset-3"] {
        let mut file = calm(120, json!({ "count": 50, "writes": { "every": "5 min" } }), json!(pack));
        file["workloads"]["data"]["objects"]["reads"] = json!({ "every": "1 min" });
        let record = run_of(&file, 0);
        assert_eq!(value(&record, "objects.reads.success_ratio"), 1.0, "{pack}");
        assert_eq!(value(&record, "objects.writes.success_ratio"), 1.0, "{pack}");
    }
    let own = json!({ "from": "storj-like", "upload": { "start": 90, "success": 80 } });
    let scenario = load(&calm(120, read_often(), own));
    let objects = &scenario.policies["policy"].objects;
    assert_eq!((objects.code.data, objects.upload.start, objects.reads.extra), (29, Some(90), 10));
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
fn sweeps_reach_into_packs() {
    let mut file = calm(120, read_often(), json!("storj-like"));
    file["vary"] = json!({ "/policies/policy/objects/reads": [{}, { "extra": 5 }] });
    let text = file.to_string();
    let source = Source { name: "x.json", text: &text };
    let plan = scenario::load(&source, &NoFiles, &Overrides::default()).expect("a scenario");
    let extra = |at: usize| plan.variations[at].scenario.policies["policy"].objects.reads.extra;
    assert_eq!((extra(0), extra(1)), (0, 5));
}

/// Half of the nodes buy dear electricity. They stand still from the second minute on, so that what is not available then is on them.
fn dear(placement: Value) -> Value {
    let mut file = calm(20, json!({ "count": 6000 }), json!({ "copies": 1, "placement": placement }));
    let entry = file["fleet"][0].clone();
    file["fleet"] = json!([
        both_of(entry.clone(), "cheap", json!({ "flat": "0.1 $/kWh" })),
        both_of(entry, "dear", json!({ "flat": "0.4 $/kWh" })),
    ]);
    file["faults"] = json!([{ "at": "1 min", "kill": { "fleet": "dear" } }]);
    file
}

fn both_of(mut entry: Value, name: &str, tariff: Value) -> Value {
    (entry["name"], entry["tariff"]) = (json!(name), tariff);
    entry
}

/// The share of the objects that are on nodes that stand still for 59 of 60 minutes.
fn share_on_dear(placement: Value) -> f64 {
    (1.0 - value(&run_of(&dear(placement), 0), "objects.availability")) * 60.0 / 59.0
}

#[test]
fn a_score_chooses_among_candidates() {
    let tolerance = 5.0 * 0.5 / 6000.0_f64.sqrt();
    assert!((share_on_dear(json!({})) - 0.5).abs() < tolerance);
    for choices in [1_u32, 2, 4] {
        let found = share_on_dear(json!({ "score": "-price", "choices": choices }));
        let expected = 1.0 / f64::from(1_u32 << choices);
        assert!((found - expected).abs() < tolerance, "{found}, not {expected}");
    }
    // Two candidates where nothing is said; nothing is observed yet when objects are placed at the start.
    let two = share_on_dear(json!({ "score": "-price", "choices": 2 }));
    assert_eq!(share_on_dear(json!({ "score": "-price" })).to_bits(), two.to_bits());
    let blind = share_on_dear(json!({ "score": "outstanding", "choices": 8 }));
    assert_eq!(blind.to_bits(), share_on_dear(json!({})).to_bits(), "equals are not told apart");
    // The bound on failure domains comes first: one of two copies is on dear nodes.
    let spread = dear(json!({ "score": "-price", "choices": 8, "spread": "site" }));
    let spread = with(spread, "/policies/policy/objects/copies", json!(2));
    assert_eq!(value(&run_of(&spread, 0), "objects.lost"), 0.0);
}

/// Shards that are repaired go to nodes that answer.
#[test]
fn a_score_sees_what_replies_have_taught() {
    let lost = |placement: Value| {
        let mut file =
            calm(20, json!({ "count": 0, "writes": { "poisson": { "rate": "1 /s" } } }), json!({}));
        file["fleet"] = json!([
            both_of(file["fleet"][0].clone(), "good", json!({ "flat": "0.1 $/kWh" })),
            both_of(file["fleet"][0].clone(), "bad", json!({ "flat": "0.1 $/kWh" })),
        ]);
        file["workloads"]["calls"] =
            json!({ "requests": { "arrivals": { "poisson": { "rate": "20 /s" } }, "demand": "10 ms" } });
        file["faults"] = json!([
            { "at": "0 s", "for": "50 min", "loss": { "fleet": "bad", "p": 0.5 } },
            { "at": "50 min", "kill": { "fleet": "bad" } },
        ]);
        file["policies"]["policy"] = json!({ "requests": { "timeout": "1 s" }, "health": "none", "objects": { "placement": placement } });
        1.0 - value(&run_of(&file, 0), "objects.availability")
    };
    let (any, reliable) = (lost(json!({})), lost(json!({ "score": "reliability", "choices": 4 })));
    assert!(reliable < 0.3 * any, "{reliable} of {any}");
}

#[test]
fn scores_of_placements_are_checked() {
    let refused_by = |placement: Value| refused(&dear(placement));
    let typo = refused_by(json!({ "score": "2*reliabilty - price" }));
    assert!(typo.contains("(character 3 of the expression)") && typo.contains("reliability"), "{typo}");
    assert!(typo.contains("^^^^^^^^^^"), "{typo}");
    assert!(refused_by(json!({ "score": "-temperature" })).contains("asks for nothing"));
    assert!(refused_by(json!({ "score": "-price", "oldest_of": 2 })).contains("by age"));
    assert!(refused_by(json!({ "score": "-price", "copysets": 4 })).contains("copysets"));
    assert!(refused_by(json!({ "choices": 3 })).contains("there is none"));
    let mut file = dear(json!({ "score": "-price" }));
    for entry in 0..2 {
        file["fleet"][entry].as_object_mut().expect("an entry").remove("tariff");
    }
    let message = refused(&file);
    assert!(message.contains("places objects by the price"), "{message}");
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
