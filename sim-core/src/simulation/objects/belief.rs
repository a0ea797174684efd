//! From what happens to nodes, and what the health check says of them, to what is there and what is believed.

use super::super::{Event, ObjectEvent, Simulation};
use super::{ObjectModel, ObjectState};
use crate::kernel::{Handle, SimDuration};
use crate::scenario::Health;
use crate::world::fleet::{Cause, NodeId};
use crate::world::workload::objects::Loss;

impl Simulation<'_> {
    /// `node` is no longer up: its shards are not available.
    pub(in crate::simulation) fn shards_down(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.with_objects(|_, state, _| {
            state.nodes[node.index()].went_down = Some(now);
            state.store.down(node.0);
        });
    }

    /// `node` is up again: its shards are available; if it is another unit, it says that it is empty.
    pub(in crate::simulation) fn shards_up(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.with_objects(|run, state, model| {
            let joined = &mut state.nodes[node.index()].joined;
            *joined = now.min(*joined);
            state.store.up(now, node.0);
            state.lift_disqualification(now, node.0);
            run.pieces_return(state, model, node.0);
        });
    }

    /// What `node` stored is gone. Told twice, the second time means nothing.
    pub(in crate::simulation) fn shards_die(&mut self, node: NodeId) {
        let now = self.engine.now();
        let knows = self.model.policy.health == Health::Oracle;
        self.with_objects(|run, state, model| {
            state.store.dies(node.0);
            let watched = &mut state.nodes[node.index()];
            (watched.joined, watched.went_down) = (now, Some(now));
            state.audits_begin_anew(model, node.0);
            Self::exit_ends(state, node.0);
            run.uploads_die(state, model, node.0);
            if knows {
                state.store.reveal(now, node.0, Loss::Death);
            }
        });
    }

    /// The health check suspects `node`.
    pub(in crate::simulation) fn shards_suspected(&mut self, node: NodeId) {
        self.with_objects(|run, state, model| {
            let watched = &mut state.nodes[node.index()];
            if std::mem::replace(&mut watched.suspected, true) {
                return;
            }
            run.pieces_suspected(state, model, node.0);
            let watched = &mut state.nodes[node.index()];
            let Some(repair) = &model.repair else { return };
            let after = repair.after.as_ref().map_or(SimDuration::ZERO, |after| {
                after.draw_duration(&model.draws.grace, node.0, watched.spells)
            });
            watched.spells += 1;
            if after.is_zero() {
                run.write_off_node(state, node);
            } else if after != SimDuration::MAX {
                watched.write_off = run.engine.after(after, Event::Object(ObjectEvent::WriteOff { node }));
            }
        });
    }

    /// The health check trusts `node` again.
    pub(in crate::simulation) fn shards_trusted(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.with_objects(|run, state, _| {
            let watched = &mut state.nodes[node.index()];
            watched.suspected = false;
            Self::cancel(&mut run.engine, &mut watched.write_off);
            if !state.is_disqualified(node.0) {
                state.store.count_again(now, node.0);
            }
        });
    }

    pub(super) fn grace_over(&mut self, node: NodeId) {
        self.with_objects(|run, state, _: &ObjectModel| {
            state.nodes[node.index()].write_off = Handle::NONE;
            run.write_off_node(state, node);
        });
    }

    /// The controller writes `node` off.
    pub(super) fn write_off_node(&mut self, state: &mut ObjectState, node: NodeId) {
        let by_link = matches!(self.node(node).reasons.first(), Some(Cause::Link | Cause::Nat) | None);
        let why = if by_link { Loss::Link } else { Loss::Outage };
        state.store.write_off(self.engine.now(), node.0, why);
    }
}
