//! Repairs that take a drawn time: the model of repair rates in the literature. What they move is counted, but takes no link.
//! A repair needs k available shards when it begins and when it ends: one that ends without them has restored nothing, and another
//! begins when the object can be read again.

use super::super::{Event, ObjectEvent, Simulation};
use super::fork::Underway;
use super::moved::Move;
use super::{ObjectModel, ObjectState};
use crate::kernel::Dist;

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
            let event = self.engine.after(takes, Event::Object(ObjectEvent::Repaired { object }));
            let begun = self.engine.now();
            if let Some(underway) = &mut state.underway {
                let ends = begun.saturating_add(takes);
                underway.push(Underway { object, number, begun, ends, event });
            }
        }
        true
    }

    /// A shard is there again, or all that are missing now.
    pub(super) fn timed_repair_ends(&mut self, object: u32) {
        let now = self.engine.now();
        self.with_objects(|run, state, model| {
            state.forget_repair(object, now);
            let thresholds = model.thresholds.expect("repairs have thresholds");
            let counts = state.store.counts(object);
            if u32::from(counts.available) < model.code.data {
                // Wanted again when it can be read; a lost object never.
                run.repair_over(state, model, object, (0, false));
                return;
            }
            let most = thresholds.restores(counts.healthy);
            let mut it = Move { object, ..Move::default() };
            if !counts.is_lost() && most > 0 {
                run.choose_targets(state, model, &mut it);
                for (slot, node) in &it.targets {
                    state.store.restore(now, *slot, *node);
                }
                let shards = f64::from(model.code.data + it.targets.len() as u32);
                let (set, bytes) = (state.store.set_of(object), state.store.shard_bytes(object));
                state.meter.moved(set, shards * bytes, &it.causes);
            }
            let restored = it.targets.len() as u32;
            let failed = most > 0 && restored == 0 && !counts.is_lost();
            run.repair_over(state, model, object, (restored, failed));
        });
    }
}
