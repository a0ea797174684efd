//! What is to blame: for each policy a waterfall from all that was asked for, by root causes, to what is left, and how policies differ.

use super::Of;
use super::axis::Axis;
use super::compare::{plus_minus, replications};
use super::html::{Cell, Table, details, escape, plain};
use super::svg::{Margins, Plot, fitted, short, text_width};
use crate::plots::blame::{STEPS, axis_from};
use crate::plots::scale::{self, Scale};
use crate::tell::blame::chain;
use sim_core::measure::catalog::{describe, format_difference, format_value};
use sim_core::measure::summary::{Comparison, FAMILIES, Family, SIGNIFICANCE, Waterfall};

/// Causes of which differences are drawn.
const DIFFERENCES: usize = 10;
/// Patterns of causes.
const PARTS: usize = 8;
/// Height of a step.
const ROW: f64 = 22.0;
/// Width of a drawing, and of the figures at its right.
const WIDTH: f64 = 360.0;
const FIGURES: f64 = 62.0;

/// All families of which something was lost, those that are counted in units of their own each under a heading.
pub fn html(of: &Of<'_>) -> String {
    let families: String =
        FAMILIES.iter().filter(|family| family.is_in(of.variation)).map(|it| family_html(of, it)).collect();
    if families.is_empty() {
        return families;
    }
    format!(
        "<p>What is lost is charged to exactly one root cause each: what began the outage (the boot after it included), a full queue, heat, and so on. \
         The causes of a policy add up to all that it lost.{}</p>\n{families}",
        if of.variation.policies.len() > 1 && replications(of) > 1 {
            " Differences are paired by replication: left of zero, less was lost. Lines are 95 % intervals, not adjusted; filled is what is told apart, adjusted p ≤ 0.05 (Holm over all pairs and causes)."
        } else {
            ""
        }
    )
}

fn family_html(of: &Of<'_>, family: &Family) -> String {
    let causes = family.causes(of.variation);
    let falls: Vec<(&str, Waterfall<'_>)> = of
        .variation
        .policies
        .iter()
        .filter_map(|(name, policy)| Some((name.as_str(), Waterfall::of(policy, family)?)))
        .collect();
    let range = Range::of(family, &falls);
    let figures: String =
        falls.iter().map(|(name, fall)| figure(family, &causes, &range, name, fall)).collect();
    let cut = if range.low > 0.0 {
        format!(
            "<p class=\"note\">The axes of all policies are the same, and begin at {}, not at zero, so that what was lost can be seen.</p>\n",
            escape(&format_value(family.sum, range.low))
        )
    } else {
        "<p class=\"note\">The axes of all policies are the same.</p>\n".to_owned()
    };
    let heading = capital(family.heading);
    format!(
        "<div class=\"family\"><h3>{}</h3>\n<div class=\"grid\">\n{figures}</div>\n{cut}{}{}{}</div>\n",
        escape(&heading),
        chains(of, family),
        differences(of, family, &causes),
        details(&format!("{heading}: figures"), false, &table(of, family, &causes)),
    )
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

/// The axis that the waterfalls of all policies share.
struct Range {
    low: f64,
    high: f64,
    scale: Scale,
}

impl Range {
    /// From somewhat below the least that is left, or from zero where that shows enough.
    fn of(family: &Family, falls: &[(&str, Waterfall<'_>)]) -> Self {
        let high = falls.iter().map(|(_, fall)| fall.all).fold(0.0, f64::max);
        let left = falls.iter().map(|(_, fall)| fall.left).fold(high, f64::min);
        let low = axis_from(left, high);
        Self { low, high, scale: scale::of(family.sum, high) }
    }
}

/// What one row of a waterfall shows.
struct Row {
    name: String,
    from: f64,
    to: f64,
    class: String,
    figure: String,
    title: String,
}

fn rows(family: &Family, causes: &[&str], policy: &str, fall: &Waterfall<'_>) -> Vec<Row> {
    let whole = |name: &str, size: f64| Row {
        name: name.to_owned(),
        from: 0.0,
        to: size,
        class: "whole".to_owned(),
        figure: format_value(family.sum, size),
        title: format!("{policy}: {name}, {}", format_value(family.sum, size)),
    };
    let share = |lost: f64| if fall.lost > 0.0 { 100.0 * lost / fall.lost } else { 0.0 };
    let mut rows = vec![whole(family.all, fall.all)];
    let mut at = fall.all;
    let (gravest, others) = fall.gravest(STEPS);
    for step in gravest {
        let lost = step.lost.mean;
        let place = causes.iter().position(|metric| *metric == step.metric).unwrap_or(0);
        rows.push(Row {
            name: step.cause.replace('_', " "),
            from: at - lost,
            to: at,
            class: format!("s{}", place % PARTS),
            figure: format!("−{}", format_value(step.metric, lost)),
            title: format!(
                "{policy}: lost to {}, {} ({:.1} % of what was lost)",
                step.cause,
                plus_minus(step.metric, step.lost),
                share(lost)
            ),
        });
        at -= lost;
    }
    if let Some((count, lost)) = others {
        let value = format_value(family.sum, lost);
        rows.push(Row {
            name: format!("{count} others"),
            from: at - lost,
            to: at,
            class: "whole".to_owned(),
            figure: format!("−{value}"),
            title: format!(
                "{policy}: lost to {count} other causes, {value} ({:.1} % of what was lost)",
                share(lost)
            ),
        });
    }
    rows.push(whole(family.left, fall.left));
    rows
}

fn figure(family: &Family, causes: &[&str], range: &Range, policy: &str, fall: &Waterfall<'_>) -> String {
    let rows = rows(family, causes, policy, fall);
    let widest = rows.iter().map(|row| text_width(&row.name)).fold(40.0, f64::max).min(112.0);
    let margins = Margins { left: widest + 10.0, right: FIGURES, top: 4.0, bottom: 40.0 };
    let unit = if range.scale.unit == "1" {
        family.heading.split(' ').next().unwrap_or_default()
    } else {
        range.scale.unit
    };
    let factor = range.scale.factor;
    let x = Axis::linear(unit, range.low * factor, range.high * factor, 3);
    let y = Axis::linear("", 0.0, rows.len() as f64, 1).with_ticks(Vec::new());
    let mut plot = Plot::new((WIDTH, 44.0 + ROW * rows.len() as f64), margins, x, y);
    for (index, row) in rows.iter().enumerate() {
        let y = plot.up(rows.len() as f64 - index as f64 - 0.5);
        let (left, right) = (plot.across(row.from * factor), plot.across(row.to * factor));
        plot.text((widest + 3.0, y + 4.0), "end", "", &fitted(&row.name, widest + 6.0));
        plot.text((WIDTH - FIGURES + 5.0, y + 4.0), "start", "small", &row.figure);
        if index + 1 < rows.len() {
            // Where the next row begins.
            let x = if row.class == "whole" && index == 0 { right } else { left };
            plot.push(&format!(
                "<path class=\"front\" d=\"M{} {}v{}\"/>",
                short(x),
                short(y + 7.0),
                short(ROW - 14.0)
            ));
        }
        let bar = format!(
            "<rect class=\"hit\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\"/>",
            short(widest + 10.0),
            short(y - ROW / 2.0),
            short(WIDTH - FIGURES - widest - 10.0),
            short(ROW),
            short(left),
            short(y - 7.0),
            short((right - left).max(1.6))
        );
        plot.mark(&format!("part {}", row.class), &row.title, &bar);
    }
    plot.figure(
        policy,
        &format!("{policy}: {} by root cause, from {} to {}", family.heading, family.all, family.left),
        "",
    )
}

/// What happened along the chains from causes to failures, of requests.
fn chains(of: &Of<'_>, family: &Family) -> String {
    if family.sum != FAMILIES[0].sum {
        return String::new();
    }
    let said = |(_, policy): (_, &str)| {
        let sentence = chain(|name| of.metric(policy, name).map(|it| it.mean))?;
        Some(format!("<li><b>{}</b>: {}</li>\n", escape(policy), escape(&sentence)))
    };
    let list: String = of.policies().filter_map(said).collect();
    if list.is_empty() { list } else { format!("<ul class=\"plain\">\n{list}</ul>\n") }
}

/// Policies of which each can be the reference, one at a time.
fn differences(of: &Of<'_>, family: &Family, causes: &[&str]) -> String {
    let names: Vec<&str> = of.policies().map(|(_, name)| name).collect();
    if names.len() < 2 {
        return String::new();
    }
    let references = if names.len() == 2 { 1 } else { names.len().min(6) };
    let metrics: Vec<&str> =
        std::iter::once(family.sum).chain(causes.iter().copied().take(DIFFERENCES)).collect();
    let against = |reference: &&str| -> String {
        let others = names.iter().filter(|name| *name != reference);
        others.filter_map(|other| difference(of, &metrics, family, (other, reference))).collect()
    };
    let plots: Vec<String> = names.iter().take(references).map(against).collect();
    if plots.iter().all(String::is_empty) {
        return "<p>Every policy lost the same to each cause.</p>\n".to_owned();
    }
    let mut html = String::new();
    if references > 1 {
        let options: String = names
            .iter()
            .enumerate()
            .take(references)
            .map(|(index, name)| format!("<option value=\"{index}\">{}</option>", escape(name)))
            .collect();
        html += &format!(
            "<p class=\"choose\" hidden><label>Differences to <select class=\"reference\">{options}</select></label></p>\n"
        );
    }
    for (index, plots) in plots.iter().enumerate() {
        let plots = if plots.is_empty() {
            "<p>Every other policy lost the same to each cause.</p>\n".to_owned()
        } else {
            format!("<div class=\"grid\">\n{plots}</div>\n")
        };
        html += &format!("<div class=\"reference\" data-r=\"{index}\">\n{plots}</div>\n");
    }
    html
}

/// One policy minus another, cause by cause.
struct Against<'a> {
    cause: &'a str,
    metric: &'a str,
    difference: f64,
    interval: Option<[f64; 2]>,
    comparison: &'a Comparison,
}

fn against<'a>(of: &Of<'a>, metrics: &[&'a str], family: &Family, pair: (&str, &str)) -> Vec<Against<'a>> {
    let comparisons: &'a [Comparison] = &of.variation.comparisons;
    let one = |metric: &&'a str| {
        let cause = family.cause(metric).unwrap_or("all causes");
        comparisons.iter().filter(|it| it.metric == **metric).find_map(|it| {
            let (difference, interval) = match (it.a.as_str(), it.b.as_str()) {
                it_is if it_is == pair => (it.difference, it.ci95),
                (a, b) if (b, a) == pair => (-it.difference, it.ci95.map(|[low, high]| [-high, -low])),
                _ => return None,
            };
            Some(Against { cause, metric, difference, interval, comparison: it })
        })
    };
    metrics.iter().filter_map(one).filter(|it| !it.comparison.is_same()).collect()
}

fn difference(of: &Of<'_>, metrics: &[&str], family: &Family, pair: (&str, &str)) -> Option<String> {
    let rows = against(of, metrics, family, pair);
    if rows.is_empty() {
        return None;
    }
    let look = of.policies().find(|(_, name)| *name == pair.0).map(|(look, _)| look)?;
    let ends = || rows.iter().flat_map(|row| row.interval.unwrap_or([row.difference; 2]));
    let (low, high) = ends().fold((0.0, 0.0), |(a, b): (f64, f64), end| (a.min(end), b.max(end)));
    let scale = scale::of(family.sum, low.abs().max(high.abs()));
    let room = (high - low) * 0.06;
    let unit = match scale.unit {
        "%" => "percentage points",
        "1" => family.heading.split(' ').next().unwrap_or_default(),
        unit => unit,
    };
    let named = |row: &Against<'_>| row.cause.replace('_', " ");
    let widest = rows.iter().map(|row| text_width(&named(row))).fold(40.0, f64::max).min(112.0);
    let margins = Margins { left: widest + 12.0, right: 12.0, top: 6.0, bottom: 40.0 };
    let x = Axis::linear(unit, (low - room) * scale.factor, (high + room) * scale.factor, 4);
    let y = Axis::linear("", 0.0, rows.len() as f64, 1).with_ticks(Vec::new());
    let mut plot = Plot::new((WIDTH, 46.0 + ROW * rows.len() as f64), margins, x, y);
    plot.vertical(0.0, "zero");
    for (index, row) in rows.iter().enumerate() {
        let y = plot.up(rows.len() as f64 - index as f64 - 0.5);
        plot.text((widest + 4.0, y + 4.0), "end", "", &fitted(&named(row), widest + 6.0));
        let apart = row.comparison.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE);
        let title = format!(
            "{} minus {}: {} {}",
            pair.0,
            pair.1,
            row.cause,
            format_difference(row.metric, row.difference, row.interval)
        );
        let scaled = row.interval.map(|ends| ends.map(|end| end * scale.factor));
        plot.across_interval(look, y, row.difference * scale.factor, scaled, apart, &title);
    }
    let heading = format!("{} minus {}", pair.0, pair.1);
    Some(plot.figure(
        &heading,
        &format!("{heading}: {} by root cause, with 95 % intervals", family.heading),
        "",
    ))
}

/// Causes and policies, with intervals and shares.
fn table(of: &Of<'_>, family: &Family, causes: &[&str]) -> String {
    let all = |policy: &str| of.metric(policy, family.sum).map_or(0.0, |all| all.mean);
    let row = |metric: &str| {
        let name = family.cause(metric).unwrap_or("all causes");
        let meaning = describe(metric).unwrap_or_default();
        let first = Cell::html(format!("<span title=\"{}\">{}</span>", plain(&meaning), escape(name)));
        let cell = |(_, policy): (_, &str)| {
            of.metric(policy, metric).map_or_else(Cell::none, |it| {
                if it.mean == 0.0 {
                    return Cell::number(&format_value(metric, 0.0), 0.0);
                }
                let all = all(policy);
                let share =
                    if all > 0.0 { format!(" ({:.0} %)", 100.0 * it.mean / all) } else { String::new() };
                Cell::number(&format!("{}{share}", plus_minus(metric, it)), it.mean)
            })
        };
        std::iter::once(first).chain(of.policies().map(cell)).collect::<Vec<_>>()
    };
    let head = std::iter::once("root cause".to_owned()).chain(of.policies().map(|(_, name)| escape(name)));
    let rows = causes.iter().copied().chain([family.sum]).map(row).collect();
    Table::new(format!("{}, by root cause", capital(family.heading)), head.collect(), rows).html()
}
