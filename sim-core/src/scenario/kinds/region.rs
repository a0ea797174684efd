//! Regions: weather, storms, grid.

use super::weather::{HeatWavesKind, StormsKind, WeatherKind};
use crate::quantity::Celsius;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Any, Count, Number};
use crate::scenario::section::{Catalogued, List, OneOrMany, Reference};
use crate::scenario::spec::{Grid, HeatWaves, Outages, PowerDomain, Region, Storms, Weather, WeatherBase};
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
