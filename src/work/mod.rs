//! Work: scenario files whose runs are made together, and what is kept of them.
//!
//! ```text
//! files ──[project]──► Project: plan, names of its runs, those selected ([select]), folder
//!                         │ all runs of all projects, each content once
//!                     [make] over all cores ──► a line in the log of each folder that wants it
//!                         │ the last run of a project is there
//!                     output::finish ──► summary, pictures; then whoever asked is told
//! ```
//!
//! Where what runs show decides on their number, that goes on in [stages].
//!
//! A run is known by its content, so one that a folder holds already is not made again, whatever its name was, and one that
//! two projects share is made once. Nothing is held in memory of a run but where its line lies.

pub mod files;
pub mod make;
pub mod project;
pub mod select;
pub mod stages;
mod task;

pub use make::{Done, Limits, Made, Old, Work};
pub use project::Project;
pub use select::Selection;
