//! The scenario file: its types, units, catalog, validation, and expansion into a plan of runs.
//!
//! [`load`] takes the text of a file and gives a [`Plan`]: every variation as a typed [`Scenario`] and, beside it, the
//! same as JSON with catalog entries and defaults filled in, which loads again to the same scenario. Or it gives
//! [`Problems`]: all of them, each with its place, what was found and what is accepted.
//!
//! On the way the text becomes a tree that knows its places (`tree`); `--set` and `vary` change the tree (`expand`); names of
//! the catalog are looked up (`section`, [`catalog`]); and the declarations in `kinds` read it. The same declarations give
//! the JSON Schema ([`schema`]).
//!
//! This room does no I/O: text comes in through [`Source`] and [`Files`], and what goes out is plain data.

mod calendar;
pub mod catalog;
mod column;
pub(crate) mod cost;
mod declare;
mod dist;
mod doubts;
mod doubts_heat;
mod expand;
pub mod faults;
mod job_doubts;
mod kinds;
mod load;
mod object_doubts;
mod plan;
mod problem;
mod rare_cost;
mod read;
mod scalar;
mod schema;
mod section;
pub mod spec;
mod table;
mod template;
mod tree;
mod units;

#[cfg(test)]
mod tests;

pub use load::{Files, NoFiles, Overrides, Source, load};
pub use plan::{Estimate, MODEL_VERSION, Plan, PlannedRun, Run, Variation};
pub use problem::{Problem, Problems, accepted};
pub use schema::schema;
pub use spec::*;
pub use template::{template, templates};
pub use units::{comparable, duration};
