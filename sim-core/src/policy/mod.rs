//! The protocols under test: state machines from observations to actions.

pub mod audits;
pub mod health;
pub mod network;
pub mod placement;
pub mod readings;
pub mod reads;
pub mod redundancy;
pub mod repair;
pub mod routing;
