//! Bars of parts that add up: causes of time down, uses of energy, what money is spent on.

use super::Of;
use super::axis::Axis;
use super::html::{escape, plain};
use super::svg::{Margins, Plot, fitted, short, text_width};
use crate::plots::scale;
use sim_core::measure::catalog::{describe, format_value};
use std::fmt::Write;

/// Patterns of parts: classes that differ in colour, and in hatching where colours repeat.
const PARTS: usize = 8;

/// A bar for each policy; parts that are zero for all are left out. `None` if nothing is left.
pub fn plot(of: &Of<'_>, heading: &str, label: &str, parts: &[&str]) -> Option<String> {
    let value = |policy: &str, part: &str| of.metric(policy, part).map_or(0.0, |it| it.mean.max(0.0));
    let names: Vec<&str> = of.policies().map(|(_, name)| name).collect();
    let parts: Vec<&str> =
        parts.iter().copied().filter(|part| names.iter().any(|it| value(it, part) > 0.0)).collect();
    let sum = |policy: &str| parts.iter().map(|part| value(policy, part)).sum::<f64>();
    let highest = names.iter().map(|it| sum(it)).fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let scale = scale::of(parts[0], highest);
    let widest = names.iter().map(|name| text_width(name)).fold(40.0, f64::max).min(122.0);
    let margins = Margins { left: widest + 12.0, right: 14.0, top: 6.0, bottom: 40.0 };
    let label = if label.is_empty() { scale.unit } else { label };
    let rows = names.len() as f64;
    let x = Axis::linear(label, 0.0, highest * scale.factor, 4);
    let y = Axis::linear("", 0.0, rows, 1).with_ticks(Vec::new());
    let mut plot = Plot::new((360.0, 46.0 + 26.0 * rows), margins, x, y);
    for (index, policy) in names.iter().enumerate() {
        let y = plot.up(rows - index as f64 - 0.5);
        plot.text((widest + 4.0, y + 4.0), "end", "", &fitted(policy, widest + 6.0));
        let mut from = 0.0;
        for (number, part) in parts.iter().enumerate() {
            let size = value(policy, part);
            let (left, right) = (plot.across(from * scale.factor), plot.across((from + size) * scale.factor));
            from += size;
            if size <= 0.0 {
                continue;
            }
            let of_all = size / sum(policy) * 100.0;
            let title =
                format!("{policy}: {} {} ({of_all:.1} % of the bar)", last(part), format_value(part, size));
            let bar = format!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\"/>",
                short(left),
                short(y - 8.0),
                short((right - left).max(0.3))
            );
            plot.mark(&format!("part s{}", number % PARTS), &title, &bar);
        }
    }
    let mut key = String::new();
    for (number, part) in parts.iter().enumerate() {
        let _ = write!(
            key,
            "<li title=\"{}\"><svg class=\"key s{}\" viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect width=\"14\" height=\"14\"/></svg> {}</li>",
            plain(&describe(part).unwrap_or_default()),
            number % PARTS,
            escape(last(part))
        );
    }
    let key = format!("<ul class=\"legend\">{key}</ul>");
    Some(plot.figure(heading, &format!("{heading}, by policy"), &key))
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
