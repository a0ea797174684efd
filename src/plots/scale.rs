//! In which unit a metric is drawn.

use sim_core::measure::catalog::{self, Format};

/// A unit for an axis: `drawn = stored · factor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Factor from the stored number.
    pub factor: f64,
    /// Name of the unit.
    pub unit: &'static str,
    /// Range of the drawn numbers that makes sense.
    pub possible: (f64, f64),
}

const POSITIVE: (f64, f64) = (0.0, f64::INFINITY);

/// The unit for a metric whose largest value is `largest`.
pub fn of(metric: &str, largest: f64) -> Scale {
    let ladder = |steps: &[(f64, &'static str)]| {
        let (size, unit) =
            steps.iter().find(|(size, _)| largest >= *size).copied().unwrap_or(steps[steps.len() - 1]);
        Scale { factor: 1.0 / size, unit, possible: POSITIVE }
    };
    match catalog::lookup(metric).map_or(Format::Plain, |entry| entry.format) {
        Format::Share => Scale { factor: 100.0, unit: "%", possible: (0.0, 100.0) },
        Format::Ratio => Scale { factor: 100.0, unit: "%", possible: POSITIVE },
        Format::Duration => {
            ladder(&[(36_000.0, "h"), (600.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs")])
        }
        Format::Energy => ladder(&[(3.6e9, "MWh"), (3.6e6, "kWh"), (3.6e3, "Wh"), (1.0, "J")]),
        _ => Scale { factor: 1.0, unit: catalog::unit(metric), possible: (f64::NEG_INFINITY, f64::INFINITY) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_the_largest_value() {
        let unit = |metric: &str, largest: f64| of(metric, largest).unit;
        assert_eq!(unit("requests.latency.p99", 0.25), "ms");
        assert_eq!(unit("requests.latency.p99", 2.5), "s");
        assert_eq!(unit("energy.total", 5e9), "MWh");
        assert_eq!(of("nodes.uptime", 0.99).factor, 100.0);
    }
}
