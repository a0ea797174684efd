//! The protocols under test: state machines from observations to actions.
