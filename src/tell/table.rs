//! The comparison on standard output: headline metrics with their intervals, then what they say in words.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use indexmap::IndexMap;
use serde_json::Value;
use sim_core::measure::catalog;
use sim_core::measure::interval::Interval;
use sim_core::measure::stats::Estimate;
use sim_core::measure::summary::{MetricSummary, Ranking, Summary, VariationSummary, verdict};
use std::io::{self, Write};

/// Policies beside each other in one table; more of them make more tables.
const ABREAST: usize = 5;

/// Prints the tables and the verdict of all variations.
pub fn print(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let sentences = verdict(summary);
    for (index, variation) in summary.variations.iter().enumerate() {
        if !variation.values.is_empty() {
            writeln!(out, "{}: {}", summary.scenario, values(&variation.values))?;
        }
        for table in tables(variation) {
            writeln!(out, "{table}")?;
        }
        let said = || sentences.iter().filter(|sentence| sentence.variation == index);
        for sentence in said() {
            writeln!(out, "- {}", sentence.text)?;
        }
        if said().next().is_some() {
            writeln!(out)?;
        }
        groups(out, variation)?;
    }
    Ok(())
}

/// Prints the tables alone.
pub fn print_tables(out: &mut impl Write, variation: &VariationSummary) -> io::Result<()> {
    tables(variation).iter().try_for_each(|table| writeln!(out, "{table}"))
}

/// Prints by how much policy `pair[1]` differs from `pair[0]` on the headline metrics, paired by replication.
pub fn print_differences(
    out: &mut impl Write,
    variation: &VariationSummary,
    pair: [&str; 2],
) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["", "difference, with its 95 % interval", "p, adjusted"]);
    for it in variation.comparisons.iter().filter(|it| it.a == pair[0] && it.b == pair[1] && !it.is_same()) {
        // Comparisons state the first minus the second.
        let interval = it.ci95.map(|[low, high]| [-high, -low]);
        let p = it.p_adjusted.map_or_else(
            || "–".to_owned(),
            |p| {
                if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
            },
        );
        table.add_row([
            it.metric.clone(),
            catalog::format_difference(&it.metric, -it.difference, interval),
            p,
        ]);
    }
    if table.is_empty() {
        return writeln!(out, "{} and {} do the same on all of these", pair[0], pair[1]);
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    writeln!(out, "{} minus {}, paired by replication\n{table}", pair[1], pair[0])
}

/// Of three policies and more, the groups that are statistically apart.
fn groups(out: &mut impl Write, variation: &VariationSummary) -> io::Result<()> {
    if variation.policies.len() < 3 || !variation.ranking.values().any(Ranking::tells_apart) {
        return Ok(());
    }
    writeln!(out, "groups, from the best mean on: policies that share a letter are not told apart")?;
    for (metric, ranking) in variation.ranking.iter().filter(|(_, ranking)| ranking.tells_apart()) {
        let named: Vec<String> =
            ranking.0.iter().map(|(name, letters)| format!("{name} {letters}")).collect();
        writeln!(out, "- {metric}: {}", named.join(", "))?;
    }
    writeln!(out)
}

/// What a variation sets, as `/fleet/0/sites = 200, …`.
pub fn values(values: &IndexMap<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values
        .iter()
        .map(|(pointer, value)| format!("{pointer} = {}", text(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The headline metrics of a variation, with policies side by side.
fn tables(variation: &VariationSummary) -> Vec<Table> {
    let policies: Vec<&String> = variation.policies.keys().collect();
    let metrics = metrics(variation);
    let table = |policies: &[&String]| {
        let mut table = Table::new();
        table.load_style(UTF8_BORDERS_ONLY);
        table.set_header([""].into_iter().chain(policies.iter().map(|name| name.as_str())));
        for metric in &metrics {
            let cells =
                policies.iter().map(|policy| match variation.policies[*policy].metrics.get(*metric) {
                    Some(summary) => cell(metric, summary),
                    None => "–".to_owned(),
                });
            table.add_row(std::iter::once((*metric).to_owned()).chain(cells));
        }
        table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        table
    };
    policies.chunks(ABREAST).map(table).collect()
}

/// What is shown besides where rare events were estimated.
const RARE: [&str; 2] = ["objects.durability_nines", "outages.nines"];

/// Headline metrics that some policy has a value for, and what was estimated of rare events; what is zero for all policies is left out.
fn metrics(variation: &VariationSummary) -> Vec<&str> {
    let rare = variation.policies.values().any(|policy| policy.metrics.contains_key("rare.effort"));
    let shown = |name: &str| catalog::is_headline(name) || (rare && RARE.contains(&name));
    let mut names: Vec<&str> = Vec::new();
    for (name, summary) in variation.policies.values().flat_map(|policy| &policy.metrics) {
        if shown(name) && summary.mean != 0.0 && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort_by(|a, b| catalog::sort_key(a).cmp(&catalog::sort_key(b)));
    names
}

fn cell(metric: &str, summary: &MetricSummary) -> String {
    // An exact interval is on one side where nothing was seen; it stands in the file.
    let ci95 = if summary.interval == Interval::Exact && summary.sd == Some(0.0) {
        Some([summary.mean; 2])
    } else {
        summary.ci95
    };
    let estimate = Estimate { n: summary.n, mean: summary.mean, sd: summary.sd, ci95 };
    catalog::format_plus_minus(metric, summary.mean, estimate.half_width())
}
