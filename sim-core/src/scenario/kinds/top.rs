//! The top level, and what must hold between sections.

use super::backbone::{self, BackboneAsWritten, BackboneKind};
use super::economics::EconomicsKind;
use super::faults::{self, FaultKind};
use super::hosts::{Quorum, QuorumKind, SoftwareKind};
use super::isp::IspKind;
use super::node::NodeKind;
use super::policy::PolicyKind;
use super::rare::{self, RareKind};
use super::region::RegionKind;
use super::routing;
use super::site::{FleetFields, FleetKind};
use super::statistics::{self, Replications, ReplicationsKind, SelectKind};
use super::workload::{SloKind, WorkloadChoice};
use crate::kernel::SimDuration;
use crate::scenario::declare::object;
use crate::scenario::problem::accepted;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Date, Duration, Flag, Number, Positive, Seed, Text};
use crate::scenario::section::{ByName, List, Section};
use crate::scenario::spec::{
    Economics, Fault, FleetEntry, Isp, LocalDateTime, Named, NodeType, Policy, Rare, Region, Scenario,
    Select, SiteCosts, Slo, Software, Workload,
};
use crate::scenario::tree::{Node, Value};
use crate::scenario::units::parse_duration;
use serde_json::{Value as Json, json};

/// A scenario as written: fleet entries may lack names and regions.
pub(in crate::scenario) struct AsWritten {
    name: Option<String>,
    description: String,
    seed: u64,
    start: LocalDateTime,
    duration: SimDuration,
    warmup: SimDuration,
    replications: Replications,
    regions: Named<Region>,
    backbone: BackboneAsWritten,
    isps: Named<Isp>,
    nodes: Named<NodeType>,
    fleet: Vec<FleetFields>,
    workloads: Named<Workload>,
    policies: Named<Policy>,
    faults: Vec<(Option<String>, Fault)>,
    slo: Named<Slo>,
    software: Named<Software>,
    quorum: Option<Quorum>,
    economics: Option<Economics>,
    blame: Option<bool>,
    rare: Option<Rare>,
    indifference: Option<Named<f64>>,
    select: Option<Select>,
    vary: Option<()>,
}

object! {
    /// A scenario of brownout: a fleet, its world, its work, and the policies under test.
    ScenarioFields: AsWritten = AsWritten {
        /// Name; also the folder of the results. Left out: the name of the file.
        optional "name" => name: Text,
        /// One line for people.
        default "description" => description: Text = "\"\"",
        /// Seed of all random draws.
        default "seed" => seed: Seed = "1",
        /// Local date and time of t = 0.
        default "start" => start: Date = "\"2024-01-01 00:00\"",
        /// Simulated time.
        required "duration" => duration: Duration<Positive>,
        /// Time at the beginning that is simulated but not measured.
        default "warmup" => warmup: Duration = "\"0 s\"",
        /// Runs per policy and variation: a number, or bounds and what is to be known.
        default "replications" => replications: ReplicationsKind = "10",
        /// Regions by name. Left out: one region where it is mild and mains never fail.
        default "regions" => regions: Section<RegionKind> = "{}",
        /// The network between regions. Left out: no delay, no failures.
        default "backbone" => backbone: BackboneKind = "{}",
        /// Internet service providers by name, where more than a name is known of them.
        default "isps" => isps: Section<IspKind> = "{}",
        /// Node types by name.
        required "nodes" => nodes: Section<NodeKind, 1>,
        /// Groups of like sites.
        required "fleet" => fleet: List<FleetKind, 1>,
        /// Workloads by name. Left out: the fleet has nothing to do.
        default "workloads" => workloads: ByName<WorkloadChoice> = "{}",
        /// Policies under test by name.
        required "policies" => policies: Section<PolicyKind, 1>,
        /// What is done to the world on purpose. Left out: nothing.
        default "faults" => faults: List<FaultKind> = "[]",
        /// Service level objectives by workload name.
        default "slo" => slo: ByName<SloKind> = "{}",
        /// Versions of the software by name. Left out: the software has no bugs.
        default "software" => software: ByName<SoftwareKind> = "{}",
        /// How many nodes must be up: asks for `nodes.quorum_met`.
        optional "quorum" => quorum: QuorumKind,
        /// Who pays what. Left out: there is no bill.
        optional "economics" => economics: EconomicsKind,
        /// Charge every request that fails or is late to its root cause: asks for `blame.*`.
        optional "blame" => blame: Flag,
        /// How the loss of objects is estimated where it is too rare to be counted. Left out: it is counted.
        optional "rare" => rare: RareKind,
        /// Differences that do not matter, by metric, in its unit. Left out: every difference matters.
        optional "indifference" => indifference: ByName<Number<Positive>>,
        /// Find the best policy, with runs spent on those that may be it. Left out: all are run alike.
        optional "select" => select: SelectKind,
        /// Values to try: the cross product is run. Handled before the rest is read.
        optional "vary" => vary: VaryKind,
    }
}

/// The field that is taken out before the scenario is read.
pub(in crate::scenario) const VARY: &str = "vary";

/// JSON Pointers, each with the values to try. It is never read here: the expansion has taken it out.
pub(in crate::scenario) struct VaryKind;

impl Kind for VaryKind {
    type Out = ();

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<((), Json)> {
        reader.mismatch(node, "`vary` stands once, at the top level")
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({
            "description": "JSON Pointers (RFC 6901) into the file, each with an array of values",
            "type": "object",
            "propertyNames": { "pattern": "^/" },
            "additionalProperties": { "type": "array", "minItems": 1 },
        })
    }
}

/// How many nodes or sites have numbers.
const NUMBERED_MAX: u128 = u32::MAX as u128 - 1;

/// Name of the region where none is declared.
const ONLY_REGION: &str = "region";

/// The whole scenario.
pub(in crate::scenario) struct ScenarioKind;

impl Kind for ScenarioKind {
    type Out = Scenario;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Scenario, Json)> {
        let length = node.get("duration").and_then(Node::text).and_then(|text| parse_duration(text).ok());
        reader.duration = length.unwrap_or_default().as_nanos().div_ceil(1_000_000_000) as i64;
        reader.start =
            node.get("start").and_then(Node::text).and_then(LocalDateTime::parse).unwrap_or_default();
        check_references(node, reader);
        let (it, mut json) = ScenarioFields::read(node, reader)?;
        debug_assert!(it.vary.is_none(), "the expansion takes `vary` out");
        let name = it.name.unwrap_or_else(|| reader.stem().to_owned());
        if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
            reader.fault_in(
                node,
                "name",
                format!("{name:?} cannot name a folder of results"),
                "a name without slashes that does not begin with a dot",
            );
            return None;
        }
        json["name"] = name.as_str().into();
        let mut regions = it.regions;
        if regions.is_empty() {
            regions.insert(ONLY_REGION.to_owned(), Region::default());
            json["regions"] = json!({ ONLY_REGION: {} });
        }
        let mut fleet: Vec<FleetEntry> = Vec::with_capacity(it.fleet.len());
        let taken: Vec<String> = it.fleet.iter().filter_map(|entry| entry.name.clone()).collect();
        for (index, fields) in it.fleet.into_iter().enumerate() {
            let entry = complete(fields, index, &regions, &taken);
            json["fleet"][index]["name"] = entry.name.as_str().into();
            json["fleet"][index]["region"] = entry.region.as_str().into();
            fleet.push(entry);
        }
        if !fits(&fleet, node, reader) || runs_away(&fleet, &it.nodes, node, reader) {
            return None;
        }
        let backbone = backbone::complete(it.backbone, &regions, node, reader)?;
        let mut scenario = Scenario {
            name,
            description: it.description,
            seed: it.seed,
            start: it.start,
            duration: it.duration,
            warmup: it.warmup,
            replications: it.replications.max,
            regions,
            backbone,
            isps: it.isps,
            nodes: it.nodes,
            fleet,
            workloads: it.workloads,
            policies: it.policies,
            faults: faults::complete(it.faults, &mut json),
            slo: it.slo,
            software: it.software,
            quorum: it.quorum.map(|quorum| quorum.nodes),
            economics: it.economics,
            blame: it.blame.unwrap_or(false),
            rare: it.rare,
            statistics: Default::default(),
        };
        let asked = (it.indifference.unwrap_or_default(), it.select);
        scenario.statistics =
            statistics::complete(&it.replications, asked, &scenario.policies, (node, reader));
        faults::check(node, &scenario, reader);
        routing::check(node, &scenario, &json, reader);
        check_software(&scenario, node, reader);
        check_reply_quorums(&scenario, node, reader);
        super::whole::check(&scenario, node, reader);
        super::object_check::check_objects(&scenario, node, reader);
        rare::check(&scenario, node, reader);
        super::job_policy::check_fleet(&scenario, node, reader);
        Some((scenario, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ScenarioFields::schema(definitions)
    }
}

/// Whether nodes and sites can be numbered.
fn fits(fleet: &[FleetEntry], node: &Node, reader: &mut Reader<'_>) -> bool {
    let per_site = |entry: &FleetEntry| -> u128 {
        entry.racks.iter().map(|rack| u128::from(rack.count) * total(rack.nodes.values())).sum()
    };
    let nodes: u128 = fleet.iter().map(|entry| u128::from(entry.sites) * per_site(entry)).sum();
    let sites = total(fleet.iter().map(|entry| &entry.sites));
    for (number, what) in [(nodes, "nodes"), (sites, "sites")] {
        if number > NUMBERED_MAX {
            let found = format!("the fleet has {number} {what}");
            reader.fault_in(node, "fleet", found, format!("at most {NUMBERED_MAX} {what}"));
            return false;
        }
    }
    true
}

/// Whether leakage runs away in a room that it warms itself: its growth is only followed in air that does not answer.
fn runs_away(fleet: &[FleetEntry], types: &Named<NodeType>, node: &Node, reader: &mut Reader<'_>) -> bool {
    let warms = |entry: &&FleetEntry| entry.building.as_ref().is_some_and(|it| it.conductance.is_some());
    for entry in fleet.iter().filter(warms) {
        for name in entry.racks.iter().flat_map(|rack| rack.nodes.keys()) {
            let Some(kind) = types.get(name) else { continue };
            let Some(thermal) = &kind.thermal else { continue };
            let Some(leakage) = &thermal.leakage else { continue };
            let joint = thermal.chassis.as_ref().map_or(0.0, |chassis| chassis.resistance.0);
            let gain = leakage.per_kelvin * (thermal.resistance.0 + joint) * kind.full_power().0;
            if gain >= 1.0 {
                let found = format!("the leakage of `{name}` runs away in the room of `{}`", entry.name);
                let help = "less leakage, resistance or power, or a building without `conductance`";
                reader.fault_in(node, "fleet", found, help);
                return true;
            }
        }
    }
    false
}

fn total<'n>(counts: impl Iterator<Item = &'n u32>) -> u128 {
    counts.map(|count| u128::from(*count)).sum()
}

/// A fleet entry with its name and region; `check_references` has seen to it that the region is clear.
fn complete(fields: FleetFields, index: usize, regions: &Named<Region>, taken: &[String]) -> FleetEntry {
    let name = fields.name.unwrap_or_else(|| {
        let mut name = format!("fleet-{}", index + 1);
        while taken.contains(&name) {
            name.push('-');
        }
        name
    });
    let only = || regions.keys().next().cloned().unwrap_or_default();
    FleetEntry {
        name,
        region: fields.region.unwrap_or_else(only),
        sites: fields.sites,
        building: fields.building,
        grid: fields.grid,
        breaker: fields.breaker,
        ups: fields.ups,
        surge_protection: fields.surge_protection,
        link: fields.link,
        isp: fields.isp,
        operator: fields.operator,
        tariff: fields.tariff,
        costs: SiteCosts {
            pue: fields.pue,
            internet: fields.internet,
            rent: fields.rent,
            visit: fields.visit,
        },
        uploads: fields.uploads,
        crews: fields.crews,
        churn: fields.churn,
        presence: fields.presence,
        racks: fields.racks,
    }
}

/// What must hold between sections. It looks at the tree, so that it also speaks when something else is wrong.
fn check_references(node: &Node, reader: &mut Reader<'_>) {
    let length = |key: &str| node.get(key).and_then(Node::text).and_then(|text| parse_duration(text).ok());
    if let (Some(warmup), Some(duration)) = (length("warmup"), length("duration"))
        && warmup >= duration
    {
        let message = format!("`warmup` ({warmup}) is not shorter than `duration` ({duration})");
        reader.fault_in(node, "warmup", message, "a time below `duration`");
    }
    let regions = node.get("regions").map_or_else(Vec::new, keys);
    check_fleet(node, &regions, reader);
    check_isps(node, reader);
    if let Some(between) = node.get("backbone").and_then(|backbone| backbone.get("between")) {
        reader.within_all(&["backbone", "between"], |reader| check_between(between, &regions, reader));
    }
    for (name, workload) in node.get("workloads").map_or_else(Vec::new, members) {
        if let Some(from) = workload.get("requests").and_then(|requests| requests.get("from")) {
            reader.within_all(&["workloads", name, "requests", "from"], |reader| {
                check_names(from, "region", &or_only(&regions), reader);
            });
        }
    }
    if let Some(slo) = node.get("slo") {
        let workloads = node.get("workloads").map_or_else(Vec::new, keys);
        reader.within("slo", |reader| check_names(slo, "workload", &workloads, reader));
        let declared = node.get("workloads").map_or_else(Vec::new, members);
        for (name, objective) in members(slo) {
            let workload = declared.iter().find(|(it, _)| *it == name).map(|(_, workload)| *workload);
            let kind = workload.and_then(|workload| {
                ["objects", "jobs"].into_iter().find(|kind| workload.get(kind).is_some())
            });
            if let Some(kind) = kind {
                reader.within_all(&["slo", name], |reader| {
                    let message = format!("`{name}` is a workload of {kind}, which have no such objectives");
                    reader.fault(objective.span, message, "the name of a workload of requests");
                });
            }
        }
    }
}

/// Shares of the versions add up to at most one, and a quorum can be met.
fn check_software(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let total: f64 = scenario.software.values().map(|software| software.share).sum();
    if total > 1.0 + 1e-9 {
        let message = format!("the shares of the versions add up to {total}");
        reader.fault_in(node, "software", message, "shares that add up to at most 1");
    }
    let (nodes, _) = crate::scenario::cost::size(scenario);
    if let Some(quorum) = scenario.quorum
        && u64::from(quorum) > nodes
    {
        let message = format!("a quorum of {quorum} among {nodes} nodes is never met");
        reader.fault_in(node, "quorum", message, format!("at most {nodes} nodes"));
    }
}

/// Replies come from distinct nodes, so that there must be as many.
fn check_reply_quorums(scenario: &Scenario, node: &Node, reader: &mut Reader<'_>) {
    let (nodes, _) = crate::scenario::cost::size(scenario);
    let serves = scenario.requests().next().is_some();
    let never = |policy: &&Policy| serves && u64::from(policy.requests.quorum) > nodes;
    for (name, policy) in scenario.policies.iter().filter(|(_, policy)| never(policy)) {
        let quorum = policy.requests.quorum;
        let message = format!("a quorum of {quorum} replies from distinct nodes is never met among {nodes}");
        let found = node.get("policies").and_then(|it| it.get(name)).and_then(|it| it.get("requests"));
        reader.within_all(&["policies", name, "requests"], |reader| {
            reader.fault_in(found.unwrap_or(node), "quorum", message, format!("at most {nodes}"));
        });
    }
}

/// The declared regions, or the one there is without any.
fn or_only<'n>(regions: &[&'n str]) -> Vec<&'n str> {
    if regions.is_empty() { vec![ONLY_REGION] } else { regions.to_vec() }
}

fn members(node: &Node) -> Vec<(&str, &Node)> {
    match &node.value {
        Value::Object(members) => members.iter().map(|member| (member.key.as_str(), &member.value)).collect(),
        _ => Vec::new(),
    }
}

fn keys(node: &Node) -> Vec<&str> {
    members(node).into_iter().map(|(key, _)| key).collect()
}

pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// Notes the keys of `node` that are not among `names`.
fn check_names(node: &Node, what: &str, names: &[&str], reader: &mut Reader<'_>) {
    let Value::Object(members) = &node.value else { return };
    for member in members.iter().filter(|member| !names.contains(&member.key.as_str())) {
        let (key, span) = (&member.key, member.key_span);
        let help = if what == "node type" && crate::scenario::catalog::value("nodes", key).is_some() {
            format!("it is in the catalog: add \"{key}\": \"{key}\" to `nodes`")
        } else {
            accepted(key, names)
        };
        reader.within(key, |reader| reader.fault(span, format!("there is no {what} `{key}`"), help));
    }
}

fn check_fleet(node: &Node, regions: &[&str], reader: &mut Reader<'_>) {
    let types = node.get("nodes").map_or_else(Vec::new, keys);
    let mut names = std::collections::BTreeSet::new();
    for (index, entry) in items(node.get("fleet")).iter().enumerate() {
        reader.within_all(&["fleet", &index.to_string()], |reader| {
            if let Some(name) = entry.get("name").and_then(Node::text)
                && !names.insert(name)
            {
                reader.fault_in(
                    entry,
                    "name",
                    format!("two fleet entries are named `{name}`"),
                    "a name of its own",
                );
            }
            match entry.get("region").map(Node::text) {
                Some(Some(region)) if !or_only(regions).contains(&region) => {
                    let help = accepted(region, &or_only(regions));
                    reader.fault_in(entry, "region", format!("there is no region `{region}`"), help);
                }
                None if regions.len() > 1 => {
                    let help = format!("there are several regions; {}", accepted("", regions));
                    reader.fault(entry.span, "missing field `region`", help);
                }
                _ => {}
            }
            for (rack, place) in items(entry.get("racks")).iter().enumerate() {
                if let Some(nodes) = place.get("nodes") {
                    reader.within_all(&["racks", &rack.to_string(), "nodes"], |reader| {
                        check_names(nodes, "node type", &types, reader);
                    });
                }
            }
        });
    }
}

/// Where providers are declared, every one named by a fleet entry is among them, and each has sites.
fn check_isps(node: &Node, reader: &mut Reader<'_>) {
    let Some(isps) = node.get("isps").map(members).filter(|isps| !isps.is_empty()) else { return };
    let names: Vec<&str> = isps.iter().map(|(name, _)| *name).collect();
    let used: Vec<Option<&str>> =
        items(node.get("fleet")).iter().map(|entry| entry.get("isp").and_then(Node::text)).collect();
    for (index, isp) in used.iter().enumerate() {
        if let Some(isp) = isp.filter(|isp| !names.contains(isp)) {
            let entry = &items(node.get("fleet"))[index];
            reader.within_all(&["fleet", &index.to_string()], |reader| {
                reader.fault_in(entry, "isp", format!("there is no isp `{isp}`"), accepted(isp, &names));
            });
        }
    }
    for (name, isp) in isps.iter().filter(|(name, _)| !used.contains(&Some(*name))) {
        reader.within_all(&["isps", name], |reader| {
            let help = "`isp` of a fleet entry, or leave it out here";
            reader.fault(isp.span, format!("no fleet entry has the isp `{name}`"), help);
        });
    }
}

fn check_between(between: &Node, regions: &[&str], reader: &mut Reader<'_>) {
    let Value::Array(items) = &between.value else { return };
    let mut pairs = std::collections::BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Array(triple) = &item.value else { continue };
        for (place, end) in triple.iter().take(2).enumerate() {
            if let Some(region) = end.text().filter(|region| !regions.contains(region)) {
                reader.within_all(&[&index.to_string(), &place.to_string()], |reader| {
                    reader.fault(
                        end.span,
                        format!("there is no region `{region}`"),
                        accepted(region, regions),
                    );
                });
            }
        }
        if let [Some(a), Some(b), ..] = triple.iter().map(Node::text).collect::<Vec<_>>()[..] {
            let message = if a == b {
                "from a region to itself"
            } else if !pairs.insert((a.min(b), a.max(b))) {
                "these regions are already connected above"
            } else {
                continue;
            };
            reader.within(&index.to_string(), |reader| {
                reader.fault(item.span, message, "each pair of two regions once");
            });
        }
    }
}
