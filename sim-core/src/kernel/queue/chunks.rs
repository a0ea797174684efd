//! Unordered piles of entries, in chunks of one common pool.
//!
//! Adding to a pile is a sequential write; a pile that is taken apart gives its chunks back to the pool, so a queue in
//! its steady state allocates nothing.

use super::slab::Entry;

/// Entries a chunk. A power of two.
const CHUNK: usize = 32;
const NO_CHUNK: u32 = u32::MAX;

/// An unordered pile of entries: its newest chunk, which links to the older ones, and its size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pile {
    newest: u32,
    len: u32,
}

impl Pile {
    /// The pile with nothing in it.
    pub(super) const EMPTY: Self = Self { newest: NO_CHUNK, len: 0 };

    /// How many entries are in the pile.
    #[inline]
    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

/// The memory of all piles of one queue.
#[derive(Clone, Debug)]
pub(super) struct ChunkPool {
    entries: Vec<Entry>,
    /// For each chunk the next older one of its pile, or the next free one.
    older: Vec<u32>,
    free: u32,
}

impl Default for ChunkPool {
    fn default() -> Self {
        Self { entries: Vec::new(), older: Vec::new(), free: NO_CHUNK }
    }
}

impl ChunkPool {
    /// Adds `entry` to `pile`.
    #[inline]
    pub(super) fn add(&mut self, pile: &mut Pile, entry: Entry) {
        let place = pile.len as usize % CHUNK;
        if place == 0 {
            let chunk = self.allocate();
            self.older[chunk as usize] = pile.newest;
            pile.newest = chunk;
        }
        self.entries[pile.newest as usize * CHUNK + place] = entry;
        pile.len += 1;
    }

    #[inline]
    fn allocate(&mut self) -> u32 {
        if self.free == NO_CHUNK {
            return self.grow();
        }
        let chunk = self.free;
        self.free = self.older[chunk as usize];
        chunk
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        let chunk = u32::try_from(self.older.len()).expect("fewer chunks than entries");
        self.older.push(NO_CHUNK);
        self.entries.resize(self.entries.len() + CHUNK, 0);
        chunk
    }

    /// Removes the newest chunk of `pile`, gives its memory back, and returns a copy of it and how much of it is filled.
    #[inline]
    fn pop_chunk(&mut self, pile: &mut Pile) -> Option<([Entry; CHUNK], usize)> {
        if pile.len == 0 {
            return None;
        }
        let chunk = pile.newest;
        let filled = (pile.len as usize - 1) % CHUNK + 1;
        let base = chunk as usize * CHUNK;
        let mut copy = [0; CHUNK];
        copy[..filled].copy_from_slice(&self.entries[base..base + filled]);
        pile.len -= filled as u32;
        pile.newest = self.older[chunk as usize];
        self.older[chunk as usize] = self.free;
        self.free = chunk;
        Some((copy, filled))
    }

    /// Takes `pile` apart. The chunks are free before their entries are seen, so `each` may add to other piles.
    #[inline]
    pub(super) fn drain(&mut self, mut pile: Pile, mut each: impl FnMut(&mut Self, Entry)) {
        while let Some((copy, filled)) = self.pop_chunk(&mut pile) {
            for entry in &copy[..filled] {
                each(self, *entry);
            }
        }
    }

    /// Folds over the entries of `pile`.
    #[inline]
    pub(super) fn fold<A>(&self, pile: Pile, start: A, mut each: impl FnMut(A, Entry) -> A) -> A {
        let (mut value, mut chunk, mut left) = (start, pile.newest, pile.len as usize);
        while left > 0 {
            let filled = (left - 1) % CHUNK + 1;
            let base = chunk as usize * CHUNK;
            for entry in &self.entries[base..base + filled] {
                value = each(value, *entry);
            }
            left -= filled;
            chunk = self.older[chunk as usize];
        }
        value
    }
}
