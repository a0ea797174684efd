//! The air of sites and racks where it depends on what the nodes do: rooms that the nodes warm, air conditioning, fans.
//!
//! Heat flows into rooms and racks change with every change of power. Before each, all nodes that feel it are brought to
//! the present under the old air (*settled*); then the room gets a new course. A site whose building has no conductance
//! and whose racks have no airflow needs none of it.
//!
//! What warms a room: the nodes with their power supplies and leakage, less what units of racks take out of it; fans and other
//! machines of the racks that do not cool below the air of the room; what a UPS loses, on standby or from its battery.
//!
//! Checks of temperatures are planned as in [`super::heat`], for the greatest heat of the whole site where they look ahead,
//! so that they are early enough whatever the neighbours do. A check that is planned for the present heat of room and rack
//! is planned anew when they come to hold more.
//!
//! Nothing is stepped, so coupling has no error of its own: between two events power, fan steps and regimes are constant,
//! rooms are exponentials, and nodes follow them in closed form. What rounding does at the stops in between stays
//! below a nanokelvin; the tests hold whole courses against small steps, within 0.02 K (0.1 K with PWM fans).
//!
//! The air conditioning of a room hangs on the mains of the site, on a circuit of its own: neither breaker nor UPS of the
//! racks carries it. Fans and units of racks hang where the nodes do.

mod model;
mod present;
mod racks;
mod rooms;

pub(super) use model::{ClimateModel, RackModel, RackPlan, is_forced, room_of};
pub(super) use present::Beside;
pub(super) use racks::RackState;
pub(super) use rooms::Room;

use super::Simulation;
use crate::kernel::{Dist, Handle, SimDuration, SimTime, Stream};
use crate::quantity::Watts;
use crate::scenario::Renewal;
use crate::world::fleet::{NodeId, RackId, SiteId};
use crate::world::thermal::{Inlet, MassState, Masses, RoomParams, RoomState, TemperatureSeries};

/// Heat is summed in whole nanowatts, so that it is the same whatever the order of changes.
const NANO: f64 = 1e9;

/// The air of a site.
#[derive(Clone, Debug, Default)]
pub(super) struct Climate {
    pub room: Option<Box<Room>>,
    /// Draw of fans and units of racks, besides the fixed power of their cooling.
    pub rack_power: Watts,
    /// Of it, that of fans, which stays in the room.
    fan_power: Watts,
    /// Kelvins added to the air from outside.
    heat_offset: f64,
    cooling_failed: bool,
    /// Number of the first rack of the site.
    pub first_rack: u32,
}

/// Which heat of a room and its racks is assumed from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assumed {
    /// That of this moment.
    Present,
    /// The one up to which checks of nodes are planned for the present.
    Planned,
    /// The greatest.
    Most,
}

/// Checks that are planned for the present heat are early enough for so much of what is left to the greatest, so that the last
/// watt of leakage does not make them be planned anew.
const MARGIN: f64 = 0.1;

/// What checks are planned for where there is so much heat, and the greatest is `most`.
fn with_margin(heat: Watts, most: Watts) -> Watts {
    Watts(heat.0 + MARGIN * (most.0 - heat.0).max(0.0))
}

/// Something that fails and is repaired, in calendar time. Draw `2k` is its k-th life, draw `2k + 1` the repair after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The next change.
    pub next: SimTime,
    cycle: u32,
    pub down: bool,
}

impl Clock {
    /// Something that never fails.
    pub const NEVER: Self = Self { next: SimTime::MAX, cycle: 0, down: false };

    /// Something new.
    pub fn new(up: &Dist, stream: &Stream, entity: u32) -> Self {
        Self { next: SimTime::ZERO.saturating_add(up.draw_duration(stream, entity, 0)), ..Self::NEVER }
    }

    pub fn of(faults: Option<&Renewal>, stream: &Stream, entity: u32) -> Self {
        faults.map_or(Self::NEVER, |faults| Self::new(&faults.up, stream, entity))
    }

    /// It fails, or is repaired.
    pub fn turn(&mut self, (up, down): (&Dist, &Dist), stream: &Stream, entity: u32) {
        self.down = !self.down;
        let after = if self.down {
            down.draw_duration(stream, entity, 2 * self.cycle + 1)
        } else {
            self.cycle += 1;
            up.draw_duration(stream, entity, 2 * self.cycle)
        };
        self.next = self.next.saturating_add(after);
    }
}

pub(super) fn nano(power: f64) -> i64 {
    libm::round(power * NANO) as i64
}

pub(super) fn watts(nano: i64) -> Watts {
    Watts(nano as f64 / NANO)
}

impl<'m> Simulation<'m> {
    /// The air of a site at t = 0.
    pub(super) fn start_climate(&mut self, site: SiteId) {
        let model = self.model;
        let entry = model.entry_of(site);
        let Some(climate) = &entry.climate else { return };
        let racks = climate.racks.len() as u32;
        let first_rack = climate.first_rack + (site.0 - entry.first_site) * racks;
        self.sites[site.index()].climate.first_rack = first_rack;
        if let Some(params) = &climate.room {
            self.sites[site.index()].climate.room = Some(Box::new(Room {
                state: RoomState::new(params, true),
                heat: 0,
                machines: 0,
                planned: Watts(0.0),
                raised: SimTime::ZERO,
                event: Handle::NONE,
                robust: false,
                faults: Clock::of(climate.faults.as_ref(), &model.draws.cooling_fault, site.0),
                paid: 0.0,
            }));
        }
        for rack in 0..racks {
            self.start_rack(RackId(first_rack + rack), site, rack);
        }
        for rack in 0..racks {
            self.refresh_rack(RackId(first_rack + rack));
        }
        self.schedule_cooling_fault(site);
        if climate.setback.is_some() {
            self.setback(site);
        }
        for node in self.site_nodes(site) {
            if self.masses(node).is_none() {
                continue;
            }
            let start = MassState::ambient(SimTime::ZERO, &self.inlet(node, Assumed::Present));
            let state = &mut self.nodes[node.index()];
            (state.heat.temperature, state.chassis) = (start.die, start.chassis);
        }
        self.plan_room(site);
    }

    /// What the nodes of a site draw at t = 0 becomes heat of racks and room, all at once.
    pub(super) fn start_heat(&mut self, site: SiteId) {
        if self.model.entry_of(site).climate.is_some() {
            let (mut in_room, mut in_rack, mut at_hand) = (0, 0, RackId::NONE);
            for node in self.site_nodes(site) {
                let state = self.node(node);
                let (heat, rack) = (nano(state.power.0), state.rack);
                if rack != at_hand {
                    in_room += self.warmed_rack(at_hand, in_rack);
                    (in_rack, at_hand) = (0, rack);
                }
                in_rack += heat;
            }
            in_room += self.warmed_rack(at_hand, in_rack);
            if self.warms_its_room(site) {
                self.room_heat_changed(site, in_room, NodeId::NONE);
            }
        }
        self.renew_leaks_of(self.site_nodes(site), |_, _| true);
        self.watch_demand(site);
    }

    /// The model of the room of a site, where it has a state.
    pub(super) fn room_params(&self, site: SiteId) -> Option<&'m RoomParams> {
        let model = self.model;
        model.entry_of(site).climate.as_ref()?.room.as_ref()
    }

    /// The masses of a node as they are cooled now; `None` where it is lumped.
    pub(super) fn masses(&self, node: NodeId) -> Option<Masses> {
        let state = self.node(node);
        let heat = self.model.classes[usize::from(state.class)].heat.as_ref()?;
        let masses = heat.masses?;
        if !state.rack.is_none() {
            return Some(masses.with_air_factor(self.racks[state.rack.index()].factor));
        }
        let failed = self.sites[state.site.index()].climate.cooling_failed;
        let factor = if failed { heat.cooling.0.max(1.0) } else { heat.cooling.0 };
        Some(masses.with_air_factor(factor))
    }

    /// The air that a node stands in, from the last advance on, at this heat of the site.
    pub(super) fn inlet(&self, node: NodeId, heat_of: Assumed) -> Inlet<'m> {
        let model = self.model;
        let state = self.node(node);
        let heat = model.classes[usize::from(state.class)].heat.as_ref().expect("it is heated");
        let climate = &self.sites[state.site.index()].climate;
        if !state.rack.is_none() {
            return self.rack_inlet(state.rack, heat_of);
        }
        let rise = if climate.cooling_failed { heat.cooling.1.0.max(0.0) } else { heat.cooling.1.0 };
        let mut inlet = self.room_inlet(state.site, heat_of, &heat.air);
        inlet.offset += rise;
        inlet
    }

    /// The air of the room; `weather` if it has no state.
    pub(in crate::simulation) fn room_inlet(
        &self,
        site: SiteId,
        heat_of: Assumed,
        weather: &'m TemperatureSeries,
    ) -> Inlet<'m> {
        let climate = &self.sites[site.index()].climate;
        let model = self.model;
        let entry = model.entry_of(site).climate.as_deref();
        let mut inlet = match (&climate.room, entry.and_then(|entry| entry.room.as_ref())) {
            (Some(room), Some(params)) => {
                let most = entry.map_or(Watts(0.0), |entry| entry.hottest);
                let heat = match heat_of {
                    Assumed::Present => watts(room.heat),
                    Assumed::Planned if room.planned.0.is_finite() => room.planned,
                    Assumed::Planned | Assumed::Most => most,
                };
                room.state.inlet(params, heat)
            }
            _ => Inlet::steady(weather, crate::quantity::Kelvin(0.0)),
        };
        inlet.offset += climate.heat_offset;
        inlet
    }

    /// Whether what stands in the room of a site warms it.
    pub(super) fn warms_its_room(&self, site: SiteId) -> bool {
        self.room_params(site).is_some_and(|room| room.per_watt.0 > 0.0)
    }

    /// Before the power of `node` changes: settles all that will feel it.
    pub(super) fn settle_neighbours(&mut self, node: NodeId) {
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        if self.model.entry_of(site).climate.is_none() {
            return;
        }
        if self.warms_its_room(site) {
            self.settle_site(site);
        } else if !rack.is_none() {
            self.settle_rack(rack);
        }
    }

    /// After the draw of `node` has changed: room and rack hold more heat or less. The caller plans the check of `by` anew.
    pub(super) fn heat_changed(&mut self, node: NodeId, (before, after): (Watts, Watts), by: NodeId) {
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        if self.model.entry_of(site).climate.is_none() {
            return;
        }
        let change = nano(after.0) - nano(before.0);
        let kept = if rack.is_none() { change } else { self.rack_heat_changed(rack, by, change) };
        if self.warms_its_room(site) {
            self.room_heat_changed(site, kept, by);
        }
    }

    /// Whether checks of `node` may be planned for the present heat of its room and rack: that is worth while if they have
    /// been quiet. Notes what they are planned for.
    pub(super) fn plans_for_present(&mut self, node: NodeId, quiet: SimDuration) -> bool {
        let now = self.engine.now();
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        let is_quiet = |raised: SimTime| raised == SimTime::ZERO || now.since(raised) > quiet;
        let room = self.sites[site.index()].climate.room.as_deref();
        let present = room.is_none_or(|room| is_quiet(room.raised))
            && (rack.is_none() || is_quiet(self.racks[rack.index()].raised));
        if present {
            let most = self.model.entry_of(site).climate.as_ref().map_or(Watts(0.0), |it| it.hottest);
            if let Some(room) = &mut self.sites[site.index()].climate.room {
                room.planned = Watts(room.planned.0.min(with_margin(room.state.heat(), most).0));
            }
            if !rack.is_none() {
                let most = self.rack_model(rack).hottest;
                let state = &mut self.racks[rack.index()];
                state.planned = Watts(state.planned.0.min(with_margin(watts(state.heat), most).0));
            }
        }
        present
    }
}

#[cfg(test)]
mod tests;
