//! A preference among nodes that have room.
//!
//! Some nodes are sampled without replacement. Those with room (fewer attempts outstanding than `spill` times their slots) are
//! compared by the preference, and ties go to the shorter queue, then to the one sampled first. Where none has room, the shortest
//! queue per slot decides: a preference must not become a hot spot.

use super::random::uniform;
use super::{Ask, View};
use crate::policy::score::rank;
use crate::scenario::Preference;
use crate::world::fleet::NodeId;

/// Samples nodes and keeps them.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    among: Preference,
    sample: Vec<NodeId>,
}

impl Sampler {
    pub fn new(among: Preference) -> Self {
        Self { among, sample: Vec::with_capacity(among.choices as usize) }
    }

    /// The sampled node with room of the least `cost`, or else that of the shortest queue. Unknown costs (NaN) count as
    /// the mean of those known in the sample.
    pub fn least(
        &mut self,
        view: &View<'_>,
        ask: &mut Ask<'_>,
        cost: impl Fn(NodeId) -> f64,
    ) -> Option<NodeId> {
        sample(view, ask, self.among.choices, &mut self.sample);
        let costs = self.sample.iter().map(|node| cost(*node)).filter(|cost| !cost.is_nan());
        let (known, sum) = costs.fold((0.0, 0.0), |(n, sum), cost| (n + 1.0, sum + cost));
        let cost = |node: NodeId| {
            let cost = cost(node);
            if cost.is_nan() && known > 0.0 { sum / known } else { cost }
        };
        let load = |node: &NodeId| f64::from(view.outstanding(*node)) / f64::from(view.places().slots(*node));
        let room = self.sample.iter().filter(|node| load(node) < self.among.spill);
        // `min_by` returns the first of equals; the greater of negated costs is the less, so unknown ones come last.
        let best = room
            .min_by(|a, b| rank(-cost(**b), -cost(**a)).then_with(|| rank(load(a), load(b))))
            .or_else(|| self.sample.iter().min_by(|a, b| rank(load(a), load(b))));
        best.copied()
    }
}

/// Fills `sample` with up to `choices` candidates, without replacement.
pub(super) fn sample(view: &View<'_>, ask: &mut Ask<'_>, choices: u32, sample: &mut Vec<NodeId>) {
    sample.clear();
    for _ in 0..choices {
        match uniform(view, ask, sample) {
            Some(node) => sample.push(node),
            None => break,
        }
    }
}
