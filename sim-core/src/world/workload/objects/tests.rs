//! Counts held against a slow recount, along a random walk through all transitions.

use super::*;
use crate::kernel::random::squares64;

/// Counts all anew from places and lists.
fn recount(store: &ObjectStore) -> (Vec<ShardCounts>, Levels) {
    let mut levels = Levels::default();
    let all = (0..store.len() as u32).map(|object| {
        let mut counts = ShardCounts { flags: store.counts(object).flags & LOST, ..ShardCounts::default() };
        for slot in store.slots(object) {
            let Some(node) = store.node_of(slot) else { continue };
            let holder = &store.holders[node as usize];
            let there = holder.shards.contains(&slot);
            assert!(there != holder.ghosts.contains(&slot), "a slot is in one list of its node");
            counts.present += u8::from(there);
            counts.available += u8::from(there && holder.is_up);
            counts.healthy += u8::from(holder.counts);
            assert_eq!(store.is_available(slot), there && holder.is_up);
            assert_eq!(store.missing(slot).is_none(), holder.counts);
        }
        levels.readable += i64::from(counts.available >= store.data);
        if counts.is_lost() {
            levels.lost += 1;
        } else {
            assert!(counts.present >= store.data, "too few shards are there");
            levels.kept += 1;
            levels.healthy += i64::from(counts.healthy);
            levels.degraded += i64::from(counts.healthy < store.total);
        }
        counts
    });
    (all.collect(), levels)
}

fn checked(store: &ObjectStore) {
    let (counts, levels) = recount(store);
    for (object, expected) in counts.iter().enumerate() {
        let mut found = store.counts[object];
        found.flags &= LOST;
        assert_eq!(found, *expected, "object {object}");
    }
    assert_eq!(store.sets[0].levels, levels);
    let Stock { placed, repaired, up, down, lost } = store.stock();
    assert_eq!(placed + repaired, up + down + lost);
    let present: u64 = store.counts.iter().map(|counts| u64::from(counts.present)).sum();
    assert_eq!(up + down, present);
    for (node, holder) in store.holders.iter().enumerate() {
        assert_eq!(holder.used, 10.0 * holder.shards.len() as f64, "node {node}");
    }
}

#[test]
fn counts_are_those_of_a_recount_after_every_step() {
    let (nodes, objects) = (12_u32, 9_u32);
    let mut store = ObjectStore::new(2, 5, nodes as usize, std::iter::once(10.0));
    store.reserve(objects as usize);
    for number in 0..objects {
        let object = store.create(0);
        for (offset, slot) in (0_u32..).zip(store.slots(object)) {
            store.place(slot, (number + 2 * offset) % nodes);
        }
        store.settle_new(SimTime::ZERO, object);
    }
    checked(&store);
    let mut lost = 0;
    for step in 0..4000_u64 {
        let now = SimTime::from_nanos(step);
        let draw = squares64(step, 0x9b1f_6e2d_83c5_a47d);
        let node = (draw >> 32) as u32 % nodes;
        let slot = (draw >> 16) as u32 % (objects * 5);
        match draw % 16 {
            0..3 => store.down(node),
            3..7 => store.up(now, node),
            7 if step % 7 == 0 => store.dies(node),
            8 => drop(store.rots(slot)),
            9 => drop(store.reveal_slot(now, slot, Loss::Rot)),
            10 => drop(store.write_off(now, node, Loss::Outage)),
            11 => drop(store.count_again(now, node)),
            12 => store.reveal(now, node, Loss::Death),
            _ => {
                let object = store.object_of(slot);
                let taken = store.slots(object).any(|slot| store.node_of(slot) == Some(node));
                if store.missing(slot).is_some() && !taken && !store.counts(object).is_lost() {
                    store.restore(now, slot, node);
                }
            }
        }
        checked(&store);
        lost = store.sets[0].levels.lost;
    }
    assert!(lost > 0, "the walk has met losses, too");
    let touched = store.take_touched();
    let mut unique = touched.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), touched.len(), "each object once");
}

#[test]
fn shards_of_a_node_that_returns_count_again_unless_they_have_been_replaced() {
    let mut store = ObjectStore::new(1, 2, 4, std::iter::once(1.0));
    let object = store.create(0);
    store.place(0, 0);
    store.place(1, 1);
    store.settle_new(SimTime::ZERO, object);
    let at = SimTime::from_nanos;
    store.down(1);
    store.write_off(at(5), 1, Loss::Link);
    assert_eq!((store.missing(1), store.counts(0).healthy), (Some(Loss::Link), 1));
    store.up(at(6), 1);
    store.count_again(at(9), 1);
    assert_eq!(store.counts(0).healthy, 2);
    assert_eq!(store.drain_restored().collect::<Vec<_>>(), [(0, SimDuration::from_nanos(4))]);
    store.write_off(at(10), 1, Loss::Outage);
    store.restore(at(11), 1, 2);
    assert_eq!((store.counts(0).healthy, store.counts(0).present, store.stock().lost), (2, 2, 1));
    store.count_again(at(12), 1);
    assert_eq!(store.counts(0).healthy, 2, "the surplus has been discarded");
}

#[test]
fn the_memory_of_a_shard_is_small() {
    // Node, place in the list, entry of the list with room to spare; and the object's share.
    let of_object = size_of::<ShardCounts>() + size_of::<SimTime>() + 1;
    assert_eq!(of_object, 13);
}
