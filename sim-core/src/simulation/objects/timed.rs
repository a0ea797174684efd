//! Repairs that take a drawn time: the model of repair rates in the literature. What they move is counted, but takes no link.
//! A repair needs k available shards when it begins and when it ends: one that ends without them has restored nothing, and another
//! begins when the object can be read again.

use super::super::{Event, ObjectEvent, Simulation};
use super::{ObjectModel, ObjectState};
use crate::kernel::Dist;
use crate::world::workload::objects::Loss;

impl Simulation<'_> {
    pub(super) fn begin_timed(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        time: &Dist,
        object: u32,
    ) -> bool {
        let number = Self::repair_begins(state, object);
        let takes = time.draw_duration(&model.draws.repair_time, object, number);
        let bytes = state.store.shard_bytes(object) * f64::from(model.code.data + 1);
        self.pace(state, model, bytes);
        if takes != crate::kernel::SimDuration::MAX {
            self.engine.after(takes, Event::Object(ObjectEvent::Repaired { object }));
        }
        true
    }

    /// A shard is there again, or all that are missing now.
    pub(super) fn timed_repair_ends(&mut self, object: u32) {
        let now = self.engine.now();
        self.with_objects(|run, state, model| {
            let thresholds = model.thresholds.expect("repairs have thresholds");
            let counts = state.store.counts(object);
            if u32::from(counts.available) < model.code.data {
                // Wanted again when it can be read; a lost object never.
                run.repair_over(state, model, object, (0, false));
                return;
            }
            let most = thresholds.restores(counts.healthy);
            let mut restored: u32 = 0;
            if !counts.is_lost() && most > 0 {
                state.begin_choice(model, object);
                let mut next = state.mending[object as usize].repairs.wrapping_mul(4096);
                let slots = state.store.slots(object);
                let mut by_cause = [0_u32; Loss::ALL.len()];
                for slot in slots {
                    let Some(why) = state.store.missing(slot).filter(|_| restored < u32::from(most)) else {
                        continue;
                    };
                    let draws = (&model.draws.repair_place, &mut next);
                    let node = state.choose_node(model, object, draws, run.scoring(model, object));
                    let Some(node) = node else { break };
                    state.store.restore(now, slot, node);
                    by_cause[why as usize] += 1;
                    restored += 1;
                }
                let shards = f64::from(model.code.data + restored);
                let set = state.store.set_of(object);
                state.meter.moved(set, shards * state.store.shard_bytes(object), &by_cause);
            }
            let failed = most > 0 && restored == 0 && !counts.is_lost();
            run.repair_over(state, model, object, (restored, failed));
        });
    }
}
