//! The plan: which runs a scenario asks for, what names them, and what they will roughly cost.

use super::problem::Problem;
use super::read::Reader;
use super::spec::{Arrivals, Health, Policy, Scenario, Workload};
use super::tree::{Origin, Span};
use crate::kernel::Dist;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

/// Version of the model: it changes whenever the same scenario may give other results.
pub const MODEL_VERSION: u32 = 1;

/// A scenario file, read and expanded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the scenario.
    pub name: String,
    /// The cells of `vary`, in the order of the file, the last axis fastest; one if nothing varies.
    pub variations: Vec<Variation>,
    /// What is doubtful but can be run.
    pub warnings: Vec<Problem>,
}

/// One cell of the cross product of `vary`.
#[derive(Clone, Debug)]
pub struct Variation {
    /// What was set, by JSON Pointer.
    pub values: IndexMap<String, Json>,
    /// The scenario.
    pub scenario: Scenario,
    /// The same as JSON: catalog entries and defaults filled in, quantities in one canonical form. It loads again to the same scenario.
    pub resolved: Json,
}

/// One run: a policy on one replication of the world of one variation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Number of the variation, from 0.
    pub variation: u32,
    /// Name of the policy.
    pub policy: String,
    /// Replication number, from 0.
    pub replication: u32,
}

/// Rough cost of one run of the most costly variation and policy, and of all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Nodes.
    pub nodes: u64,
    /// Sites.
    pub sites: u64,
    /// Events of one run.
    pub events_per_run: f64,
    /// Memory of one run at its peak, in bytes.
    pub bytes_per_run: f64,
    /// Runs.
    pub runs: u64,
    /// Events of all runs.
    pub events: f64,
}

impl Plan {
    /// All runs: by variation, then replication, then policy, so that the policies of one world are neighbours.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.variations.iter().enumerate().flat_map(|(number, variation)| {
            let scenario = &variation.scenario;
            (0..scenario.replications).flat_map(move |replication| {
                scenario.policies.keys().map(move |policy| Run {
                    variation: number as u32,
                    policy: policy.clone(),
                    replication,
                })
            })
        })
    }

    /// The name of a run by its content: SHA-256, in hexadecimal, of the canonical JSON of the resolved variation with
    /// this policy alone, the replication, the seed and the model version. Names, description and the number of
    /// replications do not count: they change no run. Fields of the resolved variation have a fixed order; named things have that
    /// of the file, in which the world is built.
    ///
    /// # Panics
    /// If the run is not of this plan.
    pub fn run_id(&self, run: &Run) -> String {
        let variation = &self.variations[run.variation as usize];
        let mut resolved = variation.resolved.clone();
        let members = resolved.as_object_mut().expect("a resolved scenario is an object");
        for key in ["name", "description", "replications"] {
            members.shift_remove(key);
        }
        let policy = members["policies"][run.policy.as_str()].take();
        members.insert("policies".to_owned(), json!([policy]));
        let content = json!({
            "resolved": resolved,
            "replication": run.replication,
            "seed": variation.scenario.seed,
            "model": MODEL_VERSION,
        });
        sha256(content.to_string().as_bytes())
    }

    /// What the runs will roughly cost. Events are counted from the rates in the scenario; with retries, hedges and
    /// outages they may be off by a factor of two. Memory is that of nodes, sites, readings and requests under way.
    pub fn estimate(&self) -> Estimate {
        let mut total =
            Estimate { nodes: 0, sites: 0, events_per_run: 0.0, bytes_per_run: 0.0, runs: 0, events: 0.0 };
        for variation in &self.variations {
            let scenario = &variation.scenario;
            let (nodes, sites) = size(scenario);
            total.nodes = total.nodes.max(nodes);
            total.sites = total.sites.max(sites);
            for policy in scenario.policies.values() {
                let events = events(scenario, policy, nodes as f64, sites as f64);
                total.runs += u64::from(scenario.replications);
                total.events += events * f64::from(scenario.replications);
                total.events_per_run = total.events_per_run.max(events);
                total.bytes_per_run =
                    total.bytes_per_run.max(bytes(scenario, policy, nodes as f64, sites as f64));
            }
        }
        total
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Nodes and sites of a scenario.
fn size(scenario: &Scenario) -> (u64, u64) {
    let (mut nodes, mut sites) = (0, 0);
    for entry in &scenario.fleet {
        let per_site: u64 = entry
            .racks
            .iter()
            .map(|rack| {
                u64::from(rack.count) * rack.nodes.values().map(|count| u64::from(*count)).sum::<u64>()
            })
            .sum();
        sites += u64::from(entry.sites);
        nodes += u64::from(entry.sites) * per_site;
    }
    (nodes, sites)
}

/// The mean of a distribution, or a stand-in where it has none.
fn mean(dist: &Dist) -> f64 {
    match dist {
        Dist::Constant(value) => *value,
        Dist::Uniform { min, max } => 0.5 * (min + max),
        Dist::Exponential { mean } | Dist::Gamma { mean, .. } | Dist::Normal { mean, .. } => *mean,
        Dist::Lognormal { median, sigma } => median * libm::exp(0.5 * sigma * sigma),
        Dist::Weibull { scale, shape } => scale * libm::tgamma(1.0 + 1.0 / shape),
        Dist::Pareto { min, shape } => min * if *shape > 1.0 { shape / (shape - 1.0) } else { 10.0 },
        Dist::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
        Dist::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts.iter().map(|(weight, part)| weight * mean(part)).sum::<f64>() / total
        }
        Dist::Shift { by, of } => by + mean(of),
    }
}

/// Requests per second of a workload.
fn rate(arrivals: &Arrivals, seconds: f64) -> f64 {
    match arrivals {
        Arrivals::Poisson { rate, .. } => rate.0,
        Arrivals::Every(gap) => 1.0 / mean(gap).max(1e-9),
        Arrivals::Trace(times) => times.len() as f64 / seconds,
    }
}

/// Events of one run: about five for each attempt (arrival, sending, start, end, reply), two for each beat or probe,
/// two for each failure, and a few for each swing of temperature over the day.
fn events(scenario: &Scenario, policy: &Policy, nodes: f64, sites: f64) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let requests: f64 = scenario
        .workloads
        .values()
        .map(|Workload::Requests(requests)| rate(&requests.arrivals, seconds))
        .sum();
    let copies =
        f64::from(policy.requests.copies) + f64::from(u8::from(policy.requests.hedge.is_some())) * 0.1;
    let serving = 1.0 + 4.0 * copies;
    let checks = match &policy.health {
        Health::Oracle | Health::None => 0.0,
        Health::HeartbeatTimeout { period, .. } | Health::HeartbeatFreshness { period, .. } => {
            2.0 / period.as_secs_f64()
        }
        Health::Probe { period, .. } => 3.0 / period.as_secs_f64(),
    };
    let heat = scenario.nodes.values().any(|node| node.thermal.is_some());
    let breaks: f64 = scenario
        .nodes
        .values()
        .filter_map(|node| node.faults.as_ref())
        .map(|faults| 2.0 / (mean(&faults.up) + mean(&faults.down)).max(1e-9))
        .fold(0.0, f64::max);
    let weather = if heat { 24.0 / 86_400.0 } else { 0.0 };
    seconds * (requests * serving + nodes * (checks + breaks + weather) + sites * weather)
}

/// Memory of one run: about 400 bytes a node, 300 a site, 8 a reading, and 200 for each attempt under way.
fn bytes(scenario: &Scenario, policy: &Policy, nodes: f64, sites: f64) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let mut total = 4e6 + 400.0 * nodes + 300.0 * sites;
    for Workload::Requests(requests) in scenario.workloads.values() {
        let stay = requests.demand.as_ref().map_or(0.0, mean) + 1.0;
        let stay = policy.requests.timeout.map_or(stay, |timeout| stay.max(timeout.as_secs_f64()));
        total += 200.0 * rate(&requests.arrivals, seconds) * stay * f64::from(policy.requests.copies);
        if let Arrivals::Trace(times) = &requests.arrivals {
            total += 8.0 * times.len() as f64;
        }
    }
    for weather in scenario.regions.values().filter_map(|region| region.weather.as_ref()) {
        if let super::spec::WeatherBase::Series { celsius, .. } = &weather.base {
            total += 8.0 * celsius.len() as f64;
        }
    }
    total
}

/// Notes what is doubtful: work that exceeds what the fleet can do, requests that can wait for ever.
pub(super) fn warnings(variations: &[Variation], reader: &mut Reader<'_>) {
    let here = Span { start: 0, end: 1, origin: Origin::File };
    for variation in variations {
        let scenario = &variation.scenario;
        let load = utilisation(scenario);
        if load >= 1.0 {
            let message = format!(
                "the work offered is {load:.2} times what all nodes together can do: queues grow without end"
            );
            reader.warn(
                "/workloads",
                here,
                message,
                "lower the rate or the demand, add nodes, or bound `queue`",
            );
        }
        let lossy = scenario.nodes.values().any(|node| node.faults.is_some())
            || scenario.fleet.iter().any(|entry| {
                entry.link.as_ref().is_some_and(|link| link.loss.is_some() || link.outages.is_some())
            });
        for (name, policy) in
            scenario.policies.iter().filter(|(_, policy)| lossy && policy.requests.timeout.is_none())
        {
            let endless = scenario.workloads.values().any(|Workload::Requests(it)| it.deadline.is_none());
            if endless && policy.requests.copies == 1 {
                let message = format!(
                    "policy `{name}` has no `timeout` and a workload no `deadline`: a request whose node or message is lost stays under way for ever"
                );
                reader.warn(
                    &format!("/policies/{name}"),
                    here,
                    message,
                    "add `timeout` to the policy or `deadline` to the workload",
                );
            }
        }
    }
}

/// Work offered per second over the slots and speeds of all nodes.
fn utilisation(scenario: &Scenario) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    let offered: f64 = scenario
        .workloads
        .values()
        .map(|Workload::Requests(it)| rate(&it.arrivals, seconds) * it.demand.as_ref().map_or(0.0, mean))
        .sum();
    let mut capacity = 0.0;
    for entry in &scenario.fleet {
        for rack in &entry.racks {
            for (name, count) in &rack.nodes {
                let node = &scenario.nodes[name];
                if node.queue.is_some() {
                    return 0.0;
                }
                let slowdown = node.slowdown.as_ref().map_or(1.0, mean).max(1e-9);
                let nodes = f64::from(entry.sites) * f64::from(rack.count) * f64::from(*count);
                capacity += nodes * f64::from(node.slots) * node.speed / slowdown;
            }
        }
    }
    if capacity > 0.0 { offered / capacity } else { 0.0 }
}
