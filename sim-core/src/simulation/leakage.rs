//! Leakage as part of what a node draws: breaker, UPS, rack and room see it.
//!
//! The die itself follows `P(T) = P₀ (1 + a (T − T_ref))` without steps, and so does the meter of the node (see
//! [`crate::world::thermal::Masses`]). What else carries or feels the node takes its leakage `P₀ a (T − T_ref)` as constant until
//! the power of the node changes or its die has moved by a step, which is predicted. The step of the nodes of a site is what keeps
//!
//! - the load of a battery that carries them within 0.5 K of each die, half a hundredth of P₀ with 1 % per kelvin;
//! - the load of a breaker within half a hundredth of its rating;
//! - the air of rooms and racks within 0.1 K, and what an air conditioner takes away within 5 K of each die.
//!
//! Nodes that share their air move together, and all are brought to the present before the draw of one changes: so whenever one of
//! them has moved by its step, the leakage of all that have moved by half of theirs is taken anew.
//!
//! Where that would be 40 K or more, further than dies move between idle and work, the leakage is held until the power of the node changes. Where others change the air of a node, its
//! die can move before that is seen, for ten minutes at most with steps below a kelvin, else for a day. What a UPS carried by
//! this and what the node drew differ by little; the difference is put to the account of the mains, so that energy balances.
//!
//! Left out: the cap that a policy puts on a site (`power_cap`) knows nothing of leakage.

use super::climate::{Assumed, ClimateModel, nano};
use super::state::Supply;
use super::{Event, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::quantity::{Celsius, Watts};
use crate::scenario::Breaker;
use crate::world::fleet::{NodeId, RackId, SiteId};
use crate::world::thermal::{Goal, MassState, Masses, Question, RackCooling, Side};

/// The least step, and that on a battery, in kelvins.
const STEP: f64 = 0.5;
/// From this step on, leakage is held until the power changes.
const STEP_HELD: f64 = 40.0;
/// The greatest step in air that a machine cools.
const STEP_COOLED: f64 = 5.0;
/// Below this step, in kelvins, both of its sides are looked for at once.
const NARROW: f64 = 2.0;
/// Share of its rating by which the load of a breaker may be off.
const OF_RATING: f64 = 0.005;
/// Kelvins by which air may be off.
const OF_AIR: f64 = 0.1;
/// After this time it is taken anew in any case, where small steps matter and others change the air of the node.
const LOOK_SHARED: SimDuration = SimDuration::from_secs(600);
/// And where not.
const LOOK: SimDuration = SimDuration::from_secs(86_400);

/// By how many kelvins the dies of a site may move before their leakage is taken anew, while mains feed it and all work. `slope` is
/// what all of them then draw more for each kelvin, in watts.
pub(super) fn step_of(slope: f64, breaker: Option<&Breaker>, climate: Option<&ClimateModel>) -> f64 {
    let mut step = f64::INFINITY;
    if slope <= 0.0 {
        return step;
    }
    if let Some(breaker) = breaker {
        step = OF_RATING * breaker.rating.0 * breaker.voltage.0 / slope;
    }
    if let Some(climate) = climate {
        let racks = climate.kinds.iter().map(|kind| {
            let cooled = kind.held.is_some();
            (RackCooling::new(&kind.cooling).rise_per_watt(&kind.cooling), cooled)
        });
        let rooms = climate.room.iter().map(|room| (room.per_watt.0, room.conditioning.is_some()));
        for (per_watt, cooled) in racks.chain(rooms) {
            step = step.min(OF_AIR / (per_watt * slope));
            if cooled {
                step = step.min(STEP_COOLED);
            }
        }
    }
    step.max(STEP)
}

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
        let step = self.leak_step(node);
        let next = (draws && step < STEP_HELD).then(|| {
            let look = if entry.climate.is_some() && step < 1.0 { LOOK_SHARED } else { LOOK };
            let until = now.saturating_add(look).min(end);
            let (inlet, power) = (self.inlet(node, Assumed::Present), self.heating_power(node));
            let (low, high) = (Celsius(die - step), Celsius(die + step));
            let known = &mut self.crossings;
            let mut ask =
                |goal, until| known.first(&Question { state: mass, masses, inlet, power, goal, until });
            if step < NARROW {
                return ask(Goal::Band(low, high), until).unwrap_or(until);
            }
            // What moves that far needs no search on most stretches of air, and after that none on the side it does not go to.
            let mut sides = [Goal::Level(Side::Above, high), Goal::Level(Side::Below, low)];
            if masses.settled(inlet.value(now), power, now).die < die {
                sides.reverse();
            }
            sides.into_iter().fold(until, |until, side| ask(side, until).unwrap_or(until))
        });
        let state = &mut self.nodes[node.index()];
        state.leak = leak;
        Self::cancel(&mut self.engine, &mut state.leak_event);
        if let Some(next) = next.filter(|next| *next < end) {
            state.leak_event = self.engine.at(next, Event::Power(PowerEvent::LeakCheck { node }));
        }
        leak
    }

    /// By how many kelvins the die of `node` may move before its leakage is taken anew.
    fn leak_step(&self, node: NodeId) -> f64 {
        let state = self.node(node);
        let entry = self.model.entry_of(state.site);
        if entry.ups.is_some() && self.sites[state.site.index()].supply == Supply::Battery {
            return STEP;
        }
        // A node that draws less than it can may move by more.
        let class = &self.model.classes[usize::from(state.class)];
        entry.leak_step * (class.peak.0 / state.power.0).max(1.0)
    }

    /// Whether the die of `node`, whose temperature is that of now, is half a step or more from where its leakage was taken.
    fn has_moved(&self, node: NodeId) -> bool {
        let state = self.node(node);
        let Some(masses) = self.masses(node) else { return false };
        let at = |die: f64| masses.power_at(state.power, Celsius(die)).0 - state.power.0;
        let die = state.heat.temperature;
        let moved = (at(die) - state.leak.0).abs();
        moved >= 0.5 * (at(die + self.leak_step(node)) - at(die)).abs()
    }

    /// The die of `node` may have moved by a step.
    pub(super) fn leak_check(&mut self, node: NodeId) {
        self.nodes[node.index()].leak_event = Handle::NONE;
        let (site, rack) = (self.node(node).site, self.node(node).rack);
        self.settle_neighbours(node);
        let shares = if self.warms_its_room(site) {
            self.model.nodes_of(site)
        } else if rack.is_none() {
            node.index()..node.index() + 1
        } else {
            self.rack_range(rack)
        };
        let nodes = shares.map(|index| NodeId(index as u32));
        let changed = self.renew_leaks_of(nodes, |run, other| other == node || run.has_moved(other));
        if changed {
            self.load_changed(site);
        }
    }

    /// A battery has taken over a site, on which leakage is followed closely. The caller sees to the load.
    pub(super) fn renew_leaks(&mut self, site: SiteId) {
        self.settle_site(site);
        self.renew_leaks_of(self.site_nodes(site), |_, _| true);
    }

    /// Takes the leakage of those of these nodes of a site anew that are meant; they are at the present as all are that feel them; whether any has
    /// changed. Their dies have known of this all along: only their air changes, as that of their neighbours does.
    pub(super) fn renew_leaks_of(
        &mut self,
        nodes: impl Iterator<Item = NodeId>,
        is_meant: impl Fn(&Self, NodeId) -> bool,
    ) -> bool {
        let leaks = |masses: Masses| masses.leaks();
        let mut changed: Option<SiteId> = None;
        // What has changed in the room, and in the rack at hand, in nanowatts.
        let (mut in_room, mut in_rack, mut at_hand) = (0, 0, RackId::NONE);
        for node in nodes {
            if !self.masses(node).is_some_and(leaks) || !is_meant(self, node) {
                continue;
            }
            self.charge_node(node);
            let state = self.node(node);
            let (power, before, site, rack) = (state.power, state.leak, state.site, state.rack);
            let leak = self.refresh_leak(node);
            if leak == before {
                continue;
            }
            changed = Some(site);
            if rack != at_hand {
                in_room += self.warmed_rack(at_hand, in_rack);
                (in_rack, at_hand) = (0, rack);
            }
            in_rack += nano(power.0 + leak.0) - nano(power.0 + before.0);
        }
        let Some(site) = changed else { return false };
        in_room += self.warmed_rack(at_hand, in_rack);
        if self.warms_its_room(site) {
            self.room_heat_changed(site, in_room, NodeId::NONE);
        }
        true
    }

    /// As [`Self::rack_heat_changed`], also of what stands in none.
    pub(super) fn warmed_rack(&mut self, rack: RackId, change: i64) -> i64 {
        if rack.is_none() || change == 0 {
            change
        } else {
            self.rack_heat_changed(rack, NodeId::NONE, change)
        }
    }
}
