//! The coolest: of some sampled nodes that have room, the one whose temperature was lowest when it last said.
//!
//! After J. Moore et al., "Making scheduling 'cool': temperature-aware workload placement in data centers", USENIX 2005 (its
//! coolest-inlets policy, with the temperature of nodes in place of inlets). A node that was throttled or at least as hot as `avoid` is
//! chosen only where every sampled node with room was. A node that has said nothing yet counts as the mean of the others sampled; without
//! any readings this is the shortest of the sampled queues.

use super::preference::Sampler;
use super::{Ask, Memory, Routing, View};
use crate::quantity::Celsius;
use crate::scenario::Preference;
use crate::world::fleet::NodeId;

/// What being hot costs in kelvins: more than any two nodes differ by.
const LAST_RESORT: f64 = 1e6;

/// `{"thermal_aware": {…}}`.
#[derive(Clone, Debug)]
pub struct ThermalAware {
    sampler: Sampler,
    avoid: f64,
}

impl ThermalAware {
    /// Prefers among the nodes that `among` says, and avoids those at `avoid` and above.
    pub fn new(among: Preference, avoid: Celsius) -> Self {
        Self { sampler: Sampler::new(among), avoid: avoid.0 }
    }
}

impl Routing for ThermalAware {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let avoid = self.avoid;
        self.sampler.least(view, ask, |node| match view.reading(node) {
            Some(reading) if reading.throttled || reading.temperature >= avoid => {
                LAST_RESORT + reading.temperature
            }
            Some(reading) => reading.temperature,
            None => f64::NAN,
        })
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
