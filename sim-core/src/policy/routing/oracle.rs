//! The truth: where an attempt would be done first, as far as queues, speeds and ways tell.
//!
//! Of all trusted nodes that are up, the one with the least d + m·max(1, (q + 1)/s)/v: d twice the known way, m the mean work of a
//! request, q the attempts on the node and on the way to it, s its slots, v its speed at this moment, throttled or not. No controller
//! can know this; what a policy loses against it is its regret. (It is no bound of everything: it does not foresee what comes, and
//! knows mean work only.) A decision is O(nodes).

use super::{Ask, Memory, Routing, View};
use crate::policy::score::rank;
use crate::world::fleet::NodeId;

/// `"oracle"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Oracle;

impl Routing for Oracle {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let places = view.places();
        let mut best: Option<(f64, u32, NodeId)> = None;
        for node in view.trusted().iter().copied().filter(|node| !ask.excludes(*node)) {
            let state = view.truth(node).filter(|state| state.up && state.speed > 0.0);
            let Some(state) = state else { continue };
            // Attempts that this side awaits but that are not there yet are on their way.
            let queue = state.queue.max(view.outstanding(node));
            let turns = (f64::from(queue + 1) / f64::from(places.slots(node))).max(1.0);
            let time = 2.0 * places.distance(ask.gateway, node) + places.mean_demand * turns / state.speed;
            let is_less = best.is_none_or(|(least, shortest, first)| {
                rank(time, least).then(queue.cmp(&shortest)).then(node.cmp(&first)).is_lt()
            });
            if is_less {
                best = Some((time, queue, node));
            }
        }
        best.map(|(.., node)| node)
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}
