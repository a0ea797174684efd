//! What the air of the sites of a fleet entry is made of: the immutable side.

use crate::kernel::{SimDuration, SimTime};
use crate::quantity::{Celsius, Kelvin, KelvinPerWatt, Watts};
use crate::scenario::{AirConditioning, Building, Cooling, LocalDateTime, Rack, Renewal, Scenario, Setback};
use crate::world::thermal::rack::STEPS;
use crate::world::thermal::{Conditioning, RackCooling, RoomParams, TemperatureSeries, free_room};
use std::sync::Arc;

/// The air of the sites of a fleet entry, where it depends on what the nodes do or on machines that can fail.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct ClimateModel {
    /// `None`: rooms follow the weather alone.
    pub room: Option<RoomParams>,
    /// Whether the setpoint is ideal: a room has a state only because something may change its air from outside, and is held
    /// at the setpoint without mains too, as if it had none.
    pub ideal: bool,
    /// Failures of the air conditioning.
    pub faults: Option<Renewal>,
    pub setback: Option<Setback>,
    /// Racks with a state, of each site, in order of nodes.
    pub racks: Vec<RackPlace>,
    pub kinds: Vec<RackModel>,
    /// Number of the first rack of the entry.
    pub first_rack: u32,
    /// Greatest heat of the nodes of a site, its fans and its UPS.
    pub hottest: Watts,
}

/// Where a rack stands: its kind, and its nodes among those of the site.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct RackPlace {
    pub kind: u16,
    pub first: u32,
    pub end: u32,
}

/// A kind of rack whose cooling has a state.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct RackModel {
    pub cooling: Cooling,
    /// The setpoint of its own air conditioner.
    pub held: Option<Arc<TemperatureSeries>>,
    /// Greatest heat of its nodes.
    pub hottest: Watts,
}

/// How the nodes of a site are laid out in its racks, while they are counted.
#[derive(Debug, Default)]
pub(in crate::simulation) struct RackPlan {
    /// Class of each node of a site, as (class, up to which node of the site).
    pub layout: Vec<(u16, u32)>,
    pub kinds: Vec<RackModel>,
    racks: Vec<RackPlace>,
    /// The kind of rack of each class that is in one with a state.
    classes: Vec<(u16, u16)>,
}

impl RackPlan {
    /// Adds racks of a kind, with (class, nodes, greatest power) of each node type. Racks with a state are laid out one after the
    /// other; among others, nodes of a type stay together.
    pub(in crate::simulation) fn add(&mut self, rack: &Rack, types: &[(u16, u32, Watts)]) {
        let Some(cooling) = rack.cooling.as_ref().filter(|cooling| cooling.has_state()) else {
            for &(class, count, _) in types {
                self.append(class, count * rack.count);
            }
            return;
        };
        let kind = self.kinds.len() as u16;
        let hottest = types.iter().map(|(_, count, most)| f64::from(*count) * most.0).sum();
        self.kinds.push(RackModel::new(cooling, Watts(hottest)));
        self.classes.extend(types.iter().map(|(class, ..)| (*class, kind)));
        for _ in 0..rack.count {
            let first = self.nodes();
            for &(class, count, _) in types {
                self.append(class, count);
            }
            self.racks.push(RackPlace { kind, first, end: self.nodes() });
        }
    }

    fn nodes(&self) -> u32 {
        self.layout.last().map_or(0, |(_, end)| *end)
    }

    fn append(&mut self, class: u16, count: u32) {
        let end = self.nodes() + count;
        self.layout.push((class, end));
    }

    /// The kind of rack with a state that a class is in.
    pub(in crate::simulation) fn kind_of(&self, class: u16) -> Option<u16> {
        self.classes.iter().find(|(of, _)| *of == class).map(|(_, kind)| *kind)
    }

    /// The model, if there is a room or rack with a state.
    pub(in crate::simulation) fn climate(
        &self,
        room: Option<RoomParams>,
        building: Option<&Building>,
        hottest: Watts,
        first_rack: u32,
    ) -> Option<Box<ClimateModel>> {
        if room.is_none() && self.racks.is_empty() {
            return None;
        }
        let unit = building.and_then(|building| building.air_conditioning.as_ref());
        Some(Box::new(ClimateModel {
            ideal: room.is_some() && building.is_some_and(|building| !feels(building)),
            room,
            faults: unit.and_then(|unit| unit.faults.clone()),
            setback: building.and_then(|building| building.setback.clone()),
            racks: self.racks.clone(),
            kinds: self.kinds.clone(),
            first_rack,
            hottest,
        }))
    }
}

/// Whether something may change the air of any site from outside, so that all must be able to follow.
pub(in crate::simulation) fn is_forced(scenario: &Scenario) -> bool {
    scenario.faults.iter().any(|fault| fault.action.acts_on_air())
}

/// Whether a building has something by which the air of a room has a state.
fn feels(building: &Building) -> bool {
    building.conductance.is_some() || building.air_conditioning.is_some() || building.setback.is_some()
}

/// A room with a state, if the building has one.
pub(in crate::simulation) fn room_of(
    building: &Building,
    outdoor: &TemperatureSeries,
    start: LocalDateTime,
    duration: SimDuration,
    forced: bool,
) -> Option<RoomParams> {
    let ideal = building.setpoint.map(|setpoint| AirConditioning {
        setpoint,
        capacity: None,
        cop: None,
        faults: None,
    });
    if !forced && !feels(building) {
        return None;
    }
    let unit = building.air_conditioning.clone().or(ideal);
    let rise = building.setback.as_ref().map_or(0.0, |setback| setback.rise.0);
    let held = |setpoint: f64| Arc::new(TemperatureSeries::constant(Celsius(setpoint)));
    Some(RoomParams {
        free: Arc::new(free_room(outdoor, building, start, duration)),
        modes: RoomParams::modes_of(
            building.time_constant,
            building.mass.as_ref().map(|mass| (mass.share, mass.time_constant)),
        ),
        per_watt: KelvinPerWatt(building.conductance.map_or(0.0, |conductance| 1.0 / conductance.0)),
        conditioning: unit.map(|unit| Conditioning {
            held: [held(unit.setpoint.0), held(unit.setpoint.0 + rise)],
            capacity: unit.capacity,
            cop: unit.cop,
        }),
    })
}

impl RackModel {
    pub(in crate::simulation) fn new(cooling: &Cooling, hottest: Watts) -> Self {
        let held = cooling.split.as_ref().map(|unit| Arc::new(TemperatureSeries::constant(unit.setpoint)));
        Self { cooling: cooling.clone(), held, hottest }
    }

    /// Factor and rise of the worst cooling that the rack may come to have.
    pub(in crate::simulation) fn worst(&self, duration: SimDuration) -> (f64, Kelvin) {
        let worst = RackCooling::worst(&self.cooling, duration);
        let slow = RackCooling { step: 0.0, ..RackCooling::new(&self.cooling) };
        let factor = worst.factor(&self.cooling).max(slow.factor(&self.cooling));
        let rise = worst.rise(&self.cooling, self.hottest).0;
        let setpoint_rise = RackCooling::new(&self.cooling).rise(&self.cooling, self.hottest).0;
        (factor, Kelvin(rise.max(setpoint_rise).max(0.0)))
    }
}

impl ClimateModel {
    /// The greatest draw of the fans of a site.
    pub(in crate::simulation) fn greatest_fans(&self) -> f64 {
        let of = |kind: &RackModel| {
            let full = RackCooling { step: STEPS, ..RackCooling::new(&kind.cooling) };
            full.fan_power(&kind.cooling).0
        };
        self.racks.iter().map(|rack| of(&self.kinds[usize::from(rack.kind)])).sum()
    }

    /// The greatest draw of fans and units of the racks of a site.
    pub(in crate::simulation) fn greatest_power(&self) -> f64 {
        let of = |kind: &RackModel| {
            let full = RackCooling { step: STEPS, ..RackCooling::new(&kind.cooling) };
            full.power(&kind.cooling, kind.hottest).0
        };
        self.racks.iter().map(|rack| of(&self.kinds[usize::from(rack.kind)])).sum()
    }

    /// The hottest that the air of a site can become: weather without air conditioning, and all nodes at work.
    pub(in crate::simulation) fn hottest_air(
        &self,
        weather: &TemperatureSeries,
        duration: SimDuration,
    ) -> Celsius {
        let end = SimTime::ZERO + duration;
        let (free, per_watt) = match &self.room {
            Some(room) => (&*room.free, room.per_watt.0),
            None => (weather, 0.0),
        };
        let setpoint = self.room.iter().flat_map(|room| &room.conditioning).map(|it| it.held[1].knots()[0]);
        let held = setpoint.fold(f64::NEG_INFINITY, f64::max);
        Celsius((free.max_between(SimTime::ZERO, end).0 + per_watt * self.hottest.0).max(held))
    }
}

/// Whether the air conditioning is set back at `seconds` of local time, and for how many seconds more nothing changes.
pub(in crate::simulation) fn set_back(setback: &Setback, seconds: i64) -> (bool, u64) {
    const DAY: i64 = 86_400;
    let seconds_of = |time: SimDuration| (time.as_nanos() / 1_000_000_000) as i64;
    let is_back = |second: i64| {
        // Days since a Thursday.
        let weekend = setback.weekends && matches!(second.div_euclid(DAY).rem_euclid(7), 2 | 3);
        let clock = second.rem_euclid(DAY);
        let night = setback.nights.is_some_and(|[from, to]| {
            let [from, to] = [seconds_of(from), seconds_of(to)];
            if from < to { (from..to).contains(&clock) } else { clock >= from || clock < to }
        });
        weekend || night
    };
    let now = is_back(seconds);
    let midnight = seconds - seconds.rem_euclid(DAY);
    let mut clocks = vec![0];
    clocks.extend(setback.nights.iter().flatten().map(|time| seconds_of(*time)));
    let next = (0..8)
        .flat_map(|day| clocks.iter().map(move |clock| midnight + day * DAY + clock))
        .filter(|&second| second > seconds && is_back(second) != now)
        .min();
    (now, next.map_or(u64::MAX / 2_000_000_000, |next| (next - seconds) as u64))
}
