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
            // Hours and minutes from ten of them on, so that fewer are said in the smaller unit.
            match largest {
                it if it >= 36_000.0 => Scale { factor: 1.0 / 3600.0, unit: "h", possible: POSITIVE },
                it if it >= 600.0 => Scale { factor: 1.0 / 60.0, unit: "min", possible: POSITIVE },
                _ => ladder(&[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")]),
            }
        }
        Format::Energy => ladder(&[(3.6e9, "MWh"), (3.6e6, "kWh"), (3.6e3, "Wh"), (1.0, "J")]),
        Format::Bytes => ladder(&[
            (1_099_511_627_776.0, "TiB"),
            (1_073_741_824.0, "GiB"),
            (1_048_576.0, "MiB"),
            (1024.0, "KiB"),
            (1.0, "B"),
        ]),
        Format::Count if largest >= 1e4 => {
            ladder(&[(1e9, "billions"), (1e6, "millions"), (1e3, "thousands")])
        }
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
        let shown = |seconds: f64| {
            (seconds * of("requests.latency.p99", seconds).factor, unit("requests.latency.p99", seconds))
        };
        assert_eq!([shown(36_000.0), shown(1200.0), shown(90.0)], [(10.0, "h"), (20.0, "min"), (90.0, "s")]);
        assert_eq!([unit("jobs.completed", 9000.0), unit("jobs.completed", 2e6)], ["1", "millions"]);
        assert_eq!(unit("objects.repair_bytes", 7e13), "TiB");
    }
}
