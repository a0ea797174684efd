//! The protocols under test: state machines from observations to actions.

pub mod beta;
pub mod energy;
pub mod health;
pub mod jobs;
pub mod network;
pub mod placement;
pub mod readings;
pub mod reads;
pub mod redundancy;
pub mod repair;
pub mod reputation;
pub mod routing;
pub mod score;
