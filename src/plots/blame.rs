//! Waterfalls: for each policy a panel that goes from all that was asked for down, cause by cause, to what is left.
//!
//! All panels have the same axis. Where little is lost it does not begin at zero, which the smaller line says.

use super::axes::{Axis, Frame, Parts};
use super::scale::{self, Scale};
use super::style::{self, Canvas, Done, Drawn, INK, TEXT};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use sim_core::measure::catalog::format_value;
use sim_core::measure::summary::{Family, VariationSummary, Waterfall};

/// Steps of a waterfall; smaller ones are drawn as one.
pub const STEPS: usize = 9;
/// Height of a step.
const ROW: i32 = 50;
/// Height of a panel without its steps: name, axis with label, and space.
const AROUND: i32 = 62 + 118 + 40;
/// Place for figures behind the bars.
const FIGURES: f64 = 0.2;
/// What is not lost.
const WHOLE: RGBColor = RGBColor(150, 162, 173);

/// Where an axis begins that is to show the fall from `high` to `left`: somewhat below, or at zero where that shows enough.
pub fn axis_from(left: f64, high: f64) -> f64 {
    let from = left - 0.3 * (high - left);
    if from > 0.35 * high { from } else { 0.0 }
}

struct Row {
    name: String,
    from: f64,
    to: f64,
    colour: RGBColor,
    figure: String,
}

/// Draws the waterfalls of a family, a panel for each policy.
pub fn draw(title: &str, note: &str, variation: &VariationSummary, family: &Family) -> Drawn {
    let causes = family.causes(variation);
    let falls: Vec<(&String, Waterfall<'_>)> = variation
        .policies
        .iter()
        .filter_map(|(name, policy)| Some((name, Waterfall::of(policy, family)?)))
        .collect();
    let panels: Vec<(&String, Vec<Row>)> =
        falls.iter().map(|(name, fall)| (*name, rows(family, &causes, fall))).collect();
    let high = falls.iter().map(|(_, fall)| fall.all).fold(0.0, f64::max);
    let low = axis_from(falls.iter().map(|(_, fall)| fall.left).fold(high, f64::min), high);
    let scale = scale::of(family.sum, high);
    let cut = if low > 0.0 { "; the axis does not begin at zero" } else { "" };
    let subtitle = format!("{note}by root cause; means over replications{cut}");
    let most = panels.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0) as i32;
    let height = AROUND + ROW * most;
    let lines = panels.len().div_ceil(2) as i32;
    style::picture((180 + lines * height) as u32, title, &subtitle, |area| {
        let width = style::WIDTH as i32;
        let middle = if panels.len() == 1 { width } else { width / 2 };
        for (index, (policy, rows)) in panels.iter().enumerate() {
            let (from, to) = if index % 2 == 0 { (0, middle) } else { (middle, width) };
            let top = (index / 2) as i32 * height;
            let bottom = area.dim_in_pixel().1 as i32 - top - AROUND - ROW * rows.len() as i32;
            let part = area.margin(top, bottom, from, width - to);
            panel(&part, policy, rows, (low, high), scale)?;
        }
        Ok(())
    })
}

fn rows(family: &Family, causes: &[&str], fall: &Waterfall<'_>) -> Vec<Row> {
    let whole = |name: &str, to: f64| Row {
        name: name.to_owned(),
        from: 0.0,
        to,
        colour: WHOLE,
        figure: format_value(family.sum, to),
    };
    let (gravest, others) = fall.gravest(STEPS);
    let named = gravest.iter().map(|step| {
        let place = causes.iter().position(|metric| *metric == step.metric).unwrap_or(0);
        (step.cause.replace('_', " "), step.lost.mean, style::look(place).colour)
    });
    let others = others.map(|(count, lost)| (format!("{count} others"), lost, WHOLE));
    let mut at = fall.all;
    let mut rows = vec![whole(family.all, fall.all)];
    for (name, lost, colour) in named.chain(others) {
        let figure = format!("−{}", format_value(family.sum, lost));
        rows.push(Row { name, from: at - lost, to: at, colour, figure });
        at -= lost;
    }
    rows.push(whole(family.left, fall.left));
    rows
}

fn panel(area: &Canvas<'_>, policy: &str, rows: &[Row], (low, high): (f64, f64), scale: Scale) -> Done {
    let names = rows.iter().map(|row| style::text_width(&row.name, TEXT)).max().unwrap_or(0);
    let left = names + 56;
    area.draw_text(policy, &style::text(TEXT + 4, HPos::Left, VPos::Center), (32, 30))?;
    let body = area.margin(62, 0, 0, 0);
    let room = (high - low) * FIGURES;
    let unit = if scale.unit == "1" { "" } else { scale.unit };
    let x = Axis::linear(unit, low * scale.factor, (high + room) * scale.factor, 4);
    let y = Axis::linear("", 0.0, rows.len() as f64, 1);
    let frame = Frame::new(&body, x, y, Parts { x_labels: true, y_labels: false, left })?;
    for (index, row) in rows.iter().enumerate() {
        let middle = rows.len() as f64 - index as f64 - 0.5;
        let [from, to] = [row.from, row.to].map(|end| frame.at(end * scale.factor, middle));
        let corners = [(from.0, from.1 - ROW * 3 / 10), (to.0.max(from.0 + 2), to.1 + ROW * 3 / 10)];
        body.draw(&Rectangle::new(corners, row.colour.filled()))?;
        if index + 1 < rows.len() {
            // Where the next row begins.
            let x = if index == 0 { to.0 } else { from.0 };
            let link = [(x, from.1 + ROW * 3 / 10), (x, from.1 + ROW * 7 / 10)];
            body.draw(&PathElement::new(link, INK.mix(0.6).stroke_width(2)))?;
        }
        body.draw_text(&row.name, &style::text(TEXT, HPos::Right, VPos::Center), (left - 18, from.1))?;
        body.draw_text(&row.figure, &style::text(TEXT - 6, HPos::Left, VPos::Center), (to.0 + 10, from.1))?;
    }
    frame.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::measure::summary::{FAMILIES, MetricSummary, PolicySummary};

    #[test]
    fn an_axis_is_cut_where_little_is_lost() {
        assert_eq!(axis_from(0.0, 10.0), 0.0);
        assert_eq!(axis_from(50.0, 100.0), 0.0);
        assert!((axis_from(90.0, 100.0) - 87.0).abs() < 1e-9);
    }

    #[test]
    fn each_policy_has_its_steps() {
        let mean = |mean: f64| MetricSummary { mean, n: 1, ..MetricSummary::default() };
        let policy = |grid: f64, link: f64| PolicySummary {
            metrics: [("blame.nodes", grid + link), ("blame.nodes.grid", grid), ("blame.nodes.link", link)]
                .map(|(name, value)| (name.to_owned(), mean(value)))
                .into_iter()
                .collect(),
            ..PolicySummary::default()
        };
        let variation = VariationSummary {
            policies: [("one".to_owned(), policy(0.02, 0.01)), ("two".to_owned(), policy(0.0, 0.005))]
                .into_iter()
                .collect(),
            ..VariationSummary::default()
        };
        let family = FAMILIES.iter().find(|family| family.sum == "blame.nodes").expect("it is one");
        let svg = draw("t", "", &variation, family).expect("drawn");
        for text in ["one", "two", "grid", "link", "−2.0 %", "all node-time", "does not begin at zero"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
    }
}
