//! A planted difference of 0.3 nines, through scenario files: two policies of which one fails as often again are found, ranked apart, and the difference is
//! about right.
//!
//! Two of two fail about twice as often as one of one: 1 − (1 − f)² = 2f − f², which is log₁₀(2 − f) = 0.30 nines less. Requests need the replies of two
//! nodes instead of one over lossy links; objects need two shards of two instead of one of one on nodes that fail.

use super::common::load;
use indexmap::IndexMap;
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use sim_core::measure::summary::{Finding, Summary, VariationSummary, verdict};

const REPLICATIONS: u32 = 10;

/// Share of requests of which a message is lost, there or back.
const LOST: f64 = 0.006;

fn requests(seed: u64) -> Value {
    json!({
        "seed": seed,
        "duration": "1000 s",
        "nodes": { "node": { "slots": 1000 } },
        "fleet": [{ "sites": 8, "racks": [{ "nodes": { "node": 1 } }], "link": { "loss": 1.0 - (1.0_f64 - LOST).sqrt() } }],
        "workloads": { "web": { "requests": { "arrivals": { "poisson": { "rate": "4 /s" } }, "demand": "10 ms", "deadline": "10 s" } } },
        "policies": { "one": {}, "two": { "requests": { "copies": 2, "quorum": 2 } } }
    })
}

/// Nodes are down for an hour in ten days.
const DOWN: f64 = 1.0 / 241.0;

fn objects(seed: u64) -> Value {
    json!({
        "seed": seed,
        "duration": "100 d",
        "nodes": { "node": { "hardware": { "faults": { "up": { "exponential": { "mean": "10 d" } }, "down": { "exponential": { "mean": "1 h" } } } } } },
        "fleet": [{ "sites": 30, "racks": [{ "nodes": { "node": 1 } }] }],
        "workloads": { "archive": { "objects": { "count": 60, "size": "1 MiB" } } },
        "policies": {
            "one": { "objects": { "code": { "data": 1, "total": 1 } } },
            "two": { "objects": { "code": { "data": 2, "total": 2 } } }
        }
    })
}

fn compared(file: &Value) -> Summary {
    let scenario = load(file);
    let names: Vec<String> = scenario.policies.keys().cloned().collect();
    let runs = (0..REPLICATIONS).flat_map(|replication| names.iter().map(move |name| (name, replication)));
    let records: Vec<RunRecord> = runs.map(|(name, at)| sim_core::run(&scenario, name, 0, at)).collect();
    let mut summary = Summary::new("planted");
    summary.variations.push(VariationSummary::of(&IndexMap::new(), &names, None, &records));
    summary
}

/// Whether the better policy was found and ranked apart, and by how many nines it was better.
fn found(file: &Value, metric: &str) -> (bool, f64) {
    let summary = compared(file);
    let sentences = verdict(&summary);
    let told = sentences.iter().find(|it| it.metric == metric).expect("a headline");
    let variation = &summary.variations[0];
    let letters = |policy: &str| variation.ranking[metric].0[policy].as_str();
    let is_found = (told.finding, told.best.as_str()) == (Finding::Difference, "one")
        && (letters("one"), letters("two")) == ("a", "b");
    let missing = |policy: &str| 1.0 - variation.policies[policy].metrics[metric].mean;
    (is_found, libm::log10(missing("two") / missing("one")))
}

/// A headline metric, the share that is missing under the better policy, and the world for a seed.
type World = (&'static str, f64, fn(u64) -> Value);

const WORLDS: [World; 2] =
    [("requests.success_ratio", LOST, requests), ("objects.availability", DOWN, objects)];

#[test]
fn a_difference_of_a_third_of_a_nine_is_found_and_ranked() {
    for (metric, missing, world) in WORLDS {
        let (is_found, nines) = found(&world(1), metric);
        let planted = libm::log10(2.0 - missing);
        assert!((planted - 0.3).abs() < 0.002, "{planted}");
        assert!(is_found && (nines - planted).abs() < 0.1, "{metric}: {nines} nines");
    }
}

#[test]
#[ignore = "prints figures of the README: cargo test --release -p sim-core --test coverage -- --ignored --nocapture"]
fn print_planted_nines() {
    const TRIALS: u64 = 100;
    for (metric, missing, world) in WORLDS {
        let trials: Vec<(bool, f64)> = (0..TRIALS).map(|trial| found(&world(1000 + trial), metric)).collect();
        let hits = trials.iter().filter(|(is_found, _)| *is_found).count();
        let mean = trials.iter().map(|(_, nines)| nines).sum::<f64>() / TRIALS as f64;
        let spread = trials.iter().map(|(_, nines)| (nines - mean) * (nines - mean)).sum::<f64>();
        let error = (spread / (TRIALS - 1) as f64 / TRIALS as f64).sqrt();
        let planted = libm::log10(2.0 - missing);
        println!(
            "planted {planted:.3} nines of {metric}: found and ranked {hits} of {TRIALS} times with {REPLICATIONS} replications, {mean:.3} ± {error:.3} nines"
        );
        assert!(hits >= 99, "{metric}: {hits}");
        assert!((mean - planted).abs() < 5.0 * error + 0.003, "{metric}: {mean} instead of {planted}");
    }
}
