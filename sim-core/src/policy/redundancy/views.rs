//! Gateways with views of their own: whom each suspects, what each has sent, and how each routes.
//!
//! The controller works on one view at a time, that of the gateway of the request at hand; the others are parked. Without views of
//! their own nothing is parked, and all of this costs a branch.

use super::table::Opinion;
use super::{Controller, Effects};
use crate::kernel::SimTime;
use crate::policy::routing::{Routing, TrustedNodes};
use crate::world::fleet::{AttemptId, NodeId};

/// A view that is not at work.
#[derive(Clone)]
struct Parked {
    routing: Box<dyn Routing>,
    trusted: TrustedNodes,
    suspected: Vec<bool>,
    outstanding: Vec<u32>,
}

/// The views of all gateways.
#[derive(Clone)]
pub(super) struct Views {
    /// Whose view is at work.
    current: u16,
    /// Region of each node.
    home: Vec<u16>,
    /// By gateway; in the place of the one at work is what was parked there last.
    parked: Vec<Parked>,
}

impl Controller {
    /// From now on each gateway has a view of its own. Nothing may have been sent yet. Regions of nodes, and a routing policy for
    /// each gateway.
    pub fn split_views(&mut self, home: Vec<u16>, routings: Vec<Box<dyn Routing>>) {
        let parked = routings.into_iter().map(|routing| Parked {
            routing,
            trusted: self.trusted.clone(),
            suspected: self.suspected.clone(),
            outstanding: self.outstanding.clone(),
        });
        self.views = Some(Box::new(Views { current: 0, home, parked: parked.collect() }));
    }

    /// Works on the view of `gateway`.
    #[inline]
    pub(super) fn enter(&mut self, gateway: u16) {
        if self.views.as_ref().is_some_and(|views| views.current != gateway) {
            self.swap_view(gateway);
        }
    }

    fn swap_view(&mut self, gateway: u16) {
        let Some(views) = &mut self.views else { return };
        for place in [views.current, gateway] {
            let parked = &mut views.parked[usize::from(place)];
            std::mem::swap(&mut self.routing, &mut parked.routing);
            std::mem::swap(&mut self.trusted, &mut parked.trusted);
            std::mem::swap(&mut self.suspected, &mut parked.suspected);
            std::mem::swap(&mut self.outstanding, &mut parked.outstanding);
        }
        views.current = gateway;
    }

    /// Works on the view of the gateway of the node's own region.
    pub(super) fn enter_home(&mut self, node: NodeId) {
        if let Some(views) = &self.views {
            self.enter(views.home[node.index()]);
        }
    }

    /// Does something in every view, and returns to the one at work.
    pub(super) fn in_all_views(&mut self, mut act: impl FnMut(&mut Self)) {
        let Some(views) = &self.views else { return act(self) };
        let at_work = views.current;
        for gateway in 0..views.parked.len() as u16 {
            self.enter(gateway);
            act(self);
        }
        self.enter(at_work);
    }

    /// Whether the gateway of the node's own region trusts it.
    pub(super) fn home_trusts(&self, node: NodeId) -> bool {
        let suspected = match &self.views {
            Some(views) if views.home[node.index()] != views.current => {
                &views.parked[usize::from(views.home[node.index()])].suspected
            }
            _ => &self.suspected,
        };
        !suspected[node.index()]
    }

    /// A gateway has come to suspect a node.
    pub fn suspect_in(&mut self, fx: &mut impl Effects, gateway: u16, node: NodeId) {
        self.enter(gateway);
        self.suspect_here(fx, node);
    }

    /// A gateway trusts a node again.
    pub fn trust_in(&mut self, now: SimTime, gateway: u16, node: NodeId) {
        self.enter(gateway);
        self.trust_here(now, node);
    }

    /// An attempt on `node` that the gateway at work awaits.
    pub(super) fn awaited_here(&self, node: NodeId) -> Option<AttemptId> {
        let mut next = self.attempts.awaited_on(node)?;
        let Some(views) = &self.views else { return Some(next) };
        loop {
            let attempt = self.attempts.get(next);
            if attempt.opinion == Opinion::Awaited
                && self.requests.get(attempt.request).gateway == views.current
            {
                return Some(next);
            }
            next = attempt.next_on_node;
            if next.is_none() {
                return None;
            }
        }
    }
}
