//! What happens to nodes and shards. Each transition keeps all counts.

use super::turns::{Taker, Turn, Turning, note};
use super::{Holder, LOST, Loss, MISSING, ObjectStore, ShardCounts, TOUCHED, WANTED};
use crate::kernel::SimTime;

impl ObjectStore {
    /// A new object of set `set` comes to be, with all slots missing; returns its number. It is not degraded before
    /// [`Self::settle_new`] says so.
    pub fn create(&mut self, set: u8) -> u32 {
        let object = u32::try_from(self.counts.len()).expect("fewer than 2^32 objects");
        let slots = self.place.len() + usize::from(self.total);
        assert!(slots < MISSING as usize, "fewer than 2^32 shards");
        self.place.resize(slots, MISSING + Loss::Unplaced as u32);
        self.rank.resize(slots, 0);
        self.counts.push(ShardCounts::default());
        self.since.push(SimTime::ZERO);
        self.set_of.push(set);
        object
    }

    /// The shards of a new object have been placed: it counts from now on.
    pub fn settle_new(&mut self, now: SimTime, object: u32) {
        let counts = self.counts[object as usize];
        let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
        levels.kept += 1;
        levels.readable += i64::from(counts.available >= self.data);
        levels.healthy += i64::from(counts.healthy);
        if counts.healthy < self.total {
            levels.degraded += 1;
            self.since[object as usize] = now;
            self.touch(object);
        }
        if counts.present < self.data {
            self.lose(object);
            // What was never there cannot be lost.
            let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
            levels.lost -= 1;
            levels.unplaced += 1;
        } else if counts.available < self.data {
            self.turn(object, Turn::Unreadable, u32::MAX, Taker::Down);
        }
        if !self.withholds.is_empty() {
            for slot in self.slots(object) {
                self.may_withhold(slot);
            }
        }
    }

    /// The node of a slot has been given its shard, and may drop it.
    fn may_withhold(&mut self, slot: u32) {
        let Some(node) = self.node_of(slot) else { return };
        let share = self.withholds.get(node as usize).copied().unwrap_or(0.0);
        if share > 0.0 && self.withheld.is_some_and(|draws| draws.unit(slot, node) < share) {
            self.rots(slot);
        }
    }

    /// Places a shard of a new object, before [`Self::settle_new`].
    pub fn place(&mut self, slot: u32, node: u32) {
        self.put(slot, node);
        self.stock.placed += 1;
        let object = self.object_of(slot) as usize;
        let holder = &self.holders[node as usize];
        let counts = &mut self.counts[object];
        counts.present += 1;
        counts.available += u8::from(holder.is_up);
        counts.healthy += u8::from(holder.counts);
    }

    /// A repair has made the shard of a slot anew, on a node that does not hold one of its object. A shard that still lies
    /// elsewhere is discarded.
    pub fn restore(&mut self, now: SimTime, slot: u32, node: u32) {
        let before = self.node_of(slot).map(|old| (old, self.rank[slot as usize]));
        self.put(slot, node);
        self.stock.repaired += 1;
        let object = self.object_of(slot);
        self.counts[object as usize].present += 1;
        let (is_up, counts) = (self.holders[node as usize].is_up, self.holders[node as usize].counts);
        if is_up {
            self.more_available(object);
        }
        if counts {
            self.more_healthy(now, object);
        }
        if let Some((old, rank)) = before {
            self.discard(now, slot, old, rank);
        }
        self.may_withhold(slot);
    }

    /// The shard of a slot goes over to another node; both are up and count, else nothing happens. False then, and if it was not
    /// there.
    pub fn relocate(&mut self, slot: u32, node: u32) -> bool {
        let Some(old) = self.node_of(slot) else { return false };
        let works = |node: u32| self.is_up(node) && self.is_counted(node);
        if !works(old) || !works(node) || !self.is_there(slot, &self.holders[old as usize]) {
            return false;
        }
        let bytes = self.shard_bytes(self.object_of(slot));
        let rank = self.rank[slot as usize];
        Self::take_off(&mut self.holders[old as usize].shards, &mut self.rank, rank);
        self.holders[old as usize].use_changes(self.now, -bytes);
        self.stock.up -= 1;
        self.stock.lost += 1;
        self.put(slot, node);
        self.stock.repaired += 1;
        self.may_withhold(slot);
        true
    }

    /// A node goes down: its shards are not available.
    pub fn down(&mut self, node: u32) {
        let Self { holders, counts, sets, set_of, stock, data, total, turnings, .. } = self;
        let holder = &mut holders[node as usize];
        if !std::mem::take(&mut holder.is_up) {
            return;
        }
        stock.up -= holder.shards.len() as u64;
        stock.down += holder.shards.len() as u64;
        for slot in &holder.shards {
            let object = (slot / u32::from(*total)) as usize;
            let available = &mut counts[object].available;
            *available -= 1;
            if *available + 1 == *data {
                sets[usize::from(set_of[object])].levels.readable -= 1;
                let object = object as u32;
                note(turnings, Turning { object, turn: Turn::Unreadable, node, taker: Taker::Down });
            }
        }
    }

    /// A node comes up: what is on it is available. That another, empty unit stands there is noticed now.
    pub fn up(&mut self, now: SimTime, node: u32) {
        if self.holders[node as usize].is_renewed {
            self.reveal(now, node, Loss::Death);
        }
        let Self { holders, counts, sets, set_of, stock, data, total, touched, turnings, .. } = self;
        let holder = &mut holders[node as usize];
        if std::mem::replace(&mut holder.is_up, true) {
            return;
        }
        stock.down -= holder.shards.len() as u64;
        stock.up += holder.shards.len() as u64;
        for slot in &holder.shards {
            let object = slot / u32::from(*total);
            let it = &mut counts[object as usize];
            it.available += 1;
            if it.available == *data {
                sets[usize::from(set_of[object as usize])].levels.readable += 1;
                note(turnings, Turning { object, turn: Turn::Readable, node, taker: Taker::Down });
                if it.flags & (WANTED | TOUCHED) == WANTED {
                    it.flags |= TOUCHED;
                    touched.push(object);
                }
            }
        }
    }

    /// The unit of a node dies, or its host leaves with it: what it held is gone, which nobody knows yet.
    pub fn dies(&mut self, node: u32) {
        let holder = &mut self.holders[node as usize];
        let (is_up, gone) = (holder.is_up, std::mem::take(&mut holder.shards));
        holder.is_renewed = true;
        holder.use_changes(self.now, 0.0);
        holder.used = 0.0;
        self.stock.lost += gone.len() as u64;
        *(if is_up { &mut self.stock.up } else { &mut self.stock.down }) -= gone.len() as u64;
        for slot in &gone {
            let object = self.object_of(*slot);
            self.less_present(object, is_up, (node, Taker::Death));
        }
        let holder = &mut self.holders[node as usize];
        if holder.ghosts.is_empty() {
            holder.shards = std::mem::replace(&mut holder.ghosts, gone);
        } else {
            for slot in &gone {
                self.rank[*slot as usize] = holder.ghosts.len() as u32;
                holder.ghosts.push(*slot);
            }
        }
    }

    /// The shard of a slot is gone from its node, which nobody knows yet. False if it was not there.
    pub fn rots(&mut self, slot: u32) -> bool {
        let Some(node) = self.node_of(slot) else { return false };
        let holder = &self.holders[node as usize];
        if !self.is_there(slot, holder) {
            return false;
        }
        let is_up = holder.is_up;
        let bytes = self.shard_bytes(self.object_of(slot));
        let rank = self.rank[slot as usize];
        Self::take_off(&mut self.holders[node as usize].shards, &mut self.rank, rank);
        let holder = &mut self.holders[node as usize];
        holder.use_changes(self.now, -bytes);
        self.rank[slot as usize] = holder.ghosts.len() as u32;
        holder.ghosts.push(slot);
        self.stock.lost += 1;
        *(if is_up { &mut self.stock.up } else { &mut self.stock.down }) -= 1;
        self.less_present(self.object_of(slot), is_up, (node, Taker::Rot));
        true
    }

    /// The controller learns which slots of a node are not there.
    pub fn reveal(&mut self, now: SimTime, node: u32, why: Loss) {
        let holder = &mut self.holders[node as usize];
        holder.is_renewed = false;
        let (counted, mut ghosts) = (holder.counts, std::mem::take(&mut holder.ghosts));
        for slot in &ghosts {
            self.place[*slot as usize] = MISSING + why as u32;
            if counted {
                self.less_healthy(now, self.object_of(*slot));
            }
        }
        ghosts.clear();
        self.holders[node as usize].ghosts = ghosts;
    }

    /// The controller learns that the shard of one slot is not where it should be. False if it is.
    pub fn reveal_slot(&mut self, now: SimTime, slot: u32, why: Loss) -> bool {
        let Some(node) = self.node_of(slot) else { return false };
        let holder = &self.holders[node as usize];
        if self.is_there(slot, holder) {
            return false;
        }
        let counted = holder.counts;
        let rank = self.rank[slot as usize];
        Self::take_off(&mut self.holders[node as usize].ghosts, &mut self.rank, rank);
        self.place[slot as usize] = MISSING + why as u32;
        if counted {
            self.less_healthy(now, self.object_of(slot));
        }
        true
    }

    /// The controller gives a node up: nothing on it is healthy. False if it had done so before.
    pub fn write_off(&mut self, now: SimTime, node: u32, why: Loss) -> bool {
        let holder = &mut self.holders[node as usize];
        if !std::mem::take(&mut holder.counts) {
            return false;
        }
        holder.why = why;
        self.for_believed(node, |store, object| store.less_healthy(now, object));
        true
    }

    /// The controller counts on a node again, and on what it still believes to be there. False if it did anyway.
    pub fn count_again(&mut self, now: SimTime, node: u32) -> bool {
        let holder = &mut self.holders[node as usize];
        if std::mem::replace(&mut holder.counts, true) {
            return false;
        }
        self.for_believed(node, |store, object| store.more_healthy(now, object));
        true
    }

    /// Does something for the object of each slot believed to be on a node.
    fn for_believed(&mut self, node: u32, mut what: impl FnMut(&mut Self, u32)) {
        let Holder { shards, ghosts, .. } = &mut self.holders[node as usize];
        let (shards, ghosts) = (std::mem::take(shards), std::mem::take(ghosts));
        for slot in shards.iter().chain(&ghosts) {
            what(self, slot / u32::from(self.total));
        }
        let holder = &mut self.holders[node as usize];
        (holder.shards, holder.ghosts) = (shards, ghosts);
    }

    /// Puts the shard of a slot on a node.
    fn put(&mut self, slot: u32, node: u32) {
        let bytes = self.shard_bytes(self.object_of(slot));
        let holder = &mut self.holders[node as usize];
        self.place[slot as usize] = node;
        self.rank[slot as usize] = holder.shards.len() as u32;
        holder.shards.push(slot);
        holder.use_changes(self.now, bytes);
        *(if holder.is_up { &mut self.stock.up } else { &mut self.stock.down }) += 1;
    }

    /// The shard of a slot that has been restored elsewhere is dropped where it stood at `rank` of a list of `node`.
    fn discard(&mut self, now: SimTime, slot: u32, node: u32, rank: u32) {
        let bytes = self.shard_bytes(self.object_of(slot));
        let object = self.object_of(slot);
        let holder = &mut self.holders[node as usize];
        let counted = holder.counts;
        if holder.shards.get(rank as usize) == Some(&slot) {
            Self::take_off(&mut holder.shards, &mut self.rank, rank);
            holder.use_changes(self.now, -bytes);
            let is_up = holder.is_up;
            self.stock.lost += 1;
            *(if is_up { &mut self.stock.up } else { &mut self.stock.down }) -= 1;
            self.less_present(object, is_up, (node, Taker::Rot));
        } else {
            Self::take_off(&mut holder.ghosts, &mut self.rank, rank);
        }
        if counted {
            self.less_healthy(now, object);
        }
    }

    /// Takes the entry at `rank` off a list; the last one takes its place.
    fn take_off(list: &mut Vec<u32>, ranks: &mut [u32], rank: u32) {
        list.swap_remove(rank as usize);
        if let Some(moved) = list.get(rank as usize) {
            ranks[*moved as usize] = rank;
        }
    }

    fn touch(&mut self, object: u32) {
        let flags = &mut self.counts[object as usize].flags;
        if *flags & TOUCHED == 0 {
            *flags |= TOUCHED;
            self.touched.push(object);
        }
    }

    fn more_available(&mut self, object: u32) {
        let counts = &mut self.counts[object as usize];
        counts.available += 1;
        if counts.available == self.data {
            self.sets[usize::from(self.set_of[object as usize])].levels.readable += 1;
            self.turn(object, Turn::Readable, u32::MAX, Taker::Down);
        }
    }

    /// A shard is not present any more, on a node and by what took it; it was available if `available`.
    fn less_present(&mut self, object: u32, available: bool, (node, taker): (u32, Taker)) {
        let counts = &mut self.counts[object as usize];
        counts.present -= 1;
        let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
        if available {
            counts.available -= 1;
            let unreadable = counts.available + 1 == self.data;
            levels.readable -= i64::from(unreadable);
            if unreadable {
                self.turn(object, Turn::Unreadable, node, taker);
            }
        }
        let counts = self.counts[object as usize];
        if counts.present < self.data && counts.flags & LOST == 0 {
            self.lose(object);
            self.turn(object, Turn::Lost, node, taker);
        }
    }

    fn lose(&mut self, object: u32) {
        let counts = &mut self.counts[object as usize];
        counts.flags |= LOST;
        let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
        levels.kept -= 1;
        levels.lost += 1;
        levels.healthy -= i64::from(counts.healthy);
        levels.degraded -= i64::from(counts.healthy < self.total);
    }

    #[inline]
    fn less_healthy(&mut self, now: SimTime, object: u32) {
        let counts = &mut self.counts[object as usize];
        counts.healthy -= 1;
        if counts.flags & LOST != 0 {
            return;
        }
        let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
        levels.healthy -= 1;
        if counts.healthy + 1 == self.total {
            levels.degraded += 1;
            self.since[object as usize] = now;
        }
        self.touch(object);
    }

    #[inline]
    fn more_healthy(&mut self, now: SimTime, object: u32) {
        let counts = &mut self.counts[object as usize];
        counts.healthy += 1;
        if counts.flags & LOST != 0 {
            return;
        }
        let levels = &mut self.sets[usize::from(self.set_of[object as usize])].levels;
        levels.healthy += 1;
        if counts.healthy == self.total {
            levels.degraded -= 1;
            let set = self.set_of[object as usize];
            self.restored.push((set, now.since(self.since[object as usize])));
        }
    }
}
