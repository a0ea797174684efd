//! The network between the gateways of regions, as written; `graph` joins it with the regions, `files` reads what it names.
//!
//! Light in fibre goes 200 km in a millisecond, so a link of length d takes `d · inflation / 200 km` ms one way; the
//! inflation is how much longer the fibre is than `d` says (1.5 to 2.5 for great circles; a length of fibre as it is
//! laid needs none).

use crate::kernel::{Dist, SimDuration};
use crate::quantity::Metres;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::{Durations, Spans};
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, NonNegative, Number, OneOrMore, Quantity, Text};
use crate::scenario::section::{ByName, List};
use crate::scenario::spec::{Named, Rerouting};
use crate::scenario::tree::{Node, Value};
use serde_json::{Value as Json, json};

mod files;
mod graph;

pub(in crate::scenario) use graph::complete;

use files::{coordinates, topology};

/// Metres of fibre that light goes in a second.
const FIBRE_SPEED: f64 = 2e8;

/// The backbone as written; [`complete`] joins it with the regions.
pub(in crate::scenario) struct BackboneAsWritten {
    between: Vec<(String, String, SimDuration)>,
    nodes: Vec<String>,
    links: Vec<LinkAsWritten>,
    inflation: f64,
    outages: Option<UpDown>,
    convergence: Option<Dist>,
    topology: Option<Topology>,
    coordinates: Option<Coordinates>,
}

object! {
    /// The network between the gateways of regions: a table of latencies, measured coordinates, or a graph whose links can fail.
    BackboneKind: BackboneAsWritten = BackboneAsWritten {
        /// `[region, region, latency]`, one way and the same both ways; what is not listed is zero.
        default "between" => between: List<BetweenKind> = "[]",
        /// Names of exchange points, nodes of the graph beside the regions.
        default "nodes" => nodes: List<Text> = "[]",
        /// Links of the graph: `[node, node, length or one-way latency]`, or objects.
        default "links" => links: List<LinkKind> = "[]",
        /// How much longer fibre is than the lengths given.
        default "inflation" => inflation: Number<OneOrMore> = "1",
        /// Outages of each link of the graph by itself. Left out: links do not fail.
        optional "outages" => outages: UpDownKind,
        /// Time from a change of a link to new routes everywhere. Left out: none.
        optional "convergence" => convergence: Durations,
        /// A graph from a topohub file.
        optional "topology" => topology: TopologyKind,
        /// Measured network coordinates from a file, for latencies between regions.
        optional "coordinates" => coordinates: CoordinatesKind,
    }
    check check_backbone
}

fn check_backbone(it: &BackboneAsWritten, node: &Node, reader: &mut Reader<'_>) {
    let graph = !it.links.is_empty() || it.topology.is_some();
    let kinds = [!it.between.is_empty(), graph, it.coordinates.is_some()];
    if kinds.iter().filter(|given| **given).count() > 1 {
        let message = "several descriptions of one backbone";
        reader.fault(node.span, message, "one of `between`, a graph (`links`, `topology`) and `coordinates`");
    }
    if !graph {
        let given = [!it.nodes.is_empty(), it.outages.is_some(), it.convergence.is_some()];
        for (key, given) in ["nodes", "outages", "convergence"].into_iter().zip(given) {
            if given {
                reader.fault_in(node, key, format!("`{key}` without a graph"), "add `links` or `topology`");
            }
        }
    }
}

/// `[region, region, latency]`.
pub(in crate::scenario) struct BetweenKind;

impl Kind for BetweenKind {
    type Out = (String, String, SimDuration);

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Self::Out, Json)> {
        let Value::Array(items) = &node.value else {
            return reader.mismatch(node, "[region, region, latency]");
        };
        let [a, b, latency] = &items[..] else {
            return reader.mismatch(node, "[region, region, latency]");
        };
        let a = reader.within("0", |reader| Text::read(a, reader));
        let b = reader.within("1", |reader| Text::read(b, reader));
        let latency = reader.within("2", |reader| Duration::<NonNegative>::read(latency, reader));
        let ((a, a_json), (b, b_json), (latency, json)) = (a?, b?, latency?);
        Some(((a, b, latency), json!([a_json, b_json, json])))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let time = Duration::<NonNegative>::schema(definitions);
        json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "string" }, time], "minItems": 3, "maxItems": 3 })
    }
}

/// How long a link is.
enum Extent {
    Latency(SimDuration),
    Length(Metres),
}

impl Extent {
    fn latency(&self, inflation: f64) -> SimDuration {
        match self {
            Self::Latency(latency) => *latency,
            Self::Length(length) => SimDuration::from_secs_f64(length.0 * inflation / FIBRE_SPEED),
        }
    }
}

/// A link of the graph as written.
pub(in crate::scenario) struct LinkAsWritten {
    ends: [String; 2],
    extent: Extent,
    outages: Option<UpDown>,
}

/// A link as an object.
pub(in crate::scenario) struct LinkObject {
    between: Vec<String>,
    length: Option<Metres>,
    latency: Option<SimDuration>,
    outages: Option<UpDown>,
}

object! {
    /// A link of the backbone; give one of `length` and `latency`.
    LinkFields: LinkObject = LinkObject {
        /// Its two ends: regions or exchange points.
        required "between" => between: List<Text, 2>,
        /// Length of the path.
        optional "length" => length: Quantity<Metres, NonNegative>,
        /// One-way latency.
        optional "latency" => latency: Duration<NonNegative>,
        /// Its own outages. Left out: those of the backbone.
        optional "outages" => outages: UpDownKind,
    }
}

/// A link: `[node, node, length or latency]`, or an object.
pub(in crate::scenario) struct LinkKind;

impl Kind for LinkKind {
    type Out = LinkAsWritten;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(LinkAsWritten, Json)> {
        let Value::Array(items) = &node.value else {
            let (it, json) = LinkFields::read(node, reader)?;
            let extent = match (it.length, it.latency) {
                (Some(length), None) => Extent::Length(length),
                (None, Some(latency)) => Extent::Latency(latency),
                _ => {
                    reader.fault(
                        node.span,
                        "a link takes exactly one of `length` and `latency`",
                        "for example {\"between\": [\"a\", \"b\"], \"length\": \"1200 km\"}",
                    );
                    return None;
                }
            };
            let Ok(ends) = <[String; 2]>::try_from(it.between) else {
                reader.fault_in(node, "between", "a link has two ends", "[node, node]");
                return None;
            };
            return Some((LinkAsWritten { ends, extent, outages: it.outages }, json));
        };
        let [a, b, extent] = &items[..] else {
            return reader.mismatch(node, "[node, node, length or latency]");
        };
        let a = reader.within("0", |reader| Text::read(a, reader));
        let b = reader.within("1", |reader| Text::read(b, reader));
        let extent = reader.within("2", |reader| {
            if extent.text().is_some_and(|text| text.trim_end().ends_with('m')) {
                let length = Quantity::<Metres, NonNegative>::read(extent, reader);
                length.map(|(length, json)| (Extent::Length(length), json))
            } else {
                let latency = Duration::<NonNegative>::read(extent, reader);
                latency.map(|(latency, json)| (Extent::Latency(latency), json))
            }
        });
        let ((a, a_json), (b, b_json), (extent, json)) = (a?, b?, extent?);
        Some((LinkAsWritten { ends: [a, b], extent, outages: None }, json!([a_json, b_json, json])))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let full = LinkFields::schema(definitions);
        let length = Quantity::<Metres, NonNegative>::schema(definitions);
        let time = Duration::<NonNegative>::schema(definitions);
        let extent = json!({ "anyOf": [length, time] });
        let triple = json!({ "type": "array", "prefixItems": [{ "type": "string" }, { "type": "string" }, extent], "minItems": 3, "maxItems": 3 });
        json!({ "anyOf": [triple, full] })
    }
}

/// Time up and time down.
#[derive(Clone)]
pub(in crate::scenario) struct UpDown {
    up: Dist,
    down: Dist,
}

object! {
    /// Outages of a link of the backbone.
    UpDownKind: UpDown = UpDown {
        /// Time up.
        required "up" => up: Spans,
        /// Time down.
        required "down" => down: Durations,
    }
}

/// A graph in a topohub file.
pub(in crate::scenario) struct Topology {
    file: String,
    nodes: Named<String>,
    links: Vec<(usize, usize, f64)>,
    names: Vec<String>,
    /// Latitude and longitude.
    places: Vec<[f64; 2]>,
}

/// Measured coordinates of hosts.
pub(in crate::scenario) struct Coordinates {
    file: String,
    hosts: Named<u32>,
    rows: Vec<[f64; 3]>,
}

/// What is written of a topology.
pub(in crate::scenario) struct TopologyFile {
    file: String,
    nodes: Named<String>,
    sha256: Option<String>,
}

object! {
    /// A graph from a JSON file of the topohub collection: nodes with places, links with lengths in kilometres.
    TopologyFields: TopologyFile = TopologyFile {
        /// Path, relative to the scenario.
        required "file" => file: Text,
        /// The node at which a region is, by region. Left out for a region: the nearest to its `location`.
        default "nodes" => nodes: ByName<Text> = "{}",
        /// SHA-256 of the file in hexadecimal; if given, another content is an error. Filled in by `check --resolved`.
        optional "sha256" => sha256: Text,
    }
}

/// What is written of coordinates.
pub(in crate::scenario) struct CoordinatesFile {
    file: String,
    hosts: Named<u32>,
    sha256: Option<String>,
}

object! {
    /// Network coordinates of hosts (`id x y ignored height`, in ms): the one-way latency between two is their distance plus both heights.
    CoordinatesFields: CoordinatesFile = CoordinatesFile {
        /// Path, relative to the scenario.
        required "file" => file: Text,
        /// The host at which a region is, by region: its row in the file, counted from 0.
        required "hosts" => hosts: ByName<Count<0>, 1>,
        /// SHA-256 of the file in hexadecimal; if given, another content is an error. Filled in by `check --resolved`.
        optional "sha256" => sha256: Text,
    }
}

/// [`TopologyFields`] with the file read.
pub(in crate::scenario) struct TopologyKind;

impl Kind for TopologyKind {
    type Out = Topology;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Topology, Json)> {
        let (it, mut json) = TopologyFields::read(node, reader)?;
        let (text, sha256) = files::text(&it.file, it.sha256.as_deref(), node, reader)?;
        json["sha256"] = sha256.as_str().into();
        match topology(&text) {
            Ok((names, places, links)) => {
                let TopologyFile { file, nodes, .. } = it;
                Some((Topology { file, nodes, links, names, places }, json))
            }
            Err(message) => {
                let help = "a JSON file of the topohub collection";
                reader.fault_in(node, "file", format!("{}: {message}", it.file), help);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        TopologyFields::schema(definitions)
    }
}

/// [`CoordinatesFields`] with the file read.
pub(in crate::scenario) struct CoordinatesKind;

impl Kind for CoordinatesKind {
    type Out = Coordinates;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Coordinates, Json)> {
        let (it, mut json) = CoordinatesFields::read(node, reader)?;
        let (text, sha256) = files::text(&it.file, it.sha256.as_deref(), node, reader)?;
        json["sha256"] = sha256.as_str().into();
        match coordinates(&text) {
            Ok(rows) => Some((Coordinates { file: it.file, hosts: it.hosts, rows }, json)),
            Err(message) => {
                let help = "lines of `id x y ignored height`";
                reader.fault_in(node, "file", format!("{}: {message}", it.file), help);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        CoordinatesFields::schema(definitions)
    }
}

choice! {
    /// How the backbone finds ways around links that fail.
    ReroutingKind: Rerouting {
        words {
            /// Not at all: what would cross a dead link is lost until it is repaired.
            "static" => Rerouting::Static,
            /// New shortest paths once routing has converged.
            "reroute" => Rerouting::Reroute,
        }
        objects {
            /// A backup prepared for each link takes over as soon as the failure is detected, until routing has converged.
            "fast_reroute" => FastRerouteKind,
            /// Gateways relay for each other around paths that their probes have found dead, until routing has converged.
            "overlay" => OverlayKind,
        }
    }
}

object! {
    /// Prepared backups.
    FastRerouteKind: Rerouting = Rerouting::FastReroute {
        /// From the failure of a link to its detection. Default: three lost hellos of 10 ms, rounded up to what carriers ask of protection
        /// switching, `[A]`.
        default "detection" => detection: Duration = "\"50 ms\"",
    }
}

object! {
    /// One-hop relays.
    OverlayKind: Rerouting = Rerouting::Overlay {
        /// From the failure of a path to its detection by probes. Default: the mean of RON (Andersen and others, SOSP 2001), `[M]`.
        default "detection" => detection: Duration = "\"18 s\"",
    }
}
