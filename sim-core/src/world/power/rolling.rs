//! Rolling blackouts: while an episode lasts, blocks of feeders are switched off in turn, each for a slot.
//!
//! Slots are numbered through all episodes, so that an episode goes on with the block after the last one: slot n switches off
//! block `n mod B`. Slot n of an episode that begins at E with slot number n₀ begins at `E + (n − n₀) · slot` and ends a slot
//! later, or with the episode. So each outage is found in closed form. With one block an episode is one outage.

use crate::kernel::{SimDuration, SimTime};

/// The programme of all episodes.
#[derive(Clone, Debug)]
pub struct RollingPlan {
    /// Disjoint, in order.
    episodes: Vec<(SimTime, SimTime)>,
    /// Number of the first slot of each episode, and of the one after the last.
    first_slots: Vec<u32>,
    slot: SimDuration,
    blocks: u32,
}

impl RollingPlan {
    /// A programme for `blocks` blocks. `slot` is positive.
    pub fn new(episodes: Vec<(SimTime, SimTime)>, slot: SimDuration, blocks: u32) -> Self {
        let slot = if blocks <= 1 { SimDuration::MAX } else { slot };
        let mut next = 0_u32;
        let mut first_slots = vec![0];
        for (begin, end) in &episodes {
            next = next.saturating_add(end.since(*begin).as_nanos().div_ceil(slot.as_nanos()) as u32);
            first_slots.push(next);
        }
        Self { episodes, first_slots, slot, blocks: blocks.max(1) }
    }

    /// The next outage of block number `block` at or after slot number `from`: its slot, beginning and end.
    pub fn next(&self, block: u32, from: u32) -> Option<(u32, SimTime, SimTime)> {
        let ahead = (block + self.blocks - from % self.blocks) % self.blocks;
        let number = from.checked_add(ahead)?;
        let episode = self.first_slots.partition_point(|first| *first <= number) - 1;
        let (begin, end) = *self.episodes.get(episode)?;
        let offset = u64::from(number - self.first_slots[episode]).saturating_mul(self.slot.as_nanos());
        let at = begin.saturating_add(SimDuration::from_nanos(offset));
        Some((number, at, at.saturating_add(self.slot).min(end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::from_nanos(seconds * 1_000_000_000)
    }

    /// All outages of a block as (slot, begin, end) in seconds.
    fn outages(plan: &RollingPlan, block: u32) -> Vec<(u32, u64, u64)> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some((slot, begin, end)) = plan.next(block, from) {
            found.push((slot, begin.as_nanos() / 1_000_000_000, end.as_nanos() / 1_000_000_000));
            from = slot + 1;
        }
        found
    }

    #[test]
    fn blocks_take_turns_across_episodes() {
        let episodes = vec![(at(100), at(450)), (at(1000), at(1200)), (at(2000), at(2050))];
        let plan = RollingPlan::new(episodes, SimDuration::from_secs(100), 3);
        assert_eq!(outages(&plan, 0), [(0, 100, 200), (3, 400, 450), (6, 2000, 2050)]);
        assert_eq!(outages(&plan, 1), [(1, 200, 300), (4, 1000, 1100)]);
        assert_eq!(outages(&plan, 2), [(2, 300, 400), (5, 1100, 1200)]);
    }

    #[test]
    fn one_block_is_out_for_the_whole_episode() {
        let plan = RollingPlan::new(vec![(at(5), at(95))], SimDuration::from_secs(10), 1);
        assert_eq!(outages(&plan, 0), [(0, 5, 95)]);
        assert!(outages(&RollingPlan::new(Vec::new(), SimDuration::from_secs(10), 4), 2).is_empty());
    }
}
