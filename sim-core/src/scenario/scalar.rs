//! Kinds that are one value: numbers in a range, quantities with units, times, dates, names and flags.

use super::LocalDateTime;
use super::read::{Definitions, Kind, Reader};
use super::tree::{Node, Value};
use super::units::{self, Dimension, Fault};
use crate::kernel::SimDuration;
use crate::quantity::{
    Amperes, Bytes, BytesPerSecond, Celsius, CubicMetresPerSecond, Dollars, DollarsPerGigabyte,
    DollarsPerGigabyteMonth, DollarsPerHour, DollarsPerJoule, DollarsPerKilowatt, DollarsPerMonth, Joules,
    Kelvin, KelvinPerWatt, Metres, PerSecond, Volts, Watts, WattsPerKelvin,
};
use serde_json::{Value as Json, json};
use std::marker::PhantomData;

/// An interval that a number must lie in.
pub(super) trait Range {
    /// Whether the number lies in it.
    fn holds(value: f64) -> bool;
    /// In words.
    const WORDS: &'static str;
    /// As JSON Schema keywords with numbers.
    const BOUNDS: &'static [(&'static str, f64)];
}

macro_rules! ranges {
    ($($(#[$doc:meta])* $name:ident $words:literal $holds:expr, [$($bound:literal $number:literal),*];)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl Range for $name {
            fn holds(value: f64) -> bool {
                let holds: fn(f64) -> bool = $holds;
                holds(value)
            }
            const WORDS: &'static str = $words;
            const BOUNDS: &'static [(&'static str, f64)] = &[$(($bound, $number)),*];
        }
    )*};
}

ranges! {
    /// Any finite number.
    Any "any finite number" |_| true, [];
    /// Zero or more.
    NonNegative "zero or more" |x| x >= 0.0, ["minimum" 0.0];
    /// More than zero.
    Positive "more than zero" |x| x > 0.0, ["exclusiveMinimum" 0.0];
    /// A probability or share.
    Unit "from 0 to 1" |x| (0.0..=1.0).contains(&x), ["minimum" 0.0, "maximum" 1.0];
    /// A share that is not nothing.
    PositiveUnit "more than 0, up to 1" |x| x > 0.0 && x <= 1.0, ["exclusiveMinimum" 0.0, "maximum" 1.0];
    /// An amount of money, of which sums and products stay finite.
    Amount "from 0 to 1e12" |x| (0.0..=1e12).contains(&x), ["minimum" 0.0, "maximum" 1e12];
    /// A price of energy in dollars by the joule, which may be negative.
    EnergyPrice "from -1e12 to 1e12 $/J" |x| x.abs() <= 1e12, ["minimum" -1e12, "maximum" 1e12];
    /// Months in which something is written off.
    LifeMonths "from 0.01 to 12000" |x| (0.01..=12_000.0).contains(&x), ["minimum" 0.01, "maximum" 12_000.0];
    /// An age in months.
    AgeMonths "from 0 to 12000" |x| (0.0..=12_000.0).contains(&x), ["minimum" 0.0, "maximum" 12_000.0];
    /// A discount by the year.
    Discount "from 0 to 10, which is 1000 % a year" |x| (0.0..=10.0).contains(&x), ["minimum" 0.0, "maximum" 10.0];
    /// One or more.
    OneOrMore "one or more" |x| x >= 1.0, ["minimum" 1.0];
}

/// A number without unit in the range `R`; "5 %" is 0.05.
pub(super) struct Number<R>(PhantomData<R>);
/// A probability or a share of a whole.
pub(super) type Probability = Number<Unit>;

/// A finite number from a JSON number.
fn finite(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// The shortest JSON number: whole where it is whole.
pub(super) fn number_json(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT { json!(value as i64) } else { json!(value) }
}

/// Checks the range of a value that has been read.
fn ranged<R: Range>(value: f64, node: &Node, reader: &mut Reader<'_>) -> Option<f64> {
    if R::holds(value) {
        // Adding zero turns -0 into 0, so that equal numbers have equal texts.
        return Some(value + 0.0);
    }
    reader.fault(
        node.span,
        format!("{} is out of range", value_text(node)),
        format!("accepted: {}", R::WORDS),
    );
    None
}

/// The value as written.
fn value_text(node: &Node) -> String {
    match &node.value {
        Value::Number(text) | Value::String(text) => text.clone(),
        _ => node.found(),
    }
}

fn with_bounds<R: Range>(mut schema: Json) -> Json {
    for (key, bound) in R::BOUNDS {
        schema[*key] = number_json(*bound);
    }
    schema
}

impl<R: Range> Kind for Number<R> {
    type Out = f64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, Json)> {
        let wanted = format!("a number without unit, {}, or a percentage", R::WORDS);
        let value = match &node.value {
            Value::Number(text) => finite(text),
            Value::String(text) => text
                .strip_suffix('%')
                .map(str::trim_end)
                .filter(|number| number.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
                .and_then(finite)
                .map(|percent| percent / 100.0),
            _ => None,
        };
        let Some(value) = value else { return reader.mismatch(node, &wanted) };
        let value = ranged::<R>(value, node, reader)?;
        Some((value, number_json(value)))
    }

    fn schema(_: &mut Definitions) -> Json {
        let number = with_bounds::<R>(json!({ "type": "number" }));
        json!({
            "description": format!("dimensionless, {}", R::WORDS),
            "anyOf": [number, { "type": "string", "pattern": r"^-?[0-9.]+([eE][+-]?[0-9]+)? *%$" }],
        })
    }
}

/// A whole number from `MIN` to `MAX`.
pub(super) struct Count<const MIN: u32, const MAX: u32 = { u32::MAX }>;

impl<const MIN: u32, const MAX: u32> Kind for Count<MIN, MAX> {
    type Out = u32;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(u32, Json)> {
        let count = match &node.value {
            Value::Number(text) => text.parse::<u32>().ok(),
            _ => None,
        };
        match count.filter(|count| (MIN..=MAX).contains(count)) {
            Some(count) => Some((count, count.into())),
            None => {
                let known = matches!(&node.value, Value::Number(text) if text.parse::<f64>().is_ok_and(|it| it > 1e6));
                let upper = if MAX == u32::MAX && !known { "up".to_owned() } else { format!("to {MAX}") };
                reader.mismatch(node, &format!("a whole number from {MIN} {upper}"))
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "a whole number", "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A seed: any whole number of 64 bits.
pub(super) struct Seed;

impl Kind for Seed {
    type Out = u64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(u64, Json)> {
        let seed = match &node.value {
            Value::Number(text) => text.parse::<u64>().ok(),
            _ => None,
        };
        seed.map_or_else(
            || reader.mismatch(node, "a whole number from 0 to 2^64 - 1"),
            |seed| Some((seed, seed.into())),
        )
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "a whole number of 64 bits", "type": "integer", "minimum": 0, "maximum": u64::MAX })
    }
}

/// A physical quantity as a text with a unit.
pub(super) trait Measured {
    /// Its units.
    fn dimension() -> &'static Dimension;
    /// From a number in SI units.
    fn from_si(value: f64) -> Self;
}

macro_rules! measured {
    ($($quantity:ident $dimension:ident;)*) => {$(
        impl Measured for $quantity {
            fn dimension() -> &'static Dimension {
                &units::$dimension
            }
            fn from_si(value: f64) -> Self {
                Self(value)
            }
        }
    )*};
}

measured! {
    Watts POWER;
    Joules ENERGY;
    Celsius TEMPERATURE;
    Kelvin TEMPERATURE_DIFFERENCE;
    KelvinPerWatt RESISTANCE;
    WattsPerKelvin CONDUCTANCE;
    CubicMetresPerSecond AIRFLOW;
    Amperes CURRENT;
    Volts VOLTAGE;
    Bytes DATA;
    BytesPerSecond DATA_RATE;
    PerSecond RATE;
    Metres LENGTH;
    Dollars MONEY;
    DollarsPerJoule ENERGY_PRICE;
    DollarsPerMonth MONEY_RATE;
    DollarsPerHour USE_PRICE;
    DollarsPerKilowatt DEMAND_PRICE;
    DollarsPerGigabyte DATA_PRICE;
    DollarsPerGigabyteMonth STORAGE_PRICE;
}

/// A quantity `Q` whose SI value lies in the range `R`.
pub(super) struct Quantity<Q, R = NonNegative>(PhantomData<(Q, R)>);

/// The text of a quantity, or the problem that it is something else.
fn quantity_text<'n>(
    node: &'n Node,
    reader: &mut Reader<'_>,
    what: &str,
    units: &str,
    example: &str,
) -> Option<&'n str> {
    match &node.value {
        Value::String(text) => Some(text),
        Value::Number(text) => {
            let message = format!("the number {text} has no unit, but is {what}");
            reader.fault(
                node.span,
                message,
                format!("a text with a unit, like {example:?}; units accepted: {units}"),
            );
            None
        }
        _ => reader.mismatch(node, &format!("{what}, like {example:?}; units accepted: {units}")),
    }
}

fn refuse<T>(fault: Fault, node: &Node, reader: &mut Reader<'_>) -> Option<T> {
    reader.fault(node.span, fault.message, fault.help);
    None
}

impl<Q: Measured, R: Range> Kind for Quantity<Q, R> {
    type Out = Q;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Q, Json)> {
        let dimension = Q::dimension();
        let text = quantity_text(node, reader, dimension.name, &dimension.unit_names(), dimension.example)?;
        let value = match dimension.parse(text) {
            Ok(value) => ranged::<R>(value, node, reader)?,
            Err(fault) => return refuse(fault, node, reader),
        };
        Some((Q::from_si(value), dimension.format(value).into()))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let dimension = Q::dimension();
        let units: Vec<&str> = dimension.units.iter().map(|unit| unit.name).collect();
        let key = dimension.name.trim_start_matches("an ").trim_start_matches("a ").replace(' ', "-");
        let base = definitions.define(&key, |_| text_schema(dimension.name, &units, dimension.example));
        json!({ "description": format!("{}, {}", dimension.name, R::WORDS), "$ref": base["$ref"] })
    }
}

/// The schema of a number with one of `units`.
fn text_schema(what: &str, units: &[&str], example: &str) -> Json {
    let names: Vec<String> = units.iter().map(|unit| unit.replace('/', "\\/").replace('$', "\\$")).collect();
    json!({
        "description": format!("{what} with its unit, one of {}", units.join(", ")),
        "type": "string",
        "pattern": format!(r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)? *({})$", names.join("|")),
        "examples": [example],
    })
}

fn time_units() -> Vec<&'static str> {
    units::TIMES.iter().map(|(name, _)| *name).collect()
}

fn time_schema(definitions: &mut Definitions, range: &str) -> Json {
    let base = definitions.define("time", |_| text_schema("a time", &time_units(), "250 ms"));
    json!({ "description": format!("a time, {range}"), "$ref": base["$ref"] })
}

/// A duration in whole nanoseconds, in the range `R`.
pub(super) struct Duration<R = NonNegative>(PhantomData<R>);

impl<R: Range> Kind for Duration<R> {
    type Out = SimDuration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(SimDuration, Json)> {
        let text = quantity_text(node, reader, "a time", &time_units().join(", "), "250 ms")?;
        let value = match units::parse_duration(text) {
            Ok(value) => value,
            Err(fault) => return refuse(fault, node, reader),
        };
        ranged::<R>(value.as_secs_f64(), node, reader)?;
        Some((value, units::format_duration(value).into()))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        time_schema(definitions, R::WORDS)
    }
}

/// A time as a number of seconds, for distributions.
pub(super) struct Seconds<R = NonNegative>(PhantomData<R>);

impl<R: Range> Kind for Seconds<R> {
    type Out = f64;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(f64, Json)> {
        let text = quantity_text(node, reader, "a time", &time_units().join(", "), "250 ms")?;
        let value = match units::parse_seconds(text) {
            Ok(value) => ranged::<R>(value, node, reader)?,
            Err(fault) => return refuse(fault, node, reader),
        };
        Some((value, units::format_seconds(value).into()))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        time_schema(definitions, R::WORDS)
    }
}

/// A text.
pub(super) struct Text;

impl Kind for Text {
    type Out = String;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(String, Json)> {
        match node.text() {
            Some(text) => Some((text.to_owned(), text.into())),
            None => reader.mismatch(node, "a text"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string" })
    }
}

/// `true` or `false`.
pub(super) struct Flag;

impl Kind for Flag {
    type Out = bool;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(bool, Json)> {
        match node.value {
            Value::Bool(value) => Some((value, value.into())),
            _ => reader.mismatch(node, "true or false"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "boolean" })
    }
}

/// A time of day, "15:00".
pub(super) struct Clock;

impl Kind for Clock {
    type Out = SimDuration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(SimDuration, Json)> {
        let Some(seconds) = node.text().and_then(super::calendar::parse_clock) else {
            return reader.mismatch(node, "a time of day from \"00:00\" to \"23:59\"");
        };
        let json = format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
        Some((SimDuration::from_secs(seconds), json.into()))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "time of day, hours and minutes", "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$", "examples": ["15:00"] })
    }
}

/// A local date and time, "2024-07-01 00:00".
pub(super) struct Date;

impl Kind for Date {
    type Out = LocalDateTime;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(LocalDateTime, Json)> {
        let wanted = "a local date, or date and time, like \"2024-07-01\" or \"2024-07-01 00:00\"";
        // Files of measurements may have zones, fractions, and 24:00 for the end of a day; a date that is chosen has none.
        let clock = node.text().and_then(|text| text.trim().get(11..)).unwrap_or_default().trim();
        let wrong = if clock.contains(['Z', '+', '-']) {
            "has a zone, but dates are local"
        } else if clock.starts_with("24") {
            "is no time of day: days end at 23:59:59"
        } else if clock.contains('.') {
            "has a fraction of a second"
        } else {
            let date = node.text().and_then(LocalDateTime::parse);
            return match date {
                Some(date) => Some((date, date.to_string().into())),
                None => reader.mismatch(node, wanted),
            };
        };
        reader.fault(node.span, format!("{} {wrong}", value_text(node)), format!("accepted: {wanted}"));
        None
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "local date, or date and time, without zone", "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$", "examples": ["2024-07-01 00:00"] })
    }
}
