//! What the fleet is asked to do.

mod arrivals;

pub use arrivals::ArrivalProcess;
