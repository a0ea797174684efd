//! The top level, and what must hold between sections.

use super::backbone::{self, BackboneAsWritten, BackboneKind};
use super::economics::EconomicsKind;
use super::faults::{self, FaultKind};
use super::hosts::{Quorum, QuorumKind, SoftwareKind};
use super::isp::IspKind;
use super::node::NodeKind;
use super::policy::PolicyKind;
use super::rare::{self, RareKind};
use super::references;
use super::region::RegionKind;
use super::routing;
use super::site::{FleetFields, FleetKind};
use super::statistics::{self, Replications, ReplicationsKind, SelectKind};
use super::workload::{SloKind, WorkloadChoice};
use crate::kernel::SimDuration;
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Date, Duration, Flag, Number, Positive, Seed, Text};
use crate::scenario::section::{ByName, List, Section};
use crate::scenario::spec::{
    Economics, Fault, FleetEntry, Isp, LocalDateTime, Named, NodeType, Policy, Rare, Region, Scenario,
    Select, SiteCosts, Slo, Software, Workload,
};
use crate::scenario::tree::Node;
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
        /// Charge what fails, is lost or stands still to root causes (requests, reads, objects, jobs, nodes): asks for `blame.*`.
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
pub(super) const ONLY_REGION: &str = "region";

/// The whole scenario.
pub(in crate::scenario) struct ScenarioKind;

impl Kind for ScenarioKind {
    type Out = Scenario;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Scenario, Json)> {
        let length = node.get("duration").and_then(Node::text).and_then(|text| parse_duration(text).ok());
        reader.duration = length.unwrap_or_default().as_nanos().div_ceil(1_000_000_000) as i64;
        reader.start =
            node.get("start").and_then(Node::text).and_then(LocalDateTime::parse).unwrap_or_default();
        references::check(node, reader);
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

/// A fleet entry with its name and region; `references` has seen to it that the region is clear.
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
