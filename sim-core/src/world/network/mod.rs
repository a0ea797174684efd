//! Access links: bursty loss, latency, outages, and the rates that transfers share; and the backbone as a graph.
//!
//! Loss, latency and outages are exogenous: they depend neither on traffic nor on any policy. Rates are shared fairly: a
//! transfer that one link limits by [`crate::world::sharing`], one that crosses several by [`maxmin`]. What waits before a
//! busy uplink is in [`uplink`]; what loss makes of reliable transport in [`transport`].

pub mod graph;
pub mod link;
pub mod maxmin;
pub mod outage;
pub mod transport;
pub mod uplink;

pub use graph::{Graph, Tree};
pub use link::{LinkState, loss_probability, lost};
pub use maxmin::{MaxMin, Path};
pub use outage::LinkOutage;
pub use transport::{TRIES, resend_after, throughput_max};
pub use uplink::{Wait, wait};
