//! What passes between the controller and the world.

use crate::kernel::{Handle, SimDuration, SimTime};
use crate::world::fleet::{AttemptId, NodeId, RequestId};

/// What the controller can bring about.
pub trait Effects {
    /// The time.
    fn now(&self) -> SimTime;
    /// Sends a request message to a node.
    fn send(&mut self, order: Order);
    /// Sends a message after an attempt that it is no longer wanted.
    fn call_back(&mut self, attempt: AttemptId);
    /// Asks to be told when `after` has passed.
    fn set_timer(&mut self, after: SimDuration, timer: Timer) -> Handle;
    /// Takes a timer back.
    fn cancel_timer(&mut self, handle: Handle);
    /// The attempt is settled or given up: nothing that comes of it matters any more to `request`.
    fn settled(&mut self, request: RequestId, attempt: AttemptId);
    /// A node has replied to an attempt after this long, or turned it away, or left it without an answer for too long (`None`).
    fn heard(&mut self, _node: NodeId, _latency: Option<SimDuration>) {}
    /// The request is over.
    fn resolved(&mut self, request: &NewRequest, arrived: SimTime, sent: u32, outcome: Outcome);
}

/// A request as it enters at a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// Its workload.
    pub workload: u16,
    /// Its running number within the workload.
    pub number: u32,
    /// The region at whose gateway it enters.
    pub gateway: u16,
}

/// One request message to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its request.
    pub request: RequestId,
    /// What was asked for.
    pub what: NewRequest,
    /// When the request entered.
    pub arrived: SimTime,
    /// Number of the attempt within the request, from 0.
    pub index: u16,
    /// Where to.
    pub node: NodeId,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// An attempt has gone unanswered for too long.
    Timeout(AttemptId),
    /// The backoff of a lane is over.
    Retry {
        /// The request.
        request: RequestId,
        /// Tells whether the row has been reused since.
        generation: u32,
        /// Number of the next try.
        tries: u16,
    },
    /// It is time for a hedge.
    Hedge(RequestId),
    /// A circuit breaker has been open for long enough.
    HalfOpen(NodeId),
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The quorum has replied.
    Success,
    /// Too few lanes are left.
    Failed,
    /// As above, and the last try was turned away for lack of a place; or the gateway turned it away.
    Rejected,
}
