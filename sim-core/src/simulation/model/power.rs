//! Grids, breakers and caps as tables.

use super::{Builder, EntryModel};
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::quantity::{Celsius, Watts};
use crate::scenario::{
    Breaker, Derating, Dips, Fatigue, FaultAction, FleetEntry, Grid, Neighbours, NodeType, Outages,
    PowerDomain, Reclose, Rolling, StormDamage, SurgeProtection, Surges, Ups,
};
use crate::simulation::climate::ClimateModel;
use crate::world::power::ride_through::{DEFAULT_HOLD_UP, STEADY_LIMIT};
use crate::world::power::{BreakerParams, NodePower, RollingPlan, StormStreams, UpsParams, rating_at};
use crate::world::thermal::{TemperatureSeries, alternate, heat_waves};
use std::iter::once;
use std::ops::Range;

/// Streams of the power side that are not those of a grid process.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct PowerDraws {
    pub tolerance: Stream,
    pub neighbour: Stream,
    pub stagger: Stream,
    pub fatigue: Stream,
    pub battery: Stream,
    pub self_test: Stream,
    pub restoration: Stream,
    pub damage: Stream,
    pub repair: Stream,
}

impl PowerDraws {
    pub(super) fn new(streams: &Streams) -> Self {
        let shared = |process| streams.stream(process, 0);
        Self {
            tolerance: shared(Process::BreakerTolerance),
            neighbour: shared(Process::Neighbour),
            stagger: shared(Process::Stagger),
            fatigue: shared(Process::BreakerFatigue),
            battery: shared(Process::BatteryDeath),
            self_test: shared(Process::SelfTest),
            restoration: shared(Process::SurgeAtRestoration),
            damage: shared(Process::SurgeDamage),
            repair: shared(Process::DamageRepair),
        }
    }
}

/// A breaker and what becomes of it.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct BreakerModel {
    pub spec: Breaker,
    pub reclose: Option<Reclose>,
    pub derating: Option<Derating>,
    pub neighbours: Option<Neighbours>,
    pub fatigue: Option<Fatigue>,
}

/// Groups of sites that share something, each a list of ranges of sites.
pub(in crate::simulation) type Domains = Vec<Vec<Range<u32>>>;

/// One cause of outages of one grid.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct OutageModel {
    pub kind: OutageKind,
    pub stream: Stream,
    /// Which stream that is.
    pub process: (Process, u32),
    pub region: u16,
    /// Groups of sites that go down together.
    pub domains: Domains,
    /// Probability that a surge comes at the end.
    pub surge: f64,
    /// How long beforehand policies that care are told.
    pub notice: Option<SimDuration>,
}

/// What makes outages come and go.
#[derive(Clone, Debug)]
pub(in crate::simulation) enum OutageKind {
    /// A renewal process.
    Renewal(Outages),
    /// Storms.
    Storm(StormDamage, StormStreams),
    /// Blocks in turn.
    Rolling(RollingPlan),
}

/// One cause of dips of one grid.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct DipModel {
    pub dips: Dips,
    pub stream: Stream,
    pub domains: Domains,
    /// Whether it is sustained.
    pub brownout: bool,
}

/// Surges of one grid that come by themselves.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct SurgeModel {
    pub every: Dist,
    pub stream: Stream,
    pub domains: Domains,
}

/// Share of surges that pass the protection: measured damage is 1 to 5 % without and 0.05 to 0.2 % with types 2 and 3 [A], a
/// twenty-fifth; type 2 alone leaves a fifth [A].
pub(super) fn passed_surge(protection: SurgeProtection) -> f64 {
    match protection {
        SurgeProtection::None => 1.0,
        SurgeProtection::Type2 => 0.2,
        SurgeProtection::Type2And3 => 0.04,
    }
}

impl Builder<'_> {
    /// Every grid with its region and the entries on it: a grid of a region is shared by all entries that name no other.
    fn grids<'e>(&self, entries: &'e [EntryModel]) -> Vec<(&Grid, u16, Vec<&'e EntryModel>)> {
        let mut grids = Vec::new();
        for (number, region) in (0_u16..).zip(self.scenario.regions.values()) {
            let Some(grid) = &region.grid else { continue };
            let members = entries.iter().zip(&self.scenario.fleet);
            let members = members.filter(|(model, entry)| model.region == number && entry.grid.is_none());
            grids.push((grid, number, members.map(|(model, _)| model).collect()));
        }
        for (model, entry) in entries.iter().zip(&self.scenario.fleet) {
            if let Some(grid) = &entry.grid {
                grids.push((grid, model.region, vec![model]));
            }
        }
        grids
    }

    /// Every cause of outages of every grid, with its domains.
    pub(super) fn outages(&self, entries: &[EntryModel]) -> Vec<OutageModel> {
        let mut models: Vec<OutageModel> = Vec::new();
        let grids = self.grids(entries);
        let mut add = |(process, salt), kind, region, domains, grid: &Grid| {
            let stream = self.streams.stream(process, salt);
            let surge = grid.surges.as_ref().map_or(0.0, |surges| surges.at_restoration);
            let planned = grid.planned.as_ref().filter(|_| process == Process::PlannedOutage);
            let notice =
                planned.filter(|_| self.policy.energy.heed_notice).and_then(|planned| planned.notice);
            models.push(OutageModel {
                kind,
                stream,
                process: (process, salt),
                region,
                domains,
                surge,
                notice,
            });
        };
        let causes = grids.iter().flat_map(|it| it.0.outages.iter().map(move |outages| (it, outages)));
        for (salt, ((grid, region, members), outages)) in (0_u32..).zip(causes) {
            let domains = domains(outages.shared_by, grid, members);
            add((Process::GridOutage, salt), OutageKind::Renewal(outages.clone()), *region, domains, grid);
        }
        for (number, (grid, region, members)) in (0_u32..).zip(&grids) {
            let feeders = || domains(PowerDomain::Feeder, grid, members);
            if let Some(planned) = &grid.planned {
                let renewal = Outages {
                    up: planned.every.clone(),
                    down: planned.lasts.clone(),
                    shared_by: PowerDomain::Feeder,
                    up_in_storm: None,
                };
                add((Process::PlannedOutage, number), OutageKind::Renewal(renewal), *region, feeders(), grid);
            }
            if let Some(rolling) = &grid.rolling {
                let blocks = grouped(&feeders(), rolling.block);
                let plan = self.rolling(rolling, *region, number, blocks.len() as u32);
                add((Process::RollingBlackout, number), OutageKind::Rolling(plan), *region, blocks, grid);
            }
            if let Some(damage) = &grid.storm_damage {
                let streams = StormStreams {
                    severity: self.streams.stream(Process::StormSeverity, number),
                    feeder: self.streams.stream(Process::StormDamage, number),
                };
                add(
                    (Process::StormDamage, number),
                    OutageKind::Storm(damage.clone(), streams),
                    *region,
                    feeders(),
                    grid,
                );
            }
        }
        models
    }

    fn rolling(&self, rolling: &Rolling, region: u16, grid: u32, blocks: u32) -> RollingPlan {
        let duration = self.scenario.duration;
        let stream = self.streams.stream(Process::RollingBlackout, grid);
        let mut episodes = alternate(&rolling.every, &rolling.lasts, &stream, u32::from(region), duration);
        if rolling.in_heat_wave_only {
            let region_spec = &self.scenario.regions[usize::from(region)];
            let waves = region_spec.weather.as_ref().and_then(|weather| weather.heat_waves.as_ref());
            let waves = waves
                .map_or_else(Vec::new, |waves| heat_waves(waves, u32::from(region), &self.streams, duration));
            let hot = |time: SimTime| waves.iter().any(|(begin, end)| *begin <= time && time < *end);
            episodes.retain(|(begin, _)| hot(*begin));
        }
        RollingPlan::new(episodes, rolling.slot, blocks)
    }

    /// Every cause of dips of every grid.
    pub(super) fn dips(&self, entries: &[EntryModel]) -> Vec<DipModel> {
        let mut models: Vec<DipModel> = Vec::new();
        for (grid, _, members) in self.grids(entries) {
            let sags = grid.sags.iter().map(|dips| (dips, false));
            for (dips, brownout) in sags.chain(grid.brownouts.iter().map(|dips| (dips, true))) {
                let process = if brownout { Process::Brownout } else { Process::Sag };
                let salt = models.iter().filter(|model| model.brownout == brownout).count() as u32;
                models.push(DipModel {
                    dips: dips.clone(),
                    stream: self.streams.stream(process, salt),
                    domains: domains(dips.shared_by, grid, &members),
                    brownout,
                });
            }
        }
        models
    }

    /// Surges of every grid that come by themselves.
    pub(super) fn surges(&self, entries: &[EntryModel]) -> Vec<SurgeModel> {
        let mut models: Vec<SurgeModel> = Vec::new();
        for (grid, _, members) in self.grids(entries) {
            let Some(Surges { every: Some(every), shared_by, .. }) = &grid.surges else { continue };
            models.push(SurgeModel {
                every: every.clone(),
                stream: self.streams.stream(Process::Surge, models.len() as u32),
                domains: domains(*shared_by, grid, &members),
            });
        }
        models
    }

    /// The grid of a fleet entry.
    fn grid_of<'g>(&'g self, entry: &'g FleetEntry) -> Option<&'g Grid> {
        entry.grid.as_ref().or_else(|| self.scenario.regions[&entry.region].grid.as_ref())
    }

    /// The hold-up time of power supplies that say nothing about it: none, unless short gaps are part of the scenario.
    pub(super) fn default_hold_up(&self, entry: &FleetEntry) -> Option<SimDuration> {
        let dips =
            self.grid_of(entry).is_some_and(|grid| !grid.sags.is_empty() || !grid.brownouts.is_empty());
        let injected =
            self.scenario.faults.iter().any(|fault| matches!(fault.action, FaultAction::Sag { .. }));
        let gap = entry.ups.as_ref().is_some_and(|ups| ups.transfer.is_some());
        (dips || injected || gap).then_some(DEFAULT_HOLD_UP)
    }

    /// The node types of a site with their numbers.
    fn types_of<'g>(&'g self, entry: &'g FleetEntry) -> impl Iterator<Item = (&'g NodeType, f64)> {
        entry.racks.iter().flat_map(|rack| {
            rack.nodes.iter().map(|(name, count)| (&self.scenario.nodes[name], f64::from(count * rack.count)))
        })
    }

    /// To which share of what they draw above idle the policy caps the nodes of a site; `None`: no cap is needed.
    pub(super) fn site_cap(&self, entry: &FleetEntry) -> Option<f64> {
        let share = self.policy.energy.power_cap?;
        let breaker = entry.breaker.as_ref()?;
        let cooling: f64 = entry
            .racks
            .iter()
            .map(|rack| f64::from(rack.count) * rack.cooling.as_ref().map_or(0.0, |c| c.power.0))
            .sum();
        let (mut idle, mut work) = (0.0, 0.0);
        for (node, count) in self.types_of(entry) {
            let (power, _) = NodePower::of(node, None);
            let (low, high) = (power.greatest(power.idle).0, power.greatest(power.board_peak()).0);
            idle += count * low;
            work += count * (high - low).max(0.0);
        }
        let left = share * breaker.rating.0 * breaker.voltage.0 - cooling - idle;
        (left < work).then(|| (left / work).max(0.0))
    }

    /// The hottest that a room can become, with what faults inject.
    pub(super) fn hottest_room(&self, air: &TemperatureSeries, climate: Option<&ClimateModel>) -> Celsius {
        let duration = self.scenario.duration;
        let by_itself = match climate {
            Some(climate) => climate.hottest_air(air, duration),
            None => air.max_between(SimTime::ZERO, SimTime::ZERO + duration),
        };
        let rises = self.scenario.faults.iter().map(|fault| match fault.action {
            FaultAction::Heat { rise } => rise.0.max(0.0),
            _ => 0.0,
        });
        Celsius(by_itself.0 + rises.sum::<f64>())
    }

    /// The breaker of an entry, whose room gets no hotter than this; `None` also if no load, voltage or heat can trip it under any policy.
    pub(super) fn breaker(&self, entry: &FleetEntry, cooling: f64, hottest: Celsius) -> Option<BreakerModel> {
        let breaker = entry.breaker.as_ref()?;
        let (mut peak, mut inrush) = (cooling, 0.0);
        for (node, count) in self.types_of(entry) {
            let (power, _) = NodePower::of(node, None);
            let boot = power.greatest(Watts(node.boot_power * node.full_power().0)).0;
            let most = power.greatest(power.board_peak()).0.max(boot).max(power.greatest(power.idle).0);
            peak += count * most * with_leakage(node);
            inrush += count * node.inrush * node.peak.0;
        }
        if let Some(ups) = &entry.ups {
            peak += ups.recharge.unwrap_or_default().0 + ups.standby.0;
        }
        peak += breaker.neighbours.as_ref().map_or(0.0, |neighbours| neighbours.load.supremum());
        let dips = self.grid_of(entry).into_iter().flat_map(|grid| grid.sags.iter().chain(&grid.brownouts));
        let depth = dips.map(|dips| dips.depth.supremum()).fold(0.0, f64::max);
        let voltage = (1.0 - depth).max(STEADY_LIMIT);
        let rating = breaker.derating.as_ref().map_or(1.0, |derating| rating_at(hottest, derating));
        let worst = BreakerParams::most_sensitive(breaker).derated(rating);
        let through = |load: f64| Watts(load / voltage);
        if worst.cannot_trip(through(peak)) && !worst.trips_at_once(through(peak + inrush)) {
            return None;
        }
        Some(BreakerModel {
            spec: breaker.clone(),
            reclose: breaker.reclose.clone(),
            derating: breaker.derating,
            neighbours: breaker.neighbours.clone(),
            fatigue: breaker.fatigue,
        })
    }
}

/// What the greatest nominal draw of a node is multiplied by: leakage until it shuts down.
pub(super) fn with_leakage(node: &NodeType) -> f64 {
    let leakage = node.thermal.as_ref().and_then(|thermal| {
        let hottest = thermal.shutdown.as_ref()?.at;
        thermal.leakage.as_ref().map(|leakage| leakage.per_kelvin * (hottest.0 - leakage.reference.0))
    });
    1.0 + leakage.unwrap_or(0.0).max(0.0)
}

/// The most that a UPS loses while it carries up to `load`.
pub(super) fn greatest_loss(ups: &Ups, load: Watts) -> f64 {
    let params = UpsParams::of(ups);
    let carried = Watts(load.0.min(params.power.0));
    (params.drain(carried).0 - carried.0).max(ups.standby.0)
}

/// The groups of sites that share something.
fn domains(shared_by: PowerDomain, grid: &Grid, members: &[&EntryModel]) -> Domains {
    let ranges = members.iter().map(|entry| entry.first_site..entry.first_site + entry.sites);
    match shared_by {
        PowerDomain::Region if members.is_empty() => Vec::new(),
        PowerDomain::Region => vec![ranges.collect()],
        PowerDomain::Site => ranges.flatten().map(|site| once(site..site + 1).collect()).collect(),
        PowerDomain::Substation => {
            grouped(&domains(PowerDomain::Feeder, grid, members), grid.substation_size)
        }
        PowerDomain::Feeder => {
            let size = grid.feeder_size.max(1);
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

/// Neighbouring domains joined, `size` at a time.
fn grouped(domains: &[Vec<Range<u32>>], size: u32) -> Domains {
    domains.chunks(size.max(1) as usize).map(<[_]>::concat).collect()
}
