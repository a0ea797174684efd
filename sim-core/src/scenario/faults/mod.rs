//! Faults on purpose: whom a target means, and the failure domains of a scenario.

mod batches;
mod domains;
mod layout;
mod target;

pub use domains::{Domain, DomainKind, domains};
pub use target::{Hits, Mistarget};
