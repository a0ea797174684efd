//! What a node, a shard, a request under way and a process of PHOLD take, in bytes.
//!
//! All that a run holds is counted, as the difference between two runs of which one has more of the same, so that what both have
//! does not count. Buffers that double make such a figure uneven, up to twice what is used; the bounds are for what is held.

use serde_json::{Value, json};
use sim_core::kernel::random::squares64;
use sim_core::kernel::{Engine, SimDuration, SimTime, Traced};
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

/// An event of PHOLD arrives at a process, from another.
#[derive(Clone, Copy)]
struct Arrive {
    at: u32,
    from: u32,
}

impl Traced for Arrive {
    fn code(&self) -> u64 {
        u64::from(self.from) << 32 | u64::from(self.at)
    }
}

/// Bytes held for each process of PHOLD, state of 64 bytes and one pending event, when each has had some events.
fn phold() -> f64 {
    const PROCESSES: u32 = 1_000_000;
    let before = held();
    let mut states = vec![[0_u64; 8]; PROCESSES as usize];
    let mut engine = Engine::<Arrive>::default();
    let delay = |key: u64| {
        let unit = (squares64(key, 0x9b1f_6e2d_83c5_a47d) >> 11) as f64 / (1_u64 << 53) as f64;
        SimDuration::from_secs_f64(0.1 - libm::log1p(-unit))
    };
    for process in 0..PROCESSES {
        engine.after(delay(process.into()), Arrive { at: process, from: process });
    }
    let mut most = 0.0_f64;
    for number in 0..3 * u64::from(PROCESSES) {
        let Some(Arrive { at, from }) = engine.next(SimTime::MAX) else { break };
        states[at as usize][number as usize % 8] += u64::from(from);
        let to = (squares64(number, 0x5d2c_71e9_3b8f_a641) % u64::from(PROCESSES)) as u32;
        engine.after(delay(number + u64::from(PROCESSES)), Arrive { at: to, from: at });
        if number % 100_000 == 0 {
            most = most.max(held() - before);
        }
    }
    assert_eq!(engine.pending(), PROCESSES as usize);
    most / f64::from(PROCESSES)
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
    let process = phold();
    assert!((80.0..128.0).contains(&process), "{process} bytes a process of PHOLD");
    println!(
        "{node:.0} bytes a node, {shard:.1} a shard, {request:.0} a request under way, {process:.0} a process of PHOLD"
    );
}
