//! A scenario and one of its policies as flat, shared, immutable tables.

use super::hardware::{HardwareModel, WearClass};
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::health::{HealthClass, HealthContext, HealthStreams};
use crate::quantity::Watts;
use crate::scenario::{
    Discipline, FleetEntry, Grid, Health, Link, LocalDateTime, NodeType, OnDown, Outages, Policy,
    PowerDomain, Rack, Renewal, Requests, Scenario, Shutdown, Sleep, Slo, Throttle, Workload,
};
use crate::world::fleet::{NodeId, SiteId};
use crate::world::power::{BreakerParams, UpsParams};
use crate::world::thermal::{HeatParams, TemperatureSeries, outdoor, room, storms};
use std::iter::once;
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
    pub(super) regions: Vec<RegionModel>,
    pub(super) entries: Vec<EntryModel>,
    pub(super) classes: Vec<NodeClass>,
    pub(super) outages: Vec<OutageModel>,
    pub(super) workloads: Vec<WorkloadModel>,
    /// Backbone latency, row by row.
    between: Vec<SimDuration>,
    pub(super) draws: SharedDraws,
    pub(super) hardware: HardwareModel,
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
    pub health: HealthStreams,
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
    pub link: Option<Link>,
    /// The health check of its nodes.
    pub health: HealthClass,
    /// Number of the ISP, the same for entries of the same region and ISP name.
    pub isp: u32,
    /// Draw of the cooling of a site.
    pub cooling: Watts,
}

/// A breaker and how it is reclosed.
#[derive(Clone, Debug)]
pub(super) struct BreakerModel {
    pub params: BreakerParams,
    pub reclose: Option<Dist>,
}

/// Nodes of one type in one kind of rack of one fleet entry.
#[derive(Clone, Debug)]
pub(super) struct NodeClass {
    pub slots: u32,
    pub queue: Option<u32>,
    pub discipline: Discipline,
    pub speed: f64,
    pub slowdown: Option<Dist>,
    pub boot: Option<Dist>,
    pub boot_power: Watts,
    pub holds: bool,
    /// Faults on plain exposure; all other lives are in [`WearClass`].
    pub faults: Option<Renewal>,
    /// Multiplies the thermal resistance of a node with symptoms.
    pub resistance: f64,
    pub sleep: Option<Sleep>,
    pub idle: Watts,
    pub peak: Watts,
    pub heat: Option<HeatClass>,
}

impl NodeClass {
    /// The power that would heat a sound node as much as the greatest power heats one with symptoms.
    pub fn hottest(&self) -> Watts {
        Watts(self.resistance * self.peak.0.max(self.boot_power.0).max(self.idle.0))
    }
}

/// The thermal side of a node class.
#[derive(Clone, Debug)]
pub(super) struct HeatClass {
    pub params: HeatParams,
    pub throttle: Option<Throttle>,
    pub shutdown: Option<Shutdown>,
    pub air: Arc<TemperatureSeries>,
    /// Whether no node of the class can ever reach a threshold.
    pub harmless: bool,
}

/// One cause of outages of one grid.
#[derive(Clone, Debug)]
pub(super) struct OutageModel {
    pub outages: Outages,
    pub stream: Stream,
    pub region: u16,
    /// Groups of sites that go down together, each a list of ranges of sites.
    pub domains: Vec<Vec<Range<u32>>>,
}

/// A stream of requests.
#[derive(Clone, Debug)]
pub(super) struct WorkloadModel {
    pub name: String,
    pub requests: Requests,
    pub slo: Slo,
    /// Cumulative share of the requests that enter at each region.
    pub gateways: Vec<f64>,
    pub arrival: Stream,
    pub demand: Stream,
    pub gateway: Stream,
    pub slowdown: Stream,
    pub latency: Stream,
    pub loss: Stream,
    pub routing: Stream,
    pub backoff: Stream,
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
            wear: Vec::new(),
        };
        builder.regions();
        let entries = builder.entries();
        let outages = builder.outages(&entries);
        let workloads = builder.workloads(&entries);
        let between = builder.between();
        Self {
            seed: scenario.seed,
            replication,
            policy_name: policy.to_owned(),
            policy: policy_spec.clone(),
            start: scenario.start,
            duration: scenario.duration,
            warmup: scenario.warmup,
            hardware: HardwareModel::new(scenario, &streams, builder.wear),
            regions: builder.regions,
            entries,
            classes: builder.classes,
            outages,
            workloads,
            between,
            draws: SharedDraws {
                boot: shared(Process::Boot),
                fault: shared(Process::HardwareFault),
                reclose: shared(Process::Reclose),
                ups: shared(Process::UpsFailure),
                wake: shared(Process::Wake),
                link_state: shared(Process::LinkState),
                link_outage: shared(Process::LinkOutage),
                health: HealthStreams::new(&streams),
            },
        }
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.entries.last().map_or(0, |e| (e.first_node + e.sites * e.nodes_per_site) as usize)
    }

    /// Number of sites.
    pub fn site_count(&self) -> usize {
        self.entries.last().map_or(0, |e| (e.first_site + e.sites) as usize)
    }

    /// The fleet entry of a site.
    pub(super) fn entry_of(&self, site: SiteId) -> &EntryModel {
        let after = self.entries.partition_point(|entry| entry.first_site <= site.0);
        &self.entries[after - 1]
    }

    /// The nodes of a site.
    pub(super) fn nodes_of(&self, site: SiteId) -> Range<usize> {
        let entry = self.entry_of(site);
        let first = entry.first_node + (site.0 - entry.first_site) * entry.nodes_per_site;
        first as usize..(first + entry.nodes_per_site) as usize
    }

    /// Backbone latency between two regions.
    pub(super) fn backbone(&self, a: u16, b: u16) -> SimDuration {
        self.between[usize::from(a) * self.regions.len() + usize::from(b)]
    }

    /// What the health check of a node needs to know.
    pub(super) fn health_context(&self, node: NodeId, site: SiteId) -> HealthContext<'_> {
        HealthContext {
            class: &self.entry_of(site).health,
            streams: &self.draws.health,
            node: node.0,
            site: site.0,
            until: SimTime::ZERO + self.duration,
        }
    }

    /// Whether there is a health check that may come to suspect a node.
    pub(super) fn is_watched(&self) -> bool {
        self.policy.health != Health::None
    }
}

struct Builder<'a> {
    scenario: &'a Scenario,
    policy: &'a Policy,
    streams: Streams,
    regions: Vec<RegionModel>,
    rooms: Vec<(u16, Option<crate::scenario::Building>, Arc<TemperatureSeries>)>,
    classes: Vec<NodeClass>,
    wear: Vec<WearClass>,
}

impl Builder<'_> {
    fn regions(&mut self) {
        let Scenario { start, duration, .. } = *self.scenario;
        for (number, (name, region)) in (0_u32..).zip(&self.scenario.regions) {
            let weather = region.weather.as_ref();
            self.regions.push(RegionModel {
                name: name.clone(),
                outdoor: weather.map(|w| outdoor(w, number, &self.streams, start, duration)),
                storms: weather
                    .and_then(|w| w.storms.as_ref())
                    .map_or_else(Vec::new, |s| storms(s, number, &self.streams, duration)),
            });
        }
    }

    fn entries(&mut self) -> Vec<EntryModel> {
        let (mut first_site, mut first_node) = (0, 0);
        let mut isps: Vec<(u16, &str)> = Vec::new();
        let mut entries = Vec::new();
        for entry in &self.scenario.fleet {
            let region = self.region_index(&entry.region);
            let isp = (region, entry.isp.as_deref().unwrap_or(""));
            let isp = isps.iter().position(|known| *known == isp).unwrap_or_else(|| {
                isps.push(isp);
                isps.len() - 1
            });
            let model = self.entry(entry, region, isp as u32, first_site, first_node);
            first_site += model.sites;
            first_node += model.sites * model.nodes_per_site;
            entries.push(model);
        }
        entries
    }

    fn entry(
        &mut self,
        entry: &FleetEntry,
        region: u16,
        isp: u32,
        first_site: u32,
        first_node: u32,
    ) -> EntryModel {
        let air = self.room(region, entry);
        let mut layout: Vec<(u16, u32)> = Vec::new();
        let (mut cooling, mut peak) = (0.0, 0.0);
        for rack in &entry.racks {
            for (type_name, count) in rack.nodes.iter().filter(|(_, count)| **count > 0) {
                let mut class = self.class(&self.scenario.nodes[type_name], rack, &air);
                let wear = WearClass::new(self.scenario, entry, type_name, &class, rack, &air);
                class.faults = class.faults.filter(|_| !wear.has_lives);
                self.wear.push(wear);
                peak +=
                    f64::from(count * rack.count) * class.peak.0.max(class.boot_power.0).max(class.idle.0);
                let number = u16::try_from(self.classes.len()).expect("more than 65,535 kinds of node");
                self.classes.push(class);
                let before = layout.last().map_or(0, |(_, end)| *end);
                layout.push((number, before + count * rack.count));
            }
            cooling += f64::from(rack.count) * rack.cooling.as_ref().map_or(0.0, |c| c.power.0);
        }
        let charger = entry.ups.as_ref().and_then(|ups| ups.recharge).unwrap_or_default();
        let peak = Watts(peak + cooling + charger.0);
        EntryModel {
            region,
            first_site,
            sites: entry.sites,
            nodes_per_site: layout.last().map_or(0, |(_, end)| *end),
            first_node,
            layout,
            breaker: entry
                .breaker
                .as_ref()
                .map(|b| BreakerModel { params: BreakerParams::of(b), reclose: b.reclose.clone() })
                .filter(|breaker| !breaker.params.cannot_trip(peak)),
            ups: entry.ups.as_ref().map(UpsParams::of),
            link: entry.link.clone(),
            health: HealthClass::new(&self.policy.health, entry.link.as_ref(), SimDuration::ZERO),
            isp,
            cooling: Watts(cooling),
        }
    }

    fn class(&self, node: &NodeType, rack: &Rack, air: &Arc<TemperatureSeries>) -> NodeClass {
        let boot_power = Watts(node.boot_power * node.peak.0);
        let resistance = node.hardware.degradation.as_ref().map_or(1.0, |degradation| degradation.resistance);
        let heat = node.thermal.as_ref().map(|thermal| {
            let params = HeatParams::of(thermal, rack.cooling.as_ref());
            let hottest = Watts(resistance * node.peak.0.max(boot_power.0).max(node.idle.0));
            let thresholds =
                [thermal.throttle.as_ref().map(|t| t.at), thermal.shutdown.as_ref().map(|s| s.at)];
            let end = SimTime::ZERO + self.scenario.duration;
            let below = |at| params.stays_below(air, hottest, at, SimTime::ZERO, end);
            HeatClass {
                params,
                throttle: thermal.throttle.clone(),
                shutdown: thermal.shutdown.clone(),
                air: Arc::clone(air),
                harmless: thresholds.into_iter().flatten().all(below),
            }
        });
        NodeClass {
            slots: node.slots,
            queue: node.queue,
            discipline: node.discipline,
            speed: node.speed,
            slowdown: node.slowdown.clone(),
            boot: node.boot.clone(),
            boot_power,
            holds: node.on_down == OnDown::Hold,
            faults: node
                .hardware
                .faults
                .as_ref()
                .and_then(|faults| faults.down.clone().map(|down| Renewal { up: faults.up.clone(), down })),
            resistance,
            sleep: node.sleep.clone(),
            idle: node.idle,
            peak: node.peak,
            heat,
        }
    }

    /// The air of a room; rooms of the same kind in the same region are one series.
    fn room(&mut self, region: u16, entry: &FleetEntry) -> Arc<TemperatureSeries> {
        let known = self.rooms.iter().find(|(r, building, _)| *r == region && *building == entry.building);
        if let Some((.., air)) = known {
            return Arc::clone(air);
        }
        let outdoor = self.regions[usize::from(region)].outdoor.clone();
        let outdoor = outdoor.unwrap_or_else(|| TemperatureSeries::constant(crate::quantity::Celsius(20.0)));
        let air = Arc::new(room(&outdoor, entry.building.as_ref()));
        self.rooms.push((region, entry.building.clone(), Arc::clone(&air)));
        air
    }

    fn region_index(&self, name: &str) -> u16 {
        let index =
            self.scenario.regions.get_index_of(name).expect("regions are checked when a scenario is read");
        u16::try_from(index).expect("more than 65,535 regions")
    }

    /// Every cause of every grid, with its domains: a grid of a region is shared by all entries that name no other.
    fn outages(&self, entries: &[EntryModel]) -> Vec<OutageModel> {
        let mut models = Vec::new();
        let mut add = |grid: &Grid, region: u16, members: &[&EntryModel]| {
            for outages in &grid.outages {
                let salt = models.len() as u32;
                models.push(OutageModel {
                    outages: outages.clone(),
                    stream: self.streams.stream(Process::GridOutage, salt),
                    region,
                    domains: domains(outages.shared_by, grid.feeder_size, members),
                });
            }
        };
        for (number, region) in (0_u16..).zip(self.scenario.regions.values()) {
            let Some(grid) = &region.grid else { continue };
            let members: Vec<&EntryModel> = entries
                .iter()
                .zip(&self.scenario.fleet)
                .filter(|(model, entry)| model.region == number && entry.grid.is_none())
                .map(|(model, _)| model)
                .collect();
            add(grid, number, &members);
        }
        for (model, entry) in entries.iter().zip(&self.scenario.fleet) {
            if let Some(grid) = &entry.grid {
                add(grid, model.region, &[model]);
            }
        }
        models
    }

    fn workloads(&self, entries: &[EntryModel]) -> Vec<WorkloadModel> {
        (0_u32..)
            .zip(&self.scenario.workloads)
            .map(|(salt, (name, workload))| {
                let Workload::Requests(requests) = workload;
                let stream = |process| self.streams.stream(process, salt);
                WorkloadModel {
                    name: name.clone(),
                    requests: requests.clone(),
                    slo: self.scenario.slo.get(name).cloned().unwrap_or_default(),
                    gateways: self.gateways(requests, entries),
                    arrival: stream(Process::Arrival),
                    demand: stream(Process::Demand),
                    gateway: stream(Process::Gateway),
                    slowdown: stream(Process::Slowdown),
                    latency: stream(Process::MessageLatency),
                    loss: stream(Process::MessageLoss),
                    routing: stream(Process::Routing),
                    backoff: stream(Process::Backoff),
                }
            })
            .collect()
    }

    /// Cumulative shares by region: as given, or in proportion to nodes.
    fn gateways(&self, requests: &Requests, entries: &[EntryModel]) -> Vec<f64> {
        let mut shares = vec![0.0; self.regions.len()];
        if requests.from.is_empty() {
            for entry in entries {
                shares[usize::from(entry.region)] += f64::from(entry.sites * entry.nodes_per_site);
            }
        } else {
            for (name, share) in &requests.from {
                shares[usize::from(self.region_index(name))] += share;
            }
        }
        let total: f64 = shares.iter().sum();
        let mut sum = 0.0;
        for share in &mut shares {
            sum += *share / total;
            *share = sum;
        }
        shares
    }

    fn between(&self) -> Vec<SimDuration> {
        let n = self.regions.len();
        let mut table = vec![SimDuration::ZERO; n * n];
        for (a, b, latency) in &self.scenario.backbone.between {
            let (a, b) = (usize::from(self.region_index(a)), usize::from(self.region_index(b)));
            table[a * n + b] = *latency;
            table[b * n + a] = *latency;
        }
        table
    }
}

/// The groups of sites that an outage takes down together.
fn domains(shared_by: PowerDomain, feeder_size: u32, members: &[&EntryModel]) -> Vec<Vec<Range<u32>>> {
    let ranges = members.iter().map(|entry| entry.first_site..entry.first_site + entry.sites);
    match shared_by {
        PowerDomain::Region if members.is_empty() => Vec::new(),
        PowerDomain::Region => vec![ranges.collect()],
        PowerDomain::Site => ranges.flatten().map(|site| once(site..site + 1).collect()).collect(),
        PowerDomain::Feeder => {
            let size = feeder_size.max(1);
            ranges
                .flat_map(|range| {
                    let end = range.end;
                    range
                        .step_by(size as usize)
                        .map(move |first| once(first..(first + size).min(end)).collect())
                })
                .collect()
        }
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
