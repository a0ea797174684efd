//! Audits: the controller challenges a node to show a shard that it is believed to hold.
//!
//! Each node is audited at drawn intervals, unless it is suspected (then it is the health check's business) or disqualified.
//! The shard is drawn uniformly among those believed there. A node that is up shows it or does not; what it does not show is
//! missing from then on; a node that keeps nothing only has to answer. A node that is down does not answer; after `misses` in a row it is written off, until it answers one, so
//! that audits find dead nodes where nobody watches their health. With `reputation` good and bad audits feed a score
//! (`policy::beta`), and a node whose score is too low is disqualified: written off for good, gets no shards, is not asked,
//! until another unit or host takes its place. The result of every audit is also a report to the `reputation` of the policy, if it
//! keeps one (`policy::reputation`), and who is disqualified there, by whatever reports, is disqualified here too. Messages that are lost are sent again ([`super::super::transport`]); where that is given up, the node has not answered. Left out: the bytes and milliseconds that an audit takes.
//!
//! A node that has dropped a share f of what it should keep fails with probability f; where all is dropped and audits come
//! every T, Storj's defaults find it after 41 audits.

use super::super::transport::{Draws, Way};
use super::super::{AccessEvent, Event, Simulation};
use super::{ObjectModel, ObjectState};
use crate::kernel::SimDuration;
use crate::policy::beta::Beta;
use crate::policy::reputation::ReportKind;
use crate::scenario::{ObjectAudits, ObjectPolicy};
use crate::world::fleet::NodeId;
use crate::world::workload::objects::Loss;

/// How a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Good,
    Disqualified,
    /// Another unit has taken the place of one that was disqualified, and has not been heard of.
    Succeeded,
}

/// A node in the eyes of the auditor.
#[derive(Clone, Debug)]
pub(super) struct Audited {
    reputation: Option<Beta>,
    /// Audits so far.
    number: u32,
    /// Audits in a row without answer.
    unanswered: u32,
    standing: Standing,
}

impl Audited {
    /// Nothing is known of it yet.
    pub fn new(policy: &ObjectPolicy) -> Self {
        let rules = policy.audits.as_ref().and_then(|audits| audits.reputation.as_ref());
        let reputation = rules.map(|rules| Beta::new(rules.prior, 0.0));
        Self { reputation, number: 0, unanswered: 0, standing: Standing::Good }
    }
}

impl ObjectState {
    /// Whether a node has been disqualified.
    pub(super) fn is_disqualified(&self, node: u32) -> bool {
        self.access.audited.get(node as usize).is_some_and(|it| it.standing != Standing::Good)
    }

    /// Another unit will stand in the place of a node: nothing is known of it.
    pub(super) fn audits_begin_anew(&mut self, model: &ObjectModel, node: u32) {
        let Some(it) = self.access.audited.get_mut(node as usize) else { return };
        let standing = if it.standing == Standing::Good { Standing::Good } else { Standing::Succeeded };
        *it = Audited { number: it.number, standing, ..Audited::new(&model.access.policy) };
    }

    /// A node answers again. If another unit has succeeded one that was disqualified, it counts.
    pub(super) fn lift_disqualification(&mut self, now: crate::kernel::SimTime, node: u32) {
        if let Some(it) = self.access.audited.get_mut(node as usize)
            && it.standing == Standing::Succeeded
        {
            it.standing = Standing::Good;
            self.store.count_again(now, node);
        }
    }
}

impl Simulation<'_> {
    pub(super) fn start_audits(&mut self, state: &ObjectState, model: &ObjectModel) {
        let Some(audits) = &model.access.policy.audits else { return };
        for node in 0..state.access.audited.len() as u32 {
            let gap = audits.every.draw(&model.access.audit, node, 0);
            let after = SimDuration::from_secs_f64(gap * model.access.audit.unit(node, 1));
            self.engine.after(after, Event::Access(AccessEvent::Audit { node: NodeId(node) }));
        }
    }

    pub(super) fn audit(&mut self, node: NodeId) {
        self.with_objects(|run, state, model| {
            let Some(audits) = &model.access.policy.audits else { return };
            let it = &mut state.access.audited[node.index()];
            it.number += 1;
            let number = it.number;
            let after = audits.every.draw_duration(&model.access.audit, node.0, 2 * number);
            if after != SimDuration::MAX {
                run.engine.after(after, Event::Access(AccessEvent::Audit { node }));
            }
            if it.standing != Standing::Good || state.nodes[node.index()].suspected {
                return;
            }
            if !state.store.is_up(node.0) || !run.audit_gets_through(model, node, number) {
                run.audit_unanswered(state, audits, node);
                return;
            }
            it.unanswered = 0;
            if audits.misses.is_some() {
                state.store.count_again(run.engine.now(), node.0);
            }
            let (shards, ghosts) = (state.store.shards_of(node.0), state.store.ghosts_of(node.0));
            let all = shards.len() + ghosts.len();
            if all == 0 {
                return;
            }
            let draw = model.access.audit.bits(node.0, 2 * number + 1) >> 32;
            let chosen = ((draw * all as u64) >> 32) as usize;
            let ghost = chosen.checked_sub(shards.len()).map(|at| ghosts[at]);
            if let Some(slot) = ghost {
                run.found_missing(state, slot, node.0);
                state.access.meter.audits_failed += 1;
            } else {
                state.access.meter.audits_passed += 1;
            }
            run.audit_result(state, model, node, ghost.is_none());
        });
    }

    /// Whether a challenge and its answer get through.
    fn audit_gets_through(&mut self, model: &ObjectModel, node: NodeId, number: u32) -> bool {
        let gateway = self.model.entry_of(self.node(node).site).region;
        let loss = &model.access.audit_loss;
        let draws = Draws { latency: loss, loss, entity: node.0, index: number.wrapping_mul(2), round: 0 };
        self.exchange(Way::Gateway(gateway, node), draws, 2).arrives
    }

    fn audit_unanswered(&mut self, state: &mut ObjectState, audits: &ObjectAudits, node: NodeId) {
        state.access.meter.audits_unanswered += 1;
        let it = &mut state.access.audited[node.index()];
        it.unanswered += 1;
        if audits.misses.is_some_and(|misses| it.unanswered >= misses) {
            self.write_off_node(state, node);
        }
    }

    /// What an audit says of a node.
    fn audit_result(&mut self, state: &mut ObjectState, model: &ObjectModel, node: NodeId, good: bool) {
        let mut disqualified = self.report(node, good, ReportKind::Audit);
        let rules = model.access.policy.audits.as_ref().and_then(|audits| audits.reputation.as_ref());
        let it = &mut state.access.audited[node.index()];
        if let (Some(rules), Some(reputation)) = (rules, &mut it.reputation) {
            reputation.report(rules.memory, good, 1.0);
            disqualified |= reputation.score() < rules.below;
        }
        if disqualified {
            self.disqualify(state, model, node);
        }
    }

    /// The policy's `reputation` has disqualified a node by other reports than audits.
    pub(in crate::simulation) fn shards_disqualified(&mut self, node: NodeId) {
        self.with_objects(|run, state, model| {
            if !state.is_disqualified(node.0) {
                run.disqualify(state, model, node);
            }
        });
    }

    /// A node is written off for good.
    fn disqualify(&mut self, state: &mut ObjectState, model: &ObjectModel, node: NodeId) {
        state.access.audited[node.index()].standing = Standing::Disqualified;
        let now = self.engine.now();
        let since = now.since(state.nodes[node.index()].joined);
        state.access.meter.disqualified(since);
        state.store.write_off(now, node.0, Loss::Rot);
        self.pieces_suspected(state, model, node.0);
    }
}
