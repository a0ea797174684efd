//! From the records of all runs to what is said about the policies.
//!
//! For each variation and policy, every metric gets its mean over replications with a Student t interval; for each
//! pair of policies, every headline metric gets the mean of the differences *a* minus *b*, paired by replication. Two
//! policies met the same exogenous world in a replication, so what is common to both cancels. p-values are adjusted
//! after Holm within a family: all policy pairs on the headline metrics of one area (`requests`, `nodes`, …) in one
//! variation. Intervals are not adjusted.
//!
//! An interval is Student's t where that covers, and exact or bootstrapped where it does not: `interval` says which
//! ([`super::interval`]). A comparison says which share of the variance pairing saved, and whether the difference is shown to be one
//! that does not matter. On every headline metric the policies are put into groups that are statistically apart ([`Ranking`]).
//!
//! A run that failed, or that has no value for a metric, is left out; a difference uses the replications that both
//! policies have; `n` says how many. Records may come in any order: they are put in that of the plan first.

mod csv;
mod ranking;
mod regret;
mod single;
mod verdict;
mod waterfall;

pub use csv::SummaryCsv;
pub use ranking::Ranking;
pub use regret::{Regret, Regrets, bound};
pub use single::Course;
pub use verdict::{Finding, SIGNIFICANCE, Sentence, verdict};
pub use waterfall::{FAMILIES, Family, Step, Waterfall};

use super::binomial::loss_interval;
use super::catalog;
use super::interval::{self, Interval, QuantileEstimate};
use super::record::{RareReport, RunRecord};
use super::stats::{Estimate, PairedDifference, holm};
use super::stopping::{Ended, Stopping};
use crate::rare;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// All that is said about the runs of one scenario: the content of `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the scenario.
    pub scenario: String,
    /// What the numbers are, in words.
    pub method: Method,
    /// One entry per variation, in the order of the plan.
    pub variations: Vec<VariationSummary>,
}

/// What intervals, differences and p-values are, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// What `ci95` is.
    pub ci95: String,
    /// What `difference` is.
    pub difference: String,
    /// What `p_adjusted` is, and what a family is.
    pub p_adjusted: String,
    /// Which `interval` is used when, and why.
    #[serde(default)]
    pub interval: String,
}

/// One variation of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VariationSummary {
    /// Values by JSON Pointer; empty if nothing varies.
    pub values: IndexMap<String, Value>,
    /// Policies in the order of the file.
    pub policies: IndexMap<String, PolicySummary>,
    /// Paired differences on the headline metrics, and on what requests are charged to.
    pub comparisons: Vec<Comparison>,
    /// How much worse each policy is than one that knows the truth, where the file has such a one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regret: Option<Regrets>,
    /// Policies in groups that are statistically apart, by headline metric.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub ranking: IndexMap<String, Ranking>,
    /// How replications ended whose number was not fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// What one policy did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicySummary {
    /// Metrics by name, in the order in which they are shown.
    pub metrics: IndexMap<String, MetricSummary>,
    /// How its loss of objects was estimated, and why that may be trusted, where it was too rare to be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rare: Option<String>,
    /// What the course of the first replication says: when the beginning was over, and of one long run how well means are known.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub courses: IndexMap<String, Course>,
}

/// A metric over replications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricSummary {
    /// Mean over replications.
    pub mean: f64,
    /// Interval of the mean at 95 %; `null` for one replication.
    pub ci95: Option<[f64; 2]>,
    /// Which interval that is.
    #[serde(default)]
    pub interval: Interval,
    /// Standard deviation between replications; `null` for one replication.
    pub sd: Option<f64>,
    /// Number of replications with a value.
    pub n: u64,
    /// Unit of all of these; `1` = dimensionless.
    pub unit: String,
    /// Of headline metrics and six replications or more: quantiles of the distribution over replications ("p10", "p50", "p90").
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub quantiles: IndexMap<String, QuantileEstimate>,
}

/// How two policies differ on a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the metric.
    pub metric: String,
    /// First policy.
    pub a: String,
    /// Second policy.
    pub b: String,
    /// Mean of *a* minus *b* over the replications that both have.
    pub difference: f64,
    /// Student t interval of the difference; `null` for one replication.
    pub ci95: Option<[f64; 2]>,
    /// Two-sided p-value of the paired t test; `null` for one replication.
    pub p: Option<f64>,
    /// The p-value adjusted after Holm within the family; `null` for one replication.
    pub p_adjusted: Option<f64>,
    /// Number of replications that both policies have.
    pub n: u64,
    /// Share of the variance that pairing saved, against replications with different weather; `null` without variance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variance_reduction: Option<f64>,
    /// The largest difference that does not matter, where the scenario states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indifference: Option<f64>,
    /// Whether the interval lies within the differences that do not matter, where the scenario states them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immaterial: Option<bool>,
    /// Unit of the difference.
    pub unit: String,
    /// The area whose headline metrics, over all policy pairs of the variation, were adjusted together.
    pub family: String,
}

impl Comparison {
    /// Whether the two policies did the same in every replication, but for rounding.
    pub fn is_same(&self) -> bool {
        self.difference == 0.0 && self.ci95.is_none_or(|ci95| ci95 == [0.0, 0.0])
    }
}

impl Method {
    fn stated() -> Self {
        Self {
            ci95: "interval of the mean over replications, 95 %, not adjusted; of probabilities of loss the hull \
                   of Student's t and the exact interval for the losses of all replications together"
                .into(),
            difference: "mean of a minus b, paired by replication (common random numbers)".into(),
            p_adjusted:
                "two-sided paired t test, adjusted after Holm within the family: all policy pairs on the \
                         headline metrics of one area in one variation"
                    .into(),
            interval: "t: Student's t. bca: hull of t and the expanded BCa bootstrap, from ten replications on where |skewness|/sqrt(n) \
                       exceeds 0.2, since t misses there. exact: Clopper-Pearson, of shares that are 0 or 1 in every \
                       replication, and of losses. repeated: t at a look of a sequential rule, valid whenever it stops. \
                       batch_means: of one run, t of the means of its batches. Differences are always t"
                .into(),
        }
    }
}

impl Summary {
    /// Of a scenario, without variations yet.
    pub fn new(scenario: &str) -> Self {
        Self { scenario: scenario.to_owned(), method: Method::stated(), variations: Vec::new() }
    }
}

impl VariationSummary {
    /// Sums up the records of one variation. `values` holds what it sets by JSON Pointer, `policies` the policies' names in the order
    /// of the file, `bound` the one against which regret is stated. Records of other policies are ignored; of two records of the same run
    /// the first counts.
    pub fn of(
        values: &IndexMap<String, Value>,
        policies: &[String],
        bound: Option<&str>,
        records: &[RunRecord],
    ) -> Self {
        let mut runs = vec![Runs::new(); policies.len()];
        for record in records {
            if let Some(policy) = policies.iter().position(|name| *name == record.policy) {
                runs[policy].entry(record.replication).or_insert(record);
            }
        }
        let regret = bound.and_then(|bound| Regrets::of(bound, policies, &runs));
        let comparisons = compare_all(policies, &runs);
        Self {
            values: values.clone(),
            policies: policies.iter().cloned().zip(runs.iter().map(summarize_policy)).collect(),
            comparisons,
            regret,
            ranking: IndexMap::new(),
            ended: None,
        }
        .ranked()
    }

    fn ranked(mut self) -> Self {
        self.ranking = ranking::rank(&self.policies, &self.comparisons);
        self
    }

    /// The same with the differences that do not matter, by metric: a name without workload counts for all workloads.
    #[must_use]
    pub fn with_indifference(mut self, margins: &IndexMap<String, f64>) -> Self {
        for comparison in &mut self.comparisons {
            let plain = catalog::split(&comparison.metric).0;
            let margin = margins.get(&comparison.metric).or_else(|| margins.get(&plain)).copied();
            comparison.indifference = margin;
            comparison.immaterial =
                margin.zip(comparison.ci95).map(|(margin, [low, high])| -margin <= low && high <= margin);
        }
        self.ranked()
    }

    /// The same with what the courses of the first replications say, of scenarios with this `warmup` in seconds; one long run gets
    /// intervals from it.
    #[must_use]
    pub fn with_courses(mut self, warmup: f64, records: &[RunRecord]) -> Self {
        for (name, policy) in &mut self.policies {
            let record = records.iter().find(|record| record.policy == *name && record.timeline.is_some());
            policy.courses = record.map(|record| single::courses(record, warmup)).unwrap_or_default();
            single::of_one_run(policy);
        }
        self
    }

    /// The same with how its replications ended. The intervals of the means that decided are those of the last look.
    #[must_use]
    pub fn with_end(mut self, ended: Option<Ended>) -> Self {
        if let Some(Ended::Until(Stopping { metric, goals, .. })) = &ended {
            for goal in goals.iter().filter(|goal| goal.minus.is_none()) {
                let summary = self.policies.get_mut(&goal.policy).and_then(|it| it.metrics.get_mut(metric));
                if let Some(summary) = summary.filter(|summary| summary.interval != Interval::Exact) {
                    (summary.ci95, summary.interval) = (goal.ci95, Interval::Repeated);
                }
            }
        }
        self.ended = ended;
        self
    }
}

/// The runs of one policy in one variation by replication.
type Runs<'a> = BTreeMap<u32, &'a RunRecord>;

fn summarize_policy(runs: &Runs<'_>) -> PolicySummary {
    let metric = |name: String| {
        let values: Vec<_> = runs.values().filter_map(|run| run.metric(&name)).collect();
        let Estimate { n, mean, sd, ci95 } = Estimate::of(&values)?;
        let (ci95, interval) = if name == "outages.probability" {
            (rare::interval(&values), Interval::T)
        } else if !name.ends_with(".loss_probability") {
            interval::of_mean(&name, &values)
        } else if runs.values().any(|run| run.rare.is_some()) {
            (rare::interval(&values), Interval::T)
        } else {
            let hull = pooled(runs, &name, ci95);
            (hull, if hull == ci95 { Interval::T } else { Interval::Exact })
        };
        let unit = catalog::unit(&name).to_string();
        let quantiles = if catalog::is_headline(&name) { quantiles(&values) } else { IndexMap::new() };
        Some((name, MetricSummary { mean, ci95, interval, sd, n, unit, quantiles }))
    };
    PolicySummary {
        metrics: metric_names([runs]).into_iter().filter_map(metric).collect(),
        rare: runs.values().find_map(|run| run.rare.as_ref()).map(told),
        courses: IndexMap::new(),
    }
}

/// How the first of the runs was estimated, in words.
fn told(rare: &RareReport) -> String {
    let RareReport { method, why, .. } = rare;
    format!("{method}: {why}. The interval of the probability is that of its logarithm over replications")
}

/// Values from which on the median has an interval.
const QUANTILES_LEAST: usize = 6;

/// What a bad, a usual and a good replication is like.
fn quantiles(values: &[f64]) -> IndexMap<String, QuantileEstimate> {
    if values.len() < QUANTILES_LEAST {
        return IndexMap::new();
    }
    let levels = [("p10", 0.1), ("p50", 0.5), ("p90", 0.9)];
    let of = |(name, q): (&str, f64)| Some((name.to_owned(), interval::of_quantile(values, q)?));
    levels.into_iter().filter_map(of).collect()
}

/// The interval of a probability of loss: the hull of that of the mean over replications, which sees what objects suffer
/// together, and the exact one for the losses of all replications, which knows how little a zero says.
fn pooled(runs: &Runs<'_>, name: &str, ci95: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let prefix = name.strip_suffix("loss_probability")?;
    let sum = |what: &str| -> u64 {
        let values = runs.values().filter_map(|run| run.metric(&format!("{prefix}{what}")));
        values.map(|count| count as u64).sum()
    };
    let (_, [low, high]) = loss_interval(sum("lost"), sum("count"));
    let hull = |[a, b]: [f64; 2]| [a.min(low).max(0.0), b.max(high).min(1.0)];
    if high.is_nan() { ci95 } else { Some(ci95.map_or([low, high], hull)) }
}

/// The names of all metrics of the runs, in the order in which they are shown.
fn metric_names<'a>(runs: impl IntoIterator<Item = &'a Runs<'a>>) -> Vec<String> {
    let records = runs.into_iter().flat_map(BTreeMap::values);
    let names: BTreeSet<_> = records.flat_map(|record| record.metrics.keys()).collect();
    let mut names: Vec<_> = names.into_iter().cloned().collect();
    names.sort_by(|a, b| catalog::sort_key(a).cmp(&catalog::sort_key(b)));
    names
}

/// All policy pairs on all headline metrics, with adjusted p-values.
fn compare_all(policies: &[String], runs: &[Runs<'_>]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for metric in metric_names(runs).iter().filter(|name| catalog::is_compared(name)) {
        for (i, a) in policies.iter().enumerate() {
            for (j, b) in policies.iter().enumerate().skip(i + 1) {
                comparisons.extend(compare(metric, (a, &runs[i]), (b, &runs[j])));
            }
        }
    }
    adjust(&mut comparisons);
    comparisons
}

fn compare(metric: &str, a: (&str, &Runs<'_>), b: (&str, &Runs<'_>)) -> Option<Comparison> {
    let pair = |(replication, run): (&u32, &&RunRecord)| {
        Some((run.metric(metric)?, b.1.get(replication)?.metric(metric)?))
    };
    let pairs: Vec<_> = a.1.iter().filter_map(pair).collect();
    let PairedDifference { estimate, p } = PairedDifference::of(&pairs)?;
    Some(Comparison {
        metric: metric.to_string(),
        a: a.0.to_string(),
        b: b.0.to_string(),
        difference: estimate.mean,
        ci95: estimate.ci95,
        p,
        p_adjusted: None,
        n: estimate.n,
        variance_reduction: PairedDifference::variance_reduction(&pairs),
        indifference: None,
        immaterial: None,
        unit: catalog::unit(metric).to_string(),
        family: catalog::area(metric).to_string(),
    })
}

/// Fills in the adjusted p-values, family by family.
fn adjust(comparisons: &mut [Comparison]) {
    let families: BTreeSet<_> = comparisons.iter().map(|comparison| comparison.family.clone()).collect();
    for family in families {
        let members: Vec<_> =
            comparisons.iter_mut().filter(|c| c.family == family && c.p.is_some()).collect();
        let p_values: Vec<_> = members.iter().filter_map(|comparison| comparison.p).collect();
        for (comparison, adjusted) in members.into_iter().zip(holm(&p_values)) {
            comparison.p_adjusted = Some(adjusted);
        }
    }
}

#[cfg(test)]
mod tests;
