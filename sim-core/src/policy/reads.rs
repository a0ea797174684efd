//! Whom a read asks, and in which order.
//!
//! A read needs k of n shards. It asks k + Δ nodes at once and takes the k that come first: the k-th order statistic of k + Δ
//! latencies (Joshi, Liu, Soljanin: "Coding for fast content download", Allerton 2012; Dean, Barroso: "The tail at scale", CACM
//! 2013). The order in which nodes are asked is a random permutation of the shards of its object, drawn for each read whatever
//! the policy, so that under the same draws a greater Δ asks a greater set. `nearest` sorts it by the time the backbone takes, and
//! leaves equals as they were drawn.

/// Puts 0 … `total` − 1 into a random order; `draw(place)` gives random bits.
pub fn ask_order(order: &mut Vec<u8>, total: u32, mut draw: impl FnMut(u32) -> u64) {
    order.clear();
    order.extend((0..total).map(|shard| shard as u8));
    for left in (2..=total).rev() {
        let chosen = ((draw(left) >> 32) * u64::from(left)) >> 32;
        order.swap(left as usize - 1, chosen as usize);
    }
}

/// Sorts an order by what a shard costs; equals stay as they are.
pub fn nearest_first(order: &mut [u8], cost: impl Fn(u8) -> u64) {
    let mut rank = [0_u8; 256];
    for (place, shard) in (0..=u8::MAX).zip(order.iter()) {
        rank[usize::from(*shard)] = place;
    }
    order.sort_unstable_by_key(|shard| (cost(*shard), rank[usize::from(*shard)]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::random::squares64;

    #[test]
    fn orders_are_permutations_and_even() {
        let mut order = Vec::new();
        let mut first = [0_u32; 5];
        for read in 0..50_000_u64 {
            ask_order(&mut order, 5, |place| squares64(read << 8 | u64::from(place), 0x5a72_93e1_c64b_8df1));
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4]);
            first[usize::from(order[0])] += 1;
        }
        // Five standard deviations of a binomial count.
        assert!(first.iter().all(|count| (f64::from(*count) - 10_000.0).abs() < 5.0 * 90.0), "{first:?}");
    }

    #[test]
    fn the_nearest_come_first_and_equals_stay() {
        let mut order = vec![4, 1, 3, 0, 2];
        nearest_first(&mut order, |shard| u64::from(shard % 2));
        assert_eq!(order, [4, 0, 2, 1, 3]);
    }
}
