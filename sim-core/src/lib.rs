//! The library behind `brownout`: a deterministic discrete-event simulator of decentralised physical infrastructure.

pub mod kernel;
pub mod measure;
pub mod policy;
pub mod quantity;
pub mod scenario;
pub mod simulation;
pub mod world;

pub use simulation::{run, run_with_routing};
