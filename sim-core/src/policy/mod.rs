//! The protocols under test: state machines from observations to actions.

pub mod health;
pub mod jobs;
pub mod network;
pub mod readings;
pub mod redundancy;
pub mod routing;
