//! Guarding against regressions: results held against a baseline.
//!
//! ```text
//! baseline ([baseline]: digest, guarded metrics of each run) ─┐
//! results  (manifest and log) ────────────────────────────────┼─► same digest: identical
//! margins  ([margins]: how much worse each metric may be) ────┘   else: metric by metric, paired runs
//!                                                                        │ measure::guard
//!                                                      findings ──► table, JUnit, annotations ([tell])
//! ```

pub mod baseline;
pub mod margins;
pub mod tell;

use baseline::{Baseline, Runs};
use margins::Margins;
use serde::Serialize;
use sim_core::measure::catalog::{Direction, direction};
use sim_core::measure::guard::{Change, Judgement};

/// What was found of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the scenario.
    pub scenario: String,
    /// Whether there is a baseline; without one nothing is compared.
    pub guarded: bool,
    /// Whether the digests are the same, so that nothing else was compared.
    pub identical: bool,
    /// What is to be known, such as that the scenario itself has changed.
    pub notes: Vec<String>,
    /// What is wrong beside metrics: runs that are missing, a digest that had to stay.
    pub faults: Vec<String>,
    /// All metrics that were compared.
    pub findings: Vec<Finding>,
}

/// What was found of a metric of a policy in a variation.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What the variation sets, in words; empty if nothing varies.
    pub variation: String,
    /// Name of the policy.
    pub policy: String,
    /// Name of the metric.
    pub metric: String,
    /// How it has changed.
    #[serde(flatten)]
    pub change: Change,
}

impl Report {
    /// That of results without a baseline.
    pub fn unguarded(scenario: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            guarded: false,
            identical: false,
            notes: vec!["has no baseline; --update makes one".to_owned()],
            faults: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Whether something is wrong, given whether unclear metrics are.
    pub fn is_red(&self, margins: &Margins) -> bool {
        !self.faults.is_empty() || self.findings.iter().any(|finding| finding.is_red(margins))
    }
}

impl Finding {
    /// Whether the metric is worse, or may be and that is not allowed.
    pub fn is_red(&self, margins: &Margins) -> bool {
        match self.change.judgement {
            Judgement::Worse => true,
            Judgement::Unclear => margins.refuses_unclear(),
            Judgement::Fine => false,
        }
    }
}

/// Compares a scenario with its baseline.
pub fn compare(before: &Baseline, after: &Baseline, margins: &Margins) -> Report {
    let mut report = Report {
        scenario: before.scenario.clone(),
        guarded: true,
        identical: before.digest.is_some() && before.digest == after.digest,
        notes: Vec::new(),
        faults: Vec::new(),
        findings: Vec::new(),
    };
    if report.identical {
        return report;
    }
    if after.digest.is_none() {
        report.faults.push("the results are not complete".to_owned());
    }
    if margins.is_exact(&before.scenario) {
        report.faults.push("the digest has changed, and the margins ask for the same".to_owned());
    }
    if before.scenario_hash != after.scenario_hash {
        report.notes.push("the scenario itself has changed since the baseline was made".to_owned());
    }
    if before.model_version != after.model_version {
        report.notes.push(format!(
            "the model version is {} and was {} for the baseline",
            after.model_version, before.model_version
        ));
    }
    if before.seed != after.seed {
        report.faults.push(format!(
            "the seed is {} and was {} for the baseline, so the runs did not meet the same weather",
            after.seed, before.seed
        ));
        return report;
    }
    for variation in &before.variations {
        let Some(its) = after.variations.iter().find(|other| other.values == variation.values) else {
            report.faults.push(match variation.words() {
                words if words.is_empty() => "what varies is not what it was".to_owned(),
                words => format!("the variation {words} is missing"),
            });
            continue;
        };
        for (policy, runs) in &variation.policies {
            match its.policies.get(policy) {
                Some(others) => metrics(&mut report, (&variation.words(), policy), (runs, others), margins),
                None => report.faults.push(format!("policy {policy} is missing")),
            }
        }
    }
    if report.findings.is_empty() && report.faults.is_empty() {
        report.faults.push("no metric is guarded".to_owned());
    }
    report
}

/// Compares the metrics of a policy.
fn metrics(report: &mut Report, place: (&str, &str), runs: (&Runs, &Runs), margins: &Margins) {
    let (variation, policy) = place;
    let (before, after) = runs;
    let place = if variation.is_empty() { String::new() } else { format!(", {variation}") };
    let (made, of) = (after.replications(), before.replications());
    if made < of {
        report.faults.push(format!("policy {policy}{place}: {} of {of} replications are missing", of - made));
    }
    for (metric, values) in &before.metrics {
        let Some(margin) = margins.of(metric) else { continue };
        let others = after.metrics.get(metric);
        let paired = |replication: usize| {
            Some((*values.get(replication)?.as_ref()?, *others?.get(replication)?.as_ref()?))
        };
        let pairs: Vec<_> = (0..values.len()).filter_map(paired).collect();
        let missing = values.iter().take(made).flatten().count().saturating_sub(pairs.len());
        if missing > 0 {
            report.faults.push(format!(
                "policy {policy}{place}: {metric} has no value any more in {missing} of {made} replications"
            ));
        }
        let sign = if direction(metric) == Direction::Higher { -1.0 } else { 1.0 };
        report.findings.extend(Change::of(&pairs, sign, margin, margins.confidence).map(|change| Finding {
            variation: variation.to_owned(),
            policy: policy.to_owned(),
            metric: metric.clone(),
            change,
        }));
    }
}
