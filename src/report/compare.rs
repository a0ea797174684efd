//! The comparison: a row for each policy, a column for each headline metric, every number with its interval.

use super::Of;
use super::html::{Cell, Table, details, escape};
use super::label;
use super::look::Look;
use super::svg::short;
use sim_core::measure::catalog::{self, split};
use sim_core::measure::stats::Estimate;
use sim_core::measure::summary::{Finding, MetricSummary, Sentence};

/// The table of totals, then one for each workload.
pub fn html(of: &Of<'_>) -> String {
    let names: Vec<&str> = of.names().into_iter().filter(|name| matters(of, name)).collect();
    let mut workloads: Vec<Option<&str>> = names.iter().map(|name| split(name).1).collect();
    workloads.sort();
    workloads.dedup();
    let mut html = String::new();
    for workload in workloads {
        let metrics: Vec<&str> = names.iter().copied().filter(|name| split(name).1 == workload).collect();
        let rows = of.policies().map(|(look, policy)| row(of, look, policy, &metrics)).collect();
        let head = std::iter::once("policy".to_owned()).chain(metrics.iter().map(|it| label::both(it)));
        let caption = match workload {
            None => caption(of),
            Some(workload) => format!("Workload {workload}"),
        };
        let table = Table::new(caption, head.collect(), rows).html();
        html += &match workload {
            None => table,
            Some(workload) => details(&format!("Workload {workload}"), false, &table),
        };
    }
    if html.is_empty() {
        return html;
    }
    html + "<p class=\"note\">★ best, ≈ not told apart from the best, ▼ worse beyond noise (adjusted p ≤ 0.05). The small lines show the means and intervals of a column on one scale. Headings sort.</p>\n"
}

fn caption(of: &Of<'_>) -> String {
    match replications(of) {
        1 => "One replication, so without intervals".to_owned(),
        n => format!("Means over {n} replications ± half of the 95 % interval"),
    }
}

/// Replications of the policy that has most.
pub fn replications(of: &Of<'_>) -> u64 {
    of.variation.policies.values().flat_map(|it| it.metrics.values()).map(|it| it.n).max().unwrap_or(0)
}

/// Whether a headline metric has a value other than zero.
fn matters(of: &Of<'_>, name: &str) -> bool {
    let values = || of.policies().filter_map(|(_, policy)| of.metric(policy, name));
    catalog::is_headline(name) && values().any(|summary| summary.mean != 0.0)
}

fn row(of: &Of<'_>, look: Look, policy: &str, metrics: &[&str]) -> Vec<Cell> {
    let name = Cell::html(format!("{} {}", look.sample(), escape(policy)));
    let cell = |metric: &&str| {
        let Some(summary) = of.metric(policy, metric) else { return Cell::none() };
        let sentence = of.sentences.iter().find(|it| it.metric == *metric);
        let (sign, class) = sentence.map_or(("", "n"), |it| standing(it, policy));
        Cell {
            html: format!(
                "{} {sign}{}",
                escape(&plus_minus(metric, summary)),
                bar(of, look, metric, summary)
            ),
            key: Some(summary.mean),
            class,
        }
    };
    std::iter::once(name).chain(metrics.iter().map(cell)).collect()
}

/// Mean ± half of the interval.
pub fn plus_minus(metric: &str, summary: &MetricSummary) -> String {
    let estimate = Estimate { n: summary.n, mean: summary.mean, sd: summary.sd, ci95: summary.ci95 };
    catalog::format_plus_minus(metric, summary.mean, estimate.half_width())
}

/// How a policy stands on a metric: its sign, and the class of its cell.
fn standing(sentence: &Sentence, policy: &str) -> (&'static str, &'static str) {
    match sentence.finding {
        Finding::Unknown | Finding::Same => ("", "n"),
        Finding::Noise => ("<abbr title=\"not told apart\">≈</abbr>", "n"),
        Finding::Difference if sentence.best == policy => ("<abbr title=\"best\">★</abbr>", "n best"),
        Finding::Difference if sentence.tied.iter().any(|name| name == policy) => {
            ("<abbr title=\"not told apart from the best\">≈</abbr>", "n")
        }
        Finding::Difference => ("<abbr title=\"worse beyond noise\">▼</abbr>", "n worse"),
    }
}

/// Mean and interval on a scale that all policies share.
fn bar(of: &Of<'_>, look: Look, metric: &str, summary: &MetricSummary) -> String {
    const WIDTH: f64 = 88.0;
    let ends = |it: &MetricSummary| it.ci95.unwrap_or([it.mean; 2]);
    let all = || of.policies().filter_map(|(_, policy)| of.metric(policy, metric)).map(ends);
    let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), [x, y]| (a.min(x), b.max(y)));
    if high <= low {
        return String::new();
    }
    let at = |value: f64| 5.0 + (value - low) / (high - low) * (WIDTH - 10.0);
    let [from, to] = ends(summary);
    format!(
        "<svg class=\"mini {}\" viewBox=\"0 0 {WIDTH} 10\" aria-hidden=\"true\"><path class=\"grid\" d=\"M0 5H{WIDTH}\"/><path class=\"bar\" d=\"M{} 5H{}\"/>{}</svg>",
        look.class(),
        short(at(from)),
        short(at(to)),
        look.shape(at(summary.mean), 5.0, 3.4, true)
    )
}
