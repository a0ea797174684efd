//! Failures of units, and what mends them.

use super::super::{Event, HardwareEvent, Simulation};
use super::model::WearClass;
use super::state::{DEATH, FAULT, Stage};
use crate::kernel::{Handle, SimDuration};
use crate::world::fleet::{Cause, NodeId};
use crate::world::hardware::{Mending, time_to_reboot};

impl<'m> Simulation<'m> {
    pub(super) fn wear_class(&self, node: NodeId) -> &'m WearClass {
        let model = self.model;
        &model.hardware.classes[usize::from(self.node(node).class)]
    }

    /// A life of the unit is over.
    pub(super) fn unit_fails(&mut self, node: NodeId, kind: usize) {
        let model = self.model;
        let class = self.wear_class(node);
        let draws = &model.hardware.draws;
        if kind == FAULT || kind == DEATH {
            self.set_degraded(node, false);
        }
        self.reason_begins(node, Cause::Hardware);
        let unit = &mut self.hardware.units[node.index()];
        match kind {
            FAULT => {
                let down = class.hardware.faults.as_ref().and_then(|faults| faults.down.as_ref());
                let down = down.map_or(SimDuration::ZERO, |down| {
                    down.draw_duration(&draws.fault, node.0, 2 * unit.fault_cycle + 1)
                });
                let build = class.build.as_ref();
                unit.mending =
                    Mending::of_fault(&class.hardware, build, down, &draws.repair, node.0, unit.fault_cycle);
                unit.fault_cycle += 1;
                unit.draw_fault(model, node, class);
                self.begin_mending(node);
            }
            DEATH => {
                let death = class.hardware.death.as_ref().expect("only what can die dies");
                let build = class.build.as_ref();
                unit.mending = Mending::of_death(death, build, &draws.replacement, node.0, unit.deaths);
                unit.deaths += 1;
                unit.dead = true;
                self.collect.hardware.deaths += 1;
                self.machine_dies(node);
                self.new_unit(node);
                self.begin_mending(node);
            }
            _ => {
                let hangs = class.hardware.hangs.as_ref().expect("only what can hang hangs");
                let after = time_to_reboot(hangs, &draws.hang, node.0, unit.hangs);
                unit.hangs += 1;
                unit.draw_hang(model, node, class);
                self.collect.hardware.hangs += 1;
                self.mending_stage(node, Stage::Rebooting, after);
            }
        }
        self.load_changed(self.node(node).site);
    }

    /// Another unit stands, or will stand, in the place of `node`, which is off: new, and empty.
    pub(super) fn new_unit(&mut self, node: NodeId) {
        let (model, class) = (self.model, self.wear_class(node));
        self.set_degraded(node, false);
        self.shards_die(node);
        let unit = &mut self.hardware.units[node.index()];
        unit.incarnation += 1;
        unit.fault_cycle += 1;
        unit.hangs += 1;
        unit.age = SimDuration::ZERO;
        unit.draw_lives(model, node, class);
        self.newcomer(node);
    }

    /// How many units have stood in the place of `node` before: what it stored went with them.
    pub fn incarnation(&self, node: NodeId) -> u32 {
        self.hardware.units.get(node.index()).map_or(0, |unit| unit.incarnation)
    }

    fn begin_mending(&mut self, node: NodeId) {
        let notice = self.hardware.units[node.index()].mending.notice;
        if notice.is_zero() {
            self.noticed(node);
        } else {
            self.mending_stage(node, Stage::Noticing, notice);
        }
    }

    fn mending_stage(&mut self, node: NodeId, stage: Stage, takes: SimDuration) {
        let unit = &mut self.hardware.units[node.index()];
        unit.stage = stage;
        unit.step_since = self.engine.now();
        unit.step_ends = unit.step_since.saturating_add(takes);
        if takes != SimDuration::MAX {
            unit.step = self.engine.after(takes, Event::Hardware(HardwareEvent::MendingStep { node }));
        }
    }

    pub(super) fn mending_step(&mut self, node: NodeId) {
        let unit = &mut self.hardware.units[node.index()];
        unit.step = Handle::NONE;
        unit.steps += 1;
        match unit.stage {
            Stage::Noticing => self.noticed(node),
            Stage::Waiting => self.ask_crew(node),
            Stage::Working => {
                self.crew_done(node);
                self.mended(node);
            }
            Stage::Rebooting => self.mended(node),
            Stage::Sound | Stage::Queued => unreachable!("nothing is under way"),
        }
    }

    fn noticed(&mut self, node: NodeId) {
        let Mending { gives_up, wait, .. } = self.hardware.units[node.index()].mending;
        if gives_up {
            self.gives_up(node);
        } else if wait.is_zero() {
            self.ask_crew(node);
        } else {
            self.mending_stage(node, Stage::Waiting, wait);
        }
    }

    /// All is there for the work to begin, but perhaps a crew.
    fn ask_crew(&mut self, node: NodeId) {
        let now = self.engine.now();
        let pool = self.wear_class(node).pool;
        let unit = &mut self.hardware.units[node.index()];
        let work = unit.mending.work;
        unit.queued_since = now;
        let begins = pool.is_none_or(|pool| self.hardware.crews[pool as usize].ask(node, work));
        if begins {
            self.work_begins(node, work);
        } else {
            self.hardware.units[node.index()].stage = Stage::Queued;
        }
    }

    fn work_begins(&mut self, node: NodeId, work: SimDuration) {
        let waited = self.engine.now().since(self.hardware.units[node.index()].queued_since);
        self.collect.hardware.crew_wait(waited);
        self.mending_stage(node, Stage::Working, work);
    }

    /// The crew that worked at `node` is free again.
    fn crew_done(&mut self, node: NodeId) {
        let Some(pool) = self.wear_class(node).pool else { return };
        if let Some((next, work)) = self.hardware.crews[pool as usize].done() {
            self.work_begins(next, work);
        }
    }

    fn mended(&mut self, node: NodeId) {
        let unit = &mut self.hardware.units[node.index()];
        let by_itself = unit.stage == Stage::Rebooting;
        unit.stage = Stage::Sound;
        let replaced = std::mem::take(&mut unit.dead);
        if replaced {
            self.collect.hardware.replaced += 1;
        }
        if !by_itself {
            self.note_visit(node, replaced);
        }
        self.reason_ends(node, Cause::Hardware);
        self.load_changed(self.node(node).site);
    }

    /// Whatever was wrong with the unit of `node` is not mended any more; another reason keeps the node off.
    pub(super) fn abandon_mending(&mut self, node: NodeId) {
        let unit = &mut self.hardware.units[node.index()];
        Self::cancel(&mut self.engine, &mut unit.step);
        unit.dead = false;
        let stage = std::mem::replace(&mut unit.stage, Stage::Sound);
        match (stage, self.wear_class(node).pool) {
            (Stage::Queued, Some(pool)) => {
                self.hardware.crews[pool as usize].withdraw(node);
            }
            (Stage::Working, Some(_)) => self.crew_done(node),
            _ => {}
        }
        let damage = &mut self.nodes[node.index()].damage_event;
        Self::cancel(&mut self.engine, damage);
        if self.node(node).reasons.contains(Cause::Hardware) {
            self.reason_ends(node, Cause::Hardware);
        }
    }
}
