//! The greatest score: an expression of the scenario over what is observed of each node (see [`crate::policy::score`]).
//!
//! All trusted nodes are compared, or some sampled. Nodes of equal score are told apart by a draw for this decision: starting from a
//! random one, the first is taken, so that a score that knows nothing yet is `random`.

use super::preference::sample;
use super::{Ask, Memory, Routing, View};
use crate::kernel::random::{squares64, unit_of};
use crate::policy::score::{Attribute, Score, rank};
use crate::world::fleet::NodeId;
use rand::Rng;
use std::cmp::Ordering;
use std::sync::Arc;

/// A key of Squares, for numbers by candidate.
const KEY: u64 = 0x8b57_2f63_ea1d_49c7;

/// `{"score": "…"}`.
#[derive(Clone, Debug)]
pub struct ByScore {
    score: Arc<Score>,
    choices: Option<u32>,
    sample: Vec<NodeId>,
}

impl ByScore {
    /// Compares `choices` sampled nodes, or all.
    pub fn new(score: Arc<Score>, choices: Option<u32>) -> Self {
        Self { score, choices, sample: Vec::new() }
    }
}

impl Routing for ByScore {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        let candidates = match self.choices {
            Some(choices) => {
                sample(view, ask, choices, &mut self.sample);
                &self.sample
            }
            None => view.trusted(),
        };
        let draw = ask.draws.next_u64();
        let gateway = ask.gateway;
        // Sampled nodes come in random order already.
        let (before, from) = candidates.split_at(match self.choices {
            Some(_) => 0,
            None => ((u128::from(draw) * candidates.len() as u128) >> 64) as usize,
        });
        let mut best: Option<(f64, NodeId)> = None;
        for node in from.iter().chain(before).copied().filter(|node| !ask.excludes(*node)) {
            let value = self.score.value(|attribute| observe(view, gateway, draw, node, attribute));
            if best.is_none_or(|(greatest, _)| rank(value, greatest) == Ordering::Greater) {
                best = Some((value, node));
            }
        }
        best.map(|(_, node)| node)
    }

    fn remembers(&self) -> Option<Memory> {
        self.score.reads_observations().then(Memory::default)
    }
}

/// The attribute of a node, for whom is at a gateway; NaN if it is not known. `draw` are the random bits of the decision.
#[inline]
pub(crate) fn observe(view: &View<'_>, gateway: u16, draw: u64, node: NodeId, attribute: Attribute) -> f64 {
    let places = view.places();
    let flag = |is: bool| f64::from(u8::from(is));
    let said = |of: fn(&crate::policy::readings::Reading) -> f64| view.reading(node).map_or(f64::NAN, of);
    match attribute {
        Attribute::Reliability => view.observed().reliability(view.now(), node, [1.0, 0.0]),
        Attribute::Load => f64::from(view.outstanding(node)) / f64::from(places.slots(node)),
        Attribute::Outstanding => f64::from(view.outstanding(node)),
        Attribute::LatencyMs => {
            let seen = view.observed().latency(gateway, node);
            1e3 * if seen.is_nan() { 2.0 * places.distance(gateway, node) } else { seen }
        }
        Attribute::DistanceMs => 1e3 * places.distance(gateway, node),
        Attribute::Local => flag(places.region(node) == gateway),
        Attribute::Slots => f64::from(places.slots(node)),
        Attribute::Speed => places.speed(node),
        Attribute::AgeH => view.now().since(view.observed().trusted_since(node)).as_secs_f64() / 3600.0,
        Attribute::Price => view.price(node).unwrap_or(f64::NAN),
        Attribute::Random => unit_of(squares64(draw ^ u64::from(node.0), KEY)),
        Attribute::Temperature => said(|it| it.temperature),
        Attribute::Throttled => said(|it| f64::from(u8::from(it.throttled))),
        Attribute::Busy => said(|it| it.busy),
        Attribute::Queue => said(|it| f64::from(it.queue)),
        Attribute::OnBattery => said(|it| f64::from(u8::from(it.on_battery))),
        Attribute::Battery => said(|it| it.charge),
        Attribute::Errors => said(|it| it.errors),
    }
}
