//! The engine: time, typed ids, the pending-event set, the run loop, random streams, digests.
//!
//! Nothing here knows a word of the domain.

pub mod digest;
pub mod dist;
mod engine;
pub mod id;
pub mod queue;
pub mod random;
pub mod time;

pub use digest::{Digest, Traced};
pub use dist::Dist;
pub use engine::Engine;
pub use queue::{Handle, PendingEvents};
pub use random::{Draws, Process, Stream, Streams};
pub use time::{SimDuration, SimTime};
