//! The controller: the state machine that takes a request from arrival to reply or failure.

use super::LatencyPercentile;
use super::table::{Attempt, Attempts, Opinion, Request, Requests};
use crate::kernel::{Handle, SimDuration, SimTime, Stream};
use crate::policy::routing::{Ask, Routing, TrustedNodes, View};
use crate::scenario::{Backoff, Hedge, HedgeAfter, RequestPolicy};
use crate::world::fleet::{AttemptId, NodeId, RequestId};

/// Draws reserved for the routing decision of one attempt.
const DRAWS_PER_DECISION: u32 = 64;

/// What the controller can bring about.
pub trait Effects {
    /// The time.
    fn now(&self) -> SimTime;
    /// Sends a request message to a node.
    fn send(&mut self, order: Order);
    /// Sends a message after an attempt that it is no longer wanted.
    fn call_back(&mut self, attempt: AttemptId);
    /// Asks to be told when `after` has passed.
    fn set_timer(&mut self, after: SimDuration, timer: Timer) -> Handle;
    /// Takes a timer back.
    fn cancel_timer(&mut self, handle: Handle);
    /// The attempt is settled or given up: nothing that comes of it matters any more to `request`.
    fn settled(&mut self, request: RequestId, attempt: AttemptId);
    /// The request is over.
    fn resolved(&mut self, request: &NewRequest, arrived: SimTime, sent: u32, outcome: Outcome);
}

/// A request as it enters at a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Its workload.
    pub workload: u16,
    /// Its running number within the workload.
    pub number: u32,
    /// The region at whose gateway it enters.
    pub gateway: u16,
}

/// One request message to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its request.
    pub request: RequestId,
    /// What was asked for.
    pub what: NewRequest,
    /// Number of the attempt within the request, from 0.
    pub index: u16,
    /// Where to.
    pub node: NodeId,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// An attempt has gone unanswered for too long.
    Timeout(AttemptId),
    /// The backoff of a lane is over.
    Retry {
        /// The request.
        request: RequestId,
        /// Tells whether the row has been reused since.
        generation: u32,
        /// Number of the next try.
        tries: u16,
    },
    /// It is time for a hedge.
    Hedge(RequestId),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The quorum has replied.
    Success,
    /// Too few lanes are left.
    Failed,
    /// As above, and the last try was turned away for lack of a place.
    Rejected,
}

/// State of all requests in flight, and the policies that act on them.
#[derive(Clone)]
pub struct Controller {
    policy: RequestPolicy,
    routing: Box<dyn Routing>,
    routing_draws: Vec<Stream>,
    backoff_draws: Vec<Stream>,
    /// Candidates: neither suspected nor withdrawn.
    trusted: TrustedNodes,
    /// What the health check says, by node.
    suspected: Vec<bool>,
    /// How many announcements keep new work from a node; empty until the first.
    withdrawn: Vec<u16>,
    outstanding: Vec<u32>,
    requests: Requests,
    attempts: Attempts,
    hedge_clocks: Vec<LatencyPercentile>,
    /// Whether a suspicion may still rescue an attempt that was silently lost.
    watched: bool,
    tried: Vec<NodeId>,
}

impl Controller {
    /// A controller over `nodes` nodes, all trusted. The streams are one per workload; `watched` tells whether there is
    /// a health check.
    pub fn new(
        policy: RequestPolicy,
        routing: Box<dyn Routing>,
        nodes: usize,
        routing_draws: Vec<Stream>,
        backoff_draws: Vec<Stream>,
        watched: bool,
    ) -> Self {
        let hedge_clocks = match policy.hedge {
            Some(Hedge { after: HedgeAfter::Percentile(share), .. }) => {
                vec![LatencyPercentile::new(share); routing_draws.len()]
            }
            _ => Vec::new(),
        };
        Self {
            policy,
            routing,
            routing_draws,
            backoff_draws,
            trusted: TrustedNodes::all(nodes),
            suspected: vec![false; nodes],
            withdrawn: Vec::new(),
            outstanding: vec![0; nodes],
            requests: Requests::default(),
            attempts: Attempts::new(nodes),
            hedge_clocks,
            watched,
            tried: Vec::new(),
        }
    }

    /// A request enters.
    pub fn arrival(&mut self, fx: &mut impl Effects, what: NewRequest) {
        let request = self.requests.insert(Request {
            live: true,
            rejected: false,
            workload: what.workload,
            gateway: what.gateway,
            number: what.number,
            generation: 0,
            arrived: fx.now(),
            replies: 0,
            lanes: self.policy.copies as u16,
            sent: 0,
            hedges: 0,
            backoffs: 0,
            hedge_timer: Handle::NONE,
            newest: AttemptId::NONE,
        });
        for _ in 0..self.policy.copies {
            self.advance_lane(fx, request, 1);
        }
        if self.give_up_if_hopeless(fx, request) {
            return;
        }
        if let Some(delay) = self.hedge_delay(what.workload) {
            self.requests.get_mut(request).hedge_timer = fx.set_timer(delay, Timer::Hedge(request));
        }
    }

    /// A reply has come in.
    pub fn reply(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        if !self.awaits(attempt) {
            return;
        }
        let Attempt { request, index, sent, .. } = *self.attempts.get(attempt);
        if index == 0 {
            let workload = self.requests.get(request).workload;
            self.observe_first(workload, Some(fx.now().since(sent)));
        }
        self.settle(fx, attempt);
        let row = self.requests.get_mut(request);
        row.replies += 1;
        row.lanes -= 1;
        if u32::from(row.replies) >= self.policy.quorum {
            self.resolve(fx, request, Outcome::Success);
        }
    }

    /// A node has answered that it has no place.
    pub fn rejection(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        if self.awaits(attempt) {
            self.requests.get_mut(self.attempts.get(attempt).request).rejected = true;
            self.try_failed(fx, attempt);
        }
    }

    /// A timer has run out.
    pub fn timer(&mut self, fx: &mut impl Effects, timer: Timer) {
        match timer {
            Timer::Timeout(attempt) => {
                self.attempts.get_mut(attempt).timer = Handle::NONE;
                let request = self.attempts.get(attempt).request;
                self.requests.get_mut(request).rejected = false;
                if self.policy.cancel {
                    fx.call_back(attempt);
                }
                self.try_failed(fx, attempt);
            }
            Timer::Retry { request, generation, tries } => {
                let row = self.requests.get_mut(request);
                if row.live && row.generation == generation {
                    row.backoffs -= 1;
                    self.advance_lane(fx, request, tries);
                    self.give_up_if_hopeless(fx, request);
                }
            }
            Timer::Hedge(request) => self.hedge(fx, request),
        }
    }

    /// The health check has come to suspect `node`: it is no candidate, and its attempts move on where tries are left.
    pub fn suspect(&mut self, fx: &mut impl Effects, node: NodeId) {
        if std::mem::replace(&mut self.suspected[node.index()], true) {
            return;
        }
        if self.trusted.remove(node) {
            self.routing.trust_changed(node, false, self.outstanding[node.index()]);
        }
        self.outstanding[node.index()] = 0;
        while let Some(attempt) = self.attempts.awaited_on(node) {
            self.attempts.unlink(attempt);
            let row = self.attempts.get_mut(attempt);
            row.opinion = Opinion::WrittenOff;
            if u32::from(row.tries) < self.policy.attempts {
                self.try_failed(fx, attempt);
            }
        }
    }

    /// The health check trusts `node` again.
    pub fn trust(&mut self, node: NodeId) {
        self.suspected[node.index()] = false;
        self.admit(node);
    }

    /// An outage of `node` has been announced: it gets no new work, but goes on with what it has.
    pub fn withdraw(&mut self, node: NodeId) {
        if self.withdrawn.is_empty() {
            self.withdrawn = vec![0; self.suspected.len()];
        }
        self.withdrawn[node.index()] += 1;
        if self.trusted.remove(node) {
            self.routing.trust_changed(node, false, self.outstanding[node.index()]);
        }
    }

    /// The announced outage of `node` is over.
    pub fn readmit(&mut self, node: NodeId) {
        self.withdrawn[node.index()] -= 1;
        self.admit(node);
    }

    /// Makes `node` a candidate if nothing speaks against it.
    fn admit(&mut self, node: NodeId) {
        let withdrawn = self.withdrawn.get(node.index()).is_some_and(|count| *count > 0);
        if !self.suspected[node.index()] && !withdrawn && self.trusted.insert(node) {
            self.routing.trust_changed(node, true, self.outstanding[node.index()]);
        }
    }

    /// Whether `node` is not suspected.
    pub fn trusts(&self, node: NodeId) -> bool {
        !self.suspected[node.index()]
    }

    /// Whether `node` gets new work: it is neither suspected nor withdrawn.
    pub fn is_candidate(&self, node: NodeId) -> bool {
        self.trusted.contains(node)
    }

    /// Whether a reply to `attempt` would still matter.
    pub fn awaits(&self, attempt: AttemptId) -> bool {
        self.attempts.get(attempt).held && self.attempts.get(attempt).opinion != Opinion::Settled
    }

    /// The request of an attempt that is awaited.
    pub fn request_of(&self, attempt: AttemptId) -> RequestId {
        self.attempts.get(attempt).request
    }

    /// Whether `request`, with `replies_possible` attempts physically alive, can still succeed, or its sender still act.
    pub fn can_succeed(&self, request: RequestId, replies_possible: u32) -> bool {
        self.can_succeed_by_itself(request, replies_possible) || self.can_be_rescued(request)
    }

    /// As [`Self::can_succeed`], but without help of the health check.
    pub fn can_succeed_by_itself(&self, request: RequestId, replies_possible: u32) -> bool {
        let row = self.requests.get(request);
        if u32::from(row.replies) + replies_possible >= self.policy.quorum
            || row.backoffs > 0
            || row.hedge_timer != Handle::NONE
        {
            return true;
        }
        self.any_attempt(request, |attempt| {
            attempt.opinion != Opinion::Settled && attempt.timer != Handle::NONE
        })
    }

    /// Whether a suspicion would make an attempt of `request` move on.
    fn can_be_rescued(&self, request: RequestId) -> bool {
        let has_tries = |attempt: &Attempt| u32::from(attempt.tries) < self.policy.attempts;
        self.watched
            && self.any_attempt(request, |attempt| attempt.opinion == Opinion::Awaited && has_tries(attempt))
    }

    fn any_attempt(&self, request: RequestId, holds: impl Fn(&Attempt) -> bool) -> bool {
        let mut id = self.requests.get(request).newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            if holds(attempt) {
                return true;
            }
            id = attempt.older;
        }
        false
    }

    /// Ends a request of which nothing can come any more, though its sender cannot know.
    pub fn write_off(&mut self, fx: &mut impl Effects, request: RequestId) {
        self.resolve(fx, request, Outcome::Failed);
    }

    /// The physical side of `attempt` is gone: its row may be reused.
    pub fn disembody(&mut self, attempt: AttemptId) {
        self.attempts.get_mut(attempt).embodied = false;
        self.attempts.collect(attempt);
    }

    /// Requests in flight: what, when it arrived, attempts sent.
    pub fn in_flight(&self) -> impl Iterator<Item = (RequestId, NewRequest, SimTime, u32)> {
        self.requests.live().map(|(id, row)| (id, describe(row), row.arrived, u32::from(row.sent)))
    }

    /// Attempts that ever existed at the same time: the length of a table by [`AttemptId`].
    pub fn attempt_rows(&self) -> usize {
        self.attempts.capacity()
    }

    /// Starts the next try of a lane; a lane without candidates uses up its tries.
    fn advance_lane(&mut self, fx: &mut impl Effects, request: RequestId, mut tries: u16) {
        loop {
            if self.launch(fx, request, tries) {
                return;
            }
            // Without a backoff, further tries would ask at the same instant and find the same.
            if u32::from(tries) >= self.policy.attempts || self.policy.backoff.is_none() {
                let row = self.requests.get_mut(request);
                row.lanes -= 1;
                row.rejected = false;
                return;
            }
            tries += 1;
            if self.back_off(fx, request, tries) {
                return;
            }
        }
    }

    /// Sends an attempt; false if there is no candidate.
    fn launch(&mut self, fx: &mut impl Effects, request: RequestId, tries: u16) -> bool {
        let row = *self.requests.get(request);
        let Some(node) = self.choose(fx.now(), &row) else { return false };
        let attempt = self.attempts.insert(Attempt {
            request,
            node,
            opinion: Opinion::Awaited,
            tries,
            index: row.sent,
            held: true,
            embodied: true,
            sent: fx.now(),
            timer: Handle::NONE,
            older: row.newest,
            previous_on_node: AttemptId::NONE,
            next_on_node: AttemptId::NONE,
        });
        let row_mut = self.requests.get_mut(request);
        row_mut.newest = attempt;
        row_mut.sent += 1;
        self.outstanding[node.index()] += 1;
        self.routing.load_changed(node, self.outstanding[node.index()]);
        if let Some(timeout) = self.policy.timeout {
            self.attempts.get_mut(attempt).timer = fx.set_timer(timeout, Timer::Timeout(attempt));
        }
        fx.send(Order { attempt, request, what: describe(&row), index: row.sent, node });
        true
    }

    /// Asks the routing policy for a node that the request has not used; failing that, for one it is not using now.
    fn choose(&mut self, now: SimTime, row: &Request) -> Option<NodeId> {
        let draws = self.routing_draws[usize::from(row.workload)];
        let first_draw = u32::from(row.sent) * DRAWS_PER_DECISION;
        let view = View::new(now, &self.trusted, &self.outstanding);
        self.tried.clear();
        let mut used_before = false;
        let mut id = row.newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            used_before |= attempt.opinion == Opinion::Settled;
            self.tried.push(attempt.node);
            id = attempt.older;
        }
        let mut ask = Ask { exclude: &self.tried, draws: draws.draws(row.number, first_draw) };
        let trusted = &self.trusted;
        let is_candidate = |node: &NodeId| trusted.contains(*node);
        let fresh = self.routing.choose(&view, &mut ask).filter(is_candidate);
        if fresh.is_some() || !used_before {
            return fresh.or_else(|| self.last_resort());
        }
        self.tried.clear();
        let mut id = row.newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            if attempt.opinion != Opinion::Settled {
                self.tried.push(attempt.node);
            }
            id = attempt.older;
        }
        let mut ask = Ask { exclude: &self.tried, draws: draws.draws(row.number, first_draw) };
        self.routing.choose(&view, &mut ask).filter(is_candidate).or_else(|| self.last_resort())
    }

    /// With no other candidate, the least busy of the nodes whose outage has been announced but has not begun.
    fn last_resort(&self) -> Option<NodeId> {
        let withdrawn = self.withdrawn.iter().enumerate().filter(|(_, count)| **count > 0);
        let nodes = withdrawn.map(|(index, _)| NodeId::from_index(index));
        let open = nodes.filter(|node| !self.suspected[node.index()] && !self.tried.contains(node));
        open.min_by_key(|node| (self.outstanding[node.index()], *node))
    }

    /// The try is over without a reply: the lane goes on or ends.
    fn try_failed(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        let Attempt { request, tries, index, .. } = *self.attempts.get(attempt);
        if index == 0 {
            self.observe_first(self.requests.get(request).workload, None);
        }
        self.settle(fx, attempt);
        if u32::from(tries) >= self.policy.attempts {
            self.requests.get_mut(request).lanes -= 1;
        } else if !self.back_off(fx, request, tries + 1) {
            self.advance_lane(fx, request, tries + 1);
        }
        self.give_up_if_hopeless(fx, request);
    }

    /// Sets the timer for try number `tries`; false if there is no backoff.
    fn back_off(&mut self, fx: &mut impl Effects, request: RequestId, tries: u16) -> bool {
        let Some(backoff) = &self.policy.backoff else { return false };
        let row = self.requests.get_mut(request);
        let stream = &self.backoff_draws[usize::from(row.workload)];
        // Lanes of one request share the draw for the same try number and attempt count.
        let index = u32::from(row.sent) << 10 | u32::from(tries) & 0x3ff;
        let delay = match backoff {
            Backoff::Dist(dist) => dist.draw_duration(stream, row.number, index),
            Backoff::Exponential { base, factor, max, jitter } => {
                let growth = libm::pow(*factor, f64::from(tries) - 2.0);
                let delay = (base.as_secs_f64() * growth).min(max.as_secs_f64());
                let spread = 1.0 + jitter * (2.0 * stream.unit(row.number, index) - 1.0);
                SimDuration::from_secs_f64(delay * spread)
            }
        };
        row.backoffs += 1;
        let generation = row.generation;
        fx.set_timer(delay, Timer::Retry { request, generation, tries });
        true
    }

    fn hedge_delay(&self, workload: u16) -> Option<SimDuration> {
        match self.policy.hedge?.after {
            HedgeAfter::Fixed(delay) => Some(delay),
            HedgeAfter::Percentile(_) => self.hedge_clocks[usize::from(workload)].current(),
        }
    }

    fn hedge(&mut self, fx: &mut impl Effects, request: RequestId) {
        let Some(hedge) = self.policy.hedge else { return };
        self.requests.get_mut(request).hedge_timer = Handle::NONE;
        // A hedge is the last try of its lane.
        if self.launch(fx, request, self.policy.attempts as u16) {
            self.requests.get_mut(request).lanes += 1;
        }
        let row = self.requests.get_mut(request);
        row.hedges += 1;
        let (workload, more) = (row.workload, u32::from(row.hedges) < hedge.max);
        if let (true, Some(delay)) = (more, self.hedge_delay(workload)) {
            self.requests.get_mut(request).hedge_timer = fx.set_timer(delay, Timer::Hedge(request));
        }
        self.give_up_if_hopeless(fx, request);
    }

    /// Fails the request if its lanes cannot make up the quorum; true if so.
    fn give_up_if_hopeless(&mut self, fx: &mut impl Effects, request: RequestId) -> bool {
        let row = self.requests.get(request);
        if !row.live || u32::from(row.replies) + u32::from(row.lanes) >= self.policy.quorum {
            return false;
        }
        if row.hedge_timer != Handle::NONE {
            return false;
        }
        let outcome = if row.rejected { Outcome::Rejected } else { Outcome::Failed };
        self.resolve(fx, request, outcome);
        true
    }

    /// Takes the attempt out of all counts.
    fn settle(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        let row = self.attempts.get_mut(attempt);
        let (node, opinion, timer, request) = (row.node, row.opinion, row.timer, row.request);
        row.opinion = Opinion::Settled;
        row.timer = Handle::NONE;
        if timer != Handle::NONE {
            fx.cancel_timer(timer);
        }
        if opinion == Opinion::Awaited {
            self.attempts.unlink(attempt);
            self.outstanding[node.index()] -= 1;
            self.routing.load_changed(node, self.outstanding[node.index()]);
        }
        fx.settled(request, attempt);
    }

    fn resolve(&mut self, fx: &mut impl Effects, request: RequestId, outcome: Outcome) {
        let row = *self.requests.get(request);
        if row.hedge_timer != Handle::NONE {
            fx.cancel_timer(row.hedge_timer);
        }
        let mut id = row.newest;
        while !id.is_none() {
            let attempt = *self.attempts.get(id);
            if attempt.opinion != Opinion::Settled {
                if attempt.index == 0 {
                    self.observe_first(row.workload, None);
                }
                self.settle(fx, id);
                if self.policy.cancel {
                    fx.call_back(id);
                }
            }
            self.attempts.get_mut(id).held = false;
            self.attempts.collect(id);
            id = attempt.older;
        }
        self.requests.remove(request);
        fx.resolved(&describe(&row), row.arrived, u32::from(row.sent), outcome);
    }

    fn observe_first(&mut self, workload: u16, latency: Option<SimDuration>) {
        if let Some(clock) = self.hedge_clocks.get_mut(usize::from(workload)) {
            clock.observe(latency);
        }
    }
}

fn describe(row: &Request) -> NewRequest {
    NewRequest { workload: row.workload, number: row.number, gateway: row.gateway }
}
