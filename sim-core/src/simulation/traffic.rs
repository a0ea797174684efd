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
use super::post::grow;
use super::{Event, Simulation};
use crate::kernel::{Handle, SimDuration};
use crate::policy::redundancy::NewRequest;
use crate::quantity::Bytes;
use crate::scenario::Loss;
use crate::world::fleet::{AttemptId, Body, BodyState, SiteId};
use crate::world::network::lost;

/// The messages of one attempt, for their draws.
#[derive(Clone, Copy)]
enum Message {
    Request = 0,
    Reply = 1,
    CallBack = 2,
}

impl Simulation<'_> {
    #[inline(always)]
    pub(super) fn schedule_arrival(&mut self, workload: u16) {
        let model = &self.model.workloads[usize::from(workload)];
        let process = &mut self.arrivals[usize::from(workload)];
        if let Some(at) = process.next(&model.requests.arrivals, &model.arrival, self.model.start) {
            self.engine.at(at, Event::Arrival { workload });
        }
    }

    #[inline(never)]
    pub(super) fn arrival<const PLAIN: bool>(&mut self, workload: u16) {
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
        let gateway = if PLAIN { gateway } else { self.entry_gateway(gateway) };
        let (control, mut post) = self.control_and_post_of::<PLAIN>(AttemptId::NONE);
        control.arrival_as::<PLAIN>(&mut post, NewRequest { workload, number, gateway });
    }

    /// Work of a request, in seconds at speed 1.
    #[inline]
    pub(super) fn demand(&self, workload: u16, number: u32) -> f64 {
        let model = &self.model.workloads[usize::from(workload)];
        model.requests.demand.as_ref().map_or(0.0, |dist| dist.draw(&model.demand, number, 0))
    }

    /// The controller sends an attempt, whose order is in its row.
    pub(super) fn send_request<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let row = attempt.index();
        let Body { request, workload, number, index, node, .. } = self.bodies[row];
        // Most are sent as soon as they arrive.
        let demand = match self.drawn {
            (of, last, demand) if (of, last) == (workload, number) => demand,
            _ => self.demand(workload, number),
        };
        let slowdown =
            if !PLAIN && self.model.quick_class(node).varies { self.slowdown(attempt) } else { 1.0 };
        let body = &mut self.bodies[row];
        body.state = BodyState::Outbound;
        body.work = demand * slowdown;
        body.since = now;
        match self.viable.get_mut(request.index()) {
            Some(viable) => *viable = if index == 0 { 1 } else { *viable + 1 },
            None => grow(&mut self.viable, request.index(), 1),
        }
        if !PLAIN {
            self.blame_sent(attempt);
            self.tie(attempt);
            if self.bodies[row].state == BodyState::Gone {
                return;
            }
        }
        match self.journey::<PLAIN>(attempt, Message::Request) {
            None => self.silently_lost(attempt),
            Some(delay) if delay.is_zero() => self.delivered::<PLAIN>(attempt),
            Some(delay) => {
                self.bodies[row].next_event = self.engine.after(delay, Event::Delivered { attempt });
            }
        }
    }

    /// Factor on the work of an attempt.
    fn slowdown(&self, attempt: AttemptId) -> f64 {
        let Body { workload, number, index, node, .. } = self.bodies[attempt.index()];
        let class = &self.model.classes[usize::from(self.model.seat(node).class)];
        let draws = &self.model.workloads[usize::from(workload)].slowdown;
        class.slowdown.as_ref().map_or(1.0, |dist| dist.draw(draws, number, u32::from(index)))
    }

    /// Latency of a message over backbone and access link, or `None` if it is lost.
    #[inline(always)]
    fn journey<const PLAIN: bool>(&mut self, attempt: AttemptId, message: Message) -> Option<SimDuration> {
        let Body { workload, gateway, number, index, node, .. } = self.bodies[attempt.index()];
        if !PLAIN && self.gateway_is_mute(gateway) {
            return None;
        }
        let model = self.model;
        let site = model.seat(node).site;
        let (region, way) = model.way_of(site);
        let draw = u32::from(index) * 4 + message as u32;
        let mut backbone = self.between_regions(gateway, region)?;
        if !PLAIN {
            let injected = faults::Message { workload, gateway, number, index: draw };
            backbone = backbone + self.detour(injected, node, region)?;
        }
        let Some(way) = way else { return Some(backbone) };
        let workload = &model.workloads[usize::from(workload)];
        if !PLAIN {
            backbone = model.relayed(site, backbone);
            let loss = way.link.loss.as_ref();
            if loss.is_some() && self.is_lost_on_link(site, loss, workload.loss.unit(number, draw)) {
                return None;
            }
            if matches!(message, Message::Reply) && self.access_is_cut(site) {
                return None;
            }
        }
        Some(way.travel(backbone, &workload.latency, number, draw))
    }

    /// Whether an access link with losses loses a message whose draw is `unit`.
    fn is_lost_on_link(&mut self, site: SiteId, loss: Option<&Loss>, unit: f64) -> bool {
        let (now, draws) = (self.engine.now(), &self.model.draws.link_state);
        let bad = self.sites[site.index()].link.bad_at(now, loss, draws, site.0);
        lost(loss, bad, unit)
    }

    /// A request message reaches the access link of its site.
    #[inline]
    pub(super) fn delivered<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let body = &mut self.bodies[attempt.index()];
        body.next_event = Handle::NONE;
        let Body { workload, node, .. } = *body;
        if self.network.any_link_down() && self.access_is_cut(self.model.seat(node).site) {
            self.silently_lost(attempt);
            return;
        }
        if !PLAIN {
            let site = self.model.seat(node).site;
            let size = self.model.workloads[usize::from(workload)].requests.request;
            if self.transfer(site, DOWN, attempt, size) {
                return;
            }
        }
        self.reached_node::<PLAIN>(attempt);
    }

    /// The node answers.
    #[inline]
    pub(super) fn send_reply<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let body = &mut self.bodies[attempt.index()];
        body.state = BodyState::Inbound;
        let Body { workload, node, rejected, .. } = *body;
        if !PLAIN {
            self.blame_answers(attempt);
        }
        if self.network.any_link_down() && self.access_is_cut(self.model.seat(node).site) {
            self.silently_lost(attempt);
            return;
        }
        if !PLAIN {
            let site = self.model.seat(node).site;
            let reply = self.model.workloads[usize::from(workload)].requests.reply;
            if self.transfer(site, UP, attempt, if rejected { Bytes(0.0) } else { reply }) {
                return;
            }
        }
        self.reply_leaves::<PLAIN>(attempt);
    }

    /// A reply has left its site.
    pub(super) fn reply_leaves<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let mut journey = self.journey::<PLAIN>(attempt, Message::Reply);
        if !PLAIN && let Some(delay) = journey {
            let site = self.model.seat(self.bodies[attempt.index()].node).site;
            journey = self.reply_wait(site).map(|wait| delay + wait);
        }
        match journey {
            None => self.silently_lost(attempt),
            Some(delay) if delay.is_zero() => self.replied::<PLAIN>(attempt),
            Some(delay) => {
                self.bodies[attempt.index()].next_event =
                    self.engine.after(delay, Event::Replied { attempt });
            }
        }
    }

    /// A reply reaches its gateway.
    #[inline(never)]
    pub(super) fn replied<const PLAIN: bool>(&mut self, attempt: AttemptId) {
        let body = &mut self.bodies[attempt.index()];
        body.next_event = Handle::NONE;
        body.state = BodyState::Gone;
        let Body { rejected, request, .. } = *body;
        if self.control.awaits(attempt) {
            if !PLAIN {
                self.blame_replied(attempt);
                if !rejected {
                    self.note_deed(attempt);
                }
            }
            self.viable[request.index()] -= 1;
            let (control, mut post) = self.control_and_post_of::<PLAIN>(attempt);
            if rejected {
                control.rejection(&mut post, attempt);
            } else {
                control.reply_awaited::<PLAIN>(&mut post, attempt);
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
        match self.journey::<false>(attempt, Message::CallBack) {
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
        let Body { workload, number, index, .. } = self.bodies[attempt.index()];
        number.wrapping_mul(0x9e37_79b9) ^ u32::from(index).rotate_left(20) ^ u32::from(workload)
    }
}
