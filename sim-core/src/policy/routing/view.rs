//! What a routing policy can know.

use super::{Memory, Observed, Places, Prices, TrustedNodes};
use crate::kernel::SimTime;
use crate::policy::readings::{Reading, Readings};
use crate::world::fleet::NodeId;
use std::sync::Arc;

/// What a controller knows of nodes beyond whom it trusts and what it has sent.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The register.
    pub places: Arc<Places>,
    /// What replies and their absence have taught.
    pub observed: Observed,
    /// What nodes say of themselves.
    pub readings: Readings,
    /// Published prices of electricity.
    pub prices: Arc<Prices>,
    /// The truth about each node; empty unless the policy is the oracle.
    pub truth: Vec<TrueState>,
}

impl Known {
    /// What is known at t = 0 for a policy that remembers so much.
    #[inline]
    pub fn new(places: Arc<Places>, memory: Option<Memory>) -> Self {
        let (nodes, gateways) = (places.nodes(), places.regions());
        let observed = memory.map_or_else(Observed::default, |memory| Observed::of(nodes, gateways, memory));
        Self { places, observed, ..Self::default() }
    }
}

/// The state of a node as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrueState {
    /// Whether it is up and can be reached.
    pub up: bool,
    /// Attempts on it, waiting and running.
    pub queue: u32,
    /// Its present speed.
    pub speed: f64,
}

/// What a routing policy can know.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    now: SimTime,
    trusted: &'a TrustedNodes,
    outstanding: &'a [u32],
    known: &'a Known,
}

impl<'a> View<'a> {
    /// A view of these observations.
    pub fn new(now: SimTime, trusted: &'a TrustedNodes, outstanding: &'a [u32], known: &'a Known) -> Self {
        Self { now, trusted, outstanding, known }
    }

    /// The time.
    #[inline]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The nodes not suspected, in no particular but a reproducible order.
    #[inline]
    pub fn trusted(&self) -> &'a [NodeId] {
        self.trusted.as_slice()
    }

    /// Whether `node` is not suspected.
    #[inline]
    pub fn is_trusted(&self, node: NodeId) -> bool {
        self.trusted.contains(node)
    }

    /// Number of nodes, trusted or not.
    pub fn nodes(&self) -> usize {
        self.outstanding.len()
    }

    /// Attempts sent to `node` and neither answered nor given up: its queue as seen from here.
    #[inline]
    pub fn outstanding(&self, node: NodeId) -> u32 {
        self.outstanding[node.index()]
    }

    /// Where `node` stands in [`Self::trusted`].
    #[inline]
    pub fn position(&self, node: NodeId) -> Option<usize> {
        self.trusted.position(node)
    }

    /// The register of nodes: regions, slots, speeds, distances.
    pub fn places(&self) -> &'a Places {
        &self.known.places
    }

    /// Latencies and successes so far; empty unless the policy [remembers](super::Routing::remembers).
    pub fn observed(&self) -> &'a Observed {
        &self.known.observed
    }

    /// What `node` last said of itself, if anything has arrived.
    pub fn reading(&self, node: NodeId) -> Option<&'a Reading> {
        self.known.readings.get(node)
    }

    /// The price of electricity at `node` now in $/kWh, where it is known.
    pub fn price(&self, node: NodeId) -> Option<f64> {
        self.known.prices.at(self.now, node)
    }

    /// The truth about `node`, which no real controller has; nothing unless the policy is the oracle.
    pub(super) fn truth(&self, node: NodeId) -> Option<TrueState> {
        self.known.truth.get(node.index()).copied()
    }
}
