//! Which repairs run: what has changed is reviewed, wanted repairs are queued and begin as the limits allow.

use super::super::{Event, ObjectEvent, Simulation};
use super::{ObjectModel, ObjectState, RETRY};
use crate::kernel::{SimDuration, SimTime};
use crate::policy::repair::Decision;

impl Simulation<'_> {
    /// Looks at all objects that have changed.
    pub(super) fn review(&mut self) {
        self.with_objects(|run, state, model| {
            state.review_due = false;
            let touched = state.store.take_touched();
            for object in &touched {
                run.consider(state, model, *object, false);
            }
            state.store.recycle(touched);
            run.begin_repairs(state, model);
        });
    }

    /// The periodic check: the most endangered of those that wait for it first, as many as the budget allows.
    pub(super) fn check_objects(&mut self) {
        self.with_objects(|run, state, model| {
            let Some(repair) = &model.repair else { return };
            state.check_due = false;
            let mut pending = std::mem::take(&mut state.pending);
            pending.sort_unstable_by_key(|object| (state.store.counts(*object).healthy, *object));
            let budget = repair.budget.map_or(usize::MAX, |budget| budget as usize);
            let mut begun = 0;
            pending.retain(|object| {
                let wait = begun >= budget;
                if !wait {
                    state.mending[*object as usize].pending = false;
                    begun += usize::from(run.consider(state, model, *object, true));
                }
                wait
            });
            state.pending = pending;
            if !state.pending.is_empty() {
                run.plan_check(state, model);
            }
            run.begin_repairs(state, model);
        });
    }

    /// Schedules the next check, at a multiple of its period: one at which there is nothing to look at is not an event.
    fn plan_check(&mut self, state: &mut ObjectState, model: &ObjectModel) {
        let Some(period) = model.repair.as_ref().and_then(|repair| repair.check) else { return };
        if std::mem::replace(&mut state.check_due, true) {
            return;
        }
        let period = period.as_nanos().max(1);
        let checks = self.engine.now().as_nanos() / period + 1;
        if let Some(at) = checks.checked_mul(period) {
            self.engine.at(SimTime::from_nanos(at), Event::Object(ObjectEvent::Check));
        }
    }

    /// Decides about an object; `checked`, if this is its periodic check. True if its repair is wanted from now on.
    pub(super) fn consider(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        object: u32,
        checked: bool,
    ) -> bool {
        let (Some(repair), Some(thresholds)) = (&model.repair, &model.thresholds) else { return false };
        let counts = state.store.counts(object);
        if counts.is_lost() {
            state.queue.withdraw(object);
            return false;
        }
        let was_wanted = counts.is_wanted();
        let begun = state.mending[object as usize].begun;
        match thresholds.decide(counts.healthy, counts.available, begun) {
            Decision::Content => {
                Self::content(state, object);
                return false;
            }
            _ if repair.check.is_some() && !was_wanted && !checked => {
                if !std::mem::replace(&mut state.mending[object as usize].pending, true) {
                    state.pending.push(object);
                    self.plan_check(state, model);
                }
                return false;
            }
            Decision::Wait => state.queue.withdraw(object),
            Decision::Repair(_) if state.mending[object as usize].stuck => {}
            Decision::Repair(wanted) if state.mending[object as usize].running < wanted => {
                state.queue.ask(object, counts.healthy);
            }
            Decision::Repair(_) => {}
        }
        state.store.want(object, true);
        !was_wanted
    }

    /// Nothing is wanted of an object any more: it is well, or nodes have come back before its turn.
    fn content(state: &mut ObjectState, object: u32) {
        state.store.want(object, false);
        state.queue.withdraw(object);
        state.mending[object as usize].begun = false;
    }

    /// Begins the repairs that the limits allow.
    pub(super) fn begin_repairs(&mut self, state: &mut ObjectState, model: &ObjectModel) {
        let (Some(repair), Some(thresholds)) = (&model.repair, &model.thresholds) else { return };
        let now = self.engine.now();
        while !state.queue.is_empty() {
            if repair.concurrent.is_some_and(|most| state.running >= most) {
                return;
            }
            if repair.rate.is_some() && state.paced_until > now {
                if !std::mem::replace(&mut state.pace_due, true) {
                    self.engine.at(state.paced_until, Event::Object(ObjectEvent::Paced));
                }
                return;
            }
            let Some(object) = state.queue.take_first() else { return };
            let counts = state.store.counts(object);
            let begun = state.mending[object as usize].begun;
            let wanted = match thresholds.decide(counts.healthy, counts.available, begun) {
                Decision::Repair(wanted) => wanted,
                Decision::Wait => continue,
                Decision::Content => {
                    Self::content(state, object);
                    continue;
                }
            };
            if counts.is_lost() || state.mending[object as usize].running >= wanted {
                continue;
            }
            let begun = match &repair.time {
                Some(time) => self.begin_timed(state, model, time, object),
                None => self.begin_move(state, model, object),
            };
            if !begun {
                self.retry_later(state, object);
            } else if state.mending[object as usize].running < wanted {
                state.queue.ask(object, counts.healthy);
            }
        }
    }

    /// A repair that moves so many bytes begins or has ended: no other begins before the rate allows.
    pub(super) fn pace(&self, state: &mut ObjectState, model: &ObjectModel, bytes: f64) {
        if let Some(rate) = model.repair.as_ref().and_then(|repair| repair.rate) {
            let from = state.paced_until.max(self.engine.now());
            state.paced_until = from.saturating_add(SimDuration::from_secs_f64(bytes / rate.0));
        }
    }

    pub(super) fn pace_over(&mut self) {
        self.with_objects(|run, state, model| {
            state.pace_due = false;
            run.begin_repairs(state, model);
        });
    }

    pub(super) fn try_again(&mut self, object: u32) {
        self.with_objects(|run, state, model| {
            state.mending[object as usize].stuck = false;
            state.stuck -= 1;
            run.consider(state, model, object, false);
            run.begin_repairs(state, model);
        });
    }

    fn retry_later(&mut self, state: &mut ObjectState, object: u32) {
        if !std::mem::replace(&mut state.mending[object as usize].stuck, true) {
            state.stuck += 1;
            self.engine.after(RETRY, Event::Object(ObjectEvent::Retry { object }));
        }
    }

    /// A repair of `object` has ended, and has `restored` so many shards; if it `failed` to put any where one was wanted, the
    /// next try waits.
    pub(super) fn repair_over(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        object: u32,
        (restored, failed): (u32, bool),
    ) {
        state.mending[object as usize].running -= 1;
        state.running -= 1;
        let set = state.store.set_of(object);
        state.meter.sets[set].repairs.ended += u64::from(restored > 0);
        if failed {
            self.retry_later(state, object);
        } else {
            self.consider(state, model, object, false);
        }
        self.begin_repairs(state, model);
    }

    /// A repair of `object` begins; its number.
    pub(super) fn repair_begins(state: &mut ObjectState, object: u32) -> u32 {
        let mending = &mut state.mending[object as usize];
        mending.running += 1;
        mending.repairs += 1;
        mending.begun = true;
        state.running += 1;
        mending.repairs - 1
    }
}
