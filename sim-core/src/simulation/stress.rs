//! Requests under stress, the world's side: what nodes turn away, and how tied attempts cancel each other.
//!
//! *Shedding* is done where a queue is. An attempt is turned away on arrival if too many wait; when a slot is free, the next is turned away
//! instead of served if it has waited too long, or if its request is past its deadline. How long is too long follows the
//! controlled delay of B. Maurer, "Fail at scale", ACM Queue 13(8), 2015 (after CoDel, K. Nichols and V. Jacobson, 2012): `interval`,
//! but `target` once the queue has not been empty for `interval`. An attempt turned away is answered at once, like one for which there is no
//! place; the answer takes no work. `newest_first` is the last-in, first-out order of the same article.
//!
//! *Ties*: when an attempt begins, messages go from its node to those of the other attempts of its request. One that still waits there, or
//! is on its way, is taken out; one that has begun goes on. As a client names both nodes to both beforehand, one that is sent later, such as a
//! hedge, finds the message there. Between nodes of one site a message takes no time; else both access links
//! delay it and can lose it, and the backbone lies between.

use super::{Event, Model, RequestEvent, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::catalog::of_workload;
use crate::policy::redundancy::StressCounts;
use crate::policy::routing::TrueState;
use crate::scenario::{RequestPolicy, Shedding};
use crate::world::fleet::{AttemptId, BodyState, NodeId};
use crate::world::network::lost;

/// Draws of the message that breaks a tie, beside those of request, reply and calling back.
const TIE: u32 = 3;

/// What is kept for shedding.
#[derive(Clone, Debug, Default)]
pub(super) struct StressState {
    /// Since when attempts wait at each node; empty without controlled delay.
    stands_since: Vec<SimTime>,
    /// Attempts turned away, by workload.
    shed: Vec<u64>,
}

impl StressState {
    pub(super) fn new(model: &Model) -> Self {
        let shedding = model.policy.requests.shedding;
        let nodes = if shedding.is_some_and(|it| it.codel.is_some()) { model.node_count() } else { 0 };
        Self { stands_since: vec![SimTime::ZERO; nodes], shed: vec![0; model.workloads.len()] }
    }
}

impl Simulation<'_> {
    /// Shedding follows another policy from now on: queues that stand begin to stand now.
    pub(super) fn renew_stress(&mut self) {
        let now = self.engine.now();
        self.stress = StressState::new(self.model);
        self.stress.stands_since.fill(now);
    }

    /// How many may wait at a node of a class that lets `queue` wait.
    #[inline]
    pub(super) fn places(&self, queue: Option<u32>) -> Option<u32> {
        let shed = self.model.policy.requests.shedding.and_then(|it| it.queue);
        match (queue, shed) {
            (Some(queue), Some(shed)) => Some(queue.min(shed)),
            (queue, shed) => queue.or(shed),
        }
    }

    /// An attempt was turned away on arrival; counts it if that was shedding.
    pub(super) fn turned_away(&mut self, attempt: AttemptId, queue: Option<u32>) {
        let shed = self.model.policy.requests.shedding.and_then(|it| it.queue);
        if shed.is_some_and(|shed| queue.is_none_or(|queue| shed < queue)) {
            self.count_shed(attempt);
        }
    }

    fn count_shed(&mut self, attempt: AttemptId) {
        let workload = self.bodies[attempt.index()].workload;
        self.stress.shed[usize::from(workload)] += 1;
    }

    /// An attempt waits at `node`.
    #[inline]
    pub(super) fn queue_stands(&mut self, node: NodeId) {
        if self.nodes[node.index()].server.queued() == 1
            && let Some(since) = self.stress.stands_since.get_mut(node.index())
        {
            *since = self.engine.now();
        }
    }

    /// Moves the next waiting attempt of `node` into a slot; what is shed on the way is turned away.
    #[inline]
    pub(super) fn start_waiting(&mut self, node: NodeId, slots: u32) -> Option<AttemptId> {
        let server = &mut self.nodes[node.index()].server;
        match self.model.policy.requests.shedding {
            None => server.start_next(&mut self.bodies, slots),
            Some(shedding) => self.start_fresh(node, slots, shedding),
        }
    }

    /// As [`Self::start_waiting`], where stale attempts are shed.
    #[inline(never)]
    fn start_fresh(&mut self, node: NodeId, slots: u32, shedding: Shedding) -> Option<AttemptId> {
        loop {
            let server = &mut self.nodes[node.index()].server;
            let attempt = if shedding.newest_first {
                server.start_last(&mut self.bodies, slots)?
            } else {
                server.start_next(&mut self.bodies, slots)?
            };
            if !self.is_stale(node, attempt) {
                return Some(attempt);
            }
            self.nodes[node.index()].server.remove(&mut self.bodies, attempt);
            self.collect.queue_changed(self.engine.now(), -1);
            self.count_shed(attempt);
            self.turn_away(attempt, false);
        }
    }

    /// Whether an attempt has waited too long to be served.
    fn is_stale(&self, node: NodeId, attempt: AttemptId) -> bool {
        let Some(shedding) = self.model.policy.requests.shedding else { return false };
        let now = self.engine.now();
        let body = &self.bodies[attempt.index()];
        let waited = now.since(body.since);
        let deadline = self.model.workloads[usize::from(body.workload)].requests.deadline;
        let delayed = shedding.codel.is_some_and(|codel| {
            let stands = now.since(self.stress.stands_since[node.index()]) >= codel.interval;
            waited > if stands { codel.target } else { codel.interval }
        });
        delayed
            || shedding.age.is_some_and(|age| waited > age)
            || (shedding.overdue && deadline.is_some_and(|deadline| now.since(body.arrived) > deadline))
    }

    /// `attempt` has begun: the others of its request need not.
    #[inline]
    pub(super) fn break_ties(&mut self, attempt: AttemptId) {
        if self.model.policy.requests.tied && self.control.awaits(attempt) {
            self.break_ties_of(attempt);
        }
    }

    fn break_ties_of(&mut self, attempt: AttemptId) {
        // Most requests have two attempts: no list is made for them.
        let mut others = self.control.rivals(attempt);
        let (Some(first), second) = (others.next(), others.next()) else { return };
        let more: Vec<AttemptId> = others.collect();
        for other in [Some(first), second].into_iter().flatten().chain(more) {
            if self.break_tie(attempt, other) {
                self.tie_broken(other, self.stamp(other));
            }
        }
    }

    /// `attempt` is sent: those of its request that have begun have told its node so beforehand.
    #[inline]
    pub(super) fn tie(&mut self, attempt: AttemptId) {
        if self.model.policy.requests.tied && self.bodies[attempt.index()].index > 0 {
            self.tie_to_rivals(attempt);
        }
    }

    fn tie_to_rivals(&mut self, attempt: AttemptId) {
        let begun = |it: &AttemptId| {
            let body = self.bodies.get(it.index());
            body.is_some_and(|body| matches!(body.state, BodyState::Running | BodyState::Inbound))
        };
        let begun: Vec<AttemptId> = self.control.rivals(attempt).filter(begun).collect();
        for other in begun {
            if self.break_tie(other, attempt) {
                self.gone(attempt);
                return;
            }
        }
    }

    /// Sends the message that `begun` has begun after `other`; true if it is there at once.
    fn break_tie(&mut self, begun: AttemptId, other: AttemptId) -> bool {
        let state = self.bodies.get(other.index()).map(|body| body.state);
        if !matches!(state, Some(BodyState::Outbound | BodyState::Waiting)) {
            return false;
        }
        let stamp = self.stamp(other);
        let (now, since) = (self.engine.now(), self.bodies[begun.index()].since);
        // The message left when the attempt began.
        let left = |delay: SimDuration| (since + delay).max(now).since(now);
        match self.between_nodes(begun, other).map(left) {
            None => false,
            Some(delay) if delay.is_zero() => true,
            Some(delay) => {
                let event = RequestEvent::TieBroken { attempt: other, stamp };
                self.engine.after(delay, Event::Request(event));
                false
            }
        }
    }

    /// Latency of a message from the node of one attempt to that of another, or `None` if it is lost.
    fn between_nodes(&mut self, from: AttemptId, to: AttemptId) -> Option<SimDuration> {
        let now = self.engine.now();
        let sites = [from, to].map(|attempt| self.node(self.bodies[attempt.index()].node).site);
        if sites[0] == sites[1] {
            return Some(SimDuration::ZERO);
        }
        let model = self.model;
        let [a, b] = sites.map(|site| model.entry_of(site).region);
        let mut delay = self.between_regions(a, b)?;
        for (attempt, site) in [from, to].into_iter().zip(sites) {
            let state = &mut self.sites[site.index()];
            if state.link_outages > 0 {
                return None;
            }
            let Some(way) = model.way_of(site).1 else { continue };
            let body = &self.bodies[attempt.index()];
            let workload = &model.workloads[usize::from(body.workload)];
            let draw = u32::from(body.index) * 4 + TIE;
            if let Some(loss) = &way.link.loss {
                let bad = state.link.bad_at(now, Some(loss), &model.draws.link_state, site.0);
                if lost(Some(loss), bad, workload.loss.unit(body.number, draw)) {
                    return None;
                }
            }
            delay = way.travel(delay, &workload.latency, body.number, draw);
        }
        Some(delay)
    }

    /// Something happens to a request under stress.
    pub(super) fn request_event(&mut self, event: RequestEvent) {
        match event {
            RequestEvent::TieBroken { attempt, stamp } => self.tie_broken(attempt, stamp),
        }
    }

    fn tie_broken(&mut self, attempt: AttemptId, stamp: u32) {
        let waits = matches!(self.bodies[attempt.index()].state, BodyState::Outbound | BodyState::Waiting);
        if waits && self.stamp(attempt) == stamp {
            self.recall(attempt);
        }
    }

    /// The state of `node` has changed: tells the policy that knows the truth.
    #[inline(always)]
    pub(super) fn truth_changed(&mut self, node: NodeId) {
        if !self.control.known().truth.is_empty() {
            self.tell_truth(node);
        }
    }

    #[inline(never)]
    fn tell_truth(&mut self, node: NodeId) {
        let up = self.node(node).reasons.is_up();
        let truth = TrueState { up, queue: self.attempts_at(node), speed: self.speed_of(node) };
        self.control.known_mut().truth[node.index()] = truth;
    }

    /// Attempts on `node`, waiting and running.
    pub(super) fn attempts_at(&self, node: NodeId) -> u32 {
        let state = self.node(node);
        match &state.shared {
            Some(shared) => shared.share.len() as u32,
            None => state.server.busy() + state.server.queued(),
        }
    }

    /// The truth at t = 0, where the policy is to know it.
    pub(super) fn start_truth(&mut self) {
        if self.model.policy.routing != crate::scenario::Routing::Oracle {
            return;
        }
        let unknown = TrueState { up: false, queue: 0, speed: 0.0 };
        self.control.known_mut().truth = vec![unknown; self.nodes.len()];
        (0..self.nodes.len()).for_each(|node| self.truth_changed(NodeId::from_index(node)));
    }

    /// Measuring begins anew.
    pub(super) fn stress_warmed_up(&mut self) {
        self.stress.shed.fill(0);
        self.control.restart_counts();
    }

    /// What was done about stress: a policy is asked about what it does, whatever those beside it in the file do.
    pub(super) fn stress_metrics(&self, mut put: impl FnMut(String, f64)) {
        if self.model.workloads.is_empty() {
            return;
        }
        let policy = &self.model.policy.requests;
        let (counts, opens) = self.control.stress_counts();
        let rows: Vec<_> = counts.iter().zip(&self.stress.shed).zip(&self.collect.requests).collect();
        let mut total = (StressCounts::default(), 0, 0);
        for (workload, ((counts, shed), requests)) in self.model.workloads.iter().zip(&rows) {
            let counts = StressCounts { shed: counts.shed + *shed, ..**counts };
            total.0 = total.0.and(counts);
            total.1 += requests.attempts;
            total.2 += requests.arrived;
            if rows.len() > 1 {
                let ratio = requests.attempts as f64 / requests.arrived as f64;
                put_counts(policy, counts, ratio, |name, value| {
                    put(of_workload(name, &workload.name), value);
                });
            }
        }
        let (counts, attempts, arrived) = total;
        put_counts(policy, counts, attempts as f64 / arrived as f64, |name, value| {
            put(name.to_owned(), value);
        });
        if policy.circuit_breaker.is_some() {
            put("requests.breaker_opens".to_owned(), opens as f64);
        }
    }
}

/// Tells of a policy what it can have done.
fn put_counts(
    policy: &RequestPolicy,
    counts: StressCounts,
    amplification: f64,
    mut put: impl FnMut(&str, f64),
) {
    put("requests.amplification", amplification);
    let hedges = policy.hedge.is_some();
    for (told, name, count) in [
        (policy.attempts > 1, "requests.retries.sent", counts.retries_sent),
        (policy.retry_budget.is_some(), "requests.retries.denied", counts.retries_denied),
        (hedges, "requests.hedges.sent", counts.hedges_sent),
        (hedges, "requests.hedges.won", counts.hedges_won),
        (policy.shedding.is_some() || policy.concurrency.is_some(), "requests.shed", counts.shed),
    ] {
        if told {
            put(name, count as f64);
        }
    }
}
