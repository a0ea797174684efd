//! Jobs: where they run, when they are saved, which results are believed, which stragglers get help, who leaves in time.
//!
//! Each is a state machine on its own from what the controller observes: reports of instances, suspicions, results, readings.

mod dispatch;
mod drain;
mod interval;
mod straggle;
mod validate;

pub use dispatch::Dispatcher;
pub use drain::Limits;
pub use interval::{FailureEstimate, interval};
pub use straggle::{Progress, Stragglers};
pub use validate::{Reputation, Tally};
