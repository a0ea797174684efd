//! What the table-printing benches share: CPU time, medians of interleaved rounds, arguments, the plain heap.
#![allow(dead_code, reason = "each bench uses its part")]

use cpu_time::ThreadTime;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Something whose steps are timed.
pub trait Model {
    fn run(&mut self, steps: u64);
}

/// Nanoseconds of CPU time a step for each model: medians over `rounds` interleaved rounds of `steps` steps.
pub fn nanos_a_step(models: &mut [Box<dyn Model>], rounds: usize, steps: u64) -> Vec<f64> {
    let mut times = vec![Vec::new(); models.len()];
    for round in 0..=rounds {
        for (model, times) in models.iter_mut().zip(&mut times) {
            let start = ThreadTime::now();
            model.run(steps);
            // The first round warms up.
            if round > 0 {
                times.push(start.elapsed().as_nanos() as f64 / steps as f64);
            }
        }
    }
    times.into_iter().map(median).collect()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The sizes named on the command line (`1k`, `10M`, …), else `all`; one small one when run as a test.
pub fn sizes(all: &[u64]) -> Vec<u64> {
    let named: Vec<u64> = std::env::args().skip(1).filter_map(|text| size(&text)).collect();
    if !named.is_empty() {
        return named;
    }
    let benchmarking = std::env::args().any(|text| text == "--bench");
    if benchmarking { all.to_vec() } else { vec![100] }
}

/// Whether something of this name is meant: of all words on the command line one is in it, or there are none.
pub fn is_meant(name: &str) -> bool {
    let is_word = |text: &String| size(text).is_none() && !text.starts_with('-');
    let mut words = std::env::args().skip(1).filter(is_word).peekable();
    words.peek().is_none() || words.any(|word| name.to_lowercase().contains(&word.to_lowercase()))
}

fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(['k', 'M']);
    let unit = match &text[digits.len()..] {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        _ => return None,
    };
    digits.parse::<u64>().ok().map(|number| number * unit)
}

pub fn size_name(size: u64) -> String {
    match size {
        size if size >= 1_000_000 => format!("{} M", size / 1_000_000),
        size if size >= 1_000 => format!("{} k", size / 1_000),
        size => size.to_string(),
    }
}

/// A table row: a name and a cell for each size.
pub fn print_table(title: &str, sizes: &[u64], rows: &[(String, Vec<String>)]) {
    println!("\n{title}\n");
    let header: Vec<String> = sizes.iter().map(|size| format!("{:>17}", size_name(*size))).collect();
    println!("{:<44}{}", "", header.concat());
    for (name, cells) in rows {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>17}")).collect();
        println!("{name:<44}{}", cells.concat());
    }
}

/// One global generator, SplitMix64: what a plain loop would use.
pub struct Global(pub u64);

impl Global {
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// Exponential with mean one second, in nanoseconds.
    #[inline]
    pub fn exponential(&mut self) -> u64 {
        #[allow(
            clippy::disallowed_methods,
            reason = "the cheapest logarithm: the queue is measured, not the draw"
        )]
        let logarithm = sim_core::kernel::random::unit_of(self.bits()).ln();
        (-1e9 * logarithm) as u64
    }

    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }
}

/// 32 bytes in a `BinaryHeap`: time, sequence and a payload of 16 bytes.
#[derive(Clone, Copy)]
pub struct PlainEntry {
    pub at: u64,
    pub sequence: u64,
    pub payload: (u64, u32),
}

impl PartialEq for PlainEntry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for PlainEntry {}

impl PartialOrd for PlainEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PlainEntry {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

/// The plain loop's agenda, which every figure is compared with.
#[derive(Default)]
pub struct PlainHeap {
    heap: BinaryHeap<PlainEntry>,
    sequence: u64,
}

impl PlainHeap {
    #[inline]
    pub fn push(&mut self, at: u64, payload: (u64, u32)) {
        self.heap.push(PlainEntry { at, sequence: self.sequence, payload });
        self.sequence += 1;
    }

    #[inline]
    pub fn pop(&mut self) -> Option<PlainEntry> {
        self.heap.pop()
    }
}
