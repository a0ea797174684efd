//! One rung of the ladder: a span of time cut into buckets of equal width.

use super::chunks::{ChunkPool, Pile};
use super::slab::{Entry, nanos_of};

/// When a bucket begins, and the binary logarithm of its width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) begins: u64,
    pub(super) shift: u32,
}

/// A span of time cut into buckets, each an unordered pile.
#[derive(Clone, Debug, Default)]
pub(super) struct Rung {
    /// New entries from here on belong to this rung; earlier ones lie below it.
    pub(super) from: u64,
    start: u64,
    /// Buckets are `1 << shift` nanoseconds wide.
    shift: u32,
    /// Only buckets below this count are in use.
    used: usize,
    buckets: Vec<Pile>,
    /// One bit for each bucket that holds something.
    occupied: Vec<u64>,
}

impl Rung {
    /// Makes this (empty) rung cover `start ..= last` with at most `buckets` buckets, a power of two.
    pub(super) fn cover(&mut self, start: u64, last: u64, buckets: usize) {
        let range = last - start;
        self.from = start;
        self.start = start;
        self.shift = (u64::BITS - range.leading_zeros()).saturating_sub(buckets.trailing_zeros());
        self.used = (range >> self.shift) as usize + 1;
        if self.buckets.len() < self.used {
            self.buckets.resize(self.used, Pile::EMPTY);
            self.occupied.resize(self.used.div_ceil(64), 0);
        }
    }

    /// Adds an entry that is within the covered span.
    #[inline(always)]
    pub(super) fn add(&mut self, pool: &mut ChunkPool, entry: Entry) {
        let index = ((nanos_of(entry) - self.start) >> self.shift) as usize;
        let bucket = &mut self.buckets[index];
        if bucket.takes_a_chunk() {
            self.add_with_a_chunk(pool, entry, index);
        } else {
            pool.put(bucket, entry);
        }
    }

    #[inline(never)]
    fn add_with_a_chunk(&mut self, pool: &mut ChunkPool, entry: Entry, index: usize) {
        self.occupied[index / 64] |= 1 << (index % 64);
        pool.add_with_a_chunk(&mut self.buckets[index], entry);
    }

    /// Removes the first bucket that holds something.
    #[inline]
    pub(super) fn take_first(&mut self) -> Option<(Pile, Span)> {
        let first = ((self.from - self.start) >> self.shift) as usize / 64;
        for word in first..self.used.div_ceil(64) {
            let bits = self.occupied[word];
            if bits != 0 {
                self.occupied[word] = bits & (bits - 1);
                let index = word * 64 + bits.trailing_zeros() as usize;
                let pile = std::mem::replace(&mut self.buckets[index], Pile::EMPTY);
                let begins = self.start + ((index as u64) << self.shift);
                return Some((pile, Span { begins, shift: self.shift }));
            }
        }
        None
    }

    /// Removes the entries that `keep` rejects.
    pub(super) fn retain(&mut self, pool: &mut ChunkPool, mut keep: impl FnMut(Entry) -> bool) {
        for word in 0..self.used.div_ceil(64) {
            let mut left = self.occupied[word];
            while left != 0 {
                let bit = left & left.wrapping_neg();
                left ^= bit;
                let bucket = &mut self.buckets[word * 64 + bit.trailing_zeros() as usize];
                let pile = std::mem::replace(bucket, Pile::EMPTY);
                pool.drain(pile, |pool, entry| {
                    if keep(entry) {
                        pool.add(bucket, entry);
                    }
                });
                if bucket.len() == 0 {
                    self.occupied[word] ^= bit;
                }
            }
        }
    }
}
