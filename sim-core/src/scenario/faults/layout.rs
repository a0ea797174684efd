//! How the nodes of a site stand in its racks, as in the run.
//!
//! Nodes stand kind of rack by kind of rack. If the cooling of a kind has a state, rack by rack, and in a rack type by type;
//! else type by type, and in a type rack by rack: then rack `c` of the kind holds the nodes `c·n … (c+1)·n − 1` of each type,
//! `n` the number of that type in a rack.

use super::target::Place;
use crate::scenario::spec::Cooling;
use std::ops::Range;

/// Nodes of one type that stand together in one rack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group<'a> {
    /// Name of the type.
    pub kind: &'a str,
    /// Number of the rack within the site.
    pub rack: u32,
    /// Numbers of the nodes within the site.
    pub nodes: Range<u32>,
}

impl<'a> Place<'a> {
    /// Racks at a site.
    pub fn racks(&self) -> u32 {
        self.entry.racks.iter().map(|rack| rack.count).sum()
    }

    /// All nodes of a site, ascending.
    pub fn groups(&self) -> Vec<Group<'a>> {
        let (mut groups, mut first_rack, mut next) = (Vec::new(), 0, 0);
        for rack in &self.entry.racks {
            let copies = first_rack..first_rack + rack.count;
            let mut put = |kind: &'a str, rack: u32, count: u32| {
                groups.push(Group { kind, rack, nodes: next..next + count });
                next += count;
            };
            if rack.cooling.as_ref().is_some_and(Cooling::has_state) {
                for copy in copies {
                    rack.nodes.iter().for_each(|(kind, count)| put(kind, copy, *count));
                }
            } else {
                for (kind, count) in &rack.nodes {
                    copies.clone().for_each(|copy| put(kind, copy, *count));
                }
            }
            first_rack += rack.count;
        }
        groups
    }

    /// The nodes of a rack, as numbers within the site.
    pub fn rack(&self, number: u32) -> Vec<u32> {
        self.groups().into_iter().filter(|group| group.rack == number).flat_map(|group| group.nodes).collect()
    }
}
