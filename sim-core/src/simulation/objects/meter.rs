//! Measures objects; changes nothing.

use crate::kernel::SimTime;
use crate::measure::accumulate::{Sum, TimeWeighted};
use crate::measure::sketch::LatencySketch;
use crate::world::workload::objects::{Loss, ObjectStore};

/// Levels of a set of objects over time.
#[derive(Clone, Debug)]
pub(super) struct SetMeter {
    pub kept: TimeWeighted,
    pub readable: TimeWeighted,
    pub degraded: TimeWeighted,
    pub healthy: TimeWeighted,
    /// Objects that there are, lost ones included; `None` where none are written.
    pub born: Option<TimeWeighted>,
    pub repairs: RepairMeter,
}

/// Repairs of a set of objects, or of all.
#[derive(Clone, Debug, Default)]
pub(super) struct RepairMeter {
    pub to_whole: LatencySketch,
    /// Repairs that have ended.
    pub ended: u64,
    /// Bytes moved, by why the shards were missing.
    pub bytes: [Sum; Loss::ALL.len()],
}

impl RepairMeter {
    pub fn merge(&mut self, other: &Self) {
        self.to_whole.merge(&other.to_whole);
        self.ended += other.ended;
        for (mine, theirs) in self.bytes.iter_mut().zip(&other.bytes) {
            mine.add(theirs.value());
        }
    }
}

/// All that is measured of objects.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    pub sets: Vec<SetMeter>,
    /// Repairs that wait, for their turn or for a node, or run.
    pub queue: TimeWeighted,
}

impl Meter {
    /// For sets of objects, each of which is told whether objects of it are written.
    pub fn new(are_written: impl Iterator<Item = bool>) -> Self {
        let level = || TimeWeighted::new(SimTime::ZERO, 0.0);
        let set = |is_written: bool| SetMeter {
            kept: level(),
            readable: level(),
            degraded: level(),
            healthy: level(),
            born: is_written.then(level),
            repairs: RepairMeter::default(),
        };
        Self { sets: are_written.map(set).collect(), queue: level() }
    }

    /// Levels are these from now on.
    pub fn see(&mut self, now: SimTime, store: &mut ObjectStore, repairs: usize) {
        for (meter, set) in self.sets.iter_mut().zip(store.sets()) {
            let levels = set.levels;
            meter.kept.set(now, levels.kept as f64);
            meter.readable.set(now, levels.readable as f64);
            meter.degraded.set(now, levels.degraded as f64);
            meter.healthy.set(now, levels.healthy as f64);
            if let Some(born) = &mut meter.born {
                born.set(now, (levels.kept + levels.lost) as f64);
            }
        }
        self.queue.set(now, repairs as f64);
        for (set, time) in store.drain_restored() {
            self.sets[usize::from(set)].repairs.to_whole.record(time);
        }
    }

    /// Forgets what was before `now`; levels stay.
    pub fn restart(&mut self, now: SimTime, store: &mut ObjectStore) {
        store.restart_stock();
        for meter in &mut self.sets {
            for level in [&mut meter.kept, &mut meter.readable, &mut meter.degraded, &mut meter.healthy] {
                level.restart(now);
            }
            if let Some(born) = &mut meter.born {
                born.restart(now);
            }
            meter.repairs = RepairMeter::default();
        }
        self.queue.restart(now);
    }

    /// Bytes moved for repairs so far.
    pub fn repair_bytes(&self) -> f64 {
        self.sets.iter().flat_map(|set| &set.repairs.bytes).map(Sum::value).sum()
    }

    /// Bytes have been moved to restore shards of a set that were missing for these causes.
    pub fn moved(&mut self, set: usize, bytes: f64, causes: &[u32; Loss::ALL.len()]) {
        let all = f64::from(causes.iter().sum::<u32>().max(1));
        for (sum, count) in self.sets[set].repairs.bytes.iter_mut().zip(causes) {
            if *count > 0 {
                sum.add(bytes * f64::from(*count) / all);
            }
        }
    }
}
