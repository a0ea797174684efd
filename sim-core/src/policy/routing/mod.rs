//! Routing: which node gets the next attempt.
//!
//! A routing policy sees a [`View`], made of observations only: who is trusted by the health check, how many attempts
//! this side has sent to each node and not seen answered or given up, how fast and how reliably each has answered, what
//! it last said of itself, what the register says of it, what electricity costs there, and what time it is. It answers
//! with a node. One policy, `oracle`, also looks at the truth, as the upper bound of what routing can do.
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

mod age_biased;
mod battery_aware;
mod consistent_hashing;
mod join_idle_queue;
mod keys;
mod latency_aware;
mod least_loaded;
mod locality;
mod observed;
mod oracle;
mod places;
mod power_of_choices;
mod preference;
mod price_aware;
mod random;
mod reliability;
mod round_robin;
mod score;
mod stale;
mod thermal_aware;
mod trusted;
mod view;

pub use age_biased::AgeBiased;
pub use battery_aware::BatteryAware;
pub use consistent_hashing::ConsistentHashing;
pub use join_idle_queue::JoinIdleQueue;
pub use keys::{Key, Keys};
pub use latency_aware::LatencyAware;
pub use least_loaded::LeastLoaded;
pub use locality::Locality;
pub use observed::{Memory, Observed};
pub use oracle::Oracle;
pub use places::{Places, Prices};
pub use power_of_choices::PowerOfChoices;
pub use price_aware::PriceAware;
pub use random::Random;
pub use reliability::Reliability;
pub use round_robin::RoundRobin;
pub use score::ByScore;
pub(crate) use score::observe;
pub use stale::Stale;
pub use thermal_aware::ThermalAware;
pub use trusted::TrustedNodes;
pub use view::{Known, TrueState, View};

use crate::kernel::Draws;
use crate::scenario::Routing as Spec;
use crate::world::fleet::NodeId;

/// Draws reserved for one decision; no policy may use more.
pub const DRAWS_PER_DECISION: u32 = 64;

/// A question to a routing policy.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Nodes that this request has already been sent to, and that are not to be chosen.
    pub exclude: &'a [NodeId],
    /// The region at whose gateway the request has entered.
    pub gateway: u16,
    /// What the request asks for.
    pub key: Key<'a>,
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

    /// How fast observations of latency and success are to fade, or `None` if they need not be kept.
    fn remembers(&self) -> Option<Memory> {
        Some(Memory::default())
    }
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

/// The built-in routing policy for `spec`, over the nodes of a register, all trusted and idle.
pub fn built_in(spec: &Spec, places: &Places) -> Box<dyn Routing> {
    let nodes = places.nodes();
    match spec {
        Spec::Random => Box::new(Random),
        Spec::RoundRobin => Box::new(RoundRobin::default()),
        Spec::PowerOfChoices { choices, stale: None } => Box::new(PowerOfChoices::new(*choices)),
        Spec::PowerOfChoices { choices, stale: Some(period) } => {
            Box::new(Stale::new(nodes, *period, Some(*choices)))
        }
        Spec::LeastLoaded { stale: None } => Box::new(LeastLoaded::new(nodes)),
        Spec::LeastLoaded { stale: Some(period) } => Box::new(Stale::new(nodes, *period, None)),
        Spec::JoinIdleQueue => Box::new(JoinIdleQueue::new(places)),
        Spec::LatencyAware { choices, decay } => Box::new(LatencyAware::new(*choices, *decay)),
        Spec::Locality(among) => Box::new(Locality::new(*among, places)),
        Spec::ThermalAware { among, avoid } => Box::new(ThermalAware::new(*among, *avoid)),
        Spec::PriceAware(among) => Box::new(PriceAware::new(*among)),
        Spec::BatteryAware { among, reserve } => Box::new(BatteryAware::new(*among, *reserve)),
        Spec::AgeBiased(among) => Box::new(AgeBiased::new(*among)),
        Spec::Reliability { sharpness, prior, memory } => {
            Box::new(Reliability::new(*sharpness, *prior, *memory))
        }
        Spec::ConsistentHashing { bound, points } => {
            Box::new(ConsistentHashing::new(*bound, *points, places))
        }
        Spec::Score { score, choices } => Box::new(ByScore::new(score.clone(), *choices)),
        Spec::Oracle => Box::new(Oracle),
    }
}

#[cfg(test)]
mod tests;
