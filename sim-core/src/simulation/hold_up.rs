//! What the power supply of a node makes of a loss of power: it holds up for a while, then the node is down.
//!
//! While it holds up, nothing is drawn from the socket if there is no power at it. If power is back before the hold-up is over,
//! nothing has happened. A node type without hold-up is down at once.

use super::state::Supply;
use super::{Event, PowerEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::power::ride_through::hold_up;

impl Simulation<'_> {
    pub(super) fn begin_for_site(&mut self, site: SiteId, cause: Cause) {
        for node in self.site_nodes(site) {
            self.power_lost(node, cause);
        }
    }

    pub(super) fn end_for_site(&mut self, site: SiteId, cause: Cause) {
        for node in self.site_nodes(site) {
            self.power_regained(node, cause);
        }
    }

    /// Power is lost at the socket of `node`.
    fn power_lost(&mut self, node: NodeId, cause: Cause) {
        let state = self.node(node);
        let class = &self.model.classes[usize::from(state.class)];
        if state.reasons.contains(cause) {
            return;
        }
        match class.hold_up.filter(|_| !state.reasons.is_off() && !state.waiting) {
            None => self.reason_begins(node, cause),
            Some(full) => {
                if self.node(node).hold_event == Handle::NONE || state.power.0 > 0.0 {
                    self.hold_for(node, hold_up(full, state.power, class.peak));
                }
                self.refresh_power(node);
            }
        }
    }

    /// The power supply of `node` carries it for `span` from now, or for less if that is already so.
    pub(super) fn hold_for(&mut self, node: NodeId, span: SimDuration) {
        let until = self.engine.now().saturating_add(span);
        let state = &mut self.nodes[node.index()];
        if until < state.hold_until {
            Self::cancel(&mut self.engine, &mut state.hold_event);
            state.hold_until = until;
            state.hold_event = self.engine.at(until, Event::Power(PowerEvent::HoldUpOver { node }));
        }
    }

    /// Power is back at the socket of `node`, as far as `cause` goes.
    fn power_regained(&mut self, node: NodeId, cause: Cause) {
        if self.node(node).reasons.contains(cause) {
            self.reason_ends(node, cause);
        }
        if self.node(node).hold_event != Handle::NONE && self.wants(node).is_empty() {
            let state = &mut self.nodes[node.index()];
            Self::cancel(&mut self.engine, &mut state.hold_event);
            state.hold_until = SimTime::MAX;
            self.refresh_power(node);
        }
    }

    /// The causes for which there is no power at the socket of `node` now, oldest in the chain first.
    fn wants(&self, node: NodeId) -> Wants {
        let site = self.node(node).site;
        let state = &self.sites[site.index()];
        let mut wants = Wants::default();
        if self.model.entry_of(site).ups.is_some() {
            wants.push(Cause::Ups, state.supply == Supply::Dead);
            wants.push(Cause::Sag, state.power.sags > 0);
        } else {
            wants.push(Cause::Grid, state.outages > 0);
            wants.push(Cause::Breaker, state.breaker_open);
            wants.push(Cause::Sag, state.power.undervoltage + state.power.sags > 0);
        }
        wants
    }

    /// The power supply of `node` is empty.
    pub(super) fn hold_up_over(&mut self, node: NodeId) {
        let state = &mut self.nodes[node.index()];
        state.hold_event = Handle::NONE;
        state.hold_until = SimTime::MAX;
        for cause in self.wants(node).iter() {
            if !self.node(node).reasons.contains(cause) {
                self.reason_begins(node, cause);
            }
        }
        self.load_changed(self.node(node).site);
    }

    /// Whether the power supply of `node` carries it, without anything at the socket.
    pub(super) fn is_held_up(&self, node: NodeId) -> bool {
        let state = self.node(node);
        state.hold_event != Handle::NONE && self.sites[state.site.index()].supply == Supply::Dead
    }
}

/// A few causes.
#[derive(Clone, Copy, Debug, Default)]
struct Wants {
    causes: [Option<Cause>; 3],
    count: usize,
}

impl Wants {
    fn push(&mut self, cause: Cause, holds: bool) {
        if holds {
            self.causes[self.count] = Some(cause);
            self.count += 1;
        }
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn iter(self) -> impl Iterator<Item = Cause> {
        self.causes.into_iter().flatten()
    }
}
