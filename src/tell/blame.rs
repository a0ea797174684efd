//! What requests failed or were late for, by root cause: the waterfall of each policy, and how the others differ from the first.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use sim_core::measure::catalog::{format_difference, format_plus_minus};
use sim_core::measure::stats::Estimate;
use sim_core::measure::summary::{MetricSummary, Summary, VariationSummary};
use std::io::{self, Write};

/// Sum of all causes.
const ALL: &str = "blame.requests";

/// Prints a table for each variation of a scenario that asks for causes.
pub fn print(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    for variation in &summary.variations {
        if variation.policies.values().all(|policy| !policy.metrics.contains_key(ALL)) {
            continue;
        }
        writeln!(out, "requests that failed or were late, by root cause\n{}", waterfall(variation))?;
        for (policy, results) in &variation.policies {
            if let Some(sentence) = chain(|name| results.metrics.get(name).map(|it| it.mean)) {
                writeln!(out, "- {policy}: {sentence}")?;
            }
        }
        let differences = differences(variation);
        if !differences.is_empty() {
            writeln!(out, "differences, paired by replication\n{differences}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Causes of at least one policy, the gravest of all policies together first, then their sum.
fn causes(variation: &VariationSummary) -> Vec<&str> {
    let mut causes: Vec<(&str, f64)> = Vec::new();
    for (name, summary) in variation.policies.values().flat_map(|policy| &policy.metrics) {
        if name.strip_prefix(ALL).is_none_or(|rest| !rest.starts_with('.')) || summary.mean == 0.0 {
            continue;
        }
        match causes.iter_mut().find(|(known, _)| known == name) {
            Some((_, sum)) => *sum += summary.mean,
            None => causes.push((name, summary.mean)),
        }
    }
    causes.sort_by(|a, b| b.1.total_cmp(&a.1));
    causes.into_iter().map(|(name, _)| name).chain([ALL]).collect()
}

/// The name of a cause alone.
fn short(metric: &str) -> &str {
    metric.strip_prefix(ALL).and_then(|rest| rest.strip_prefix('.')).unwrap_or("all")
}

fn waterfall(variation: &VariationSummary) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header([""].into_iter().chain(variation.policies.keys().map(String::as_str)));
    for metric in causes(variation) {
        let cells = variation.policies.values().map(|policy| {
            let all = policy.metrics.get(ALL).map_or(0.0, |all| all.mean);
            policy.metrics.get(metric).map_or_else(|| "–".to_owned(), |it| cell(metric, it, all))
        });
        table.add_row(std::iter::once(short(metric).to_owned()).chain(cells));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// "120 ± 14 (31 %)".
fn cell(metric: &str, summary: &MetricSummary, all: f64) -> String {
    let estimate = Estimate { n: summary.n, mean: summary.mean, sd: summary.sd, ci95: summary.ci95 };
    let value = format_plus_minus(metric, summary.mean, estimate.half_width());
    if all > 0.0 { format!("{value} ({:.0} %)", 100.0 * summary.mean / all) } else { value }
}

/// What happened along the chains from causes to failures.
fn chain(mean: impl Fn(&str) -> Option<f64>) -> Option<String> {
    let all = mean(ALL).filter(|all| *all > 0.0)?;
    let share = |name: &str| mean(name).map(|it| 100.0 * it / all);
    let silence = mean("blame.undetected_for.mean");
    let undetected = share("blame.undetected")?;
    let silence = silence.map_or_else(String::new, |seconds| {
        format!(" for {} on average", super::numbers::simulated(seconds))
    });
    let late = share("blame.rescued_late")?;
    Some(format!(
        "{undetected:.0} % began with an attempt that was sent to a node already down, unnoticed{silence}; {late:.0} % were rescued, but too late"
    ))
}

/// By how much each other policy differs from the first one, where it does.
fn differences(variation: &VariationSummary) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    let Some(first) = variation.policies.keys().next() else { return table };
    let others: Vec<&String> = variation.policies.keys().skip(1).collect();
    table.set_header(
        [String::new()].into_iter().chain(others.iter().map(|other| format!("{other} minus {first}"))),
    );
    for metric in causes(variation) {
        let cells: Vec<String> = others
            .iter()
            .map(|other| {
                let found = variation
                    .comparisons
                    .iter()
                    .find(|it| it.metric == metric && it.a == *first && it.b == **other && !it.is_same());
                found.map_or_else(String::new, |it| {
                    let interval = it.ci95.map(|[low, high]| [-high, -low]);
                    format_difference(metric, -it.difference, interval)
                })
            })
            .collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            table.add_row(std::iter::once(short(metric).to_owned()).chain(cells));
        }
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
