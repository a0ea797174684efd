//! The state of what is made of what is heard of nodes. Empty where a policy does not ask for it.

use super::super::Model;
use super::super::gateways::GatewayState;
use super::super::swim::SwimState;
use super::super::telemetry::TelemetryState;
use crate::kernel::{Handle, SimDuration, SimTime};
use crate::measure::sketch::LatencySketch;
use crate::policy::health::{Course, Damper, Outliers, Symptoms};
use crate::policy::reputation::Records;
use crate::world::fleet::NodeId;

/// Why a node gets no new work, each a bit.
pub(in crate::simulation) mod hold {
    /// It will be too hot.
    pub const FORECAST: u8 = 1;
    /// It shows symptoms.
    pub const SYMPTOMS: u8 = 2;
    /// It is an outlier.
    pub const EJECTED: u8 = 4;
    /// It has a bad record.
    pub const REPUTATION: u8 = 8;
    /// It is away too often.
    pub const ONLINE: u8 = 16;
    /// Those that announce a failure.
    pub const PREDICTIONS: u8 = FORECAST | SYMPTOMS;
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct SupervisionCounts {
    pub failures: u64,
    pub predicted: u64,
    pub lead: LatencySketch,
    pub predictions: u64,
    pub ejections: u64,
    pub disqualified: u64,
    /// Nanoseconds during which nodes that were up were held.
    pub held: u128,
}

/// The holds of a node.
#[derive(Clone, Copy, Debug)]
struct Held {
    holds: u8,
    up: bool,
    /// Since when it has been held and up.
    since: SimTime,
    /// Since when a failure has been announced.
    announced: SimTime,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(in crate::simulation) struct SupervisionState {
    pub swim: SwimState,
    pub telemetry: TelemetryState,
    /// What keeps each node back, and when it will be trusted.
    pub dampers: Vec<(Damper, Handle)>,
    pub courses: Vec<Course>,
    pub symptoms: Vec<Symptoms>,
    pub outliers: Option<Box<Outliers>>,
    /// Whether a comparison of nodes is scheduled.
    pub comparing: bool,
    pub records: Option<Box<Records>>,
    pub gateways: GatewayState,
    holds: Vec<Held>,
    pub counts: SupervisionCounts,
}

impl SupervisionState {
    pub(in crate::simulation) fn new(model: &Model) -> Self {
        let (policy, nodes) = (&model.policy, model.node_count());
        let at = SimTime::MAX;
        let holds = policy.forecast.is_some()
            || policy.symptoms.is_some()
            || policy.ejection.is_some()
            || policy.reputation.is_some();
        let held = Held { holds: 0, up: true, since: at, announced: at };
        let of = |wanted: bool| if wanted { nodes } else { 0 };
        Self {
            dampers: vec![(Damper::default(), Handle::NONE); of(policy.flapping.is_some())],
            courses: vec![Course::default(); of(policy.forecast.is_some())],
            symptoms: vec![Symptoms::default(); of(policy.symptoms.is_some())],
            outliers: policy.ejection.map(|rule| Box::new(Outliers::new(rule, nodes))),
            records: policy.reputation.map(|rule| Box::new(Records::new(rule, nodes))),
            gateways: GatewayState::new(model),
            holds: vec![held; of(holds)],
            ..Self::default()
        }
    }

    /// Whether anybody wants to know of replies.
    pub(in crate::simulation) fn listens(&self) -> bool {
        self.outliers.is_some() || self.records.is_some()
    }

    /// How many rules hold `node`.
    pub(in crate::simulation) fn holds_of(&self, node: NodeId) -> u16 {
        self.holds.get(node.index()).map_or(0, |held| held.holds.count_ones() as u16)
    }

    /// Of nodes that are not held, tells in their order whether each is up.
    pub(in crate::simulation) fn set_up(&mut self, up: impl Iterator<Item = bool>) {
        for (held, up) in self.holds.iter_mut().zip(up) {
            held.up = up;
        }
    }

    /// Whether nodes can be held.
    pub(in crate::simulation) fn holds(&self) -> bool {
        !self.holds.is_empty()
    }

    /// A hold of `node` begins or ends; returns whether that changes anything.
    pub(super) fn set_hold(&mut self, now: SimTime, node: NodeId, hold: u8, begins: bool) -> bool {
        let held = &mut self.holds[node.index()];
        let before = held.holds;
        let after = if begins { before | hold } else { before & !hold };
        if before == after {
            return false;
        }
        if before == 0 && held.up {
            held.since = now;
        }
        if after == 0 && held.up {
            self.counts.held += u128::from(now.since(held.since).as_nanos());
        }
        let announces = |holds: u8| holds & hold::PREDICTIONS != 0;
        if announces(after) && !announces(before) {
            held.announced = now;
            self.counts.predictions += 1;
        }
        held.holds = after;
        true
    }

    /// `node` goes down.
    pub(super) fn failed(&mut self, now: SimTime, node: NodeId) {
        self.counts.failures += 1;
        let Some(held) = self.holds.get_mut(node.index()) else { return };
        held.up = false;
        if held.holds != 0 {
            self.counts.held += u128::from(now.since(held.since).as_nanos());
        }
        if held.holds & hold::PREDICTIONS != 0 {
            self.counts.predicted += 1;
            self.counts.lead.record(now.since(held.announced));
        }
    }

    /// `node` is up again.
    pub(super) fn back(&mut self, now: SimTime, node: NodeId) {
        let Some(held) = self.holds.get_mut(node.index()) else { return };
        (held.up, held.since) = (true, now);
        if held.holds & hold::PREDICTIONS != 0 {
            // What was announced has happened; what is still held announces the next.
            held.announced = now;
        }
    }

    /// Nothing counts that was before `now`.
    pub(in crate::simulation) fn restart(&mut self, now: SimTime) {
        self.counts = SupervisionCounts::default();
        self.telemetry.sent = 0;
        self.gateways.restart(now);
        for held in self.holds.iter_mut().filter(|held| held.up && held.holds != 0) {
            held.since = now;
        }
    }

    /// Seconds for which nodes that were up were held, until `now`.
    pub(in crate::simulation) fn held_seconds(&self, now: SimTime) -> f64 {
        let open = self.holds.iter().filter(|held| held.up && held.holds != 0);
        let open: u128 = open.map(|held| u128::from(now.since(held.since).as_nanos())).sum();
        (self.counts.held + open) as f64 * 1e-9
    }

    /// Mean time that failures were announced before they happened.
    pub(in crate::simulation) fn mean_lead(&self) -> Option<SimDuration> {
        self.counts.lead.mean()
    }
}
