//! Policies against each other: for every headline metric a panel with a dot and a 95 % interval per policy.

use super::axes::{Axis, Frame, Parts};
use super::style::{self, Canvas, Done, Drawn, TEXT};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// A mean with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Mean over replications.
    pub mean: f64,
    /// Lower end; the mean when there is but one replication.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One metric of all policies.
pub struct Panel {
    /// What is measured, with its unit.
    pub label: String,
    /// In the order of the policies; `None` where a policy has no value.
    pub intervals: Vec<Option<Interval>>,
    /// The range beyond which an interval makes no sense.
    pub possible: (f64, f64),
}

/// Height of a policy's row.
const ROW: i32 = 62;
/// Height of a panel without its rows.
const AROUND: i32 = 118 + 18 + 26;

/// Draws panels two abreast.
pub fn draw(title: &str, subtitle: &str, policies: &[String], panels: &[Panel]) -> Drawn {
    let panel_height = AROUND + ROW * policies.len() as i32;
    let lines = panels.len().div_ceil(2) as i32;
    style::picture((180 + lines * panel_height) as u32, title, subtitle, |area| {
        let names = policies.iter().map(|name| style::text_width(name, TEXT)).max().unwrap_or(0) + 60;
        let names = names.min(style::WIDTH as i32 / 3);
        let width = style::WIDTH as i32;
        let middle = if panels.len() == 1 { width } else { names + (width - names) / 2 };
        for (index, panel) in panels.iter().enumerate() {
            let first = index % 2 == 0;
            let (from, to) = if first { (0, middle) } else { (middle, width) };
            let top = (index / 2) as i32 * panel_height;
            let part = area.margin(top, area.dim_in_pixel().1 as i32 - top - panel_height, from, width - to);
            draw_panel(&part, policies, panel, if first { names } else { 40 }, first)?;
        }
        Ok(())
    })
}

fn draw_panel(area: &Canvas<'_>, policies: &[String], panel: &Panel, left: i32, named: bool) -> Done {
    let rows = policies.len() as f64;
    let (low, high) = range(panel);
    let parts = Parts { x_labels: true, y_labels: false, left };
    let frame =
        Frame::new(area, Axis::linear(&panel.label, low, high, 4), Axis::linear("", 0.0, rows, 1), parts)?;
    for (index, (policy, interval)) in policies.iter().zip(&panel.intervals).enumerate() {
        let y = rows - index as f64 - 0.5;
        let colour = style::look(index).colour;
        if named {
            let name = style::text(TEXT, HPos::Right, VPos::Center);
            area.draw_text(policy, &name, (left - 24, frame.at(low, y).1))?;
        }
        let Some(interval) = interval else { continue };
        let [from, to] =
            [interval.low, interval.high].map(|end| end.clamp(panel.possible.0, panel.possible.1));
        let [left_end, right_end, dot] = [from, to, interval.mean].map(|value| frame.at(value, y));
        area.draw(&PathElement::new([left_end, right_end], colour.stroke_width(5)))?;
        // An interval that is cut at what is possible has no cap there.
        let caps = [(left_end, from == interval.low), (right_end, to == interval.high)];
        for (end, _) in caps.into_iter().filter(|(_, whole)| *whole) {
            let cap = [(end.0, end.1 - 11), (end.0, end.1 + 11)];
            area.draw(&PathElement::new(cap, colour.stroke_width(4)))?;
        }
        area.draw(&Circle::new(dot, 11, colour.filled()))?;
    }
    frame.close()
}

/// The range of the axis: the data with some room, not beyond what is possible by more than that room.
fn range(panel: &Panel) -> (f64, f64) {
    let ends = || panel.intervals.iter().flatten().flat_map(|i| [i.low, i.high, i.mean]);
    let low = ends().fold(f64::INFINITY, f64::min).max(panel.possible.0);
    let high = ends().fold(f64::NEG_INFINITY, f64::max).min(panel.possible.1);
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    let least = if high.abs() > 0.0 { high.abs() * 1e-4 } else { 1.0 };
    let room = ((high - low) * 0.12).max(least);
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_holds_the_data_with_room_even_when_all_values_agree() {
        let panel = |low: f64, high: f64| Panel {
            label: String::new(),
            intervals: vec![Some(Interval { mean: (low + high) / 2.0, low, high }), None],
            possible: (0.0, 100.0),
        };
        let (low, high) = range(&panel(99.0, 104.0));
        assert!(low < 99.0 && low > 98.0 && high > 100.0 && high < 101.0);
        let (low, high) = range(&panel(100.0, 100.0));
        assert!(low < 100.0 && high > 100.0);
    }
}
