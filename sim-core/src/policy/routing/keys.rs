//! What requests ask for: keys that they share.
//!
//! A workload has `count` keys, of which the k-th is asked for with probability proportional to k^−skew (Zipf). The key of a request is drawn
//! by its number. Without keys, each request asks for something of its own.

use crate::kernel::Stream;
use crate::kernel::random::squares64;
use crate::scenario;
use std::sync::Arc;

/// A key of Squares, so that hashes are the same in every run.
const KEY: u64 = 0x51e9_4d87_ab2c_63f5;

/// The keys of a workload.
#[derive(Clone, Debug)]
pub struct Keys {
    draws: Stream,
    workload: u16,
    /// Probabilities, summed up.
    sums: Arc<Vec<f64>>,
}

impl Keys {
    /// The keys of workload number `workload`, drawn from `draws`.
    pub fn new(keys: &scenario::Keys, workload: u16, draws: Stream) -> Self {
        let mut sum = 0.0;
        let weights = (1..=keys.count).map(|rank| libm::pow(f64::from(rank), -keys.skew));
        let mut sums: Vec<f64> = weights
            .map(|weight| {
                sum += weight;
                sum
            })
            .collect();
        sums.iter_mut().for_each(|it| *it /= sum);
        Self { draws, workload, sums: Arc::new(sums) }
    }

    /// The rank of the key of request number `number`, from 0.
    pub fn rank(&self, number: u32) -> u32 {
        let unit = self.draws.unit(number, 0);
        self.sums.partition_point(|sum| *sum < unit).min(self.sums.len() - 1) as u32
    }
}

/// What a request asks for; hashed only for who goes by it.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// The key of request `number`, one of those of its workload.
    Shared(&'a Keys, u32),
    /// Something of its own: its workload and number.
    Alone(u16, u32),
    /// This hash.
    Hashed(u64),
}

impl<'a> Key<'a> {
    /// That of request `number` of `workload`, of which these are the keys if it has any.
    pub fn of(keys: &'a [Option<Keys>], workload: u16, number: u32) -> Self {
        match keys.get(usize::from(workload)) {
            Some(Some(keys)) => Self::Shared(keys, number),
            _ => Self::Alone(workload, number),
        }
    }

    /// Equal for equal keys of a workload.
    pub fn hash(self) -> u64 {
        match self {
            Self::Shared(keys, number) => hash(keys.workload, keys.rank(number)),
            Self::Alone(workload, number) => hash(workload, number),
            Self::Hashed(hash) => hash,
        }
    }
}

fn hash(workload: u16, key: u32) -> u64 {
    squares64(u64::from(workload) << 32 | u64::from(key), KEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    #[test]
    fn keys_follow_their_ranks() {
        let draws = Streams::new(3, 0).stream(Process::RequestKey, 0);
        let keys = Keys::new(&scenario::Keys { count: 100, skew: 1.0 }, 0, draws);
        let mut seen = [0_u32; 100];
        (0..50_000).for_each(|number| seen[keys.rank(number) as usize] += 1);
        let harmonic: f64 = (1..=100).map(|k| 1.0 / f64::from(k)).sum();
        for rank in [0, 1, 9] {
            let expected = 50_000.0 / (f64::from(rank + 1) * harmonic);
            let found = f64::from(seen[rank as usize]);
            assert!((found - expected).abs() < 5.0 * expected.sqrt(), "{rank}: {found}, not {expected}");
        }
        let again = (8..).find(|it| keys.rank(*it) == keys.rank(7)).expect("again");
        assert_eq!(Key::Shared(&keys, 7).hash(), Key::Shared(&keys, again).hash());
        assert_ne!(Key::Alone(0, 7).hash(), Key::Alone(0, again).hash());
    }
}
