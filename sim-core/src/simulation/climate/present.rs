//! Bringing nodes of masses to the present.
//!
//! Before the power of one node changes, all that share its air are brought to the present. Most of them are alike: the same type in the same
//! rack, idle, and last looked at together. What drives one, [`Driven`], then drives the next, to the bit; [`Beside`] keeps
//! what has driven some of them while the nodes of a site are gone through.

use super::super::Simulation;
use super::super::hardware::Along;
use super::Assumed;
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Celsius;
use crate::world::fleet::{NodeId, RackId, SiteId};
use crate::world::thermal::{Driven, MassState};

/// What drives the nodes that are just being brought to the present; forgotten when they are, since then their air may change.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct Beside<'m> {
    kin: Vec<Kin<'m>>,
}

/// Kinds of nodes that are remembered.
const KIN_MAX: usize = 8;

/// Nodes of one type, in one rack, at one power.
#[derive(Clone, Debug)]
struct Kin<'m> {
    rack: RackId,
    class: u16,
    driven: Driven<'m>,
}

impl<'m> Simulation<'m> {
    /// What drives `node`, which has masses, at its present power.
    fn kin<'b>(&self, node: NodeId, beside: &'b mut Beside<'m>) -> Option<&'b mut Driven<'m>> {
        let state = self.node(node);
        let (rack, class, power) = (state.rack, state.class, self.heating_power(node));
        let kin = &mut beside.kin;
        let alike = |kin: &Kin<'_>| (kin.rack, kin.class) == (rack, class);
        let found = match kin.iter().position(|kin| alike(kin) && kin.driven.power() == power) {
            Some(found) => found,
            None => {
                let (masses, inlet) = match kin.iter().find(|kin| alike(kin)) {
                    Some(kin) => (*kin.driven.masses(), *kin.driven.inlet()),
                    None => (self.masses(node)?, self.inlet(node, Assumed::Present)),
                };
                if kin.len() == KIN_MAX {
                    kin.clear();
                }
                kin.push(Kin { rack, class, driven: masses.driven(&inlet, power) });
                kin.len() - 1
            }
        };
        Some(&mut kin[found].driven)
    }

    /// Brings a node of masses to the present, at the power and in the air of the time before; says whether it is one.
    pub(in crate::simulation) fn advance_masses(&mut self, node: NodeId, beside: &mut Beside<'m>) -> bool {
        let now = self.engine.now();
        let state = self.node(node);
        if !self.model.quick_class(node).has_masses {
            return false;
        }
        let from = state.heat.at;
        if now <= from {
            self.age(node);
            return true;
        }
        let Some(driven) = self.kin(node, beside) else { return false };
        let state = self.node(node);
        let mut mass = MassState { die: state.heat.temperature, chassis: state.chassis, at: from };
        let floor = Celsius(self.collect.hottest);
        let mut parted = mass;
        let hottest = driven.max_until(&mass, now, floor);
        let along = Along::follow(&mut mass, now, driven);
        let sum = along.sum;
        self.age_along(node, along);
        self.collect.hottest = hottest.0;
        let state = &mut self.nodes[node.index()];
        (state.heat.temperature, state.heat.at, state.chassis) = (mass.die, now, mass.chassis);
        state.degree_seconds += sum;
        let (masses, inlet, power) = (driven.masses(), driven.inlet(), driven.power());
        if masses.leaks() {
            let drawn = state.power;
            let leaked = |sum: f64, span: SimDuration| {
                let mean = Celsius(sum / span.as_secs_f64());
                (masses.power_at(drawn, mean).0 - drawn.0) * span.as_secs_f64()
            };
            let extra = leaked(sum, now.since(from));
            state.energy += extra;
            state.leak_energy += extra;
            // At the efficiency of the moment.
            let lost = if drawn.0 > 0.0 { state.loss.0 / drawn.0 } else { 0.0 };
            state.loss_energy += lost * extra;
            self.meter_leakage(node, from, |at| {
                let span = at.since(parted.at);
                leaked(parted.advance(at, masses, inlet, power), span)
            });
        }
        true
    }

    /// Brings these nodes of one site to the present.
    pub(in crate::simulation) fn charge_nodes(&mut self, nodes: impl Iterator<Item = NodeId>) {
        let mut beside = std::mem::take(&mut self.beside);
        for node in nodes {
            self.charge_beside(node, &mut beside);
        }
        beside.kin.clear();
        self.beside = beside;
    }

    /// Brings all that shares the air of a site to the present.
    pub(in crate::simulation) fn settle_site(&mut self, site: SiteId) {
        let now: SimTime = self.engine.now();
        let model = self.model;
        let entry = model.entry_of(site);
        self.charge_nodes(self.site_nodes(site));
        let Some(climate) = &entry.climate else { return };
        self.settle_ageing(site);
        let first = self.sites[site.index()].climate.first_rack;
        for rack in 0..climate.racks.len() as u32 {
            self.advance_sensor(RackId(first + rack));
        }
        let state = &mut self.sites[site.index()];
        if let (Some(room), Some(params)) = (&mut state.climate.room, &climate.room) {
            self.collect.hottest_room = room.state.advance(params, now, self.collect.hottest_room);
            let removed = room.state.removed().0;
            if let Some(cop) = params.conditioning.as_ref().and_then(|unit| unit.cop) {
                let drawn = (removed - room.paid) / cop;
                state.cooling_energy += drawn;
                state.conditioning_energy += drawn;
            }
            room.paid = removed;
        }
        self.meter_conditioning(site);
    }
}
