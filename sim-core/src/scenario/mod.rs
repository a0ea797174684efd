//! The scenario file: its types, units, catalog, validation, and expansion into a plan of runs.
//!
//! This room does no I/O: text and files come in through [`load`], and what goes out is plain data.

pub mod spec;

pub use spec::*;
