//! Paired differences: a forest plot against a reference, and all pairs as a table.

use super::Of;
use super::axis::Axis;
use super::compare::replications;
use super::html::{Cell, Table, code, details, escape};
use super::label;
use super::look::Look;
use super::svg::{Margins, Plot, fitted, text_width};
use crate::plots::scale;
use sim_core::measure::catalog::{self, format_difference, split};
use sim_core::measure::summary::{Comparison, SIGNIFICANCE};

/// With more policies than this only the first one is a reference.
const REFERENCES: usize = 6;

/// The plots and the table.
pub fn html(of: &Of<'_>) -> String {
    let comparisons = &of.variation.comparisons;
    if comparisons.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = of.policies().map(|(_, name)| name).collect();
    let references = if names.len() <= REFERENCES { names.len() } else { 1 };
    let mut html = String::from(
        "<p>Both policies of a pair met the same weather, outages and arrivals, so what is common cancels. The interval of a difference is narrower than those of the means suggest.</p>\n",
    );
    if references > 1 && names.len() > 2 {
        let options: String = names
            .iter()
            .enumerate()
            .map(|(index, name)| format!("<option value=\"{index}\">{}</option>", escape(name)))
            .collect();
        html += &format!(
            "<p class=\"choose\" hidden><label>Reference <select class=\"reference\">{options}</select></label></p>\n"
        );
    }
    let shown = if names.len() == 2 { 1 } else { references };
    let mut differs = false;
    for (index, name) in names.iter().enumerate().take(shown) {
        let plots = plots(of, name);
        differs |= !plots.is_empty();
        let plots = if plots.is_empty() {
            "<p>The same as every other on all headline metrics.</p>\n".to_owned()
        } else {
            format!("<div class=\"grid\">\n{plots}</div>\n")
        };
        html += &format!(
            "<div class=\"reference\" data-r=\"{index}\"><h3>Against {}</h3>\n{plots}</div>\n",
            escape(name)
        );
    }
    if replications(of) > 1 && differs {
        html += "<p class=\"note\">Filled: told apart, adjusted p ≤ 0.05 (Holm over all pairs and headline metrics of the same area); hollow: not. Lines: 95 % intervals of the difference, not adjusted.</p>\n";
    }
    html + &details("All pairs as a table", false, &table(comparisons))
}

/// A plot for each headline metric in total on which something differs from the reference.
fn plots(of: &Of<'_>, reference: &str) -> String {
    let mut metrics: Vec<&str> = of.variation.comparisons.iter().map(|it| it.metric.as_str()).collect();
    metrics.dedup();
    metrics.retain(|metric| catalog::is_headline(metric) && split(metric).1.is_none());
    metrics.iter().filter_map(|metric| plot(of, metric, reference)).collect()
}

/// A policy minus the reference.
struct Row<'a> {
    look: Look,
    policy: &'a str,
    difference: f64,
    interval: Option<[f64; 2]>,
    comparison: &'a Comparison,
}

fn rows<'a>(of: &Of<'a>, metric: &str, reference: &str) -> Vec<Row<'a>> {
    let comparisons: &'a [Comparison] = &of.variation.comparisons;
    of.policies()
        .filter(|(_, policy)| *policy != reference)
        .filter_map(|(look, policy)| {
            let mut on_metric = comparisons.iter().filter(|it| it.metric == metric);
            on_metric.find_map(|it| match (it.a.as_str(), it.b.as_str()) {
                (a, b) if a == policy && b == reference => {
                    Some(Row { look, policy, difference: it.difference, interval: it.ci95, comparison: it })
                }
                (a, b) if a == reference && b == policy => Some(Row {
                    look,
                    policy,
                    difference: -it.difference,
                    interval: it.ci95.map(|[low, high]| [-high, -low]),
                    comparison: it,
                }),
                _ => None,
            })
        })
        .collect()
}

fn plot(of: &Of<'_>, metric: &str, reference: &str) -> Option<String> {
    let rows = rows(of, metric, reference);
    if rows.is_empty() || rows.iter().all(|row| row.comparison.is_same()) {
        return None;
    }
    let ends = || rows.iter().flat_map(|row| row.interval.unwrap_or([row.difference; 2]));
    let (low, high) = ends().fold((0.0, 0.0), |(a, b): (f64, f64), end| (a.min(end), b.max(end)));
    let scale = scale::of(metric, low.abs().max(high.abs()));
    let unit = if scale.unit == "%" { "percentage points" } else { scale.unit };
    let unit = if unit == "1" || unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let room = (high - low) * 0.06;
    let (low, high) = ((low - room) * scale.factor, (high + room) * scale.factor);
    let widest = rows.iter().map(|row| text_width(row.policy)).fold(40.0, f64::max).min(122.0);
    let margins = Margins { left: widest + 12.0, right: 12.0, top: 8.0, bottom: 40.0 };
    let height = 48.0 + 24.0 * rows.len() as f64;
    let x = Axis::linear(format!("difference{unit}"), low, high, 4);
    let y = Axis::linear("", 0.0, rows.len() as f64, 1).with_ticks(Vec::new());
    let mut plot = Plot::new((360.0, height), margins, x, y);
    plot.vertical(0.0, "zero");
    for (index, row) in rows.iter().enumerate() {
        let y = plot.up(rows.len() as f64 - index as f64 - 0.5);
        plot.text((widest + 4.0, y + 4.0), "end", "", &fitted(row.policy, widest + 6.0));
        let apart = row.comparison.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE);
        let size = format_difference(metric, row.difference, row.interval);
        let title = format!("{} minus {reference}: {size}{}", row.policy, significance(row.comparison));
        let scaled = row.interval.map(|ends| ends.map(|end| end * scale.factor));
        plot.across_interval(row.look, y, row.difference * scale.factor, scaled, apart, &title);
    }
    let heading = format!("{}: {}", label::short(metric), label::better(metric));
    Some(plot.figure(
        heading.trim_end_matches(": "),
        &format!("{}: differences to {reference} with 95 % intervals", label::short(metric)),
        "",
    ))
}

fn significance(comparison: &Comparison) -> String {
    match comparison.p_adjusted {
        None => format!(", n = {}", comparison.n),
        Some(p) => format!(", adjusted p {}, n = {}", p_value(p), comparison.n),
    }
}

fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
}

fn table(comparisons: &[Comparison]) -> String {
    let rows = comparisons.iter().map(|it| {
        let p = |p: Option<f64>| {
            p.map_or_else(Cell::none, |p| Cell::number(p_value(p).trim_start_matches("= "), p))
        };
        vec![
            Cell::html(code(&it.metric)),
            Cell::text(&it.a),
            Cell::text(&it.b),
            Cell::number(&format_difference(&it.metric, it.difference, it.ci95), it.difference),
            p(it.p),
            p(it.p_adjusted),
            Cell::number(&it.n.to_string(), it.n as f64),
            Cell::text(better_of(it)),
        ]
    });
    let head = ["metric", "a", "b", "a − b (95 % interval)", "p", "p, adjusted", "pairs", "better"];
    let mut table = Table::new(
        "a minus b, paired by replication; two-sided paired t test, adjusted after Holm within an area",
        head.map(str::to_owned).to_vec(),
        rows.collect(),
    );
    table.searched = true;
    table.html()
}

/// Which of the two is better beyond noise.
fn better_of(comparison: &Comparison) -> &str {
    if comparison.p_adjusted.is_none_or(|p| p > SIGNIFICANCE) {
        return "–";
    }
    match catalog::direction(&comparison.metric).prefers(comparison.difference, 0.0) {
        Some(true) => &comparison.a,
        Some(false) => &comparison.b,
        None => "–",
    }
}
