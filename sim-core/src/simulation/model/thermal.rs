//! The thermal side of node classes, and the air of rooms under weather alone.

use super::Builder;
use crate::kernel::SimTime;
use crate::quantity::{Celsius, Kelvin, Watts};
use crate::scenario::spec::Thermal;
use crate::scenario::{FleetEntry, Rack, Shutdown, Throttle};
use crate::simulation::climate::{ClimateModel, RackPlan, is_forced};
use crate::world::thermal::{HeatParams, Masses, TemperatureSeries, room};
use std::sync::Arc;

/// The thermal side of a node class.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct HeatClass {
    pub params: HeatParams,
    pub throttle: Option<Throttle>,
    pub slowdown: Option<Throttle>,
    pub shutdown: Option<Shutdown>,
    /// For a node of more than one mass, with leakage, or in shared air: at a cooling factor of 1.
    pub masses: Option<Masses>,
    /// Factor and rise of the cooling of its rack, if that has no state.
    pub cooling: (f64, Kelvin),
    pub air: Arc<TemperatureSeries>,
    /// With masses: those at the worst cooling, and no warmer inlet.
    pub worst: Option<(Masses, Celsius)>,
    /// Whether no node of the class can ever reach a threshold.
    pub harmless: bool,
}

impl Builder<'_> {
    /// Heat of the nodes of a class that are never warmer than if they drew `hottest`; `shared` if they share their air.
    pub(super) fn heat_class(
        &self,
        thermal: &Thermal,
        rack: &Rack,
        hottest: Watts,
        air: &Arc<TemperatureSeries>,
        shared: bool,
    ) -> HeatClass {
        let params = HeatParams::of(thermal, rack.cooling.as_ref());
        let thresholds = [
            thermal.throttle.as_ref().map(|t| t.at),
            thermal.hardware_slowdown.as_ref().map(|t| t.at),
            thermal.shutdown.as_ref().map(|s| s.at),
        ];
        let masses = shared || thermal.chassis.is_some() || thermal.leakage.is_some();
        let end = SimTime::ZERO + self.scenario.duration;
        let below = |at| params.stays_below(air, hottest, at, SimTime::ZERO, end);
        HeatClass {
            params,
            throttle: thermal.throttle.clone(),
            slowdown: thermal.hardware_slowdown.clone(),
            masses: masses.then(|| Masses::of(thermal, 1.0)),
            cooling: rack
                .cooling
                .as_ref()
                .map_or((1.0, Kelvin(0.0)), |cooling| (cooling.resistance_factor, cooling.rise)),
            shutdown: thermal.shutdown.clone(),
            worst: None,
            air: Arc::clone(air),
            harmless: thresholds.into_iter().flatten().all(below),
        }
    }

    /// Finds the classes of an entry that can never reach a threshold, among those with masses.
    pub(super) fn mark_harmless(
        &mut self,
        first_class: usize,
        plan: &RackPlan,
        climate: Option<&ClimateModel>,
        air: &TemperatureSeries,
    ) {
        let duration = self.scenario.duration;
        let end = SimTime::ZERO + duration;
        let weather = air.max_between(SimTime::ZERO, end);
        let hottest = climate.map_or(weather, |climate| climate.hottest_air(air, duration));
        for (number, class) in self.classes.iter_mut().enumerate().skip(first_class) {
            let most = class.hottest();
            let Some(heat) = &mut class.heat else { continue };
            let Some(masses) = heat.masses else { continue };
            let kind = plan.kind_of(number as u16);
            let (factor, rise) =
                kind.map_or(heat.cooling, |kind| plan.kinds[usize::from(kind)].worst(duration));
            let worst = masses.with_air_factor(factor);
            let inlet = Celsius(hottest.0 + rise.0.max(0.0));
            heat.worst = (!is_forced(self.scenario)).then_some((worst, inlet));
            let ups = heat.throttle.iter().chain(&heat.slowdown).map(|throttle| throttle.at);
            let mut ups = ups.chain(heat.shutdown.as_ref().map(|shutdown| shutdown.at));
            heat.harmless = !is_forced(self.scenario) && ups.all(|at| worst.stays_below(inlet, most, at));
        }
    }

    /// The air of a room; rooms of the same kind in the same region are one series.
    pub(super) fn room(&mut self, region: u16, entry: &FleetEntry) -> Arc<TemperatureSeries> {
        let known = self.rooms.iter().find(|(r, building, _)| *r == region && *building == entry.building);
        if let Some((.., air)) = known {
            return Arc::clone(air);
        }
        let outdoor = self.outdoor(region);
        let air =
            Arc::new(room(&outdoor, entry.building.as_ref(), self.scenario.start, self.scenario.duration));
        self.rooms.push((region, entry.building.clone(), Arc::clone(&air)));
        air
    }

    pub(super) fn outdoor(&self, region: u16) -> TemperatureSeries {
        let outdoor = self.regions[usize::from(region)].outdoor.clone();
        outdoor.unwrap_or_else(|| TemperatureSeries::constant(Celsius(20.0)))
    }
}
