//! Health checks: from what nodes and links do to whom the controller trusts.
//!
//! A node *answers* while it is up: running and reachable. The oracle follows that at once; `none` never suspects; the
//! others watch each node from the gateway of its own region, over the node's access link.

use super::{Event, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::policy::health::{AnyWatch, HealthContext, Schedule, Verdict};
use crate::scenario::Health;
use crate::world::fleet::NodeId;
use crate::world::network::Wait;

/// The health check of a node, and when it is to be woken.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    watch: AnyWatch,
    event: Handle,
}

impl Simulation<'_> {
    /// `node` does not answer any more.
    pub(super) fn stopped_answering(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.stopped_answering(now, node, self.control.trusts(node));
        self.truth_changed(node);
        if self.model.policy.health == Health::Oracle {
            self.suspicion(node);
        }
        if !self.faults.silences(node) {
            self.tell_watch(node, AnyWatch::node_lost);
        }
        self.failed_under_supervision(node);
    }

    /// `node` answers again.
    pub(super) fn answers_again(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.answers_again(now, node);
        self.truth_changed(node);
        if self.model.policy.health == Health::Oracle {
            self.trust(node);
        }
        if !self.faults.silences(node) {
            self.tell_watch(node, AnyWatch::node_back);
        }
        self.back_under_supervision(node);
    }

    /// The gateway that watches `node`, which is up, hears from it again, or no longer.
    pub(super) fn hearing_changed(&mut self, node: NodeId, hears: bool) {
        self.swim_hearing_changed(node, hears);
        self.sync_views_of(node);
        self.tell_watch(node, if hears { AnyWatch::node_back } else { AnyWatch::node_lost });
    }

    /// Tells the watch of `node` what has happened, and wakes it when it says.
    pub(super) fn tell_watch(
        &mut self,
        node: NodeId,
        tell: fn(&mut AnyWatch, SimTime, &HealthContext<'_>) -> Option<SimTime>,
    ) {
        if self.is_unwatched(node) {
            return;
        }
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let Some(Watch { watch, event }) = self.watches.get_mut(node.index()) else { return };
        Self::cancel(&mut self.engine, event);
        if let Some(at) = tell(watch, now, &context) {
            *event = self.engine.at(at, Event::HealthWake { node });
        }
    }

    /// Whoever watches `node` dies: what it believes stays.
    pub(super) fn pause_watch(&mut self, node: NodeId) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let Some(Watch { watch, event }) = self.watches.get_mut(node.index()) else { return };
        Self::cancel(&mut self.engine, event);
        watch.pause(now, &context);
    }

    /// Whoever watches `node` starts again, and begins anew with what it believed.
    pub(super) fn restart_watch(&mut self, node: NodeId) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let answering = self.node(node).reasons.is_up() && !self.faults.silences(node);
        let Some(Watch { watch, event }) = self.watches.get_mut(node.index()) else { return };
        Self::cancel(&mut self.engine, event);
        if let Some(at) = watch.restart(now, &context, answering) {
            *event = self.engine.at(at, Event::HealthWake { node });
        }
        let waits = self.disturbs_checks(node) || self.waits_at_uplink(node);
        if waits && !self.watch_is_busy(node) {
            self.tell_watch(node, AnyWatch::uplink_busy);
        }
    }

    /// The watch of `node` begins with what whoever watched it before has believed. To be followed by [`Self::restart_watch`].
    pub(super) fn presume(&mut self, node: NodeId, suspected: bool) {
        if let Some(Watch { watch, .. }) = self.watches.get_mut(node.index()).filter(|_| suspected) {
            watch.presume_suspected();
        }
    }

    /// The watch of `node` has asked to be woken now.
    pub(super) fn health_wake(&mut self, node: NodeId) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let busy = self.watch_is_busy(node);
        let wait = if busy { self.wait_of_check(node, &context) } else { Wait::default() };
        let idle = busy && self.uplink_is_idle(node) && !self.disturbs_checks(node);
        let Watch { watch, event } = &mut self.watches[node.index()];
        let mut woken = watch.wake_behind(now, &context, wait);
        if idle {
            woken.next = watch.uplink_idle(now, &context);
        }
        *event = match woken.next {
            Some(at) => self.engine.at(at, Event::HealthWake { node }),
            None => Handle::NONE,
        };
        match woken.verdict {
            Some(Verdict::Suspect) => self.suspicion(node),
            Some(Verdict::Trust) => self.trust(node),
            None => {}
        }
    }

    /// What the health message of `node` that goes out now meets before the uplink, and from faults.
    fn wait_of_check(&self, node: NodeId, context: &HealthContext<'_>) -> Wait {
        let queue = self.uplink_wait(self.node(node).site);
        let legs = if matches!(context.class.schedule(), Schedule::Probes { .. }) { 2 } else { 1 };
        let message = self.watches[node.index()].watch.next_message();
        let faults = self.detour_of_check(node, message, legs);
        Wait { delay: queue.delay + faults.delay, loss: queue.loss.max(faults.loss) }
    }

    /// Whether the watch of `node` looks at each message as it goes out.
    pub(super) fn watch_is_busy(&self, node: NodeId) -> bool {
        self.watches.get(node.index()).is_some_and(|it| it.watch.is_busy())
    }

    /// The health check has come to suspect `node`.
    pub(super) fn suspicion(&mut self, node: NodeId) {
        let now = self.engine.now();
        if !self.suspicion_counts(node) {
            return;
        }
        self.view_changes(node, true);
        self.collect.suspected(now, node, self.node(node).reasons.is_up());
        let (control, mut post) = self.control_and_post();
        control.suspect(&mut post, node);
        self.shards_suspected(node);
        self.jobs_suspect(node);
    }

    /// The health check trusts `node` again; it may be kept back for some time.
    pub(super) fn trust(&mut self, node: NodeId) {
        if !self.is_kept_back(node) {
            self.trust_at_last(node);
        }
    }

    /// `node` is trusted again.
    pub(super) fn trust_at_last(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.view_changes(node, false);
        self.collect.trusted(now, node, self.node(node).reasons.is_up());
        self.control.trust(now, node);
        self.shards_trusted(node);
        self.job_candidate_changed(node);
    }

    /// Starts the watches; the oracle and `none` need none.
    pub(super) fn start_watch(&mut self) {
        match self.model.policy.health {
            Health::Oracle | Health::None => return,
            Health::Swim(_) => return self.start_swim(),
            _ => {}
        }
        let now = self.engine.now();
        self.watches.reserve_exact(self.nodes.len());
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let context = self.model.health_context(node, self.nodes[node.index()].site);
            let mut watch = AnyWatch::new(&self.model.policy.health, now, &context);
            let event = match watch.next(now, &context) {
                Some(at) => self.engine.at(at, Event::HealthWake { node }),
                None => Handle::NONE,
            };
            self.watches.push(Watch { watch, event });
        }
    }
}
