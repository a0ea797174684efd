//! The failure domains of a scenario: what can go down as one, kind by kind.

use super::target::{Place, places};
use crate::scenario::spec::{Scenario, Target, Which};

/// A kind of failure domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainKind {
    /// One node.
    Node,
    /// One rack.
    Rack,
    /// One site, or what hangs on its breaker.
    Site,
    /// The sites of a feeder.
    Feeder,
    /// All sites of a fleet entry.
    Fleet,
    /// All sites of an internet service provider.
    Isp,
    /// All sites of an operator.
    Operator,
    /// All sites of a region.
    Region,
    /// The gateway of a region.
    Gateway,
    /// All nodes of a batch of manufacture.
    Batch,
    /// The way between two regions, or a link of the backbone's graph.
    Backbone,
}

impl DomainKind {
    /// All kinds, from small to large.
    pub const ALL: [Self; 11] = [
        Self::Node,
        Self::Rack,
        Self::Site,
        Self::Feeder,
        Self::Fleet,
        Self::Isp,
        Self::Operator,
        Self::Region,
        Self::Gateway,
        Self::Batch,
        Self::Backbone,
    ];

    /// Its name, which is also the field of a target.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Rack => "rack",
            Self::Site => "site",
            Self::Feeder => "feeder",
            Self::Fleet => "fleet",
            Self::Isp => "isp",
            Self::Operator => "operator",
            Self::Region => "region",
            Self::Gateway => "gateway",
            Self::Batch => "batch",
            Self::Backbone => "backbone",
        }
    }
}

/// One failure domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Its kind.
    pub kind: DomainKind,
    /// Its name within the kind, such as "garage/3".
    pub name: String,
    /// The target that means it.
    pub target: Target,
    /// Nodes in it.
    pub nodes: u64,
    /// Its share of what all nodes together can serve.
    pub capacity: f64,
}

impl Domain {
    /// Kind and name, such as "feeder garage/3".
    pub fn label(&self) -> String {
        format!("{} {}", self.kind.name(), self.name)
    }
}

/// All failure domains of one kind, in the order of the file.
pub fn domains(scenario: &Scenario, kind: DomainKind) -> Vec<Domain> {
    let places = places(scenario);
    let targets: Vec<(String, Target)> = match kind {
        DomainKind::Node => {
            deep(&places, |place| place.nodes_per_site, |which| Target { node: which, ..Target::default() })
        }
        DomainKind::Rack => {
            deep(&places, |place| place.racks(), |which| Target { rack: which, ..Target::default() })
        }
        DomainKind::Site => {
            shallow(&places, |place| place.entry.sites, |which| Target { site: which, ..Target::default() })
        }
        DomainKind::Feeder => {
            let feeders = |place: &Place<'_>| place.entry.sites.div_ceil(place.feeder_size(scenario));
            shallow(&places, feeders, |which| Target { feeder: which, ..Target::default() })
        }
        DomainKind::Fleet => named(scenario.fleet.iter().map(|entry| &entry.name), |name| Target {
            fleet: Some(Which::Name(name)),
            ..Target::default()
        }),
        DomainKind::Isp => named(scenario.fleet.iter().filter_map(|entry| entry.isp.as_ref()), |name| {
            Target { isp: Some(name), ..Target::default() }
        }),
        DomainKind::Operator => {
            let operators = scenario.fleet.iter().filter_map(|entry| entry.operator.as_ref());
            named(operators, |name| Target { operator: Some(name), ..Target::default() })
        }
        DomainKind::Region => {
            let inhabited = scenario.fleet.iter().map(|entry| &entry.region);
            named(inhabited, |name| Target { region: Some(Which::Name(name)), ..Target::default() })
        }
        DomainKind::Gateway => named(scenario.regions.keys(), |name| Target {
            gateway: Some(Which::Name(name)),
            ..Target::default()
        }),
        DomainKind::Batch => {
            let paths = super::batches::paths(scenario, &places).into_iter();
            let target =
                |path: &String| Target { batch: Some(Which::Name(path.clone())), ..Target::default() };
            paths.map(|path| (path.clone(), target(&path))).collect()
        }
        DomainKind::Backbone => backbone(scenario),
    };
    let capacities = capacities(&places, scenario);
    let all: f64 = capacities
        .iter()
        .zip(&places)
        .map(|(site, place)| site.iter().sum::<f64>() * f64::from(place.entry.sites))
        .sum();
    targets
        .into_iter()
        .map(|(name, target)| {
            let hits = target.resolve(scenario).unwrap_or_default();
            let capacity: f64 = hits.nodes.iter().map(|node| capacity_of(&places, &capacities, *node)).sum();
            Domain {
                kind,
                name,
                target,
                nodes: hits.nodes.len() as u64,
                capacity: capacity / all.max(f64::MIN_POSITIVE),
            }
        })
        .collect()
}

/// Things numbered within a fleet entry.
fn shallow(
    places: &[Place<'_>],
    count: impl Fn(&Place<'_>) -> u32,
    target: impl Fn(Option<Which>) -> Target,
) -> Vec<(String, Target)> {
    let paths = places
        .iter()
        .flat_map(|place| (0..count(place)).map(|number| format!("{}/{number}", place.entry.name)));
    paths.map(|path| (path.clone(), target(Some(Which::Name(path))))).collect()
}

/// Things numbered within a site.
fn deep(
    places: &[Place<'_>],
    count: impl Fn(&Place<'_>) -> u32,
    target: impl Fn(Option<Which>) -> Target,
) -> Vec<(String, Target)> {
    let count = &count;
    let paths = places.iter().flat_map(|place| {
        let sites = 0..place.entry.sites;
        sites.flat_map(move |site| {
            (0..count(place)).map(move |number| format!("{}/{site}/{number}", place.entry.name))
        })
    });
    paths.map(|path| (path.clone(), target(Some(Which::Name(path))))).collect()
}

/// Things with names, each once.
fn named<'a>(
    names: impl Iterator<Item = &'a String>,
    target: impl Fn(String) -> Target,
) -> Vec<(String, Target)> {
    let mut found: Vec<(String, Target)> = Vec::new();
    for name in names {
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.clone(), target(name.clone())));
        }
    }
    found
}

/// Every link of the graph, or every pair of regions if there is no graph.
fn backbone(scenario: &Scenario) -> Vec<(String, Target)> {
    let regions = scenario.regions.len();
    let mut pairs: Vec<[usize; 2]> = Vec::new();
    match &scenario.backbone.graph {
        None => pairs.extend((0..regions).flat_map(|a| (a + 1..regions).map(move |b| [a, b]))),
        Some(graph) => {
            for link in &graph.links {
                let [a, b] = link.ends.map(|end| end as usize);
                let pair = [a.min(b), a.max(b)];
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
    }
    let points = scenario.backbone.graph.iter().flat_map(|graph| &graph.points);
    let names: Vec<&String> = scenario.regions.keys().chain(points).collect();
    let targets = pairs.into_iter().map(|pair| {
        let [a, b] = pair.map(|end| names[end].clone());
        let name = format!("{a}–{b}");
        (name, Target { backbone: Some([a, b].map(Which::Name)), ..Target::default() })
    });
    targets.collect()
}

/// What each node of a site can serve, by fleet entry: slots times speed.
fn capacities(places: &[Place<'_>], scenario: &Scenario) -> Vec<Vec<f64>> {
    let of_entry = |place: &Place<'_>| {
        let groups = place.groups().into_iter();
        groups
            .flat_map(|group| {
                let node = &scenario.nodes[group.kind];
                std::iter::repeat_n(f64::from(node.slots) * node.speed, group.nodes.len())
            })
            .collect()
    };
    places.iter().map(of_entry).collect()
}

fn capacity_of(places: &[Place<'_>], capacities: &[Vec<f64>], node: u32) -> f64 {
    let index = places.partition_point(|place| place.first_node <= node) - 1;
    capacities[index][((node - places[index].first_node) % places[index].nodes_per_site) as usize]
}
