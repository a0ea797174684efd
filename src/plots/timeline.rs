//! The course of one run: nodes by state, success of requests, and the outdoor temperature, under one another.
//!
//! States are stacked, so the picture shows the whole fleet; when only a small part of it is ever down or throttled, the
//! axis is zoomed to that part and the nodes that are up fill the rest.

use super::axes::{Axis, Frame, Parts};
use super::style::{self, Canvas, Done, Drawn, Look, Sign};
use plotters::prelude::*;
use sim_core::measure::record::Timeline;

/// Space for the vertical axes; the same in all panels, so that times stand under one another.
const LEFT: i32 = 210;

/// The colour of faults on purpose.
const FAULT: RGBColor = RGBColor(122, 79, 34);

/// The colour of a state; causes keep theirs from picture to picture.
fn colour(state: &str) -> RGBColor {
    match state {
        "up" => RGBColor(218, 228, 236),
        "throttled" => RGBColor(230, 159, 0),
        "overheat" => RGBColor(213, 94, 0),
        "grid" => RGBColor(0, 114, 178),
        "breaker" => RGBColor(204, 121, 167),
        "ups" => RGBColor(86, 180, 233),
        "sag" => RGBColor(120, 94, 240),
        "hardware" => RGBColor(30, 30, 30),
        "booting" => RGBColor(240, 228, 66),
        "link" => RGBColor(0, 158, 115),
        "injected" => RGBColor(122, 79, 34),
        _ => RGBColor(140, 140, 140),
    }
}

/// Draws a timeline; `title` names scenario and policy, `note` says what was varied.
pub fn draw(title: &str, note: &str, timeline: &Timeline) -> Drawn {
    let states = stacked(timeline);
    let nodes = states.iter().map(|(_, bins)| bins.first().copied().unwrap_or(0.0)).sum::<f64>();
    let subtitle =
        format!("{note}replication 0, {} nodes, means over {}", nodes.round(), bin_name(timeline.bin));
    style::picture(1320, title, &subtitle, |rest| {
        let entries: Vec<_> =
            states.iter().map(|(state, _)| (words(state), Sign::Area(colour(state)))).collect();
        let area = style::legend(rest, &entries)?;
        let panels = Panels::of(timeline);
        let mut top = 0;
        let height = area.dim_in_pixel().1 as i32;
        for (index, (panel, share)) in panels.0.iter().enumerate() {
            let last = index + 1 == panels.0.len();
            let free = height - 118 + 22;
            let bottom = if last { height } else { top + (f64::from(free) * share) as i32 };
            let part = area.margin(top, height - bottom, 0, 0);
            let parts = Parts { x_labels: last, y_labels: true, left: LEFT };
            match panel {
                Panel::States => draw_states(&part, timeline, &states, parts)?,
                Panel::Success => draw_success(&part, timeline, parts)?,
                Panel::Outdoor => draw_outdoor(&part, timeline, parts)?,
            }
            top = bottom;
        }
        Ok(())
    })
}

/// One of the plots under one another.
enum Panel {
    States,
    Success,
    Outdoor,
}

/// The panels for which there is data, with their shares of the height.
struct Panels(Vec<(Panel, f64)>);

impl Panels {
    fn of(timeline: &Timeline) -> Self {
        let success = timeline.success.iter().any(Option::is_some);
        let mut panels = vec![(Panel::States, 0.5)];
        if success {
            panels.push((Panel::Success, 0.25));
        }
        if !timeline.outdoor.is_empty() {
            panels.push((Panel::Outdoor, 0.25));
        }
        let total: f64 = panels.iter().map(|(_, share)| share).sum();
        Self(panels.into_iter().map(|(panel, share)| (panel, share / total)).collect())
    }
}

/// States in the order of the stack, from the bottom: up, throttled, then the causes; states that never occur are left out.
pub fn stacked(timeline: &Timeline) -> Vec<(String, Vec<f64>)> {
    let rank = |state: &str| match state {
        "up" => 0,
        "throttled" => 1,
        _ => 2,
    };
    let mut states: Vec<_> = timeline
        .nodes
        .iter()
        .filter(|(state, bins)| *state == "up" || bins.iter().any(|n| *n > 0.0))
        .map(|(state, bins)| (state.clone(), bins.clone()))
        .collect();
    states.sort_by_key(|(state, _)| rank(state));
    states
}

/// A state in words.
pub fn words(state: &str) -> String {
    match state {
        "up" | "throttled" => state.to_owned(),
        "grid" => "down: grid outage".to_owned(),
        "ups" => "down: UPS".to_owned(),
        "sag" => "down: low voltage".to_owned(),
        other => format!("down: {other}"),
    }
}

/// The length of a bin in words.
pub fn bin_name(seconds: f64) -> String {
    match seconds {
        s if s >= 3600.0 => format!("{} h", (s / 360.0).round() / 10.0),
        s if s >= 90.0 => format!("{} min", (s / 6.0).round() / 10.0),
        s => format!("{} s", (s * 10.0).round() / 10.0),
    }
}

/// The unit of the time axis in seconds, its name, and the end of the axis in it.
pub fn span(timeline: &Timeline) -> (f64, &'static str, f64) {
    let bins = timeline.nodes.values().map(Vec::len).max().unwrap_or(1).max(1);
    let end = timeline.bin * bins as f64;
    let (unit, name) = match end {
        e if e > 2.0 * 86400.0 => (86400.0, "time since the start (days)"),
        e if e > 2.0 * 3600.0 => (3600.0, "time since the start (hours)"),
        e if e > 2.0 * 60.0 => (60.0, "time since the start (minutes)"),
        _ => (1.0, "time since the start (seconds)"),
    };
    (unit, name, end / unit)
}

fn time_axis(timeline: &Timeline) -> Axis {
    let (_, name, end) = span(timeline);
    Axis::linear(name, 0.0, end, 10)
}

/// Middle of a bin on the time axis.
fn middle(timeline: &Timeline, bin: usize) -> f64 {
    (bin as f64 + 0.5) * timeline.bin / span(timeline).0
}

fn draw_states(area: &Canvas<'_>, timeline: &Timeline, states: &[(String, Vec<f64>)], parts: Parts) -> Done {
    let bins = states.iter().map(|(_, bins)| bins.len()).max().unwrap_or(0);
    let at = |state: &(String, Vec<f64>), bin: usize| state.1.get(bin).copied().unwrap_or(0.0);
    let totals: Vec<f64> =
        (0..bins).map(|bin| states.iter().map(|s| at(s, bin)).sum::<f64>().max(1e-9)).collect();
    let up =
        |bin: usize| states.iter().filter(|s| s.0 == "up").map(|s| at(s, bin)).sum::<f64>() / totals[bin];
    let low = floor((0..bins).map(up).fold(1.0, f64::min));
    let frame =
        Frame::new(area, time_axis(timeline), Axis::linear("nodes (%)", low * 100.0, 100.0, 4), parts)?;
    let mut base = vec![0.0; bins];
    for state in states {
        let edge: Vec<f64> = (0..bins).map(|bin| base[bin] + 100.0 * at(state, bin) / totals[bin]).collect();
        let point = |bin: usize, level: &[f64]| {
            let (start, end) = (bin as f64, bin as f64 + 1.0);
            let unit = span(timeline).0;
            [start, end].map(|side| frame.at(side * timeline.bin / unit, level[bin]))
        };
        let outline: Vec<_> = (0..bins)
            .flat_map(|bin| point(bin, &edge))
            .chain((0..bins).rev().flat_map(|bin| point(bin, &base).into_iter().rev()))
            .collect();
        frame.area().draw(&Polygon::new(outline, colour(&state.0).filled()))?;
        base = edge;
    }
    draw_faults(&frame, timeline, true)?;
    frame.close()
}

/// Lower end of an axis to 1 that holds a least value and leaves it some room.
pub fn floor(least: f64) -> f64 {
    let gap = (1.0 - least).max(1e-4) * 1.25;
    if gap > 0.6 { 0.0 } else { 1.0 - gap }
}

fn draw_success(area: &Canvas<'_>, timeline: &Timeline, parts: Parts) -> Done {
    let least = timeline.success.iter().flatten().copied().fold(1.0, f64::min);
    let axis = Axis::linear("success (%)", floor(least) * 100.0, 100.0, 3);
    let frame = Frame::new(area, time_axis(timeline), axis, parts)?;
    let series = timeline.success.iter().map(|share| share.map(|s| s * 100.0));
    draw_faults(&frame, timeline, false)?;
    draw_runs(&frame, timeline, series, Look { colour: style::INK, dash: 1, gap: 0 })?;
    frame.close()
}

fn draw_outdoor(area: &Canvas<'_>, timeline: &Timeline, parts: Parts) -> Done {
    let all = || timeline.outdoor.values().flatten().copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let room = ((high - low) * 0.08).max(0.5);
    let names = if timeline.outdoor.len() > 1 { (high - low) * 0.2 } else { 0.0 };
    let axis = Axis::linear("outdoor (°C)", low - room, high + room + names, 4);
    let frame = Frame::new(area, time_axis(timeline), axis, parts)?;
    for (index, celsius) in timeline.outdoor.values().enumerate() {
        let look = if timeline.outdoor.len() == 1 { style::look(1) } else { style::look(index) };
        draw_runs(&frame, timeline, celsius.iter().copied().map(Some), Look { dash: 1, gap: 0, ..look })?;
    }
    if timeline.outdoor.len() > 1 {
        label_regions(&frame, timeline)?;
    }
    frame.close()
}

/// Shades the times at which faults held; with `named`, their names stand at the top, below each other where they would meet.
fn draw_faults(frame: &Frame<'_, '_>, timeline: &Timeline, named: bool) -> Done {
    use plotters::style::text_anchor::{HPos, VPos};
    const SIZE: u32 = style::TEXT - 6;
    let unit = span(timeline).0;
    // The right end of the last name of each line.
    let mut lines: Vec<i32> = Vec::new();
    for fault in &timeline.faults {
        let from = frame.at(fault.from / unit, f64::INFINITY);
        let to = frame.at(fault.to / unit, f64::NEG_INFINITY);
        let to = (to.0.max(from.0 + 3), to.1);
        frame.area().draw(&Rectangle::new([from, to], FAULT.mix(0.16).filled()))?;
        for x in [from.0, to.0] {
            frame.area().draw(&PathElement::new([(x, from.1), (x, to.1)], FAULT.stroke_width(2)))?;
        }
        if !named {
            continue;
        }
        let width = style::text_width(&fault.name, SIZE);
        let end = frame.at(f64::INFINITY, f64::INFINITY).0;
        let x = (from.0 + 8).min(end - width - 8).max(LEFT + 4);
        let line = lines.iter().position(|end| *end < x).unwrap_or_else(|| {
            lines.push(0);
            lines.len() - 1
        });
        lines[line] = x + width + 16;
        let y = from.1 + 8 + line as i32 * (SIZE as i32 + 8);
        let behind = [(x - 4, y - 3), (x + width + 4, y + SIZE as i32 + 1)];
        frame.area().draw(&Rectangle::new(behind, WHITE.mix(0.75).filled()))?;
        frame.area().draw_text(&fault.name, &style::text(SIZE, HPos::Left, VPos::Top), (x, y))?;
    }
    Ok(())
}

/// Draws the values as lines, broken where there is none.
fn draw_runs(
    frame: &Frame<'_, '_>,
    timeline: &Timeline,
    values: impl Iterator<Item = Option<f64>>,
    look: Look,
) -> Done {
    let mut run = Vec::new();
    for (bin, value) in values.enumerate() {
        if let Some(value) = value {
            run.push(frame.at(middle(timeline, bin), value));
        } else if !run.is_empty() {
            style::line(frame.area(), &std::mem::take(&mut run), look, 4)?;
        }
    }
    if run.is_empty() { Ok(()) } else { style::line(frame.area(), &run, look, 4) }
}

/// Names the lines of several regions at the top of the panel.
fn label_regions(frame: &Frame<'_, '_>, timeline: &Timeline) -> Done {
    use plotters::style::text_anchor::{HPos, VPos};
    let mut x = frame.at(0.0, f64::INFINITY).0 + 16;
    let y = frame.at(0.0, f64::INFINITY).1 + 6;
    for (index, region) in timeline.outdoor.keys().enumerate() {
        let colour = style::look(index).colour;
        let label = style::text(style::TEXT - 6, HPos::Left, VPos::Top).color(&colour);
        frame.area().draw_text(region, &label, (x, y))?;
        x += style::text_width(region, style::TEXT - 6) + 30;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexmap::IndexMap;
    use sim_core::measure::record::FaultSpan;

    fn timeline(up: f64, grid: f64) -> Timeline {
        let nodes = IndexMap::from([
            ("grid".to_owned(), vec![grid; 4]),
            ("up".to_owned(), vec![up; 4]),
            ("ups".to_owned(), vec![0.0; 4]),
        ]);
        Timeline { bin: 3600.0, nodes, outdoor: IndexMap::new(), success: vec![None; 4], faults: Vec::new() }
    }

    #[test]
    fn the_stack_begins_with_up_and_leaves_out_what_never_occurs() {
        let names: Vec<_> = stacked(&timeline(9.0, 1.0)).into_iter().map(|(state, _)| state).collect();
        assert_eq!(names, ["up", "grid"]);
    }

    #[test]
    fn a_small_loss_is_zoomed_to_and_a_great_one_is_not() {
        assert!((floor(0.96) - 0.95).abs() < 1e-9);
        assert_eq!(floor(0.3), 0.0);
    }

    #[test]
    fn faults_are_shaded_and_named() {
        let fault = |name: &str, from, to| FaultSpan { name: name.to_owned(), from, to };
        let faults = vec![fault("phoenix", 3600.0, 7200.0), fault("denver", 4000.0, 4000.0)];
        let svg = draw("t", "", &Timeline { faults, ..timeline(9.0, 1.0) }).expect("drawn");
        assert!(
            svg.contains("phoenix") && svg.contains("denver") && svg.contains("opacity=\"0.16\""),
            "{svg}"
        );
    }

    #[test]
    fn a_fleet_without_weather_or_requests_is_drawn_too() {
        let svg = draw("t", "", &timeline(9.0, 1.0)).expect("drawn");
        assert!(svg.contains("down: grid outage") && !svg.contains("outdoor") && !svg.contains("success"));
    }
}
