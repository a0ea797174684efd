//! Putting a bucket in order.
//!
//! The entries of a bucket are spread over its time more or less evenly. So they are first dealt to hands, by where in the bucket each lies; then hardly any
//! stands wrong, and an insertion sort sets those right. That takes half of the instructions of a sort by comparisons alone, and fewer of its
//! branches go the way nobody expected.

use super::rung::Span;
use super::slab::{Entry, nanos_of};

/// Hands that entries are dealt to. A power of two.
const HANDS: usize = 32;
/// Sorted entries that an insertion looks at from the end before it searches.
const LOOKED_AT: usize = 16;

/// Equal parts of a bucket of at most 255 entries, the last in time first: how many lie there, then where in the order the next of each is to go.
pub(super) struct Hands {
    begins: u64,
    shift: u32,
    places: [u8; HANDS],
}

impl Hands {
    /// Those of a bucket, all empty.
    #[inline]
    pub(super) fn of(span: Span) -> Self {
        let shift = span.shift.saturating_sub(HANDS.trailing_zeros());
        Self { begins: span.begins, shift, places: [0; HANDS] }
    }

    #[inline]
    fn place(&mut self, entry: Entry) -> &mut u8 {
        let part = (nanos_of(entry).wrapping_sub(self.begins) >> self.shift) as usize;
        &mut self.places[!part % HANDS]
    }

    /// Counts entries.
    #[inline]
    pub(super) fn count(&mut self, entries: &[Entry]) {
        for entry in entries {
            *self.place(*entry) += 1;
        }
    }

    /// All have been counted.
    #[inline]
    pub(super) fn stack(&mut self) {
        let mut before = 0;
        for places in self.places.as_chunks_mut::<8>().0 {
            // Each digit of the product is the sum of the counts up to it, so those before it stand one digit lower.
            let sums = u64::from_le_bytes(*places).wrapping_mul(u64::from_le_bytes([1; 8]));
            *places = ((sums << 8).wrapping_add(u64::from_le_bytes([before; 8]))).to_le_bytes();
            before += (sums >> 56) as u8;
        }
    }

    /// Puts entries that were counted where their parts stand in `sorted`. Those that came last go first: at one time that is the order.
    #[inline]
    pub(super) fn deal(&mut self, entries: &[Entry], sorted: &mut [Entry]) {
        for entry in entries.iter().rev() {
            let place = self.place(*entry);
            sorted[usize::from(*place)] = *entry;
            *place += 1;
        }
    }
}

/// Puts `entry`, the last of all at its time, in its place in the descending `bottom`. Most of what comes so late comes soon: it is looked for from the end.
#[inline]
pub(super) fn insert(bottom: &mut Vec<Entry>, entry: Entry) {
    let nanos = nanos_of(entry);
    let mut hole = bottom.len();
    bottom.push(entry);
    let entries = &mut bottom[..];
    let near = hole.saturating_sub(LOOKED_AT);
    while hole > near {
        let other = entries[hole - 1];
        if nanos_of(other) > nanos {
            entries[hole] = entry;
            return;
        }
        entries[hole] = other;
        hole -= 1;
    }
    let place = entries[..hole].partition_point(|other| nanos_of(*other) > nanos);
    entries.copy_within(place..hole, place + 1);
    entries[place] = entry;
}

/// Sorts what is nearly in descending order.
#[inline]
pub(super) fn set_right(entries: &mut [Entry]) {
    for place in 1..entries.len() {
        let entry = entries[place];
        let mut hole = place;
        while hole > 0 && entries[hole - 1] < entry {
            entries[hole] = entries[hole - 1];
            hole -= 1;
        }
        if hole < place {
            entries[hole] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::slab::entry_of;
    use super::*;
    use crate::kernel::random::squares64;
    use crate::kernel::time::SimTime;

    #[test]
    fn any_bucket_comes_out_in_order() {
        for case in 0..4_000_u64 {
            let bits = |index: u64| squares64(case << 16 | index, 0x9b1f_6e2d_83c5_a47d);
            let (count, shift) = (bits(1_000) % 65, (bits(1_001) % 60) as u32);
            let span = Span { begins: bits(1_002) >> 4, shift };
            // Some buckets have all in one corner.
            let within = |index| (bits(index) & ((1 << shift) - 1)) >> (case % 3 * u64::from(shift) / 3);
            let entry = |index| entry_of(SimTime::from_nanos(span.begins + within(index)), index);
            let entries: Vec<Entry> = (0..count).map(entry).collect();
            let (mut hands, mut sorted) = (Hands::of(span), vec![0; entries.len()]);
            let (some, others) = entries.split_at(entries.len() / 3);
            [some, others].iter().for_each(|part| hands.count(part));
            hands.stack();
            [some, others].iter().for_each(|part| hands.deal(part, &mut sorted));
            set_right(&mut sorted);
            let mut expected = entries;
            expected.sort_unstable_by(|a, b| b.cmp(a));
            assert_eq!(sorted, expected, "{case}");
        }
    }
}
