//! Repairs whose shards are flows: each shares the links on its way max–min fairly with all other traffic, requests included,
//! and is lost when the link of its site goes down. In place of a shard that is lost on its way to the gateway another is
//! fetched, as long as there is one. A shard that reaches or leaves a node that is down by then counts as lost on its way.

use super::super::links::{DOWN, UP};
use super::super::network::{End, Flow};
use super::super::{Event, ObjectEvent, Simulation};
use super::moved::drop_targets;
use super::{ObjectModel, ObjectState};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Bytes;
use crate::world::fleet::NodeId;

/// A shard on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShardFlow {
    /// Number of the repair.
    repair: u32,
    node: u32,
    slot: u32,
    from: SimTime,
}

impl Simulation<'_> {
    /// Fetches k shards by flows.
    pub(super) fn fetch_by_flows(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        number: u32,
        repair: u32,
    ) {
        let object = state.moves[number].object;
        let mut from = Self::first_source(model, object, repair);
        for _ in 0..model.code.data {
            let Some(slot) = Self::next_source(state, &state.moves[number], from) else { break };
            from = slot - state.store.slots(object).start + 1;
            self.fetch_one(state, model, number, slot);
        }
        self.step_if_done(state, number);
    }

    fn fetch_one(&mut self, state: &mut ObjectState, model: &ObjectModel, number: u32, slot: u32) {
        let node = state.store.node_of(slot).expect("it is available");
        let it = &mut state.moves[number];
        it.sources.push(slot);
        let bytes = state.store.shard_bytes(it.object);
        if !self.begin_flow(state, model, number, (slot, node), UP) {
            state.moves[number].done += 1;
            self.shard_left(node, bytes);
        }
    }

    /// A shard of a repair begins its way between node and gateway; false if it is there at once.
    fn begin_flow(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        number: u32,
        (slot, node): (u32, u32),
        direction: usize,
    ) -> bool {
        let object = state.moves[number].object;
        let bytes = state.store.shard_bytes(object);
        let gateway = End::Gateway(model.repairer(object));
        let site = self.node(NodeId(node)).site;
        self.count_traffic(site, Bytes(bytes));
        let flow = state.flows.insert(ShardFlow { repair: number, node, slot, from: self.engine.now() });
        let moves = self.start_flow(site, direction, Flow::Shard(flow), gateway, Bytes(bytes));
        let it = &mut state.moves[number];
        if moves {
            it.flows += 1;
        } else {
            state.flows.release(flow);
            state.meter.moved(bytes, &it.causes);
        }
        moves
    }

    /// A shard has arrived, or has been lost on its way with so many bytes `left`.
    pub(in crate::simulation) fn shard_moved(&mut self, flow: u32, left: Option<f64>) {
        self.with_objects(|run, state, model| {
            let ShardFlow { repair: number, node, slot, from } = state.flows[flow];
            state.flows.release(flow);
            let arrived = left.is_none() && state.store.is_up(node);
            let it = &mut state.moves[number];
            it.flows -= 1;
            let mut moved = (state.store.shard_bytes(it.object) - left.unwrap_or(0.0)).max(0.0);
            if !arrived && let Some(at) = state.nodes[node as usize].went_down.filter(|at| *at >= from) {
                // The flow has held its share of the link until now, but nothing has moved since.
                let lasted = run.engine.now().since(from).as_secs_f64();
                moved *= if lasted > 0.0 { at.since(from).as_secs_f64() / lasted } else { 1.0 };
            }
            state.meter.moved(moved, &it.causes);
            if !it.sends {
                run.shard_left(node, moved);
            }
            if it.sends {
                if !arrived {
                    it.targets.retain(|target| *target != (slot, node));
                }
                if it.flows == 0 {
                    run.move_over(state, model, number);
                }
                return;
            }
            if arrived {
                it.done += 1;
            } else if let Some(slot) = Self::next_source(state, &state.moves[number], 0) {
                run.fetch_one(state, model, number, slot);
            }
            run.step_if_done(state, number);
        });
    }

    /// If nothing is under way to the gateway any more, the repair goes on at once.
    fn step_if_done(&mut self, state: &ObjectState, number: u32) {
        if state.moves[number].flows == 0 {
            self.engine.after(SimDuration::ZERO, Event::Object(ObjectEvent::Moved { number }));
        }
    }

    /// What has been fetched is there: k shards are sent on, fewer end the repair.
    pub(super) fn send_by_flows(&mut self, state: &mut ObjectState, model: &ObjectModel, number: u32) {
        let mut it = std::mem::take(&mut state.moves[number]);
        let enough = it.done >= model.code.data && !state.store.counts(it.object).is_lost();
        it.sends = enough;
        if enough {
            drop_targets(state, &mut it);
        } else {
            it.targets.clear();
        }
        let targets = it.targets.clone();
        state.moves[number] = it;
        for target in targets {
            self.begin_flow(state, model, number, target, DOWN);
        }
        if state.moves[number].flows == 0 {
            self.move_over(state, model, number);
        }
    }
}
