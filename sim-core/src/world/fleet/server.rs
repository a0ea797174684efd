//! The queue of a node: first come, first served, on a number of slots.
//!
//! Attempts on a node are *bodies*: rows of one table for the whole fleet, linked into two lists per node, running and
//! waiting. Work is in seconds of demand at speed 1. A body runs at the speed of its node; when that changes (throttle,
//! freeze) the work done so far is charged and the rest goes on at the new speed.

use super::{AttemptId, NodeId, RequestId};
use crate::kernel::{Handle, SimTime};

/// Where the physical side of an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyState {
    /// Nowhere: lost, cancelled or answered.
    Gone,
    /// The request message is on its way to the node.
    Outbound,
    /// In the queue of the node.
    Waiting,
    /// Being served in a slot.
    Running,
    /// Being served, sharing the slots.
    Sharing,
    /// The reply is on its way.
    Inbound,
}

/// The physical side of an attempt: all that its steps ask for, in one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Body {
    /// Where it is.
    pub state: BodyState,
    /// Whether the reply says that the node had no place.
    pub rejected: bool,
    /// Number of the attempt within its request, from 0.
    pub index: u16,
    /// Workload of its request.
    pub workload: u16,
    /// The region at whose gateway the request entered.
    pub gateway: u16,
    /// Running number of the request within its workload.
    pub number: u32,
    /// Its request.
    pub request: RequestId,
    /// When that entered.
    pub arrived: SimTime,
    /// Its node.
    pub node: NodeId,
    /// Work left, in seconds at speed 1, as of `since`.
    pub work: f64,
    /// When the work was last charged; before service, when it joined the queue.
    pub since: SimTime,
    /// The event that is to happen to it next.
    pub next_event: Handle,
    previous: AttemptId,
    next: AttemptId,
}

const _: () = assert!(size_of::<Body>() == 64);

impl Body {
    /// That of the first attempt of request 0 of workload 0, for `node`: it is not on its way yet and has no work to do.
    #[inline]
    pub fn new(node: NodeId) -> Self {
        Self {
            state: BodyState::Gone,
            rejected: false,
            index: 0,
            workload: 0,
            gateway: 0,
            number: 0,
            request: RequestId(0),
            arrived: SimTime::ZERO,
            node,
            work: 0.0,
            since: SimTime::ZERO,
            next_event: Handle::NONE,
            previous: AttemptId::NONE,
            next: AttemptId::NONE,
        }
    }
}

/// What became of an attempt that arrived at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// A slot was free.
    Starts,
    /// It waits.
    Waits,
    /// There is no place.
    Rejected,
}

/// Head and tail of a list of bodies.
#[derive(Clone, Copy, Debug)]
struct List {
    head: AttemptId,
    tail: AttemptId,
}

impl Default for List {
    fn default() -> Self {
        Self { head: AttemptId::NONE, tail: AttemptId::NONE }
    }
}

/// Slots and queue of one node.
#[derive(Clone, Copy, Debug, Default)]
pub struct FifoServer {
    running: List,
    waiting: List,
    busy: u32,
    queued: u32,
}

impl FifoServer {
    /// Slots in service.
    #[inline]
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// Attempts waiting.
    #[inline]
    pub fn queued(&self) -> u32 {
        self.queued
    }

    /// Decides on an attempt that arrives, and enlists it. With `closed`, no slot may start (asleep, frozen).
    #[inline]
    pub fn admit(
        &mut self,
        bodies: &mut [Body],
        attempt: AttemptId,
        slots: u32,
        queue: Option<u32>,
        closed: bool,
    ) -> Admission {
        if !closed && self.busy < slots {
            self.enlist_running(bodies, attempt);
            return Admission::Starts;
        }
        let places = queue.map(|q| u64::from(q) + u64::from(slots - self.busy.min(slots)));
        if places.is_some_and(|places| u64::from(self.queued) >= places) {
            return Admission::Rejected;
        }
        link(&mut self.waiting, bodies, attempt, BodyState::Waiting);
        self.queued += 1;
        Admission::Waits
    }

    /// Moves the first waiting attempt into a slot, if there is one of each.
    #[inline]
    pub fn start_next(&mut self, bodies: &mut [Body], slots: u32) -> Option<AttemptId> {
        if self.busy >= slots || self.waiting.head.is_none() {
            return None;
        }
        let attempt = self.waiting.head;
        unlink(&mut self.waiting, bodies, attempt);
        self.queued -= 1;
        self.enlist_running(bodies, attempt);
        Some(attempt)
    }

    /// As [`Self::start_next`], but the one that came last.
    pub fn start_last(&mut self, bodies: &mut [Body], slots: u32) -> Option<AttemptId> {
        if self.busy >= slots || self.waiting.tail.is_none() {
            return None;
        }
        let attempt = self.waiting.tail;
        unlink(&mut self.waiting, bodies, attempt);
        self.queued -= 1;
        self.enlist_running(bodies, attempt);
        Some(attempt)
    }

    /// Takes a running or waiting attempt out.
    #[inline]
    pub fn remove(&mut self, bodies: &mut [Body], attempt: AttemptId) {
        match bodies[attempt.index()].state {
            BodyState::Running => {
                unlink(&mut self.running, bodies, attempt);
                self.busy -= 1;
            }
            BodyState::Waiting => {
                unlink(&mut self.waiting, bodies, attempt);
                self.queued -= 1;
            }
            other => unreachable!("an attempt in state {other:?} is not at its node"),
        }
    }

    /// The first running attempt; go on with [`Self::after`].
    #[inline]
    pub fn first_running(&self) -> AttemptId {
        self.running.head
    }

    /// The first waiting attempt; go on with [`Self::after`].
    pub fn first_waiting(&self) -> AttemptId {
        self.waiting.head
    }

    /// The attempt after `attempt` in its list.
    pub fn after(bodies: &[Body], attempt: AttemptId) -> AttemptId {
        bodies[attempt.index()].next
    }

    #[inline]
    fn enlist_running(&mut self, bodies: &mut [Body], attempt: AttemptId) {
        link(&mut self.running, bodies, attempt, BodyState::Running);
        self.busy += 1;
    }
}

#[inline]
fn link(list: &mut List, bodies: &mut [Body], attempt: AttemptId, state: BodyState) {
    let body = &mut bodies[attempt.index()];
    body.state = state;
    body.previous = list.tail;
    body.next = AttemptId::NONE;
    if list.tail.is_none() {
        list.head = attempt;
    } else {
        bodies[list.tail.index()].next = attempt;
    }
    list.tail = attempt;
}

#[inline]
fn unlink(list: &mut List, bodies: &mut [Body], attempt: AttemptId) {
    let Body { previous, next, .. } = bodies[attempt.index()];
    if previous.is_none() {
        list.head = next;
    } else {
        bodies[previous.index()].next = next;
    }
    if next.is_none() {
        list.tail = previous;
    } else {
        bodies[next.index()].previous = previous;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(n: usize) -> Vec<Body> {
        vec![Body::new(NodeId(0)); n]
    }

    fn id(i: u32) -> AttemptId {
        AttemptId(i)
    }

    #[test]
    fn slots_fill_first_then_places_then_nothing() {
        let mut bodies = table(4);
        let mut server = FifoServer::default();
        let admit = |server: &mut FifoServer, bodies: &mut Vec<Body>, i| {
            server.admit(bodies, id(i), 1, Some(1), false)
        };
        assert_eq!(admit(&mut server, &mut bodies, 0), Admission::Starts);
        assert_eq!(admit(&mut server, &mut bodies, 1), Admission::Waits);
        assert_eq!(admit(&mut server, &mut bodies, 2), Admission::Rejected);
        server.remove(&mut bodies, id(0));
        assert_eq!(server.start_next(&mut bodies, 1), Some(id(1)));
        assert_eq!(server.start_next(&mut bodies, 1), None);
        assert_eq!((server.busy(), server.queued()), (1, 0));
    }

    #[test]
    fn a_closed_server_has_its_slots_as_waiting_places() {
        let mut bodies = table(3);
        let mut server = FifoServer::default();
        assert_eq!(server.admit(&mut bodies, id(0), 1, Some(1), true), Admission::Waits);
        assert_eq!(server.admit(&mut bodies, id(1), 1, Some(1), true), Admission::Waits);
        assert_eq!(server.admit(&mut bodies, id(2), 1, Some(1), true), Admission::Rejected);
    }

    #[test]
    fn waiting_attempts_leave_from_the_middle() {
        let mut bodies = table(4);
        let mut server = FifoServer::default();
        for i in 0..4 {
            server.admit(&mut bodies, id(i), 1, None, false);
        }
        server.remove(&mut bodies, id(2));
        server.remove(&mut bodies, id(0));
        assert_eq!(server.start_next(&mut bodies, 1), Some(id(1)));
        server.remove(&mut bodies, id(1));
        assert_eq!(server.start_next(&mut bodies, 1), Some(id(3)));
        assert!(server.first_waiting().is_none());
        assert_eq!(server.first_running(), id(3));
    }
}
