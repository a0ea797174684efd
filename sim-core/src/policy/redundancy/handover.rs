//! A controller takes the place of another in the middle of a run.
//!
//! What is physically under way goes on. The new controller is told of every request that is not over, and of the attempts that are awaited for it; each of
//! these counts as the first try of one of its copies. What its own policy would have sent beyond that it sends at once: copies that are
//! missing, and the next try of what waited for one. Timeouts and hedges run from now on. Of what the old one has learnt (latencies,
//! budgets, breakers, limits) nothing is handed over, but for the nodes that it suspected.

use super::table::Opinion;
use super::{Controller, Effects, Outcome, Timer};
use crate::kernel::Handle;
use crate::world::fleet::{AttemptId, NodeId, RequestId};

impl Controller {
    /// Takes over the requests of `old`, whose timers no longer run, before anything was sent or suspected; `withdrawn` says how many reasons beside
    /// health checks keep new work from each node. To be followed by [`Self::suspect`] for each node that is suspected, and then by
    /// [`Self::carry_on`] with what this returns: the requests, and how many lanes of each are to be started.
    pub fn take_over(&mut self, old: Self, withdrawn: Vec<u16>) -> Vec<(RequestId, u32)> {
        for node in (0..withdrawn.len()).filter(|node| withdrawn[*node] > 0).map(NodeId::from_index) {
            self.trusted.remove(node);
            self.routing.trust_changed(node, false, 0);
        }
        self.withdrawn = withdrawn;
        self.requests = old.requests;
        self.attempts = old.attempts;
        let outstanding = &mut self.outstanding;
        let listed = self.policy.fail_on_suspicion != Some(false);
        self.attempts.relink(listed, |attempt| {
            (attempt.timer, attempt.trial) = (Handle::NONE, false);
            let awaited = attempt.held && attempt.opinion != Opinion::Settled;
            if awaited {
                (attempt.opinion, attempt.tries, attempt.hedge) = (Opinion::Awaited, 1, false);
                outstanding[attempt.node.index()] += 1;
            }
            awaited
        });
        for (index, count) in self.outstanding.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.routing.load_changed(NodeId::from_index(index), *count);
        }
        let live: Vec<RequestId> = self.requests.live().map(|(id, _)| id).collect();
        live.into_iter().map(|request| (request, self.adopt(request))).collect()
    }

    /// Makes the row of a request that of one of this policy; returns how many of its lanes are to be started.
    fn adopt(&mut self, request: RequestId) -> u32 {
        let awaited = self.awaited(request).len() as u32;
        let row = self.requests.get_mut(request);
        let wanted = self.policy.copies.saturating_sub(u32::from(row.replies));
        let missing = wanted.saturating_sub(awaited);
        row.lanes = (awaited + missing) as u16;
        (row.rejected, row.hedges, row.backoffs) = (false, 0, 0);
        row.hedge_timer = Handle::NONE;
        if let Some(limits) = &mut self.limits {
            limits.takes_over(row.gateway);
        }
        missing
    }

    /// Attempts of `request` that are awaited, newest first.
    pub fn awaited(&self, request: RequestId) -> Vec<AttemptId> {
        let mut awaited = Vec::new();
        let mut id = self.requests.get(request).newest;
        while !id.is_none() {
            let attempt = self.attempts.get(id);
            if attempt.opinion != Opinion::Settled {
                awaited.push(id);
            }
            id = attempt.older;
        }
        awaited
    }

    /// Does for the requests that were taken over what their policy asks for.
    pub fn carry_on(&mut self, fx: &mut impl Effects, requests: &[(RequestId, u32)]) {
        for (request, missing) in requests {
            let row = *self.requests.get(*request);
            if !row.live {
                continue;
            }
            if u32::from(row.replies) >= self.policy.quorum {
                self.resolve::<false>(fx, *request, Outcome::Success);
                continue;
            }
            for _ in 0..*missing {
                self.advance_lane(fx, *request, 1);
            }
            if self.give_up_if_hopeless(fx, *request) {
                continue;
            }
            if let Some(clock) = self.timeouts.get(usize::from(row.workload)) {
                let timeout = clock.current();
                for attempt in self.awaited(*request) {
                    if self.attempts.get(attempt).timer == Handle::NONE {
                        let timer = fx.set_timer(timeout, Timer::Timeout(attempt));
                        self.attempts.get_mut(attempt).timer = timer;
                    }
                }
            }
            if let Some(delay) = self.hedge_delay(row.workload) {
                self.requests.get_mut(*request).hedge_timer = fx.set_timer(delay, Timer::Hedge(*request));
            }
        }
    }
}
