//! Requests and their messages.
//!
//! A request enters at the gateway of a region. Each attempt is a message: backbone latency, latency and loss of the
//! site's access link, its share of the downlink if that has a rate; then its time at the node (see [`super::service`]); then the
//! reply back over the uplink. A message that meets a link outage is lost.
//!
//! Demands and gateways are drawn by request number, slowdowns, latencies and losses by request and attempt number, so
//! they do not depend on the order in which anything happens.

use super::faults;
use super::links::{DOWN, UP};
use super::{Event, Simulation};
use crate::kernel::{Handle, SimDuration};
use crate::policy::redundancy::{NewRequest, Order};
use crate::quantity::Bytes;
use crate::world::fleet::{AttemptId, Body, BodyState, NodeId};
use crate::world::network::{latency, lost, stretched};

/// The messages of one attempt, for their draws.
#[derive(Clone, Copy)]
enum Message {
    Request = 0,
    Reply = 1,
    CallBack = 2,
}

impl Simulation<'_> {
    #[inline]
    pub(super) fn schedule_arrival(&mut self, workload: u16) {
        let model = &self.model.workloads[usize::from(workload)];
        let process = &mut self.arrivals[usize::from(workload)];
        if let Some(at) = process.next(&model.requests.arrivals, &model.arrival, self.model.start) {
            self.engine.at(at, Event::Arrival { workload });
        }
    }

    pub(super) fn arrival(&mut self, workload: u16) {
        let now = self.engine.now();
        let model = &self.model.workloads[usize::from(workload)];
        let number = self.arrivals[usize::from(workload)].count() - 1;
        let gateway = model.gateway_of(model.gateway.unit(number, 0));
        self.exogenous.word(now.as_nanos() ^ u64::from(workload) << 48 ^ u64::from(gateway) << 56);
        let demand = self.demand(workload, number);
        self.exogenous.number(demand);
        self.drawn = (workload, number, demand);
        self.collect.arrived(now, workload);
        self.schedule_arrival(workload);
        let gateway = self.entry_gateway(gateway);
        let (control, mut post) = self.control_and_post();
        control.arrival(&mut post, NewRequest { workload, number, gateway });
    }

    /// Work of a request, in seconds at speed 1.
    #[inline]
    pub(super) fn demand(&self, workload: u16, number: u32) -> f64 {
        let model = &self.model.workloads[usize::from(workload)];
        model.requests.demand.as_ref().map_or(0.0, |dist| dist.draw(&model.demand, number, 0))
    }

    /// The controller sends an attempt, whose order is in its row.
    pub(super) fn send_request(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let row = attempt.index();
        let Order { request, what, index, node, .. } = self.orders[row];
        let NewRequest { workload, number, .. } = what;
        // Most are sent as soon as they arrive.
        let demand = match self.drawn {
            (of, last, demand) if (of, last) == (workload, number) => demand,
            _ => self.demand(workload, number),
        };
        let slowdown =
            if self.model.quick_class(node).varies { self.slowdown(node, what, index) } else { 1.0 };
        let body = Body::new(node, demand * slowdown, now);
        match self.bodies.get_mut(row) {
            Some(place) => *place = body,
            None => self.bodies.resize(row + 1, body),
        }
        match self.viable.get_mut(request.index()) {
            Some(viable) => *viable = if index == 0 { 1 } else { *viable + 1 },
            None => self.viable.resize(request.index() + 1, 1),
        }
        self.blame_sent(attempt);
        self.tie(attempt);
        if self.bodies[row].state == BodyState::Gone {
            return;
        }
        match self.journey(attempt, Message::Request) {
            None => self.silently_lost(attempt),
            Some(delay) if delay.is_zero() => self.delivered(attempt),
            Some(delay) => {
                self.bodies[row].next_event = self.engine.after(delay, Event::Delivered { attempt });
            }
        }
    }

    /// Factor on the work of an attempt.
    fn slowdown(&self, node: NodeId, what: NewRequest, index: u16) -> f64 {
        let class = &self.model.classes[usize::from(self.model.seat(node).class)];
        let draws = &self.model.workloads[usize::from(what.workload)].slowdown;
        class.slowdown.as_ref().map_or(1.0, |dist| dist.draw(draws, what.number, u32::from(index)))
    }

    /// Latency of a message over backbone and access link, or `None` if it is lost.
    fn journey(&mut self, attempt: AttemptId, message: Message) -> Option<SimDuration> {
        let Order { what, index, node, .. } = self.orders[attempt.index()];
        if self.gateway_is_mute(what.gateway) {
            return None;
        }
        let model = self.model;
        let site = model.seat(node).site;
        let (region, link) = model.way_of(site);
        let backbone = self.between_regions(what.gateway, region)?;
        let draw = u32::from(index) * 4 + message as u32;
        let injected = faults::Message {
            workload: what.workload,
            gateway: what.gateway,
            number: what.number,
            index: draw,
        };
        let backbone = backbone + self.detour(injected, node, region)?;
        let Some(link) = link else { return Some(backbone) };
        let backbone = model.relayed(site, backbone);
        let workload = &model.workloads[usize::from(what.workload)];
        if let Some(loss) = &link.loss {
            let now = self.engine.now();
            let state = &mut self.sites[site.index()];
            let bad = state.link.bad_at(now, Some(loss), &model.draws.link_state, site.0);
            if lost(Some(loss), bad, workload.loss.unit(what.number, draw)) {
                return None;
            }
        }
        if matches!(message, Message::Reply) && self.access_is_cut(site) {
            return None;
        }
        let own = latency(link.latency.as_ref(), &workload.latency, what.number, draw);
        Some(stretched(link, backbone, own, &workload.latency, what.number, draw))
    }

    /// A request message reaches the access link of its site.
    pub(super) fn delivered(&mut self, attempt: AttemptId) {
        self.bodies[attempt.index()].next_event = Handle::NONE;
        let Order { what, node, .. } = self.orders[attempt.index()];
        let site = self.model.seat(node).site;
        if self.access_is_cut(site) {
            self.silently_lost(attempt);
            return;
        }
        let size = self.model.workloads[usize::from(what.workload)].requests.request;
        if !self.transfer(site, DOWN, attempt, size) {
            self.reached_node(attempt);
        }
    }

    /// The node answers.
    #[inline]
    pub(super) fn send_reply(&mut self, attempt: AttemptId) {
        let Order { what, node, .. } = self.orders[attempt.index()];
        self.bodies[attempt.index()].state = BodyState::Inbound;
        self.blame_answers(attempt);
        let site = self.model.seat(node).site;
        let rejected = self.bodies[attempt.index()].rejected;
        let size = if rejected {
            Bytes(0.0)
        } else {
            self.model.workloads[usize::from(what.workload)].requests.reply
        };
        if self.access_is_cut(site) {
            self.silently_lost(attempt);
        } else if !self.transfer(site, UP, attempt, size) {
            self.reply_leaves(attempt);
        }
    }

    /// A reply has left its site.
    pub(super) fn reply_leaves(&mut self, attempt: AttemptId) {
        let site = self.model.seat(self.bodies[attempt.index()].node).site;
        let journey = self.journey(attempt, Message::Reply);
        let journey = journey.and_then(|delay| Some(delay + self.reply_wait(site)?));
        match journey {
            None => self.silently_lost(attempt),
            Some(delay) if delay.is_zero() => self.replied(attempt),
            Some(delay) => {
                self.bodies[attempt.index()].next_event =
                    self.engine.after(delay, Event::Replied { attempt });
            }
        }
    }

    /// A reply reaches its gateway.
    pub(super) fn replied(&mut self, attempt: AttemptId) {
        let rejected = self.bodies[attempt.index()].rejected;
        self.bodies[attempt.index()].next_event = Handle::NONE;
        self.bodies[attempt.index()].state = BodyState::Gone;
        if self.control.awaits(attempt) {
            self.blame_replied(attempt);
            if !rejected {
                self.note_deed(attempt);
            }
            self.viable[self.control.request_of(attempt).index()] -= 1;
            let (control, mut post) = self.control_and_post_of(attempt);
            if rejected {
                control.rejection(&mut post, attempt);
            } else {
                control.reply(&mut post, attempt);
            }
        }
        self.control.disembody(attempt);
    }

    /// An attempt is gone and nobody is told. If its request can no longer succeed and its sender has no timer left to
    /// find out, the request is written off, so that it is counted and forgotten.
    pub(super) fn silently_lost(&mut self, attempt: AttemptId) {
        self.blame_lost(attempt);
        self.gone(attempt);
    }

    /// As [`Self::silently_lost`], of an attempt that somebody has taken back.
    pub(super) fn gone(&mut self, attempt: AttemptId) {
        self.bodies[attempt.index()].state = BodyState::Gone;
        if self.control.awaits(attempt) {
            let request = self.control.request_of(attempt);
            self.viable[request.index()] -= 1;
            if !self.control.can_succeed(request, self.viable[request.index()]) {
                let (control, mut post) = self.control_and_post();
                control.write_off(&mut post, request);
            }
        }
        self.control.disembody(attempt);
    }

    /// The controller sends a message after an attempt.
    pub(super) fn send_call_back(&mut self, attempt: AttemptId) {
        if self.bodies[attempt.index()].state == BodyState::Gone {
            return;
        }
        match self.journey(attempt, Message::CallBack) {
            None => {}
            Some(delay) if delay.is_zero() => self.called_back(attempt, self.stamp(attempt)),
            Some(delay) => {
                let stamp = self.stamp(attempt);
                self.engine.after(delay, Event::CalledBack { attempt, stamp });
            }
        }
    }

    pub(super) fn called_back(&mut self, attempt: AttemptId, stamp: u32) {
        let Body { state, node, .. } = self.bodies[attempt.index()];
        let reachable = self.sites[self.node(node).site.index()].link_outages == 0;
        if self.stamp(attempt) == stamp && state != BodyState::Gone && reachable {
            self.recall(attempt);
        }
    }

    /// Tells apart the users of a row of bodies: request number and attempt number, mixed.
    pub(super) fn stamp(&self, attempt: AttemptId) -> u32 {
        let Order { what, index, .. } = self.orders[attempt.index()];
        what.number.wrapping_mul(0x9e37_79b9) ^ u32::from(index).rotate_left(20) ^ u32::from(what.workload)
    }
}
