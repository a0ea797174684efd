//! Axes: linear, logarithmic, or by nines, with round ticks.

use crate::plots::axes::{round_ticks, tick};

/// How values are laid on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    Logarithmic,
    /// By the nines of a share below 1: 0.9 is 1, 0.99 is 2.
    Nines,
}

/// One axis.
#[derive(Clone, Debug)]
pub struct Axis {
    low: f64,
    high: f64,
    kind: Kind,
    /// Quantity and unit.
    pub label: String,
    /// Values and their names.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis.
    pub fn linear(label: impl Into<String>, low: f64, high: f64, wanted: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        let (values, step) = round_ticks(low, high, wanted);
        let ticks = values.into_iter().map(|value| (value, tick(value, step).replace('-', "−"))).collect();
        Self { low, high, kind: Kind::Linear, label: label.into(), ticks }
    }

    /// A logarithmic axis over a positive range.
    pub fn logarithmic(
        label: impl Into<String>,
        low: f64,
        high: f64,
        wanted: usize,
        name: impl Fn(f64) -> String,
    ) -> Self {
        let decades = (high / low).log10().max(0.1);
        let every = (decades / wanted as f64).ceil().max(1.0) as i32;
        let steps: &[f64] = match decades {
            d if d < 1.3 => &[1.0, 2.0, 5.0],
            d if d < 2.6 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let ticks = (first..=last)
            .filter(|power| power.rem_euclid(every) == 0)
            .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
            .filter(|value| *value >= low * 0.999 && *value <= high * 1.001)
            .map(|value| (value, name(value)))
            .collect();
        Self { low, high, kind: Kind::Logarithmic, label: label.into(), ticks }
    }

    /// An axis of shares by their nines, from `low` to `high` below 1.
    pub fn nines(label: impl Into<String>, low: f64, high: f64) -> Self {
        let all = [0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];
        let ticks = all
            .into_iter()
            .filter(|value| (low..=high).contains(value))
            .map(|value| (value, ((value * 1e8).round() / 1e6).to_string()))
            .collect();
        Self { low, high, kind: Kind::Nines, label: label.into(), ticks }
    }

    /// Ticks at the values given.
    pub fn with_ticks(mut self, ticks: Vec<(f64, String)>) -> Self {
        self.ticks = ticks;
        self
    }

    /// Where a value lies between the ends: 0 to 1; outside is clipped.
    pub fn share(&self, value: f64) -> f64 {
        let nines = |share: f64| -(1.0 - share).max(1e-12).log10();
        let share = match self.kind {
            Kind::Linear => (value - self.low) / (self.high - self.low),
            Kind::Logarithmic => (value.max(self.low) / self.low).ln() / (self.high / self.low).ln(),
            Kind::Nines => (nines(value) - nines(self.low)) / (nines(self.high) - nines(self.low)),
        };
        share.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nines_are_even_and_ends_are_clipped() {
        let axis = Axis::nines("", 0.9, 0.99999);
        assert!((axis.share(0.999) - 0.5).abs() < 1e-9);
        assert_eq!((axis.share(0.0), axis.share(1.0)), (0.0, 1.0));
        assert_eq!(axis.ticks.len(), 5);
    }
}
