//! Regions: weather, storms, grid.

use crate::kernel::SimDuration;
use crate::quantity::{Celsius, Kelvin};
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, checked_column};
use crate::scenario::problem::accepted;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Clock, Count, Duration, Number, Positive, Quantity, Range, Text};
use crate::scenario::section::{Catalogued, OneOrMany, Reference};
use crate::scenario::spec::{Grid, HeatWaves, Outages, PowerDomain, Region, Storms, Weather, WeatherBase};
use crate::scenario::table::{self, Series};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

/// A region as written: heat waves and storms may stand beside the weather.
pub(in crate::scenario) struct RegionAsWritten {
    location: Option<[f64; 2]>,
    weather: Option<Weather>,
    heat_waves: Option<HeatWaves>,
    storms: Option<Storms>,
    grid: Option<Grid>,
}

object! {
    /// A region: a place with a weather, a grid, and a gateway by which requests enter.
    RegionFields: RegionAsWritten = RegionAsWritten {
        /// Latitude and longitude in degrees.
        optional "location" => location: LocationKind,
        /// Outdoor temperature. Left out: 20 C.
        optional "weather" => weather: Reference<WeatherKind>,
        /// Heat waves on top of the weather; replaces those of `weather`.
        optional "heat_waves" => heat_waves: HeatWavesKind,
        /// Storms; replaces those of `weather`.
        optional "storms" => storms: StormsKind,
        /// Mains of sites whose fleet entry names no other. Left out: mains never fail.
        optional "grid" => grid: Reference<GridKind>,
    }
}

/// Outdoor temperature where a region has storms or heat waves but no weather.
const MILD: Celsius = Celsius(20.0);

/// [`RegionFields`] with heat waves and storms filed under the weather.
pub(in crate::scenario) struct RegionKind;

impl Kind for RegionKind {
    type Out = Region;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Region, Json)> {
        let (it, json) = RegionFields::read(node, reader)?;
        let mut weather = it.weather;
        if it.heat_waves.is_some() || it.storms.is_some() {
            let mild = Weather { base: WeatherBase::Constant(MILD), heat_waves: None, storms: None };
            let weather = weather.get_or_insert(mild);
            weather.heat_waves = it.heat_waves.or(weather.heat_waves.take());
            weather.storms = it.storms.or(weather.storms.take());
        }
        Some((Region { location: it.location, weather, grid: it.grid }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        RegionFields::schema(definitions)
    }
}

impl Catalogued for RegionKind {
    const CATALOG: Option<&'static str> = None;
}

/// `[latitude, longitude]`.
pub(in crate::scenario) struct LocationKind;

impl Kind for LocationKind {
    type Out = [f64; 2];

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<([f64; 2], Json)> {
        let (numbers, json) = crate::scenario::section::List::<Number<Any>>::read(node, reader)?;
        match numbers[..] {
            [latitude, longitude] if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 => {
                Some(([latitude, longitude], json))
            }
            _ => reader.mismatch(node, "[latitude, longitude] in degrees, north and east positive"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "description": "latitude and longitude in degrees", "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 })
    }
}

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
        /// Time of day of the maximum.
        default "hottest" => hottest: Clock = "\"15:00\"",
    }
}

/// Weather as written: one of `constant`, `daily` and `file`.
pub(in crate::scenario) struct WeatherAsWritten {
    constant: Option<Celsius>,
    daily: Option<Daily>,
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
    /// Outdoor temperature: exactly one of `constant`, `daily` and `file`.
    WeatherFields: WeatherAsWritten = WeatherAsWritten {
        /// Always this temperature.
        optional "constant" => constant: Quantity<Celsius, Any>,
        /// A cosine over the day.
        optional "daily" => daily: DailyKind,
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
        let (it, mut json) = WeatherFields::read(node, reader)?;
        let given = [it.constant.is_some(), it.daily.is_some(), it.file.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            let message = "a weather takes exactly one of `constant`, `daily` and `file`";
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

/// The readings of a file, aligned to the start of the run.
fn read_series(
    it: &WeatherAsWritten,
    node: &Node,
    reader: &mut Reader<'_>,
    json: &mut Json,
) -> Option<WeatherBase> {
    for (key, missing) in [("column", it.column.is_none()), ("unit", it.unit.is_none())] {
        if missing {
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
        required "every" => every: Durations,
        /// Duration.
        required "for" => lasts: Durations,
        /// Added to the temperature meanwhile.
        required "rise" => rise: Quantity<Kelvin>,
    }
}

object! {
    /// Storms: a two-state weather shared by the region, starting calm.
    StormsKind: Storms = Storms {
        /// From the end of one to the beginning of the next.
        required "every" => every: Durations,
        /// Duration.
        required "for" => lasts: Durations,
    }
}

object! {
    /// Mains supply.
    GridFields: Grid = Grid {
        /// Outages: one cause, or an array of independent causes, which may overlap.
        default "outages" => outages: OneOrMany<OutagesKind> = "[]",
        /// Sites per feeder, numbered through within a fleet entry.
        default "feeder_size" => feeder_size: Count<1> = "1",
    }
    check check_feeder
}

/// Mains supply, see [`GridFields`].
pub(in crate::scenario) type GridKind = GridFields;

impl Catalogued for GridFields {
    const CATALOG: Option<&'static str> = Some("grid");
}

fn check_feeder(grid: &Grid, node: &Node, reader: &mut Reader<'_>) {
    let shared = grid.outages.iter().any(|outages| outages.shared_by == PowerDomain::Feeder);
    if shared && node.get("feeder_size").is_none() {
        let message = "outages are shared by feeder, but `feeder_size` is missing";
        reader.fault(node.span, message, "`feeder_size`: how many sites hang on a feeder");
    }
}

object! {
    /// An alternating renewal process of outages, starting up.
    OutagesKind: Outages = Outages {
        /// Time from restoration to the next outage.
        required "up" => up: Durations,
        /// Duration.
        required "down" => down: Durations,
        /// Who goes down together.
        default "shared_by" => shared_by: PowerDomainKind = "\"site\"",
        /// What differs in a storm. Left out: nothing.
        optional "in_storm" => up_in_storm: InStormKind,
    }
}

choice! {
    /// Who shares a grid outage.
    PowerDomainKind: PowerDomain {
        words {
            /// Each site alone.
            "site" => PowerDomain::Site,
            /// The sites of a feeder.
            "feeder" => PowerDomain::Feeder,
            /// All sites of the region with this grid.
            "region" => PowerDomain::Region,
        }
    }
}

/// The time to the next outage in a storm: `{"up": …}`.
pub(in crate::scenario) struct InStormKind;

/// What differs in a storm.
pub(in crate::scenario) struct InStorm {
    up: crate::kernel::Dist,
}

object! {
    /// What differs in a storm.
    InStormFields: InStorm = InStorm {
        /// Time to the next outage in a storm.
        required "up" => up: Durations,
    }
}

impl Kind for InStormKind {
    type Out = crate::kernel::Dist;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        InStormFields::read(node, reader).map(|(it, json)| (it.up, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        InStormFields::schema(definitions)
    }
}

/// The grid of a fleet entry: "none" is mains that never fail, whatever the region has.
pub(in crate::scenario) struct FleetGridKind;

impl Kind for FleetGridKind {
    type Out = Grid;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Grid, Json)> {
        if node.text() == Some("none") {
            return Some((Grid { outages: Vec::new(), feeder_size: 1 }, "none".into()));
        }
        Reference::<GridKind>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [Reference::<GridKind>::schema(definitions), { "const": "none", "description": "mains never fail" }] })
    }
}
