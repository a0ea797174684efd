//! What becomes of requests.

use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::Windows;
use crate::measure::sketch::LatencySketch;

/// What is counted of one workload.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct RequestCounts {
    pub arrived: u64,
    pub completed: u64,
    pub failed: u64,
    pub late: u64,
    pub rejected: u64,
    pub in_flight: u64,
    /// Of those in flight, how many are past their deadline.
    pub overdue: u64,
    pub attempts: u64,
    pub latency: LatencySketch,
    pub wait: LatencySketch,
    pub windows: Windows,
    pub(super) deadline: Option<SimDuration>,
}

impl RequestCounts {
    pub(super) fn new(windows: Windows, deadline: Option<SimDuration>) -> Self {
        Self {
            arrived: 0,
            completed: 0,
            failed: 0,
            late: 0,
            rejected: 0,
            in_flight: 0,
            overdue: 0,
            attempts: 0,
            latency: LatencySketch::new(),
            wait: LatencySketch::new(),
            windows,
            deadline,
        }
    }

    /// Whether an answer after this long is in time; none never is.
    pub(super) fn is_in_time(&self, latency: Option<SimDuration>) -> bool {
        latency.is_some_and(|latency| self.deadline.is_none_or(|deadline| latency <= deadline))
    }

    /// Success or failure of a request that is over, or cannot be in time any more.
    #[inline]
    pub(super) fn resolved(&mut self, now: SimTime, latency: Option<SimDuration>, rejected: bool) -> bool {
        let late = latency.is_some_and(|latency| self.deadline.is_some_and(|deadline| latency > deadline));
        match latency {
            Some(latency) => {
                self.completed += 1;
                self.late += u64::from(late);
                self.latency.record(latency);
            }
            None => {
                self.failed += 1;
                self.rejected += u64::from(rejected);
            }
        }
        let in_time = latency.filter(|_| !late);
        self.windows.resolve(now, in_time);
        in_time.is_some()
    }
}
