//! The shortest of `d` queues sampled without replacement (Mitzenmacher, "The Power of Two Choices in Randomized Load
//! Balancing", IEEE TPDS 12(10), 2001). The queue of a node is what this side has outstanding there; ties go to the one
//! sampled first.

use super::random::{uniform, uniform_pair};
use super::{Ask, Memory, Routing, View};
use crate::world::fleet::NodeId;

/// `{"power_of_choices": {"choices": d}}`.
#[derive(Clone, Debug)]
pub struct PowerOfChoices {
    choices: u32,
    sample: Vec<NodeId>,
}

impl PowerOfChoices {
    /// Samples `choices` nodes.
    pub fn new(choices: u32) -> Self {
        Self { choices, sample: Vec::with_capacity(choices as usize) }
    }
}

impl Routing for PowerOfChoices {
    fn choose(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        if self.choices == 2 && ask.exclude.is_empty() {
            let [first, second] = uniform_pair(view, ask)?;
            return Some(if view.outstanding(second) < view.outstanding(first) { second } else { first });
        }
        self.choose_of_more(view, ask)
    }

    fn remembers(&self) -> Option<Memory> {
        None
    }
}

impl PowerOfChoices {
    /// As [`Routing::choose`], with any number of choices, or where some are not to be chosen.
    #[inline(never)]
    fn choose_of_more(&mut self, view: &View<'_>, ask: &mut Ask<'_>) -> Option<NodeId> {
        self.sample.clear();
        for _ in 0..self.choices {
            match uniform(view, ask, &self.sample) {
                Some(node) => self.sample.push(node),
                None => break,
            }
        }
        // `min_by_key` returns the first of equals.
        self.sample.iter().copied().min_by_key(|node| view.outstanding(*node))
    }
}
