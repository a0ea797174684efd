//! The longest up: of some sampled nodes that have room, the one that has gone longest without a suspicion.
//!
//! Where lives have heavy tails, who has lasted longest will last longest (P. B. Godfrey, S. Shenker and I. Stoica, "Minimizing
//! churn in distributed systems", SIGCOMM 2006). Age is as the health check sees it: from the last time that the node was trusted
//! again, or from the start.

use super::preference::Sampler;
use super::{Ask, Memory, Routing, View};
use crate::scenario::Preference;
use crate::world::fleet::NodeId;

/// `{"age_biased": {…}}`.
#[derive(Clone, Debug)]
pub struct AgeBiased {
    sampler: Sampler,
}

impl AgeBiased {
    /// Prefers among the nodes that `among` says.
    pub fn new(among: Preference) -> Self {
        Self { sampler: Sampler::new(among) }
    }
}

impl Routing for AgeBiased {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        self.sampler.least(view, ask, |node| {
            view.observed().trusted_since(node).since(crate::kernel::SimTime::ZERO).as_secs_f64()
        })
    }

    fn remembers(&self) -> Option<Memory> {
        Some(Memory::default())
    }
}
