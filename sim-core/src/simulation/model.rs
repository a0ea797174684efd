//! A scenario and one of its policies as flat, shared, immutable tables.

mod places;
mod power;
mod thermal;
mod workloads;

pub(super) use power::{BreakerModel, DipModel, OutageKind, OutageModel, PowerDraws, SurgeModel};
pub(super) use thermal::HeatClass;
pub(super) use workloads::WorkloadModel;

use super::bill::BillModel;
use super::climate::{ClimateModel, RackPlan, is_forced, room_of};
use super::faults::FaultModel;
use super::hardware::{HardwareModel, WearClass};
use super::jobs::JobsModel;
use super::leakage::step_of;
use super::network::{NetworkModel, Reached};
use super::objects::ObjectModel;
use super::shift::ShiftModel;
use super::supervision::SupervisionModel;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::health::{HealthClass, HealthContext, HealthStreams, Schedule};
use crate::policy::routing::{Places, Prices};
use crate::quantity::Watts;
use crate::scenario::{
    Cooling, Discipline, FleetEntry, Health, Link, LocalDateTime, NodeType, OnDown, Policy, Rack, Renewal,
    Scenario, Sleep, Uploads, Ups,
};
use crate::world::fleet::{NodeId, SiteId};
use crate::world::power::{AgeingTable, NodePower, UpsParams};
use crate::world::thermal::{TemperatureSeries, outdoor, storms};
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
    pub(super) fn entry_index(&self, site: SiteId) -> usize {
        self.entries.partition_point(|entry| entry.first_site <= site.0) - 1
    }

    /// The fleet entry of a site.
    pub(super) fn entry_of(&self, site: SiteId) -> &EntryModel {
        &self.entries[self.entry_index(site)]
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

    /// Latency to a site whose gateway is `backbone` away: by way of a relay, if it is reached so.
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
        HealthContext {
            class,
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
    /// Racks with a state so far.
    racks: u32,
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
        let forced = is_forced(self.scenario);
        let room = entry.building.as_ref().and_then(|building| {
            let outdoor = self.outdoor(region);
            room_of(building, &outdoor, self.scenario.start, self.scenario.duration, forced)
        });
        let mut plan = RackPlan::default();
        let first_class = self.classes.len();
        let (mut cooling, mut warming, mut peak, mut leak_slope) = (0.0, 0.0, 0.0, 0.0);
        let cap = self.site_cap(entry);
        for rack in &entry.racks {
            let shared = forced || room.is_some() || rack.cooling.as_ref().is_some_and(Cooling::has_state);
            let mut types = Vec::new();
            for (type_name, count) in rack.nodes.iter().filter(|(_, count)| **count > 0) {
                let node = &self.scenario.nodes[type_name];
                let mut class = self.class(node, (rack, entry), cap, &air, shared);
                let wear = WearClass::new(self.scenario, entry, type_name, &class, rack, &air);
                class.faults = class.faults.filter(|_| !wear.has_lives);
                self.wear.push(wear);
                let nominal = class.peak.0.max(class.boot_power.0).max(class.idle.0);
                let most = nominal * power::with_leakage(node);
                peak += f64::from(count * rack.count) * most;
                let leakage = node.thermal.as_ref().and_then(|thermal| thermal.leakage.as_ref());
                leak_slope +=
                    f64::from(count * rack.count) * nominal * leakage.map_or(0.0, |it| it.per_kelvin);
                let number = u16::try_from(self.classes.len()).expect("more than 65,535 kinds of node");
                self.classes.push(class);
                types.push((number, *count, Watts(most)));
            }
            plan.add(rack, &types);
            let fixed = rack.cooling.as_ref().map_or(0.0, |c| c.power.0) * f64::from(rack.count);
            cooling += fixed;
            // What cools below the room gives its heat off outdoors.
            let outdoors = rack.cooling.as_ref().is_some_and(|cooling| cooling.rise.0 < 0.0);
            warming += if outdoors { 0.0 } else { fixed };
        }
        let mut climate = plan.climate(room, entry.building.as_ref(), Watts(peak), self.racks);
        if let Some(climate) = &mut climate {
            let load = peak + cooling + climate.greatest_power();
            let lost = entry.ups.as_ref().map_or(0.0, |ups| power::greatest_loss(ups, Watts(load)));
            climate.hottest.0 += warming + climate.greatest_fans() + lost;
            self.racks += entry.sites * climate.racks.len() as u32;
        }
        self.mark_harmless(first_class, &plan, climate.as_deref(), &air);
        let dynamic = climate.as_ref().map_or(0.0, |climate| climate.greatest_power());
        let layout = plan.layout;
        let breaker = self.breaker(entry, cooling + dynamic, &air);
        let spec = breaker.as_ref().map(|breaker| &breaker.spec);
        let leak_step = step_of(leak_slope, spec, climate.as_deref());
        EntryModel {
            region,
            first_site,
            sites: entry.sites,
            nodes_per_site: layout.last().map_or(0, |(_, end)| *end),
            first_node,
            layout,
            breaker,
            leak_step,
            ups: entry.ups.as_ref().map(UpsParams::of),
            ups_spec: entry.ups.clone(),
            ageing: entry.ups.as_ref().and_then(|ups| Some(AgeingTable::new(ups.ageing.as_ref()?, &air))),
            link: entry.link.clone(),
            uploads: entry.uploads.clone(),
            health: HealthClass::new(&self.policy.health, entry.link.as_ref(), SimDuration::ZERO),
            isp,
            cooling: Watts(cooling),
            warming: Watts(warming),
            air,
            climate,
        }
    }

    /// The class of a node, whose power and speed above idle are capped to the share `cap` of what they were.
    fn class(
        &self,
        node: &NodeType,
        (rack, entry): (&Rack, &FleetEntry),
        cap: Option<f64>,
        air: &Arc<TemperatureSeries>,
        shared: bool,
    ) -> NodeClass {
        let uncapped = node.full_power();
        let cap = cap.map(|share| Watts(node.idle.0 + share * (uncapped.0 - node.idle.0)));
        let (power, speed) = NodePower::of(node, cap);
        let boot_board = Watts(node.boot_power * uncapped.0);
        let boot_power = power.greatest(boot_board);
        let (idle, peak) = (power.greatest(power.idle), power.greatest(power.board_peak()));
        let resistance = node.hardware.degradation.as_ref().map_or(1.0, |degradation| degradation.resistance);
        let hottest = Watts(resistance * peak.0.max(boot_power.0).max(idle.0));
        let heat = node.thermal.as_ref().map(|thermal| self.heat_class(thermal, rack, hottest, air, shared));
        NodeClass {
            slots: node.slots,
            queue: node.queue,
            discipline: node.discipline,
            speed: node.speed * speed,
            slowdown: node.slowdown.clone(),
            error_rate: node.error_rate,
            boot: node.boot.clone(),
            boot_power,
            boot_board,
            holds: node.on_down == OnDown::Hold,
            faults: node
                .hardware
                .faults
                .as_ref()
                .and_then(|faults| faults.down.clone().map(|down| Renewal { up: faults.up.clone(), down })),
            resistance,
            sleep: node.sleep.clone(),
            idle,
            peak,
            power,
            inrush: Watts(node.inrush * node.peak.0),
            hold_up: node.hardware.psu_hold_up.or_else(|| self.default_hold_up(entry)),
            surge_damage: node.hardware.surge_damage.unwrap_or(0.0)
                * power::passed_surge(entry.surge_protection),
            heat,
        }
    }

    fn region_index(&self, name: &str) -> u16 {
        let index =
            self.scenario.regions.get_index_of(name).expect("regions are checked when a scenario is read");
        u16::try_from(index).expect("more than 65,535 regions")
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
