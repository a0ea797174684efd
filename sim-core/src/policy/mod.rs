//! The protocols under test: state machines from observations to actions.

pub mod redundancy;
pub mod routing;
