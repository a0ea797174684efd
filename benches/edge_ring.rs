//! A ring of edge sites, written by hand: the program that `scenarios/edge-ring.json` is held against.
//!
//! 1,000 single-server nodes, 20 to a site, 50 sites in a ring. Requests enter at a random site, 600 a second, and go to the
//! less loaded of two random nodes that are up; a message takes 2 ms · (1 + distance on the ring) · lognormal(0, 0.5) each way, and
//! service takes Exp(1 s), first come, first served. Nodes fail after Exp(200 s) for Exp(20 s). What is on a node that fails, or
//! reaches one that is down, bounces back to its sender, which tries again, up to 8 times.
//!
//! It does this and nothing else, as somebody would write it who wants this one answer fast: one generator, tables of plain rows, a ladder
//! queue (after Tang, Goh and Thng, 2005) of 16-byte entries. It counts what became of requests and sums their latencies.
//! `cargo bench -p sim-core --bench edge_ring` runs it alone; `--bench ratio` beside the simulator.
#![allow(clippy::disallowed_methods, reason = "a program of its own may use the logarithm of its platform")]

/// Nodes a site.
const PER_SITE: usize = 20;
/// Sites in the ring.
const SITES: usize = 50;
const NODES: usize = SITES * PER_SITE;
/// Requests a second.
const RATE: f64 = 600.0;
/// One-way delay for each site on the way, in nanoseconds.
const HOP: f64 = 2e6;
const SIGMA: f64 = 0.5;
/// Mean service, life and repair in seconds.
const SERVICE: f64 = 1.0;
const UP: f64 = 200.0;
const DOWN: f64 = 20.0;
/// Tries of a request.
const TRIES: u8 = 8;
const SECOND: f64 = 1e9;

/// What became of the requests of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Requests that entered.
    pub arrived: u64,
    /// Requests answered.
    pub completed: u64,
    /// Requests that bounced back for the last time.
    pub failed: u64,
    /// Tries after the first of a request.
    pub retried: u64,
    /// Sum of the latencies of those completed, in nanoseconds.
    pub latency: u64,
    /// Entries taken from the agenda.
    pub events: u64,
}

impl Report {
    /// Mean latency in seconds.
    pub fn mean_latency(&self) -> f64 {
        self.latency as f64 / SECOND / self.completed as f64
    }
}

/// Runs for so many seconds.
pub fn run(seconds: f64, seed: u64) -> Report {
    let mut ring = Ring::new(seed);
    let end = (seconds * SECOND) as u64;
    while let Some((now, event)) = ring.agenda.pop() {
        if now > end {
            break;
        }
        ring.report.events += 1;
        ring.handle(now, event);
    }
    ring.report
}

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
enum Event {
    Arrives,
    Reaches(u32),
    Served(u32),
    Returns(u32),
    Fails(u32),
    Mended(u32),
}

impl Event {
    fn pack(self) -> u32 {
        match self {
            Self::Arrives => 0,
            Self::Reaches(request) => request << 3 | 1,
            Self::Served(node) => node << 3 | 2,
            Self::Returns(request) => request << 3 | 3,
            Self::Fails(node) => node << 3 | 4,
            Self::Mended(node) => node << 3 | 5,
        }
    }

    fn unpack(bits: u32) -> Self {
        let id = bits >> 3;
        match bits & 7 {
            0 => Self::Arrives,
            1 => Self::Reaches(id),
            2 => Self::Served(id),
            3 => Self::Returns(id),
            4 => Self::Fails(id),
            _ => Self::Mended(id),
        }
    }
}

/// A request under way.
#[derive(Clone, Copy)]
struct Request {
    arrived: u64,
    node: u16,
    origin: u8,
    tries: u8,
    bounced: bool,
    /// The one behind it in the queue of its node, or the next free row.
    next: u32,
}

/// A server and its queue, whose head is being served until `served`.
#[derive(Clone, Copy)]
struct Node {
    head: u32,
    tail: u32,
    /// Requests sent to it that have not returned.
    load: u32,
    up: bool,
    served: u64,
}

struct Ring {
    random: Random,
    agenda: Ladder,
    nodes: Vec<Node>,
    /// Nodes that are up, and the place of each among them.
    up: Vec<u16>,
    place: Vec<u16>,
    requests: Vec<Request>,
    free: u32,
    report: Report,
}

impl Ring {
    fn new(seed: u64) -> Self {
        let idle = Node { head: NONE, tail: NONE, load: 0, up: true, served: 0 };
        let mut ring = Self {
            random: Random::new(seed),
            agenda: Ladder::default(),
            nodes: vec![idle; NODES],
            up: (0..NODES as u16).collect(),
            place: (0..NODES as u16).collect(),
            requests: Vec::new(),
            free: NONE,
            report: Report::default(),
        };
        for node in 0..NODES as u32 {
            let fails = ring.random.exponential(UP * SECOND);
            ring.agenda.push(fails, Event::Fails(node));
        }
        let first = ring.random.exponential(SECOND / RATE);
        ring.agenda.push(first, Event::Arrives);
        ring
    }

    fn handle(&mut self, now: u64, event: Event) {
        match event {
            Event::Arrives => {
                self.agenda.push(now + self.random.exponential(SECOND / RATE), Event::Arrives);
                self.report.arrived += 1;
                let origin = self.random.below(SITES as u64) as u8;
                let request =
                    self.add(Request { arrived: now, node: 0, origin, tries: 0, bounced: false, next: NONE });
                self.send(now, request);
            }
            Event::Reaches(request) => self.reaches(now, request),
            Event::Served(node) => {
                let server = &mut self.nodes[node as usize];
                // A node that failed meanwhile has let go of its work.
                if server.served != now {
                    return;
                }
                let request = server.head;
                server.head = self.requests[request as usize].next;
                if server.head == NONE {
                    server.tail = NONE;
                } else {
                    self.serve(now, node);
                }
                self.send_back(now, request, false);
            }
            Event::Returns(request) => self.returns(now, request),
            Event::Fails(node) => self.fails(now, node),
            Event::Mended(node) => {
                self.nodes[node as usize].up = true;
                self.place[node as usize] = self.up.len() as u16;
                self.up.push(node as u16);
                self.agenda.push(now + self.random.exponential(UP * SECOND), Event::Fails(node));
            }
        }
    }

    fn add(&mut self, request: Request) -> u32 {
        if self.free == NONE {
            self.requests.push(request);
            return self.requests.len() as u32 - 1;
        }
        let row = self.free;
        self.free = self.requests[row as usize].next;
        self.requests[row as usize] = request;
        row
    }

    fn remove(&mut self, request: u32) {
        self.requests[request as usize].next = self.free;
        self.free = request;
    }

    /// Sends a request to the less loaded of two nodes.
    fn send(&mut self, now: u64, request: u32) {
        let count = self.up.len() as u64;
        let (first, second) = (self.random.below(count), self.random.below(count - 1));
        let second = second + u64::from(second >= first);
        let [first, second] = [first, second].map(|place| self.up[place as usize]);
        let load = |node: u16| self.nodes[usize::from(node)].load;
        let node = if load(second) < load(first) { second } else { first };
        self.nodes[usize::from(node)].load += 1;
        let row = &mut self.requests[request as usize];
        row.node = node;
        row.tries += 1;
        let delay = self.random.delay(row.origin, node);
        self.agenda.push(now + delay, Event::Reaches(request));
    }

    fn reaches(&mut self, now: u64, request: u32) {
        let node = u32::from(self.requests[request as usize].node);
        let server = &mut self.nodes[node as usize];
        if !server.up {
            self.send_back(now, request, true);
            return;
        }
        self.requests[request as usize].next = NONE;
        let last = std::mem::replace(&mut server.tail, request);
        if last == NONE {
            server.head = request;
            self.serve(now, node);
        } else {
            self.requests[last as usize].next = request;
        }
    }

    fn serve(&mut self, now: u64, node: u32) {
        let served = now + self.random.exponential(SERVICE * SECOND);
        self.nodes[node as usize].served = served;
        self.agenda.push(served, Event::Served(node));
    }

    fn send_back(&mut self, now: u64, request: u32, bounced: bool) {
        let row = &mut self.requests[request as usize];
        row.bounced = bounced;
        let delay = self.random.delay(row.origin, row.node);
        self.agenda.push(now + delay, Event::Returns(request));
    }

    fn returns(&mut self, now: u64, request: u32) {
        let Request { arrived, node, tries, bounced, .. } = self.requests[request as usize];
        self.nodes[usize::from(node)].load -= 1;
        if !bounced {
            let latency = now - arrived;
            self.report.completed += 1;
            self.report.latency += latency;
            self.remove(request);
        } else if tries < TRIES {
            self.report.retried += 1;
            self.send(now, request);
        } else {
            self.report.failed += 1;
            self.remove(request);
        }
    }

    fn fails(&mut self, now: u64, node: u32) {
        let server = &mut self.nodes[node as usize];
        server.up = false;
        server.served = 0;
        server.tail = NONE;
        let mut request = std::mem::replace(&mut server.head, NONE);
        while request != NONE {
            let next = self.requests[request as usize].next;
            self.send_back(now, request, true);
            request = next;
        }
        let place = self.place[node as usize];
        self.up.swap_remove(usize::from(place));
        if let Some(moved) = self.up.get(usize::from(place)) {
            self.place[usize::from(*moved)] = place;
        }
        self.agenda.push(now + self.random.exponential(DOWN * SECOND), Event::Mended(node));
    }
}

/// xoshiro256++ (Blackman and Vigna, 2019), seeded by SplitMix64.
struct Random {
    state: [u64; 4],
    /// The second of a pair of normal numbers.
    spare: Option<f64>,
}

impl Random {
    fn new(mut seed: u64) -> Self {
        let state = std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let z = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        });
        Self { state, spare: None }
    }

    fn bits(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let bits = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.state = [a ^ d, b ^ c, c ^ b << 17, d.rotate_left(45)];
        bits
    }

    /// Uniform in (0, 1].
    fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    fn exponential(&mut self, mean: f64) -> u64 {
        (-mean * self.unit().ln()) as u64
    }

    /// Marsaglia's polar method.
    fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let [x, y] = [0, 1].map(|_| 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }

    /// One-way delay between a site and a node.
    fn delay(&mut self, origin: u8, node: u16) -> u64 {
        let apart = usize::from(origin).abs_diff(usize::from(node) / PER_SITE);
        let hops = 1 + apart.min(SITES - apart);
        (HOP * hops as f64 * (SIGMA * self.normal()).exp()) as u64
    }
}

/// A bucket with more entries than this becomes a rung of its own.
const SORT_MAX: usize = 32;
/// Buckets of a rung.
const BUCKETS: u64 = 128;

/// Pending events, in order of time, then of pushing: those far ahead unsorted in the top, nearer ones in the buckets of ever finer rungs, and
/// only the next few sorted in the bottom. An entry is the time, a running number and the event in 16 bytes.
#[derive(Default)]
struct Ladder {
    /// Descending.
    bottom: Vec<u128>,
    /// Coarsest first; the first `depth` are in use.
    rungs: Vec<Rung>,
    depth: usize,
    top: Vec<u128>,
    top_start: u64,
    pushed: u32,
}

struct Rung {
    start: u64,
    shift: u32,
    /// Buckets before this one are used up.
    next: usize,
    buckets: Vec<Vec<u128>>,
}

impl Ladder {
    fn push(&mut self, at: u64, event: Event) {
        let entry = u128::from(at) << 64 | u128::from(self.pushed) << 32 | u128::from(event.pack());
        self.pushed = self.pushed.wrapping_add(1);
        if at >= self.top_start {
            return self.top.push(entry);
        }
        for rung in &mut self.rungs[..self.depth] {
            let bucket = ((at - rung.start) >> rung.shift) as usize;
            if bucket >= rung.next {
                return rung.buckets[bucket].push(entry);
            }
        }
        let place = self.bottom.partition_point(|other| *other > entry);
        self.bottom.insert(place, entry);
    }

    fn pop(&mut self) -> Option<(u64, Event)> {
        loop {
            if let Some(entry) = self.bottom.pop() {
                return Some(((entry >> 64) as u64, Event::unpack(entry as u32)));
            }
            if !self.refill() {
                return None;
            }
        }
    }

    /// Sorts the next bucket into the bottom, or makes it a finer rung; false if nothing is left.
    fn refill(&mut self) -> bool {
        let Some(depth) = self.depth.checked_sub(1) else {
            let Some(first) = self.top.iter().min() else { return false };
            let (first, last) =
                ((first >> 64) as u64, (self.top.iter().max().map_or(0, |it| it >> 64)) as u64);
            self.top_start = last + 1;
            let mut entries = std::mem::take(&mut self.top);
            self.spread(&mut entries, first, last - first + 1);
            self.top = entries;
            return true;
        };
        let rung = &mut self.rungs[depth];
        let Some(ahead) = rung.buckets[rung.next..].iter().position(|bucket| !bucket.is_empty()) else {
            self.depth = depth;
            return true;
        };
        let bucket = rung.next + ahead;
        rung.next = bucket + 1;
        if rung.buckets[bucket].len() > SORT_MAX && rung.shift > 0 {
            let (start, width) = (rung.start + ((bucket as u64) << rung.shift), 1 << rung.shift);
            let mut entries = std::mem::take(&mut rung.buckets[bucket]);
            self.spread(&mut entries, start, width);
            self.rungs[depth].buckets[bucket] = entries;
        } else {
            std::mem::swap(&mut self.bottom, &mut rung.buckets[bucket]);
            self.bottom.sort_unstable_by(|a, b| b.cmp(a));
        }
        true
    }

    /// Empties `entries` into a new rung that begins at `start`.
    fn spread(&mut self, entries: &mut Vec<u128>, start: u64, width: u64) {
        if self.depth == self.rungs.len() {
            let buckets = vec![Vec::new(); BUCKETS as usize];
            self.rungs.push(Rung { start: 0, shift: 0, next: 0, buckets });
        }
        let rung = &mut self.rungs[self.depth];
        self.depth += 1;
        rung.start = start;
        rung.shift = width.div_ceil(BUCKETS).next_power_of_two().trailing_zeros();
        rung.next = 0;
        for entry in entries.drain(..) {
            rung.buckets[(((entry >> 64) as u64 - start) >> rung.shift) as usize].push(entry);
        }
    }
}

/// Runs it once and prints what came out.
#[allow(dead_code, reason = "other benches and tests include this file as a module")]
#[allow(clippy::disallowed_types, reason = "a program of its own may read the clock")]
fn main() {
    let started = std::time::Instant::now();
    let report = run(1e6 / RATE, 1);
    println!(
        "{report:?}\nmean latency {:.4} s, {:.3} s",
        report.mean_latency(),
        started.elapsed().as_secs_f64()
    );
}
