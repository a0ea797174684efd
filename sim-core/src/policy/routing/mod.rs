//! Routing: which node gets the next attempt.
//!
//! A routing policy sees a [`View`], made of observations only: who is trusted by the health check, how many attempts
//! this side has sent to each node and not seen answered or given up, and what time it is. It answers with a node.
//!
//! # Writing your own
//!
//! ```
//! use sim_core::policy::routing::{Ask, Routing, View};
//! use sim_core::world::fleet::NodeId;
//!
//! /// Always the trusted node with the lowest number that this request has not tried.
//! #[derive(Clone)]
//! struct Lowest;
//!
//! impl Routing for Lowest {
//!     fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
//!         view.trusted().iter().copied().filter(|node| !ask.excludes(*node)).min()
//!     }
//! }
//! ```

mod least_loaded;
mod power_of_choices;
mod random;
mod round_robin;
mod trusted;

pub use least_loaded::LeastLoaded;
pub use power_of_choices::PowerOfChoices;
pub use random::Random;
pub use round_robin::RoundRobin;
pub use trusted::TrustedNodes;

use crate::kernel::{Draws, SimTime};
use crate::scenario::Routing as Spec;
use crate::world::fleet::NodeId;

/// What a routing policy can know.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    now: SimTime,
    trusted: &'a TrustedNodes,
    outstanding: &'a [u32],
}

impl<'a> View<'a> {
    /// A view of these observations.
    pub fn new(now: SimTime, trusted: &'a TrustedNodes, outstanding: &'a [u32]) -> Self {
        Self { now, trusted, outstanding }
    }

    /// The time.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The nodes not suspected, in no particular but a reproducible order.
    pub fn trusted(&self) -> &'a [NodeId] {
        self.trusted.as_slice()
    }

    /// Whether `node` is not suspected.
    pub fn is_trusted(&self, node: NodeId) -> bool {
        self.trusted.contains(node)
    }

    /// Number of nodes, trusted or not.
    pub fn nodes(&self) -> usize {
        self.outstanding.len()
    }

    /// Attempts sent to `node` and neither answered nor given up: its queue as seen from here.
    pub fn outstanding(&self, node: NodeId) -> u32 {
        self.outstanding[node.index()]
    }

    /// Where `node` stands in [`Self::trusted`].
    pub fn position(&self, node: NodeId) -> Option<usize> {
        self.trusted.position(node)
    }
}

/// A question to a routing policy.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Nodes that this request has already been sent to, and that are not to be chosen.
    pub exclude: &'a [NodeId],
    /// Random numbers for this decision alone.
    pub draws: Draws,
}

impl Ask<'_> {
    /// Whether `node` is not to be chosen.
    pub fn excludes(&self, node: NodeId) -> bool {
        self.exclude.contains(&node)
    }
}

/// A routing policy: observations in, a node out.
pub trait Routing: RoutingClone + Send + Sync {
    /// The node for the next attempt, or `None` if there is no candidate.
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId>;

    /// The count of outstanding attempts on `node` has changed.
    fn load_changed(&mut self, _node: NodeId, _outstanding: u32) {}

    /// `node` has become suspected (`trusted` false) or trusted again.
    fn trust_changed(&mut self, _node: NodeId, _trusted: bool, _outstanding: u32) {}
}

/// Cloning behind a `Box<dyn Routing>`; implemented for every policy that is `Clone`.
pub trait RoutingClone {
    /// A boxed clone.
    fn boxed(&self) -> Box<dyn Routing>;
}

impl<T: Routing + Clone + 'static> RoutingClone for T {
    fn boxed(&self) -> Box<dyn Routing> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Routing> {
    fn clone(&self) -> Self {
        (**self).boxed()
    }
}

/// The built-in routing policy for `spec`, over `nodes` nodes.
pub fn built_in(spec: &Spec, nodes: usize) -> Box<dyn Routing> {
    match spec {
        Spec::Random => Box::new(Random),
        Spec::RoundRobin => Box::new(RoundRobin::default()),
        Spec::PowerOfChoices { choices } => Box::new(PowerOfChoices::new(*choices)),
        Spec::LeastLoaded => Box::new(LeastLoaded::new(nodes)),
    }
}

#[cfg(test)]
mod tests;
