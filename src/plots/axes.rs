//! A plot's frame: two axes with round ticks, units and a light grid, linear or logarithmic.

use super::style::{self, Canvas, Done, GRID, INK, TEXT};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

/// One axis: its range, its ticks and what it measures.
pub struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    label: String,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis over a range, with about `wanted` ticks; `label` names the quantity and its unit.
    pub fn linear(label: &str, low: f64, high: f64, wanted: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        let (values, step) = round_ticks(low, high, wanted);
        let ticks = values.into_iter().map(|value| (value, tick(value, step))).collect();
        Self { low, high, logarithmic: false, label: label.to_owned(), ticks }
    }

    /// A logarithmic axis over a positive range, with ticks at powers of ten, or at 1, 2 and 5 times them when the range is short.
    pub fn logarithmic(label: &str, low: f64, high: f64, name: impl Fn(f64) -> String) -> Self {
        let decades = (high / low).log10();
        let steps: &[f64] = if decades < 3.2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let every = if decades > 9.0 { 2 } else { 1 };
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let ticks = (first..=last)
            .filter(|power| power % every == 0)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
            .map(|value| (value, name(value)))
            .collect();
        Self { low, high, logarithmic: true, label: label.to_owned(), ticks }
    }

    /// Where a value lies between the ends of the axis: 0 at the low one, 1 at the high one; outside is clipped.
    fn share(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }
}

/// Which parts of a frame are drawn.
#[derive(Clone, Copy)]
pub struct Parts {
    /// Tick labels and name of the horizontal axis.
    pub x_labels: bool,
    /// Tick labels and name of the vertical axis.
    pub y_labels: bool,
    /// Space for the vertical axis, in pixels.
    pub left: i32,
}

/// A plot inside a part of a picture.
pub struct Frame<'c, 'a> {
    area: &'c Canvas<'a>,
    x: Axis,
    y: Axis,
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl<'c, 'a> Frame<'c, 'a> {
    /// Draws the axes into `area` and returns the frame to put data in.
    pub fn new(
        area: &'c Canvas<'a>,
        x: Axis,
        y: Axis,
        parts: Parts,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (width, height) = area.dim_in_pixel();
        let bottom = height as i32 - if parts.x_labels { 118 } else { 22 };
        let frame =
            Self { area, x, y, left: parts.left, right: width as i32 - style::RIGHT, top: 18, bottom };
        frame.draw_grid()?;
        if parts.x_labels {
            frame.label_x()?;
        }
        if parts.y_labels {
            frame.label_y()?;
        }
        Ok(frame)
    }

    /// The pixel of a point; values outside the axes are clipped to them.
    pub fn at(&self, x: f64, y: f64) -> (i32, i32) {
        let across = f64::from(self.right - self.left) * self.x.share(x);
        let up = f64::from(self.bottom - self.top) * self.y.share(y);
        (self.left + across.round() as i32, self.bottom - up.round() as i32)
    }

    /// The part of the picture this frame lies in.
    pub fn area(&self) -> &'c Canvas<'a> {
        self.area
    }

    /// Draws the outline over the data, so that areas do not hide it.
    pub fn close(&self) -> Done {
        let corners = [(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)];
        self.area.draw(&PathElement::new(corners.to_vec(), INK.stroke_width(3)))?;
        Ok(())
    }

    fn draw_grid(&self) -> Done {
        for (value, _) in &self.x.ticks {
            let x = self.at(*value, self.y.low).0;
            self.area.draw(&PathElement::new([(x, self.top), (x, self.bottom)], GRID.stroke_width(2)))?;
        }
        for (value, _) in &self.y.ticks {
            let y = self.at(self.x.low, *value).1;
            self.area.draw(&PathElement::new([(self.left, y), (self.right, y)], GRID.stroke_width(2)))?;
        }
        Ok(())
    }

    fn label_x(&self) -> Done {
        for (value, name) in &self.x.ticks {
            let x = self.at(*value, self.y.low).0;
            self.area
                .draw(&PathElement::new([(x, self.bottom), (x, self.bottom + 10)], INK.stroke_width(3)))?;
            self.area.draw_text(name, &style::text(TEXT, HPos::Center, VPos::Top), (x, self.bottom + 18))?;
        }
        let middle = (self.left + self.right) / 2;
        self.area.draw_text(
            &self.x.label,
            &style::text(TEXT, HPos::Center, VPos::Top),
            (middle, self.bottom + 66),
        )?;
        Ok(())
    }

    fn label_y(&self) -> Done {
        for (value, name) in &self.y.ticks {
            let y = self.at(self.x.low, *value).1;
            self.area.draw(&PathElement::new([(self.left - 10, y), (self.left, y)], INK.stroke_width(3)))?;
            self.area.draw_text(name, &style::text(TEXT, HPos::Right, VPos::Center), (self.left - 18, y))?;
        }
        let turned = style::text(TEXT, HPos::Center, VPos::Top).transform(FontTransform::Rotate270);
        self.area.draw_text(&self.y.label, &turned, (26, (self.top + self.bottom) / 2))?;
        Ok(())
    }
}

/// Ticks at round numbers (1, 2, 2.5 or 5 times a power of ten apart), about `wanted` of them within the range, and their distance.
pub fn round_ticks(low: f64, high: f64, wanted: usize) -> (Vec<f64>, f64) {
    let rough = (high - low) / wanted.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power);
    let step = steps.into_iter().find(|step| *step >= rough * 0.999).unwrap_or(steps[4]);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    ((first..=last).map(|i| i as f64 * step).collect(), step)
}

/// A number at a tick, with as many decimals as tell ticks `step` apart from each other.
pub fn tick(value: f64, step: f64) -> String {
    let mut decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let scaled = step * 10_f64.powi(decimals as i32);
    if decimals < 9 && (scaled - scaled.round()).abs() > 1e-6 {
        decimals += 1;
    }
    let text = format!("{:.decimals$}", if value == 0.0 { 0.0 } else { value });
    text
}

/// A time in seconds with the unit that suits it.
pub fn time(seconds: f64) -> String {
    let (scaled, unit) = match seconds {
        v if v < 0.999e-6 => (v * 1e9, "ns"),
        v if v < 0.999e-3 => (v * 1e6, "µs"),
        v if v < 0.999 => (v * 1e3, "ms"),
        v => (v, "s"),
    };
    format!("{} {unit}", (scaled * 1e6).round() / 1e6)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{} %", (share * 1e11).round() / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let (values, step) = round_ticks(0.0, 30.0, 6);
        assert_eq!((values.len(), step), (7, 5.0));
        let (values, _) = round_ticks(99.913, 99.987, 4);
        assert!(values.iter().all(|v| (99.913..=99.987).contains(v)) && values.len() >= 3, "{values:?}");
    }

    #[test]
    fn tick_labels_tell_neighbours_apart_without_spare_digits() {
        assert_eq!(tick(5.0, 5.0), "5");
        assert_eq!(tick(99.95, 0.05), "99.95");
        assert_eq!(tick(0.25, 0.25), "0.25");
        assert_eq!(tick(2.5, 2.5), "2.5");
    }

    #[test]
    fn times_and_shares_read_as_people_write_them() {
        assert_eq!([time(0.001), time(0.25), time(10.0), time(2e-5)], ["1 ms", "250 ms", "10 s", "20 µs"]);
        assert_eq!([percent(1.0), percent(1e-4)], ["100 %", "0.01 %"]);
    }

    #[test]
    fn logarithmic_axes_place_decades_evenly() {
        let axis = Axis::logarithmic("", 1e-4, 1.0, percent);
        assert_eq!(axis.ticks.len(), 5);
        assert!((axis.share(1e-2) - 0.5).abs() < 1e-12);
        assert_eq!(axis.share(1e-9), 0.0);
    }
}
