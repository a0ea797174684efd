//! The post between controller and world.

use super::collect::Collector;
use super::{Event, Simulation};
use crate::kernel::{Engine, Handle, SimDuration, SimTime};
use crate::policy::redundancy::{Controller, Effects, NewRequest, Order, Outcome, Timer};
use crate::world::fleet::{AttemptId, Body, BodyState, NodeId, RequestId};
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
    /// The first thing to be carried out, if that is a message: most have no other.
    sending: &'a mut AttemptId,
    bodies: &'a mut Vec<Body>,
    /// Who counts requests that are over, unless somebody asks for causes: it makes no difference when, as long as it is now.
    collect: Option<&'a mut Collector>,
    /// Whether anybody wants to know of replies.
    listens: bool,
    /// An attempt known to be gone: that it is settled changes nothing.
    gone: AttemptId,
}

/// Makes room for row number `row`, and fills it and those before it that are new. By itself, as there is room nearly always.
#[cold]
#[inline(never)]
pub(super) fn grow<T: Clone>(rows: &mut Vec<T>, row: usize, value: T) {
    rows.resize(row + 1, value);
}

impl Effects for Post<'_> {
    #[inline]
    fn now(&self) -> SimTime {
        self.engine.now()
    }

    #[inline(always)]
    fn send(&mut self, order: Order) {
        let Order { attempt, request, what, arrived, index, node } = order;
        let NewRequest { workload, number, gateway } = what;
        let row = attempt.index();
        if row >= self.bodies.len() {
            grow(self.bodies, row, Body::new(node));
        }
        // It is made where it lies: one put together elsewhere would be copied in wide pieces, each of which would wait for the narrow ones.
        let body = &mut self.bodies[row];
        *body = Body::new(node);
        (body.request, body.index, body.arrived) = (request, index, arrived);
        (body.workload, body.gateway, body.number) = (workload, gateway, number);
        if self.outbox.is_empty() && self.sending.is_none() {
            *self.sending = attempt;
        } else {
            self.outbox.push_back(Letter::Send(attempt));
        }
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

    #[inline]
    fn settled(&mut self, request: RequestId, attempt: AttemptId) {
        if attempt != self.gone {
            self.outbox.push_back(Letter::Settled(request, attempt));
        }
    }

    #[inline]
    fn heard(&mut self, node: NodeId, latency: Option<SimDuration>) {
        if self.listens {
            self.outbox.push_back(Letter::Heard(node, latency));
        }
    }

    #[inline]
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
        self.control_and_post_of::<false>(AttemptId::NONE)
    }

    /// As [`Self::control_and_post`], for news of an attempt that is gone.
    #[inline]
    pub(super) fn control_and_post_of<const PLAIN: bool>(
        &mut self,
        gone: AttemptId,
    ) -> (&mut Controller, Post<'_>) {
        let listens = !PLAIN && self.supervision.listens();
        let counts = PLAIN || self.blame.is_none();
        let post = Post {
            engine: &mut self.engine,
            outbox: &mut self.outbox,
            sending: &mut self.sending,
            bodies: &mut self.bodies,
            collect: counts.then_some(&mut self.collect),
            listens,
            gone,
        };
        (&mut self.control, post)
    }

    /// Whether something is to be carried out.
    #[inline]
    pub(super) fn has_letters(&self) -> bool {
        !self.sending.is_none() || !self.outbox.is_empty()
    }

    /// Carries out all letters, and those that they lead to.
    pub(super) fn deliver_letters(&mut self) {
        self.deliver_letters_as::<false>();
    }

    /// As [`Self::deliver_letters`], where requests may be known to be plain. Most events lead to no letter.
    #[inline(always)]
    pub(super) fn deliver_letters_as<const PLAIN: bool>(&mut self) {
        if self.has_letters() {
            self.deliver_some::<PLAIN>();
        }
    }

    #[inline(never)]
    fn deliver_some<const PLAIN: bool>(&mut self) {
        while self.has_letters() {
            // What stands beside the box was there before all that is in it.
            let attempt = std::mem::replace(&mut self.sending, AttemptId::NONE);
            if attempt.is_none() {
                self.deliver_from_box();
            } else {
                self.send_request::<PLAIN>(attempt);
            }
        }
    }

    /// Carries out the first letter in the box.
    #[inline(never)]
    fn deliver_from_box(&mut self) {
        let Some(letter) = self.outbox.pop_front() else { return };
        match letter {
            Letter::Send(attempt) => self.send_request::<false>(attempt),
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
