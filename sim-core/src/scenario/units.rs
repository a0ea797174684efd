//! Units: the text of a quantity ("250 ms", "1.2 kW") to a number in SI units, and back to a canonical text.
//!
//! Times are a decimal number times a whole number of nanoseconds: exact where that is whole, else rounded to the nearest
//! nanosecond, as computed times ("0.333333333333 s") ask for. Other quantities are the nearest `f64` to the decimal number, times an exact factor.

use super::problem::nearest;
use crate::kernel::SimDuration;

/// A unit: SI value = (number + `shift`) · `times` / `over`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) name: &'static str,
    shift: f64,
    times: f64,
    over: f64,
}

/// What can be measured in the same units.
#[derive(Debug)]
pub(super) struct Dimension {
    /// Name for messages, with its article.
    pub(super) name: &'static str,
    /// An example for messages.
    pub(super) example: &'static str,
    /// Units; the first is the SI unit in which numbers are kept.
    pub(super) units: &'static [Unit],
}

const fn unit(name: &'static str, times: f64, over: f64) -> Unit {
    Unit { name, shift: 0.0, times, over }
}

const KIB: f64 = 1024.0;

macro_rules! dimensions {
    ($($id:ident $name:literal $example:literal [$($unit:expr),+ $(,)?];)*) => {$(
        pub(super) static $id: Dimension = Dimension { name: $name, example: $example, units: &[$($unit),+] };
    )*
    /// All but times.
    static DIMENSIONS: &[&Dimension] = &[$(&$id),*];
    };
}

dimensions! {
    POWER "a power" "1.2 kW" [unit("W", 1.0, 1.0), unit("mW", 1.0, 1e3), unit("kW", 1e3, 1.0), unit("MW", 1e6, 1.0)];
    ENERGY "an energy" "300 Wh" [unit("J", 1.0, 1.0), unit("kJ", 1e3, 1.0), unit("MJ", 1e6, 1.0), unit("Wh", 3600.0, 1.0), unit("kWh", 3.6e6, 1.0), unit("MWh", 3.6e9, 1.0)];
    TEMPERATURE "a temperature" "35 C" [unit("C", 1.0, 1.0), Unit { name: "F", shift: -32.0, times: 5.0, over: 9.0 }, Unit { name: "K", shift: -273.15, times: 1.0, over: 1.0 }];
    TEMPERATURE_DIFFERENCE "a temperature difference" "5 K" [unit("K", 1.0, 1.0)];
    RESISTANCE "a thermal resistance" "0.25 K/W" [unit("K/W", 1.0, 1.0), unit("mK/W", 1.0, 1e3), unit("K/kW", 1.0, 1e3)];
    CONDUCTANCE "a thermal conductance" "120 W/K" [unit("W/K", 1.0, 1.0), unit("kW/K", 1e3, 1.0)];
    AIRFLOW "a flow of air" "400 CFM" [unit("m3/s", 1.0, 1.0), unit("m3/h", 1.0, 3600.0), unit("CFM", 0.000_471_947_443_2, 1.0)];
    CURRENT "a current" "20 A" [unit("A", 1.0, 1.0), unit("mA", 1.0, 1e3), unit("kA", 1e3, 1.0)];
    VOLTAGE "a voltage" "230 V" [unit("V", 1.0, 1.0), unit("mV", 1.0, 1e3), unit("kV", 1e3, 1.0)];
    DATA "an amount of data" "64 MiB" [
        unit("B", 1.0, 1.0), unit("kB", 1e3, 1.0), unit("MB", 1e6, 1.0), unit("GB", 1e9, 1.0), unit("TB", 1e12, 1.0),
        unit("KiB", KIB, 1.0), unit("MiB", KIB * KIB, 1.0), unit("GiB", KIB * KIB * KIB, 1.0), unit("TiB", KIB * KIB * KIB * KIB, 1.0),
    ];
    DATA_RATE "a data rate" "40 Mbit/s" [
        unit("B/s", 1.0, 1.0), unit("kB/s", 1e3, 1.0), unit("MB/s", 1e6, 1.0), unit("GB/s", 1e9, 1.0),
        unit("KiB/s", KIB, 1.0), unit("MiB/s", KIB * KIB, 1.0), unit("GiB/s", KIB * KIB * KIB, 1.0),
        unit("bit/s", 1.0, 8.0), unit("kbit/s", 1e3, 8.0), unit("Mbit/s", 1e6, 8.0), unit("Gbit/s", 1e9, 8.0),
    ];
    LENGTH "a length" "1200 km" [unit("m", 1.0, 1.0), unit("km", 1e3, 1.0)];
    MONEY "an amount of money" "450 $" [unit("$", 1.0, 1.0), unit("k$", 1e3, 1.0)];
    ENERGY_PRICE "a price of energy" "0.31 $/kWh" [unit("$/J", 1.0, 1.0), unit("$/kWh", 1.0, 3.6e6), unit("$/MWh", 1.0, 3.6e9)];
    MONEY_RATE "an amount of money by the month" "40 $/month" [unit("$/month", 1.0, 1.0), unit("$/y", 1.0, 12.0), unit("$/d", 730.0, 24.0), unit("$/h", 730.0, 1.0)];
    USE_PRICE "a price of an hour" "0.04 $/h" [unit("$/h", 1.0, 1.0), unit("$/s", 3600.0, 1.0), unit("$/month", 1.0, 730.0)];
    DEMAND_PRICE "a price of a monthly peak" "15 $/kW" [unit("$/kW", 1.0, 1.0), unit("$/W", 1e3, 1.0)];
    DATA_PRICE "a price of moving data" "0.09 $/GB" [unit("$/GB", 1.0, 1.0), unit("$/TB", 1.0, 1e3), unit("$/MB", 1e3, 1.0)];
    STORAGE_PRICE "a price of keeping data" "0.023 $/GB-month" [unit("$/GB-month", 1.0, 1.0), unit("$/TB-month", 1.0, 1e3)];
    RATE "a rate" "200 /s" [
        unit("/s", 1.0, 1.0), unit("/ms", 1e3, 1.0), unit("/min", 1.0, 60.0), unit("/h", 1.0, 3600.0),
        unit("/d", 1.0, 86_400.0), unit("/w", 1.0, 604_800.0), unit("/y", 1.0, 31_557_600.0),
    ];
}

/// Units of time and their nanoseconds; a year is 365.25 days.
pub(super) const TIMES: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
    ("y", 31_557_600_000_000_000),
];

/// Why a text is not a quantity: what is wrong, and what is accepted.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: String,
}

impl Dimension {
    /// "W, mW, kW, MW".
    pub(super) fn unit_names(&self) -> String {
        self.units.iter().map(|unit| unit.name).collect::<Vec<_>>().join(", ")
    }

    /// The SI value of a text.
    pub(super) fn parse(&self, text: &str) -> Result<f64, Fault> {
        let (number, name) = split(text, self.name, self.example)?;
        let names: Vec<&str> = self.units.iter().map(|unit| unit.name).collect();
        let unit = self
            .units
            .iter()
            .find(|unit| unit.name == name)
            .ok_or_else(|| wrong_unit(text, name, self.name, &names))?;
        let value = (number.value()? + unit.shift) * unit.times / unit.over;
        if value.is_finite() { Ok(value) } else { Err(too_large(text)) }
    }

    /// The canonical text of an SI value.
    pub(super) fn format(&self, value: f64) -> String {
        format!("{value} {}", self.units[0].name)
    }
}

/// A time that is not a whole number of nanoseconds, rounded to one. Nothing but nothing becomes nothing.
fn nearest_nanosecond(text: &str) -> Result<SimDuration, Fault> {
    match SimDuration::from_secs_f64(parse_seconds(text)?) {
        SimDuration::ZERO => Err(Fault {
            message: format!("{text:?} is less than half a nanosecond"),
            help: "times are whole nanoseconds; the least is \"1 ns\"".to_owned(),
        }),
        rounded => Ok(rounded),
    }
}

/// A time as scenarios write it, such as "3 d" or "250 ms".
///
/// # Errors
/// What is wrong with the text, and what is accepted.
pub fn duration(text: &str) -> Result<SimDuration, String> {
    parse_duration(text).map_err(|fault| format!("{}; {}", fault.message, fault.help))
}

/// The values of two quantities in the same unit, to compare them; `None` if one of the texts is no quantity or they are not of one kind.
pub fn comparable(a: &str, b: &str) -> Option<(f64, f64)> {
    let pair = |parse: &dyn Fn(&str) -> Option<f64>| Some((parse(a)?, parse(b)?));
    pair(&|text| parse_seconds(text).ok())
        .or_else(|| DIMENSIONS.iter().find_map(|dimension| pair(&|text| dimension.parse(text).ok())))
}

/// Nanoseconds of a text such as "3 d", to the nearest whole number.
pub(super) fn parse_duration(text: &str) -> Result<SimDuration, Fault> {
    let (number, nanos) = time_parts(text)?;
    if number.negative && number.digits != 0 {
        return Err(Fault {
            message: format!("{text:?} is negative"),
            help: "a time of zero or more".to_owned(),
        });
    }
    match number.times(nanos) {
        Exact::Whole(nanos) => Ok(SimDuration::from_nanos(nanos)),
        Exact::Finer => nearest_nanosecond(text),
        Exact::TooLarge => Err(Fault {
            message: format!("{text:?} is longer than simulated time can be"),
            help: "times reach up to 584 years".to_owned(),
        }),
    }
}

/// Seconds of a text such as "250 ms": exact where whole nanoseconds are.
pub(super) fn parse_seconds(text: &str) -> Result<f64, Fault> {
    let (number, nanos) = time_parts(text)?;
    let sign = if number.negative { -1.0 } else { 1.0 };
    if let Exact::Whole(nanos) = number.times(nanos) {
        return Ok(sign * (nanos as f64 / 1e9));
    }
    let value = number.value()? * (nanos as f64) / 1e9;
    if value.is_finite() { Ok(value) } else { Err(too_large(text)) }
}

/// The canonical text of a time: the largest unit up to days that divides it.
pub(super) fn format_duration(duration: SimDuration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0 s".to_owned();
    }
    let (name, size) = TIMES
        .iter()
        .rev()
        .skip(2)
        .find(|(_, size)| nanos.is_multiple_of(*size))
        .expect("one nanosecond divides all");
    format!("{} {name}", nanos / size)
}

/// The canonical text of a time in seconds; reads back to the same bits.
pub(super) fn format_seconds(seconds: f64) -> String {
    let nanos = seconds * 1e9;
    if (1.0..9e15).contains(&nanos) {
        let whole = SimDuration::from_secs_f64(seconds);
        if whole.as_secs_f64().to_bits() == seconds.to_bits() {
            return format_duration(whole);
        }
    }
    format!("{seconds} s")
}

fn time_parts(text: &str) -> Result<(Decimal<'_>, u64), Fault> {
    let (number, name) = split(text, "a time", "250 ms")?;
    let names: Vec<&str> = TIMES.iter().map(|(name, _)| *name).collect();
    let unit = TIMES
        .iter()
        .find(|(unit, _)| *unit == name)
        .ok_or_else(|| wrong_unit(text, name, "a time", &names))?;
    Ok((number, unit.1))
}

fn wrong_unit(text: &str, name: &str, what: &str, names: &[&str]) -> Fault {
    let message = if name.is_empty() {
        format!("{text:?} has no unit, but is {what}")
    } else {
        format!("`{name}` in {text:?} is not a unit of {what}")
    };
    let near = nearest(name, names.iter().copied())
        .map_or_else(String::new, |unit| format!("did you mean `{unit}`? "));
    Fault { message, help: format!("{near}units accepted: {}", names.join(", ")) }
}

fn too_large(text: &str) -> Fault {
    Fault { message: format!("{text:?} is not a finite number"), help: "a finite number".to_owned() }
}

/// A decimal number as written: ± `digits` · 10^`exponent`.
struct Decimal<'t> {
    text: &'t str,
    negative: bool,
    digits: u128,
    exponent: i64,
    /// All digits are in `digits`.
    complete: bool,
}

enum Exact {
    Whole(u64),
    Finer,
    TooLarge,
}

impl Decimal<'_> {
    fn value(&self) -> Result<f64, Fault> {
        self.text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| too_large(self.text))
    }

    /// The magnitude times `factor`, if that is whole and fits.
    fn times(&self, factor: u64) -> Exact {
        if self.digits == 0 {
            return Exact::Whole(0);
        }
        let Some(mut product) = self.digits.checked_mul(u128::from(factor)).filter(|_| self.complete) else {
            return if self.exponent < 0 { Exact::Finer } else { Exact::TooLarge };
        };
        for _ in 0..self.exponent.unsigned_abs().min(64) {
            if self.exponent < 0 {
                if !product.is_multiple_of(10) {
                    return Exact::Finer;
                }
                product /= 10;
            } else {
                product = product.saturating_mul(10);
            }
        }
        u64::try_from(product).map_or(Exact::TooLarge, Exact::Whole)
    }
}

/// Splits "1.5e3 kW" into its number, by the grammar of JSON, and its unit.
fn split<'t>(text: &'t str, what: &str, example: &str) -> Result<(Decimal<'t>, &'t str), Fault> {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let whole = run(start);
    if whole == 0 {
        return Err(Fault {
            message: format!("{text:?} is not {what}"),
            help: format!("a number with a unit, like {example:?}"),
        });
    }
    let mut end = start + whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') && run(end + 1) > 0 {
        fraction = run(end + 1);
        end += 1 + fraction;
    }
    let mantissa = &text[start..end];
    let mut exponent = 0_i64;
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = run((end + 1 + sign).min(bytes.len()));
        if digits > 0 {
            exponent = text[end + 1..end + 1 + sign + digits].parse().unwrap_or(i64::from(i32::MAX));
            end += 1 + sign + digits;
        }
    }
    let mut digits = 0_u128;
    let mut complete = true;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        match digits.checked_mul(10).and_then(|ten| ten.checked_add(u128::from(digit - b'0'))) {
            Some(more) => digits = more,
            None => complete = false,
        }
    }
    let exponent = exponent.saturating_sub(fraction as i64);
    Ok((Decimal { text: &text[..end], negative, digits, exponent, complete }, text[end..].trim()))
}
