//! The immutable side of objects.

use super::super::model::{EntryModel, layout};
use super::access::AccessModel;
use crate::kernel::{Process, Stream, Streams};
use crate::policy::placement::Placement;
use crate::policy::repair::Thresholds;
use crate::policy::score::Score;
use crate::quantity::BytesPerSecond;
use crate::scenario::faults::{DomainKind, membership};
use crate::scenario::{
    Code, NodeType, ObjectPlacement, ObjectRepair, Objects, PlacementWeight, Policy, Scenario, Spread,
};
use crate::world::workload::objects::ObjectStore;
use std::sync::Arc;

/// Candidates that a score compares where nothing is said: most of the gain comes with the second (Mitzenmacher, IEEE TPDS 12(10), 2001),
/// `[M]`.
const CHOICES: u32 = 2;

/// The objects of a workload.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct SetModel {
    pub name: String,
    pub objects: Objects,
}

/// Streams.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct ObjectDraws {
    pub placement: Stream,
    pub repair_place: Stream,
    pub repair_time: Stream,
    pub grace: Stream,
    pub repairer: Stream,
    pub source: Stream,
    pub message: Stream,
    pub message_loss: Stream,
}

/// Tables and streams of objects.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct ObjectModel {
    pub sets: Vec<SetModel>,
    pub code: Code,
    pub placement: Placement,
    /// By what candidates are compared; `None`: they are not, or by age.
    pub score: Option<Arc<Score>>,
    /// What fits on each node; empty if there is no limit.
    pub room: Vec<f64>,
    pub repair: Option<ObjectRepair>,
    pub thresholds: Option<Thresholds>,
    /// Rates of the link of each site, up and down; infinite without limit.
    pub rates: Vec<[f64; 2]>,
    /// Rates of the gateway of each region, out and in.
    pub gateways: Vec<[f64; 2]>,
    /// Cumulative share of the repairs that each region's gateway does.
    pub repairers: Vec<f64>,
    pub draws: ObjectDraws,
    /// Reads, writes, audits, rot and departures.
    pub access: AccessModel,
}

impl ObjectModel {
    /// The objects of `scenario` under `policy`; `None` if there are none.
    pub fn new(
        scenario: &Scenario,
        policy: &Policy,
        entries: &[EntryModel],
        streams: &Streams,
    ) -> Option<Self> {
        let sets: Vec<SetModel> = scenario
            .objects()
            .map(|(_, name, objects)| SetModel { name: name.clone(), objects: objects.clone() })
            .collect();
        if sets.is_empty() {
            return None;
        }
        let stream = |process| streams.stream(process, 0);
        let draws = ObjectDraws {
            placement: stream(Process::Placement),
            repair_place: stream(Process::RepairPlace),
            repair_time: stream(Process::RepairTime),
            grace: stream(Process::RepairGrace),
            repairer: stream(Process::Repairer),
            source: stream(Process::RepairSource),
            message: streams.stream(Process::RepairMessage, 0),
            message_loss: streams.stream(Process::RepairMessage, 1),
        };
        let types = node_types(scenario, entries);
        let room: Vec<f64> =
            types.iter().map(|it| it.storage.map_or(f64::INFINITY, |storage| storage.0)).collect();
        let limited = room.iter().any(|room| room.is_finite());
        let code = policy.objects.code;
        let repair = policy.objects.repair.clone();
        Some(Self {
            access: AccessModel::new(scenario, policy, &types, streams),
            placement: placement(scenario, &policy.objects.placement, code, &room, streams, &draws),
            score: policy.objects.placement.score.clone(),
            room: if limited { room } else { Vec::new() },
            thresholds: repair.as_ref().map(|repair| Thresholds::new(code, repair)),
            rates: rates(entries),
            gateways: gateways(scenario),
            repairers: repairers(scenario, entries),
            sets,
            code,
            repair,
            draws,
        })
    }

    /// Whether a node has room for so many bytes more.
    pub fn fits(&self, store: &ObjectStore, node: u32, bytes: f64) -> bool {
        self.room.get(node as usize).is_none_or(|room| store.used(node) + bytes <= *room)
    }

    /// The region whose gateway repairs an object.
    pub fn repairer(&self, object: u32) -> u16 {
        if self.repairers.len() < 2 {
            return 0;
        }
        self.region_of(self.draws.repairer.unit(object, 0))
    }

    /// The region that a draw from (0, 1) means, in proportion to nodes.
    pub fn region_of(&self, draw: f64) -> u16 {
        self.repairers.partition_point(|share| *share <= draw).min(self.repairers.len() - 1) as u16
    }
}

/// The type of each node, in order.
fn node_types<'a>(scenario: &'a Scenario, entries: &[EntryModel]) -> Vec<&'a NodeType> {
    let classes: Vec<&NodeType> = super::super::bill::types_of_classes(scenario).collect();
    entries.iter().flat_map(layout).map(|(_, _, class)| classes[usize::from(class)]).collect()
}

fn placement(
    scenario: &Scenario,
    policy: &ObjectPlacement,
    code: Code,
    room: &[f64],
    streams: &Streams,
    draws: &ObjectDraws,
) -> Placement {
    let nodes = room.len() as u32;
    let kind = match policy.spread {
        Spread::Node => DomainKind::Node,
        Spread::Rack => DomainKind::Rack,
        Spread::Site => DomainKind::Site,
        Spread::Feeder => DomainKind::Feeder,
        Spread::Isp => DomainKind::Isp,
        Spread::Operator => DomainKind::Operator,
        Spread::Region => DomainKind::Region,
        Spread::Batch => DomainKind::Batch,
    };
    let domains = match kind {
        DomainKind::Node => (Vec::new(), nodes),
        kind => membership(scenario, streams, kind),
    };
    let largest = room.iter().copied().filter(|room| room.is_finite()).fold(0.0, f64::max);
    let weights: Vec<f64> = room.iter().map(|room| if room.is_finite() { *room } else { largest }).collect();
    let uneven = weights.iter().any(|weight| weight.to_bits() != weights[0].to_bits());
    let weights = (policy.weight == PlacementWeight::Capacity && uneven).then_some(&weights[..]);
    let placement = Placement::new(code.total, nodes, domains, weights, policy.oldest_of);
    let placement = match &policy.score {
        Some(_) => placement.with_score(policy.choices.unwrap_or(CHOICES)),
        None => placement,
    };
    match policy.copysets {
        Some(width) => placement.with_copysets(width, |number| draws.placement.bits(u32::MAX, number)),
        None => placement,
    }
}

/// Bytes per second of a link; infinite without limit.
fn limit(rate: Option<BytesPerSecond>) -> f64 {
    rate.map_or(f64::INFINITY, |rate| rate.0)
}

fn rates(entries: &[EntryModel]) -> Vec<[f64; 2]> {
    let of_entry = |entry: &EntryModel| {
        let link = entry.link.as_ref();
        let rates = [limit(link.and_then(|link| link.up)), limit(link.and_then(|link| link.down))];
        std::iter::repeat_n(rates, entry.sites as usize)
    };
    entries.iter().flat_map(of_entry).collect()
}

fn gateways(scenario: &Scenario) -> Vec<[f64; 2]> {
    scenario.regions.values().map(|region| [limit(region.gateway.up), limit(region.gateway.down)]).collect()
}

/// Gateways repair in proportion to the nodes of their regions.
fn repairers(scenario: &Scenario, entries: &[EntryModel]) -> Vec<f64> {
    let mut shares = vec![0.0; scenario.regions.len()];
    for entry in entries {
        shares[usize::from(entry.region)] += f64::from(entry.sites * entry.nodes_per_site);
    }
    let all: f64 = shares.iter().sum();
    let mut sum = 0.0;
    for share in &mut shares {
        sum += *share / all;
        *share = sum;
    }
    shares
}
