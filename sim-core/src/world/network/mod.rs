//! Access links: bursty loss, latency, outages. Exogenous: nothing here depends on traffic or on any policy.
//!
//! Rates of a link, which traffic does share, are modelled by [`crate::world::sharing`].

pub mod link;
pub mod outage;

pub use link::{LinkState, latency, loss_probability, lost};
pub use outage::LinkOutage;
