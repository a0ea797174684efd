//! Health checks: from what nodes and links do to whom the controller trusts.
//!
//! A node *answers* while it is up: running and reachable. The oracle follows that at once; `none` never suspects; the
//! others watch each node from the gateway of its own region, over the node's access link.

use super::{Event, Simulation};
use crate::kernel::{Handle, SimTime};
use crate::policy::health::{HealthContext, HealthWatch, Verdict};
use crate::scenario::Health;
use crate::world::fleet::NodeId;
use crate::world::network::Wait;

/// The health check of a node, and when it is to be woken.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    watch: HealthWatch,
    event: Handle,
}

impl Simulation<'_> {
    /// `node` does not answer any more.
    pub(super) fn stopped_answering(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.stopped_answering(now, node, self.control.trusts(node));
        if self.model.policy.health == Health::Oracle {
            self.suspicion(node);
        }
        if !self.faults.silences(node) {
            self.tell_watch(node, HealthWatch::node_lost);
        }
    }

    /// `node` answers again.
    pub(super) fn answers_again(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.answers_again(now, node);
        if self.model.policy.health == Health::Oracle {
            self.trust(node);
        }
        if !self.faults.silences(node) {
            self.tell_watch(node, HealthWatch::node_back);
        }
    }

    /// The gateway that watches `node`, which is up, hears from it again, or no longer.
    pub(super) fn hearing_changed(&mut self, node: NodeId, hears: bool) {
        self.tell_watch(node, if hears { HealthWatch::node_back } else { HealthWatch::node_lost });
    }

    /// Tells the watch of `node` what has happened, and wakes it when it says.
    pub(super) fn tell_watch(
        &mut self,
        node: NodeId,
        tell: fn(&mut HealthWatch, SimTime, &HealthContext<'_>) -> Option<SimTime>,
    ) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let Some(Watch { watch, event }) = self.watches.get_mut(node.index()) else { return };
        Self::cancel(&mut self.engine, event);
        if let Some(at) = tell(watch, now, &context) {
            *event = self.engine.at(at, Event::HealthWake { node });
        }
    }

    /// The watch of `node` has asked to be woken now.
    pub(super) fn health_wake(&mut self, node: NodeId) {
        let now = self.engine.now();
        let context = self.model.health_context(node, self.nodes[node.index()].site);
        let busy = self.watch_is_busy(node);
        let wait = if busy { self.uplink_wait(self.node(node).site) } else { Wait::default() };
        let idle = busy && self.uplink_is_idle(node);
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

    /// Whether the watch of `node` looks at each message as it goes out.
    pub(super) fn watch_is_busy(&self, node: NodeId) -> bool {
        self.watches.get(node.index()).is_some_and(|it| it.watch.is_busy())
    }

    fn suspicion(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.suspected(now, node, self.node(node).reasons.is_up());
        let (control, mut post) = self.control_and_post();
        control.suspect(&mut post, node);
        self.jobs_suspect(node);
    }

    fn trust(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.collect.trusted(now, node, self.node(node).reasons.is_up());
        self.control.trust(node);
        self.job_candidate_changed(node);
    }

    /// Starts the watches; the oracle and `none` need none.
    pub(super) fn start_watch(&mut self) {
        if matches!(self.model.policy.health, Health::Oracle | Health::None) {
            return;
        }
        let now = self.engine.now();
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            let context = self.model.health_context(node, self.nodes[node.index()].site);
            let watch = HealthWatch::new(now, &context);
            let event = match watch.next(now, &context) {
                Some(at) => self.engine.at(at, Event::HealthWake { node }),
                None => Handle::NONE,
            };
            self.watches.push(Watch { watch, event });
        }
    }
}
