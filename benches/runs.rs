//! How long whole runs of bundled scenarios take on this machine, for people; `instructions` is for the guard.
//!
//! ```text
//! cargo bench -p sim-core --bench runs
//! ```

#![allow(missing_docs, reason = "criterion_group! makes a function without them")]

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use sim_core::scenario::{NoFiles, Overrides, Source, load};
use std::hint::black_box;

/// Scenario, policy and duration of each.
const RUNS: [(&str, &str, &str, &str); 4] = [
    ("ideal-queue", include_str!("../scenarios/ideal-queue.json"), "ideal", "1 h"),
    ("edge-ring", include_str!("../scenarios/edge-ring.json"), "two-choices", "5 min"),
    ("storm-front", include_str!("../scenarios/storm-front.json"), "watched", "2 d"),
    ("archive", include_str!("../scenarios/archive.json"), "patient", "10 d"),
];

fn runs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runs");
    group.sample_size(10);
    for (name, text, policy, duration) in RUNS {
        let set = [("/duration", duration.into()), ("/warmup", "0 s".into()), ("/faults", json!([]))];
        let set = set.map(|(pointer, value)| (pointer.to_owned(), value)).to_vec();
        let overrides = Overrides { set, ..Overrides::default() };
        let plan = load(&Source { name, text }, &NoFiles, &overrides);
        let plan = plan.unwrap_or_else(|problems| panic!("{name}: {problems}"));
        let scenario = &plan.variations[0].scenario;
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(sim_core::run(scenario, policy, 0, 0)));
        });
    }
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
