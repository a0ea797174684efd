//! A scenario and one of its policies as flat, shared, immutable tables.

mod at_hand;
mod build;
mod places;
mod power;
mod thermal;
mod workloads;

pub(super) use at_hand::QuickClass;
pub(super) use power::{BreakerModel, DipModel, OutageKind, OutageModel, PowerDraws, SurgeModel};
pub(super) use thermal::HeatClass;
pub(super) use workloads::WorkloadModel;

use at_hand::{AccessLink, AtHand, Seat, WayOfSite};
use build::Builder;

use super::bill::BillModel;
use super::climate::ClimateModel;
use super::faults::FaultModel;
use super::hardware::HardwareModel;
use super::jobs::JobsModel;
use super::network::{NetworkModel, Reached};
use super::objects::ObjectModel;
use super::shift::ShiftModel;
use super::supervision::SupervisionModel;
use super::transport::TransportModel;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::health::{HealthClass, HealthContext, HealthStreams, Schedule};
use crate::policy::routing::{Places, Prices};
use crate::quantity::Watts;
use crate::scenario::{
    Discipline, Health, Link, LocalDateTime, Policy, Renewal, Scenario, Sleep, Uploads, Ups,
};
use crate::world::fleet::{NodeId, SiteId};
use crate::world::power::{AgeingTable, NodePower, UpsParams};
use crate::world::thermal::TemperatureSeries;
use std::ops::Range;
use std::sync::Arc;

/// The immutable side of a run.
#[derive(Clone, Debug)]
pub struct Model {
    pub(super) seed: u64,
    pub(super) replication: u32,
    pub(super) policy_name: String,
    pub(super) policy: Policy,
    pub(super) start: LocalDateTime,
    pub(super) duration: SimDuration,
    pub(super) warmup: SimDuration,
    /// Whether failures are charged to their causes.
    pub(super) blames: bool,
    pub(super) regions: Vec<RegionModel>,
    pub(super) entries: Vec<EntryModel>,
    /// What of sites, nodes and classes every request asks for, close together.
    at_hand: AtHand,
    pub(super) classes: Vec<NodeClass>,
    pub(super) outages: Vec<OutageModel>,
    pub(super) dips: Vec<DipModel>,
    pub(super) surges: Vec<SurgeModel>,
    pub(super) workloads: Vec<WorkloadModel>,
    pub(super) faults: Vec<FaultModel>,
    /// Backbone latency, row by row.
    between: Vec<SimDuration>,
    pub(super) draws: SharedDraws,
    pub(super) network: NetworkModel,
    pub(super) hardware: HardwareModel,
    pub(super) places: Arc<Places>,
    pub(super) prices: Arc<Prices>,
    pub(super) supervision: SupervisionModel,
    /// Prices; `None`: nothing costs anything.
    pub(super) bill: Option<Box<BillModel>>,
    /// What sites do about prices and outages; `None`: nothing.
    pub(super) shift: Option<Box<ShiftModel>>,
    /// `None` where nothing is stored.
    pub(super) objects: Option<ObjectModel>,
    pub(super) jobs: JobsModel,
    /// The ways of objects and jobs.
    pub(super) transport: TransportModel,
    /// What is left of repairs, outages of mains and of links where forks begin; `None` where no outage is estimated.
    pub(super) rest: Option<[Stream; 3]>,
}

/// Streams that are not those of a workload or an outage process.
#[derive(Clone, Debug)]
pub(super) struct SharedDraws {
    pub boot: Stream,
    pub fault: Stream,
    pub reclose: Stream,
    pub ups: Stream,
    pub wake: Stream,
    pub link_state: Stream,
    pub link_outage: Stream,
    pub thermal_restart: Stream,
    pub cooling_fault: Stream,
    pub fan_fault: Stream,
    pub pump_fault: Stream,
    pub liquid_leak: Stream,
    pub split_fault: Stream,
    pub health: HealthStreams,
    pub power: PowerDraws,
}

/// A region.
#[derive(Clone, Debug)]
pub(super) struct RegionModel {
    pub name: String,
    /// `None` without weather.
    pub outdoor: Option<TemperatureSeries>,
    pub storms: Vec<(SimTime, SimTime)>,
}

/// A fleet entry: what its sites have in common.
#[derive(Clone, Debug)]
pub(super) struct EntryModel {
    pub region: u16,
    pub first_site: u32,
    pub sites: u32,
    pub nodes_per_site: u32,
    pub first_node: u32,
    /// Class of each node of a site, as (class, up to which node of the site).
    pub layout: Vec<(u16, u32)>,
    /// `None` also if no load of the site can trip it.
    pub breaker: Option<BreakerModel>,
    pub ups: Option<UpsParams>,
    pub ups_spec: Option<Ups>,
    /// How its batteries age.
    pub ageing: Option<AgeingTable>,
    pub link: Option<Link>,
    /// Uploads of others.
    pub uploads: Option<Uploads>,
    /// The health check of its nodes.
    pub health: HealthClass,
    /// Number of the ISP, the same for entries of the same region and ISP name.
    pub isp: u32,
    /// Fixed draw of the cooling of a site.
    pub cooling: Watts,
    /// Of it, what warms the room.
    pub warming: Watts,
    /// By how many kelvins its dies move before their leakage is taken anew.
    pub leak_step: f64,
    /// The air of its rooms under weather alone.
    pub air: Arc<TemperatureSeries>,
    /// Rooms and racks that have a state.
    pub climate: Option<Box<ClimateModel>>,
}

/// Nodes of one type in one kind of rack of one fleet entry.
#[derive(Clone, Debug)]
pub(super) struct NodeClass {
    pub slots: u32,
    pub queue: Option<u32>,
    pub discipline: Discipline,
    pub speed: f64,
    pub slowdown: Option<Dist>,
    /// Probability that the result of a job is wrong.
    pub error_rate: f64,
    pub boot: Option<Dist>,
    /// Greatest draw from the socket while booting.
    pub boot_power: Watts,
    /// Power of the board while booting.
    pub boot_board: Watts,
    pub holds: bool,
    /// Whether the network turns away what is on it, or comes to it, while it stands still.
    pub refuses: bool,
    /// Faults on plain exposure; all other lives are in [`WearClass`].
    pub faults: Option<Renewal>,
    /// Multiplies the thermal resistance of a node with symptoms.
    pub resistance: f64,
    pub sleep: Option<Sleep>,
    /// Greatest draw from the socket without work.
    pub idle: Watts,
    /// Greatest draw from the socket with work.
    pub peak: Watts,
    pub power: NodePower,
    /// For an instant at power-on.
    pub inrush: Watts,
    /// How long it runs at full load without mains.
    pub hold_up: Option<SimDuration>,
    /// Probability that a surge damages it, behind the protection of its site.
    pub surge_damage: f64,
    pub heat: Option<HeatClass>,
}

impl NodeClass {
    /// Whether it ever draws any power.
    #[inline]
    pub fn draws_power(&self) -> bool {
        self.peak.0 != 0.0 || self.idle.0 != 0.0
    }

    /// The power that would heat a sound node as much as the greatest power heats one with symptoms.
    pub fn hottest(&self) -> Watts {
        Watts(self.resistance * self.peak.0.max(self.boot_power.0).max(self.idle.0))
    }
}

impl Model {
    /// The tables for policy `policy` of `scenario`, replication `replication`.
    ///
    /// # Panics
    /// If the scenario has no such policy.
    pub fn new(scenario: &Scenario, policy: &str, replication: u32) -> Self {
        let streams = Streams::new(scenario.seed, replication);
        let shared = |process| streams.stream(process, 0);
        let policy_spec = &scenario.policies[policy];
        let mut builder = Builder {
            scenario,
            policy: policy_spec,
            streams,
            rooms: Vec::new(),
            regions: Vec::new(),
            classes: Vec::new(),
            racks: 0,
            wear: Vec::new(),
        };
        builder.regions();
        let mut entries = builder.entries();
        let supervision = SupervisionModel::new(scenario, policy_spec, &mut entries, &streams);
        let outages = builder.outages(&entries);
        let (dips, surges) = (builder.dips(&entries), builder.surges(&entries));
        let workloads = builder.workloads(&entries);
        let between = builder.between();
        let places = Arc::new(builder.places(&entries, &between));
        let prices = Arc::new(builder.prices(&entries));
        let network = NetworkModel::new(scenario, policy_spec, &entries, &streams);
        let bill = BillModel::new(scenario);
        let shift = ShiftModel::new(scenario, policy_spec);
        let objects = ObjectModel::new(scenario, policy_spec, &entries, &streams);
        let mut model = Self {
            at_hand: AtHand::new(&entries, &builder.classes),
            bill,
            shift,
            objects,
            seed: scenario.seed,
            replication,
            policy_name: policy.to_owned(),
            policy: policy_spec.clone(),
            start: scenario.start,
            duration: scenario.duration,
            warmup: scenario.warmup,
            blames: scenario.blame,
            hardware: HardwareModel::new(scenario, &streams, builder.wear),
            supervision,
            regions: builder.regions,
            entries,
            classes: builder.classes,
            outages,
            dips,
            surges,
            workloads,
            faults: Vec::new(),
            between,
            places,
            prices,
            network,
            jobs: JobsModel::new(scenario, &streams),
            transport: TransportModel::default(),
            rest: scenario
                .rare_outage()
                .map(|_| [0, 1, 2].map(|salt| streams.stream(Process::RareRest, salt))),
            draws: SharedDraws {
                boot: shared(Process::Boot),
                fault: shared(Process::HardwareFault),
                reclose: shared(Process::Reclose),
                ups: shared(Process::UpsFailure),
                wake: shared(Process::Wake),
                link_state: shared(Process::LinkState),
                link_outage: shared(Process::LinkOutage),
                thermal_restart: shared(Process::ThermalRestart),
                cooling_fault: shared(Process::CoolingFault),
                fan_fault: shared(Process::FanFault),
                pump_fault: shared(Process::PumpFault),
                liquid_leak: shared(Process::LiquidLeak),
                split_fault: shared(Process::SplitFault),
                health: HealthStreams::new(&streams),
                power: PowerDraws::new(&streams),
            },
        };
        model.faults = FaultModel::all(scenario, &streams, |site| model.nodes_of(site));
        model.transport = TransportModel::new(&model, &streams);
        model
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.entries.last().map_or(0, |e| (e.first_node + e.sites * e.nodes_per_site) as usize)
    }

    /// Number of sites.
    pub fn site_count(&self) -> usize {
        self.entries.last().map_or(0, |e| (e.first_site + e.sites) as usize)
    }

    /// The number of the fleet entry of a site.
    #[inline]
    pub(super) fn entry_index(&self, site: SiteId) -> usize {
        usize::from(self.at_hand.sites[site.index()].entry)
    }

    /// The fleet entry of a site.
    #[inline]
    pub(super) fn entry_of(&self, site: SiteId) -> &EntryModel {
        &self.entries[self.entry_index(site)]
    }

    /// Where a node is, and its class.
    #[inline]
    pub(super) fn seat(&self, node: NodeId) -> Seat {
        self.at_hand.seats[node.index()]
    }

    /// What requests ask of the class of a node.
    #[inline]
    pub(super) fn quick_class(&self, node: NodeId) -> &QuickClass {
        &self.at_hand.classes[usize::from(self.seat(node).class)]
    }

    /// What requests ask of all classes.
    pub(super) fn classes_at_hand(&self) -> impl Iterator<Item = &QuickClass> {
        self.at_hand.classes.iter()
    }

    /// The region of a site, and its link.
    #[inline]
    pub(super) fn way_of(&self, site: SiteId) -> (u16, Option<&AccessLink>) {
        let WayOfSite { region, link, .. } = self.at_hand.sites[site.index()];
        (region, self.at_hand.links.get(usize::from(link)))
    }

    /// The nodes of a site.
    pub(super) fn nodes_of(&self, site: SiteId) -> Range<usize> {
        let entry = self.entry_of(site);
        let first = entry.first_node + (site.0 - entry.first_site) * entry.nodes_per_site;
        first as usize..(first + entry.nodes_per_site) as usize
    }

    /// Backbone latency between two regions.
    #[inline]
    pub(super) fn backbone(&self, a: u16, b: u16) -> SimDuration {
        self.between[usize::from(a) * self.regions.len() + usize::from(b)]
    }

    /// Latency to a site whose gateway is `backbone` away: by way of a relay, if it is reached so.
    #[inline]
    pub(super) fn relayed(&self, site: SiteId, backbone: SimDuration) -> SimDuration {
        match self.network.relays.get(site.index()) {
            Some(Reached::Relayed(extra, _)) => backbone + *extra,
            _ => backbone,
        }
    }

    /// What the health check of a node needs to know. Beats leave a site by themselves; probes to it may need a relay.
    pub(super) fn health_context(&self, node: NodeId, site: SiteId) -> HealthContext<'_> {
        let class = match self.network.relays.get(site.index()) {
            Some(Reached::Relayed(_, class)) if matches!(class.schedule(), Schedule::Probes { .. }) => class,
            _ => &self.entry_of(site).health,
        };
        HealthContext::new(class, &self.draws.health, node.0, site.0, SimTime::ZERO + self.duration)
    }

    /// Whether there is a health check that may come to suspect a node.
    pub(super) fn is_watched(&self) -> bool {
        self.policy.health != Health::None
    }
}

/// The node class and the site of a node, for setting up.
pub(super) fn layout(entry: &EntryModel) -> impl Iterator<Item = (SiteId, NodeId, u16)> + '_ {
    (0..entry.sites).flat_map(move |site| {
        (0..entry.nodes_per_site).map(move |node| {
            let place = entry.layout.partition_point(|(_, end)| *end <= node);
            let id = NodeId(entry.first_node + site * entry.nodes_per_site + node);
            (SiteId(entry.first_site + site), id, entry.layout[place].0)
        })
    })
}
