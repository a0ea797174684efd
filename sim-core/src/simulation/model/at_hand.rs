//! What every request asks for of sites, nodes and classes, in small rows.
//!
//! Entries and classes are large, and a request needs little of them: read from where it stands, that little would fill the nearest cache
//! with what else is there.

use super::{EntryModel, NodeClass, layout};
use crate::scenario::Discipline;
use crate::world::fleet::SiteId;

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct AtHand {
    pub sites: Vec<WayOfSite>,
    pub seats: Vec<Seat>,
    pub classes: Vec<QuickClass>,
}

/// A site on the way of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct WayOfSite {
    /// Number of its fleet entry.
    pub entry: u16,
    pub region: u16,
    /// The first entry with the same link.
    pub alike: u16,
}

/// Where a node is, and its class.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct Seat {
    pub site: SiteId,
    pub class: u16,
}

/// What requests ask of a class.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulation) struct QuickClass {
    pub speed: f64,
    pub slots: u32,
    pub queue: Option<u32>,
    pub holds: bool,
    /// Whether attempts share the slots.
    pub shares: bool,
    pub sleeps: bool,
    /// Whether attempts are slowed down by a draw.
    pub varies: bool,
    pub draws_power: bool,
    /// Whether its temperature is that of masses, not lumped.
    pub has_masses: bool,
}

impl AtHand {
    /// The tables for these entries and classes.
    pub fn new(entries: &[EntryModel], classes: &[NodeClass]) -> Self {
        let mut at_hand = Self { classes: classes.iter().map(quick).collect(), ..Self::default() };
        for (number, entry) in (0_u16..).zip(entries) {
            let alike = entries.iter().position(|other| other.link == entry.link);
            let alike = alike.map_or(number, |first| first as u16);
            let way = WayOfSite { entry: number, region: entry.region, alike };
            at_hand.sites.extend(std::iter::repeat_n(way, entry.sites as usize));
            at_hand.seats.extend(layout(entry).map(|(site, _, class)| Seat { site, class }));
        }
        at_hand
    }
}

fn quick(class: &NodeClass) -> QuickClass {
    QuickClass {
        speed: class.speed,
        slots: class.slots,
        queue: class.queue,
        holds: class.holds,
        shares: class.discipline == Discipline::Ps,
        sleeps: class.sleep.is_some(),
        varies: class.slowdown.is_some(),
        draws_power: class.draws_power(),
        has_masses: class.heat.as_ref().is_some_and(|heat| heat.masses.is_some()),
    }
}
