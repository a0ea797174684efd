//! A policy against itself, and a difference that is planted.

use super::common::load;
use indexmap::IndexMap;
use serde_json::json;
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::{Comparison, Finding, SIGNIFICANCE, Summary, VariationSummary, verdict};
use sim_core::scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// A small queue.
fn queue(seed: u64, demand: &str) -> Scenario {
    load(&json!({
        "seed": seed,
        "duration": "30 s",
        "nodes": { "node": { "slots": 1 } },
        "fleet": [{ "sites": 1, "racks": [{ "nodes": { "node": 2 } }] }],
        "workloads": { "web": { "requests": {
            "arrivals": { "poisson": { "rate": "4 /s" } },
            "demand": { "exponential": { "mean": demand } },
            "deadline": "2 s"
        } } },
        "policies": { "plain": {} }
    }))
}

fn records(scenario: &Scenario, name: &str, replications: u32) -> Vec<RunRecord> {
    let run = |replication| {
        let mut record = sim_core::run(scenario, "plain", 0, replication);
        record.policy = name.to_owned();
        record
    };
    (0..replications).map(run).collect()
}

fn compared(a: Vec<RunRecord>, b: Vec<RunRecord>) -> VariationSummary {
    let names = ["a".to_owned(), "b".to_owned()];
    VariationSummary::of(&IndexMap::new(), &names, None, &[a, b].concat())
}

/// A world in which nodes fail and are watched, and jobs and objects suffer for it.
fn rough(seed: u64) -> Scenario {
    load(&json!({
        "seed": seed,
        "duration": "2 d",
        "nodes": { "node": { "slots": 2, "hardware": { "faults": {
            "up": { "exponential": { "mean": "10 h" } }, "down": { "exponential": { "mean": "30 min" } } } } } },
        "fleet": [{ "sites": 6, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": {
            "work": { "jobs": { "arrivals": { "poisson": { "rate": "2 /h" } }, "demand": { "exponential": { "mean": "40 min" } } } },
            "archive": { "objects": { "count": 20, "size": "1 MiB" } }
        },
        "policies": { "plain": { "health": { "heartbeat": { "period": "1 min", "timeout": "3 min" } },
            "objects": { "code": { "data": 2, "total": 3 } } } }
    }))
}

/// In how many of so many comparisons of the rough world with itself on another seed something is claimed, by family.
fn rough_alarms(pairs: u64) -> BTreeMap<String, usize> {
    let mut alarms = BTreeMap::new();
    for pair in 0..pairs {
        let summary = compared(records(&rough(2 * pair + 1), "a", 6), records(&rough(2 * pair + 2), "b", 6));
        let families: BTreeSet<&String> = summary.comparisons.iter().map(|it| &it.family).collect();
        for family in families {
            let claimed =
                |it: &&Comparison| it.family == *family && it.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE);
            *alarms.entry(family.clone()).or_insert(0) +=
                usize::from(summary.comparisons.iter().any(|it| claimed(&it)));
        }
    }
    alarms
}

#[test]
fn no_family_raises_more_false_alarms_than_stated() {
    // More than 8 of 40 have a probability of 0.1 %.
    let alarms = rough_alarms(40);
    assert!(alarms.len() >= 4, "{alarms:?}");
    assert!(alarms.values().all(|count| *count <= 8), "{alarms:?} of 40");
}

/// In how many of so many comparisons of a policy with itself on another seed something is claimed.
fn alarms(pairs: u64) -> usize {
    let claims = |pair: &u64| {
        let a = records(&queue(2 * pair + 1, "300 ms"), "a", 6);
        let b = records(&queue(2 * pair + 2, "300 ms"), "b", 6);
        let summary = compared(a, b);
        assert!(!summary.comparisons.is_empty());
        // The family of the requests; nodes never fail here.
        let claimed = |it: &Comparison| it.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE);
        summary.comparisons.iter().any(|it| it.family == "requests" && claimed(it))
    };
    (0..pairs).filter(claims).count()
}

#[test]
fn a_policy_against_itself_raises_no_more_false_alarms_than_stated() {
    // Of a hundred families with 5 % each, more than 12 have a probability of 0.1 %.
    let alarms = alarms(100);
    assert!(alarms <= 12, "{alarms} of 100");
}

#[test]
#[ignore = "prints the table of the README: cargo test --release -p sim-core --test coverage -- --ignored --nocapture"]
fn print_false_alarms() {
    let alarms = alarms(1000);
    println!("{alarms} false alarms in 1000 comparisons of a policy with itself");
    // 5 %, and three standard errors.
    assert!(alarms <= 71, "{alarms}");
    let alarms = rough_alarms(500);
    println!("by family, in 500 comparisons of a rough world with itself: {alarms:?}");
    assert!(alarms.values().all(|count| *count <= 40), "{alarms:?}");
}

#[test]
fn what_is_planted_is_found_and_ranked() {
    let (a, b) = (records(&queue(1, "300 ms"), "a", 10), records(&queue(1, "330 ms"), "b", 10));
    let mut summary = Summary::new("planted");
    summary.variations.push(compared(a, b));
    let found = verdict(&summary);
    let latency = found.iter().find(|it| it.metric == "requests.latency.p50").expect("a headline");
    assert_eq!((latency.finding, latency.best.as_str()), (Finding::Difference, "a"), "{}", latency.text);
    let variation = &summary.variations[0];
    let letters = |policy: &str| variation.ranking["requests.latency.p50"].0[policy].clone();
    assert_eq!((letters("a").as_str(), letters("b").as_str()), ("a", "b"));
    let saved = variation.comparisons.iter().find(|it| it.metric == "requests.latency.p50");
    let saved = saved.and_then(|it| it.variance_reduction).expect("variance");
    assert!(saved > 0.5, "common random numbers saved {saved}");
    // With a wide margin the same difference does not matter.
    let margins = IndexMap::from([("requests.latency.p50".to_owned(), 1.0)]);
    let variation = summary.variations.pop().expect("one");
    summary.variations.push(variation.with_indifference(&margins));
    let found = verdict(&summary);
    let latency = found.iter().find(|it| it.metric == "requests.latency.p50").expect("a headline");
    assert!(latency.text.contains("no difference that matters"), "{}", latency.text);
    assert_eq!(latency.finding, Finding::Noise);
}
