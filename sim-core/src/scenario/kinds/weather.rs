//! Weather: outdoor temperature, heat waves, storms.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin};
use crate::scenario::LocalDateTime;
use crate::scenario::column::checked_column;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::problem::accepted;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Clock, Duration, NonNegative, Number, Positive, Quantity, Range, Text};
use crate::scenario::section::Catalogued;
use crate::scenario::spec::{HeatWaves, Seasonal, Storms, Weather, WeatherBase};
use crate::scenario::table::{self, Series};
use crate::scenario::tree::{Node, Value};
use serde_json::Value as Json;

/// The daily course of the temperature.
pub(in crate::scenario) struct Daily {
    mean: Celsius,
    swing: Kelvin,
    hottest: SimDuration,
}

object! {
    /// `mean + swing cos(2 pi (clock - hottest)/24 h)`.
    DailyKind: Daily = Daily {
        /// Mean over the day.
        required "mean" => mean: Quantity<Celsius, Any>,
        /// Amplitude: half of what lies between the hottest and the coldest hour.
        required "swing" => swing: Quantity<Kelvin>,
        /// Time of day of the maximum. Default: [A] two to three hours after the sun is highest.
        default "hottest" => hottest: Clock = "\"15:00\"",
    }
}

/// A day of the year.
pub(in crate::scenario) struct DayOfYear;

impl Kind for DayOfYear {
    type Out = SimDuration;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(SimDuration, Json)> {
        let number = match &node.value {
            Value::Number(text) => text.parse::<i64>().ok(),
            Value::String(text) => day_of_year(text),
            _ => None,
        };
        match number.filter(|day| (1..=366).contains(day)) {
            Some(day) => Some((SimDuration::from_secs((day as u64 - 1) * 86_400), day.into())),
            None => {
                reader.mismatch(node, "a day of the year, from 1 to 366, or month and day, like \"07-20\"")
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        serde_json::json!({
            "description": "day of the year, counted from 1, or month and day",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 366 },
                { "type": "string", "pattern": "^[0-1][0-9]-[0-3][0-9]$", "examples": ["07-20"] },
            ],
        })
    }
}

/// The number of "07-20" in a year without leap day.
fn day_of_year(text: &str) -> Option<i64> {
    let (month, day) = text.split_once('-')?;
    let date = LocalDateTime::new(2023, month.parse().ok()?, day.parse().ok()?, 0)?;
    let first = LocalDateTime::new(2023, 1, 1, 0)?;
    Some((date.seconds - first.seconds) / 86_400 + 1)
}

object! {
    /// mean + season cos(2 pi (date - warmest)/year) + day cos(2 pi (clock - hottest)/24 h) + a residual per day, correlated from day to day.
    SeasonalKind: Seasonal = Seasonal {
        /// Mean over the year.
        required "mean" => mean: Quantity<Celsius, Any>,
        /// Amplitude over the year: half of what lies between the means of the warmest and the coldest day.
        required "season" => season: Quantity<Kelvin>,
        /// The warmest day of the year. Default: [A] a month after the solstice of the north; say `01-20` in the south.
        default "warmest" => warmest: DayOfYear = "\"07-20\"",
        /// Amplitude over the day: half the daily range.
        default "day" => day: Quantity<Kelvin> = "\"0 K\"",
        /// Time of day of the maximum. Default: [A] two to three hours after the sun is highest.
        default "hottest" => hottest: Clock = "\"15:00\"",
        /// Standard deviation of the residual.
        default "noise" => noise: Quantity<Kelvin> = "\"0 K\"",
        /// Correlation of the residuals of a day and the next.
        default "correlation" => correlation: Number<Lag> = "0",
    }
}

/// A correlation of a stationary process.
pub(in crate::scenario) struct Lag;

impl Range for Lag {
    fn holds(value: f64) -> bool {
        (0.0..1.0).contains(&value)
    }
    const WORDS: &'static str = "from 0 to less than 1";
    const BOUNDS: &'static [(&'static str, f64)] = &[("minimum", 0.0), ("exclusiveMaximum", 1.0)];
}

/// Weather as written: one of `constant`, `daily`, `seasonal` and `file`.
pub(in crate::scenario) struct WeatherAsWritten {
    constant: Option<Celsius>,
    daily: Option<Daily>,
    seasonal: Option<Seasonal>,
    file: Option<String>,
    column: Option<String>,
    unit: Option<TemperatureUnit>,
    time: Option<String>,
    step: Option<SimDuration>,
    sha256: Option<String>,
    heat_waves: Option<HeatWaves>,
    storms: Option<Storms>,
}

object! {
    /// Outdoor temperature: exactly one of `constant`, `daily`, `seasonal` and `file`.
    WeatherFields: WeatherAsWritten = WeatherAsWritten {
        /// Always this temperature.
        optional "constant" => constant: Quantity<Celsius, Any>,
        /// A cosine over the day.
        optional "daily" => daily: DailyKind,
        /// A year with its days and noise that is drawn for each replication.
        optional "seasonal" => seasonal: SeasonalKind,
        /// A CSV file of readings with a header line, relative to the scenario; lines that begin with # are skipped.
        optional "file" => file: Text,
        /// Column of the temperature; required with `file`.
        optional "column" => column: Text,
        /// Unit of the temperature; required with `file`.
        optional "unit" => unit: TemperatureUnitKind,
        /// Column of local times, ISO or "07-15T13" for a typical year. Left out: the column "time" if there is one and no `step` is given. With times, readings are aligned to `start`, by the time of year where the file is a whole year; without, the first reading is that of t = 0.
        optional "time" => time: Text,
        /// Time between readings of a file without times. Left out: an hour.
        optional "step" => step: Duration<Positive>,
        /// SHA-256 of the file in hexadecimal; if given, another content is an error. Filled in by `check --resolved`.
        optional "sha256" => sha256: Text,
        /// Heat waves on top.
        optional "heat_waves" => heat_waves: HeatWavesKind,
        /// Two-state storms.
        optional "storms" => storms: StormsKind,
    }
}

/// Unit of the temperatures in a file.
#[derive(Clone, Copy)]
pub(in crate::scenario) enum TemperatureUnit {
    Celsius,
    Fahrenheit,
    Kelvin,
}

impl TemperatureUnit {
    fn celsius(self, value: f64) -> f64 {
        match self {
            Self::Celsius => value,
            Self::Fahrenheit => (value - 32.0) * 5.0 / 9.0,
            Self::Kelvin => value - 273.15,
        }
    }
}

choice! {
    /// Unit of the temperatures in a file.
    TemperatureUnitKind: TemperatureUnit {
        words {
            /// Degrees Celsius.
            "C" => TemperatureUnit::Celsius,
            /// Degrees Fahrenheit.
            "F" => TemperatureUnit::Fahrenheit,
            /// Kelvins.
            "K" => TemperatureUnit::Kelvin,
        }
    }
}

/// [`WeatherFields`] with files read.
pub(in crate::scenario) struct WeatherKind;

impl Kind for WeatherKind {
    type Out = Weather;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Weather, Json)> {
        let Some((it, mut json)) = WeatherFields::read(node, reader) else {
            if node.get("file").is_some() {
                missing_of_file(node, reader);
            }
            return None;
        };
        let given = [it.constant.is_some(), it.daily.is_some(), it.seasonal.is_some(), it.file.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            let message = "a weather takes exactly one of `constant`, `daily`, `seasonal` and `file`";
            reader.fault(node.span, message, "for example {\"constant\": \"30 C\"}");
            return None;
        }
        if it.file.is_none() {
            for key in ["column", "unit", "time", "step", "sha256"] {
                if node.get(key).is_some() {
                    reader.fault_in(
                        node,
                        key,
                        format!("`{key}` without `file`"),
                        "`column`, `unit`, `time`, `step` and `sha256` belong to `file`",
                    );
                }
            }
        }
        let base = if let Some(constant) = it.constant {
            WeatherBase::Constant(constant)
        } else if let Some(Daily { mean, swing, hottest }) = it.daily {
            WeatherBase::Daily { mean, swing, hottest }
        } else if let Some(seasonal) = it.seasonal {
            WeatherBase::Seasonal(seasonal)
        } else {
            read_series(&it, node, reader, &mut json)?
        };
        Some((Weather { base, heat_waves: it.heat_waves, storms: it.storms }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        WeatherFields::schema(definitions)
    }
}

impl Catalogued for WeatherKind {
    const CATALOG: Option<&'static str> = Some("weather");
}

/// The column of times that is taken when a file has it and none is named.
const TIME: &str = "time";

/// Notes what a file of readings needs and does not have.
fn missing_of_file(node: &Node, reader: &mut Reader<'_>) {
    for key in ["column", "unit"].into_iter().filter(|key| node.get(key).is_none()) {
        let help = if key == "unit" {
            accepted("", &["C", "F", "K"])
        } else {
            "the name of the column, from the header line".to_owned()
        };
        reader.fault(
            node.span,
            format!("missing field `{key}`"),
            format!("`{key}` is required with `file`: {help}"),
        );
    }
}

/// The readings of a file, aligned to the start of the run.
fn read_series(
    it: &WeatherAsWritten,
    node: &Node,
    reader: &mut Reader<'_>,
    json: &mut Json,
) -> Option<WeatherBase> {
    missing_of_file(node, reader);
    let (file, name, unit) = (it.file.as_deref()?, it.column.as_deref()?, it.unit?);
    let time = it.time.clone().or_else(|| it.step.is_none().then(|| reader.has_column(file, TIME)).flatten());
    let column = checked_column(file, name, time.as_deref(), it.sha256.as_deref(), node, reader)?;
    json["sha256"] = column.sha256.clone().into();
    if let Some(time) = time {
        json["time"] = time.into();
    }
    let step = it.step.unwrap_or(SimDuration::from_secs(3600));
    let series = match table::align(&column, reader.start, reader.duration, step) {
        Ok(series) => series,
        Err(message) => {
            reader.fault_in(
                node,
                "file",
                format!("{file}: {message}"),
                "equidistant readings that cover the run, or a whole year",
            );
            return None;
        }
    };
    let Series { step, values } = series;
    let celsius: Vec<f64> = values.into_iter().map(|value| unit.celsius(value)).collect();
    // No place on Earth is colder or hotter; a wrong column or unit is likelier.
    if let Some(odd) = celsius.iter().find(|value| !PlausibleWeather::holds(**value)) {
        reader.fault_in(
            node,
            "unit",
            format!("{file}: a reading of {odd:.1} C is no weather"),
            "readings from -95 C to 65 C: check `column` and `unit`",
        );
        return None;
    }
    Some(WeatherBase::Series { step, celsius: celsius.into() })
}

/// Temperatures that outdoor air has.
struct PlausibleWeather;

impl Range for PlausibleWeather {
    fn holds(value: f64) -> bool {
        (-95.0..=65.0).contains(&value)
    }
    const WORDS: &'static str = "from -95 C to 65 C";
    const BOUNDS: &'static [(&'static str, f64)] = &[("minimum", -95.0), ("maximum", 65.0)];
}

object! {
    /// Heat waves: alternating calm and heat, starting calm, with ramps of six hours inside the wave.
    HeatWavesKind: HeatWaves = HeatWaves {
        /// From the end of one to the beginning of the next.
        required "every" => every: Spans,
        /// Duration.
        required "for" => lasts: Durations,
        /// Added to the temperature meanwhile.
        required "rise" => rise: Quantity<Kelvin, NonNegative>,
    }
}

object! {
    /// Storms: a two-state weather shared by the region, starting calm.
    StormsKind: Storms = Storms {
        /// From the end of one to the beginning of the next.
        required "every" => every: Spans,
        /// Duration.
        required "for" => lasts: Durations,
    }
}
