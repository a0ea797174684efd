//! The course of replication 0 under each policy: nodes by state, success, and the weather, above one another.

use super::Of;
use super::axis::Axis;
use super::html::{escape, script_json};
use super::svg::{Margins, Plot, path, short};
use crate::plots::timeline::{bin_name, floor, span, stacked, words};
use serde_json::json;
use sim_core::measure::record::Timeline;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const MARGINS: Margins = Margins { left: 64.0, right: 14.0, top: 10.0, bottom: 22.0 };
/// Courses that are shown with all their bins; of more, bins are put together.
const FINE: usize = 6;
/// The axis of shares goes down to this at least, so that nothing looks like much.
const LEAST: f64 = 0.99;

/// The figures, with a choice of the policy.
pub fn html(of: &Of<'_>) -> String {
    let mut html = String::new();
    let mut options = String::new();
    let courses = of.variation.policies.len() * super::shown(of.manifest);
    for (index, (_, policy)) in of.policies().enumerate() {
        let kept = of.records.iter().find(|it| it.policy == policy && it.timeline.is_some());
        let Some(timeline) = kept.and_then(|it| it.timeline.as_ref()) else { continue };
        let timeline = coarser(
            timeline,
            if courses <= FINE {
                1
            } else if courses <= 4 * FINE {
                2
            } else {
                4
            },
        );
        let _ = write!(options, "<option value=\"{index}\">{}</option>", escape(policy));
        let _ =
            write!(html, "<div class=\"course\" data-r=\"{index}\">\n{}</div>\n", figure(policy, &timeline));
    }
    if html.is_empty() {
        return html;
    }
    format!(
        "<p>Replication 0 of each policy; all met this weather. Point at a time, or focus the plot and use the arrow keys, for the figures.</p>\n\
         <p class=\"choose\" hidden><label>Policy <select class=\"course\">{options}</select></label></p>\n{html}"
    )
}

/// The same with `factor` bins put together.
fn coarser(timeline: &Timeline, factor: usize) -> Timeline {
    if factor < 2 {
        return timeline.clone();
    }
    let mean = |bins: &Vec<f64>| {
        bins.chunks(factor).map(|part| part.iter().sum::<f64>() / part.len() as f64).collect::<Vec<_>>()
    };
    let known = |part: &[Option<f64>]| {
        let (sum, count) = part.iter().flatten().fold((0.0, 0), |(sum, count), it| (sum + it, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    };
    Timeline {
        bin: timeline.bin * factor as f64,
        nodes: timeline.nodes.iter().map(|(name, bins)| (name.clone(), mean(bins))).collect(),
        outdoor: timeline.outdoor.iter().map(|(name, bins)| (name.clone(), mean(bins))).collect(),
        success: timeline.success.chunks(factor).map(known).collect(),
        faults: timeline.faults.clone(),
    }
}

/// One policy.
fn figure(policy: &str, timeline: &Timeline) -> String {
    let states = stacked(timeline);
    let bins = states.iter().map(|(_, bins)| bins.len()).max().unwrap_or(0);
    let nodes: f64 = states.iter().map(|(_, bins)| bins.first().copied().unwrap_or(0.0)).sum();
    let mut panels = vec![states_panel(timeline, &states, bins)];
    panels.extend(success_panel(timeline));
    panels.extend(outdoor_panel(timeline));
    let last = panels.len() - 1;
    let svgs: String = panels
        .into_iter()
        .enumerate()
        .map(|(index, (plot, name))| {
            let focus = if index == 0 { " tabindex=\"0\"" } else { "" };
            drawing(plot, &format!("{policy}: {name}"), focus, index == last, timeline)
        })
        .collect();
    let mut key = String::new();
    for (state, _) in &states {
        let _ = write!(
            key,
            "<li><svg class=\"key {}\" viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\"><rect width=\"14\" height=\"14\"/></svg> {}</li>",
            class(state),
            escape(&words(state))
        );
    }
    for (index, region) in timeline.outdoor.keys().enumerate() {
        let _ = write!(
            key,
            "<li><svg class=\"key c{} d{}\" viewBox=\"0 0 34 14\" width=\"34\" height=\"14\" aria-hidden=\"true\"><path class=\"line\" d=\"M1 7H33\"/></svg> outdoor, {}</li>",
            (index + 1) % 7,
            index % 5,
            escape(region)
        );
    }
    format!(
        "<figure class=\"wide timeline\"><figcaption>{}: {} nodes, means over {}</figcaption><ul class=\"legend\">{key}</ul><div class=\"draw\">{svgs}</div><script type=\"application/json\">{}</script></figure>\n",
        escape(policy),
        nodes.round(),
        bin_name(timeline.bin),
        values(timeline, &states)
    )
}

type Panel = (Plot, &'static str);

/// The height of a panel.
fn height(name: &str) -> f64 {
    if name == "nodes by state" { 230.0 } else { 130.0 }
}

fn drawing(mut plot: Plot, name: &str, focus: &str, last: bool, timeline: &Timeline) -> String {
    if last {
        plot.text((WIDTH / 2.0, plot.height() - 2.0), "middle", "label", span(timeline).1);
    }
    let (width, height, body) = plot.parts();
    format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\"{focus} aria-label=\"{}\">{body}<path class=\"cursor\" d=\"\"/></svg>",
        short(width),
        short(height),
        escape(name)
    )
}

fn time_axis(timeline: &Timeline) -> Axis {
    Axis::linear("", 0.0, span(timeline).2, 8)
}

fn panel(timeline: &Timeline, name: &'static str, y: Axis) -> Panel {
    let bottom = MARGINS.bottom + 16.0;
    (Plot::new((WIDTH, height(name)), Margins { bottom, ..MARGINS }, time_axis(timeline), y), name)
}

fn states_panel(timeline: &Timeline, states: &[(String, Vec<f64>)], bins: usize) -> Panel {
    let at = |state: &(String, Vec<f64>), bin: usize| state.1.get(bin).copied().unwrap_or(0.0);
    let totals: Vec<f64> =
        (0..bins).map(|bin| states.iter().map(|it| at(it, bin)).sum::<f64>().max(1e-9)).collect();
    let up =
        |bin: usize| states.iter().filter(|it| it.0 == "up").map(|it| at(it, bin)).sum::<f64>() / totals[bin];
    let low = floor((0..bins).map(up).fold(1.0, f64::min)).min(LEAST);
    let (mut plot, name) =
        panel(timeline, "nodes by state", Axis::linear("nodes (%)", low * 100.0, 100.0, 4));
    let unit = span(timeline).0;
    let mut base = vec![0.0; bins];
    for state in states {
        let edge: Vec<f64> = (0..bins).map(|bin| base[bin] + 100.0 * at(state, bin) / totals[bin]).collect();
        let corner = |bin: usize, level: &[f64]| {
            [bin as f64, bin as f64 + 1.0].map(|side| plot.at(side * timeline.bin / unit, level[bin]))
        };
        let above: Vec<_> = (0..bins).flat_map(|bin| corner(bin, &edge)).collect();
        let below: Vec<_> = (0..bins)
            .rev()
            .flat_map(|bin| {
                let [a, b] = corner(bin, &base);
                [b, a]
            })
            .collect();
        let area = format!(
            "<path class=\"area {}\" d=\"{}{}z\"/>",
            class(&state.0),
            steps(&above),
            steps(&below).replacen('M', "L", 1)
        );
        plot.push(&area);
        base = edge;
    }
    faults(&mut plot, timeline, true);
    (plot, name)
}

/// A path of horizontal and vertical steps; those that do not move are left out.
fn steps(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    let mut last = (f64::NAN, f64::NAN);
    for (index, point) in points.iter().enumerate() {
        let point = ((point.0 * 10.0).round() / 10.0, (point.1 * 10.0).round() / 10.0);
        let level_goes_on =
            points.get(index + 1).is_some_and(|next| (next.1 * 10.0).round() / 10.0 == point.1);
        if point == last || (level_goes_on && point.1 == last.1) {
            continue;
        }
        if last.0.is_nan() {
            let _ = write!(d, "M{} {}", point.0, point.1);
        } else if point.1 == last.1 {
            let _ = write!(d, "H{}", point.0);
        } else if point.0 == last.0 {
            let _ = write!(d, "V{}", point.1);
        } else {
            let _ = write!(d, "L{} {}", point.0, point.1);
        }
        last = point;
    }
    d
}

fn success_panel(timeline: &Timeline) -> Option<Panel> {
    let least = timeline.success.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        return None;
    }
    let (mut plot, name) = panel(
        timeline,
        "requests answered in time",
        Axis::linear("success (%)", floor(least).min(LEAST) * 100.0, 100.0, 3),
    );
    faults(&mut plot, timeline, false);
    let values = timeline.success.iter().map(|share| share.map(|share| share * 100.0));
    line(&mut plot, timeline, values, "c6");
    Some((plot, name))
}

fn outdoor_panel(timeline: &Timeline) -> Option<Panel> {
    let all = || timeline.outdoor.values().flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() {
        return None;
    }
    let room = ((high - low) * 0.08).max(0.5);
    let (mut plot, name) =
        panel(timeline, "outdoor temperature", Axis::linear("outdoor (°C)", low - room, high + room, 3));
    faults(&mut plot, timeline, false);
    for (index, bins) in timeline.outdoor.values().enumerate() {
        line(
            &mut plot,
            timeline,
            bins.iter().copied().map(Some),
            &format!("c{} d{}", (index + 1) % 7, index % 5),
        );
    }
    Some((plot, name))
}

/// A line through the middles of bins, broken where there is no value.
fn line(plot: &mut Plot, timeline: &Timeline, values: impl Iterator<Item = Option<f64>>, class: &str) {
    let unit = span(timeline).0;
    let (mut d, mut run) = (String::new(), Vec::new());
    for (bin, value) in values.enumerate() {
        match value {
            Some(value) => run.push(plot.at((bin as f64 + 0.5) * timeline.bin / unit, value)),
            None => d += &path(&std::mem::take(&mut run)),
        }
    }
    d += &path(&run);
    plot.push(&format!("<g class=\"{class}\"><path class=\"line\" d=\"{d}\"/></g>"));
}

/// Times at which faults held, with their names where they stand first.
fn faults(plot: &mut Plot, timeline: &Timeline, named: bool) {
    let unit = span(timeline).0;
    let mut ends: Vec<f64> = Vec::new();
    for fault in &timeline.faults {
        let (left, right) = (plot.across(fault.from / unit), plot.across(fault.to / unit));
        let (top, bottom) = (MARGINS.top, plot.height() - MARGINS.bottom - 16.0);
        plot.push(&format!(
            "<rect class=\"fault\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            short(left),
            short(top),
            short((right - left).max(1.5)),
            short(bottom - top)
        ));
        if !named {
            continue;
        }
        let width = super::svg::text_width(&fault.name);
        let x = (left + 4.0).min(WIDTH - MARGINS.right - width - 4.0).max(MARGINS.left + 2.0);
        let row = ends.iter().position(|end| *end < x).unwrap_or_else(|| {
            ends.push(0.0);
            ends.len() - 1
        });
        ends[row] = x + width + 8.0;
        plot.text((x, top + 13.0 + 14.0 * row as f64), "start", "over", &fault.name);
    }
}

/// The class that colours a state.
fn class(state: &str) -> &'static str {
    match state {
        "up" => "st-up",
        "throttled" => "st-throttled",
        "overheat" => "st-overheat",
        "grid" => "st-grid",
        "breaker" => "st-breaker",
        "ups" => "st-ups",
        "sag" => "st-sag",
        "hardware" => "st-hardware",
        "booting" => "st-booting",
        "link" => "st-link",
        "injected" => "st-injected",
        _ => "st-other",
    }
}

/// What the script shows at a time: names with units, and values by bin.
fn values(timeline: &Timeline, states: &[(String, Vec<f64>)]) -> String {
    let (unit, name, _) = span(timeline);
    let round = |value: f64, by: f64| (value * by).round() / by;
    let nodes = states.iter().map(|(state, bins)| {
        json!({ "name": words(state), "unit": "nodes", "y": bins.iter().map(|it| round(*it, 10.0)).collect::<Vec<_>>() })
    });
    let success = timeline.success.iter().map(|it| it.map(|it| round(it * 100.0, 100.0))).collect::<Vec<_>>();
    let success =
        success.iter().any(Option::is_some).then(|| json!({ "name": "success", "unit": "%", "y": success }));
    let outdoor = timeline.outdoor.iter().map(|(region, bins)| {
        json!({ "name": format!("outdoor, {region}"), "unit": "°C", "y": bins.iter().map(|it| round(*it, 10.0)).collect::<Vec<_>>() })
    });
    let series: Vec<_> = nodes.chain(success).chain(outdoor).collect();
    let unit_name = name.rsplit('(').next().unwrap_or("").trim_end_matches(')');
    let all = json!({
        "left": MARGINS.left, "right": WIDTH - MARGINS.right, "width": WIDTH,
        "step": timeline.bin / unit, "unit": unit_name, "series": series,
    });
    script_json(&all.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_say_only_where_they_turn() {
        let level = [(0.0, 5.0), (1.0, 5.0), (1.0, 5.0), (2.0, 5.0), (2.0, 7.0), (3.0, 7.0)];
        assert_eq!(steps(&level), "M0 5H2V7H3");
    }

    #[test]
    fn bins_are_put_together_and_gaps_stay_gaps() {
        let timeline =
            Timeline { bin: 60.0, success: vec![Some(1.0), None, None, None], ..Timeline::default() };
        let coarse = coarser(&timeline, 2);
        assert_eq!((coarse.bin, coarse.success), (120.0, vec![Some(1.0), None]));
    }
}
