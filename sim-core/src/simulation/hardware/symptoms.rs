//! What symptoms of a coming failure do to a node, and what its sensors say.
//!
//! A worn fan multiplies the thermal resistance. That is the same as multiplying the power that heats the node, which is
//! how it is computed: `R f P`. The time constant stays, as if the heat capacity had shrunk as much as the resistance
//! grew; only the speed of the transition differs.

use super::super::Simulation;
use super::super::climate::Assumed;
use crate::kernel::SimDuration;
use crate::quantity::{Celsius, PerSecond, Watts};
use crate::scenario::Degradation;
use crate::world::fleet::NodeId;
use crate::world::hardware::Telemetry;
use crate::world::thermal::MassState;

impl<'m> Simulation<'m> {
    /// How `node` is degraded at present, if it is.
    fn symptoms(&self, node: NodeId) -> Option<&'m Degradation> {
        let unit = self.hardware.units.get(node.index()).filter(|unit| unit.degraded)?;
        debug_assert!(unit.degraded);
        let model = self.model;
        model.hardware.classes[usize::from(self.node(node).class)].hardware.degradation.as_ref()
    }

    /// The power that would heat a sound node as `node` is heated.
    pub(in crate::simulation) fn heating_power(&self, node: NodeId) -> Watts {
        // What its power supply loses warms the air around it, not the board.
        let power = Watts(self.node(node).power.0 - self.node(node).loss.0);
        self.symptoms(node).map_or(power, |symptoms| Watts(power.0 * symptoms.resistance))
    }

    /// Service of `node` takes this many times longer because of symptoms.
    pub(in crate::simulation) fn symptom_slowdown(&self, node: NodeId) -> f64 {
        self.symptoms(node).map_or(1.0, |symptoms| symptoms.slowdown)
    }

    /// Notes the heat on top of the energy of `node` since it was last charged.
    pub(in crate::simulation) fn charge_extra_heat(&mut self, node: NodeId) {
        let Some(symptoms) = self.symptoms(node) else { return };
        let state = self.node(node);
        let seconds = self.engine.now().since(state.energy_at).as_secs_f64();
        let extra = (symptoms.resistance - 1.0) * (state.power.0 - state.loss.0) * seconds;
        self.hardware.units[node.index()].extra_heat += extra;
    }

    /// Joules that have heated node number `node`, as a sound one would be.
    pub(in crate::simulation) fn heating_energy(&self, node: usize) -> f64 {
        self.nodes[node].energy - self.nodes[node].loss_energy
            + self.hardware.units.get(node).map_or(0.0, |unit| unit.extra_heat)
    }

    /// Symptoms begin, or are gone with the part that had them.
    pub(super) fn set_degraded(&mut self, node: NodeId, degraded: bool) {
        if self.hardware.units[node.index()].degraded == degraded {
            return;
        }
        let now = self.engine.now();
        self.charge_node(node);
        if !self.node(node).reasons.halts() {
            self.charge_work(node);
        }
        self.hardware.units[node.index()].degraded = degraded;
        self.collect.hardware.degraded_changed(now, degraded);
        self.reschedule_work(node);
        self.plan_heat_check(node, true);
    }

    /// What the sensors of `node` say now.
    pub fn telemetry(&self, node: NodeId) -> Telemetry {
        let now = self.engine.now();
        let state = self.node(node);
        let symptoms = self.symptoms(node);
        let unit = self.hardware.units.get(node.index());
        let heat = self.model.classes[usize::from(state.class)].heat.as_ref();
        let power = self.heating_power(node);
        let exposed = unit.map_or(SimDuration::ZERO, |unit| {
            SimDuration::from_nanos(unit.age.as_nanos() + now.since(unit.since).as_nanos())
        });
        Telemetry {
            temperature: heat.map(|heat| {
                let now = now.max(state.heat.at);
                match self.masses(node) {
                    Some(masses) => {
                        let (die, chassis, at) = (state.heat.temperature, state.chassis, state.heat.at);
                        let inlet = self.inlet(node, Assumed::Present);
                        Celsius(MassState { die, chassis, at }.at(now, &masses, &inlet, power).die)
                    }
                    None => Celsius(state.heat.temperature_at(now, &heat.params, &heat.air, power).0),
                }
            }),
            throttled: state.throttled,
            degraded: symptoms.is_some(),
            slowdown: symptoms.map_or(1.0, |symptoms| symptoms.slowdown),
            resistance: symptoms.map_or(1.0, |symptoms| symptoms.resistance),
            errors: symptoms.map_or(PerSecond(0.0), |symptoms| symptoms.errors),
            age: exposed,
            incarnation: unit.map_or(0, |unit| unit.incarnation),
        }
    }
}
