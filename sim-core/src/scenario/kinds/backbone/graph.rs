//! The backbone in terms of the regions: names become numbers, lengths become latencies.

use super::{BackboneAsWritten, Coordinates, Extent, LinkAsWritten, Topology, UpDown, files};
use crate::kernel::{Dist, SimDuration};
use crate::quantity::Metres;
use crate::scenario::problem::accepted;
use crate::scenario::read::Reader;
use crate::scenario::spec::{Backbone, BackboneGraph, BackboneLink, Named, Region};
use crate::scenario::tree::{Node, Value};

/// The backbone in terms of the regions; problems with names are noted.
pub(in crate::scenario) fn complete(
    it: BackboneAsWritten,
    regions: &Named<Region>,
    node: &Node,
    reader: &mut Reader<'_>,
) -> Option<Backbone> {
    let before = reader.problems.len();
    let at = node.get("backbone").unwrap_or(node);
    let mut between = it.between;
    if let Some(coordinates) = &it.coordinates {
        between = latencies(coordinates, regions, at, reader);
    }
    let mut graph = None;
    if !it.links.is_empty() || it.topology.is_some() {
        let mut made = Graph { regions, points: it.nodes, links: Vec::new() };
        if let Some(topology) = &it.topology {
            made.topology(topology, it.inflation, it.outages.as_ref(), at, reader);
        }
        made.links(&it.links, it.inflation, it.outages.as_ref(), at, reader);
        graph = Some(BackboneGraph { points: made.points, links: made.links, convergence: it.convergence });
    }
    (reader.problems.len() == before).then_some(Backbone { between, graph })
}

/// A graph being put together.
struct Graph<'a> {
    regions: &'a Named<Region>,
    points: Vec<String>,
    links: Vec<BackboneLink>,
}

fn pair(outages: Option<&UpDown>) -> Option<(Dist, Dist)> {
    outages.map(|it| (it.up.clone(), it.down.clone()))
}

impl Graph<'_> {
    fn node(&self, name: &str) -> Option<u32> {
        let point =
            || self.points.iter().position(|point| point == name).map(|place| place + self.regions.len());
        self.regions.get_index_of(name).or_else(point).map(|place| place as u32)
    }

    /// Links as written.
    fn links(
        &mut self,
        links: &[LinkAsWritten],
        inflation: f64,
        outages: Option<&UpDown>,
        at: &Node,
        reader: &mut Reader<'_>,
    ) {
        for (index, link) in links.iter().enumerate() {
            let ends = [&link.ends[0], &link.ends[1]].map(|name| self.node(name));
            let mut complain = |message: String, help: String| {
                let span = at.get("links").map_or(at.span, |links| match &links.value {
                    Value::Array(items) => items.get(index).map_or(links.span, |item| item.span),
                    _ => links.span,
                });
                reader.within("backbone", |reader| {
                    reader.within("links", |reader| reader.fault(span, message, help));
                });
            };
            for (name, _) in link.ends.iter().zip(&ends).filter(|(_, end)| end.is_none()) {
                let names = self.regions.keys().chain(&self.points).map(String::as_str);
                complain(
                    format!("there is no region or node `{name}`"),
                    accepted(name, &names.collect::<Vec<_>>()),
                );
            }
            if let [Some(a), Some(b)] = ends {
                if a == b {
                    complain("a link from a node to itself".to_owned(), "two different ends".to_owned());
                }
                let outages = pair(link.outages.as_ref().or(outages));
                let latency = link.extent.latency(inflation);
                self.links.push(BackboneLink { ends: [a, b], latency, outages });
            }
        }
    }

    /// Nodes and links of a topology: those where regions are become the regions, the others exchange points.
    fn topology(
        &mut self,
        topology: &Topology,
        inflation: f64,
        outages: Option<&UpDown>,
        at: &Node,
        reader: &mut Reader<'_>,
    ) {
        let names: Vec<&str> = topology.names.iter().map(String::as_str).collect();
        let mut numbers: Vec<Option<u32>> = vec![None; names.len()];
        let mut complain = |message: String, help: String| {
            let span = at.get("topology").map_or(at.span, |it| it.span);
            reader.within("backbone", |reader| {
                reader.within("topology", |reader| reader.fault(span, message, help));
            });
        };
        for region in topology.nodes.keys().filter(|name| !self.regions.contains_key(*name)) {
            let known: Vec<&str> = self.regions.keys().map(String::as_str).collect();
            complain(format!("there is no region `{region}`"), accepted(region, &known));
        }
        for (number, (name, region)) in (0_u32..).zip(self.regions) {
            let place = match (topology.nodes.get(name), region.location) {
                (Some(wanted), _) => names.iter().position(|name| name == wanted),
                (None, Some(location)) => files::nearest(&topology.places, location),
                (None, None) => None,
            };
            let Some(place) = place else {
                let (message, help) = match topology.nodes.get(name) {
                    Some(wanted) => {
                        (format!("{} has no node `{wanted}`", topology.file), accepted(wanted, &names))
                    }
                    None => (
                        format!("it is not clear where region `{name}` is in {}", topology.file),
                        "a node for it in `nodes`, or a `location` of the region".to_owned(),
                    ),
                };
                complain(message, help);
                continue;
            };
            match numbers[place] {
                None => numbers[place] = Some(number),
                // A second region at the same place hangs on the first.
                Some(first) => self.links.push(BackboneLink {
                    ends: [first, number],
                    latency: SimDuration::ZERO,
                    outages: None,
                }),
            }
        }
        for (number, name) in numbers.iter_mut().zip(&names) {
            if number.is_none() {
                *number = Some((self.regions.len() + self.points.len()) as u32);
                self.points.push((*name).to_owned());
            }
        }
        for (a, b, kilometres) in &topology.links {
            if let (Some(a), Some(b)) = (numbers[*a], numbers[*b]) {
                let latency = Extent::Length(Metres(kilometres * 1e3)).latency(inflation);
                self.links.push(BackboneLink { ends: [a, b], latency, outages: pair(outages) });
            }
        }
    }
}

/// Latencies between all regions from coordinates.
fn latencies(
    it: &Coordinates,
    regions: &Named<Region>,
    at: &Node,
    reader: &mut Reader<'_>,
) -> Vec<(String, String, SimDuration)> {
    let span = at.get("coordinates").map_or(at.span, |it| it.span);
    let mut complain = |message: String, help: String| {
        reader.within("backbone", |reader| {
            reader.within("coordinates", |reader| reader.fault(span, message, help));
        });
    };
    for name in it.hosts.keys().filter(|name| !regions.contains_key(*name)) {
        let known: Vec<&str> = regions.keys().map(String::as_str).collect();
        complain(format!("there is no region `{name}`"), accepted(name, &known));
    }
    let mut places = Vec::new();
    for name in regions.keys() {
        match it.hosts.get(name).map(|host| it.rows.get(*host as usize)) {
            Some(Some(row)) => places.push((name, *row)),
            Some(None) => complain(
                format!("{} has only {} hosts", it.file, it.rows.len()),
                format!("a host from 0 to {} for region `{name}`", it.rows.len() - 1),
            ),
            None => {
                complain(format!("no host is given for region `{name}`"), "one for each region".to_owned());
            }
        }
    }
    let mut between = Vec::new();
    for (index, (a, [ax, ay, ah])) in places.iter().enumerate() {
        for (b, [bx, by, bh]) in &places[index + 1..] {
            let milliseconds = libm::hypot(ax - bx, ay - by) + ah + bh;
            between.push(((*a).clone(), (*b).clone(), SimDuration::from_secs_f64(milliseconds * 1e-3)));
        }
    }
    between
}
