//! Uniformly at random among the trusted nodes that the request has not tried.

use super::{Ask, Memory, Routing, View};
use crate::world::fleet::NodeId;
use rand::RngExt;

/// `"random"`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Routing for Random {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        uniform(view, ask, &[])
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}

/// A trusted node, uniformly at random, that is neither excluded by `ask` nor in `also_not`. One draw.
///
/// The excluded nodes' places in the dense array are sorted, and the drawn rank skips them.
pub(super) fn uniform(view: &View<'_>, ask: &mut Ask<'_>, also_not: &[NodeId]) -> Option<NodeId> {
    let trusted = view.trusted();
    let mut small = [0_usize; 8];
    let mut large = Vec::new();
    let mut found = 0;
    for node in ask.exclude.iter().chain(also_not) {
        let Some(place) = view.position(*node) else { continue };
        if found < small.len() {
            small[found] = place;
        } else {
            if large.is_empty() {
                large.extend_from_slice(&small);
            }
            large.push(place);
        }
        found += 1;
    }
    let places = if large.is_empty() { &mut small[..found] } else { &mut large[..] };
    places.sort_unstable();
    let left = trusted.len().checked_sub(places.len()).filter(|left| *left > 0)?;
    let mut rank = ask.draws.random_range(0..NodeId::from_index(left).0) as usize;
    for place in places.iter() {
        rank += usize::from(rank >= *place);
    }
    Some(trusted[rank])
}
