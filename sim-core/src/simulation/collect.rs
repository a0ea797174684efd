//! Measuring a run: accumulators that watch and change nothing.
//!
//! Everything is counted from the end of the warm-up on; a request counts if it arrived after it. Time down is charged
//! to its first cause. A detection delay runs from the moment a node stops answering to the suspicion; an outage that
//! ends unnoticed is missed; a suspicion of a node that answers is false.

mod detection;
mod requests;

pub(super) use requests::RequestCounts;

use super::Model;
use super::hardware::HardwareCounts;
use super::state::Rest;
use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::{
    Deeds, Impact, RatioBins, TimeWeighted, TimelineBins, WindowTarget, Windows,
};
use crate::policy::redundancy::{NewRequest, Outcome};
use crate::quantity::{Celsius, Watts};
use crate::world::fleet::{Cause, DownReasons, NodeId};
use crate::world::thermal::{HeatParams, NodeHeat, TemperatureSeries};
use detection::DetectionCounts;

/// Series of the timeline: up, throttled, then the causes.
const UP: usize = 0;
const THROTTLED: usize = 1;
const FIRST_CAUSE: usize = 2;
/// Bins of the timeline.
pub(super) const BINS: usize = 240;
/// Length of the windows of `requests.windows_met` where the scenario names none.
const WINDOW: SimDuration = SimDuration::from_secs(300);
/// Least success ratio of a window where the scenario names no objective.
const WINDOW_SUCCESS: f64 = 0.99;

/// A node, as it is measured.
#[derive(Clone, Copy, Debug)]
struct Observed {
    /// Since when its state is counted.
    since: SimTime,
    /// Nanoseconds not up.
    down: u64,
    /// When it stopped answering.
    silent_since: SimTime,
    /// When the suspicion in force began, or the node answered again under it.
    suspected_since: SimTime,
    suspected_falsely: bool,
}

/// All accumulators of a run.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    pub from: SimTime,
    pub requests: Vec<RequestCounts>,
    nodes: Vec<Observed>,
    /// Busy slots by node.
    busy_of: Vec<u32>,
    /// Nanoseconds of node-time by first cause.
    pub down: [u128; Cause::TABLE],
    pub throttled: u128,
    pub failures: u64,
    pub busy: TimeWeighted,
    pub queued: TimeWeighted,
    pub asleep: TimeWeighted,
    pub waking: TimeWeighted,
    pub detection: DetectionCounts,
    pub grid_outages: u64,
    pub site_outages: u64,
    pub breaker_trips: u64,
    /// Sags, brownouts and surges, by site.
    pub sags: u64,
    pub brownouts: u64,
    pub surges: u64,
    /// Nodes damaged from outside.
    pub damages: u64,
    /// Batteries found dead.
    pub dead_batteries: u64,
    /// Sites whose owner has had enough.
    pub sites_left: u64,
    pub hottest: f64,
    /// Of all rooms that have a state.
    pub hottest_room: Celsius,
    pub hardware: HardwareCounts,
    pub timeline: TimelineBins,
    pub success: RatioBins,
    /// What each fault does.
    pub impacts: Vec<Impact>,
    /// What nodes have done that somebody may pay for.
    pub deeds: Deeds,
}

impl Collector {
    pub(super) fn new(model: &Model) -> Self {
        let nodes = model.node_count();
        let zero = || TimeWeighted::new(SimTime::ZERO, 0.0);
        let bin = bin_length(model);
        let mut initial = [0.0; FIRST_CAUSE + Cause::TABLE];
        initial[UP] = nodes as f64;
        let requests = model.workloads.iter().map(|workload| {
            let target = WindowTarget {
                success: Some(workload.slo.success.unwrap_or(WINDOW_SUCCESS)),
                latency: workload.slo.latency.clone(),
            };
            let windows = Windows::new(SimTime::ZERO, workload.slo.window.unwrap_or(WINDOW), target);
            RequestCounts::new(windows, workload.requests.deadline)
        });
        Self {
            from: SimTime::ZERO,
            requests: requests.collect(),
            nodes: vec![
                Observed {
                    since: SimTime::ZERO,
                    down: 0,
                    silent_since: SimTime::MAX,
                    suspected_since: SimTime::MAX,
                    suspected_falsely: false
                };
                nodes
            ],
            busy_of: vec![0; nodes],
            down: [0; Cause::TABLE],
            throttled: 0,
            failures: 0,
            busy: zero(),
            queued: zero(),
            asleep: zero(),
            waking: zero(),
            detection: DetectionCounts::default(),
            grid_outages: 0,
            site_outages: 0,
            breaker_trips: 0,
            sags: 0,
            brownouts: 0,
            surges: 0,
            damages: 0,
            dead_batteries: 0,
            sites_left: 0,
            hottest: f64::NEG_INFINITY,
            hottest_room: Celsius(f64::NEG_INFINITY),
            hardware: HardwareCounts::new(model),
            timeline: TimelineBins::new(SimTime::ZERO, bin, BINS, &initial),
            success: RatioBins::new(SimTime::ZERO, bin, BINS),
            deeds: if model.has_bill() { Deeds::of(nodes) } else { Deeds::default() },
            impacts: model
                .faults
                .iter()
                .map(|fault| Impact::new(fault.begins, fault.ends.unwrap_or(SimTime::MAX), fault.window))
                .collect(),
        }
    }

    /// Forgets what was counted before `now`. States of nodes: reasons and throttling, in order.
    pub(super) fn restart(&mut self, now: SimTime, states: impl Iterator<Item = (DownReasons, bool)>) {
        self.deeds.restart();
        for (index, (reasons, throttled)) in states.enumerate() {
            self.charge(now, NodeId::from_index(index), reasons, throttled);
            self.nodes[index].down = 0;
        }
        self.from = now;
        self.down = [0; Cause::TABLE];
        self.throttled = 0;
        self.failures = 0;
        for level in [&mut self.busy, &mut self.queued, &mut self.asleep, &mut self.waking] {
            level.restart(now);
        }
        self.detection = DetectionCounts::default();
        for node in self.nodes.iter_mut().filter(|node| node.suspected_since < now) {
            node.suspected_since = now;
        }
        (self.grid_outages, self.site_outages, self.breaker_trips) = (0, 0, 0);
        (self.sags, self.brownouts, self.surges, self.damages) = (0, 0, 0, 0);
        (self.dead_batteries, self.sites_left) = (0, 0);
        self.hottest = f64::NEG_INFINITY;
        self.hottest_room = Celsius(f64::NEG_INFINITY);
        self.hardware.restart(now);
        for requests in &mut self.requests {
            let windows = requests.windows.clone();
            *requests = RequestCounts::new(windows, requests.deadline);
            requests.windows.restart(now);
        }
    }

    /// Charges the time since the last change to the state that held.
    pub(super) fn charge(&mut self, now: SimTime, node: NodeId, reasons: DownReasons, throttled: bool) {
        let observed = &mut self.nodes[node.index()];
        let span = now.since(observed.since).as_nanos();
        observed.since = now;
        match reasons.first() {
            Some(cause) => {
                self.down[cause.index()] += u128::from(span);
                observed.down += span;
            }
            None if throttled => self.throttled += u128::from(span),
            None => {}
        }
    }

    pub(super) fn reasons_changed(
        &mut self,
        now: SimTime,
        node: NodeId,
        before: DownReasons,
        after: DownReasons,
        throttled: bool,
    ) {
        if before.first() == after.first() {
            return;
        }
        self.charge(now, node, before, throttled);
        self.failures += u64::from(before.is_up());
        self.hardware.up_changed(now, before.is_up(), after.is_up());
        self.timeline.add(now, series(before, throttled), -1.0);
        self.timeline.add(now, series(after, throttled), 1.0);
    }

    pub(super) fn throttled_changed(
        &mut self,
        now: SimTime,
        node: NodeId,
        reasons: DownReasons,
        throttled: bool,
    ) {
        self.charge(now, node, reasons, !throttled);
        self.timeline.add(now, series(reasons, !throttled), -1.0);
        self.timeline.add(now, series(reasons, throttled), 1.0);
    }

    /// Nanoseconds each node was down, in order of nodes.
    pub(super) fn down_by_node(&self) -> impl Iterator<Item = u64> {
        self.nodes.iter().map(|node| node.down)
    }

    /// Nanoseconds that a node, in the state that these reasons say since its last change, was down until `at`.
    pub(super) fn down_until(&self, at: SimTime, node: NodeId, reasons: DownReasons) -> u64 {
        let observed = &self.nodes[node.index()];
        let spell = if reasons.first().is_some() { at.since(observed.since).as_nanos() } else { 0 };
        observed.down + spell
    }

    pub(super) fn grid_outage(&mut self) {
        self.grid_outages += 1;
    }

    pub(super) fn dip(&mut self, brownout: bool) {
        *(if brownout { &mut self.brownouts } else { &mut self.sags }) += 1;
    }

    pub(super) fn site_outage(&mut self) {
        self.site_outages += 1;
    }

    pub(super) fn breaker_trip(&mut self) {
        self.breaker_trips += 1;
    }

    #[inline]
    pub(super) fn busy_changed(&mut self, now: SimTime, node: NodeId, busy: u32) {
        let before = std::mem::replace(&mut self.busy_of[node.index()], busy);
        if before != busy {
            self.busy.add(now, f64::from(busy) - f64::from(before));
        }
    }

    #[inline]
    pub(super) fn queue_changed(&mut self, now: SimTime, change: i32) {
        self.queued.add(now, f64::from(change));
    }

    /// A node no longer rests as `before`, but as `after`. (Those awake are the rest.)
    pub(super) fn rest_changed(&mut self, now: SimTime, before: Rest, after: Rest) {
        for (rest, change) in [(before, -1.0), (after, 1.0)] {
            match rest {
                Rest::Asleep => self.asleep.add(now, change),
                Rest::Waking => self.waking.add(now, change),
                Rest::Awake => {}
            }
        }
    }

    #[inline]
    pub(super) fn arrived(&mut self, now: SimTime, workload: u16) {
        self.requests[usize::from(workload)].arrived += 1;
        if !self.impacts.is_empty() {
            self.arrived_under_faults(now);
        }
    }

    #[inline(never)]
    fn arrived_under_faults(&mut self, now: SimTime) {
        self.impacts.iter_mut().for_each(|impact| impact.arrived(now));
    }

    /// A fault begins to befall `hit` nodes, of which these are up and trusted.
    pub(super) fn fault_begins(&mut self, fault: u16, hit: u64, unsuspected: impl Iterator<Item = NodeId>) {
        self.impacts[usize::from(fault)].begin(hit, unsuspected);
    }

    /// A fault ends.
    pub(super) fn fault_ends(&mut self, fault: u16) {
        self.impacts[usize::from(fault)].end();
    }

    #[inline]
    pub(super) fn began_service(&mut self, waited: SimDuration, workload: u16) {
        self.requests[usize::from(workload)].wait.record(waited);
    }

    pub(super) fn resolved(
        &mut self,
        now: SimTime,
        what: &NewRequest,
        arrived: SimTime,
        sent: u32,
        outcome: Outcome,
    ) {
        let counts = &mut self.requests[usize::from(what.workload)];
        let latency = (outcome == Outcome::Success).then(|| now.since(arrived));
        if !self.impacts.is_empty() {
            let in_time = counts.is_in_time(latency);
            self.impacts.iter_mut().for_each(|impact| impact.resolved(now, arrived, in_time));
        }
        if arrived >= self.from {
            counts.attempts += u64::from(sent);
            let success = counts.resolved(now, latency, outcome == Outcome::Rejected);
            self.success.record(now, success);
        }
    }

    /// A request that is neither over nor past hope at the end.
    pub(super) fn still_in_flight(&mut self, now: SimTime, what: &NewRequest, arrived: SimTime, sent: u32) {
        let counts = &mut self.requests[usize::from(what.workload)];
        let overdue = counts.deadline.is_some_and(|deadline| now.since(arrived) > deadline);
        for impact in self.impacts.iter_mut().filter(|_| overdue) {
            impact.resolved(now, arrived, false);
        }
        if arrived < self.from {
            return;
        }
        counts.attempts += u64::from(sent);
        counts.in_flight += 1;
        counts.overdue += u64::from(overdue);
    }

    /// A node has had constant `power` until now: keeps the highest temperature of all.
    pub(super) fn heat(
        &mut self,
        heat: &NodeHeat,
        now: SimTime,
        params: &HeatParams,
        air: &TemperatureSeries,
        power: Watts,
    ) {
        let bound = heat
            .temperature
            .max(air.max_between(heat.at, now).0 + params.offset.0 + params.resistance.0 * power.0);
        if bound > self.hottest && now > heat.at {
            let floor = Celsius(self.hottest.max(heat.temperature));
            self.hottest = heat.max_until(now, params, air, power, floor).0;
        }
    }
}

/// Length of a bin of the timeline.
pub(super) fn bin_length(model: &Model) -> SimDuration {
    SimDuration::from_nanos(model.duration.as_nanos().div_ceil(BINS as u64).max(1))
}

fn series(reasons: DownReasons, throttled: bool) -> usize {
    match reasons.first() {
        Some(cause) => FIRST_CAUSE + cause.index(),
        None if throttled => THROTTLED,
        None => UP,
    }
}

/// Names of the series of the timeline, with their places, and whether they are always shown.
pub(super) fn series_names() -> impl Iterator<Item = (&'static str, usize, bool)> {
    let causes = Cause::ALL.map(|cause| (cause.name(), FIRST_CAUSE + cause.index(), cause.is_basic()));
    [("up", UP, true), ("throttled", THROTTLED, true)].into_iter().chain(causes)
}
