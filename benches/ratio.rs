//! The simulator against a program written by hand for one model: `scenarios/edge-ring.json` beside `edge_ring.rs`.
//!
//! Both run in turn, in this process, each several times; what is printed are medians of CPU time and of their ratio. The
//! simulator reads its scenario, sets up, runs, and makes the record with all metrics.
//! `cargo bench -p sim-core --bench ratio [-- ROUNDS]`

mod support;

#[path = "edge_ring.rs"]
#[allow(dead_code, reason = "it is a program too")]
mod edge_ring;

use cpu_time::ThreadTime;
use sim_core::scenario::{NoFiles, Overrides, Source, load};
use std::hint::black_box;
use support::median;

/// What the ratio is to stay below.
const RATIO_MAX: f64 = 2.0;

fn simulate() -> (f64, [f64; 4]) {
    let start = ThreadTime::now();
    let source = Source { name: "edge-ring.json", text: include_str!("../scenarios/edge-ring.json") };
    let plan = load(&source, &NoFiles, &Overrides::default()).expect("it is a scenario");
    let record = sim_core::run(&plan.variations[0].scenario, "two-choices", 0, 0);
    let spent = start.elapsed().as_secs_f64();
    let names = ["requests.completed", "requests.retries.sent", "requests.latency.mean", "engine.events"];
    (spent, names.map(|name| record.metrics[name]))
}

fn by_hand() -> (f64, [f64; 4]) {
    let start = ThreadTime::now();
    let report = black_box(edge_ring::run(1667.0, 1));
    let spent = start.elapsed().as_secs_f64();
    let [completed, retried, events] =
        [report.completed, report.retried, report.events].map(|count| count as f64);
    (spent, [completed, retried, report.mean_latency(), events])
}

fn main() {
    let benchmarking = std::env::args().any(|text| text == "--bench");
    let named = std::env::args().skip(1).find_map(|text| text.parse().ok());
    let rounds = named.unwrap_or(if benchmarking { 11 } else { 1 });
    let (mut hand, mut simulator, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut counts = [[0.0; 4]; 2];
    for _ in 0..rounds {
        let ((by_hand, first), (simulated, second)) = (by_hand(), simulate());
        counts = [first, second];
        hand.push(by_hand);
        simulator.push(simulated);
        ratios.push(simulated / by_hand);
    }
    println!("\nedge ring: {rounds} rounds\n");
    println!(
        "{:<16}{:>10}{:>12}{:>12}{:>12}{:>14}",
        "", "CPU s", "completed", "retried", "events", "mean latency"
    );
    for (name, times, [completed, retried, latency, events]) in
        [("by hand", hand, counts[0]), ("simulator", simulator, counts[1])]
    {
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let time = median(times);
        println!(
            "{name:<16}{time:>10.3}{completed:>12}{retried:>12}{events:>12}{latency:>12.4} s   least {least:.3} s, {:.0} ns an event",
            1e9 * time / events
        );
    }
    let ratio = median(ratios);
    println!("\nratio {ratio:.2} (target: at most {RATIO_MAX})");
}
