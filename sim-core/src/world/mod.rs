//! Cause and effect: the physical world.

pub mod hardware;
pub mod power;
pub mod thermal;
