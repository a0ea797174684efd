//! No allocation per event: once a run is warm it lives on the memory that it has.
//!
//! What is counted is every allocation of the process while whole runs go on. Buffers may still grow when more is under way than ever
//! before, which becomes ever rarer; so fewer than one allocation in [`EVENTS_AN_ALLOCATION`] events are let pass, and the bytes held
//! may not grow with the events at all, beyond what doubling such a buffer takes. Where nodes are watched, each watch gets a buffer when it
//! first has something to remember, so one allocation for each node is let pass as well.

use sim_core::scenario::{self, Files, Health, Overrides, Plan, Source};
use sim_core::simulation::{Model, Simulation};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::path::{Path, PathBuf};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const EVENTS_AN_ALLOCATION: f64 = 10_000.0;

/// Scenario, policy, duration, and what else is changed, so that it is long and small.
const RUNS: [(&str, &str, &str, &str, u32); 5] = [
    ("edge-ring", "two-choices", "330 s", "", 0),
    ("heat-wave", "hedged", "3 d", "", 0),
    ("inference-mesh", "oracle", "3 h", "", 0),
    ("archive", "patient", "120 d", "/workloads/archive/objects/count", 2000),
    ("render-farm", "", "240 d", "", 0),
];

struct Beside(PathBuf);

impl Files for Beside {
    fn read(&self, path: &str) -> Result<String, String> {
        std::fs::read_to_string(self.0.join(path)).map_err(|error| error.to_string())
    }
}

fn plan(name: &str, duration: &str, (place, number): (&str, u32)) -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("a scenario");
    let set = [("/duration", duration.into()), ("/warmup", "0 s".into()), ("/faults", serde_json::json!([]))];
    let mut set = set.map(|(pointer, value)| (pointer.to_owned(), value)).to_vec();
    if !place.is_empty() {
        set.push((place.to_owned(), number.into()));
    }
    let overrides = Overrides { set, ..Overrides::default() };
    let plan = scenario::load(&Source { name, text: &text }, &Beside(folder), &overrides);
    plan.unwrap_or_else(|problems| panic!("{name}: {problems}"))
}

/// Allocations and bytes held after so many events of a run.
#[derive(Clone, Copy, Debug)]
struct Count {
    events: u64,
    allocations: usize,
    held: isize,
}

fn counted(name: &str, policy: &str, duration: &str, change: (&str, u32)) -> (Vec<Count>, usize) {
    let plan = plan(name, duration, change);
    let scenario = &plan.variations[0].scenario;
    let policy = if policy.is_empty() { scenario.policies.keys().last().expect("a policy") } else { policy };
    let model = Model::new(scenario, policy, 0);
    let mut counts = Vec::with_capacity(1 << 12);
    let record = Simulation::new(&model).run_while(0, |events| {
        let stats = COUNTED.stats();
        let held = stats.bytes_allocated as isize - stats.bytes_deallocated as isize;
        counts.push(Count { events, allocations: stats.allocations + stats.reallocations, held });
        true
    });
    assert!(record.is_some());
    let watched = !matches!(scenario.policies[policy].health, Health::Oracle | Health::None);
    (counts, if watched { model.node_count() } else { 0 })
}

#[test]
fn a_warm_run_does_not_allocate() {
    let mut wrong = Vec::new();
    for (name, policy, duration, place, number) in RUNS {
        let (counts, watches) = counted(name, policy, duration, (place, number));
        let (last, half) = (counts[counts.len() - 1], counts[counts.len() / 2]);
        let (events, allocations) = (last.events - half.events, last.allocations - half.allocations);
        let held = last.held - half.held;
        println!(
            "{name}: {allocations} allocations and {held} bytes more in {events} events, of {}",
            last.events
        );
        let allowed = events as f64 / EVENTS_AN_ALLOCATION + watches as f64;
        if allocations as f64 > allowed || held > 1 << 20 {
            wrong.push(format!("{name}: {allocations} allocations and {held} bytes more in {events} events"));
        }
        if counts.len() < 4 {
            wrong.push(format!("{name} is too short: {} events", last.events));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
