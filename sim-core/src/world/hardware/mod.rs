//! Hardware: failures of the nodes themselves.

pub mod faults;

pub use faults::FaultProcess;
