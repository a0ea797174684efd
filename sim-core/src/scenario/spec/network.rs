//! Access links and the backbone.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;

/// An access link.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// One-way latency of each message.
    pub latency: Option<Dist>,
    /// Loss of messages.
    pub loss: Option<Loss>,
    /// Rate from the site.
    pub up: Option<BytesPerSecond>,
    /// Rate to the site.
    pub down: Option<BytesPerSecond>,
    /// Outages.
    pub outages: Option<LinkOutages>,
}

/// Loss of messages on a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Each message independently with this probability.
    Bernoulli(f64),
    /// Continuous-time Gilbert–Elliott: good and bad states with exponential sojourns, stationary at the start.
    GilbertElliott {
        /// Rate from good to bad.
        to_bad: PerSecond,
        /// Rate from bad to good.
        to_good: PerSecond,
        /// Loss probability in the good state.
        loss_good: f64,
        /// Loss probability in the bad state.
        loss_bad: f64,
    },
}

/// Outages of links.
#[derive(Clone, Debug)]
pub struct LinkOutages {
    /// Time up.
    pub up: Dist,
    /// Time down.
    pub down: Dist,
    /// Whether all sites of the ISP (in the region) go down together.
    pub shared_by_isp: bool,
}

/// One-way latency between the gateways of regions.
#[derive(Clone, Debug, Default)]
pub struct Backbone {
    /// Region, region, latency; symmetric; what is not listed is zero.
    pub between: Vec<(String, String, SimDuration)>,
}
