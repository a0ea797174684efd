//! The record of one run: everything that is kept of it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// One finished run: a policy on one replication of the weather of one variation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Content address of the run, set by whoever plans runs; empty until then.
    #[serde(default)]
    pub id: String,
    /// Number of the variation, from 0.
    pub variation: u32,
    /// Name of the policy.
    pub policy: String,
    /// Replication number, from 0.
    pub replication: u32,
    /// Seed of the scenario.
    pub seed: u64,
    /// Values by dotted metric name, in SI units. A metric without a value in this run (no sample) is absent.
    pub metrics: IndexMap<String, f64>,
    /// Digest of every event in order, hexadecimal: differs between policies.
    pub trace: String,
    /// Digest of the exogenous world (weather, grid, links, hardware, arrivals, demands), hexadecimal: the same for every policy.
    pub exogenous: String,
    /// Latencies of completed requests by workload name, as (value in ns, count) pairs in bins of at most 1/64 of their value.
    pub latency: IndexMap<String, Vec<(u64, u64)>>,
    /// Course of the fleet over time; kept for replication 0 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// How time up spreads over nodes and regions; not there in records of earlier versions, and no part of any digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Spread>,
    /// How what is too rare to be counted was estimated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rare: Option<RareReport>,
}

/// How a probability was estimated that is too small to be counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RareReport {
    /// "splitting", "biasing" or "both".
    pub method: String,
    /// Why this method, and why it may be trusted.
    pub why: String,
    /// Whether the object was looked at alone, because others can do nothing to it.
    pub alone: bool,
    /// Paths in all, without those of pilots.
    pub paths: u64,
    /// Paths that ended with the event.
    pub hits: u64,
    /// Of splitting: level of danger, paths, and those that got there, by stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<[u32; 3]>,
}

impl RunRecord {
    /// Keeps a metric. A number that is not finite says that the metric has no value in this run: it is a mistake of
    /// the caller that stops a debug build, and is left out otherwise, so that no NaN or infinity reaches a file.
    pub fn set(&mut self, name: impl Into<String>, value: f64) {
        let name = name.into();
        debug_assert!(value.is_finite(), "metric {name} must be finite, not {value}");
        if value.is_finite() {
            self.metrics.insert(name, value);
        }
    }

    /// The value of a metric; `None` if the run has none, or one that is not finite.
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied().filter(|value| value.is_finite())
    }
}

/// Time-weighted means of fleet state in equal bins over the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Length of a bin in seconds.
    pub bin: f64,
    /// Mean number of nodes in each state ("up", "throttled", "grid", "breaker", …), by bin. "throttled" nodes are not counted under "up".
    pub nodes: IndexMap<String, Vec<f64>>,
    /// Mean outdoor temperature by region in degrees Celsius, by bin.
    pub outdoor: IndexMap<String, Vec<f64>>,
    /// Share of the requests resolved in the bin that succeeded on time; `null` where none was resolved.
    pub success: Vec<Option<f64>>,
    /// When the faults of the scenario held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultSpan>,
}

/// When a fault held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultSpan {
    /// Its name.
    pub name: String,
    /// Beginning in seconds from t = 0.
    pub from: f64,
    /// End in seconds from t = 0.
    pub to: f64,
}

/// How time up spreads over nodes and regions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Share of time up of the nodes at [`Self::RANKS`], from the worst node to the best; empty without nodes.
    pub uptime: Vec<f64>,
    /// By region, in the order of the fleet.
    pub regions: IndexMap<String, RegionSpread>,
}

impl Spread {
    /// The ranks of which the time up is kept: the share of nodes that are no better. Dense at the worst, where the promises break.
    pub const RANKS: [f64; 22] = [
        0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6,
        0.7, 0.8, 0.9, 0.95, 1.0,
    ];
}

/// The part of the fleet in one region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RegionSpread {
    /// Sites.
    pub sites: u32,
    /// Nodes.
    pub nodes: u32,
    /// Share of node-time up.
    pub uptime: f64,
}
