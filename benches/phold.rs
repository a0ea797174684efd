//! PHOLD on the public interface of the engine, beside a plain `BinaryHeap` loop in the same run.
//!
//! Each of N logical processes has one event at the start. An event at a process schedules one event at a uniformly
//! random process after 0.1 s + Exp(1 s). Twice: with one global generator for all, as simulators commonly have it, and
//! with a random stream and 64 bytes of state for every process, as common random numbers need it. On the engine, what events will ask for is
//! read when a batch of them is put in order.
//! `cargo bench -p sim-core --bench phold [-- 1k 1M]`

mod support;

use sim_core::kernel::{Engine, Process, SimDuration, SimTime, Stream, Streams, Traced};
use std::hint::black_box;
use support::{Global, Model, PlainHeap, nanos_a_step, print_table, size_name, sizes};

sim_core::typed_ids! {
    /// A logical process.
    LpId;
}

/// The closed set of events of this model.
#[derive(Clone, Copy)]
enum Event {
    Arrive { lp: LpId, from: LpId },
}

impl Traced for Event {
    #[inline]
    fn code(&self) -> u64 {
        match *self {
            Event::Arrive { lp, from } => u64::from(from.0) << 32 | u64::from(lp.0),
        }
    }
}

/// Where the numbers come from and what a process remembers.
trait World {
    fn new(processes: u64) -> Self;
    /// Reads what an event at `lp` will ask for.
    fn look(&self, lp: u32);
    /// An event arrives at `lp` at `now`; where the next one goes and after how many nanoseconds.
    fn arrive(&mut self, lp: u32, from: u32, now: u64) -> (u32, u64);
}

/// One generator; a process counts its events.
struct GlobalWorld {
    random: Global,
    counts: Vec<u64>,
}

impl World for GlobalWorld {
    fn new(processes: u64) -> Self {
        Self { random: Global(1), counts: vec![0; processes as usize] }
    }

    #[inline]
    fn look(&self, lp: u32) {
        black_box(self.counts[lp as usize]);
    }

    #[inline]
    fn arrive(&mut self, lp: u32, _: u32, _: u64) -> (u32, u64) {
        self.counts[lp as usize] += 1;
        let to = self.random.below(self.counts.len() as u64) as u32;
        (to, 100_000_000 + self.random.exponential())
    }
}

/// What a process remembers in the second form.
#[derive(Clone, Copy, Default)]
struct Lp {
    draws: u32,
    last_from: u32,
    events: u64,
    last: u64,
    gaps: [u64; 5],
}

/// A stream for every process; 64 bytes of state each.
struct StreamWorld {
    delays: Stream,
    targets: Stream,
    lps: Vec<Lp>,
}

impl World for StreamWorld {
    fn new(processes: u64) -> Self {
        let streams = Streams::new(1, 0);
        Self {
            delays: streams.stream(Process::Demand, 0),
            targets: streams.stream(Process::Routing, 0),
            lps: vec![Lp::default(); processes as usize],
        }
    }

    #[inline]
    fn look(&self, lp: u32) {
        black_box(self.lps[lp as usize].draws);
    }

    #[inline]
    fn arrive(&mut self, lp: u32, from: u32, now: u64) -> (u32, u64) {
        let processes = self.lps.len() as u64;
        let state = &mut self.lps[lp as usize];
        let draw = state.draws;
        state.draws += 1;
        state.events += 1;
        state.gaps[state.events as usize % 5] = now - state.last;
        state.last = now;
        state.last_from = from;
        let to = ((u128::from(self.targets.bits(lp, draw)) * u128::from(processes)) >> 64) as u32;
        let delay = -1e9 * libm::log1p(-self.delays.unit(lp, draw));
        (to, 100_000_000 + delay as u64)
    }
}

struct OnEngine<W> {
    engine: Engine<Event>,
    world: W,
}

impl<W: World + 'static> OnEngine<W> {
    fn boxed(processes: u64) -> Box<dyn Model> {
        let (mut engine, mut start) = (Engine::default(), Global(1));
        for lp in 0..processes {
            let lp = LpId(lp as u32);
            engine.at(SimTime::from_nanos(start.exponential()), Event::Arrive { lp, from: lp });
        }
        Box::new(Self { engine, world: W::new(processes) })
    }
}

impl<W: World> Model for OnEngine<W> {
    fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            let world = &self.world;
            let look = |Event::Arrive { lp, .. }: &Event| world.look(lp.0);
            let Some(Event::Arrive { lp, from }) = self.engine.next_looking(SimTime::MAX, look) else {
                return;
            };
            let (to, delay) = self.world.arrive(lp.0, from.0, self.engine.now().as_nanos());
            self.engine.after(SimDuration::from_nanos(delay), Event::Arrive { lp: LpId(to), from: lp });
        }
    }
}

struct OnHeap<W> {
    heap: PlainHeap,
    world: W,
}

impl<W: World + 'static> OnHeap<W> {
    fn boxed(processes: u64) -> Box<dyn Model> {
        let (mut heap, mut start) = (PlainHeap::default(), Global(1));
        for lp in 0..processes {
            heap.push(start.exponential(), (lp, lp as u32));
        }
        Box::new(Self { heap, world: W::new(processes) })
    }
}

impl<W: World> Model for OnHeap<W> {
    fn run(&mut self, steps: u64) {
        for _ in 0..steps {
            let Some(entry) = self.heap.pop() else { return };
            let (lp, from) = entry.payload;
            let (to, delay) = self.world.arrive(lp as u32, from, entry.at);
            self.heap.push(entry.at + delay, (u64::from(to), lp as u32));
        }
    }
}

/// Makes a model of so many processes.
type Build = fn(u64) -> Box<dyn Model>;

fn main() {
    let sizes = sizes(&[1_000, 10_000, 100_000, 1_000_000]);
    let forms: [(&str, [Build; 2]); 2] = [
        ("one global generator", [OnHeap::<GlobalWorld>::boxed, OnEngine::<GlobalWorld>::boxed]),
        ("stream and 64 bytes a process", [OnHeap::<StreamWorld>::boxed, OnEngine::<StreamWorld>::boxed]),
    ];
    let mut rows = Vec::new();
    for (form, candidates) in &forms {
        let mut cells: [Vec<String>; 3] = Default::default();
        for size in &sizes {
            eprintln!("phold, {form}: {} pending …", size_name(*size));
            let mut models: Vec<_> = candidates.iter().map(|boxed| boxed(*size)).collect();
            let steps = if *size < 1_000 { 10 * size } else { (*size).clamp(1_000_000, 2_500_000) };
            let times = nanos_a_step(&mut models, 7, steps);
            cells[0].push(format!("{:.2}", 1e3 / times[0]));
            cells[1].push(format!("{:.2}", 1e3 / times[1]));
            cells[2].push(format!("{:.2}×", times[0] / times[1]));
        }
        let [heap, engine, ratio] = cells;
        rows.push((format!("{form}: plain heap"), heap));
        rows.push((format!("{form}: engine"), engine));
        rows.push(("    engine ÷ plain heap".to_owned(), ratio));
    }
    print_table("PHOLD: million events a second", &sizes, &rows);
}
