//! `manifest.json`: what was run, by what, and the digest of all that came out.

use super::Folder;
use crate::failure::Failure;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sim_core::kernel::digest::hexadecimal;
use sim_core::measure::stopping::Ended;
use sim_core::measure::summary::bound;
use sim_core::scenario::{self, MODEL_VERSION, Plan, Requests, Run};

/// Name by which the tool knows its own results.
const TOOL: &str = "brownout";

/// The manifest of a results folder. It is there from the first run on; `complete` says whether the last one was kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Always "brownout".
    pub tool: String,
    /// Version of the program.
    pub version: String,
    /// Version of the models; results of different ones are not comparable.
    pub model_version: String,
    /// Whether every run of the plan is in `runs.jsonl` and the summary is written.
    pub complete: bool,
    /// Digest of all results; independent of threads, resuming and machine. Absent until complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Name of the scenario.
    pub scenario: String,
    /// The file it was read from, as given.
    pub file: String,
    /// Policies and settings of the command line that changed the file, as they would be typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub set: String,
    /// SHA-256 of the resolved variations.
    pub scenario_hash: String,
    /// Seed of all draws; with the number of the replication it determines the world of a run.
    pub seed: u64,
    /// Replications of each policy and variation; where what they show decides, at most so many.
    pub replications: u32,
    /// Policies in the order of the scenario.
    pub policies: Vec<String>,
    /// What each variation sets, and the scenario it gives.
    pub variations: Vec<Variation>,
    /// Number of runs that were asked for.
    pub runs: usize,
    /// Number of runs that were selected by `only`, of which a part may be asked for.
    pub selected: usize,
    /// Which runs of the plan were asked for, if not all of them (`--only`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// Which part of these was asked for (`--shard`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// How the replications of each variation ended, where their number was not fixed: why, and after how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
    /// Runs that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// What built the program.
    pub build: Build,
    /// Threads of the last invocation.
    pub threads: usize,
    /// Duration of the last invocation in seconds.
    pub wall_time_s: f64,
}

/// One variation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variation {
    /// What is varied, by JSON Pointer.
    pub values: IndexMap<String, Value>,
    /// Deadlines in seconds by workload, where there are any.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub deadlines_s: IndexMap<String, f64>,
    /// The scenario with all defaults filled in.
    pub resolved: Box<RawValue>,
}

impl Variation {
    fn of(variation: &scenario::Variation) -> Self {
        let deadline = |(_, name, requests): (u32, &String, &Requests)| {
            requests.deadline.map(|deadline| (name.clone(), deadline.as_secs_f64()))
        };
        Self {
            values: variation.values.clone(),
            deadlines_s: variation.scenario.requests().filter_map(deadline).collect(),
            resolved: RawValue::from_string(variation.resolved.clone().into()).expect("it is JSON"),
        }
    }
}

impl Variation {
    /// The resolved scenario as a tree.
    pub fn tree(&self) -> Value {
        serde_json::from_str(self.resolved.get()).expect("it is JSON")
    }
}

/// What built the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Build {
    /// Version of the compiler.
    pub rustc: String,
    /// Profile of cargo.
    pub profile: String,
    /// Target triple.
    pub target: String,
}

impl Manifest {
    /// The manifest of a plan that is about to be run.
    pub fn new(plan: &Plan, file: &str, threads: usize) -> Self {
        let variations: Vec<_> = plan.variations.iter().map(Variation::of).collect();
        let first = &plan.variations[0].scenario;
        Self {
            tool: TOOL.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model_version: MODEL_VERSION.to_string(),
            complete: false,
            digest: None,
            scenario: plan.name.clone(),
            file: file.to_owned(),
            set: String::new(),
            scenario_hash: hash(&variations),
            seed: first.seed,
            replications: first.replications,
            policies: first.policies.keys().cloned().collect(),
            variations,
            runs: plan.runs().count(),
            selected: plan.runs().count(),
            only: None,
            shard: None,
            ended: Vec::new(),
            failed: Vec::new(),
            build: Build {
                rustc: env!("BROWNOUT_RUSTC").to_owned(),
                profile: env!("BROWNOUT_PROFILE").to_owned(),
                target: env!("BROWNOUT_TARGET").to_owned(),
            },
            threads,
            wall_time_s: 0.0,
        }
    }

    /// The policy against which regret is stated, if one knows the truth.
    pub fn bound(&self) -> Option<String> {
        bound(&self.variations[0].tree()["policies"]).filter(|name| self.policies.contains(name))
    }

    /// Whether this is of finished results of just what `other` asks for, by the same tool.
    pub fn is_that_of(&self, other: &Self) -> bool {
        self.complete && self.differs(other).is_none() && self.file == other.file
    }

    /// As [`read`](Self::read), for what cannot be done with a part of results alone.
    pub fn read_whole(folder: &Folder) -> Result<Self, Failure> {
        let manifest = Self::read(folder)?;
        match &manifest.shard {
            None => Ok(manifest),
            Some(shard) => Err(Failure::Usage(format!(
                "{} holds part {shard} of results alone; `brownout merge` puts the parts together",
                folder.path().display()
            ))),
        }
    }

    /// In what results differ that cannot be put together.
    pub fn differs(&self, other: &Self) -> Option<String> {
        let told = |what: &str, a: &str, b: &str| (a != b).then(|| format!("their {what} are {a} and {b}"));
        let policies = |it: &Self| it.policies.join(", ");
        let only = |it: &Self| it.only.clone().unwrap_or_else(|| "all".to_owned());
        told("versions", &self.version, &other.version)
            .or_else(|| told("model versions", &self.model_version, &other.model_version))
            .or_else(|| told("scenarios", &self.scenario, &other.scenario))
            .or_else(|| told("seeds", &self.seed.to_string(), &other.seed.to_string()))
            .or_else(|| told("replications", &self.replications.to_string(), &other.replications.to_string()))
            .or_else(|| told("policies", &policies(self), &policies(other)))
            .or_else(|| told("selections of runs", &only(self), &only(other)))
            .or_else(|| told("scenario hashes", &self.scenario_hash[..16], &other.scenario_hash[..16]))
    }

    /// All runs of the plan, in its order.
    pub fn plan(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        for (number, variation) in (0_u32..).zip(&self.variations) {
            let tree = variation.tree();
            let replications = &tree["replications"];
            let most = replications.get("max").unwrap_or(replications);
            let replications = most.as_u64().unwrap_or_default() as u32;
            let policies = tree["policies"].as_object();
            for replication in 0..replications {
                for policy in policies.iter().flat_map(|policies| policies.keys()) {
                    runs.push(Run { variation: number, policy: policy.clone(), replication });
                }
            }
        }
        runs
    }

    /// Writes the manifest into its folder.
    pub fn write(&self, folder: &Folder) -> Result<(), Failure> {
        let mut text =
            serde_json::to_string_pretty(self).map_err(|error| Failure::Work(error.to_string()))?;
        text.push('\n');
        folder.write("manifest.json", text.as_bytes())
    }

    /// Reads the manifest of a results folder.
    pub fn read(folder: &Folder) -> Result<Self, Failure> {
        let wrong = |what: &str| {
            Failure::Usage(format!("{} holds no results: manifest.json {what}", folder.path().display()))
        };
        let text = folder.read("manifest.json").map_err(|_| wrong("is missing or unreadable"))?;
        let manifest: Self = serde_json::from_str(&text)
            .map_err(|error| wrong(&format!("is not a manifest of this tool: {error}")))?;
        if manifest.tool == TOOL { Ok(manifest) } else { Err(wrong("belongs to another tool")) }
    }
}

fn hash(variations: &[Variation]) -> String {
    let mut hasher = Sha256::new();
    for variation in variations {
        hasher.update(variation.resolved.get().as_bytes());
        hasher.update(b"\n");
    }
    hexadecimal(&hasher.finalize())
}
