//! Where the events themselves lie while 16-byte entries that name them move through a queue.
//!
//! Every insertion gets a *tag*, `sequence << 26 | slot`. Sequences rise by one with each insertion and are never used
//! twice, so a tag is at once the tie-break among equal times, the address of the event and the generation of its slot:
//! an entry or handle is alive exactly when its slot still carries its tag. Free slots form a list threaded through
//! their tags under the one sequence that is never issued.

use super::Handle;
use crate::kernel::time::SimTime;

const SLOT_BITS: u32 = 26;
const SLOT_MASK: u64 = (1 << SLOT_BITS) - 1;
/// The sequence of free slots, and the limit of insertions in one run: 2^38 − 1, some 2.7 × 10^11.
const FREE: u64 = u64::MAX << SLOT_BITS;
/// The slot that ends the free list; so at most 2^26 − 1 events can be pending.
const NO_SLOT: u64 = SLOT_MASK;

/// Time, sequence and slot of one pending event; ordered as the events are.
pub(super) type Entry = u128;

/// The entry for the event `tag` at `at`.
#[inline]
pub(super) fn entry_of(at: SimTime, tag: u64) -> Entry {
    u128::from(at.as_nanos()) << 64 | u128::from(tag)
}

/// The time of `entry`, in nanoseconds.
#[inline]
pub(super) fn nanos_of(entry: Entry) -> u64 {
    (entry >> 64) as u64
}

/// The time of `entry`.
#[inline]
pub(super) fn time_of(entry: Entry) -> SimTime {
    SimTime::from_nanos(nanos_of(entry))
}

/// The tag of `entry`.
#[inline]
pub(super) fn tag_of(entry: Entry) -> u64 {
    entry as u64
}

#[inline]
fn slot_of(tag: u64) -> usize {
    (tag & SLOT_MASK) as usize
}

#[derive(Clone, Debug)]
struct Slot<T> {
    tag: u64,
    value: T,
}

/// Values by tag.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: u64,
    /// The next sequence, already in its place in a tag.
    next: u64,
    live: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: NO_SLOT, next: 0, live: 0 }
    }
}

impl<T: Copy> Slab<T> {
    /// How many values are held.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// All values with their tags, in the order of slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.slots.iter().filter(|slot| slot.tag & !SLOT_MASK != FREE).map(|slot| (slot.tag, &slot.value))
    }

    /// A sequence in its place in a tag.
    #[inline]
    fn next_sequence(&mut self) -> u64 {
        let high = self.next;
        assert!(high != FREE, "more than 2^38 events were scheduled in one run");
        self.next = high + (1 << SLOT_BITS);
        high
    }

    /// Stores `value` under a new tag.
    #[inline]
    pub(super) fn insert(&mut self, value: T) -> u64 {
        let sequence = self.next_sequence();
        self.live += 1;
        if let Some(slot) = self.slots.get_mut(self.free as usize) {
            let tag = sequence | self.free;
            self.free = slot.tag & SLOT_MASK;
            *slot = Slot { tag, value };
            return tag;
        }
        // None is free. The value is not handed to a function of its own: it would have to be put together in memory for that, and
        // be read from there at once, which a store buffer does badly.
        let slot = self.slots.len() as u64;
        assert!(slot < NO_SLOT, "more than 2^26 events are pending");
        let tag = sequence | slot;
        self.slots.push(Slot { tag, value });
        tag
    }

    /// Whether the value of `tag` is still here.
    #[inline]
    pub(super) fn holds(&self, tag: u64) -> bool {
        self.slots.get(slot_of(tag)).is_some_and(|slot| slot.tag == tag)
    }

    /// The value of `tag`, if it is still here.
    #[inline]
    pub(super) fn get(&self, tag: u64) -> Option<&T> {
        self.slots.get(slot_of(tag)).filter(|slot| slot.tag == tag).map(|slot| &slot.value)
    }

    /// The value of `tag`, to be changed in place.
    #[inline]
    pub(super) fn get_mut(&mut self, tag: u64) -> Option<&mut T> {
        self.slots.get_mut(slot_of(tag)).filter(|slot| slot.tag == tag).map(|slot| &mut slot.value)
    }

    /// Takes the value of `tag` out, if it is still here. It is to be copied from where it lies.
    #[inline]
    pub(super) fn take(&mut self, tag: u64) -> Option<&T> {
        let slot = self.slots.get_mut(slot_of(tag)).filter(|slot| slot.tag == tag)?;
        slot.tag = FREE | self.free;
        self.free = tag & SLOT_MASK;
        self.live -= 1;
        Some(&slot.value)
    }

    /// The value of `tag`, which has just been taken out, where it still lies.
    #[inline]
    pub(super) fn taken(&self, tag: u64) -> &T {
        &self.slots[slot_of(tag)].value
    }

    /// Gives the value of `tag` a new tag; the old one is dead from then on.
    #[inline]
    pub(super) fn retag(&mut self, tag: u64) -> Option<u64> {
        if !self.holds(tag) {
            return None;
        }
        let renewed = self.next_sequence() | (tag & SLOT_MASK);
        self.slots[slot_of(tag)].tag = renewed;
        Some(renewed)
    }
}

impl Handle {
    #[inline]
    pub(super) fn of(tag: u64) -> Self {
        Self(tag)
    }

    #[inline]
    pub(super) fn tag(self) -> u64 {
        self.0
    }
}
