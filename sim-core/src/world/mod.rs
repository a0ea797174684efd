//! Cause and effect: the physical world.
//!
//! Nothing here knows a policy. Each part is a state machine over plain data that advances in closed form between
//! events; the loop in [`crate::simulation`] schedules what they predict.

pub mod economics;
pub mod fleet;
pub mod hardware;
pub mod network;
pub mod power;
pub mod sharing;
pub mod thermal;
pub mod workload;
