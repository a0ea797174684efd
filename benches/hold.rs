//! The hold model: pop the first event and push it back after an exponential delay, at a steady number pending.
//!
//! Prints nanoseconds a hold for every pending-event set, and the ratio to a plain `BinaryHeap` of 32-byte entries
//! measured in the same run; then the same with a reschedule of a random pending event in each step.
//! `cargo bench -p sim-core --bench hold [-- 1k 1M ladder]`: some sizes only, and of the sets only those whose names hold a word, beside the plain heap.

mod support;

use sim_core::kernel::queue::{BinaryHeapQueue, KeyedHeapQueue, LadderQueue, QuadHeapQueue};
use sim_core::kernel::{Handle, PendingEvents, SimTime};
use support::{Global, Model, PlainHeap, is_meant, nanos_a_step, print_table, size_name, sizes};

type Payload = (u64, u32);

struct Hold<Q> {
    queue: Q,
    random: Global,
}

impl<Q: PendingEvents<Payload> + 'static> Hold<Q> {
    fn boxed(pending: u64) -> Box<dyn Model> {
        let (mut queue, mut random) = (Q::default(), Global(1));
        for id in 0..pending {
            queue.push(SimTime::from_nanos(random.exponential()), (id, 0));
        }
        Box::new(Self { queue, random })
    }
}

impl<Q: PendingEvents<Payload>> Model for Hold<Q> {
    fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            let (at, payload) = self.queue.pop().expect("the population is steady");
            self.queue.push(SimTime::from_nanos(at.as_nanos() + self.random.exponential()), payload);
        }
    }
}

struct PlainHold {
    heap: PlainHeap,
    random: Global,
}

impl PlainHold {
    fn boxed(pending: u64) -> Box<dyn Model> {
        let (mut heap, mut random) = (PlainHeap::default(), Global(1));
        for id in 0..pending {
            heap.push(random.exponential(), (id, 0));
        }
        Box::new(Self { heap, random })
    }
}

impl Model for PlainHold {
    fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            let entry = self.heap.pop().expect("the population is steady");
            self.heap.push(entry.at + self.random.exponential(), entry.payload);
        }
    }
}

/// Hold with a reschedule of a random pending event in each step.
struct Move<Q> {
    queue: Q,
    handles: Vec<Handle>,
    random: Global,
}

impl<Q: PendingEvents<Payload> + 'static> Move<Q> {
    fn boxed(pending: u64) -> Box<dyn Model> {
        let (mut queue, mut random) = (Q::default(), Global(1));
        let handles =
            (0..pending).map(|id| queue.push(SimTime::from_nanos(random.exponential()), (id, 0))).collect();
        Box::new(Self { queue, handles, random })
    }
}

impl<Q: PendingEvents<Payload>> Model for Move<Q> {
    fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            let (at, payload) = self.queue.pop().expect("the population is steady");
            let now = at.as_nanos();
            self.handles[payload.0 as usize] =
                self.queue.push(SimTime::from_nanos(now + self.random.exponential()), payload);
            let other = self.random.below(self.handles.len() as u64) as usize;
            let to = SimTime::from_nanos(now + self.random.exponential());
            self.handles[other] =
                self.queue.reschedule(self.handles[other], to).expect("every event is pending");
        }
    }
}

/// The same by hand: an event that was moved is skipped when its old entry surfaces.
struct PlainMove {
    heap: PlainHeap,
    generations: Vec<u32>,
    random: Global,
}

impl PlainMove {
    fn boxed(pending: u64) -> Box<dyn Model> {
        let (mut heap, mut random) = (PlainHeap::default(), Global(1));
        for id in 0..pending {
            heap.push(random.exponential(), (id, 0));
        }
        Box::new(Self { heap, generations: vec![0; pending as usize], random })
    }
}

impl Model for PlainMove {
    fn run(&mut self, steps: u64) {
        let mut left = steps;
        while left > 0 {
            let entry = self.heap.pop().expect("the population is steady");
            let (id, generation) = entry.payload;
            if self.generations[id as usize] != generation {
                continue;
            }
            self.heap.push(entry.at + self.random.exponential(), entry.payload);
            let other = self.random.below(self.generations.len() as u64);
            let generation = &mut self.generations[other as usize];
            *generation = generation.wrapping_add(1);
            self.heap.push(entry.at + self.random.exponential(), (other, *generation));
            left -= 1;
        }
    }
}

type Candidate = (&'static str, fn(u64) -> Box<dyn Model>);

const HOLDS: [Candidate; 5] = [
    ("plain BinaryHeap, 32-byte entries", PlainHold::boxed),
    ("LadderQueue", Hold::<LadderQueue<Payload>>::boxed),
    ("QuadHeapQueue (true cancel)", Hold::<QuadHeapQueue<Payload>>::boxed),
    ("BinaryHeapQueue", Hold::<BinaryHeapQueue<Payload>>::boxed),
    ("KeyedHeapQueue (priority-queue crate)", Hold::<KeyedHeapQueue<Payload>>::boxed),
];

const MOVES: [Candidate; 5] = [
    ("plain BinaryHeap, generations", PlainMove::boxed),
    ("LadderQueue", Move::<LadderQueue<Payload>>::boxed),
    ("QuadHeapQueue (true cancel)", Move::<QuadHeapQueue<Payload>>::boxed),
    ("BinaryHeapQueue", Move::<BinaryHeapQueue<Payload>>::boxed),
    ("KeyedHeapQueue (priority-queue crate)", Move::<KeyedHeapQueue<Payload>>::boxed),
];

fn table(title: &str, candidates: &[Candidate], sizes: &[u64]) {
    let (plain, others) = candidates.split_first().expect("a table has the plain heap");
    let candidates = std::iter::once(plain).chain(others.iter().filter(|(name, _)| is_meant(name)));
    let candidates: Vec<&Candidate> = candidates.collect();
    let mut rows: Vec<(String, Vec<String>)> =
        candidates.iter().map(|(name, _)| ((*name).to_owned(), Vec::new())).collect();
    for size in sizes {
        eprintln!("{title}: {} pending …", size_name(*size));
        let mut models: Vec<_> = candidates.iter().map(|(_, boxed)| boxed(*size)).collect();
        // Long enough that the population turns over once while warming up.
        let steps = (*size).clamp(500_000, 2_500_000);
        let steps = if *size < 1_000 { 10 * size } else { steps };
        let times = nanos_a_step(&mut models, 5, steps);
        for (row, time) in rows.iter_mut().zip(&times) {
            row.1.push(format!("{time:.1} ({:.2}×)", times[0] / time));
        }
    }
    print_table(&format!("{title}: ns a step (speed as a multiple of the plain heap)"), sizes, &rows);
}

fn main() {
    let sizes = sizes(&[1_000, 10_000, 100_000, 1_000_000, 10_000_000]);
    table("hold", &HOLDS, &sizes);
    table("hold and reschedule", &MOVES, &sizes);
}
