//! Oracles, studies of many replications, and the comparison between them.

pub use crate::common::{agrees, exponential, run_of, value};
use serde_json::{Value, json};
use sim_core::measure::record::RunRecord;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How large the samples are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Seconds in a debug build; tolerance of five standard errors.
    Quick,
    /// The sample sizes of the oracle file; its own tolerances hold.
    Full,
}

/// Time is counted in nanoseconds, which fit into 64 bits for 584 years.
const LONGEST_HOURS: f64 = 4.0e6;

/// A known result.
pub struct Oracle {
    id: String,
    entry: &'static Value,
}

impl Oracle {
    /// The oracle of this id.
    pub fn named(id: &str) -> Self {
        static FILE: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
        let file = FILE.get_or_init(|| {
            let all: Vec<Value> =
                serde_json::from_str(include_str!("../data/oracles.json")).expect("the oracle file is JSON");
            all.into_iter().map(|entry| (entry["id"].as_str().expect("an id").to_owned(), entry)).collect()
        });
        Self { id: id.to_owned(), entry: file.get(id).unwrap_or_else(|| panic!("no oracle {id}")) }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A parameter of the model.
    pub fn param(&self, name: &str) -> f64 {
        self.entry["params"][name].as_f64().unwrap_or_else(|| panic!("{}: no parameter {name}", self.id))
    }

    /// A parameter that is text.
    pub fn text(&self, name: &str) -> &str {
        self.entry["params"][name].as_str().unwrap_or_else(|| panic!("{}: no parameter {name}", self.id))
    }

    /// The known value of a result.
    pub fn value(&self, name: &str) -> f64 {
        self.result(name)["value"].as_f64().unwrap_or_else(|| panic!("{}: {name} is not a number", self.id))
    }

    fn result(&self, name: &str) -> &Value {
        let result = &self.entry["results"][name];
        assert!(result.is_object(), "{}: no result {name}", self.id);
        result
    }

    /// The absolute tolerance that the oracle file states for a result at full sample size.
    pub fn tolerance(&self, name: &str) -> f64 {
        let result = self.result(name);
        match (result["abs"].as_f64(), result["rel"].as_f64()) {
            (Some(abs), _) => abs,
            (None, Some(rel)) => rel * self.value(name).abs(),
            (None, None) => panic!("{}: {name} has no tolerance", self.id),
        }
    }
}

/// Independent replications of one scenario under its first policy.
pub struct Study {
    label: String,
    scale: Scale,
    records: Vec<RunRecord>,
    /// Hours that each replication measures, where they have been told.
    pub hours: Option<f64>,
}

impl Study {
    /// Runs `replications` of `scenario(scale factor)`; the factor multiplies the measured duration, and is 1 for quick tests.
    pub fn new(
        label: &str,
        scale: Scale,
        replications: u32,
        full_factor: f64,
        scenario: impl Fn(f64) -> Value,
    ) -> Self {
        let factor = if scale == Scale::Full { full_factor } else { 1.0 };
        let scenario = scenario(factor);
        let records = (0..replications).map(|replication| run_of(&scenario, replication)).collect();
        Self { label: label.to_owned(), scale, records, hours: None }
    }

    /// As [`Self::new`], of a scenario that measures `factor * measured` hours. What does not fit into the longest run at full
    /// scale becomes replications: `full_factor` then multiplies hours and replications together.
    pub fn of_hours(
        label: &str,
        scale: Scale,
        replications: u32,
        (full_factor, measured): (f64, f64),
        scenario: impl Fn(f64) -> Value,
    ) -> Self {
        let runs = (full_factor * measured / LONGEST_HOURS).ceil().max(1.0);
        let replications = if scale == Scale::Full { replications * runs as u32 } else { replications };
        let factor = if scale == Scale::Full { full_factor / runs } else { 1.0 };
        let study = Self::new(label, scale, replications, factor, scenario);
        Self { hours: Some(factor * measured), ..study }
    }

    /// Mean and standard error of a quantity over the replications.
    pub fn estimate(&self, quantity: impl Fn(&RunRecord) -> f64) -> (f64, f64) {
        let values: Vec<f64> = self.records.iter().map(quantity).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        (mean, (variance / n).sqrt())
    }

    /// Requires that the mean of a quantity agrees with result `name` of the oracle: within five standard errors, of which five
    /// are at most `resolution` of the value, or at full scale within the file's tolerance.
    pub fn agrees(&self, oracle: &Oracle, name: &str, resolution: f64, quantity: impl Fn(&RunRecord) -> f64) {
        let expected = oracle.value(name);
        let label = format!("{} {name}", oracle.id);
        match self.scale {
            Scale::Quick => self.agrees_with(&label, expected, resolution, quantity),
            Scale::Full => {
                let (mean, _) = self.estimate(quantity);
                let tolerance = oracle.tolerance(name).max(1e-6 * expected.abs());
                assert!(
                    (mean - expected).abs() <= tolerance,
                    "{} ({label}): {mean} instead of {expected} ± {tolerance}",
                    self.label
                );
            }
        }
    }

    /// Requires that the mean of a quantity agrees with a value that the caller has computed.
    pub fn agrees_with(
        &self,
        label: &str,
        expected: f64,
        resolution: f64,
        quantity: impl Fn(&RunRecord) -> f64,
    ) {
        let (mean, standard_error) = self.estimate(quantity);
        // Latency quantiles come from a sketch; its stated error is added.
        let tolerance = 5.0 * standard_error + SKETCH_ERROR * expected.abs();
        let limit = resolution * expected.abs();
        let of = format!("{} ({label}): {mean} instead of {expected} ± {tolerance}", self.label);
        assert!(tolerance <= limit, "{of}: too few samples, five standard errors must be at most {limit}");
        assert!((mean - expected).abs() <= tolerance, "{of}");
    }
}

/// Relative error of quantiles read from the latency sketch.
const SKETCH_ERROR: f64 = sim_core::measure::sketch::RELATIVE_ERROR;

/// Requires a deterministic result to agree to a relative 1e-6.
pub fn exact(label: &str, found: f64, expected: f64) {
    agrees(label, found, expected, 1e-6 * expected.abs());
}

/// Reads a metric; it must have a value.
pub fn metric(name: &'static str) -> impl Fn(&RunRecord) -> f64 {
    move |record| value(record, name)
}

/// Ratio of two metrics; a count that never happened may be absent and is zero.
pub fn ratio(numerator: &'static str, denominator: &'static str) -> impl Fn(&RunRecord) -> f64 {
    move |record| record.metrics.get(numerator).copied().unwrap_or(0.0) / value(record, denominator)
}

/// A number of seconds as a quantity, to the nanosecond.
pub fn seconds(s: f64) -> String {
    format!("{s:.9} s")
}

/// A number of hours as a quantity.
pub fn hours(h: f64) -> String {
    seconds(3600.0 * h)
}

/// A rate per second as a quantity.
pub fn per_second(rate: f64) -> String {
    format!("{rate} /s")
}

/// Poisson arrivals.
pub fn poisson(rate: f64) -> Value {
    json!({ "poisson": { "rate": per_second(rate) } })
}

/// A scenario with one node type, one fleet entry and one policy; fields are replaced by JSON Pointer where a test needs others.
pub struct Setup(Value);

impl Setup {
    /// `sites` sites with one rack of `per_site` nodes each, measured for `duration` seconds after `warmup` seconds.
    pub fn new(sites: u32, per_site: u32, warmup: f64, duration: f64) -> Self {
        Self(json!({
            "name": "oracle",
            "seed": 1909,
            "duration": seconds(warmup + duration),
            "warmup": seconds(warmup),
            "regions": { "here": {} },
            "nodes": { "node": {} },
            "fleet": [{ "name": "fleet", "region": "here", "sites": sites, "racks": [{ "count": 1, "nodes": { "node": per_site } }] }],
            "workloads": { "idle": { "requests": { "arrivals": { "every": "100 y" } } } },
            "policies": { "policy": { "health": "none" } }
        }))
    }

    /// Sets one field of the node type.
    pub fn node(self, field: &str, value: Value) -> Self {
        self.set("/nodes/node", field, value)
    }

    /// Sets one field of the region.
    pub fn region(self, field: &str, value: Value) -> Self {
        self.set("/regions/here", field, value)
    }

    /// Sets one field of the fleet entry.
    pub fn fleet(self, field: &str, value: Value) -> Self {
        self.set("/fleet/0", field, value)
    }

    /// Sets one field of the policy.
    pub fn policy(self, field: &str, value: Value) -> Self {
        self.set("/policies/policy", field, value)
    }

    /// Makes requests arrive.
    pub fn requests(self, arrivals: Value, demand: Value) -> Self {
        self.top("workloads", json!({ "work": { "requests": { "arrivals": arrivals, "demand": demand } } }))
    }

    /// Sets one field of the requests.
    pub fn request(self, field: &str, value: Value) -> Self {
        self.set("/workloads/work/requests", field, value)
    }

    /// Sets one field of the file.
    pub fn top(self, field: &str, value: Value) -> Self {
        self.set("", field, value)
    }

    fn set(mut self, object: &str, field: &str, value: Value) -> Self {
        self.0.pointer_mut(object).expect("an object of the scenario")[field] = value;
        self
    }

    /// The scenario.
    pub fn build(self) -> Value {
        self.0
    }
}

/// Writes a quick test and its ignored full-size twin for functions that take a [`Scale`].
macro_rules! at_both_scales {
    ($($name:ident),+ $(,)?) => {
        mod quick {
            $(#[test] fn $name() { super::$name(crate::support::Scale::Quick); })+
        }
        mod full {
            $(
                #[test]
                #[ignore = "minutes to hours; cargo test --release -p sim-core --test oracles -- --ignored"]
                fn $name() { super::$name(crate::support::Scale::Full); }
            )+
        }
    };
}
pub(crate) use at_both_scales;
