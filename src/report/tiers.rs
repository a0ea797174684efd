//! Availability against the classes of the Uptime Institute, on a scale of nines.
//!
//! Tier I 99.671 %, II 99.741 %, III 99.982 %, IV 99.995 %: the shares that are usually quoted for the classes. The institute
//! itself took them back in 2009, because a class is a topology and not a promise; they remain the yardstick of the trade.

use super::Of;
use super::axis::Axis;
use super::html::escape;
use super::label;
use super::svg::{Margins, Plot, fitted, text_width};
use sim_core::measure::catalog::format_with_interval;
use sim_core::measure::summary::MetricSummary;

const TIERS: [(f64, &str); 4] = [(0.99671, "I"), (0.99741, "II"), (0.99982, "III"), (0.99995, "IV")];
const MEASURES: [(&str, &str); 5] = [
    ("nodes.uptime", "Node-time up"),
    ("requests.success_ratio", "Requests answered in time"),
    ("objects.availability", "Time in which data can be read"),
    ("links.uptime", "Access links up"),
    ("nodes.quorum_met", "Time with enough nodes"),
];
const HOURS_A_YEAR: f64 = 8766.0;

/// A plot for each measure.
pub fn html(of: &Of<'_>) -> String {
    let plots: String = MEASURES.iter().filter_map(|(metric, heading)| plot(of, metric, heading)).collect();
    if plots.is_empty() {
        return plots;
    }
    format!(
        "<p>Against the Uptime Institute's classes as they are usually quoted: Tier I 99.671 % (28.8 h without a year), II 99.741 % (22.7 h), III 99.982 % (1.6 h), IV 99.995 % (26 min). \
         A policy is put into a class when the whole 95 % interval reaches it. Lines: 95 % intervals.</p>\n<div class=\"grid\">\n{plots}</div>\n\
         <p class=\"note\">The classes describe the power and cooling of a building. The institute itself withdrew the percentages in 2009; they remain what people compare with.</p>\n"
    )
}

/// The class that a share reaches.
fn tier(share: f64) -> &'static str {
    TIERS.iter().rev().find(|(least, _)| share >= *least).map_or("–", |(_, name)| name)
}

/// The class that a policy reaches with its whole interval; one replication has none, so it reaches nothing.
fn class(summary: &MetricSummary) -> &'static str {
    summary.ci95.map_or("–", |[low, _]| tier(low))
}

fn lower(summary: &MetricSummary) -> f64 {
    summary.ci95.map_or(summary.mean, |[low, _]| low)
}

fn plot(of: &Of<'_>, metric: &str, heading: &str) -> Option<String> {
    let all = of.metrics(metric)?;
    if metric == "links.uptime" && all.iter().flatten().all(|it| it.mean >= 1.0) {
        return None;
    }
    let least = all.iter().flatten().map(|it| lower(it)).fold(1.0, f64::min);
    let low = [0.9, 0.5, 0.0].into_iter().find(|low| least > *low).unwrap_or(0.0);
    let high = 0.999_995;
    let rows = all.len() as f64;
    let widest = of.policies().map(|(_, name)| text_width(name)).fold(40.0, f64::max).min(114.0);
    let margins = Margins { left: widest + 12.0, right: 42.0, top: 22.0, bottom: 40.0 };
    let y = Axis::linear("", 0.0, rows, 1).with_ticks(Vec::new());
    let mut plot = Plot::new(
        (360.0, 62.0 + 24.0 * rows),
        margins,
        Axis::nines("share of time or of requests (%), by nines", low, high),
        y,
    );
    for (share, name) in TIERS {
        plot.vertical(share, "tier");
        // The first two lie next to each other.
        let (shift, anchor) = match name {
            "I" => (-1.0, "end"),
            "II" => (1.0, "start"),
            _ => (0.0, "middle"),
        };
        plot.text((plot.across(share) + shift, 14.0), anchor, "small", name);
    }
    for ((index, (look, policy)), summary) in of.policies().enumerate().zip(&all) {
        let y = plot.up(rows - index as f64 - 0.5);
        plot.text((widest + 4.0, y + 4.0), "end", "", &fitted(policy, widest + 6.0));
        let Some(summary) = summary else { continue };
        let class = class(summary);
        let value = format_with_interval(metric, summary.mean, summary.ci95);
        let without = format_with_interval(
            "requests.latency.p99",
            (1.0 - summary.mean).max(0.0) * HOURS_A_YEAR * 3600.0,
            None,
        );
        let reached = if class == "–" { "below Tier I".to_owned() } else { format!("Tier {class}") };
        let title = format!("{policy}: {value}; {without} without a year; {reached}");
        plot.across_interval(look, y, summary.mean, summary.ci95, true, &title);
        plot.text((331.0, y + 4.0), "start", "small", class);
    }
    plot.text((327.0, 14.0), "start", "small", "class");
    Some(plot.figure(
        heading,
        &format!("{heading} ({}) by policy, with the limits of Tier I to IV", label::short(metric)),
        &format!("<p class=\"note\">{}</p>", escape(&said(of, &all))),
    ))
}

/// The classes in words: "Tier II: a, b; below Tier I: c".
fn said(of: &Of<'_>, all: &[Option<&MetricSummary>]) -> String {
    let reached = |name: &str| if name == "–" { "below Tier I".to_owned() } else { format!("Tier {name}") };
    let names = || TIERS.iter().rev().map(|(_, name)| *name).chain(["–"]);
    let parts: Vec<String> = names()
        .filter_map(|name| {
            let of_class: Vec<&str> = of
                .policies()
                .zip(all)
                .filter(|(_, summary)| summary.is_some_and(|it| class(it) == name))
                .map(|((_, policy), _)| policy)
                .collect();
            let everyone = of_class.len() == all.len() && all.len() > 1;
            let who = if everyone { "every policy".to_owned() } else { of_class.join(", ") };
            (!of_class.is_empty()).then(|| format!("{}: {who}", reached(name)))
        })
        .collect();
    let text = parts.join("; ");
    text[..1].to_uppercase() + &text[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_begins_at_its_share() {
        assert_eq!([0.99, 0.99671, 0.998, 0.99982, 0.99999].map(tier), ["–", "I", "II", "III", "IV"]);
    }
}
