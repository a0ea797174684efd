//! The batches of manufacture that a scenario has, and the nodes of each.

use super::target::{Mistarget, Place, wrong};
use crate::kernel::{Process, Streams};
use crate::scenario::problem::accepted;
use crate::scenario::spec::{Batches, Scenario, Which};
use crate::world::hardware::batches::batch_of;

/// The batches of a node type.
struct Kind<'a> {
    name: &'a str,
    /// Number of the type.
    number: u32,
    batches: &'a Batches,
    /// Nodes of the type.
    nodes: Vec<u32>,
}

impl Kind<'_> {
    fn count(&self) -> u32 {
        (self.nodes.len() as u32).div_ceil(self.batches.size)
    }
}

/// The node types with batches that are in the fleet, in the order of the file.
fn kinds<'a>(scenario: &'a Scenario, places: &[Place<'a>]) -> Vec<Kind<'a>> {
    let with_batches = (0_u32..).zip(&scenario.nodes).filter_map(|(number, (name, node))| {
        node.batches.as_ref().map(|batches| Kind { name, number, batches, nodes: Vec::new() })
    });
    let mut kinds: Vec<Kind<'a>> = with_batches.collect();
    if kinds.is_empty() {
        return kinds;
    }
    for place in places {
        let groups = place.groups();
        for kind in &mut kinds {
            let mine: Vec<_> = groups.iter().filter(|group| group.kind == kind.name).collect();
            for site in place.first_site..place.first_site + place.entry.sites {
                let first = place.nodes_of(site).start;
                let nodes = mine.iter().flat_map(|group| group.nodes.clone());
                kind.nodes.extend(nodes.map(|node| first + node));
            }
        }
    }
    kinds.retain(|kind| !kind.nodes.is_empty());
    kinds
}

/// The paths of all batches, type by type.
pub(super) fn paths(scenario: &Scenario, places: &[Place<'_>]) -> Vec<String> {
    let kinds = kinds(scenario, places);
    let of = |kind: &Kind<'_>| {
        let name = kind.name.to_owned();
        (0..kind.count()).map(move |number| format!("{name}/{number}"))
    };
    kinds.iter().flat_map(of).collect()
}

/// The nodes of a batch, ascending.
pub(super) fn members(
    scenario: &Scenario,
    places: &[Place<'_>],
    streams: &Streams,
    which: &Which,
) -> Result<Vec<u32>, Mistarget> {
    let kinds = kinds(scenario, places);
    if kinds.is_empty() {
        return wrong("batch", "no node type of the fleet has `batches`", "give one to a node type");
    }
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let all: u32 = kinds.iter().map(Kind::count).sum();
    let (kind, number) = match which {
        Which::Index(index) => {
            let mut left = *index;
            let found = kinds.iter().find(|kind| {
                let here = left < kind.count();
                left -= if here { 0 } else { kind.count() };
                here
            });
            let Some(kind) = found else {
                let message = format!("there is no batch number {index}");
                return wrong("batch", message, format!("accepted: 0 to {}", all - 1));
            };
            (kind, left)
        }
        Which::Name(text) => {
            let path = text.rsplit_once('/').and_then(|(name, number)| Some((name, number.parse().ok()?)));
            let Some((name, number)) = path else {
                let message = format!("{text:?} is neither a number nor a path");
                return wrong("batch", message, "accepted: a whole number from 0, or \"TYPE/NUMBER\"");
            };
            let Some(kind) = kinds.iter().find(|kind| kind.name == name) else {
                let message = format!("there is no node type `{name}` with `batches`");
                return wrong("batch", message, accepted(name, &names));
            };
            if number >= kind.count() {
                let message = format!("`{name}` has no batch number {number}");
                return wrong("batch", message, format!("accepted: 0 to {}", kind.count() - 1));
            }
            (kind, number)
        }
    };
    let stream = streams.stream(Process::BatchPlace, kind.number);
    let count = kind.nodes.len() as u32;
    let of_it = (0_u32..).zip(&kind.nodes);
    let of_it = of_it.filter(|(ordinal, _)| batch_of(kind.batches, *ordinal, count, &stream) == number);
    Ok(of_it.map(|(_, node)| *node).collect())
}

/// The number of the batch of each of `nodes` nodes; those of types without batches get numbers of their own.
pub(super) fn membership(
    scenario: &Scenario,
    places: &[Place<'_>],
    streams: &Streams,
    nodes: u32,
) -> Vec<u32> {
    let mut of_node: Vec<Option<u32>> = vec![None; nodes as usize];
    let mut next = 0;
    for kind in kinds(scenario, places) {
        let stream = streams.stream(Process::BatchPlace, kind.number);
        let count = kind.nodes.len() as u32;
        for (ordinal, node) in (0_u32..).zip(&kind.nodes) {
            of_node[*node as usize] = Some(next + batch_of(kind.batches, ordinal, count, &stream));
        }
        next += kind.count();
    }
    let mut own = |batch: Option<u32>| {
        batch.unwrap_or_else(|| {
            next += 1;
            next - 1
        })
    };
    of_node.into_iter().map(&mut own).collect()
}
