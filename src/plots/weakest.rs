//! What each failure domain takes down: a bar each, the worst at the top, with a mark at its share of the capacity.
//!
//! A bar that is longer than its mark takes down more than itself.

use super::axes::{Axis, Frame, Parts};
use super::style::{self, Canvas, Done, Drawn, INK, Sign, TEXT};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// One failure domain.
pub struct Bar {
    /// Kind and name.
    pub label: String,
    /// Kind, which gives the colour.
    pub kind: String,
    /// What it takes down, in percent.
    pub share: f64,
    /// Its share of the capacity, in percent.
    pub capacity: f64,
}

/// The picture.
pub struct Weakest {
    /// Title.
    pub title: String,
    /// Smaller line below it.
    pub subtitle: String,
    /// What the bars measure, with its unit.
    pub axis: String,
    /// The bars, from the top.
    pub bars: Vec<Bar>,
}

/// Height of a bar with the space around it.
const ROW: i32 = 66;
/// Most letters of a label.
const LETTERS: usize = 44;

/// Draws the picture.
pub fn draw(it: &Weakest) -> Drawn {
    let height = 150 + 90 + 18 + ROW * it.bars.len() as i32 + 118 + 30;
    style::picture(height as u32, &it.title, &it.subtitle, |area| {
        let mut kinds: Vec<&str> = Vec::new();
        for bar in &it.bars {
            if !kinds.contains(&bar.kind.as_str()) {
                kinds.push(&bar.kind);
            }
        }
        let colour =
            |kind: &str| style::look(kinds.iter().position(|known| *known == kind).unwrap_or(0)).colour;
        let mut entries: Vec<_> =
            kinds.iter().map(|kind| ((*kind).to_owned(), Sign::Area(colour(kind)))).collect();
        entries.push((
            "its share of the capacity".to_owned(),
            Sign::Line(style::Look { colour: INK, dash: 1, gap: 0 }),
        ));
        let rest = style::legend(area, &entries)?;
        draw_bars(&rest, it, colour)
    })
}

fn draw_bars(area: &Canvas<'_>, it: &Weakest, colour: impl Fn(&str) -> RGBColor) -> Done {
    let labels: Vec<String> = it.bars.iter().map(|bar| shortened(&bar.label)).collect();
    let left = labels.iter().map(|label| style::text_width(label, TEXT)).max().unwrap_or(0) + 64;
    let rows = it.bars.len() as f64;
    let longest = it.bars.iter().flat_map(|bar| [bar.share, bar.capacity]).fold(0.0, f64::max);
    let x = Axis::linear(&it.axis, 0.0, if longest > 0.0 { longest * 1.12 } else { 1.0 }, 6);
    let parts = Parts { x_labels: true, y_labels: false, left };
    let frame = Frame::new(area, x, Axis::linear("", 0.0, rows, 1), parts)?;
    for (index, (bar, label)) in it.bars.iter().zip(&labels).enumerate() {
        let middle = rows - index as f64 - 0.5;
        let (zero, end) = (frame.at(0.0, middle), frame.at(bar.share.max(0.0), middle));
        let corners = [(zero.0, zero.1 - ROW / 3), (end.0, end.1 + ROW / 3)];
        area.draw(&Rectangle::new(corners, colour(&bar.kind).filled()))?;
        let mark = frame.at(bar.capacity, middle).0;
        let line = [(mark, zero.1 - ROW * 2 / 5), (mark, zero.1 + ROW * 2 / 5)];
        area.draw(&PathElement::new(line, INK.stroke_width(6)))?;
        area.draw_text(label, &style::text(TEXT, HPos::Right, VPos::Center), (left - 22, zero.1))?;
        // Behind bar and mark, so that neither is hidden.
        let figure = style::text(TEXT - 6, HPos::Left, VPos::Center);
        area.draw_text(&percent(bar.share), &figure, (end.0.max(mark) + 14, zero.1))?;
    }
    frame.close()
}

fn percent(share: f64) -> String {
    let share = if share.abs() < 0.005 { 0.0 } else { share };
    let decimals = if share >= 9.95 {
        0
    } else if share >= 0.995 {
        1
    } else {
        2
    };
    format!("{share:.decimals$} %")
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    label.chars().take(LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_domain_has_its_bar_its_name_and_its_figure() {
        let bar = |label: &str, kind: &str, share| Bar {
            label: label.into(),
            kind: kind.into(),
            share,
            capacity: 20.0,
        };
        let svg = draw(&Weakest {
            title: "t".into(),
            subtitle: "s".into(),
            axis: "requests lost (%)".into(),
            bars: vec![
                bar("isp cable", "isp", 41.3),
                bar("feeder garage/3", "feeder", 2.04),
                bar("site a/0", "site", -0.001),
            ],
        })
        .expect("drawn");
        for text in [
            "isp cable",
            "feeder garage/3",
            "41 %",
            "2.0 %",
            "0.00 %",
            "requests lost (%)",
            "its share of the capacity",
        ] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shortened(&"x".repeat(80)).chars().count(), LETTERS);
    }
}
