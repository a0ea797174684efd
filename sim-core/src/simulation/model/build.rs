//! Regions, fleet entries and classes of nodes.

use super::{EntryModel, NodeClass, RegionModel, power};
use crate::kernel::{SimDuration, Streams};
use crate::policy::health::HealthClass;
use crate::quantity::Watts;
use crate::scenario::{Building, Cooling, FleetEntry, NodeType, OnDown, Policy, Rack, Renewal, Scenario};
use crate::simulation::climate::{RackPlan, is_forced, room_of};
use crate::simulation::hardware::WearClass;
use crate::simulation::leakage::step_of;
use crate::world::power::{AgeingTable, NodePower, UpsParams};
use crate::world::thermal::{TemperatureSeries, outdoor, storms};
use std::sync::Arc;

/// What the builders of all tables share.
pub(super) struct Builder<'a> {
    pub scenario: &'a Scenario,
    pub policy: &'a Policy,
    pub streams: Streams,
    pub regions: Vec<RegionModel>,
    pub rooms: Vec<(u16, Option<Building>, Arc<TemperatureSeries>)>,
    pub classes: Vec<NodeClass>,
    /// Racks with a state so far.
    pub racks: u32,
    pub wear: Vec<WearClass>,
}

impl Builder<'_> {
    pub fn regions(&mut self) {
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

    pub fn entries(&mut self) -> Vec<EntryModel> {
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
        let breaker = self.breaker(entry, cooling + dynamic, self.hottest_room(&air, climate.as_deref()));
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
            ageing: entry.ups.as_ref().and_then(|ups| {
                let room = climate.as_ref().and_then(|climate| climate.room.as_ref());
                Some(AgeingTable::new(ups.ageing.as_ref()?, room.map_or(&air, |room| &room.free)))
            }),
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
            refuses: node.on_down == OnDown::Refuse,
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

    pub fn region_index(&self, name: &str) -> u16 {
        let index =
            self.scenario.regions.get_index_of(name).expect("regions are checked when a scenario is read");
        u16::try_from(index).expect("more than 65,535 regions")
    }

    pub fn between(&self) -> Vec<SimDuration> {
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
