//! The least latency: of some sampled nodes, the one with the least peak-EWMA latency times one more than its queue.
//!
//! As Finagle and Linkerd do ("Beyond round robin: load balancing for latency", 2016): the average jumps up at once when a reply is
//! slow, and fades with `decay` towards the known round trip, so that a node that was slow is tried again. A node that has not
//! answered yet counts as the known round trip.

use super::preference::sample;
use super::{Ask, Memory, Routing, View};
use crate::kernel::SimDuration;
use crate::policy::score::rank;
use crate::world::fleet::NodeId;

/// Least latency that counts, in seconds: at an idle place without distance the queue still has to decide.
const LEAST: f64 = 1e-6;

/// `{"latency_aware": {…}}`.
#[derive(Clone, Debug)]
pub struct LatencyAware {
    choices: u32,
    decay: SimDuration,
    sample: Vec<NodeId>,
}

impl LatencyAware {
    /// Samples `choices` nodes; latencies fade with the time constant `decay`.
    pub fn new(choices: u32, decay: SimDuration) -> Self {
        Self { choices, decay, sample: Vec::with_capacity(choices as usize) }
    }
}

impl Routing for LatencyAware {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        sample(view, ask, self.choices, &mut self.sample);
        let gateway = ask.gateway;
        let cost = |node: NodeId| {
            let known = 2.0 * view.places().distance(gateway, node);
            let seen = view.observed().peak_latency(view.now(), gateway, node);
            // `max` leaves out what was not seen.
            known.max(seen).max(LEAST) * f64::from(view.outstanding(node) + 1)
        };
        self.sample.iter().copied().min_by(|a, b| rank(cost(*a), cost(*b)))
    }

    fn remembers(&self) -> Option<Memory> {
        Some(Memory { decay: self.decay, ..Memory::default() })
    }
}
