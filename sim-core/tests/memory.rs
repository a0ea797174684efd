//! What a node, a shard and a request under way take, in bytes.
//!
//! All that a run holds is counted, as the difference between two runs of which one has more of the same, so that what both have
//! does not count. Buffers that double make such a figure uneven, up to twice what is used; the bounds are for what is held.

use serde_json::{Value, json};
use sim_core::scenario::{self, Files, Overrides, Source};
use sim_core::simulation::{Model, Simulation};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::path::{Path, PathBuf};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|error| error.to_string())
    }
}

fn held() -> f64 {
    let stats = COUNTED.stats();
    stats.bytes_allocated as f64 - stats.bytes_deallocated as f64
}

/// Bytes held by a run of this text with these changes, when it has been set up and when it is about to end, and how many events that took.
fn bytes(text: &str, set: &[(&str, Value)]) -> (f64, f64, u64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let set = set.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect();
    let overrides = Overrides { set, ..Overrides::default() };
    let plan = scenario::load(&Source { name: "memory", text }, &Beside(folder), &overrides);
    let plan = plan.unwrap_or_else(|problems| panic!("{problems}"));
    let scenario = &plan.variations[0].scenario;
    let before = held();
    let model = Model::new(scenario, scenario.policies.keys().next().expect("a policy"), 0);
    let run = Simulation::new(&model);
    let begun = held() - before;
    let (mut last, mut events) = (begun, 0);
    assert!(
        run.run_while(0, |so_far| {
            (last, events) = (held() - before, so_far);
            true
        })
        .is_some()
    );
    (begun, last, events)
}

/// `million.json` with so many thousandths of its sites, and so many objects.
fn million(thousandths: u32, objects: u32) -> f64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let text = std::fs::read_to_string(folder.join("million.json")).expect("a scenario");
    let sites = [60, 5, 65, 100, 20];
    let mut set = vec![("/workloads/archive/objects/count", json!(objects)), ("/duration", json!("1 min"))];
    let places = ["/fleet/0/sites", "/fleet/1/sites", "/fleet/2/sites", "/fleet/3/sites", "/fleet/4/sites"];
    set.extend(places.into_iter().zip(sites).map(|(place, sites)| (place, json!(thousandths * sites))));
    bytes(&text, &set).0
}

#[test]
fn nodes_shards_and_requests_are_small() {
    let (small, large, full) = (million(2, 1_000), million(16, 1_000), million(2, 65_000));
    let (node, shard) = ((large - small) / 14_000.0, (full - small) / (64_000.0 * 8.0));
    // (Sizes just below powers of two, where buffers that double are nearly full.) A node with all physics, hardware, a health check, and its quarter of a site with link, room, UPS and breaker.
    assert!((500.0..1_600.0).contains(&node), "{node} bytes a node");
    assert!((5.0..20.0).contains(&shard), "{shard} bytes a shard");

    // Requests that are served for longer than the run goes on: each event is one that comes.
    let text = r#"{ "duration": "2 min", "nodes": { "n": { "slots": 4000000 } }, "fleet": [{ "racks": [{ "nodes": { "n": 1 } }] }],
        "workloads": { "w": { "requests": { "arrivals": { "poisson": { "rate": "4000 /s" } }, "demand": "1 h" } } },
        "policies": { "p": {} } }"#;
    let (begun, last, under_way) = bytes(text, &[]);
    let request = (last - begun) / under_way as f64;
    assert!(
        under_way > 400_000 && (50.0..500.0).contains(&request),
        "{request} bytes for each of {under_way}"
    );
    println!("{node:.0} bytes a node, {shard:.1} a shard, {request:.0} a request under way");
}
