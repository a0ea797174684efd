//! Max–min fair rates of flows over several shared links.
//!
//! A flow crosses a set of links (the uplink of its source, a gateway, the downlink of its destination) and has the same
//! rate on all. An allocation is *max–min fair* if no rate can rise without lowering one that is not higher. It is unique,
//! and progressive filling finds it: raise all rates together; when a link of capacity C with n flows that still rise and a
//! sum s of rates that do not is full, at the level (C − s)/n, its flows stop. This is what long TCP transfers with equal
//! round trips tend to (D. Bertsekas and R. Gallager, *Data Networks*, 2nd ed., section 6.5.2, 1992).
//!
//! A change touches only the flows that are joined to the changed one through links, so filling runs over that component
//! alone, with the links in a heap by level: O(F log L) for F flows on L links of the component. A link's level never
//! falls while others fill, so an entry of the heap that is too low is put back where it belongs, and each flow is frozen
//! once. Bytes left are kept exact between changes: a flow whose rate stays the same is not touched.
//!
//! Rates are in bytes a second. Completions are rounded to the nearest nanosecond and come in order of (time, start).
//! Left out: round-trip times, slow start, loss, headers.

use crate::kernel::{SimDuration, SimTime};
use priority_queue::PriorityQueue;
use std::cmp::Reverse;

/// Number of a link.
pub type LinkId = u32;

/// Links that a flow can cross at most.
pub const PATH_MAX: usize = 4;

/// The links that a flow crosses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Path {
    links: [LinkId; PATH_MAX],
    len: u8,
}

impl Path {
    /// The links of `of`, each once; links without a limit are left out by the caller.
    ///
    /// # Panics
    /// If there are more than [`PATH_MAX`].
    pub fn of(of: impl IntoIterator<Item = LinkId>) -> Self {
        let mut path = Self::default();
        for link in of {
            if !path.links().contains(&link) {
                path.links[usize::from(path.len)] = link;
                path.len += 1;
            }
        }
        path
    }

    /// The links.
    pub fn links(&self) -> &[LinkId] {
        &self.links[..usize::from(self.len)]
    }

    /// Whether nothing limits a flow on it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// A flow under way.
#[derive(Clone, Debug)]
struct Flow {
    id: u32,
    path: Path,
    /// Bytes left at `since`.
    rest: f64,
    since: SimTime,
    rate: f64,
    order: u64,
}

/// A shared link.
#[derive(Clone, Debug)]
struct Link {
    capacity: f64,
    /// Slots of the flows that cross it.
    flows: Vec<u32>,
}

/// Links with all flows on them.
#[derive(Clone, Debug)]
pub struct MaxMin {
    links: Vec<Link>,
    flows: Vec<Flow>,
    /// Slots of flows that are gone.
    free: Vec<u32>,
    /// Slot by flow id, and next completions.
    due: PriorityQueue<u32, Reverse<(SimTime, u64)>, std::hash::BuildHasherDefault<IdHasher>>,
    slots: std::collections::BTreeMap<u32, u32>,
    started: u64,
    scratch: Scratch,
}

/// Work space of filling, kept to allocate nothing in the long run.
#[derive(Clone, Debug, Default)]
struct Scratch {
    /// Links and flows of the component.
    links: Vec<LinkId>,
    flows: Vec<u32>,
    /// By link: stamp of the last visit, flows that still rise, capacity left to them.
    seen: Vec<u32>,
    rising: Vec<u32>,
    left: Vec<f64>,
    /// By slot: stamp of the last visit, and of the last freezing.
    seen_flow: Vec<u32>,
    frozen: Vec<u32>,
    levels: std::collections::BinaryHeap<Reverse<Level>>,
    stamp: u32,
}

/// The level at which a link is full.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Level {
    level: f64,
    link: LinkId,
}

impl Eq for Level {}

impl Ord for Level {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.level.total_cmp(&other.level).then(self.link.cmp(&other.link))
    }
}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl MaxMin {
    /// Idle links of these capacities, in bytes a second.
    pub fn new(capacities: impl IntoIterator<Item = f64>) -> Self {
        let links: Vec<Link> =
            capacities.into_iter().map(|capacity| Link { capacity, flows: Vec::new() }).collect();
        let scratch = Scratch {
            seen: vec![0; links.len()],
            rising: vec![0; links.len()],
            left: vec![0.0; links.len()],
            ..Scratch::default()
        };
        Self {
            links,
            flows: Vec::new(),
            free: Vec::new(),
            due: PriorityQueue::with_default_hasher(),
            slots: std::collections::BTreeMap::new(),
            started: 0,
            scratch,
        }
    }

    /// Flow `id`, not present yet, starts with `bytes` to move over `path`, which must not be empty.
    pub fn start(&mut self, now: SimTime, id: u32, path: Path, bytes: f64) {
        assert!(!path.is_empty(), "a flow that nothing limits takes no time");
        let flow = Flow { id, path, rest: bytes.max(0.0), since: now, rate: 0.0, order: self.started };
        self.started += 1;
        let slot = match self.free.pop() {
            Some(slot) => {
                self.flows[slot as usize] = flow;
                slot
            }
            None => {
                self.flows.push(flow);
                self.scratch.seen_flow.push(0);
                self.scratch.frozen.push(0);
                (self.flows.len() - 1) as u32
            }
        };
        let before = self.slots.insert(id, slot);
        debug_assert!(before.is_none(), "flow {id} is there already");
        for link in path.links() {
            self.links[*link as usize].flows.push(slot);
        }
        self.fill(now, path.links());
    }

    /// Flow `id` leaves unfinished; returns the bytes it still had to move, `None` if it was not there.
    pub fn cancel(&mut self, now: SimTime, id: u32) -> Option<f64> {
        let slot = self.slots.remove(&id)?;
        let flow = &self.flows[slot as usize];
        let rest = rest_at(flow, now);
        let path = flow.path;
        self.take_off(slot, path);
        self.fill(now, path.links());
        Some(rest)
    }

    /// When the next flow is finished if nothing changes, and which; `None` if there is none that moves.
    pub fn next_completion(&self) -> Option<(SimTime, u32)> {
        let (id, Reverse((at, _))) = self.due.peek()?;
        (*at < SimTime::MAX).then_some((*at, *id))
    }

    /// Takes away the flow that is finished at `now`, the moment [`Self::next_completion`] gave.
    ///
    /// # Panics
    /// If there is none.
    pub fn complete(&mut self, now: SimTime) -> u32 {
        let (_, id) = self.next_completion().expect("a flow that is finished");
        self.cancel(now, id);
        id
    }

    /// From `now` on the link has this capacity; zero freezes its flows.
    pub fn set_capacity(&mut self, now: SimTime, link: LinkId, capacity: f64) {
        self.links[link as usize].capacity = capacity;
        self.fill(now, &[link]);
    }

    /// Bytes a second that flow `id` gets.
    pub fn rate(&self, id: u32) -> Option<f64> {
        self.slots.get(&id).map(|slot| self.flows[*slot as usize].rate)
    }

    /// Bytes that the flows on `link` still have to move at `now`, counted up to `most`.
    pub fn backlog(&self, now: SimTime, link: LinkId, most: f64) -> f64 {
        let mut sum = 0.0;
        for slot in &self.links[link as usize].flows {
            sum += rest_at(&self.flows[*slot as usize], now);
            if sum >= most {
                return most;
            }
        }
        sum
    }

    /// Number of flows on `link`.
    pub fn flows_on(&self, link: LinkId) -> usize {
        self.links[link as usize].flows.len()
    }

    /// Ids of the flows on `link`, in ascending order.
    pub fn ids_on(&self, link: LinkId) -> Vec<u32> {
        let mut ids: Vec<u32> =
            self.links[link as usize].flows.iter().map(|slot| self.flows[*slot as usize].id).collect();
        ids.sort_unstable();
        ids
    }

    fn take_off(&mut self, slot: u32, path: Path) {
        self.due.remove(&self.flows[slot as usize].id);
        self.free.push(slot);
        for link in path.links() {
            let flows = &mut self.links[*link as usize].flows;
            let place = flows.iter().position(|other| *other == slot).expect("a flow is on its links");
            flows.swap_remove(place);
        }
    }

    /// Collects the links and flows that are joined to `from`.
    fn component(&mut self, from: &[LinkId]) {
        let Self { links, flows, scratch, .. } = self;
        scratch.stamp = scratch.stamp.wrapping_add(1);
        let stamp = scratch.stamp;
        scratch.links.clear();
        scratch.flows.clear();
        for link in from {
            if std::mem::replace(&mut scratch.seen[*link as usize], stamp) != stamp {
                scratch.links.push(*link);
            }
        }
        let mut next = 0;
        while next < scratch.links.len() {
            let link = scratch.links[next] as usize;
            next += 1;
            for slot in &links[link].flows {
                if std::mem::replace(&mut scratch.seen_flow[*slot as usize], stamp) == stamp {
                    continue;
                }
                scratch.flows.push(*slot);
                for other in flows[*slot as usize].path.links() {
                    if std::mem::replace(&mut scratch.seen[*other as usize], stamp) != stamp {
                        scratch.links.push(*other);
                    }
                }
            }
        }
    }

    /// Progressive filling of the component of the links `from`.
    fn fill(&mut self, now: SimTime, from: &[LinkId]) {
        self.component(from);
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.levels.clear();
        for link in &scratch.links {
            let at = *link as usize;
            scratch.rising[at] = self.links[at].flows.len() as u32;
            scratch.left[at] = self.links[at].capacity;
            if scratch.rising[at] > 0 {
                let level = scratch.left[at] / f64::from(scratch.rising[at]);
                scratch.levels.push(Reverse(Level { level, link: *link }));
            }
        }
        while let Some(Reverse(Level { level, link })) = scratch.levels.pop() {
            let at = link as usize;
            if scratch.rising[at] == 0 {
                continue;
            }
            let present = (scratch.left[at] / f64::from(scratch.rising[at])).max(0.0);
            if present > level {
                scratch.levels.push(Reverse(Level { level: present, link }));
                continue;
            }
            for slot in &self.links[at].flows {
                if std::mem::replace(&mut scratch.frozen[*slot as usize], scratch.stamp) == scratch.stamp {
                    continue;
                }
                let flow = &mut self.flows[*slot as usize];
                for crossed in flow.path.links() {
                    scratch.rising[*crossed as usize] -= 1;
                    scratch.left[*crossed as usize] -= present;
                }
                if flow.rate != present || flow.since == now {
                    flow.rest = rest_at(flow, now);
                    flow.since = now;
                    flow.rate = present;
                    self.due.push(flow.id, Reverse((finish(flow), flow.order)));
                }
            }
        }
        self.scratch = scratch;
    }
}

fn rest_at(flow: &Flow, now: SimTime) -> f64 {
    (flow.rest - now.since(flow.since).as_secs_f64() * flow.rate).max(0.0)
}

fn finish(flow: &Flow) -> SimTime {
    if flow.rest <= 0.0 {
        return flow.since;
    }
    if flow.rate <= 0.0 {
        return SimTime::MAX;
    }
    flow.since.saturating_add(SimDuration::from_secs_f64(flow.rest / flow.rate))
}

/// Fibonacci hashing of one `u32`. The map's order never reaches a result; the heap's does, and that is total.
#[derive(Clone, Copy, Debug, Default)]
struct IdHasher(u64);

impl std::hash::Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(20);
    }
}

#[cfg(test)]
mod tests;
