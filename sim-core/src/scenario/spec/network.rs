//! Access links, providers and the backbone.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::*;

/// An access link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// One-way latency of each message.
    pub latency: Option<Dist>,
    /// Multiplies the one-way latency of each message of requests, objects and jobs, that of the backbone included.
    pub stretch: Option<Dist>,
    /// Loss of messages.
    pub loss: Option<Loss>,
    /// Rate from the site.
    pub up: Option<BytesPerSecond>,
    /// Rate to the site.
    pub down: Option<BytesPerSecond>,
    /// Outages.
    pub outages: Option<LinkOutages>,
    /// Bytes that wait before a busy uplink at most; `None`: a message waits for nobody.
    pub buffer: Option<Bytes>,
    /// Who manages the queue before the uplink.
    pub aqm: Aqm,
    /// What a month of traffic may amount to.
    pub cap: Option<Cap>,
    /// Sites that take no connection from outside.
    pub nat: Option<Nat>,
    /// Changes of address, during which nobody finds the site.
    pub address_change: Option<LinkOutages>,
}

/// Management of the queue before a busy uplink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aqm {
    /// First come, first served, and what finds the buffer full is dropped.
    #[default]
    None,
    /// Flow queueing with controlled delay (fq_codel, CAKE): small messages pass the bulk.
    Fq,
}

/// A monthly data cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cap {
    /// Bytes per calendar month, both directions together.
    pub bytes: Bytes,
    /// What is left beyond it until the month ends.
    pub then: BeyondCap,
}

/// What is left of a link beyond its data cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BeyondCap {
    /// Nothing.
    Off,
    /// At most this rate in each direction.
    Rate(BytesPerSecond),
}

/// Address translation at the provider: sites that take no connection from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Nat {
    /// Share of the sites.
    pub unreachable: f64,
    /// Extra one-way latency by a relay, drawn once for a site; `None`: there is no relay, and nobody reaches the site.
    pub relay: Option<Dist>,
}

/// Traffic of others behind the same access link: backups, photographs, calls.
#[derive(Clone, Debug)]
pub struct Uploads {
    /// From the beginning of one upload to the beginning of the next.
    pub every: Dist,
    /// Bytes.
    pub size: Dist,
}

/// Rates of the gateway of a region; `None` = unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gateway {
    /// From the gateway to sites.
    pub up: Option<BytesPerSecond>,
    /// From sites to the gateway.
    pub down: Option<BytesPerSecond>,
}

/// An internet service provider, wherever its sites are.
#[derive(Clone, Debug, Default)]
pub struct Isp {
    /// Outages of the whole provider.
    pub outages: Option<LinkOutages>,
    /// Street cabinets between sites and the provider.
    pub cabinet: Option<Cabinet>,
}

/// Street cabinets: they carry the links of some sites and live on the mains of the first of them.
#[derive(Clone, Debug)]
pub struct Cabinet {
    /// Sites of a fleet entry on one cabinet.
    pub sites: u32,
    /// How long its battery carries it; drawn for each outage.
    pub battery: Dist,
    /// From the return of mains to working links.
    pub restart: Dist,
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
#[derive(Clone, Debug, PartialEq)]
pub struct LinkOutages {
    /// Time up.
    pub up: Dist,
    /// Time down.
    pub down: Dist,
    /// Whether all sites of the ISP (in the region) go down together.
    pub shared_by_isp: bool,
}

/// The network between the gateways of regions.
#[derive(Clone, Debug, Default)]
pub struct Backbone {
    /// Region, region, one-way latency; symmetric; what is not listed is zero.
    pub between: Vec<(String, String, SimDuration)>,
    /// A graph that can fail, in place of `between`.
    pub graph: Option<BackboneGraph>,
}

/// Regions and exchange points, and the links between them. Nodes are numbered: the regions first, in their order, then
/// exchange points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackboneGraph {
    /// Names of the exchange points.
    pub points: Vec<String>,
    /// Links.
    pub links: Vec<BackboneLink>,
    /// Time from a change of a link to new routes everywhere.
    pub convergence: Option<Dist>,
}

/// A link of the backbone, the same in both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct BackboneLink {
    /// Numbers of its ends.
    pub ends: [u32; 2],
    /// One-way latency.
    pub latency: SimDuration,
    /// Time up and time down; `None` = it never fails.
    pub outages: Option<(Dist, Dist)>,
}
