//! What the fleet is asked to do.

mod arrivals;
mod computation;
pub mod objects;

pub use arrivals::ArrivalProcess;
pub use computation::{Charge, Computation, InstanceId, JobId, Phase};
