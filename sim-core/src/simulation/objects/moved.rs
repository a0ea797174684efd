//! Repairs that move shards: the gateway of a region fetches k of them from nodes, computes the missing ones, and sends each to
//! a node. (The region of an object's repairs is drawn, in proportion to nodes.)
//!
//! The k sources are the first available slots from a random one on. When all are there, the missing shards go out; whatever has
//! become healthy meanwhile is not sent. What reaches a node that has gone down meanwhile is lost, and the object is
//! considered anew. Each shard is asked for, or announced, by messages there and back before it moves, and loss on its way slows it down
//! ([`super::super::transport`]); where messages are given up the shard is lost.
//!
//! With `transfers: "queued"` links serve shards in turn (`links`), and a repair looks at its nodes only at the end of each of its
//! two steps; with `"fair"` each shard is a flow (`flows`). Either way a shard whose node goes down before it is at the gateway is
//! lost; another is fetched in its place, as long as there is one, and a repair that gets fewer than k restores nothing. The place that a
//! lost transfer had in the queue of its link stays empty.
//!
//! Bytes count when they have moved, those of a transfer that is lost in proportion.

use super::super::transport::{Draws, Exchange, Way};
use super::super::{Event, ObjectEvent, Simulation};
use super::links::{FROM_GATEWAY, TO_GATEWAY};
use super::{ObjectModel, ObjectState, Watched};
use crate::kernel::{SimDuration, SimTime};
use crate::quantity::Bytes;
use crate::scenario::RepairTransfers;
use crate::world::fleet::NodeId;
use crate::world::workload::objects::Loss;

/// A shard on its way to the gateway over links that serve in turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transfer {
    node: u32,
    from: SimTime,
    ends: SimTime,
    /// What its messages take, and whether they get through.
    messages: SimDuration,
    is_heard: bool,
}

impl Transfer {
    /// What share of it has moved: all of it, unless nothing was heard of its node or that has been down since it began. Of several times that a node
    /// went down the last is known, so one after the end hides one before.
    fn share(self, node: &Watched) -> f64 {
        if !self.is_heard {
            return 0.0;
        }
        let lost =
            self.ends > self.from && node.went_down.is_some_and(|at| at >= self.from && at < self.ends);
        if lost {
            let at = node.went_down.unwrap_or(self.from);
            at.since(self.from).as_secs_f64() / self.ends.since(self.from).as_secs_f64()
        } else {
            1.0
        }
    }
}

/// A repair under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Move {
    pub object: u32,
    /// Number of the repair of its object.
    pub repair: u32,
    /// Slots, and the nodes that get them.
    pub targets: Vec<(u32, u32)>,
    /// Slots that have been asked for their shards.
    pub sources: Vec<u32>,
    /// Shards on their way over links that serve in turn.
    pub transfers: Vec<Transfer>,
    /// Flows under way.
    pub flows: u32,
    /// Shards at the gateway, then shards stored.
    pub done: u32,
    /// Whether the shards are at the gateway.
    pub sends: bool,
    /// Why its slots were missing.
    pub causes: [u32; Loss::ALL.len()],
}

impl Simulation<'_> {
    /// Begins a repair of `object`; false if there is no node for any missing shard.
    pub(super) fn begin_move(&mut self, state: &mut ObjectState, model: &ObjectModel, object: u32) -> bool {
        let number = state.moves.take();
        let mut it = std::mem::take(&mut state.moves[number]);
        it.targets.clear();
        it.sources.clear();
        it.transfers.clear();
        let Move { targets, sources, transfers, .. } = it;
        it = Move { object, targets, sources, transfers, ..Move::default() };
        self.choose_targets(state, model, &mut it);
        if it.targets.is_empty() {
            it.object = u32::MAX;
            state.moves[number] = it;
            state.moves.release(number);
            return false;
        }
        let repair = Self::repair_begins(state, object);
        let shards = model.code.data + it.targets.len() as u32;
        self.pace(state, model, state.store.shard_bytes(object) * f64::from(shards));
        it.repair = repair;
        if is_fair(model) {
            state.moves[number] = it;
            self.fetch_by_flows(state, model, number, repair);
        } else {
            let first = Self::first_source(model, object, repair);
            let done = self.fetch(state, model, &mut it, first).unwrap_or(self.engine.now());
            state.moves[number] = it;
            self.engine.at(done, Event::Object(ObjectEvent::Moved { number }));
        }
        true
    }

    /// Chooses nodes for missing slots that no other repair of the object is making anew.
    pub(super) fn choose_targets(&self, state: &mut ObjectState, model: &ObjectModel, it: &mut Move) {
        let thresholds = model.thresholds.expect("repairs have thresholds");
        let object = it.object;
        let mending = state.mending[object as usize];
        let others = if mending.running == 0 { Vec::new() } else { reserved(state, object) };
        let most = u32::from(thresholds.restores(state.store.counts(object).healthy));
        state.begin_choice(model, object);
        for (_, node) in &others {
            model.placement.take(&mut state.taken, *node);
        }
        let mut next = mending.repairs.wrapping_mul(4096);
        for slot in state.store.slots(object) {
            if it.targets.len() as u32 >= most {
                break;
            }
            let reserved = others.iter().any(|(other, _)| *other == slot);
            let Some(why) = state.store.missing(slot).filter(|_| !reserved) else { continue };
            let draws = (&model.draws.repair_place, &mut next);
            let node = state.choose_node(model, object, draws, self.scoring(model, object));
            let Some(node) = node else { break };
            it.targets.push((slot, node));
            it.causes[why as usize] += 1;
        }
    }

    /// The next slot that can give its shard, from slot number `from` of its object on; none that has been asked before.
    pub(super) fn next_source(state: &ObjectState, it: &Move, from: u32) -> Option<u32> {
        let slots = state.store.slots(it.object);
        let total = slots.end - slots.start;
        let mut order = (0..total).map(|step| slots.start + (from + step) % total);
        order.find(|slot| state.store.is_available(*slot) && !it.sources.contains(slot))
    }

    /// From which slot of its object on a repair looks for sources.
    pub(super) fn first_source(model: &ObjectModel, object: u32, repair: u32) -> u32 {
        (model.draws.source.bits(object, repair) >> 32) as u32 % model.code.total
    }

    /// Fetches what is missing of k shards over links that serve in turn, from slot number `from` of the object on; when all
    /// are at the gateway. `None` if nobody is left to ask.
    fn fetch(
        &mut self,
        state: &mut ObjectState,
        model: &ObjectModel,
        it: &mut Move,
        from: u32,
    ) -> Option<SimTime> {
        let now = self.engine.now();
        let bytes = state.store.shard_bytes(it.object);
        let first = state.store.slots(it.object).start;
        let mut from = from;
        while it.done + (it.transfers.len() as u32) < model.code.data {
            let Some(slot) = Self::next_source(state, it, from) else { break };
            from = slot - first + 1;
            let node = state.store.node_of(slot).expect("it is available");
            let site = self.node(NodeId(node)).site;
            self.count_traffic(site, Bytes(bytes));
            it.sources.push(slot);
            let heard = self.shard_messages(model, it, (slot - first, node), TO_GATEWAY);
            let mut ends = now;
            if heard.arrives {
                ends = state.links.over_site(model, now, site.0, TO_GATEWAY, bytes);
                ends = ends.max(self.least_end(model, it.object, node, heard, bytes));
            }
            let (messages, is_heard) = (heard.takes, heard.arrives);
            it.transfers.push(Transfer { node, from: now, ends, messages, is_heard });
        }
        let all = it.transfers.len() as f64 * bytes;
        let region = model.repairer(it.object);
        let gateway = state.links.through_gateway(model, now, region, TO_GATEWAY, all);
        for transfer in &mut it.transfers {
            transfer.ends = transfer.ends.max(gateway).saturating_add(transfer.messages);
        }
        it.transfers.iter().map(|transfer| transfer.ends).max()
    }

    /// Counts the shards that have come to the gateway, and what has moved of those whose nodes have been down meanwhile.
    fn fetched(&mut self, state: &mut ObjectState, it: &mut Move) {
        let bytes = state.store.shard_bytes(it.object);
        for transfer in it.transfers.drain(..) {
            let share = transfer.share(&state.nodes[transfer.node as usize]);
            it.done += u32::from(share >= 1.0);
            state.meter.moved(state.store.set_of(it.object), share * bytes, &it.causes);
            self.shard_left(transfer.node, share * bytes);
        }
    }

    /// A node has sent bytes for a repair.
    pub(super) fn shard_left(&mut self, node: u32, bytes: f64) {
        if let Some(deeds) = self.collect.deeds.of_node(node as usize) {
            deeds.repair.add(bytes);
        }
    }

    /// The shards of a repair are at the gateway, or at their nodes.
    pub(super) fn move_goes_on(&mut self, number: u32) {
        self.with_objects(|run, state, model| {
            if is_fair(model) {
                run.send_by_flows(state, model, number);
                return;
            }
            let mut it = std::mem::take(&mut state.moves[number]);
            let lost = state.store.counts(it.object).is_lost();
            let next = if it.sends {
                let bytes = it.targets.len() as f64 * state.store.shard_bytes(it.object);
                state.meter.moved(state.store.set_of(it.object), bytes, &it.causes);
                None
            } else {
                run.fetched(state, &mut it);
                if it.done >= model.code.data {
                    it.sends = true;
                    (!lost).then(|| run.send_out(state, model, &mut it))
                } else {
                    let more = if lost { None } else { run.fetch(state, model, &mut it, 0) };
                    if more.is_none() {
                        // Too few have come.
                        it.targets.clear();
                    }
                    more
                }
            };
            state.moves[number] = it;
            match next {
                Some(at) => {
                    run.engine.at(at, Event::Object(ObjectEvent::Moved { number }));
                }
                None => run.move_over(state, model, number),
            }
        });
    }

    /// Sends the shards that are still missing to their nodes; when all are there.
    fn send_out(&mut self, state: &mut ObjectState, model: &ObjectModel, it: &mut Move) -> SimTime {
        let now = self.engine.now();
        let bytes = state.store.shard_bytes(it.object);
        drop_targets(state, it);
        let first = state.store.slots(it.object).start;
        let (mut done, mut unheard, mut longest) = (now, now, SimDuration::ZERO);
        let mut targets = std::mem::take(&mut it.targets);
        targets.retain(|(slot, node)| {
            let heard = self.shard_messages(model, it, (slot - first, *node), FROM_GATEWAY);
            if !heard.arrives {
                unheard = unheard.max(now.saturating_add(heard.takes));
                return false;
            }
            let site = self.node(NodeId(*node)).site;
            longest = longest.max(heard.takes);
            let ends = state.links.over_site(model, now, site.0, FROM_GATEWAY, bytes);
            let ends = ends.max(self.least_end(model, it.object, *node, heard, bytes));
            done = done.max(ends.saturating_add(heard.takes));
            self.count_traffic(site, Bytes(bytes));
            true
        });
        it.targets = targets;
        let all = it.targets.len() as f64 * bytes;
        let region = model.repairer(it.object);
        let gateway = state.links.through_gateway(model, now, region, FROM_GATEWAY, all);
        done.max(gateway.saturating_add(longest)).max(unheard)
    }

    /// The messages by which the shard of a repair is asked for or announced: `place` is its number in its object, with its node.
    pub(super) fn shard_messages(
        &mut self,
        model: &ObjectModel,
        it: &Move,
        (place, node): (u32, u32),
        direction: usize,
    ) -> Exchange {
        let index = it.repair.wrapping_mul(1024) + 512 * direction as u32 + 2 * place;
        let (latency, loss) = (&model.draws.message, &model.draws.message_loss);
        let draws = Draws { latency, loss, entity: it.object, index, round: 0 };
        self.exchange(Way::Gateway(model.repairer(it.object), NodeId(node)), draws, 2)
    }

    /// When a shard that moves from now on is there at the earliest, for the loss on its way.
    pub(super) fn least_end(
        &mut self,
        model: &ObjectModel,
        object: u32,
        node: u32,
        heard: Exchange,
        bytes: f64,
    ) -> SimTime {
        let way = Way::Gateway(model.repairer(object), NodeId(node));
        self.engine.now().saturating_add(self.bulk_time(way, heard.alone, bytes))
    }

    /// A repair is over: what has arrived is stored, and its row is free.
    pub(super) fn move_over(&mut self, state: &mut ObjectState, model: &ObjectModel, number: u32) {
        let mut it = std::mem::take(&mut state.moves[number]);
        let object = it.object;
        let lost = state.store.counts(object).is_lost();
        let (mut stored, mut wanted) = (0, false);
        for (slot, node) in it.targets.drain(..) {
            if !lost && state.store.missing(slot).is_some() {
                wanted = true;
                stored += u32::from(self.store_shard(state, model, slot, node));
            }
        }
        let fetched = it.sends;
        it.object = u32::MAX;
        state.moves[number] = it;
        state.moves.release(number);
        self.repair_over(state, model, object, (stored, fetched && wanted && stored == 0));
    }

    /// A shard has come to its node. False if that cannot keep it.
    fn store_shard(&self, state: &mut ObjectState, model: &ObjectModel, slot: u32, node: u32) -> bool {
        let bytes = state.store.shard_bytes(state.store.object_of(slot));
        let keeps = state.store.is_up(node) && model.fits(&state.store, node, bytes);
        if keeps {
            state.store.restore(self.engine.now(), slot, node);
        }
        keeps
    }
}

/// Targets that need nothing any more, or whose node is down, are dropped.
pub(super) fn drop_targets(state: &ObjectState, it: &mut Move) {
    it.targets.retain(|(slot, node)| state.store.missing(*slot).is_some() && state.store.is_up(*node));
}

/// Slots of `object` that repairs of it are making anew, with their nodes.
fn reserved(state: &ObjectState, object: u32) -> Vec<(u32, u32)> {
    let others = state.moves.iter().filter(|other| other.object == object);
    others.flat_map(|other| other.targets.iter().copied()).collect()
}

/// Whether each shard is a flow.
fn is_fair(model: &ObjectModel) -> bool {
    model.repair.as_ref().is_some_and(|repair| repair.transfers == RepairTransfers::Fair)
}
