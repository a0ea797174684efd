//! What faults on purpose do to objects: while they hold, and for as long after their end (the *aftermath*).
//!
//! Counted are the shards of the nodes hit, the greatest number of objects that were not lost but could not be read, objects
//! and shards lost, and bytes moved for repairs, of all causes, while the fault held and in the aftermath. A storm of repairs shows in the
//! bytes; compare them with those of another policy, or of a run without the fault.

use super::super::{Event, ObjectEvent, Simulation};
use super::ObjectState;
use crate::kernel::SimTime;
use crate::measure::catalog::of_workload;

/// Phases of a fault.
const BEFORE: u8 = 0;
const HOLDS: u8 = 1;
const AFTERMATH: u8 = 2;
const OVER: u8 = 3;

/// Bytes moved, objects and shards lost so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    bytes: f64,
    objects: f64,
    shards: f64,
}

/// One fault.
#[derive(Clone, Debug)]
pub(super) struct ObjectImpact {
    phase: u8,
    shards_hit: f64,
    unreadable: f64,
    /// At the beginning of each phase after the first.
    tallies: [Tally; 3],
}

impl Default for ObjectImpact {
    fn default() -> Self {
        Self { phase: BEFORE, shards_hit: 0.0, unreadable: 0.0, tallies: [Tally::default(); 3] }
    }
}

impl ObjectState {
    fn tally(&self) -> Tally {
        Tally {
            bytes: self.meter.repair_bytes(),
            objects: self.store.sets().iter().map(|set| set.levels.lost as f64).sum(),
            shards: self.store.stock().lost as f64,
        }
    }

    /// Notes how many objects cannot be read while a fault holds.
    pub(super) fn see_faults(&mut self) {
        if self.impacts.iter().all(|impact| impact.phase != HOLDS) {
            return;
        }
        let levels = self.store.sets().iter().map(|set| set.levels);
        let unreadable: f64 = levels.map(|it| (it.kept - it.readable) as f64).sum();
        for impact in self.impacts.iter_mut().filter(|impact| impact.phase == HOLDS) {
            impact.unreadable = impact.unreadable.max(unreadable);
        }
    }
}

impl Simulation<'_> {
    /// Schedules the phases of all faults.
    pub(super) fn watch_faults(&mut self) {
        let model = self.model;
        for (fault, it) in (0_u16..).zip(&model.faults) {
            let mut at = |when: SimTime, phase: u8| {
                self.engine.at(when, Event::Object(ObjectEvent::FaultPhase { fault, phase }));
            };
            at(it.begins, HOLDS);
            if let Some(ends) = it.ends {
                at(ends, AFTERMATH);
                at(ends.saturating_add(ends.since(it.begins)), OVER);
            }
        }
    }

    pub(super) fn fault_phase(&mut self, fault: u16, phase: u8) {
        let model = self.model;
        let nodes = &model.faults[usize::from(fault)].nodes;
        self.with_objects(|_, state, _| {
            let tally = state.tally();
            let shards = nodes.iter().map(|node| state.store.shards_of(node.0).len() as f64).sum();
            let impact = &mut state.impacts[usize::from(fault)];
            if phase == HOLDS {
                impact.shards_hit = shards;
            }
            impact.phase = phase;
            impact.tallies[usize::from(phase) - 1] = tally;
        });
    }

    /// What each fault that had begun by the end did to objects.
    pub(super) fn fault_object_metrics(&self, state: &ObjectState, put: &mut impl FnMut(String, f64)) {
        for (fault, impact) in self.model.faults.iter().zip(&state.impacts) {
            if impact.phase == BEFORE {
                continue;
            }
            let mut tallies = impact.tallies;
            for tally in &mut tallies[usize::from(impact.phase)..] {
                *tally = state.tally();
            }
            let [begun, ended, over] = tallies;
            let mut tell =
                |name: &str, value: f64| put(of_workload(&format!("faults.{name}"), &fault.name), value);
            tell("shards_hit", impact.shards_hit);
            tell("objects_unreadable", impact.unreadable);
            tell("objects_lost", over.objects - begun.objects);
            tell("shards_lost", over.shards - begun.shards);
            tell("repair_bytes", ended.bytes - begun.bytes);
            tell("repair_bytes_after", over.bytes - ended.bytes);
        }
    }
}
