//! The post between controller and world.

use super::collect::Collector;
use super::{Event, Simulation};
use crate::kernel::{Engine, Handle, SimDuration, SimTime};
use crate::policy::redundancy::{Controller, Effects, NewRequest, Order, Outcome, Timer};
use crate::world::fleet::{AttemptId, BodyState, NodeId, RequestId};
use std::collections::VecDeque;

/// What the controller has brought about, not yet carried out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Letter {
    /// A request message is sent: that of the order in the row of the attempt.
    Send(AttemptId),
    /// A message is sent after an attempt that it is no longer wanted.
    CallBack(AttemptId),
    /// The controller does not await the attempt any more.
    Settled(RequestId, AttemptId),
    /// A node has replied after so long, or failed to.
    Heard(NodeId, Option<SimDuration>),
    /// A request is over.
    Resolved { what: NewRequest, arrived: SimTime, sent: u32, outcome: Outcome },
}

/// The world as the controller reaches it.
pub(super) struct Post<'a> {
    engine: &'a mut Engine<Event>,
    outbox: &'a mut VecDeque<Letter>,
    orders: &'a mut Vec<Order>,
    /// Who counts requests that are over, unless somebody asks for causes: it makes no difference when, as long as it is now.
    collect: Option<&'a mut Collector>,
    /// Whether anybody wants to know of replies.
    listens: bool,
    /// An attempt known to be gone: that it is settled changes nothing.
    gone: AttemptId,
}

impl Effects for Post<'_> {
    fn now(&self) -> SimTime {
        self.engine.now()
    }

    fn send(&mut self, order: Order) {
        let row = order.attempt.index();
        if row >= self.orders.len() {
            self.orders.resize(row + 1, order);
        }
        self.orders[row] = order;
        self.outbox.push_back(Letter::Send(order.attempt));
    }

    fn call_back(&mut self, attempt: AttemptId) {
        self.outbox.push_back(Letter::CallBack(attempt));
    }

    fn set_timer(&mut self, after: SimDuration, timer: Timer) -> Handle {
        self.engine.after(after, Event::Timer(timer))
    }

    fn cancel_timer(&mut self, handle: Handle) {
        self.engine.cancel(handle);
    }

    fn settled(&mut self, request: RequestId, attempt: AttemptId) {
        if attempt != self.gone {
            self.outbox.push_back(Letter::Settled(request, attempt));
        }
    }

    fn heard(&mut self, node: NodeId, latency: Option<SimDuration>) {
        if self.listens {
            self.outbox.push_back(Letter::Heard(node, latency));
        }
    }

    fn resolved(&mut self, what: &NewRequest, arrived: SimTime, sent: u32, outcome: Outcome) {
        match &mut self.collect {
            Some(collect) => collect.resolved(self.engine.now(), what, arrived, sent, outcome),
            None => self.outbox.push_back(Letter::Resolved { what: *what, arrived, sent, outcome }),
        }
    }
}

impl Simulation<'_> {
    /// The controller, and the post to give it.
    #[inline]
    pub(super) fn control_and_post(&mut self) -> (&mut Controller, Post<'_>) {
        self.control_and_post_of(AttemptId::NONE)
    }

    /// As [`Self::control_and_post`], for news of an attempt that is gone.
    #[inline]
    pub(super) fn control_and_post_of(&mut self, gone: AttemptId) -> (&mut Controller, Post<'_>) {
        let listens = self.supervision.listens();
        let (engine, outbox, orders) = (&mut self.engine, &mut self.outbox, &mut self.orders);
        let collect = self.blame.is_none().then_some(&mut self.collect);
        (&mut self.control, Post { engine, outbox, orders, collect, listens, gone })
    }

    /// Carries out all letters, and those that they lead to.
    pub(super) fn deliver_letters(&mut self) {
        while let Some(letter) = self.outbox.front() {
            // The hot one is read where it lies.
            if let Letter::Send(attempt) = *letter {
                self.outbox.pop_front();
                self.send_request(attempt);
                continue;
            }
            let Some(letter) = self.outbox.pop_front() else { return };
            match letter {
                Letter::Send(attempt) => self.send_request(attempt),
                Letter::CallBack(attempt) => self.send_call_back(attempt),
                Letter::Settled(request, attempt) => {
                    if self.bodies[attempt.index()].state != BodyState::Gone {
                        self.viable[request.index()] -= 1;
                    }
                }
                Letter::Heard(node, latency) => self.heard(node, latency),
                Letter::Resolved { what, arrived, sent, outcome } => {
                    self.blame_resolved(&what, arrived, sent, outcome);
                    self.collect.resolved(self.engine.now(), &what, arrived, sent, outcome);
                }
            }
        }
    }
}
