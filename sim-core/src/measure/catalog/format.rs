//! Numbers for people: a fitting unit, and no more digits than are known.

use super::{Format, lookup};

/// A unit to show a number in: `shown = stored · factor`.
#[derive(Clone, Copy)]
struct Scale {
    factor: f64,
    suffix: &'static str,
}

/// The true minus sign, as wide as a digit.
const MINUS: char = '−';

/// Steps of a ladder of units: the smallest stored size from which on a unit is used.
type Ladder = &'static [(f64, &'static str)];

const DURATION: Ladder = &[
    (86_400.0, " d"),
    (3_600.0, " h"),
    (60.0, " min"),
    (1.0, " s"),
    (1e-3, " ms"),
    (1e-6, " µs"),
    (1e-9, " ns"),
];
const ENERGY: Ladder =
    &[(3.6e12, " GWh"), (3.6e9, " MWh"), (3.6e6, " kWh"), (3.6e3, " Wh"), (1.0, " J"), (1e-3, " mJ")];
const BYTES: Ladder = &[
    (1_125_899_906_842_624.0, " PiB"),
    (1_099_511_627_776.0, " TiB"),
    (1_073_741_824.0, " GiB"),
    (1_048_576.0, " MiB"),
    (1_024.0, " KiB"),
    (1.0, " B"),
];
const COUNT: Ladder = &[(1e9, " G"), (1e6, " M"), (1e4, " k"), (1.0, "")];

/// A value of the metric `name`, such as `588 ms` or `99.93 %`.
pub fn format_value(name: &str, value: f64) -> String {
    let scale = scale(name, value);
    let shown = value * scale.factor;
    let digits = match format_of(name) {
        Format::Share => share_digits(shown),
        Format::Count if shown == shown.trunc() => 0,
        _ => decimals(shown, 3),
    };
    format!("{}{}", number(shown, digits), scale.suffix)
}

/// A value with its interval in one unit, such as `588 ms [561, 615]`; without an interval the value alone.
pub fn format_with_interval(name: &str, value: f64, interval: Option<[f64; 2]>) -> String {
    let Some([low, high]) = interval.filter(|[low, high]| low < high) else {
        return format_value(name, value);
    };
    let scale = scale(name, value);
    let digits = digits_for(value * scale.factor, (high - low) / 2.0 * scale.factor);
    let show = |x: f64| number(x * scale.factor, digits);
    format!("{}{} [{}, {}]", show(value), scale.suffix, show(low), show(high))
}

/// A value and half the width of its interval in one unit, such as `588 ± 27 ms`; without a width the value alone.
pub fn format_plus_minus(name: &str, value: f64, half_width: Option<f64>) -> String {
    let Some(half_width) = half_width.filter(|half| *half > 0.0) else {
        return format_value(name, value);
    };
    let scale = scale(name, value);
    let digits = digits_for(value * scale.factor, half_width * scale.factor);
    let show = |x: f64| number(x * scale.factor, digits);
    format!("{} ± {}{}", show(value), show(half_width), scale.suffix)
}

/// A difference with its interval in one unit, all signed, such as `−412 ms (95 % CI −450 … −374)`. Differences of
/// percentages are in percentage points (pp). An interval that is a point is left out.
pub fn format_difference(name: &str, difference: f64, interval: Option<[f64; 2]>) -> String {
    let ends = interval.unwrap_or([difference; 2]);
    let largest = ends.iter().fold(difference.abs(), |largest, end| largest.max(end.abs()));
    let mut scale = scale(name, largest);
    if matches!(format_of(name), Format::Share | Format::Ratio) {
        scale.suffix = " pp";
    }
    let half = (ends[1] - ends[0]) / 2.0 * scale.factor;
    let digits = digits_for(difference * scale.factor, half);
    let show = |x: f64| signed(x * scale.factor, digits);
    let shown = format!("{}{}", show(difference), scale.suffix);
    if half == 0.0 {
        return shown;
    }
    format!("{shown} (95 % CI {} … {})", show(ends[0]), show(ends[1]))
}

fn format_of(name: &str) -> Format {
    lookup(name).map_or(Format::Plain, |metric| metric.format)
}

fn scale(name: &str, size: f64) -> Scale {
    match format_of(name) {
        Format::Count => climb(COUNT, size),
        Format::Share | Format::Ratio => Scale { factor: 100.0, suffix: " %" },
        Format::Duration => climb(DURATION, size),
        Format::Energy => climb(ENERGY, size),
        Format::Bytes => climb(BYTES, size),
        Format::Temperature => Scale { factor: 1.0, suffix: " °C" },
        Format::Money => Scale { factor: 1.0, suffix: " $" },
        Format::Plain => Scale { factor: 1.0, suffix: plain_suffix(name) },
    }
}

fn plain_suffix(name: &str) -> &'static str {
    match lookup(name).map_or("1", |metric| metric.unit) {
        "/s" => " /s",
        "/d" => " /d",
        "/y" => " /y",
        "months" => " months",
        "$/kWh" => " $/kWh",
        _ => "",
    }
}

/// The largest unit that the size reaches; zero goes without prefix, in the unit of size one or the smallest above it.
fn climb(ladder: Ladder, size: f64) -> Scale {
    let size = if size == 0.0 { 1.0 } else { size.abs() };
    let step = ladder.iter().find(|(least, _)| size >= *least).or(ladder.last());
    let (least, suffix) = *step.expect("a ladder has steps");
    // A count below the first step of its ladder is shown as it is, from k on in thousands.
    let unit = if suffix == " k" { 1e3 } else { least };
    Scale { factor: 1.0 / unit, suffix }
}

/// Decimals for a percentage: two digits of what is missing to 100 % or of the share itself, whichever is smaller.
fn share_digits(percent: f64) -> usize {
    let rest = percent.abs().min((100.0 - percent).abs());
    if rest == 0.0 { 0 } else { decimals(rest, 2).clamp(1, 6) }
}

/// Decimals so that the half-width of the interval keeps two digits, and the number shown at most six; without a
/// width, three digits of the number.
fn digits_for(shown: f64, half_width: f64) -> usize {
    match (shown == 0.0, half_width == 0.0) {
        (_, true) => decimals(shown, 3),
        (true, false) => decimals(half_width, 2),
        (false, false) => decimals(half_width, 2).min(decimals(shown, 6)),
    }
}

/// Decimals that give `x` as many significant digits as asked for.
fn decimals(x: f64, significant: i32) -> usize {
    if x == 0.0 {
        return 0;
    }
    let magnitude = libm::floor(libm::log10(x.abs())) as i32;
    (significant - 1 - magnitude).clamp(0, 12) as usize
}

fn number(x: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", x.abs());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if x < 0.0 && !is_zero { format!("{MINUS}{text}") } else { text }
}

fn signed(x: f64, decimals: usize) -> String {
    let text = number(x, decimals);
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if x > 0.0 && !is_zero { format!("+{text}") } else { text }
}
