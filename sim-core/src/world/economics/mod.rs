//! Prices as facts of the world: what electricity costs at which time, and the meter that adds it up.
//!
//! Nothing here decides anything: a tariff is given, and a [`Meter`] turns the energy that sites draw into money. Rewards,
//! write-offs and comparisons are in [`crate::measure::economics`].

mod meter;
mod prices;

pub use meter::{DemandMeter, Meter};
pub use prices::Prices;
pub(crate) use prices::holds;
