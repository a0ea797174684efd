//! Plots as SVG: a frame with axes, and marks that say their values.
//!
//! Colours are classes, so that a page can be light or dark: `c0` … `c6` set the colour of a policy. A mark is a group with a
//! title; without a script the title is shown by the browser, with one by the page.

use super::axis::Axis;
use super::html::escape;
use super::look::Look;
use std::fmt::Write;

/// Height of text, in units of the drawing.
const TEXT: f64 = 12.0;
/// Width of a letter of the wider fonts that readers have, in heights of text.
const WIDE: f64 = 0.6;

/// Space around the data.
#[derive(Clone, Copy, Debug)]
pub struct Margins {
    /// For the vertical axis.
    pub left: f64,
    /// At the right.
    pub right: f64,
    /// Above.
    pub top: f64,
    /// For the horizontal axis.
    pub bottom: f64,
}

/// A plot that grows.
pub struct Plot {
    width: f64,
    height: f64,
    margins: Margins,
    x: Axis,
    y: Axis,
    body: String,
}

impl Plot {
    /// A plot with a grid and both axes.
    pub fn new(size: (f64, f64), margins: Margins, x: Axis, y: Axis) -> Self {
        let mut plot = Self { width: size.0, height: size.1, margins, x, y, body: String::new() };
        plot.axes();
        plot
    }

    fn right(&self) -> f64 {
        self.width - self.margins.right
    }

    fn bottom(&self) -> f64 {
        self.height - self.margins.bottom
    }

    /// The place of a point; outside the axes it is clipped to them.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.across(x), self.up(y))
    }

    /// The horizontal place of a value.
    pub fn across(&self, x: f64) -> f64 {
        self.margins.left + self.x.share(x) * (self.right() - self.margins.left)
    }

    /// The vertical place of a value.
    pub fn up(&self, y: f64) -> f64 {
        self.bottom() - self.y.share(y) * (self.bottom() - self.margins.top)
    }

    fn axes(&mut self) {
        let (left, right, top, bottom) = (self.margins.left, self.right(), self.margins.top, self.bottom());
        let mut grid = String::new();
        for (value, name) in self.x.ticks.clone() {
            let x = short(self.across(value));
            let _ = write!(grid, "<path class=\"grid\" d=\"M{x} {}V{}\"/>", short(top), short(bottom));
            let _ = write!(
                grid,
                "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                short(bottom + 16.0),
                escape(&name)
            );
        }
        for (value, name) in self.y.ticks.clone() {
            let y = self.up(value);
            let _ =
                write!(grid, "<path class=\"grid\" d=\"M{} {}H{}\"/>", short(left), short(y), short(right));
            let _ = write!(
                grid,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                short(left - 6.0),
                short(y + 4.0),
                escape(&name)
            );
        }
        let _ = write!(
            grid,
            "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>",
            short(left),
            short(top),
            short(bottom),
            short(right)
        );
        if !self.x.label.is_empty() {
            let _ = write!(
                grid,
                "<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                short(f64::midpoint(left, right)),
                short(bottom + 34.0),
                escape(&self.x.label)
            );
        }
        if !self.y.label.is_empty() {
            let (x, y) = (TEXT, f64::midpoint(top, bottom));
            let _ = write!(
                grid,
                "<text class=\"label\" transform=\"translate({} {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                short(x),
                short(y),
                escape(&self.y.label)
            );
        }
        self.body.push_str(&grid);
    }

    /// Adds markup.
    pub fn push(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    /// A vertical line over the height of the plot.
    pub fn vertical(&mut self, x: f64, class: &str) {
        let line = format!(
            "<path class=\"{class}\" d=\"M{} {}V{}\"/>",
            short(self.across(x)),
            short(self.margins.top),
            short(self.bottom())
        );
        self.body.push_str(&line);
    }

    /// Text at a place of the drawing.
    pub fn text(&mut self, place: (f64, f64), anchor: &str, class: &str, text: &str) {
        let _ = write!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            short(place.0),
            short(place.1),
            escape(text)
        );
    }

    /// A mark that says `title`.
    pub fn mark(&mut self, class: &str, title: &str, markup: &str) {
        let _ = writeln!(self.body, "<g class=\"mark {class}\"><title>{}</title>{markup}</g>", escape(title));
    }

    /// A mark with an interval along the horizontal axis, at a height of the drawing.
    pub fn across_interval(
        &mut self,
        look: Look,
        y: f64,
        mean: f64,
        interval: Option<[f64; 2]>,
        filled: bool,
        title: &str,
    ) {
        let mut markup = hit(self.across(mean), y);
        if let Some([low, high]) = interval {
            let (from, to) = (self.across(low), self.across(high));
            let _ = write!(markup, "<path class=\"bar\" d=\"M{} {}H{}\"/>", short(from), short(y), short(to));
        }
        markup.push_str(&look.shape(self.across(mean), y, 4.6, filled));
        self.mark(&look.class(), title, &markup);
    }

    /// A mark with intervals along both axes.
    pub fn cross(
        &mut self,
        look: Look,
        x: (f64, Option<[f64; 2]>),
        y: (f64, Option<[f64; 2]>),
        filled: bool,
        title: &str,
    ) {
        let (across, up) = self.at(x.0, y.0);
        let mut markup = hit(across, up);
        if let Some([low, high]) = x.1 {
            let _ = write!(
                markup,
                "<path class=\"bar thin\" d=\"M{} {}H{}\"/>",
                short(self.across(low)),
                short(up),
                short(self.across(high))
            );
        }
        if let Some([low, high]) = y.1 {
            let _ = write!(
                markup,
                "<path class=\"bar thin\" d=\"M{} {}V{}\"/>",
                short(across),
                short(self.up(low)),
                short(self.up(high))
            );
        }
        markup.push_str(&look.shape(across, up, 5.2, filled));
        self.mark(&look.class(), title, &markup);
    }

    /// Height of the drawing.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// Width, height and markup.
    pub fn parts(self) -> (f64, f64, String) {
        (self.width, self.height, self.body)
    }

    /// The figure: `name` is read to those who do not see it.
    pub fn figure(self, heading: &str, name: &str, more: &str) -> String {
        figure((self.width, self.height), heading, name, &self.body, more)
    }
}

/// A figure around a drawing, with a heading above it.
pub fn figure(size: (f64, f64), heading: &str, name: &str, body: &str, more: &str) -> String {
    let wide = if size.0 > 500.0 { " class=\"wide\"" } else { "" };
    format!(
        "<figure{wide}><figcaption>{}</figcaption><div class=\"draw\"><svg viewBox=\"0 0 {} {}\" role=\"img\" tabindex=\"0\" aria-label=\"{}\">{body}</svg></div>{more}</figure>\n",
        escape(heading),
        short(size.0),
        short(size.1),
        escape(name),
    )
}

/// Something to point at that is larger than what is seen.
fn hit(x: f64, y: f64) -> String {
    format!("<circle class=\"hit\" cx=\"{}\" cy=\"{}\" r=\"11\"/>", short(x), short(y))
}

/// A number with at most one decimal.
pub fn short(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// A path through points; steps between neighbours less than a unit apart are left out.
pub fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    let mut last: Option<(f64, f64)> = None;
    for (index, &(x, y)) in points.iter().enumerate() {
        let near = last.is_some_and(|(a, b)| (a - x).abs() < 1.0 && (b - y).abs() < 1.0);
        if near && index + 1 < points.len() {
            continue;
        }
        let _ = write!(d, "{}{} {}", if last.is_none() { 'M' } else { 'L' }, short(x), short(y));
        last = Some((x, y));
    }
    d
}

/// Estimated width of a text in plots.
pub fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * TEXT * WIDE
}

/// A text cut to a width, with an ellipsis.
pub fn fitted(text: &str, width: f64) -> String {
    let most = (width / (TEXT * WIDE)).floor().max(3.0) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_leave_out_what_cannot_be_seen_and_keep_the_end() {
        assert_eq!(path(&[(0.0, 0.0), (0.2, 0.1), (9.0, 1.25), (9.1, 1.3)]), "M0 0L9 1.3L9.1 1.3");
        assert_eq!(short(-0.04), "0");
    }
}
