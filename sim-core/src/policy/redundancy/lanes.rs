//! Lanes: tries one after the other, hedges, and how a request ends.

use super::table::{Attempt, Opinion, Request};
use super::{Controller, Effects, NewRequest, Order, Outcome, Timer};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::policy::routing::{Ask, DRAWS_PER_DECISION, Key, View};
use crate::scenario::Backoff;
use crate::world::fleet::{AttemptId, NodeId, RequestId};

impl Controller {
    /// Starts the next try of a lane; a lane without candidates uses up its tries.
    pub(super) fn advance_lane(&mut self, fx: &mut impl Effects, request: RequestId, tries: u16) {
        if !self.launch(fx, request, tries, false) {
            self.find_no_candidate(fx, request, tries);
        }
    }

    /// There was no candidate for a try: the lane waits for its next, or has used up all.
    #[inline(never)]
    pub(super) fn find_no_candidate(&mut self, fx: &mut impl Effects, request: RequestId, tries: u16) {
        // Without a backoff, further tries would ask at the same instant and find the same.
        let is_last = u32::from(tries) >= self.policy.attempts || self.policy.backoff.is_none();
        if is_last || !self.pays_retry(request) {
            let row = self.requests.get_mut(request);
            row.lanes -= 1;
            row.rejected = false;
        } else {
            self.back_off(fx, request, tries + 1);
        }
    }

    /// Sends an attempt; false if there is no candidate.
    fn launch(&mut self, fx: &mut impl Effects, request: RequestId, tries: u16, hedge: bool) -> bool {
        let Request { workload, gateway, number, sent, newest, .. } = *self.requests.get(request);
        let what = NewRequest { workload, number, gateway };
        let node = if newest.is_none() {
            self.choose_first(fx.now(), what)
        } else {
            self.choose_another(fx.now(), what, sent, newest)
        };
        if let Some(node) = node {
            self.launch_to::<false>(fx, request, node, tries, hedge);
        }
        node.is_some()
    }

    /// Sends an attempt to `node`; `PLAIN` if the controller is.
    #[inline]
    pub(super) fn launch_to<const PLAIN: bool>(
        &mut self,
        fx: &mut impl Effects,
        request: RequestId,
        node: NodeId,
        tries: u16,
        hedge: bool,
    ) {
        let trial = !PLAIN && self.breaker_passes(node);
        let row = self.requests.get_mut(request);
        let Request { workload, gateway, number, sent, newest, arrived, .. } = *row;
        let attempt = self.attempts.insert(Attempt {
            request,
            node,
            opinion: Opinion::Awaited,
            tries,
            index: sent,
            held: true,
            embodied: true,
            hedge,
            trial,
            sent: fx.now(),
            timer: Handle::NONE,
            older: newest,
            previous_on_node: AttemptId::NONE,
            next_on_node: AttemptId::NONE,
        });
        row.newest = attempt;
        row.sent = sent + 1;
        if tries > 1 {
            let counts = &mut self.counts[usize::from(workload)];
            counts.retries_sent += u64::from(!hedge);
        }
        if hedge {
            self.counts[usize::from(workload)].hedges_sent += 1;
        }
        let outstanding = &mut self.outstanding[node.index()];
        *outstanding += 1;
        self.routing.load_changed(node, *outstanding);
        if !PLAIN && let Some(clock) = self.timeouts.get(usize::from(workload)) {
            self.attempts.get_mut(attempt).timer = fx.set_timer(clock.current(), Timer::Timeout(attempt));
        }
        let what = NewRequest { workload, number, gateway };
        fx.send(Order { attempt, request, what, arrived, index: sent, node });
    }

    /// Asks the routing policy for a node for the first attempt of a request.
    #[inline]
    pub(super) fn choose_first(&mut self, now: SimTime, what: NewRequest) -> Option<NodeId> {
        let key = Key::of(&self.keys, what.workload, what.number);
        let draws = self.routing_draws[usize::from(what.workload)].draws(what.number, 0);
        let view = View::new(now, &self.trusted, &self.outstanding, &self.known);
        let mut ask = Ask { exclude: &[], gateway: what.gateway, key, draws };
        match self.routing.choose(&view, &mut ask) {
            Some(node) if self.trusted.contains(node) => Some(node),
            _ => {
                self.tried.clear();
                self.last_resort()
            }
        }
    }

    /// Asks the routing policy for a node that the request has not used; failing that, for one it is not using now.
    #[inline(never)]
    fn choose_another(
        &mut self,
        now: SimTime,
        what: NewRequest,
        sent: u16,
        newest: AttemptId,
    ) -> Option<NodeId> {
        let NewRequest { workload, number, gateway } = what;
        let draws = self.routing_draws[usize::from(workload)];
        let first_draw = u32::from(sent) * DRAWS_PER_DECISION;
        let key = Key::of(&self.keys, workload, number);
        let view = View::new(now, &self.trusted, &self.outstanding, &self.known);
        self.tried.clear();
        let mut used_before = false;
        let mut id = newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            used_before |= attempt.opinion == Opinion::Settled;
            self.tried.push(attempt.node);
            id = attempt.older;
        }
        let mut ask = Ask { exclude: &self.tried, gateway, key, draws: draws.draws(number, first_draw) };
        let trusted = &self.trusted;
        let is_candidate = |node: &NodeId| trusted.contains(*node);
        let fresh = self.routing.choose(&view, &mut ask).filter(is_candidate);
        if fresh.is_some() || !used_before {
            return fresh.or_else(|| self.last_resort());
        }
        self.tried.clear();
        let mut id = newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            if attempt.opinion != Opinion::Settled {
                self.tried.push(attempt.node);
            }
            id = attempt.older;
        }
        let mut ask = Ask { exclude: &self.tried, gateway, key, draws: draws.draws(number, first_draw) };
        self.routing.choose(&view, &mut ask).filter(is_candidate).or_else(|| self.last_resort())
    }

    /// With no other candidate, the least busy of the nodes whose outage has been announced but has not begun.
    #[inline(never)]
    fn last_resort(&self) -> Option<NodeId> {
        let withdrawn = self.withdrawn.iter().enumerate().filter(|(_, count)| **count > 0);
        let nodes = withdrawn.map(|(index, _)| NodeId::from_index(index));
        let open = nodes.filter(|node| !self.suspected[node.index()] && !self.tried.contains(node));
        open.min_by_key(|node| (self.outstanding[node.index()], *node))
    }

    /// The try is over without a reply: the lane goes on or ends.
    pub(super) fn try_failed(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        let Attempt { request, tries, index, .. } = *self.attempts.get(attempt);
        if index == 0 {
            self.observe_first(self.requests.get(request).workload, None);
        }
        self.settle::<false>(fx, attempt);
        if u32::from(tries) >= self.policy.attempts || !self.pays_retry(request) {
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

    pub(super) fn hedge_delay(&self, workload: u16) -> Option<SimDuration> {
        self.hedge_clocks.get(usize::from(workload))?.current()
    }

    pub(super) fn hedge(&mut self, fx: &mut impl Effects, request: RequestId) {
        let Some(hedge) = self.policy.hedge else { return };
        self.requests.get_mut(request).hedge_timer = Handle::NONE;
        let Request { workload, gateway, .. } = *self.requests.get(request);
        let pays = self.hedge_budget.as_mut().is_none_or(|budget| budget.take(workload, gateway));
        // A hedge is the last try of its lane.
        if pays && self.launch(fx, request, self.policy.attempts as u16, true) {
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
    pub(super) fn give_up_if_hopeless(&mut self, fx: &mut impl Effects, request: RequestId) -> bool {
        let row = self.requests.get(request);
        if !row.live || u32::from(row.replies) + u32::from(row.lanes) >= self.policy.quorum {
            return false;
        }
        if row.hedge_timer != Handle::NONE {
            return false;
        }
        let outcome = if row.rejected { Outcome::Rejected } else { Outcome::Failed };
        self.resolve::<false>(fx, request, outcome);
        true
    }

    /// Takes the attempt out of all counts; `PLAIN` if the controller is.
    #[inline]
    pub(super) fn settle<const PLAIN: bool>(&mut self, fx: &mut impl Effects, attempt: AttemptId) {
        let row = self.attempts.get_mut(attempt);
        let (node, opinion, timer, request) = (row.node, row.opinion, row.timer, row.request);
        let was_trial = std::mem::replace(&mut row.trial, false);
        row.opinion = Opinion::Settled;
        row.timer = Handle::NONE;
        if !PLAIN && timer != Handle::NONE {
            fx.cancel_timer(timer);
        }
        if opinion == Opinion::Awaited {
            self.attempts.unlink(attempt);
            let outstanding = &mut self.outstanding[node.index()];
            *outstanding -= 1;
            self.routing.load_changed(node, *outstanding);
        }
        if !PLAIN && was_trial {
            self.trial_ended(node);
        }
        fx.settled(request, attempt);
    }

    /// Whether the budget allows a retry of `request`; counted if not.
    pub(super) fn affords_retry(&mut self, request: RequestId) -> bool {
        let Request { workload, gateway, .. } = *self.requests.get(request);
        let affords = self.retry_budget.as_mut().is_none_or(|budget| budget.has(workload, gateway));
        self.counts[usize::from(workload)].retries_denied += u64::from(!affords);
        affords
    }

    /// Pays for a retry of `request`, if the budget allows it.
    fn pays_retry(&mut self, request: RequestId) -> bool {
        let Request { workload, gateway, .. } = *self.requests.get(request);
        let pays = self.retry_budget.as_mut().is_none_or(|budget| budget.take(workload, gateway));
        self.counts[usize::from(workload)].retries_denied += u64::from(!pays);
        pays
    }

    /// An attempt that is still awaited is no longer wanted.
    #[inline(never)]
    fn abandon(&mut self, fx: &mut impl Effects, attempt: AttemptId, workload: u16) {
        if self.attempts.get(attempt).index == 0 {
            self.observe_first(workload, None);
        }
        self.settle::<false>(fx, attempt);
        if self.policy.cancel {
            fx.call_back(attempt);
        }
    }

    /// The request is over; `PLAIN` if the controller is.
    #[inline]
    pub(super) fn resolve<const PLAIN: bool>(
        &mut self,
        fx: &mut impl Effects,
        request: RequestId,
        outcome: Outcome,
    ) {
        let Request { workload, gateway, number, sent, newest, arrived, hedge_timer, .. } =
            *self.requests.get(request);
        if !PLAIN && hedge_timer != Handle::NONE {
            fx.cancel_timer(hedge_timer);
        }
        let mut id = newest;
        while !id.is_none() {
            let Attempt { opinion, older, .. } = *self.attempts.get(id);
            if opinion != Opinion::Settled {
                self.abandon(fx, id, workload);
            }
            self.attempts.release(id);
            id = older;
        }
        self.requests.remove(request);
        let success = outcome == Outcome::Success;
        if !PLAIN {
            if let Some(limits) = &mut self.limits {
                let latency = success.then(|| fx.now().since(arrived));
                limits.over(gateway, arrived, latency, fx.now());
            }
            if success {
                for buckets in [&mut self.retry_budget, &mut self.hedge_budget].into_iter().flatten() {
                    buckets.succeeded(workload, gateway);
                }
            }
        }
        fx.resolved(&NewRequest { workload, number, gateway }, arrived, u32::from(sent), outcome);
    }

    pub(super) fn observe_first(&mut self, workload: u16, latency: Option<SimDuration>) {
        if let Some(clock) = self.hedge_clocks.get_mut(usize::from(workload)) {
            clock.observe(latency);
        }
    }
}
