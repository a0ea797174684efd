//! The cheapest electricity: of some sampled nodes that have room, the one where the price is lowest now.
//!
//! After A. Qureshi et al., "Cutting the electric bill for Internet-scale systems", SIGCOMM 2009, whose router sends requests to
//! the cheapest place that has capacity. Prices are published ones, known to everybody. Left out here: their bound on distance, for
//! which a score can be written: `-price - distance_ms/1000`.

use super::preference::Sampler;
use super::{Ask, Memory, Routing, View};
use crate::scenario::Preference;
use crate::world::fleet::NodeId;

/// `{"price_aware": {…}}`.
#[derive(Clone, Debug)]
pub struct PriceAware {
    sampler: Sampler,
}

impl PriceAware {
    /// Prefers among the nodes that `among` says.
    pub fn new(among: Preference) -> Self {
        Self { sampler: Sampler::new(among) }
    }
}

impl Routing for PriceAware {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        self.sampler.least(view, ask, |node| view.price(node).unwrap_or(f64::NAN))
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
