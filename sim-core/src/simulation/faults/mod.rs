//! Faults on purpose.
//!
//! A fault begins and ends at times that the scenario names, and what it does is known before the run: its targets are
//! resolved, and the share of them that it befalls is drawn, when the model is built. So it is the same under every
//! policy, and goes into the digest of the exogenous world.
//!
//! Each action has its file, with a beginning and an end that mirror each other. Overlapping faults nest: what is counted
//! (kills, cut ways, throttles) holds until the last has ended; latencies add; losses compose as
//! `1 − (1 − p)(1 − q)`; of sags the deepest counts; slowness multiplies, rises of temperature add, and both are computed anew
//! from the faults that hold, so that they return exactly to 1 and 0. A share is drawn by ranking the targets by a random number each: a larger share befalls the same targets and
//! more.
//!
//! What a fault does to the service is measured by [`crate::measure::accumulate::Impact`].
//!
//! Left out: messages under way are judged when they are sent and when their reply is, not in between; health messages, when they are sent.

mod air;
mod cut;
mod grid_outage;
mod kill;
mod model;
mod partition;
mod sag;
mod slow;
mod surge;
mod throttle;
mod way;

pub(super) use model::{FaultModel, Scope};
pub(super) use way::Message;

use super::{Event, FaultEvent, Model, Simulation};
use crate::kernel::SimTime;
use crate::scenario::FaultAction;
use crate::world::fleet::NodeId;

/// What faults do to a node at present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Injected {
    /// Kills in force.
    kills: u16,
    /// Throttles in force.
    throttles: u16,
    /// Faults in force that keep all its health messages from arriving.
    silenced: u16,
    /// Work takes this many times as long.
    slowness: f64,
}

/// The state of all faults. Without faults, it is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultState {
    /// By node; empty if there are no faults, and gateways do not run on nodes.
    nodes: Vec<Injected>,
    /// Whether a fault holds, by fault.
    holds: Vec<bool>,
    /// Faults in force that act on messages.
    ways: Vec<u16>,
}

impl FaultState {
    /// No fault holds yet.
    pub(super) fn new(model: &Model) -> Self {
        let none = Injected { kills: 0, throttles: 0, silenced: 0, slowness: 1.0 };
        let nodes = if model.faults.is_empty() { 0 } else { model.node_count() };
        Self { nodes: vec![none; nodes], holds: vec![false; model.faults.len()], ways: Vec::new() }
    }

    /// Faults in force that act on messages.
    pub(super) fn in_force(&self) -> impl Iterator<Item = u16> + '_ {
        self.ways.iter().copied()
    }

    /// Whether there is no fault that could slow a node down.
    #[inline]
    pub(super) fn slow_nobody(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many times as long work takes on a node.
    #[inline]
    pub(super) fn slowness(&self, node: NodeId) -> f64 {
        self.nodes.get(node.index()).map_or(1.0, |node| node.slowness)
    }

    /// Whether a fault throttles a node.
    #[inline]
    pub(super) fn throttles(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.throttles > 0)
    }

    /// Whether a fault keeps all health messages of a node from arriving.
    #[inline]
    pub(super) fn silences(&self, node: NodeId) -> bool {
        self.nodes.get(node.index()).is_some_and(|node| node.silenced > 0)
    }
}

impl Simulation<'_> {
    /// Schedules all faults, in the order of the file.
    pub(super) fn start_faults(&mut self) {
        for (number, fault) in (0_u16..).zip(&self.model.faults) {
            self.engine.at(fault.begins, Event::Fault(FaultEvent::Begins { fault: number }));
            if let Some(ends) = fault.ends {
                self.engine.at(ends, Event::Fault(FaultEvent::Ends { fault: number }));
            }
        }
    }

    /// A fault begins or ends.
    pub(super) fn fault_event(&mut self, event: FaultEvent) {
        match event {
            FaultEvent::Begins { fault } => self.injection_begins(fault),
            FaultEvent::Ends { fault } => self.injection_ends(fault),
        }
    }

    fn injection_begins(&mut self, number: u16) {
        let now = self.engine.now();
        let fault = &self.model.faults[usize::from(number)];
        self.note_injection(number, true, now);
        self.jobs_meet_fault(number);
        self.faults.holds[usize::from(number)] = true;
        let control = &self.control;
        let nodes = &self.nodes;
        let unsuspected = fault
            .nodes
            .iter()
            .copied()
            .filter(|node| control.trusts(*node) && nodes[node.index()].reasons.is_up());
        self.collect.fault_begins(number, fault.nodes.len() as u64, unsuspected);
        match &fault.action {
            _ if fault.scope != Scope::Nodes && fault.cuts() => self.cut_begins(number),
            FaultAction::Kill => self.kill_begins(number),
            FaultAction::GridOutage => self.injected_outage_begins(number),
            FaultAction::Latency { .. } | FaultAction::Loss { .. } => self.way_fault_begins(number),
            FaultAction::Partition => self.partition_begins(number),
            FaultAction::Slow { .. } => self.slowness_changes(number),
            FaultAction::Throttle => self.throttle_begins(number),
            FaultAction::Heat { .. } => self.heat_offset_changes(number),
            FaultAction::CoolingFailure => self.cooling_failure_changes(number),
            FaultAction::Sag { depth } => self.injected_sag_begins(number, *depth),
            FaultAction::Surge => self.injected_surge(number),
        }
    }

    fn injection_ends(&mut self, number: u16) {
        let now = self.engine.now();
        let fault = &self.model.faults[usize::from(number)];
        self.note_injection(number, false, now);
        self.faults.holds[usize::from(number)] = false;
        self.collect.fault_ends(number);
        self.jobs_outlast_fault(number);
        match &fault.action {
            _ if fault.scope != Scope::Nodes && fault.cuts() => self.cut_ends(number),
            FaultAction::Kill => self.kill_ends(number),
            FaultAction::GridOutage => self.injected_outage_ends(number),
            FaultAction::Latency { .. } | FaultAction::Loss { .. } => self.way_fault_ends(number),
            FaultAction::Partition => self.partition_ends(number),
            FaultAction::Slow { .. } => self.slowness_changes(number),
            FaultAction::Throttle => self.throttle_ends(number),
            FaultAction::Heat { .. } => self.heat_offset_changes(number),
            FaultAction::CoolingFailure => self.cooling_failure_changes(number),
            FaultAction::Sag { .. } => self.injected_sag_ends(number),
            FaultAction::Surge => {}
        }
    }

    /// Takes a beginning or an end, and whom it befalls, into the digest of the exogenous world.
    fn note_injection(&mut self, number: u16, begins: bool, now: SimTime) {
        self.exogenous.word(1 << 63 | u64::from(number) << 1 | u64::from(begins));
        self.exogenous.word(now.as_nanos());
        if begins {
            let fault = &self.model.faults[usize::from(number)];
            self.exogenous.word(fault.nodes.len() as u64);
            for node in &fault.nodes {
                self.exogenous.word(node.0.into());
            }
        }
    }
}
