//! Rare losses in whole worlds: estimates agree with counts where both see something, whatever else goes on in the world; they
//! repeat to the bit, and change nothing else.

#![allow(clippy::needless_pass_by_value, reason = "a JSON value is made to be put into another")]

mod common;

use common::{load, refused, run_of, value, with};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::VariationSummary;

/// Homes with outages of the mains and of links, units that wear out, heartbeats, and objects that are looked at every five days and repaired over
/// uplinks.
fn homes(objects: u32) -> Value {
    json!({
        "name": "homes",
        "seed": 23,
        "duration": "120 d",
        "regions": { "here": { "grid": { "outages": {
            "up": { "exponential": { "mean": "20 d" } }, "down": { "exponential": { "mean": "5 h" } } } } } },
        "nodes": { "node": { "boot": "2 min", "hardware": {
            "death": { "lifetime": { "weibull": { "scale": "70 d", "shape": 1.5 } },
                       "replacement": { "exponential": { "mean": "1 d" } } } } } },
        "fleet": [{ "sites": 10, "racks": [{ "nodes": { "node": 2 } }],
            "link": { "latency": "20 ms", "up": "20 Mbit/s", "down": "100 Mbit/s" } }],
        "workloads": { "archive": { "objects": { "count": objects, "size": "64 MiB" } } },
        "policies": { "policy": {
            "health": { "heartbeat": { "period": "10 min", "timeout": "1 h" } },
            "objects": { "code": { "data": 3, "total": 5 }, "repair": { "check": "5 d", "after": "2 h" } } } }
    })
}

/// One object, exponential lives and repairs.
fn alone(rare: Value) -> Value {
    json!({
        "name": "alone",
        "seed": 29,
        "duration": "1 y",
        "nodes": { "node": { "hardware": {
            "death": { "lifetime": { "exponential": { "mean": "60 d" } }, "replacement": "0 s" } } } },
        "fleet": [{ "sites": 8, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "data": { "objects": { "count": 50 } } },
        "policies": { "policy": { "objects": { "code": { "data": 2, "total": 5 },
            "repair": { "time": { "exponential": { "mean": "3 d" } }, "parallel": "unlimited" } } } },
        "rare": rare
    })
}

/// Sites on mains and links that fail, with nodes that break, die and are mended by two crews; an outage is that of five sites at once, for more than two hours.
fn village(rare: Value) -> Value {
    json!({
        "name": "village",
        "seed": 31,
        "duration": "60 d",
        "regions": { "here": { "crews": 2, "grid": { "feeder_size": 2, "outages": { "shared_by": "feeder",
            "up": { "exponential": { "mean": "12 d" } }, "down": { "lognormal": { "median": "3 h", "sigma": 1 } } } } } },
        "nodes": { "node": { "boot": "2 min", "hardware": {
            "faults": { "up": { "exponential": { "mean": "15 d" } } },
            "repair": { "notice": { "exponential": { "mean": "1 h" } }, "act": { "exponential": { "mean": "4 h" } } },
            "death": { "lifetime": { "exponential": { "mean": "200 d" } }, "replacement": { "exponential": { "mean": "1 d" } } } } } },
        "fleet": [{ "name": "homes", "sites": 8, "racks": [{ "nodes": { "node": 1 } }],
            "link": { "outages": { "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "2 h" } } } } }],
        "policies": { "policy": { "health": "none" } },
        "rare": rare
    })
}

fn five_down(more: Value) -> Value {
    let mut rare = json!({ "outage": { "down": 5, "of": "sites", "longer_than": "2 h" } });
    more.as_object().expect("fields").iter().for_each(|(name, value)| rare[name] = value.clone());
    village(rare)
}

/// Mean and standard error of the probability of an outage over replications.
fn outages(file: &Value, replications: u32) -> (f64, f64) {
    let found: Vec<f64> = (0..replications)
        .map(|replication| value(&run_of(file, replication), "outages.probability"))
        .collect();
    let n = f64::from(replications);
    let mean = found.iter().sum::<f64>() / n;
    let squares: f64 = found.iter().map(|p| (p - mean) * (p - mean)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

fn loss(record: &RunRecord) -> f64 {
    value(record, "objects.loss_probability")
}

/// Mean and standard error of the loss probability over replications.
fn losses(file: &Value, replications: u32) -> (f64, f64) {
    let found: Vec<f64> = (0..replications).map(|replication| loss(&run_of(file, replication))).collect();
    let n = f64::from(replications);
    let mean = found.iter().sum::<f64>() / n;
    let squares: f64 = found.iter().map(|p| (p - mean) * (p - mean)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

#[test]
fn splitting_agrees_with_counting_in_a_world_where_much_goes_on() {
    let counted = losses(&homes(40), 300);
    let file = with(homes(3), "/rare", json!({ "paths": 60 }));
    let record = run_of(&file, 0);
    let rare = record.rare.as_ref().expect("it is estimated");
    assert_eq!((rare.method.as_str(), rare.alone), ("splitting", false), "{}", rare.why);
    let split = losses(&file, 60);
    let error = (counted.1 * counted.1 + split.1 * split.1).sqrt();
    eprintln!("counted {counted:?}, split {split:?}, stages {:?}", rare.stages);
    assert!(5.0 * error < 0.8 * counted.0, "{counted:?} {split:?}: too few samples");
    assert!((counted.0 - split.0).abs() < 5.0 * error, "{counted:?} {split:?}");
}

#[test]
fn both_methods_agree_with_counting_for_objects_alone() {
    let counted = losses(&with(alone(json!({})), "/rare", json!("none")), 400);
    for method in ["splitting", "biasing"] {
        let estimated = losses(&alone(json!({ "method": method, "paths": 200 })), 20);
        let error = (counted.1 * counted.1 + estimated.1 * estimated.1).sqrt();
        eprintln!("{method}: counted {counted:?}, estimated {estimated:?}");
        assert!(5.0 * error < 0.8 * counted.0, "{method}: {counted:?} {estimated:?}: too few samples");
        assert!((counted.0 - estimated.0).abs() < 5.0 * error, "{method}: {counted:?} {estimated:?}");
    }
}

#[test]
fn all_methods_agree_where_repair_waits_for_checks_or_there_is_none() {
    let exponential = json!({ "exponential": { "mean": "12 h" } });
    for repair in [
        json!({ "check": "2 d", "time": "0 s", "below": 4 }),
        json!({ "check": "2 d", "time": exponential, "parallel": 1 }),
        json!({ "check": "3 d", "time": "1 d", "per": "object", "after": "6 h" }),
        json!({ "check": "2 d", "time": { "lognormal": { "median": "8 h", "sigma": 1 } }, "below": 4 }),
        Value::Null,
    ] {
        let mut file = alone(json!({}));
        file["policies"]["policy"]["objects"]["repair"] = repair.clone();
        if repair.is_null() {
            file["policies"]["policy"]["objects"].as_object_mut().expect("fields").remove("repair");
            (file["duration"], file["warmup"]) = (json!("15 d"), json!("2 d"));
        }
        let of = |method: &str, paths: u32| {
            losses(&with(file.clone(), "/rare", json!({ "method": method, "paths": paths })), 10)
        };
        let split = of("splitting", 300);
        for (method, paths) in [("biasing", 300), ("both", 100)] {
            let other = of(method, paths);
            let error = (split.1 * split.1 + other.1 * other.1).sqrt();
            eprintln!("{repair}: split {split:?}, {method} {other:?}");
            assert!(5.0 * error < 1.2 * split.0, "{repair} {method}: {split:?} {other:?}: too few samples");
            assert!((split.0 - other.0).abs() < 5.0 * error, "{repair} {method}: {split:?} {other:?}");
        }
    }
}

#[test]
fn all_methods_agree_with_counting_for_an_outage_of_a_whole_world() {
    // With the event as the only level, paths are counted.
    let counted = outages(&five_down(json!({ "method": "splitting", "levels": [999], "paths": 1500 })), 6);
    for method in ["splitting", "biasing", "both"] {
        let file = five_down(json!({ "method": method, "paths": 200 }));
        let record = run_of(&file, 0);
        let rare = record.rare.as_ref().expect("it is estimated");
        eprintln!("{method}: {} {:?} {}", rare.method, rare.stages, rare.why);
        let estimated = outages(&file, 6);
        let error = (counted.1 * counted.1 + estimated.1 * estimated.1).sqrt();
        eprintln!("{method}: counted {counted:?}, estimated {estimated:?}");
        assert!(5.0 * error < counted.0, "{method}: {counted:?} {estimated:?}: too few samples");
        assert!((counted.0 - estimated.0).abs() < 5.0 * error, "{method}: {counted:?} {estimated:?}");
    }
}

#[test]
fn more_down_for_longer_is_rarer_and_a_warm_up_leaves_time_out() {
    let of = |pointer: &str, value: Value| {
        let file = with(five_down(json!({ "method": "splitting", "paths": 100 })), pointer, value);
        outages(&file, 3).0
    };
    let usual = of("/rare/outage/down", json!(5));
    let longer = of("/rare/outage/longer_than", json!("10 h"));
    let more = of("/rare/outage/down", json!(7));
    let shorter = of("/warmup", json!("45 d"));
    let nobody = json!({ "fleet": "homes", "site": 0 });
    assert!(0.0 < longer && longer < 0.5 * usual, "{longer} {usual}");
    assert!(0.0 < more && more < 0.2 * usual, "{more} {usual}");
    assert!(0.0 < shorter && shorter < 0.7 * usual, "{shorter} {usual}");
    let one = with(five_down(json!({ "paths": 50 })), "/rare/outage", json!({ "down": 1, "target": nobody }));
    assert!(outages(&one, 2).0 > usual);
}

#[test]
fn an_object_of_several_workloads_is_as_likely_lost_as_counting_says() {
    let two = json!({ "few": { "objects": { "count": 10, "size": "1 MiB" } }, "many": { "objects": { "count": 40, "size": "8 MiB" } } });
    let file = |rare: Value| with(with(alone(rare), "/workloads", two.clone()), "/warmup", json!("100 d"));
    let counted = losses(&file(json!("none")), 300);
    let estimated = losses(&file(json!({ "paths": 200 })), 20);
    let error = (counted.1 * counted.1 + estimated.1 * estimated.1).sqrt();
    assert!(5.0 * error < counted.0, "{counted:?} {estimated:?}: too few samples");
    assert!((counted.0 - estimated.0).abs() < 5.0 * error, "{counted:?} {estimated:?}");
}

#[test]
fn an_estimate_repeats_to_the_bit_on_any_thread_and_changes_nothing_else() {
    for method in ["splitting", "biasing", "both"] {
        let scenario = load(&alone(json!({ "method": method, "paths": 50 })));
        let first = sim_core::run(&scenario, "policy", 0, 3);
        let elsewhere =
            std::thread::scope(|scope| scope.spawn(|| sim_core::run(&scenario, "policy", 0, 3)).join());
        assert_eq!(first, elsewhere.expect("a finished run"), "{method}");
        let plain = run_of(&with(alone(json!({})), "/rare", json!("none")), 3);
        assert_eq!((&first.trace, &first.exogenous), (&plain.trace, &plain.exogenous));
        let others = |record: &RunRecord| -> Vec<(String, f64)> {
            let estimated = |name: &str| {
                name.starts_with("rare.") || name.contains("loss_probability") || name.contains("nines")
            };
            record.metrics.iter().filter(|(name, _)| !estimated(name)).map(|(n, v)| (n.clone(), *v)).collect()
        };
        assert_eq!(others(&first), others(&plain));
        assert!(value(&first, "rare.effort") > 50.0);
        assert_ne!(loss(&first).to_bits(), loss(&sim_core::run(&scenario, "policy", 0, 4)).to_bits());
    }
}

#[test]
fn a_stronger_code_is_safer() {
    let of = |data: u32| {
        let file = alone(json!({ "method": "splitting", "paths": 200 }));
        losses(&with(file, "/policies/policy/objects/code/data", json!(data)), 5).0
    };
    let [one, two, three] = [1, 2, 3].map(of);
    assert!(0.0 < one && one < 0.3 * two && two < 0.5 * three, "{one} {two} {three}");
}

#[test]
fn the_summary_says_how_and_has_an_interval_that_is_positive() {
    let file = alone(json!({ "paths": 40 }));
    let records: Vec<RunRecord> = (0..6).map(|replication| run_of(&file, replication)).collect();
    let names = ["policy".to_owned()];
    let summary = VariationSummary::of(&indexmap::IndexMap::new(), &names, None, &records);
    let policy = &summary.policies["policy"];
    assert!(policy.rare.as_ref().is_some_and(|told| told.contains("splitting") && told.contains("unbiased")));
    let it = &policy.metrics["objects.loss_probability"];
    let [low, high] = it.ci95.expect("an interval");
    assert!(0.0 < low && low < it.mean && it.mean < high && high < 1.0, "{it:?}");
    assert!((low * high / (it.mean * it.mean) - 1.0).abs() < 1e-9, "it is one of the logarithm");
}

#[test]
fn what_it_will_take_is_told_beforehand() {
    for (file, what) in [
        (alone(json!({ "paths": 500, "method": "biasing" })), "biasing"),
        (alone(json!({ "paths": 500, "method": "splitting" })), "splitting"),
        (five_down(json!({ "paths": 500, "method": "splitting" })), "outage"),
    ] {
        let told = common::planned(&file).estimate().events_per_run;
        let record = run_of(&file, 0);
        let took = value(&record, "rare.effort") + value(&record, "engine.events");
        // How many levels a pilot leaves is not known beforehand: as many as a very rare event takes.
        assert!(0.2 * took < told && told < 10.0 * took, "{what}: {told} told, {took} taken");
    }
}

#[test]
fn a_budget_of_events_stops_an_estimate() {
    let scenario = load(&alone(json!({ "paths": 1000 })));
    let plain = value(&run_of(&with(alone(json!({})), "/rare", json!("none")), 0), "engine.events");
    let mut asked = 0;
    let record = sim_core::run_while(&scenario, "policy", 0, 0, |events| {
        asked += 1;
        (events as f64) < plain + 500.0
    });
    assert!(record.is_none() && asked > 1);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let rare = json!({});
    let says = |file: Value, what: &str| {
        let told = refused(&file);
        assert!(told.contains(what), "{told}");
    };
    says(
        with(with(homes(3), "/rare", rare.clone()), "/workloads/archive/objects/count", json!(0)),
        "at least 1",
    );
    says(with(homes(3), "/rare", json!({ "method": "biasing" })), "exponential");
    says(with(alone(rare.clone()), "/workloads", json!({})), "no objects");
    says(alone(json!({ "levels": [3, 2] })), "ascend");
    says(alone(json!({ "bias": 1 })), "less than 1");
    says(alone(json!({ "method": "biasing", "levels": [2] })), "no levels");
    says(alone(json!({ "method": "splitting", "bias": 0.5 })), "hastens nothing");
    let outage = |of: Value| village(json!({ "outage": of }));
    says(outage(json!({ "down": 9 })), "cannot be down at once among 8 nodes");
    says(outage(json!({ "down": 3, "of": "sites", "target": { "site": 2 } })), "among 1 sites");
    says(outage(json!({ "down": 0 })), "down");
    says(outage(json!({})), "down");
    says(outage(json!({ "down": 1, "target": { "fleet": "huts" } })), "no fleet entry");
    says(outage(json!({ "down": 1, "target": { "gateway": "here" } })), "no group of nodes");
    says(outage(json!({ "down": 1, "target": {} })), "nobody is named");
    says(outage(json!({ "down": 1, "longer_than": "60 d" })), "never happens");
    let ages = json!({ "faults": { "up": { "weibull": { "scale": "9 d", "shape": 2 } }, "down": "1 h" } });
    let file = with(five_down(json!({ "method": "biasing" })), "/nodes/node/hardware", ages);
    let file = with(with(file, "/fleet/0/link", json!({})), "/regions/here", json!({}));
    says(file, "exponential");
}
