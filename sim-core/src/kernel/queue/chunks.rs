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

    /// Whether the next entry takes a new chunk, as the first always does.
    #[inline]
    pub(super) fn takes_a_chunk(self) -> bool {
        (self.len as usize).is_multiple_of(CHUNK)
    }

    /// How much of the newest chunk is filled; `None` of an empty pile.
    #[inline]
    fn newest_len(self) -> Option<usize> {
        self.len.checked_sub(1).map(|last| last as usize % CHUNK + 1)
    }
}

/// The memory of all piles of one queue.
#[derive(Clone, Debug)]
pub(super) struct ChunkPool {
    chunks: Vec<[Entry; CHUNK]>,
    /// For each chunk the next older one of its pile, or the next free one.
    older: Vec<u32>,
    free: u32,
}

impl Default for ChunkPool {
    fn default() -> Self {
        Self { chunks: Vec::new(), older: Vec::new(), free: NO_CHUNK }
    }
}

impl ChunkPool {
    /// Adds `entry` to `pile`.
    #[inline]
    pub(super) fn add(&mut self, pile: &mut Pile, entry: Entry) {
        if pile.takes_a_chunk() {
            self.add_with_a_chunk(pile, entry);
        } else {
            self.put(pile, entry);
        }
    }

    /// As [`Self::add`] to a pile that [takes a chunk](Pile::takes_a_chunk). By itself, and the last thing that is done, so that where none is taken no
    /// registers are saved for it.
    #[inline(never)]
    pub(super) fn add_with_a_chunk(&mut self, pile: &mut Pile, entry: Entry) {
        pile.newest = self.allocate(pile.newest);
        self.put(pile, entry);
    }

    /// Adds `entry` to `pile`, whose newest chunk has room.
    #[inline]
    pub(super) fn put(&mut self, pile: &mut Pile, entry: Entry) {
        self.chunks[pile.newest as usize][pile.len as usize % CHUNK] = entry;
        pile.len += 1;
    }

    /// A chunk linked to `older`.
    #[inline]
    fn allocate(&mut self, older: u32) -> u32 {
        if self.free == NO_CHUNK {
            return self.grow(older);
        }
        let chunk = self.free;
        self.free = std::mem::replace(&mut self.older[chunk as usize], older);
        chunk
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, older: u32) -> u32 {
        let chunk = u32::try_from(self.older.len()).expect("fewer chunks than entries");
        self.older.push(older);
        self.chunks.push([0; CHUNK]);
        chunk
    }

    /// Gives the memory of the newest chunk of `pile` back; what is left of the pile.
    #[inline]
    fn release(&mut self, pile: Pile, filled: usize) -> Pile {
        let older = std::mem::replace(&mut self.older[pile.newest as usize], self.free);
        self.free = pile.newest;
        Pile { newest: older, len: pile.len - filled as u32 }
    }

    /// Takes `pile` apart; `each` may add to other piles.
    #[inline]
    pub(super) fn drain(&mut self, mut pile: Pile, mut each: impl FnMut(&mut Self, Entry)) {
        while let Some(filled) = pile.newest_len() {
            for place in 0..filled {
                let entry = self.chunks[pile.newest as usize][place];
                each(self, entry);
            }
            pile = self.release(pile, filled);
        }
    }

    /// Shows `pile`, a slice at a time.
    #[inline]
    pub(super) fn each_slice(&self, mut pile: Pile, mut each: impl FnMut(&[Entry])) {
        while let Some(filled) = pile.newest_len() {
            each(&self.chunks[pile.newest as usize][..filled]);
            pile = Pile { newest: self.older[pile.newest as usize], len: pile.len - filled as u32 };
        }
    }

    /// Takes `pile` apart, a slice at a time.
    #[inline]
    pub(super) fn drain_slices(&mut self, mut pile: Pile, mut each: impl FnMut(&[Entry])) {
        while let Some(filled) = pile.newest_len() {
            each(&self.chunks[pile.newest as usize][..filled]);
            pile = self.release(pile, filled);
        }
    }

    /// The least and the greatest entry of `pile`.
    pub(super) fn extremes(&self, pile: Pile) -> (Entry, Entry) {
        let (mut least, mut greatest) = (Entry::MAX, 0);
        self.each_slice(pile, |entries| {
            for entry in entries {
                least = least.min(*entry);
                greatest = greatest.max(*entry);
            }
        });
        (least, greatest)
    }
}
