//! Leakage as part of what a node draws: breaker, UPS, rack and room see it.
//!
//! The die itself follows `P(T) = P₀ (1 + a (T − T_ref))` without steps, and so does the meter of the node (see
//! [`crate::world::thermal::Masses`]). What else carries or feels the node takes its leakage `P₀ a (T − T_ref)` as constant until
//! the power of the node changes or its die has moved by [`STEP`], or by [`STEP_AIR`] where only air feels it, which is predicted. So load and heat are off by `a P₀ · 0.5 K` at
//! most, half a hundredth of P₀ with 1 % per kelvin. Where others change the air of a node, its die can move before that is seen, for
//! [`LOOK_SHARED`] at most. What a UPS carried by this and what the node drew differ by little; the difference is put to the
//! account of the mains, so that energy balances.
//!
//! Left out: the cap that a policy puts on a site (`power_cap`) knows nothing of leakage.

use super::{Event, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::world::fleet::NodeId;
use crate::world::thermal::{MassState, Side};

/// By how many kelvins the die moves before its leakage is taken anew.
const STEP: f64 = 0.5;
/// And where only the air feels it.
const STEP_AIR: f64 = 1.0;
/// After this time it is in any case, where others change the air of the node.
const LOOK_SHARED: SimDuration = SimDuration::from_secs(600);
/// And where nobody does.
const LOOK: SimDuration = SimDuration::from_secs(86_400);

impl Simulation<'_> {
    /// Takes the leakage of `node`, whose temperature is that of now, at its present power. Returns by how much its draw differs
    /// from the nominal one, and plans the next look.
    pub(super) fn refresh_leak(&mut self, node: NodeId) -> Watts {
        let model = self.model;
        let state = self.node(node);
        let leaks = model.classes[usize::from(state.class)]
            .heat
            .as_ref()
            .and_then(|heat| heat.masses)
            .is_some_and(|masses| masses.leaks());
        let entry = model.entry_of(state.site);
        let felt = entry.breaker.is_some() || entry.ups.is_some() || entry.climate.is_some();
        if !leaks || !felt {
            return Watts(0.0);
        }
        let masses = self.masses(node).expect("it leaks");
        let die = state.heat.temperature;
        let leak = Watts(masses.power_at(state.power, Celsius(die)).0 - state.power.0);
        let (now, end) = (self.engine.now(), SimTime::ZERO + model.duration);
        let mass = MassState { die, chassis: state.chassis, at: state.heat.at };
        let draws = state.power.0 > 0.0;
        let next = draws.then(|| {
            let look = if entry.climate.is_some() { LOOK_SHARED } else { LOOK };
            let until = now.saturating_add(look).min(end);
            let (inlet, power) = (self.inlet(node, false), self.heating_power(node));
            let step = if entry.breaker.is_some() || entry.ups.is_some() { STEP } else { STEP_AIR };
            let sides = [(Side::Above, Celsius(die + step)), (Side::Below, Celsius(die - step))];
            let crossings = sides.map(|side| mass.crossing(&masses, &inlet, power, side, until));
            crossings.into_iter().flatten().min().unwrap_or(until)
        });
        let state = &mut self.nodes[node.index()];
        state.leak = leak;
        Self::cancel(&mut self.engine, &mut state.leak_event);
        if let Some(next) = next.filter(|next| *next < end) {
            state.leak_event = self.engine.at(next, Event::Power(PowerEvent::LeakCheck { node }));
        }
        leak
    }

    /// The die of `node` may have moved by a step.
    pub(super) fn leak_check(&mut self, node: NodeId) {
        self.nodes[node.index()].leak_event = Handle::NONE;
        self.settle_neighbours(node);
        self.charge_node(node);
        let state = self.node(node);
        let (site, power, before) = (state.site, state.power, state.leak);
        let leak = self.refresh_leak(node);
        if leak == before {
            return;
        }
        self.heat_changed(node, Watts(power.0 + before.0), Watts(power.0 + leak.0));
        if leak > before && self.model.entry_of(site).climate.is_some() {
            self.plan_heat_check(node, true);
        }
        self.load_changed(site);
    }
}
