//! Faults on purpose: whom a target means, and the failure domains of a scenario.

mod batches;
mod domains;
mod layout;
mod membership;
mod target;

pub use domains::{Domain, DomainKind, domains};
pub use membership::membership;
pub use target::{Hits, Mistarget};
