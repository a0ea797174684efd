//! What forks of a world draw again of the repairs under way, and how near an object is to its loss.

use super::super::Simulation;
use super::ObjectState;
use crate::kernel::{Dist, Handle, SimDuration, SimTime};

/// A repair of drawn time under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Underway {
    pub object: u32,
    /// Number of the repair of its object.
    pub number: u32,
    pub begun: SimTime,
    pub ends: SimTime,
    pub event: Handle,
}

impl ObjectState {
    /// A repair of `object` ends now.
    pub(super) fn forget_repair(&mut self, object: u32, now: SimTime) {
        let Some(underway) = &mut self.underway else { return };
        let ended = underway.iter().position(|it| it.object == object && it.ends == now);
        underway.remove(ended.expect("what ends has begun"));
    }
}

impl Simulation<'_> {
    /// From now on repairs of drawn time are noted, so that forks can draw them again; to be called at t = 0, before any has begun.
    pub(in crate::simulation) fn note_repairs(&mut self) {
        if let Some(objects) = &mut self.objects {
            objects.underway = Some(Vec::new());
        }
    }

    /// Draws the rest of each repair of drawn time again, given how long it has taken.
    pub(in crate::simulation) fn redraw_repairs(&mut self) {
        let model = self.model;
        let Some(objects) = &model.objects else { return };
        let Some(time) = objects.repair.as_ref().and_then(|repair| repair.time.as_ref()) else { return };
        let now = self.engine.now();
        let Some(state) = &mut self.objects else { return };
        for it in state.underway.iter_mut().flatten() {
            let u = objects.draws.repair_time.unit(it.object, it.number);
            let Some(takes) = time.quantile_beyond(now.since(it.begun).as_secs_f64(), u) else { continue };
            let ends = it.begun.saturating_add(SimDuration::from_secs_f64(takes)).max(now);
            if let Some(event) = self.engine.reschedule(it.event, ends) {
                (it.event, it.ends) = (event, ends);
            }
        }
    }

    /// Numbers of the repairs of an object that are under way.
    pub(in crate::simulation) fn repairs_of(&self, object: u32) -> impl Iterator<Item = u32> + '_ {
        let underway = self.objects.iter().flat_map(|state| state.underway.iter().flatten());
        underway.filter(move |it| it.object == object).map(|it| it.number)
    }

    pub(in crate::simulation) fn is_under_repair(&self, object: u32, number: u32) -> bool {
        self.repairs_of(object).any(|it| it == number)
    }

    /// The hazard with which a repair ends, were it not held back; zero if it is not under way, or does not end after an exponential time.
    pub(in crate::simulation) fn repair_hazard(&self, object: u32, number: u32) -> f64 {
        let repair = self.model.objects.as_ref().and_then(|objects| objects.repair.as_ref()?.time.as_ref());
        match repair {
            Some(Dist::Exponential { mean }) if self.is_under_repair(object, number) => 1.0 / mean,
            _ => 0.0,
        }
    }

    /// From now on a repair goes `ratio` times faster than so far.
    pub(in crate::simulation) fn hasten_repair(&mut self, object: u32, number: u32, ratio: f64) {
        let now = self.engine.now();
        let Some(state) = &mut self.objects else { return };
        let found = state.underway.iter_mut().flatten().find(|it| it.object == object && it.number == number);
        let Some(it) = found else { return };
        let left = SimDuration::from_secs_f64(it.ends.since(now).as_secs_f64() / ratio);
        let ends = now.saturating_add(left);
        if let Some(event) = self.engine.reschedule(it.event, ends) {
            (it.event, it.ends) = (event, ends);
        }
    }

    /// How many shards an object lacks.
    pub(in crate::simulation) fn lacking(&self, object: u32) -> u32 {
        let Some(state) = &self.objects else { return 0 };
        state.store.total() - u32::from(state.store.counts(object).present)
    }

    /// The nodes that hold a shard of an object.
    pub(in crate::simulation) fn holders(&self, object: u32) -> impl Iterator<Item = u32> + '_ {
        let store = self.objects.as_ref().map(|state| &state.store);
        store.into_iter().flat_map(move |store| store.slots(object).filter_map(|slot| store.holder(slot)))
    }

    /// How many repairs of an object are under way.
    pub(in crate::simulation) fn mending(&self, object: u32) -> u32 {
        let state = self.objects.as_ref();
        state.and_then(|state| state.mending.get(object as usize)).map_or(0, |it| u32::from(it.running))
    }
}
