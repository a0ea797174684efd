//! What forks of a world draw again of the lives of units and of their mending, and lives that are used up faster on purpose.

use super::super::Simulation;
use super::model::{HardwareDraws, WearClass};
use super::state::{DEATH, FAULT, Stage, Unit};
use crate::kernel::{Dist, Handle, SimDuration, SimTime, Stream};
use crate::world::fleet::NodeId;
use crate::world::hardware::Mending;

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

    /// Draws the rest of all mending again: of the stage under way, given how long it has lasted, and of those to come.
    pub(in crate::simulation) fn redraw_mending(&mut self, rest: &Stream) {
        let (now, draws) = (self.engine.now(), &self.model.hardware.draws);
        for index in 0..self.hardware.units.len() {
            let node = NodeId::from_index(index);
            let class = self.wear_class(node);
            let unit = &mut self.hardware.units[index];
            let Some(fresh) = mending(class, unit, node, draws) else { continue };
            let dist = stage_of(class, unit);
            if unit.stage == Stage::Noticing {
                unit.mending.wait = fresh.wait;
            }
            if matches!(unit.stage, Stage::Noticing | Stage::Waiting) {
                unit.mending.work = fresh.work;
            }
            let lasted = now.since(unit.step_since).as_secs_f64();
            let Some(takes) = dist.and_then(|dist| dist.quantile_beyond(lasted, rest.unit(node.0, 0))) else {
                continue;
            };
            let ends = unit.step_since.saturating_add(SimDuration::from_secs_f64(takes)).max(now);
            if let Some(step) = self.engine.reschedule(unit.step, ends) {
                (unit.step, unit.step_ends) = (step, ends);
            }
        }
    }

    /// From now on the unit of `node` uses up its life, and those of its successors, `ratio` times faster than so far.
    pub(in crate::simulation) fn hasten_unit(&mut self, node: NodeId, ratio: f64) {
        self.age(node);
        let unit = &mut self.hardware.units[node.index()];
        unit.factor *= ratio;
        for kind in [FAULT, DEATH] {
            if let Some(life) = &mut unit.lives[kind] {
                life.hasten(ratio);
            }
        }
        self.plan_wear(node, false);
    }

    /// The hazard with which the stage of mending under way at `node` ends, were it not held back; zero where it does not end after an exponential time.
    pub(in crate::simulation) fn mending_hazard(&self, node: NodeId) -> f64 {
        let (unit, class) = (&self.hardware.units[node.index()], self.wear_class(node));
        match stage_of(class, unit) {
            Some(Dist::Exponential { mean }) if unit.step != Handle::NONE => 1.0 / mean,
            _ => 0.0,
        }
    }

    /// How many stages of mending have ended at `node`.
    pub(in crate::simulation) fn mending_steps(&self, node: NodeId) -> u32 {
        self.hardware.units[node.index()].steps
    }

    /// From now on the stage of mending under way at `node` goes `ratio` times faster than so far.
    pub(in crate::simulation) fn hasten_mending(&mut self, node: NodeId, ratio: f64) {
        let now = self.engine.now();
        let unit = &mut self.hardware.units[node.index()];
        let ends =
            now.saturating_add(SimDuration::from_secs_f64(unit.step_ends.since(now).as_secs_f64() / ratio));
        if let Some(step) = self.engine.reschedule(unit.step, ends) {
            (unit.step, unit.step_ends) = (step, ends);
        }
    }

    /// Whether the unit of `node` ages.
    pub(in crate::simulation) fn unit_is_exposed(&self, node: NodeId) -> bool {
        self.hardware.units[node.index()].since < SimTime::MAX
    }

    /// The hazard by the second with which the unit of `node` breaks or dies while it ages, were it not hastened; zero where it has not only exponential lives,
    /// or where something else has a say in them.
    pub(in crate::simulation) fn unit_hazard(&self, node: NodeId) -> f64 {
        let WearClass { hardware, batches, .. } = self.wear_class(node);
        if hardware.acceleration.is_some() || hardware.degradation.is_some() || batches.is_some() {
            return 0.0;
        }
        let faults = hardware.faults.as_ref();
        let lives = [faults.map(|it| &it.up), hardware.death.as_ref().map(|it| &it.lifetime)];
        let mut hazard = 0.0;
        for life in lives.into_iter().flatten() {
            let Dist::Exponential { mean } = life else { return 0.0 };
            hazard += 1.0 / mean;
        }
        if faults.is_some_and(|faults| faults.up_in_storm.is_some()) { 0.0 } else { hazard }
    }

    /// How many units have broken or died in the place of `node`.
    pub(in crate::simulation) fn unit_failures(&self, node: NodeId) -> u32 {
        let unit = &self.hardware.units[node.index()];
        // Each new unit begins a cycle, too.
        unit.deaths + unit.fault_cycle - unit.incarnation
    }
}

/// How a mending would turn out that is drawn now; `None` if nothing is mended.
fn mending(class: &WearClass, unit: &Unit, node: NodeId, draws: &HardwareDraws) -> Option<Mending> {
    let (hardware, build) = (&class.hardware, class.build.as_ref());
    if matches!(unit.stage, Stage::Sound | Stage::Queued | Stage::Rebooting) {
        return None;
    }
    if unit.dead {
        let number = unit.deaths.checked_sub(1)?;
        return Some(Mending::of_death(hardware.death.as_ref()?, build, &draws.replacement, node.0, number));
    }
    let (faults, fault) = (hardware.faults.as_ref()?, unit.fault_cycle.checked_sub(1)?);
    let takes = faults
        .down
        .as_ref()
        .map_or(SimDuration::ZERO, |down| down.draw_duration(&draws.fault, node.0, 2 * fault + 1));
    Some(Mending::of_fault(hardware, build, takes, &draws.repair, node.0, fault))
}

/// What the stage of mending under way is drawn from, if it is one drawn time.
fn stage_of<'c>(class: &'c WearClass, unit: &Unit) -> Option<&'c Dist> {
    let WearClass { hardware, build, .. } = class;
    let death = hardware.death.as_ref().filter(|_| unit.dead);
    let faults = hardware.faults.as_ref().filter(|_| !unit.dead);
    match (unit.stage, death, &hardware.repair) {
        (Stage::Waiting, Some(death), _) => death.replacement.as_ref(),
        (_, Some(_), _) => None,
        (Stage::Working, None, None) => faults?.down.as_ref().filter(|_| build.is_none()),
        (Stage::Working, None, Some(repair)) => repair.act.as_ref().filter(|_| build.is_none()),
        (Stage::Waiting, None, Some(repair)) => repair.parts.as_ref().map(|parts| &parts.wait),
        (Stage::Noticing, None, Some(repair)) => repair.notice.as_ref(),
        _ => None,
    }
}
