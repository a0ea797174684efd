//! A dispatch policy of your own, beside the built-in ones, on the same weather.
//!
//! `cargo run --release -p sim-core --example dispatch_policy`
//!
//! A routing policy is a type with one method: from what a controller can observe to a node. This one asks of three nodes picked
//! at random from which of them the reply is to be expected first.

use rand::RngExt;
use sim_core::measure::stats::{Estimate, PairedDifference};
use sim_core::policy::routing::{Ask, Routing, View};
use sim_core::scenario::{NoFiles, Overrides, Scenario, Source, load};
use sim_core::world::fleet::NodeId;

/// What a failure costs, in seconds: the timeout of the scenario below.
const TIMEOUT: f64 = 2.0;

/// The node from which a reply is to be expected first.
#[derive(Clone)]
pub struct EarliestReply;

impl EarliestReply {
    /// Seconds until the reply: the latency seen so far for each attempt ahead, and the timeout as often as it has failed.
    fn expected(view: &View<'_>, ask: &Ask<'_>, node: NodeId) -> f64 {
        let seen = view.observed().latency(ask.gateway, node);
        // A node that has not answered yet: the known way there and back.
        let latency = if seen.is_nan() { 2.0 * view.places().distance(ask.gateway, node) } else { seen };
        let ahead = f64::from(view.outstanding(node)) / f64::from(view.places().slots(node));
        let failures = 1.0 - view.observed().reliability(view.now(), node, [1.0, 0.0]);
        latency * (1.0 + ahead) + failures * TIMEOUT
    }
}

impl Routing for EarliestReply {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let trusted = view.trusted();
        let mut best: Option<(f64, NodeId)> = None;
        for _ in 0..3.min(trusted.len()) {
            // Draws belong to the decision: the same request meets the same ones in every run.
            let node = trusted[ask.draws.random_range(0..trusted.len() as u32) as usize];
            let expected = Self::expected(view, ask, node);
            if !ask.excludes(node) && best.is_none_or(|(least, _)| expected < least) {
                best = Some((expected, node));
            }
        }
        // All three were tried before: any other will do.
        best.map(|(_, node)| node).or_else(|| trusted.iter().copied().find(|node| !ask.excludes(*node)))
    }
}

/// Two regions behind home links that lose messages; nodes of two speeds that break.
const SCENARIO: &str = r#"{
  "duration": "20 min",
  "warmup": "2 min",
  "regions": { "here": {}, "there": {} },
  "backbone": { "between": [["here", "there", "25 ms"]] },
  "nodes": {
    "old": { "hardware": { "faults": { "up": { "exponential": { "mean": "30 min" } }, "down": "2 min" } } },
    "new": { "speed": 2.5, "slots": 2 },
  },
  "fleet": [
    { "region": "here", "sites": 12, "link": { "latency": { "lognormal": { "median": "8 ms", "sigma": 0.5 } }, "loss": 0.01 }, "racks": [{ "nodes": { "old": 1 } }] },
    { "region": "there", "sites": 6, "link": { "latency": "12 ms", "loss": 0.002 }, "racks": [{ "nodes": { "new": 1 } }] },
  ],
  "workloads": { "calls": { "requests": {
    "arrivals": { "poisson": { "rate": "80 /s" } },
    "demand": { "lognormal": { "median": "150 ms", "sigma": 0.6 } },
    "deadline": "1 s", "from": { "here": 1 } } } },
  "policies": {
    "random": { "health": "none", "requests": { "timeout": "2 s", "attempts": 2 } },
    "two-choices": { "health": "none", "routing": { "power_of_choices": { "choices": 2 } }, "requests": { "timeout": "2 s", "attempts": 2 } },
    "latency-aware": { "health": "none", "routing": { "latency_aware": { "choices": 3 } }, "requests": { "timeout": "2 s", "attempts": 2 } },
    "score": { "health": "none", "routing": { "score": "-latency_ms*(1 + load) - 2000*(1 - reliability)", "choices": 3 }, "requests": { "timeout": "2 s", "attempts": 2 } },
  },
}"#;

/// Share of requests answered in time and their mean latency, by replication, of each policy.
pub fn compare(replications: u32) -> Vec<(String, Vec<f64>, Vec<f64>)> {
    let plan = load(&Source { name: "example", text: SCENARIO }, &NoFiles, &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"));
    let scenario: &Scenario = &plan.variations[0].scenario;
    let mut rows = Vec::new();
    let mut worlds = Vec::new();
    let names = scenario.policies.keys().map(String::as_str).chain(["earliest-reply"]);
    for name in names {
        let records: Vec<_> = (0..replications)
            .map(|replication| match name {
                // Ours takes the place of the routing of another policy, and keeps its health check and retries.
                "earliest-reply" => {
                    sim_core::run_with_routing(scenario, "random", 0, replication, Box::new(EarliestReply))
                }
                built_in => sim_core::run(scenario, built_in, 0, replication),
            })
            .collect();
        worlds.push(records.iter().map(|it| it.exogenous.clone()).collect::<Vec<_>>());
        let of = |metric: &str| records.iter().map(|it| it.metrics[metric]).collect::<Vec<f64>>();
        rows.push((name.to_owned(), of("requests.success_ratio"), of("requests.latency.p99")));
    }
    assert!(worlds.windows(2).all(|pair| pair[0] == pair[1]), "all have met the same worlds");
    rows
}

/// Means with 95 % intervals, and differences from our policy, paired by replication.
pub fn report(rows: &[(String, Vec<f64>, Vec<f64>)]) -> String {
    let interval = |it: &Estimate| it.ci95.map_or(0.0, |[low, high]| (high - low) / 2.0);
    let ours = rows.last().expect("ours is the last");
    let mut text =
        format!("{:<15}{:>20}{:>22}{:>28}\n", "policy", "in time, %", "p99, s", "p99 of ours less its");
    for (name, success, tail) in rows {
        let (success, p99) = (Estimate::of(success).expect("runs"), Estimate::of(tail).expect("runs"));
        let pairs: Vec<_> = ours.2.iter().copied().zip(tail.iter().copied()).collect();
        let less = PairedDifference::of(&pairs).expect("runs").estimate;
        text.push_str(&format!(
            "{name:<15}{:>12.2} ± {:>5.2}{:>14.3} ± {:>5.3}{:>20.3} ± {:>5.3}\n",
            100.0 * success.mean,
            100.0 * interval(&success),
            p99.mean,
            interval(&p99),
            less.mean,
            interval(&less),
        ));
    }
    text
}

fn main() {
    print!("{}", report(&compare(10)));
}
