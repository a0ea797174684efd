//! What forks of a world draw again of the lives of units, and lives that are used up faster on purpose.

use super::super::Simulation;
use super::state::{DEATH, FAULT};
use crate::kernel::{Dist, SimTime};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    /// Draws the rest of the lives of all units again, until fault and until death, given how old they are.
    pub(in crate::simulation) fn redraw_lives(&mut self) {
        let draws = &self.model.hardware.draws;
        for index in 0..self.hardware.units.len() {
            let node = NodeId::from_index(index);
            let hardware = &self.wear_class(node).hardware;
            if hardware.death.is_none() && hardware.faults.is_none() {
                continue;
            }
            self.age(node);
            let unit = &mut self.hardware.units[index];
            let (cycle, incarnation, factor) = (unit.fault_cycle, unit.incarnation, unit.factor);
            if let (Some(life), Some(faults)) = (&mut unit.lives[FAULT], &hardware.faults) {
                life.redraw(&faults.up, factor, draws.fault.unit(node.0, 2 * cycle));
            }
            if let (Some(life), Some(death)) = (&mut unit.lives[DEATH], &hardware.death) {
                life.redraw(&death.lifetime, factor, draws.unit_life.unit(node.0, incarnation));
            }
            self.plan_wear(node, false);
        }
    }

    /// From now on the unit of `node` uses up its life, and those of its successors, `ratio` times faster than so far.
    pub(in crate::simulation) fn hasten(&mut self, node: NodeId, ratio: f64) {
        self.age(node);
        let unit = &mut self.hardware.units[node.index()];
        unit.factor *= ratio;
        if let Some(life) = &mut unit.lives[DEATH] {
            life.hasten(ratio);
        }
        self.plan_wear(node, false);
    }

    /// The hazard by the second with which the unit of `node` dies, were it not hastened; zero while it does not age.
    pub(in crate::simulation) fn hazard(&self, node: NodeId) -> f64 {
        let death = self.wear_class(node).hardware.death.as_ref();
        match death.map(|death| &death.lifetime) {
            Some(Dist::Exponential { mean }) if self.hardware.units[node.index()].since < SimTime::MAX => {
                1.0 / mean
            }
            _ => 0.0,
        }
    }

    /// How many units have died in the place of `node`.
    pub(in crate::simulation) fn deaths_of(&self, node: NodeId) -> u32 {
        self.hardware.units[node.index()].deaths
    }
}
