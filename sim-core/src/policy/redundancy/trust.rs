//! Whom the controller sends to: what the health check, announcements and circuit breakers say.

use super::table::Opinion;
use super::{Controller, Effects, Timer};
use crate::kernel::SimTime;
use crate::world::fleet::NodeId;

impl Controller {
    /// The health check has come to suspect `node`: it is no candidate, and its attempts move on where tries are left and the policy says so.
    pub fn suspect(&mut self, fx: &mut impl Effects, node: NodeId) {
        self.enter_home(node);
        self.suspect_here(fx, node);
    }

    /// As [`Self::suspect`], in the view at work.
    pub(super) fn suspect_here(&mut self, fx: &mut impl Effects, node: NodeId) {
        if std::mem::replace(&mut self.suspected[node.index()], true) {
            return;
        }
        self.dismiss(node);
        if self.policy.fail_on_suspicion == Some(false) {
            return;
        }
        self.outstanding[node.index()] = 0;
        while let Some(attempt) = self.awaited_here(node) {
            self.attempts.unlink(attempt);
            let row = self.attempts.get_mut(attempt);
            row.opinion = Opinion::WrittenOff;
            let (request, tries) = (row.request, row.tries);
            if u32::from(tries) < self.policy.attempts && self.affords_retry(request) {
                self.known.observed.failed(fx.now(), node);
                self.try_failed(fx, attempt);
            }
        }
    }

    /// The health check trusts `node` again.
    pub fn trust(&mut self, now: SimTime, node: NodeId) {
        self.enter_home(node);
        self.trust_here(now, node);
    }

    /// As [`Self::trust`], in the view at work.
    pub(super) fn trust_here(&mut self, now: SimTime, node: NodeId) {
        self.suspected[node.index()] = false;
        self.known.observed.trusted(now, node);
        self.admit(node);
    }

    /// An outage of `node` has been announced: it gets no new work, but goes on with what it has.
    pub fn withdraw(&mut self, node: NodeId) {
        if self.withdrawn.is_empty() {
            self.withdrawn = vec![0; self.suspected.len()];
        }
        self.withdrawn[node.index()] += 1;
        self.in_all_views(|view| view.dismiss(node));
    }

    /// The announced outage of `node` is over.
    pub fn readmit(&mut self, node: NodeId) {
        self.withdrawn[node.index()] -= 1;
        self.in_all_views(|view| view.admit(node));
    }

    /// Makes `node` no candidate.
    fn dismiss(&mut self, node: NodeId) {
        if self.trusted.remove(node) {
            self.routing.trust_changed(node, false, self.outstanding[node.index()]);
        }
    }

    /// Makes `node` a candidate if nothing speaks against it.
    fn admit(&mut self, node: NodeId) {
        let withdrawn = self.withdrawn.get(node.index()).is_some_and(|count| *count > 0);
        let passes = self.breakers.as_ref().is_none_or(|breakers| breakers.lets_pass(node));
        if !self.suspected[node.index()] && !withdrawn && passes && self.trusted.insert(node) {
            self.routing.trust_changed(node, true, self.outstanding[node.index()]);
        }
    }

    /// Whether `node` is not suspected.
    pub fn trusts(&self, node: NodeId) -> bool {
        self.home_trusts(node)
    }

    /// How many announcements keep new work from `node`.
    pub fn withdrawals(&self, node: NodeId) -> u16 {
        self.withdrawn.get(node.index()).copied().unwrap_or(0)
    }

    /// Whether `node` gets new work: it is neither suspected nor withdrawn.
    pub fn is_candidate(&self, node: NodeId) -> bool {
        self.home_trusts(node) && self.withdrawn.get(node.index()).is_none_or(|count| *count == 0)
    }

    /// An attempt on `node` was answered, or has failed: its circuit breaker, which all gateways share, takes note.
    #[inline(always)]
    pub(super) fn breaker_judges(&mut self, fx: &mut impl Effects, node: NodeId, success: bool) {
        if self.breakers.is_some() {
            self.judge_by_breaker(fx, node, success);
        }
    }

    #[inline(never)]
    fn judge_by_breaker(&mut self, fx: &mut impl Effects, node: NodeId, success: bool) {
        let Some(breakers) = &mut self.breakers else { return };
        if success {
            breakers.succeeded(fx.now(), node);
            self.in_all_views(|view| view.admit(node));
        } else if breakers.failed(fx.now(), node) {
            self.breaker_opens += 1;
            fx.set_timer(breakers.open_for(), Timer::HalfOpen(node));
            self.in_all_views(|view| view.dismiss(node));
        }
    }

    /// The circuit breaker of `node` has been open for long enough.
    pub(super) fn half_open(&mut self, node: NodeId) {
        if let Some(breakers) = &mut self.breakers {
            breakers.half_open(node);
            self.in_all_views(|view| view.admit(node));
        }
    }

    /// An attempt goes to `node`; whether it is a trial of its circuit breaker.
    #[inline(always)]
    pub(super) fn breaker_passes(&mut self, node: NodeId) -> bool {
        self.breakers.is_some() && self.passes_breaker(node)
    }

    #[inline(never)]
    fn passes_breaker(&mut self, node: NodeId) -> bool {
        let Some(breakers) = &mut self.breakers else { return false };
        let is_trial = breakers.sent(node);
        if is_trial && !breakers.lets_pass(node) {
            self.in_all_views(|view| view.dismiss(node));
        }
        is_trial
    }

    /// A trial of the circuit breaker of `node` has ended.
    pub(super) fn trial_ended(&mut self, node: NodeId) {
        if let Some(breakers) = &mut self.breakers {
            breakers.trial_returned(node);
            self.in_all_views(|view| view.admit(node));
        }
    }
}
