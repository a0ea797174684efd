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
    if ask.exclude.is_empty() && also_not.len() < 2 {
        return uniform_but_one(view, ask, also_not.first().copied());
    }
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

/// As [`uniform`], without anything excluded, or one node.
#[inline]
fn uniform_but_one(view: &View<'_>, ask: &mut Ask<'_>, but: Option<NodeId>) -> Option<NodeId> {
    let place = but.and_then(|node| view.position(node));
    rank_but_one(view, ask, place).map(|rank| view.trusted()[rank])
}

/// Two trusted nodes, uniformly at random without replacement, by the draws of two calls of [`uniform`]; the same twice if there is only one.
#[inline]
pub(super) fn uniform_pair(view: &View<'_>, ask: &mut Ask<'_>) -> Option<[NodeId; 2]> {
    let first = rank_but_one(view, ask, None)?;
    let second = rank_but_one(view, ask, Some(first)).unwrap_or(first);
    Some([first, second].map(|rank| view.trusted()[rank]))
}

/// A place among the trusted nodes, uniformly at random, but for one.
#[inline]
fn rank_but_one(view: &View<'_>, ask: &mut Ask<'_>, but: Option<usize>) -> Option<usize> {
    let left = view.trusted().len() - usize::from(but.is_some());
    if left == 0 {
        return None;
    }
    let rank = ask.draws.random_range(0..NodeId::from_index(left).0) as usize;
    Some(rank + usize::from(but.is_some_and(|place| rank >= place)))
}
