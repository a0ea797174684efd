//! Whom a target means, in numbers of sites and nodes.
//!
//! Sites and nodes are numbered through over the whole fleet, entry by entry in the order of the file, and the nodes of a
//! site are contiguous: the numbering of the run. How they stand within a site, [`super::layout`] knows.

use crate::kernel::Streams;
use crate::scenario::problem::accepted;
use crate::scenario::spec::{BackboneLink, FleetEntry, Scenario, Target, Which};
use std::ops::Range;

/// What a target means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Numbers of the sites concerned, ascending.
    pub sites: Vec<u32>,
    /// Numbers of the nodes concerned, ascending.
    pub nodes: Vec<u32>,
    /// Whether the sites are meant as wholes, not single nodes in them.
    pub whole_sites: bool,
    /// The region whose gateway is meant; no sites or nodes are then.
    pub gateway: Option<u16>,
    /// The regions whose connection is meant; no sites or nodes are then.
    pub backbone: Option<[u16; 2]>,
    /// The links of the backbone's graph that join them directly, by number; empty without a graph or such a link.
    pub links: Vec<u32>,
}

/// Why a target means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistarget {
    /// The field that is wrong; empty if it is all of them together.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
    /// What is accepted.
    pub help: String,
}

pub(super) fn wrong<T>(
    field: &'static str,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Mistarget> {
    Err(Mistarget { field, message: message.into(), help: help.into() })
}

/// Where the sites and nodes of a fleet entry stand in the numbering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub entry: &'a FleetEntry,
    pub first_site: u32,
    pub first_node: u32,
    pub nodes_per_site: u32,
}

/// The fleet entries with their places.
pub(super) fn places(scenario: &Scenario) -> Vec<Place<'_>> {
    let (mut first_site, mut first_node) = (0, 0);
    let place = |entry| {
        let nodes_per_site = nodes_per_site(entry);
        let place = Place { entry, first_site, first_node, nodes_per_site };
        first_site += entry.sites;
        first_node += entry.sites * nodes_per_site;
        place
    };
    scenario.fleet.iter().map(place).collect()
}

fn nodes_per_site(entry: &FleetEntry) -> u32 {
    entry.racks.iter().map(|rack| rack.count * rack.nodes.values().sum::<u32>()).sum()
}

impl Place<'_> {
    /// Sites per feeder; 1 where no grid says.
    pub fn feeder_size(&self, scenario: &Scenario) -> u32 {
        let grid = self.entry.grid.as_ref().or(scenario.regions[&self.entry.region].grid.as_ref());
        grid.map_or(1, |grid| grid.feeder_size.max(1))
    }

    /// The nodes of the site with this number.
    pub fn nodes_of(&self, site: u32) -> Range<u32> {
        let first = self.first_node + (site - self.first_site) * self.nodes_per_site;
        first..first + self.nodes_per_site
    }
}

/// A number or path, taken apart: fleet entry, site, and the number itself.
type Path<'t> = (Option<&'t str>, Option<u32>, u32);

/// Takes `which` apart; `deep` paths name a site between entry and number.
fn path<'t>(field: &'static str, which: &'t Which, deep: bool) -> Result<Path<'t>, Mistarget> {
    let text = match which {
        Which::Index(index) => return Ok((None, None, *index)),
        Which::Name(text) => text,
    };
    let form = if deep { "\"ENTRY/SITE/NUMBER\"" } else { "\"ENTRY/NUMBER\"" };
    let bad = || {
        wrong(
            field,
            format!("{text:?} is neither a number nor a path"),
            format!("accepted: a whole number from 0, or {form}"),
        )
    };
    let Some((front, number)) = text.rsplit_once('/') else { return bad() };
    let Ok(number) = number.parse() else { return bad() };
    if !deep {
        return Ok((Some(front), None, number));
    }
    match front.rsplit_once('/').map(|(entry, site)| (entry, site.parse())) {
        Some((entry, Ok(site))) => Ok((Some(entry), Some(site), number)),
        _ => bad(),
    }
}

/// The number of what `which` names among `names`.
fn number(field: &'static str, what: &str, which: &Which, names: &[&str]) -> Result<usize, Mistarget> {
    match which {
        Which::Index(index) if (*index as usize) < names.len() => Ok(*index as usize),
        Which::Index(index) => {
            let help = format!(
                "accepted: a number from 0 to {}, or a name; {}",
                names.len() - 1,
                accepted("", names)
            );
            wrong(field, format!("there is no {what} number {index}"), help)
        }
        Which::Name(name) => match names.iter().position(|known| known == name) {
            Some(at) => Ok(at),
            None => wrong(field, format!("there is no {what} `{name}`"), accepted(name, names)),
        },
    }
}

impl Target {
    /// Whether no field is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it means the way of messages: a gateway or a link of the backbone.
    pub fn is_way(&self) -> bool {
        self.gateway.is_some() || self.backbone.is_some()
    }

    /// What it means in `scenario`, in its first replication.
    ///
    /// # Errors
    /// If a name or number does not exist, or nothing is left of what the fields agree on.
    pub fn resolve(&self, scenario: &Scenario) -> Result<Hits, Mistarget> {
        self.resolve_in(scenario, &Streams::new(scenario.seed, 0))
    }

    /// What it means in a run with these random draws, which deal the nodes out to mixed batches.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_in(&self, scenario: &Scenario, streams: &Streams) -> Result<Hits, Mistarget> {
        let regions: Vec<&str> = scenario.regions.keys().map(String::as_str).collect();
        if self.is_empty() {
            return wrong(
                "",
                "nobody is named",
                "accepted: one of the fields that name a target, or \"all\": true",
            );
        }
        if self.is_way() {
            return self.way(scenario, &regions);
        }
        let mut search =
            Search { target: self, scenario, streams, places: places(scenario), chosen: Vec::new() };
        search.entries(&regions)?;
        search.sites()
    }

    fn way(&self, scenario: &Scenario, regions: &[&str]) -> Result<Hits, Mistarget> {
        let region = |field, which| number(field, "region", which, regions).map(|at| at as u16);
        let alone = Self { gateway: self.gateway.clone(), ..Self::default() };
        let link = Self { backbone: self.backbone.clone(), ..Self::default() };
        if *self != alone && *self != link {
            let field = if self.gateway.is_some() { "gateway" } else { "backbone" };
            return wrong(
                field,
                format!("`{field}` stands beside other fields"),
                "a gateway or backbone link is a target of its own",
            );
        }
        match (&self.gateway, &self.backbone) {
            (Some(gateway), _) => Ok(Hits { gateway: Some(region("gateway", gateway)?), ..Hits::default() }),
            (None, Some(ends)) => link_hits(scenario, regions, ends),
            (None, None) => unreachable!("the caller has seen one of them"),
        }
    }
}

/// The way between two regions, or the link between two ends of a graph.
fn link_hits(scenario: &Scenario, regions: &[&str], ends: &[Which; 2]) -> Result<Hits, Mistarget> {
    let graph = scenario.backbone.graph.as_ref();
    let points = graph.iter().flat_map(|graph| &graph.points).map(String::as_str);
    let names: Vec<&str> = regions.iter().copied().chain(points).collect();
    let what = if graph.is_some() { "region or exchange point" } else { "region" };
    let [a, b] = ends;
    let [a, b] = [number("backbone", what, a, &names)?, number("backbone", what, b, &names)?];
    if a == b {
        return wrong(
            "backbone",
            format!("from a {what} to itself"),
            format!("accepted: two different {what}s"),
        );
    }
    let joins = |link: &BackboneLink| {
        let ends = link.ends.map(|end| end as usize);
        ends == [a, b] || ends == [b, a]
    };
    let links = (0_u32..).zip(graph.iter().flat_map(|graph| &graph.links));
    let links: Vec<u32> = links.filter(|(_, link)| joins(link)).map(|(number, _)| number).collect();
    if links.is_empty() && a.max(b) >= regions.len() {
        let message = format!("no link joins `{}` and `{}`", names[a], names[b]);
        return wrong("backbone", message, "accepted: the ends of a link of the graph, or two regions");
    }
    Ok(Hits { backbone: Some([a as u16, b as u16]), links, ..Hits::default() })
}

/// The narrowing of a target, from entries to sites to nodes.
struct Search<'a> {
    target: &'a Target,
    scenario: &'a Scenario,
    streams: &'a Streams,
    places: Vec<Place<'a>>,
    /// The fleet entries that are left, by number.
    chosen: Vec<usize>,
}

impl Search<'_> {
    /// Narrows down to fleet entries.
    fn entries(&mut self, regions: &[&str]) -> Result<(), Mistarget> {
        let Self { target, scenario, .. } = *self;
        let names: Vec<&str> = scenario.fleet.iter().map(|entry| entry.name.as_str()).collect();
        let fleet =
            target.fleet.as_ref().map(|which| number("fleet", "fleet entry", which, &names)).transpose()?;
        let region =
            target.region.as_ref().map(|which| number("region", "region", which, regions)).transpose()?;
        let named = |field, what: &str, wanted: &Option<String>, of: fn(&FleetEntry) -> Option<&String>| {
            let Some(wanted) = wanted else { return Ok(()) };
            let mut known: Vec<&str> = scenario.fleet.iter().filter_map(of).map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            let which = Which::Name(wanted.clone());
            number(field, what, &which, &known).map(|_| ())
        };
        named("isp", "ISP", &target.isp, |entry| entry.isp.as_ref())?;
        named("operator", "operator", &target.operator, |entry| entry.operator.as_ref())?;
        let holds = |index: usize, entry: &FleetEntry| {
            fleet.is_none_or(|fleet| fleet == index)
                && region.is_none_or(|region| regions[region] == entry.region)
                && target.isp.as_ref().is_none_or(|isp| entry.isp.as_ref() == Some(isp))
                && target.operator.as_ref().is_none_or(|operator| entry.operator.as_ref() == Some(operator))
        };
        self.chosen =
            (0..scenario.fleet.len()).filter(|index| holds(*index, &scenario.fleet[*index])).collect();
        if self.chosen.is_empty() {
            return wrong("", "no fleet entry is all of this at once", "name fewer fields");
        }
        Ok(())
    }

    /// Takes the entry of a path; it must not contradict what is chosen.
    fn entry_of_path(&mut self, field: &'static str, entry: Option<&str>) -> Result<(), Mistarget> {
        let Some(entry) = entry else { return Ok(()) };
        let names: Vec<&str> = self.scenario.fleet.iter().map(|entry| entry.name.as_str()).collect();
        let at = number(field, "fleet entry", &Which::Name(entry.to_owned()), &names)?;
        if !self.chosen.contains(&at) {
            return wrong(
                field,
                format!("`{entry}` is not among what the other fields name"),
                "name fewer fields",
            );
        }
        self.chosen = vec![at];
        Ok(())
    }

    /// Narrows down to sites, then nodes.
    fn sites(mut self) -> Result<Hits, Mistarget> {
        let target = self.target;
        let mut sites: Option<Vec<u32>> = None;
        if let Some(which) = &target.feeder {
            let (entry, _, number) = path("feeder", which, false)?;
            self.entry_of_path("feeder", entry)?;
            sites = Some(self.feeder(number)?);
        }
        for (field, which) in [("site", &target.site), ("circuit", &target.circuit)] {
            let Some(which) = which else { continue };
            let (entry, _, number) = path(field, which, false)?;
            self.entry_of_path(field, entry)?;
            let site = self.site(field, number)?;
            if sites.as_ref().is_some_and(|sites| !sites.contains(&site)) {
                return wrong(field, "it is not among what the other fields name", "name fewer fields");
            }
            sites = Some(vec![site]);
        }
        self.nodes(sites)
    }

    /// The sites of feeder `number`, counted over the entries chosen.
    fn feeder(&self, number: u32) -> Result<Vec<u32>, Mistarget> {
        let mut before = 0;
        for place in self.chosen.iter().map(|index| &self.places[*index]) {
            let size = place.feeder_size(self.scenario);
            let feeders = place.entry.sites.div_ceil(size);
            if number < before + feeders {
                let first = (number - before) * size;
                let end = (first + size).min(place.entry.sites);
                return Ok((place.first_site + first..place.first_site + end).collect());
            }
            before += feeders;
        }
        wrong(
            "feeder",
            format!("there is no feeder number {number}"),
            format!("accepted: 0 to {}", before - 1),
        )
    }

    /// Site `number`, counted over the entries chosen.
    fn site(&self, field: &'static str, number: u32) -> Result<u32, Mistarget> {
        let mut before = 0;
        for place in self.chosen.iter().map(|index| &self.places[*index]) {
            if number < before + place.entry.sites {
                return Ok(place.first_site + number - before);
            }
            before += place.entry.sites;
        }
        wrong(field, format!("there is no site number {number}"), format!("accepted: 0 to {}", before - 1))
    }

    fn nodes(mut self, mut sites: Option<Vec<u32>>) -> Result<Hits, Mistarget> {
        let target = self.target;
        for (field, which) in [("rack", &target.rack), ("node", &target.node)] {
            if let Some(Which::Name(_)) = which {
                let (entry, site, _) = path(field, which.as_ref().expect("just seen"), true)?;
                self.entry_of_path(field, entry)?;
                let site = self.site(field, site.expect("deep paths have a site"))?;
                if sites.as_ref().is_some_and(|sites| !sites.contains(&site)) {
                    return wrong(field, "it is not among what the other fields name", "name fewer fields");
                }
                sites = Some(vec![site]);
            }
        }
        let all = || {
            self.chosen
                .iter()
                .map(|index| &self.places[*index])
                .flat_map(|p| p.first_site..p.first_site + p.entry.sites)
        };
        let sites = sites.unwrap_or_else(|| all().collect());
        if target.rack.is_none() && target.node.is_none() && target.batch.is_none() {
            let nodes = sites.iter().flat_map(|site| self.place(*site).nodes_of(*site)).collect();
            return Ok(Hits { sites, nodes, whole_sites: true, ..Hits::default() });
        }
        // The nodes from which the number counts: those of a rack, or of all sites that are left.
        let mut nodes: Vec<u32> = match &target.rack {
            None => sites.iter().flat_map(|site| self.place(*site).nodes_of(*site)).collect(),
            Some(which) => self.rack(path("rack", which, true)?.2, &sites)?,
        };
        if let Some(which) = &target.batch {
            let batch = super::batches::members(self.scenario, &self.places, self.streams, which)?;
            nodes.retain(|node| batch.binary_search(node).is_ok());
            if nodes.is_empty() {
                return wrong(
                    "batch",
                    "no node of it is among what the other fields name",
                    "name fewer fields",
                );
            }
        }
        if let Some(which) = &target.node {
            let number = path("node", which, true)?.2;
            let Some(node) = nodes.get(number as usize) else {
                let help = format!("accepted: 0 to {}", nodes.len() - 1);
                return wrong("node", format!("there is no node number {number}"), help);
            };
            nodes = vec![*node];
        }
        nodes.sort_unstable();
        let mut sites: Vec<u32> = nodes.iter().map(|node| self.site_of(*node)).collect();
        sites.dedup();
        Ok(Hits { sites, nodes, ..Hits::default() })
    }

    /// The nodes of rack `number`, counted over `sites`.
    fn rack(&self, number: u32, sites: &[u32]) -> Result<Vec<u32>, Mistarget> {
        let mut before = 0;
        for site in sites {
            let place = self.place(*site);
            if number < before + place.racks() {
                let first = place.nodes_of(*site).start;
                return Ok(place.rack(number - before).into_iter().map(|node| first + node).collect());
            }
            before += place.racks();
        }
        wrong("rack", format!("there is no rack number {number}"), format!("accepted: 0 to {}", before - 1))
    }

    /// The place of the entry of a site.
    fn place(&self, site: u32) -> &Place<'_> {
        let after = self.places.partition_point(|place| place.first_site <= site);
        &self.places[after - 1]
    }

    /// The site of a node.
    fn site_of(&self, node: u32) -> u32 {
        let after = self.places.partition_point(|place| place.first_node <= node);
        let place = &self.places[after - 1];
        place.first_site + (node - place.first_node) / place.nodes_per_site.max(1)
    }
}
