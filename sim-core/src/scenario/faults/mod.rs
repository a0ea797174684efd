//! Faults on purpose: whom a target means, and the failure domains of a scenario.

mod domains;
mod target;

pub use domains::{Domain, DomainKind, domains};
pub use target::{Hits, Mistarget};
