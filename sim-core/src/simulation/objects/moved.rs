//! Repairs that move shards: the gateway of a region fetches k of them from nodes, computes the missing ones, and sends each to
//! a node. (The region of an object's repairs is drawn, in proportion to nodes.)
//!
//! The k sources are the first available slots from a random one on. When all are there, the missing shards go out; whatever has
//! become healthy meanwhile is not sent. What reaches a node that has gone down meanwhile is lost, and the object is
//! considered anew. Latency is left out: it is nothing beside the transfer of shards.

use super::super::{Event, ObjectEvent, Simulation};
use super::links::{FROM_GATEWAY, TO_GATEWAY};
use super::repair::not_before;
use super::{ObjectModel, ObjectState};
use crate::kernel::SimTime;
use crate::quantity::Bytes;
use crate::world::fleet::NodeId;
use crate::world::workload::objects::Loss;

/// A repair under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Move {
    object: u32,
    /// Slots, and the nodes that get them.
    targets: Vec<(u32, u32)>,
    /// Shards under way or moved to the gateway.
    fetched: u32,
    /// Whether the shards are at the gateway.
    sends: bool,
    /// Why its slots were missing.
    causes: [u32; Loss::ALL.len()],
}

impl Simulation<'_> {
    /// Begins a repair of `object`; false if there is no node for any missing shard.
    pub(super) fn begin_move(&mut self, state: &mut ObjectState, model: &ObjectModel, object: u32) -> bool {
        let thresholds = model.thresholds.expect("repairs have thresholds");
        let number = state.free_moves.pop().unwrap_or_else(|| {
            state.moves.push(Move::default());
            state.moves.len() as u32 - 1
        });
        let mut it = std::mem::take(&mut state.moves[number as usize]);
        it.object = object;
        it.targets.clear();
        (it.sends, it.causes) = (false, [0; Loss::ALL.len()]);
        let under_way = self.reserved(state, object);
        let missing = u32::from(thresholds.to.saturating_sub(state.store.counts(object).healthy));
        let most = match thresholds.unit {
            crate::scenario::RepairUnit::Shard => 1,
            crate::scenario::RepairUnit::Object => missing,
        };
        state.begin_choice(model, object);
        for (_, node) in &under_way {
            model.placement.take(&mut state.taken, *node);
        }
        let mut next = state.mending[object as usize].repairs.wrapping_mul(4096);
        for slot in state.store.slots(object) {
            let reserved = || under_way.iter().any(|(other, _)| *other == slot);
            if it.targets.len() as u32 >= most {
                break;
            }
            let Some(why) = state.store.missing(slot).filter(|_| !reserved()) else { continue };
            let Some(node) = state.choose_node(model, object, &mut next) else { break };
            it.targets.push((slot, node));
            it.causes[why as usize] += 1;
        }
        if it.targets.is_empty() {
            state.moves[number as usize] = it;
            state.free_moves.push(number);
            return false;
        }
        let repair = Self::repair_begins(state, object);
        let done = self.fetch(state, model, &mut it, repair);
        self.pace(
            state,
            model,
            state.store.shard_bytes(object) * (it.fetched as f64 + it.targets.len() as f64),
        );
        state.moves[number as usize] = it;
        self.engine.at(done, Event::Object(ObjectEvent::Moved { number }));
        true
    }

    /// Slots of `object` that other repairs of it are making anew, with their nodes.
    fn reserved(&self, state: &ObjectState, object: u32) -> Vec<(u32, u32)> {
        if state.mending[object as usize].running == 0 {
            return Vec::new();
        }
        let others = state.moves.iter().filter(|other| other.object == object);
        others.flat_map(|other| other.targets.iter().copied()).collect()
    }

    /// Fetches k shards; when all are at the gateway.
    fn fetch(&mut self, state: &mut ObjectState, model: &ObjectModel, it: &mut Move, repair: u32) -> SimTime {
        let now = self.engine.now();
        let bytes = state.store.shard_bytes(it.object);
        let slots = state.store.slots(it.object);
        let total = model.code.total;
        let offset = (model.draws.source.bits(it.object, repair) >> 32) as u32 % total;
        let (mut done, mut left) = (now, model.code.data);
        for step in 0..total {
            let slot = slots.start + (offset + step) % total;
            if left == 0 {
                break;
            }
            if !state.store.is_available(slot) {
                continue;
            }
            let node = state.store.node_of(slot).expect("it is available");
            let site = self.node(NodeId(node)).site;
            done = done.max(state.links.over_site(model, now, site.0, TO_GATEWAY, bytes));
            self.count_traffic(site, Bytes(bytes));
            if let Some(deeds) = self.collect.deeds.of_node(node as usize) {
                deeds.repair.add(bytes);
            }
            left -= 1;
        }
        it.fetched = model.code.data - left;
        let all = f64::from(it.fetched) * bytes;
        state.meter.moved(all, &it.causes);
        let region = model.repairer(it.object);
        not_before(now, done.max(state.links.through_gateway(model, now, region, TO_GATEWAY, all)))
    }

    /// The shards of a repair are at the gateway, or at their nodes.
    pub(super) fn move_goes_on(&mut self, number: u32) {
        self.with_objects(|run, state, model| {
            let mut it = std::mem::take(&mut state.moves[number as usize]);
            let sends = std::mem::replace(&mut it.sends, true);
            let lost = state.store.counts(it.object).is_lost();
            if !sends && !lost {
                let done = run.send_out(state, model, &mut it);
                state.moves[number as usize] = it;
                run.engine.at(done, Event::Object(ObjectEvent::Moved { number }));
                return;
            }
            let object = it.object;
            let outcome = if lost { (0, false) } else { run.store_shards(state, model, &mut it) };
            it.object = u32::MAX;
            it.targets.clear();
            state.moves[number as usize] = it;
            state.free_moves.push(number);
            run.repair_over(state, model, object, outcome);
        });
    }

    /// Sends the shards that are still missing to their nodes; when all are there.
    fn send_out(&mut self, state: &mut ObjectState, model: &ObjectModel, it: &mut Move) -> SimTime {
        let now = self.engine.now();
        let bytes = state.store.shard_bytes(it.object);
        it.targets.retain(|(slot, node)| state.store.missing(*slot).is_some() && state.store.is_up(*node));
        let mut done = now;
        for (_, node) in &it.targets {
            let site = self.node(NodeId(*node)).site;
            done = done.max(state.links.over_site(model, now, site.0, FROM_GATEWAY, bytes));
            self.count_traffic(site, Bytes(bytes));
        }
        let all = it.targets.len() as f64 * bytes;
        state.meter.moved(all, &it.causes);
        let region = model.repairer(it.object);
        not_before(now, done.max(state.links.through_gateway(model, now, region, FROM_GATEWAY, all)))
    }

    /// The shards have arrived: how many are stored, and whether none of those wanted found its node up.
    fn store_shards(&mut self, state: &mut ObjectState, model: &ObjectModel, it: &mut Move) -> (u32, bool) {
        let now = self.engine.now();
        let bytes = state.store.shard_bytes(it.object);
        let (mut stored, mut wanted) = (0, 0);
        for (slot, node) in it.targets.drain(..) {
            if state.store.missing(slot).is_none() {
                continue;
            }
            wanted += 1;
            let room = model.room.get(node as usize).copied().unwrap_or(f64::INFINITY);
            if state.store.is_up(node) && state.store.used(node) + bytes <= room {
                state.store.restore(now, slot, node);
                stored += 1;
            }
        }
        (stored, wanted > 0 && stored == 0)
    }
}
