//! The engine: time, typed ids, the pending-event set, the run loop, random streams, digests.
//!
//! Nothing here knows a word of the domain.
//!
//! ```
//! use sim_core::kernel::{Engine, Process, SimDuration, SimTime, Streams, Traced};
//!
//! #[derive(Clone, Copy)]
//! enum Event {
//!     Ring,
//!     Close,
//! }
//!
//! impl Traced for Event {
//!     fn code(&self) -> u64 {
//!         *self as u64
//!     }
//! }
//!
//! let gaps = Streams::new(2026, 0).stream(Process::Arrival, 0);
//! let mut engine = Engine::<Event>::default();
//! engine.after(SimDuration::from_secs(60), Event::Close);
//! engine.after(SimDuration::from_secs(1), Event::Ring);
//! let mut rings = 0;
//! while let Some(event) = engine.next(SimTime::MAX) {
//!     match event {
//!         Event::Ring => {
//!             rings += 1;
//!             let gap = 2.0 * gaps.unit(0, rings);
//!             engine.after(SimDuration::from_secs_f64(gap), Event::Ring);
//!         }
//!         Event::Close => break,
//!     }
//! }
//! assert!(engine.now() == SimTime::from_secs_f64(60.0) && rings > 40);
//! ```
//!
//! # What order is promised
//!
//! Events happen in the order of (time, sequence). The time is an integer number of nanoseconds; the sequence counts
//! calls that schedule, from the start of the run. It follows that
//!
//! - two events at the same nanosecond happen in the order in which they were scheduled, whatever the queue and however
//!   many others there are;
//! - an event scheduled *now* happens after everything already scheduled for now, and before the clock moves;
//! - a rescheduled event counts as scheduled anew: it goes behind the others of its new time, even if the time is the
//!   same;
//! - cancelling an event changes nothing about the order of the rest;
//! - a handle names one scheduling, for good. Once that event has happened, was cancelled or rescheduled, cancelling it
//!   again is harmless and says so.
//!
//! Where two handlers at one nanosecond do not commute, the model has an order that nature has not. So the run counts its
//! ties ([`Engine::ties`]) and reports them: few of many events, and the order cannot matter much.
//!
//! # What randomness is promised
//!
//! A draw is a pure function of (seed, replication, process, salt, entity, index), see [`random`]. Nothing else enters:
//! not the time, the policy, the order of events, the thread, or how many draws were made before. Therefore
//!
//! - two policies compared under one seed meet the same weather, outages, arrivals and demands (*common random numbers*),
//!   and what differs between them is the policies' doing;
//! - a new draw anywhere moves no other draw;
//! - a single number of a run can be looked up without running it.
//!
//! For this to hold, a model keys its draws by what they belong to: a demand by the number of the request, not by the order
//! in which requests reach a server. Variates are quantiles ([`Dist`]): one number in, one variate out, monotone, so that
//! a longer-lived part lives longer under the same draw.
//!
//! # Determinism
//!
//! The same scenario, seed and version give the same bits: on any machine, with any number of threads, with tracing on
//! or off. What could break that, and how it is kept out:
//!
//! | source | how it is excluded |
//! |---|---|
//! | order of simultaneous events | total order by (time, sequence); every queue is tested against one shadow |
//! | rounding of a floating-point clock | time is an integer; overflow panics, it never wraps |
//! | hash maps with random seeds | `HashMap` and `HashSet` are refused by lint; `IndexMap`, `BTreeMap`, sorted vectors |
//! | `exp`, `ln`, `pow`, `sin` of the platform | refused by lint; all go through `libm`, compiled with the rest |
//! | fused multiply–add | the compiler does not fuse unasked, and `mul_add` is refused by lint |
//! | sums in another order | a run is one thread; replications are merged in the order of their number |
//! | shared random state | there is none: draws are functions, streams hold eight bytes and no state |
//! | change of a generator in a library | golden vectors pin ChaCha, the keys, Squares, and every process |
//! | `usize` in draws | entities and indices are `u32`; `rand` is asked for `u32` and `u64` only |
//! | wall clock, environment, files | this crate reads none of them; `Instant` and `SystemTime` are refused by lint |
//! | addresses and allocation | no pointer is compared, printed or hashed; ids are indices |
//! | uninitialised memory, data races | `unsafe` is forbidden |
//! | observation that disturbs | measuring may not draw, schedule or change the world |
//! | a copy that shares with its original | the world and the engine are plain data; `Clone` copies all of it |
//!
//! [`Engine::trace`] digests every event handled, so two runs that differ anywhere differ there.

pub mod digest;
pub mod dist;
mod engine;
pub mod id;
mod periodic;
pub mod queue;
pub mod random;
pub mod time;

pub use digest::{Digest, Traced};
pub use dist::{Dist, DurationTable, normal_quantile};
pub use engine::Engine;
pub use periodic::Periodic;
pub use queue::{Handle, PendingEvents};
pub use random::{Draws, Process, Stream, Streams};
pub use time::{SimDuration, SimTime};
