//! What was lost to which root cause: the waterfall of each policy, and how the others differ from the first.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use sim_core::measure::blame::Root;
use sim_core::measure::catalog::{format_difference, format_plus_minus, format_value};
use sim_core::measure::stats::Estimate;
use sim_core::measure::summary::{FAMILIES, Family, MetricSummary, Summary, VariationSummary};
use std::io::{self, Write};

/// Prints tables for each variation of a scenario that asks for causes.
pub fn print(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    for variation in &summary.variations {
        for family in FAMILIES.iter().filter(|family| family.is_in(variation)) {
            print_family(out, variation, family)?;
        }
    }
    Ok(())
}

fn print_family(out: &mut impl Write, variation: &VariationSummary, family: &Family) -> io::Result<()> {
    writeln!(out, "{}, by root cause\n{}", family.heading, waterfall(variation, family))?;
    if family.sum == FAMILIES[0].sum {
        for (policy, results) in &variation.policies {
            if let Some(sentence) = chain(|name| results.metrics.get(name).map(|it| it.mean)) {
                writeln!(out, "- {policy}: {sentence}")?;
            }
        }
    }
    let differences = differences(variation, family);
    if !differences.is_empty() {
        writeln!(out, "differences, paired by replication\n{differences}")?;
    }
    writeln!(out)
}

/// Causes of at least one policy, the gravest of all policies together first, then their sum.
fn causes<'a>(variation: &'a VariationSummary, family: &Family) -> Vec<&'a str> {
    family.causes(variation).into_iter().chain([family.sum]).collect()
}

/// The name of a cause alone.
fn short<'a>(metric: &'a str, family: &Family) -> &'a str {
    family.cause(metric).unwrap_or("all")
}

fn waterfall(variation: &VariationSummary, family: &Family) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header([""].into_iter().chain(variation.policies.keys().map(String::as_str)));
    for metric in causes(variation, family) {
        let cells = variation.policies.values().map(|policy| {
            let all = policy.metrics.get(family.sum).map_or(0.0, |all| all.mean);
            policy.metrics.get(metric).map_or_else(|| "–".to_owned(), |it| cell(metric, it, all))
        });
        table.add_row(std::iter::once(short(metric, family).to_owned()).chain(cells));
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// "120 ± 14 (31 %)".
fn cell(metric: &str, summary: &MetricSummary, all: f64) -> String {
    if summary.mean == 0.0 {
        return format_value(metric, 0.0);
    }
    let estimate = Estimate { n: summary.n, mean: summary.mean, sd: summary.sd, ci95: summary.ci95 };
    let value = format_plus_minus(metric, summary.mean, estimate.half_width());
    if all > 0.0 { format!("{value} ({:.0} %)", 100.0 * summary.mean / all) } else { value }
}

/// What happened along the chains from causes to failures, of requests.
pub fn chain(mean: impl Fn(&str) -> Option<f64>) -> Option<String> {
    let all = mean(FAMILIES[0].sum).filter(|all| *all > 0.0)?;
    let share = |name: &str| mean(name).map(|it| 100.0 * it / all);
    let silence = mean("blame.undetected_for.mean");
    let undetected = share("blame.undetected")?;
    let silence = silence.map_or_else(String::new, |seconds| {
        format!(" for {} on average", super::numbers::simulated(seconds))
    });
    let late = share("blame.rescued_late")?;
    let of_root = |root: Root| Some((root.name(), share(&format!("{}.{}", FAMILIES[0].sum, root.name()))?));
    let gravest =
        Root::of_requests().filter_map(of_root).reduce(|most, it| if it.1 > most.1 { it } else { most });
    let gravest =
        gravest.map_or_else(String::new, |(name, share)| format!("{share:.0} % go back to {name}; "));
    Some(format!(
        "{gravest}{undetected:.0} % began with an attempt that was sent to a node already down, unnoticed{silence}; {late:.0} % were rescued, but too late"
    ))
}

/// By how much each other policy differs from the first one, where it does.
fn differences(variation: &VariationSummary, family: &Family) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    let Some(first) = variation.policies.keys().next() else { return table };
    let others: Vec<&String> = variation.policies.keys().skip(1).collect();
    table.set_header(
        [String::new()].into_iter().chain(others.iter().map(|other| format!("{other} minus {first}"))),
    );
    for metric in causes(variation, family) {
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
            table.add_row(std::iter::once(short(metric, family).to_owned()).chain(cells));
        }
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}
