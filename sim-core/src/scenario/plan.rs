//! The plan: which runs a scenario asks for, what names them, and what they will roughly cost.

use super::cost::{bytes, events, size};
use super::problem::Problem;
use super::spec::Scenario;
use crate::kernel::digest::hexadecimal;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::fmt::{self, Display};

/// Version of the model: it changes whenever the same scenario may give other results.
pub const MODEL_VERSION: u32 = 7;

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
    /// The same as a text in JSON: catalog entries and defaults filled in, quantities in one canonical form. It loads again to the same scenario.
    pub resolved: Box<str>,
}

/// One run: a policy on one replication of the world of one variation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// Number of the variation, from 0.
    pub variation: u32,
    /// Name of the policy.
    pub policy: String,
    /// Replication number, from 0.
    pub replication: u32,
}

impl Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy {}, variation {}, replication {}", self.policy, self.variation, self.replication)
    }
}

/// A run with what is known before it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedRun {
    /// Policy, variation and replication.
    pub run: Run,
    /// Its name by its content.
    pub id: String,
    /// Roughly how many events it will have, to tell long runs from short ones.
    pub events: f64,
}

impl Variation {
    /// The resolved scenario as a tree. It is kept as a text, since a plan can have many variations and trees are ten times as large.
    pub fn tree(&self) -> Json {
        serde_json::from_str(&self.resolved).expect("a resolved scenario is JSON")
    }

    /// The hash of what all replications of a policy have in common, to be gone on with.
    fn content(&self, policy: &str) -> Sha256 {
        let mut resolved = self.tree();
        let members = resolved.as_object_mut().expect("a resolved scenario is an object");
        for key in ["name", "description", "replications", "indifference", "select"] {
            members.shift_remove(key);
        }
        let policy = members["policies"][policy].take();
        members.insert("policies".to_owned(), json!([policy]));
        Sha256::new().chain_update(format!(r#"{{"resolved":{resolved},"replication":"#))
    }

    fn name(&self, content: &Sha256, replication: u32) -> String {
        let seed = self.scenario.seed;
        let rest = format!(r#"{replication},"seed":{seed},"model":{MODEL_VERSION}}}"#);
        hexadecimal(&content.clone().chain_update(rest).finalize())
    }
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

    /// All runs in the same order, each with its name and its rough number of events.
    ///
    /// The name is that of the content: SHA-256, in hexadecimal, of the canonical JSON of the resolved variation with
    /// this policy alone, the replication, the seed and the model version. Names, description, the number of
    /// replications and what is asked of the statistics do not count: they change no run. Fields of the resolved variation have a
    /// fixed order, those that were filled in behind those that were given; named things have the order of the file, in which
    /// the world is built.
    pub fn planned(&self) -> impl Iterator<Item = PlannedRun> {
        self.variations.iter().enumerate().flat_map(|(number, variation)| {
            let scenario = &variation.scenario;
            let (nodes, sites) = size(scenario);
            let cost = |policy| events(scenario, policy, nodes as f64, sites as f64);
            let contents: Vec<_> = scenario
                .policies
                .iter()
                .map(|(name, policy)| (name, variation.content(name), cost(policy)))
                .collect();
            (0..scenario.replications).flat_map(move |replication| {
                let runs: Vec<_> = contents
                    .iter()
                    .map(|(policy, content, events)| PlannedRun {
                        run: Run { variation: number as u32, policy: (*policy).clone(), replication },
                        id: variation.name(content, replication),
                        events: *events,
                    })
                    .collect();
                runs
            })
        })
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
    hexadecimal(&Sha256::digest(bytes))
}
