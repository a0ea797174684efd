//! What the fleet is asked to do.

mod arrivals;
pub mod objects;

pub use arrivals::ArrivalProcess;
