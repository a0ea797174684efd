//! Health checks: who is suspected to be down, judged from messages that can be late or lost.
//!
//! A *detector* ([`Detector`]) is a state machine from observations (a beat arrived, a probe was answered or missed, a
//! timer fired) to verdicts. The built-ins are [`Oracle`], [`Unsuspecting`], [`HeartbeatTimeout`], [`HeartbeatFreshness`]
//! (NFD-S) and [`Probe`]; each file cites its source. Writing another one is one new file.
//!
//! # What is simulated
//!
//! Message `j` of node `n` (a beat it sends, or a probe sent to it) goes out at `σ_j = φ + j · period`, where the phase φ
//! is uniform in [0, period) for each node. It goes out only if the node is *answering* at σ_j: up, and its link not in
//! an outage. Each message is lost with the loss probability of the site's link in its state at σ_j; otherwise it takes
//! the link's one-way latency, drawn for each message, plus a constant latency of the backbone. A beat is one message. A
//! probe is two, request and reply, and it is answered if neither is lost and the round trip takes at most the timeout;
//! the node is taken to answer iff it was answering at σ_j, and the link's state too is that at σ_j (a round trip is
//! short against outages and loss bursts). Messages under way when a node goes down still arrive. Among events at one
//! nanosecond the order is: messages go out, messages arrive, timers fire; so what arrives exactly at its deadline is in
//! time.
//!
//! # Two ways to run it
//!
//! - [`ExplicitWatch`] simulates every message and feeds any [`Detector`]: an event or two for each message.
//! - [`HealthWatch`] is the default for the built-ins: it only visits messages that can matter. Most beats are *good*:
//!   not lost, and not among the slowest share `q` of latencies. Detectors are chosen so that between good messages in a
//!   row nothing can happen, so it is enough to know where the next *bad* message is: the gap is geometric, restarted at
//!   every change of the link's state (the geometric distribution has no memory). `q` is the least of a fixed ladder for
//!   which two good messages in a row cannot upset the detector; in the worst case `q = 1`, every message is bad, and
//!   each one is looked at.
//!
//! Both take the fate of message `j` from the same pure draws ([`fate`]), so they agree to the nanosecond, not only in
//! distribution, and no draw depends on when or how often a watch is asked.
//!
//! # How a world drives a watch
//!
//! Keep one pending event per watch. `node_lost` and `node_back` tell it that the node stopped or resumed answering, and
//! return the next moment to call `wake` (replacing the pending event; `None` = not before the node's state changes).
//! `wake` returns the new verdict, if it changed at that moment, and again the next moment. A moment need not bring a
//! change of verdict: it may only be as far as the watch has looked ahead.

mod any;
mod class;
mod detector;
mod ejection;
mod explicit;
pub mod fate;
mod flapping;
mod forecast;
pub mod gossip;
mod heartbeat;
mod lazy;
mod nfds;
mod oracle;
mod phi;
mod probe;
pub mod swim;
mod symptoms;
mod watch;

#[cfg(test)]
mod tests;

pub use any::AnyWatch;
pub use class::{HealthClass, HealthContext, HealthStreams, Schedule};
pub use detector::{Detector, Observation, Reaction, Timer, Verdict, built_in};
pub use ejection::Outliers;
pub use explicit::ExplicitWatch;
pub use flapping::{Damper, Decision};
pub use forecast::Course;
pub use heartbeat::HeartbeatTimeout;
pub use lazy::LazyWatch;
pub use nfds::HeartbeatFreshness;
pub use oracle::{Oracle, Unsuspecting};
pub use phi::PhiAccrual;
pub use probe::Probe;
pub use symptoms::Symptoms;
pub use watch::{HealthWatch, Woken};
