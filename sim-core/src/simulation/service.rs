//! Attempts at their nodes: places, slots, and work.
//!
//! An attempt that reaches its node takes a slot, or waits for one, or shares all of them; with no place left the node answers so
//! at once. One that meets a node that stands still is lost, unless the node type holds its work or the network speaks for it.

use super::model::QuickClass;
use super::state::Rest;
use super::{Event, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::world::fleet::{Admission, AttemptId, Body, BodyState, FifoServer, NodeId};

impl Simulation<'_> {
    /// A request message reaches its node.
    pub(super) fn reached_node<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let model = self.model;
        if !PLAIN {
            self.blame_reached(attempt);
        }
        let body = &mut self.bodies[attempt.index()];
        let node = body.node;
        let class = model.quick_class(node);
        let state = &mut self.nodes[node.index()];
        let halted = state.reasons.halts();
        if halted && !class.holds {
            self.meets_dead_node(attempt);
            return;
        }
        body.since = now;
        let (mut slots, mut queue) = (class.slots, class.queue);
        if !PLAIN {
            (slots, queue) = (self.request_slots(node), self.places(queue));
            if class.shares {
                self.joins_others(attempt, slots, queue);
                return;
            }
        }
        let state = &mut self.nodes[node.index()];
        let closed = halted || state.rest != Rest::Awake;
        match state.server.admit(&mut self.bodies, attempt, slots, queue, closed) {
            Admission::Rejected => {
                self.turned_away(attempt, class.queue);
                self.turn_away(attempt, halted);
            }
            Admission::Starts => {
                if class.sleeps {
                    self.rouse(node);
                }
                self.begin_service::<PLAIN>(attempt, class);
                self.busy_changed_as::<PLAIN>(node, class);
            }
            Admission::Waits => {
                self.collect.queue_changed(now, 1);
                if !PLAIN {
                    self.queue_stands(node);
                    self.truth_changed(node);
                }
                if !halted && class.sleeps {
                    self.rouse(node);
                }
            }
        }
    }

    /// An attempt gets its share of the slots of its node, which has room for so many, if there is a place.
    #[inline(never)]
    fn joins_others(&mut self, attempt: AttemptId, slots: u32, queue: Option<u32>) {
        let now = self.engine.now();
        let Body { node, work, workload, .. } = self.bodies[attempt.index()];
        let state = &mut self.nodes[node.index()];
        let halted = state.reasons.halts();
        let shared = state.shared.as_mut().expect("a node of this class shares");
        let places = queue.map(|queue| queue as usize + slots as usize);
        if places.is_some_and(|places| shared.share.len() >= places) {
            self.turned_away(attempt, self.model.quick_class(node).queue);
            self.turn_away(attempt, halted);
            return;
        }
        self.bodies[attempt.index()].state = BodyState::Sharing;
        shared.share.add(now, attempt.0, work);
        self.collect.began_service(SimDuration::ZERO, workload);
        self.load_of_node_changed(node);
    }

    /// There is no place for an attempt; a node that stands still cannot say so.
    #[inline(never)]
    pub(super) fn turn_away(&mut self, attempt: AttemptId, halted: bool) {
        if halted {
            self.silently_lost(attempt);
            return;
        }
        self.bodies[attempt.index()].rejected = true;
        self.blame_refused(attempt);
        self.send_reply::<false>(attempt);
    }

    /// An attempt is on a node that stands still and does not hold it: it is turned away, if the network speaks for the node, or lost.
    #[inline(never)]
    fn meets_dead_node(&mut self, attempt: AttemptId) {
        let node = self.bodies[attempt.index()].node;
        if self.model.classes[usize::from(self.node(node).class)].refuses {
            self.bodies[attempt.index()].rejected = true;
            self.blame_lost(attempt);
            self.send_reply::<false>(attempt);
        } else {
            self.silently_lost(attempt);
        }
    }

    /// An attempt has got a slot of a node of this class.
    #[inline(always)]
    fn begin_service<const PLAIN: bool>(&mut self, attempt: AttemptId, class: &QuickClass) {
        let now = self.engine.now();
        if !PLAIN {
            self.blame_began(attempt);
        }
        let speed = if PLAIN { class.speed } else { self.speed_of(self.bodies[attempt.index()].node) };
        let body = &mut self.bodies[attempt.index()];
        self.collect.began_service(now.since(body.since), body.workload);
        body.since = now;
        // At no speed it waits in its slot until the node may work again.
        if speed > 0.0 {
            let after = SimDuration::from_secs_f64(body.work / speed);
            body.next_event = self.engine.after(after, Event::Served { attempt });
        }
        if !PLAIN {
            self.break_ties(attempt);
        }
    }

    /// A slot has done the work of an attempt.
    #[inline(never)]
    pub(super) fn served<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let body = &mut self.bodies[attempt.index()];
        body.next_event = Handle::NONE;
        let node = body.node;
        self.nodes[node.index()].server.remove(&mut self.bodies, attempt);
        let model = self.model;
        let class = model.quick_class(node);
        self.fill_slots_as::<PLAIN>(node, class);
        self.busy_changed_as::<PLAIN>(node, class);
        self.send_reply::<PLAIN>(attempt);
    }

    /// Processor sharing has done the work of an attempt.
    pub(super) fn shared_served(&mut self, node: NodeId) {
        let now = self.engine.now();
        let shared = self.nodes[node.index()].shared.as_mut().expect("only a shared node shares");
        shared.event = Handle::NONE;
        let attempt = AttemptId(shared.share.complete(now));
        self.load_of_node_changed(node);
        self.send_reply::<false>(attempt);
    }

    /// Predicts anew when a shared node finishes an attempt.
    pub(super) fn reschedule_shared(&mut self, node: NodeId) {
        let Some(shared) = &mut self.nodes[node.index()].shared else { return };
        Self::cancel(&mut self.engine, &mut shared.event);
        if let Some((at, _)) = shared.share.next_completion() {
            shared.event = self.engine.at(at, Event::SharedServed { node });
        }
    }

    fn load_of_node_changed(&mut self, node: NodeId) {
        self.reschedule_shared(node);
        self.busy_changed(node);
    }

    /// Slots of `node` that work.
    #[inline]
    pub(super) fn busy_slots(&self, node: NodeId) -> u32 {
        let state = self.node(node);
        if state.reasons.halts() {
            return 0;
        }
        let shared = if self.model.quick_class(node).shares { state.shared.as_ref() } else { None };
        let requests = match shared {
            Some(shared) => self.request_slots(node).min(shared.share.len() as u32),
            None => state.server.busy(),
        };
        requests + self.job_slots(node)
    }

    /// Slots of `node` that no job holds.
    #[inline]
    pub(super) fn request_slots(&self, node: NodeId) -> u32 {
        self.model.quick_class(node).slots - self.job_slots(node)
    }

    /// Slots have become busy or free: power follows, and an idle node may sleep.
    pub(super) fn busy_changed(&mut self, node: NodeId) {
        let model = self.model;
        self.busy_changed_as::<false>(node, model.quick_class(node));
    }

    /// As [`Self::busy_changed`], of a node that does not stand still where requests are plain.
    #[inline(always)]
    fn busy_changed_as<const PLAIN: bool>(&mut self, node: NodeId, class: &QuickClass) {
        let now = self.engine.now();
        let busy = if PLAIN { self.node(node).server.busy() } else { self.busy_slots(node) };
        self.collect.busy_changed(now, node, busy);
        if !PLAIN {
            self.truth_changed(node);
        }
        if class.sleeps || class.draws_power {
            self.power_follows(node, busy);
        }
    }

    /// Busy slots draw power, and an idle node may sleep.
    #[inline(never)]
    fn power_follows(&mut self, node: NodeId, busy: u32) {
        let class = self.model.quick_class(node);
        if class.sleeps
            && busy == 0
            && self.node(node).rest == Rest::Awake
            && !self.node(node).reasons.halts()
        {
            self.fell_idle(node);
        }
        if !class.draws_power {
            return;
        }
        let before = self.node(node).power;
        self.refresh_power(node);
        if self.node(node).power != before {
            self.load_changed(self.node(node).site);
        }
    }

    /// Starts waiting attempts while slots are free.
    pub(super) fn fill_slots(&mut self, node: NodeId) {
        let model = self.model;
        self.fill_slots_as::<false>(node, model.quick_class(node));
    }

    #[inline(always)]
    fn fill_slots_as<const PLAIN: bool>(&mut self, node: NodeId, class: &QuickClass) {
        let now = self.engine.now();
        let state = self.node(node);
        if state.reasons.halts() || state.rest != Rest::Awake {
            return;
        }
        let mut slots = class.slots;
        if !PLAIN {
            self.start_waiting_jobs(node);
            slots = self.request_slots(node);
        }
        loop {
            let next = if PLAIN {
                self.nodes[node.index()].server.start_next(&mut self.bodies, slots)
            } else {
                self.start_waiting(node, slots)
            };
            let Some(attempt) = next else { return };
            self.collect.queue_changed(now, -1);
            self.begin_service::<PLAIN>(attempt, class);
        }
    }

    /// Takes an attempt off its node. A reply already under way is left alone, and so is a request that
    /// is passing the downlink.
    pub(super) fn recall(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let Body { state, node, .. } = self.bodies[attempt.index()];
        match state {
            BodyState::Running | BodyState::Waiting => {
                self.nodes[node.index()].server.remove(&mut self.bodies, attempt);
                Self::cancel(&mut self.engine, &mut self.bodies[attempt.index()].next_event);
                if state == BodyState::Waiting {
                    self.collect.queue_changed(now, -1);
                    self.truth_changed(node);
                } else {
                    self.fill_slots(node);
                    self.busy_changed(node);
                }
            }
            BodyState::Sharing => {
                let shared = self.nodes[node.index()].shared.as_mut().expect("only a shared node shares");
                shared.share.cancel(now, attempt.0);
                self.load_of_node_changed(node);
            }
            BodyState::Outbound if self.bodies[attempt.index()].next_event != Handle::NONE => {
                Self::cancel(&mut self.engine, &mut self.bodies[attempt.index()].next_event);
            }
            BodyState::Outbound | BodyState::Inbound | BodyState::Gone => return,
        }
        self.gone(attempt);
    }

    /// A node stands still: its attempts freeze or are lost, and it does not sleep.
    pub(super) fn halt(&mut self, node: NodeId) {
        let now = self.engine.now();
        let model = self.model;
        let state = &mut self.nodes[node.index()];
        let class = &model.classes[usize::from(state.class)];
        Self::cancel(&mut self.engine, &mut state.rest_event);
        let rest = std::mem::replace(&mut state.rest, Rest::Awake);
        self.collect.rest_changed(now, rest, Rest::Awake);
        if class.holds {
            self.charge_work(node);
            self.reschedule_work(node);
        } else {
            self.lose_work(node);
            self.lose_jobs(node);
        }
        self.collect.busy_changed(now, node, 0);
        self.truth_changed(node);
    }

    fn lose_work(&mut self, node: NodeId) {
        let now: SimTime = self.engine.now();
        if let Some(shared) = &mut self.nodes[node.index()].shared {
            let attempts = shared.share.clear(now);
            self.reschedule_shared(node);
            for attempt in attempts {
                self.meets_dead_node(AttemptId(attempt));
            }
        }
        loop {
            let server = &mut self.nodes[node.index()].server;
            let running = server.first_running();
            let attempt = if running.is_none() { server.first_waiting() } else { running };
            if attempt.is_none() {
                return;
            }
            server.remove(&mut self.bodies, attempt);
            Self::cancel(&mut self.engine, &mut self.bodies[attempt.index()].next_event);
            if running.is_none() {
                self.collect.queue_changed(now, -1);
            }
            self.meets_dead_node(attempt);
        }
    }

    /// A node works again: frozen attempts go on, waiting ones start.
    pub(super) fn resume_work(&mut self, node: NodeId) {
        let now = self.engine.now();
        let mut attempt = self.node(node).server.first_running();
        while !attempt.is_none() {
            self.bodies[attempt.index()].since = now;
            attempt = FifoServer::after(&self.bodies, attempt);
        }
        self.resume_jobs(node);
        self.reschedule_work(node);
        self.fill_slots(node);
        self.busy_changed(node);
    }
}
