//! Repairs whose shards are flows: each shares the links on its way max–min fairly with all other traffic, requests included,
//! and is lost when the link of its site goes down. In place of a shard that is lost on its way to the gateway another is
//! fetched, as long as there is one. A shard that reaches or leaves a node that is down by then counts as lost on its way. Messages go before
//! each, and loss may hold it up after its flow, as for reads (`pieces`).

use super::super::links::{DOWN, UP};
use super::super::network::{End, Flow};
use super::super::transport::Way;
use super::super::{Event, ObjectEvent, Simulation};
use super::links::{FROM_GATEWAY, TO_GATEWAY};
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
    direction: usize,
    stage: Stage,
    /// When it began to move, and before when it cannot be there.
    from: SimTime,
    ready: SimTime,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Messages go there and back; those of a round trip take so long if none is lost.
    Asked(SimDuration),
    /// Messages will be given up.
    Unheard,
    Moving,
    /// Its flow has ended, but loss holds it up.
    Trailing,
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
        let it = &state.moves[number];
        let place = slot - state.store.slots(it.object).start;
        let towards = if direction == UP { TO_GATEWAY } else { FROM_GATEWAY };
        let heard = self.shard_messages(model, it, (place, node), towards);
        let now = self.engine.now();
        let stage = if heard.arrives { Stage::Asked(heard.alone) } else { Stage::Unheard };
        let it = ShardFlow { repair: number, node, slot, direction, stage, from: now, ready: now };
        let flow = state.flows.insert(it);
        state.moves[number].flows += 1;
        if heard.arrives && heard.takes.is_zero() {
            return self.shard_sets_out(state, model, flow, heard.alone);
        }
        self.engine.after(heard.takes, Event::Object(ObjectEvent::ShardWaited { flow }));
        true
    }

    /// The messages before a shard are through, or what held it up after its flow is over.
    pub(super) fn shard_waited(&mut self, flow: u32) {
        let lost = self.with_objects(|run, state, model| {
            let it = state.flows[flow];
            let bytes = state.store.shard_bytes(state.store.object_of(it.slot));
            match it.stage {
                Stage::Trailing | Stage::Moving => Some(None),
                Stage::Asked(round_trip) if state.store.is_up(it.node) => {
                    let moves = run.shard_sets_out(state, model, flow, round_trip);
                    if !moves && it.direction == UP {
                        state.moves[it.repair].done += 1;
                        run.shard_left(it.node, bytes);
                    }
                    (!moves).then(|| run.flow_over(state, model, it.repair));
                    None
                }
                Stage::Asked(_) | Stage::Unheard => Some(Some(bytes)),
            }
        });
        if let Some(Some(left)) = lost {
            self.shard_moved(flow, left);
        }
    }

    /// A shard begins to move; false if it is there at once.
    fn shard_sets_out(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        flow: u32,
        round_trip: SimDuration,
    ) -> bool {
        let ShardFlow { repair: number, node, direction, .. } = state.flows[flow];
        let object = state.moves[number].object;
        let bytes = state.store.shard_bytes(object);
        let region = model.repairer(object);
        let site = self.node(NodeId(node)).site;
        self.count_traffic(site, Bytes(bytes));
        let now = self.engine.now();
        let least = self.bulk_time(Way::Gateway(region, NodeId(node)), round_trip, bytes);
        let row = &mut state.flows[flow];
        (row.stage, row.from, row.ready) = (Stage::Moving, now, now.saturating_add(least));
        if self.start_flow(site, direction, Flow::Shard(flow), End::Gateway(region), Bytes(bytes)) {
            return true;
        }
        if state.flows[flow].ready > now {
            self.shard_trails(state, flow);
            return true;
        }
        let it = &mut state.moves[number];
        it.flows -= 1;
        state.flows.release(flow);
        state.meter.moved(state.store.set_of(it.object), bytes, &it.causes);
        false
    }

    /// Links have done their part, but loss holds a shard up.
    fn shard_trails(&mut self, state: &mut ObjectState, flow: u32) {
        let row = &mut state.flows[flow];
        row.stage = Stage::Trailing;
        self.engine.at(row.ready, Event::Object(ObjectEvent::ShardWaited { flow }));
    }

    /// One flow of a repair fewer.
    fn flow_over(&mut self, state: &mut ObjectState, model: &ObjectModel, number: u32) {
        if !state.moves[number].sends {
            self.step_if_done(state, number);
        } else if state.moves[number].flows == 0 {
            self.move_over(state, model, number);
        }
    }

    /// A shard has arrived, or has been lost on its way with so many bytes `left`.
    pub(in crate::simulation) fn shard_moved(&mut self, flow: u32, left: Option<f64>) {
        self.with_objects(|run, state, model| {
            let ShardFlow { repair: number, node, slot, stage, from, ready, .. } = state.flows[flow];
            if left.is_none() && stage == Stage::Moving && ready > run.engine.now() {
                run.shard_trails(state, flow);
                return;
            }
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
            state.meter.moved(state.store.set_of(it.object), moved, &it.causes);
            if !it.sends {
                run.shard_left(node, moved);
            }
            if it.sends {
                if !arrived {
                    it.targets.retain(|target| *target != (slot, node));
                }
            } else if arrived {
                it.done += 1;
            } else if let Some(slot) = Self::next_source(state, &state.moves[number], 0) {
                run.fetch_one(state, model, number, slot);
            }
            run.flow_over(state, model, number);
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
