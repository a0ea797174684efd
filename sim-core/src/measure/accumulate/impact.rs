//! What a fault does to a service, and how the service recovers.
//!
//! Requests are told apart by when they *arrived*: those that arrived before the fault and were resolved before it too
//! make the baseline; those under way when it began, and those that came later, may be its victims. Later ones are
//! counted in windows from the beginning of the fault on, of which the time that it held is a whole number.
//!
//! Some windows together are *within tolerance* if their share of successes is at least the baseline's less
//! [`TOLERANCE`] and two standard errors, from the binomial distribution at the baseline (with a success and a failure
//! added to it, so that a flawless baseline does not demand flawless windows). The service is *back* at the first window
//! that is within tolerance by itself and together with all that follow: while the fault holds, until its end; after it,
//! for as long as it held.
//!
//! - time to detect: from the beginning of the fault to the suspicion of each node that it befell and that was up and
//!   trusted before, if that came while the fault held;
//! - time to reroute: from the beginning to where the service is back although the fault holds;
//! - time to baseline: from the end to where the service is back;
//! - requests lost: failures until then, less those to be expected at the baseline.
//!
//! Times are those of the beginnings of windows: a time of zero says that nothing was felt. Memory: at most [`LIMIT`] windows; what comes later is
//! not looked at.

use crate::kernel::{SimDuration, SimTime};
use crate::world::fleet::NodeId;
use std::collections::BTreeSet;

/// Loss of success that does not count.
const TOLERANCE: f64 = 0.01;
/// Most windows that are kept.
const LIMIT: usize = 8192;
/// Over how many windows at least the service must be back after a fault.
const LEAST_HORIZON: usize = 5;
/// How long before the fault the baseline begins, in windows.
const LEAD: u64 = 240;

/// Requests, and how many of them succeeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    judged: u32,
    good: u32,
}

impl Tally {
    fn count(&mut self, success: bool) {
        self.judged += 1;
        self.good += u32::from(success);
    }

    fn and(self, other: Self) -> Self {
        Self { judged: self.judged + other.judged, good: self.good + other.good }
    }

    fn share(self) -> Option<f64> {
        (self.judged > 0).then(|| f64::from(self.good) / f64::from(self.judged))
    }

    /// Failures beyond those to be expected at a share of successes.
    fn excess(self, baseline: f64) -> f64 {
        f64::from(self.judged - self.good) - f64::from(self.judged) * (1.0 - baseline)
    }
}

/// Watches one fault. It changes nothing.
#[derive(Clone, Debug)]
pub struct Impact {
    begins: SimTime,
    ends: SimTime,
    window: SimDuration,
    lead: SimTime,
    before: Tally,
    under_way: Tally,
    windows: Vec<Tally>,
    arrived: u64,
    hit: u64,
    /// Nodes whose suspicion is awaited.
    unsuspected: BTreeSet<NodeId>,
    detected: u64,
    detection_sum: f64,
    detection_max: f64,
    undetected: u64,
}

/// What a fault did. Times in seconds; what did not happen is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImpactReport {
    /// Nodes that it befell.
    pub nodes_hit: f64,
    /// Mean over the nodes that were suspected.
    pub detect_mean: Option<f64>,
    /// Of the last of them.
    pub detect_max: Option<f64>,
    /// Share of the nodes that were never suspected while it held.
    pub undetected: Option<f64>,
    /// Until the service was back although it held.
    pub reroute: Option<f64>,
    /// From its end until the service was back.
    pub baseline: Option<f64>,
    /// Requests that arrived while it held.
    pub requests: f64,
    /// Requests that failed because of it.
    pub lost: f64,
    /// Share of successes before.
    pub success_before: Option<f64>,
    /// Share of successes of the requests that arrived while it held.
    pub success_during: Option<f64>,
}

impl Impact {
    /// Watches a fault that holds from `begins` to `ends`, by windows of `window`.
    pub fn new(begins: SimTime, ends: SimTime, window: SimDuration) -> Self {
        let lead = window.as_nanos().max(1).saturating_mul(LEAD);
        Self {
            begins,
            ends,
            window: SimDuration::from_nanos(window.as_nanos().max(1)),
            lead: SimTime::from_nanos(begins.as_nanos().saturating_sub(lead)),
            before: Tally::default(),
            under_way: Tally::default(),
            windows: Vec::new(),
            arrived: 0,
            hit: 0,
            unsuspected: BTreeSet::new(),
            detected: 0,
            detection_sum: 0.0,
            detection_max: 0.0,
            undetected: 0,
        }
    }

    /// The fault begins: how many nodes it befalls, and which of them are up and trusted.
    pub fn begin(&mut self, hit: u64, unsuspected: impl Iterator<Item = NodeId>) {
        self.hit = hit;
        self.unsuspected = unsuspected.collect();
    }

    /// The fault ends.
    pub fn end(&mut self) {
        self.undetected = self.unsuspected.len() as u64;
        self.unsuspected.clear();
    }

    /// A node is suspected.
    pub fn suspected(&mut self, now: SimTime, node: NodeId) {
        if self.unsuspected.remove(&node) {
            let delay = now.since(self.begins).as_secs_f64();
            self.detected += 1;
            self.detection_sum += delay;
            self.detection_max = self.detection_max.max(delay);
        }
    }

    /// A request arrives.
    #[inline]
    pub fn arrived(&mut self, now: SimTime) {
        self.arrived += u64::from(now >= self.begins && now < self.ends);
    }

    /// A request is over, or past hope at the end of the run.
    pub fn resolved(&mut self, now: SimTime, arrived: SimTime, success: bool) {
        if arrived >= self.begins {
            let index = (arrived.since(self.begins).as_nanos() / self.window.as_nanos()) as usize;
            if index >= LIMIT {
                return;
            }
            if index >= self.windows.len() {
                self.windows.resize(index + 1, Tally::default());
            }
            self.windows[index].count(success);
        } else if now >= self.begins {
            self.under_way.count(success);
        } else if now >= self.lead {
            self.before.count(success);
        }
    }

    /// What came of it by the end of the run.
    pub fn report(&self, now: SimTime) -> ImpactReport {
        let over = self.ends <= now && self.ends < SimTime::MAX;
        let held = self.ends.min(now).since(self.begins).as_nanos();
        // The fault is a whole number of windows but for rounding.
        let holding = ((held + self.window.as_nanos() / 2) / self.window.as_nanos()) as usize;
        let baseline = self.before.share().unwrap_or(1.0);
        let reroute = self.back(0, holding, holding);
        let back = if over { self.back(holding, usize::MAX, holding.max(LEAST_HORIZON)) } else { None };
        let until = back.unwrap_or(self.windows.len());
        let victims = self.windows.iter().take(until).map(|window| window.excess(baseline));
        let during = self.windows.iter().take(holding).fold(Tally::default(), |sum, window| sum.and(*window));
        let missed = self.undetected + self.unsuspected.len() as u64;
        let watched = self.detected + missed;
        let seconds = |window: usize| window as f64 * self.window.as_secs_f64();
        ImpactReport {
            nodes_hit: self.hit as f64,
            detect_mean: (self.detected > 0).then(|| self.detection_sum / self.detected as f64),
            detect_max: (self.detected > 0).then_some(self.detection_max),
            undetected: (watched > 0).then(|| missed as f64 / watched as f64),
            reroute: reroute.map(seconds),
            baseline: back.map(|window| seconds(window - holding)),
            requests: self.arrived as f64,
            lost: self.under_way.excess(baseline) + victims.sum::<f64>(),
            success_before: self.before.share(),
            success_during: during.share(),
        }
    }

    /// The first window from `first` on and before `end` at which the service is back, for `horizon` windows or until `end`.
    fn back(&self, first: usize, end: usize, horizon: usize) -> Option<usize> {
        let windows = &self.windows[first.min(self.windows.len())..end.min(self.windows.len())];
        let mut sums = vec![Tally::default()];
        for window in windows {
            sums.push(sums[sums.len() - 1].and(*window));
        }
        let is_back = |index: &usize| {
            let last = (index + horizon).min(windows.len());
            let after = Tally {
                judged: sums[last].judged - sums[*index].judged,
                good: sums[last].good - sums[*index].good,
            };
            windows[*index].judged > 0 && self.tolerates(windows[*index]) && self.tolerates(after)
        };
        (0..windows.len()).find(is_back).map(|index| first + index)
    }

    fn tolerates(&self, window: Tally) -> bool {
        let share = window.share().unwrap_or(1.0);
        let expected = (f64::from(self.before.good) + 1.0) / (f64::from(self.before.judged) + 2.0);
        let error = (expected * (1.0 - expected) / f64::from(window.judged.max(1))).sqrt();
        share >= self.before.share().unwrap_or(1.0) - TOLERANCE - 2.0 * error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    /// A request a second, answered after a tenth of one, but for those that arrive from 100 s up to `until` seconds.
    fn service(fault: (f64, f64), until: f64) -> ImpactReport {
        let window = SimDuration::from_secs(10);
        let mut impact = Impact::new(s(fault.0), s(fault.1), window);
        for second in 0..300 {
            let at = f64::from(second);
            impact.arrived(s(at));
            impact.resolved(s(at + 0.1), s(at), !(100.0..until).contains(&at));
        }
        impact.report(s(300.0))
    }

    #[test]
    fn a_service_that_stays_down_until_the_end_is_back_at_once_after_it() {
        let report = service((100.0, 160.0), 160.0);
        assert_eq!(report.reroute, None);
        assert_eq!(report.baseline, Some(0.0));
        assert_eq!((report.lost, report.requests), (60.0, 60.0));
        assert_eq!((report.success_before, report.success_during), (Some(1.0), Some(0.0)));
    }

    #[test]
    fn a_service_that_is_rerouted_is_back_before_the_end() {
        let report = service((100.0, 160.0), 130.0);
        assert_eq!((report.reroute, report.baseline), (Some(30.0), Some(0.0)));
        assert_eq!((report.lost, report.success_during), (30.0, Some(0.5)));
    }

    #[test]
    fn a_service_that_lags_is_back_later() {
        let report = service((100.0, 160.0), 200.0);
        assert_eq!((report.reroute, report.baseline, report.lost), (None, Some(40.0), 100.0));
    }

    #[test]
    fn requests_under_way_are_victims_and_the_baseline_is_not_blamed() {
        let mut impact = Impact::new(s(100.0), s(110.0), SimDuration::from_secs(1));
        for second in 0..100 {
            // One in ten fails anyway; the last five are under way when the fault begins, and all are lost to it.
            let at = f64::from(second);
            let done = if second < 95 { s(at + 0.5) } else { s(101.0) };
            impact.resolved(done, s(at), second % 10 != 0 && second < 95);
        }
        for second in 110..200 {
            impact.resolved(s(f64::from(second)), s(f64::from(second)), second % 10 != 0);
        }
        let report = impact.report(s(200.0));
        let baseline = report.success_before.expect("there are requests before");
        assert!((baseline - 85.0 / 95.0).abs() < 1e-12);
        assert!((report.lost - 5.0 * baseline).abs() < 1.5, "{}", report.lost);
    }

    #[test]
    fn detection_is_timed_for_nodes_that_were_trusted_and_are_suspected_in_time() {
        let mut impact = Impact::new(s(10.0), s(20.0), SimDuration::from_secs(1));
        impact.begin(4, [1, 2, 3].map(NodeId).into_iter());
        impact.suspected(s(12.0), NodeId(1));
        impact.suspected(s(13.0), NodeId(0));
        impact.suspected(s(16.0), NodeId(2));
        impact.suspected(s(18.0), NodeId(2));
        impact.end();
        impact.suspected(s(21.0), NodeId(3));
        let report = impact.report(s(30.0));
        assert_eq!((report.nodes_hit, report.detect_mean, report.detect_max), (4.0, Some(4.0), Some(6.0)));
        assert_eq!(report.undetected, Some(1.0 / 3.0));
    }

    #[test]
    fn a_fault_that_outlasts_the_run_has_no_recovery() {
        let report = service((100.0, 1e6), 200.0);
        assert_eq!((report.reroute, report.baseline), (Some(100.0), None));
    }
}
