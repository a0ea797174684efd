//! Regret: how much worse each policy is than one that knows the truth.
//!
//! The *bound* of a file is its first policy that routes by the truth; failing that, its first whose health check knows the truth
//! while another policy's does not. Differences are paired by replication and turned so that more is worse. A bound may be beaten: it
//! knows the present, not what is best.

use super::{Runs, metric_names};
use crate::measure::catalog::{Direction, direction, split, unit};
use crate::measure::record::RunRecord;
use crate::measure::stats::PairedDifference;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The metrics on which regret is stated, in total and by workload.
const METRICS: [&str; 3] = ["requests.success_ratio", "requests.latency.mean", "requests.latency.p99"];

/// How much worse a policy is than the bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regret {
    /// Mean of the differences; more is worse.
    pub mean: f64,
    /// Student t interval; `null` for one replication.
    pub ci95: Option<[f64; 2]>,
    /// Number of replications that both policies have.
    pub n: u64,
    /// Unit.
    pub unit: String,
}

/// Regrets against a bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regrets {
    /// Name of the policy that is the bound.
    pub bound: String,
    /// By policy and metric.
    pub policies: IndexMap<String, IndexMap<String, Regret>>,
}

/// The name of the bound among resolved policies.
pub fn bound(policies: &Value) -> Option<String> {
    let policies = policies.as_object()?;
    if policies.len() < 2 {
        return None;
    }
    let named =
        |field: &str| policies.iter().find(|(_, it)| it[field] == "oracle").map(|(name, _)| name.clone());
    let judged = policies.values().any(|it| it["health"] != "oracle");
    named("routing").or_else(|| named("health").filter(|_| judged))
}

impl Regrets {
    /// Of all policies of a variation but `bound`; `None` if that is not among them.
    pub(super) fn of(bound: &str, policies: &[String], runs: &[Runs<'_>]) -> Option<Self> {
        let best = &runs[policies.iter().position(|name| name == bound)?];
        let of_policy = |(name, runs): (&String, &Runs<'_>)| {
            let metrics = metric_names([runs]).into_iter();
            let stated = metrics.filter(|it| METRICS.contains(&split(it).0.as_str()));
            let regrets = stated.filter_map(|metric| Some((metric.clone(), regret(&metric, runs, best)?)));
            (name.clone(), regrets.collect())
        };
        let others = policies.iter().zip(runs).filter(|(name, _)| *name != bound);
        Some(Self { bound: bound.to_owned(), policies: others.map(of_policy).collect() })
    }
}

fn regret(metric: &str, policy: &Runs<'_>, bound: &Runs<'_>) -> Option<Regret> {
    let sign = if direction(metric) == Direction::Higher { -1.0 } else { 1.0 };
    let pair = |(replication, run): (&u32, &&RunRecord)| {
        Some((sign * run.metric(metric)?, sign * bound.get(replication)?.metric(metric)?))
    };
    let pairs: Vec<_> = policy.iter().filter_map(pair).collect();
    let estimate = PairedDifference::of(&pairs)?.estimate;
    Some(Regret { mean: estimate.mean, ci95: estimate.ci95, n: estimate.n, unit: unit(metric).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_bound_knows_the_truth() {
        let file = |policies: Value| bound(&policies);
        let plain = json!({ "health": "oracle", "routing": "random" });
        let blind = json!({ "health": "none", "routing": "random" });
        let seeing = json!({ "health": "none", "routing": "oracle" });
        assert_eq!(file(json!({ "a": plain, "b": plain })), None);
        assert_eq!(file(json!({ "a": blind, "b": plain })).as_deref(), Some("b"));
        assert_eq!(file(json!({ "a": plain, "b": blind, "c": seeing })).as_deref(), Some("c"));
        assert_eq!(file(json!({ "c": seeing })), None);
    }
}
