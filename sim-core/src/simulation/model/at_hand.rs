//! What every request asks for of sites, nodes and classes, in small rows.
//!
//! Entries and classes are large, and a request needs little of them: read from where it stands, that little would fill the nearest cache
//! with what else is there.

use super::{EntryModel, NodeClass, layout};
use crate::kernel::{Dist, DurationTable, SimDuration, Stream};
use crate::scenario::{Discipline, Link};
use crate::world::fleet::SiteId;

/// Different links that have tables, which take some 45 KB each: with very many of them no table would stay in a cache.
const TABLED_MAX: usize = 64;

/// What tells the draws of stretches from those of latencies, whose indices are smaller.
const STRETCH: u32 = 1 << 31;

/// The number of the link of a site that has none. There are fewer entries than that.
const NO_LINK: u16 = u16::MAX;

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct AtHand {
    pub sites: Vec<WayOfSite>,
    pub seats: Vec<Seat>,
    pub classes: Vec<QuickClass>,
    /// Links that differ.
    pub links: Vec<AccessLink>,
}

/// A site on the way of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct WayOfSite {
    /// Number of its fleet entry.
    pub entry: u16,
    pub region: u16,
    /// Number of its link; none is beyond them all.
    pub link: u16,
}

/// An access link, as messages see it.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct AccessLink {
    /// Its own latency, if that is always the same.
    fixed: Option<SimDuration>,
    /// Quantiles of its own latency, and of what it stretches the way of a message by, where a table is faster.
    latencies: Option<DurationTable>,
    stretches: Option<DurationTable>,
    pub link: Link,
}

impl AccessLink {
    fn new(link: &Link, has_tables: bool) -> Self {
        let fixed = match link.latency {
            None => Some(SimDuration::ZERO),
            Some(Dist::Constant(seconds)) => Some(SimDuration::from_secs_f64(seconds)),
            Some(_) => None,
        };
        let table = |dist: &Option<Dist>| dist.as_ref().filter(|_| has_tables).and_then(DurationTable::new);
        Self { fixed, latencies: table(&link.latency), stretches: table(&link.stretch), link: link.clone() }
    }

    /// One-way latency of a message on the link alone: draw (entity, index) of `stream`.
    #[inline(always)]
    pub fn own(&self, stream: &Stream, entity: u32, index: u32) -> SimDuration {
        match (self.fixed, &self.latencies, &self.link.latency) {
            (Some(fixed), ..) => fixed,
            (None, Some(table), _) => table.quantile(stream.unit(entity, index)),
            (None, None, latency) => {
                latency.as_ref().map_or(SimDuration::ZERO, |dist| dist.draw_duration(stream, entity, index))
            }
        }
    }

    /// What a message takes that has taken `so_far` before it comes to this link: the sum with its own latency, stretched, by draws (entity, index) of `stream`.
    #[inline]
    pub fn travel(&self, so_far: SimDuration, stream: &Stream, entity: u32, index: u32) -> SimDuration {
        let takes = so_far + self.own(stream, entity, index);
        let (nanos, index) = (takes.as_nanos_f64(), index | STRETCH);
        match (&self.stretches, &self.link.stretch) {
            (Some(table), _) => table.times(nanos, stream.unit(entity, index)),
            (None, Some(stretch)) => SimDuration::from_nanos_f64(nanos * stretch.draw(stream, entity, index)),
            (None, None) => takes,
        }
    }
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
            let link = entry.link.as_ref().map_or(NO_LINK, |link| at_hand.number_of(link));
            let way = WayOfSite { entry: number, region: entry.region, link };
            at_hand.sites.extend(std::iter::repeat_n(way, entry.sites as usize));
            at_hand.seats.extend(layout(entry).map(|(site, _, class)| Seat { site, class }));
        }
        at_hand
    }

    /// The number of a link; alike ones have the same.
    fn number_of(&mut self, link: &Link) -> u16 {
        let alike = self.links.iter().position(|other| other.link == *link);
        if alike.is_none() {
            self.links.push(AccessLink::new(link, self.links.len() < TABLED_MAX));
        }
        alike.unwrap_or(self.links.len() - 1) as u16
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    /// With tables and without, a message takes what the draws of its distributions say.
    #[test]
    fn a_message_takes_the_latency_of_its_link_stretched() {
        let stream = Streams::new(3, 0).stream(Process::HealthLatency, 0);
        let lognormal = |median, sigma| Some(Dist::Lognormal { median, sigma });
        let gamma = Some(Dist::Gamma { mean: 0.01, shape: 2.0 });
        let stretches = [None, lognormal(1.0, 0.5), Some(Dist::Exponential { mean: 2.0 })];
        for latency in [None, Some(Dist::Constant(0.002)), lognormal(0.02, 0.4), gamma] {
            for stretch in stretches.clone() {
                let link = Link { latency: latency.clone(), stretch, ..Link::default() };
                let links = [true, false].map(|has_tables| AccessLink::new(&link, has_tables));
                for index in 0..2_000 {
                    let so_far = SimDuration::from_nanos(u64::from(index) * 17_001);
                    let own =
                        latency.as_ref().map_or(SimDuration::ZERO, |it| it.draw_duration(&stream, 7, index));
                    let stretch =
                        link.stretch.as_ref().map_or(1.0, |it| it.draw(&stream, 7, index | 1 << 31));
                    let expected = SimDuration::from_nanos_f64((so_far + own).as_nanos_f64() * stretch);
                    let found = links.each_ref().map(|link| link.travel(so_far, &stream, 7, index));
                    assert_eq!(found, [expected; 2], "{link:?}");
                }
            }
        }
    }
}
