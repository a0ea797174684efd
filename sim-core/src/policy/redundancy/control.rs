//! The controller: the state machine that takes a request from arrival to reply or failure.

use super::breaker::Breakers;
use super::budget::Buckets;
use super::concurrency::Limits;
use super::table::{Attempt, Attempts, Opinion, Request, Requests};
use super::timeout::TimeoutClock;
use super::views::Views;
use super::{Effects, HedgeClock, NewRequest, Outcome, StressCounts, Timer};
use crate::kernel::{Handle, SimTime, Stream};
use crate::policy::routing::{Keys, Known, Places, Prices, Routing, TrustedNodes, View};
use crate::scenario::{Budget, RequestPolicy};
use crate::world::fleet::{AttemptId, NodeId, RequestId};
use std::sync::Arc;

/// State of all requests in flight, and the policies that act on them.
#[derive(Clone)]
pub struct Controller {
    pub(super) policy: RequestPolicy,
    pub(super) routing: Box<dyn Routing>,
    pub(super) known: Known,
    pub(super) routing_draws: Vec<Stream>,
    pub(super) backoff_draws: Vec<Stream>,
    /// Candidates: neither suspected nor withdrawn.
    pub(super) trusted: TrustedNodes,
    /// What the health check says, by node.
    pub(super) suspected: Vec<bool>,
    /// How many announcements keep new work from a node; empty until the first.
    pub(super) withdrawn: Vec<u16>,
    pub(super) outstanding: Vec<u32>,
    pub(super) requests: Requests,
    pub(super) attempts: Attempts,
    /// By workload; empty without hedges.
    pub(super) hedge_clocks: Vec<HedgeClock>,
    pub(super) timeouts: Vec<TimeoutClock>,
    pub(super) retry_budget: Option<Buckets>,
    pub(super) hedge_budget: Option<Buckets>,
    pub(super) breakers: Option<Breakers>,
    pub(super) limits: Option<Limits>,
    pub(super) keys: Vec<Option<Keys>>,
    pub(super) counts: Vec<StressCounts>,
    pub(super) breaker_opens: u64,
    pub(super) views: Option<Box<Views>>,
    /// Whether a suspicion may still rescue an attempt that was silently lost.
    pub(super) watched: bool,
    pub(super) tried: Vec<NodeId>,
}

impl Controller {
    /// A controller over the nodes of a register, all trusted. The streams are one per workload; `watched` tells whether there
    /// is a health check.
    pub fn new(
        policy: RequestPolicy,
        routing: Box<dyn Routing>,
        places: Arc<Places>,
        routing_draws: Vec<Stream>,
        backoff_draws: Vec<Stream>,
        watched: bool,
    ) -> Self {
        let (nodes, gateways, workloads) = (places.nodes(), places.regions(), routing_draws.len());
        let fails = policy.fail_on_suspicion.unwrap_or(true);
        let buckets = |budget: Budget| Buckets::new(budget, workloads, gateways);
        let hedge_clocks =
            policy.hedge.map_or_else(Vec::new, |hedge| vec![HedgeClock::new(hedge.after); workloads]);
        Self {
            known: Known::new(places, routing.remembers()),
            timeouts: policy.timeout.map_or_else(Vec::new, |it| vec![TimeoutClock::new(it); workloads]),
            retry_budget: policy.retry_budget.map(buckets),
            hedge_budget: policy.hedge.and_then(|hedge| hedge.budget).map(buckets),
            breakers: policy.circuit_breaker.map(|breaker| Breakers::new(breaker, nodes)),
            limits: policy.concurrency.map(|limit| Limits::new(limit, gateways)),
            keys: Vec::new(),
            counts: vec![StressCounts::default(); workloads],
            breaker_opens: 0,
            views: None,
            policy,
            routing,
            routing_draws,
            backoff_draws,
            trusted: TrustedNodes::all(nodes),
            suspected: vec![false; nodes],
            withdrawn: Vec::new(),
            outstanding: vec![0; nodes],
            requests: Requests::default(),
            attempts: Attempts::new(nodes, fails),
            hedge_clocks,
            watched: watched && fails,
            tried: Vec::new(),
        }
    }

    /// Requests of each workload ask for keys that are drawn so, if at all.
    pub fn with_keys(mut self, keys: Vec<Option<Keys>>) -> Self {
        self.keys = keys;
        self
    }

    /// Electricity has these published prices.
    pub fn with_prices(mut self, prices: Arc<Prices>) -> Self {
        self.known.prices = prices;
        self
    }

    /// What the controller knows beyond whom it trusts and what it has sent.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// What routing can know now.
    pub fn view(&self, now: SimTime) -> View<'_> {
        View::new(now, &self.trusted, &self.outstanding, &self.known)
    }

    /// As [`Self::known`], to be added to.
    pub fn known_mut(&mut self) -> &mut Known {
        &mut self.known
    }

    /// What was done about stress, by workload, and how often a circuit breaker opened.
    pub fn stress_counts(&self) -> (&[StressCounts], u64) {
        (&self.counts, self.breaker_opens)
    }

    /// Forgets what was counted.
    pub fn restart_counts(&mut self) {
        self.counts.fill(StressCounts::default());
        self.breaker_opens = 0;
    }

    /// Whether requests have none of what most have no use for: copies, quorums, hedges, timeouts, budgets, breakers, limits and views.
    pub fn is_plain(&self) -> bool {
        let RequestPolicy { copies, quorum, .. } = self.policy;
        let clocks = self.hedge_clocks.len() + self.timeouts.len();
        let budgets = self.retry_budget.is_some() || self.hedge_budget.is_some();
        let others = self.breakers.is_some() || self.limits.is_some() || self.views.is_some();
        (copies, quorum, clocks) == (1, 1, 0) && !budgets && !others
    }

    /// A request enters.
    pub fn arrival(&mut self, fx: &mut impl Effects, what: NewRequest) {
        self.arrival_as::<false>(fx, what);
    }

    /// As [`Self::arrival`]; `PLAIN` if the controller [is](Self::is_plain).
    #[inline]
    pub fn arrival_as<const PLAIN: bool>(&mut self, fx: &mut impl Effects, what: NewRequest) {
        let NewRequest { workload, gateway, .. } = what;
        if !PLAIN {
            self.enter(gateway);
            if self.limits.as_mut().is_some_and(|limits| !limits.admits(gateway)) {
                self.counts[usize::from(workload)].shed += 1;
                fx.resolved(&what, fx.now(), 0, Outcome::Rejected);
                return;
            }
            for buckets in [&mut self.retry_budget, &mut self.hedge_budget].into_iter().flatten() {
                buckets.entered(workload, gateway);
            }
        }
        let copies = if PLAIN { 1 } else { self.policy.copies };
        let request = self.requests.insert(Request {
            live: true,
            rejected: false,
            workload: what.workload,
            gateway: what.gateway,
            number: what.number,
            generation: 0,
            arrived: fx.now(),
            replies: 0,
            lanes: copies as u16,
            sent: 0,
            hedges: 0,
            backoffs: 0,
            hedge_timer: Handle::NONE,
            newest: AttemptId::NONE,
        });
        if PLAIN {
            if let Some(node) = self.choose_first(fx.now(), what) {
                self.launch_to::<true>(fx, request, node, 1, false);
                return;
            }
            self.find_no_candidate(fx, request, 1);
        } else {
            for _ in 0..copies {
                self.advance_lane(fx, request, 1);
            }
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
        if self.awaits(attempt) {
            self.reply_awaited::<false>(fx, attempt);
        }
    }

    /// A reply has come in to an attempt that is [awaited](Self::awaits); `PLAIN` if the controller [is](Self::is_plain).
    #[inline]
    pub fn reply_awaited<const PLAIN: bool>(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        let Attempt { request, index, sent, node, hedge, .. } = *self.attempts.get(attempt);
        let (now, latency) = (fx.now(), fx.now().since(sent));
        let Request { workload, gateway, .. } = *self.requests.get(request);
        if !PLAIN {
            self.enter(gateway);
        }
        fx.heard(node, Some(latency));
        if !PLAIN {
            if index == 0 {
                self.observe_first(workload, Some(latency));
            }
            if let Some(clock) = self.timeouts.get_mut(usize::from(workload)) {
                clock.observe(Some(latency));
            }
        }
        self.known.observed.answered(now, gateway, node, latency);
        if !PLAIN {
            self.breaker_judges(fx, node, true);
        }
        self.settle::<PLAIN>(fx, attempt);
        if !PLAIN {
            let row = self.requests.get_mut(request);
            row.replies += 1;
            row.lanes -= 1;
            if u32::from(row.replies) < self.policy.quorum {
                return;
            }
            self.counts[usize::from(workload)].hedges_won += u64::from(hedge);
        }
        self.resolve::<PLAIN>(fx, request, Outcome::Success);
    }

    /// A node has answered that it has no place.
    pub fn rejection(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        if self.awaits(attempt) {
            let Attempt { request, node, .. } = *self.attempts.get(attempt);
            self.enter(self.requests.get(request).gateway);
            fx.heard(node, None);
            self.requests.get_mut(request).rejected = true;
            self.known.observed.failed(fx.now(), node);
            self.breaker_judges(fx, node, false);
            self.try_failed(fx, attempt);
        }
    }

    /// A timer has run out.
    pub fn timer(&mut self, fx: &mut impl Effects, timer: Timer) {
        match timer {
            Timer::Timeout(attempt) => {
                let row = self.attempts.get_mut(attempt);
                row.timer = Handle::NONE;
                let (request, node) = (row.request, row.node);
                self.enter(self.requests.get(request).gateway);
                fx.heard(node, None);
                let row = self.requests.get_mut(request);
                row.rejected = false;
                if let Some(clock) = self.timeouts.get_mut(usize::from(row.workload)) {
                    clock.observe(None);
                }
                self.known.observed.failed(fx.now(), node);
                self.breaker_judges(fx, node, false);
                if self.policy.cancel {
                    fx.call_back(attempt);
                }
                self.try_failed(fx, attempt);
            }
            Timer::Retry { request, generation, tries } => {
                self.enter(self.requests.get(request).gateway);
                let row = self.requests.get_mut(request);
                if row.live && row.generation == generation {
                    row.backoffs -= 1;
                    self.advance_lane(fx, request, tries);
                    self.give_up_if_hopeless(fx, request);
                }
            }
            Timer::Hedge(request) => {
                self.enter(self.requests.get(request).gateway);
                self.hedge(fx, request);
            }
            Timer::HalfOpen(node) => self.half_open(node),
        }
    }

    /// Whether a reply to `attempt` would still matter.
    #[inline]
    pub fn awaits(&self, attempt: AttemptId) -> bool {
        let Attempt { held, opinion, .. } = *self.attempts.get(attempt);
        held && opinion != Opinion::Settled
    }

    /// The other attempts of the request of `attempt` that are awaited, newest first.
    pub fn rivals(&self, attempt: AttemptId) -> impl Iterator<Item = AttemptId> {
        let newest = self.requests.get(self.attempts.get(attempt).request).newest;
        let mut next = newest;
        let all = std::iter::from_fn(move || {
            let id = next;
            (!id.is_none()).then(|| {
                next = self.attempts.get(id).older;
                id
            })
        });
        all.filter(move |id| *id != attempt && self.attempts.get(*id).opinion != Opinion::Settled)
    }

    /// The request of an attempt that is awaited.
    pub fn request_of(&self, attempt: AttemptId) -> RequestId {
        self.attempts.get(attempt).request
    }

    /// What a request in flight asked for.
    pub fn what_of(&self, request: RequestId) -> NewRequest {
        describe(self.requests.get(request))
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
        self.enter(self.requests.get(request).gateway);
        self.resolve::<false>(fx, request, Outcome::Failed);
    }

    /// The physical side of `attempt` is gone: its row may be reused.
    #[inline]
    pub fn disembody(&mut self, attempt: AttemptId) {
        self.attempts.disembody(attempt);
    }

    /// Requests in flight: what, when it arrived, attempts sent.
    pub fn in_flight(&self) -> impl Iterator<Item = (RequestId, NewRequest, SimTime, u32)> {
        self.requests.live().map(|(id, row)| (id, describe(row), row.arrived, u32::from(row.sent)))
    }

    /// Attempts that ever existed at the same time: the length of a table by [`AttemptId`].
    pub fn attempt_rows(&self) -> usize {
        self.attempts.capacity()
    }
}

pub(super) fn describe(row: &Request) -> NewRequest {
    NewRequest { workload: row.workload, number: row.number, gateway: row.gateway }
}
