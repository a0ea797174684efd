//! Which service level objectives of a scenario were missed.

use super::table;
use indexmap::IndexMap;
use serde_json::Value;
use sim_core::measure::catalog::{format_value, of_workload};
use sim_core::measure::summary::{MetricSummary, Summary};
use sim_core::scenario::{Plan, Slo, duration};

/// A sentence for every objective that a policy missed, on the mean over replications.
pub fn missed(plan: &Plan, summary: &Summary) -> Vec<String> {
    let mut sentences = Vec::new();
    for (variation, judged) in plan.variations.iter().zip(&summary.variations) {
        for (workload, slo) in &variation.scenario.slo {
            for (policy, results) in &judged.policies {
                for miss in misses(workload, slo, &results.metrics) {
                    let place = if judged.values.is_empty() {
                        String::new()
                    } else {
                        format!(" ({})", table::values(&judged.values))
                    };
                    sentences.push(format!("policy {policy}, workload {workload}{place}: {miss}"));
                }
            }
        }
    }
    sentences
}

/// What a policy missed of an objective in the form of a resolved scenario.
pub fn misses_of(workload: &str, slo: &Value, metrics: &IndexMap<String, MetricSummary>) -> Vec<String> {
    let quantile = |name: &str| format!("0.{}", name.trim_start_matches('p')).parse::<f64>().ok();
    let bound =
        |(name, greatest): (&String, &Value)| Some((quantile(name)?, duration(greatest.as_str()?).ok()?));
    let latency = slo["latency"].as_object().into_iter().flatten().filter_map(bound).collect();
    misses(workload, &Slo { success: slo["success"].as_f64(), latency, window: None }, metrics)
}

fn misses(workload: &str, slo: &Slo, metrics: &IndexMap<String, MetricSummary>) -> Vec<String> {
    let mut misses = Vec::new();
    if let Some(least) = slo.success {
        misses.extend(miss(workload, "requests.success_ratio", metrics, "at least", least, |value| {
            value >= least
        }));
    }
    for (quantile, greatest) in &slo.latency {
        let name = format!("requests.latency.{}", percentile(*quantile));
        let bound = greatest.as_secs_f64();
        misses.extend(miss(workload, &name, metrics, "at most", bound, |value| value <= bound));
    }
    misses
}

/// What is wrong with a metric, if it breaks its bound or has no value.
fn miss(
    workload: &str,
    plain: &str,
    metrics: &IndexMap<String, MetricSummary>,
    relation: &str,
    bound: f64,
    keeps: impl Fn(f64) -> bool,
) -> Option<String> {
    let own = of_workload(plain, workload);
    let wanted = format!("the objective is {relation} {}", format_value(plain, bound));
    match metrics.get(&own).or_else(|| metrics.get(plain)).map(|summary| summary.mean) {
        Some(value) if keeps(value) => None,
        Some(value) => Some(format!("{plain} is {}, {wanted}", format_value(plain, value))),
        None => Some(format!("{plain} has no value, {wanted}")),
    }
}

/// The name of a quantile: 0.99 is `p99`, 0.999 is `p999`.
fn percentile(quantile: f64) -> String {
    let digits = format!("{quantile:.6}");
    let digits = digits.trim_start_matches("0.").trim_end_matches('0');
    if digits.len() == 1 { format!("p{digits}0") } else { format!("p{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::kernel::SimDuration;

    fn metrics(success: f64, p99: f64) -> IndexMap<String, MetricSummary> {
        let summary = |mean, unit: &str| MetricSummary {
            mean,
            n: 1,
            unit: unit.to_owned(),
            ..MetricSummary::default()
        };
        IndexMap::from([
            ("requests.success_ratio".to_owned(), summary(success, "1")),
            ("requests[web].latency.p99".to_owned(), summary(p99, "s")),
        ])
    }

    #[test]
    fn objectives_are_judged_by_workload_or_else_in_total() {
        let slo = Slo { success: Some(0.99), latency: vec![(0.99, SimDuration::from_secs(1))], window: None };
        assert!(misses("web", &slo, &metrics(0.995, 0.9)).is_empty());
        let both = misses("web", &slo, &metrics(0.98, 1.5));
        assert_eq!(both.len(), 2);
        assert!(both[0].contains("98") && both[0].contains("at least 99"), "{both:?}");
        assert!(misses("other", &slo, &metrics(0.995, 0.9))[0].contains("no value"));
    }

    #[test]
    fn quantiles_have_the_names_of_their_metrics() {
        assert_eq!([0.5, 0.9, 0.95, 0.99, 0.999].map(percentile), ["p50", "p90", "p95", "p99", "p999"]);
    }
}
