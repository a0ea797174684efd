//! Regions.

use super::grid::GridKind;
use super::link::GatewayKind;
use super::weather::{HeatWavesKind, StormsKind, WeatherKind};
use crate::quantity::Celsius;
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Count, Number};
use crate::scenario::section::{Catalogued, List, Reference};
use crate::scenario::spec::{Gateway, Grid, HeatWaves, Region, Storms, Weather, WeatherBase};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

/// A region as written: heat waves and storms may stand beside the weather.
pub(in crate::scenario) struct RegionAsWritten {
    location: Option<[f64; 2]>,
    weather: Option<Weather>,
    heat_waves: Option<HeatWaves>,
    storms: Option<Storms>,
    grid: Option<Grid>,
    gateway: Option<Gateway>,
    crews: Option<u32>,
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
        /// Rates of the gateway; requests and replies share them with the links of sites by max-min fairness. Left out: unlimited.
        optional "gateway" => gateway: GatewayKind,
        /// Repair crews shared by the sites whose fleet entry has none of its own. Left out: repairs never wait.
        optional "crews" => crews: Count<1>,
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
        let gateway = it.gateway.unwrap_or_default();
        Some((Region { location: it.location, weather, grid: it.grid, gateway, crews: it.crews }, json))
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
        let (numbers, json) = List::<Number<Any>>::read(node, reader)?;
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
