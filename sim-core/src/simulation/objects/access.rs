//! Who reads, writes and checks objects: the immutable side, the state, and what is common to all of them.
//!
//! ```text
//!   reads ──► k + Δ nodes ──┐                         ┌──► k have come: read
//!   writes ──► start nodes ─┼──► pieces, over links ──┼──► enough have gone: written
//!   notice ──► shards ──────┘                         └──► at another node: gone from this one
//!
//!   rot, nodes that withhold ──► ghosts ──► found by reads, audits, scrubbing ──► missing ──► repair
//! ```
//!
//! - `pieces` moves single shards; `reads`, `writes` and `exit` use it.
//! - `audits` challenges nodes; `rot` lets shards rot and nodes scrub.
//! - `access_metrics` measures and writes.
//!
//! What a scenario does not have costs nothing: no event of this part is ever scheduled.

use super::super::{AccessEvent, Event, Simulation};
use super::access_metrics::AccessMeter;
use super::audits::Audited;
use super::exit::Exit;
use super::pieces::Piece;
use super::reads::Read;
use super::rot::RotState;
use super::rows::Rows;
use super::writes::Write;
use super::{ObjectModel, ObjectState};
use crate::kernel::{Process, SimTime, Stream, Streams};
use crate::policy::redundancy::HedgeClock;
use crate::scenario::{Arrivals, NodeType, ObjectPolicy, Policy, Scenario};
use crate::world::workload::ArrivalProcess;
use std::collections::BTreeMap;

/// Reads and writes of a workload.
#[derive(Clone, Debug)]
pub(super) struct SetAccess {
    pub reads: Option<Arrivals>,
    pub writes: Option<Arrivals>,
    read_arrival: Stream,
    write_arrival: Stream,
    pub read_target: Stream,
    pub read_order: Stream,
    pub read_latency: Stream,
    pub write_latency: Stream,
    pub read_loss: Stream,
    pub write_loss: Stream,
}

/// What is known beforehand.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct AccessModel {
    pub(super) sets: Vec<SetAccess>,
    pub(super) policy: ObjectPolicy,
    /// Whether nodes can be disqualified: by audits, or by the reputation that the policy keeps.
    pub(super) disqualifies: bool,
    /// Rate at which a shard on each node rots; empty if none does.
    pub(super) rot: Vec<f64>,
    /// The greatest of them.
    pub(super) rot_most: f64,
    /// Probability that each node drops a shard; empty if none does.
    pub(super) withholds: Vec<f64>,
    pub(super) audit: Stream,
    pub(super) audit_loss: Stream,
    pub(super) bit_rot: Stream,
    pub(super) withheld: Stream,
    pub(super) scrub_phase: Stream,
}

impl AccessModel {
    pub(super) fn new(scenario: &Scenario, policy: &Policy, types: &[&NodeType], streams: &Streams) -> Self {
        let sets = scenario.objects().map(|(number, _, objects)| {
            let stream = |process| streams.stream(process, number);
            SetAccess {
                reads: objects.reads.clone(),
                writes: objects.writes.clone(),
                read_arrival: stream(Process::ReadArrival),
                write_arrival: stream(Process::WriteArrival),
                read_target: stream(Process::ReadTarget),
                read_order: stream(Process::ReadOrder),
                read_latency: stream(Process::ReadLatency),
                write_latency: stream(Process::WriteLatency),
                read_loss: streams.stream(Process::AccessLoss, 2 * number),
                write_loss: streams.stream(Process::AccessLoss, 2 * number + 1),
            }
        });
        let of_nodes = |of: &dyn Fn(&NodeType) -> f64| {
            let all: Vec<f64> = types.iter().map(|it| of(it)).collect();
            if all.iter().any(|it| *it > 0.0) { all } else { Vec::new() }
        };
        let rot = of_nodes(&|it| it.bit_rot.map_or(0.0, |rate| rate.0));
        Self {
            sets: sets.collect(),
            policy: policy.objects.clone(),
            disqualifies: policy.reputation.is_some()
                || policy.objects.audits.as_ref().is_some_and(|audits| audits.reputation.is_some()),
            rot_most: rot.iter().copied().fold(0.0, f64::max),
            rot,
            withholds: of_nodes(&|it| it.withholds),
            audit: streams.stream(Process::Audit, 0),
            audit_loss: streams.stream(Process::RepairMessage, 2),
            bit_rot: streams.stream(Process::BitRot, 0),
            withheld: streams.stream(Process::Withheld, 0),
            scrub_phase: streams.stream(Process::ScrubPhase, 0),
        }
    }
}

/// The objects of a workload as those who read and write them know them.
#[derive(Clone, Debug, Default)]
pub(super) struct SetState {
    pub reads: ArrivalProcess,
    pub writes: ArrivalProcess,
    /// The first object that there was at t = 0, and how many there were.
    first: u32,
    count: u32,
    /// Those that have been written since.
    pub written: Vec<u32>,
}

impl SetState {
    /// The object that a draw from (0, 1) means; `None` if there is none.
    pub fn draw(&self, unit: f64) -> Option<u32> {
        let all = self.count as usize + self.written.len();
        let index = ((unit * all as f64) as usize).min(all.checked_sub(1)?);
        Some(match index.checked_sub(self.count as usize) {
            None => self.first + index as u32,
            Some(index) => self.written[index],
        })
    }
}

/// The mutable side.
#[derive(Clone, Debug)]
pub(super) struct AccessState {
    pub sets: Vec<SetState>,
    pub pieces: Rows<Piece>,
    pub reads: Rows<Read>,
    pub writes: Rows<Write>,
    /// When reads are hedged, if they are.
    pub hedge_clock: Option<HedgeClock>,
    /// By node; empty without audits and reputation.
    pub audited: Vec<Audited>,
    pub rot: RotState,
    pub exits: Vec<Exit>,
    pub meter: AccessMeter,
}

impl AccessState {
    pub fn new(model: &ObjectModel, nodes: usize) -> Self {
        let access = &model.access;
        let mut first = 0;
        let sets = model.sets.iter().map(|set| {
            let count = set.objects.count;
            first += count;
            SetState { first: first - count, count, ..SetState::default() }
        });
        Self {
            sets: sets.collect(),
            pieces: Rows::new(),
            reads: Rows::new(),
            writes: Rows::new(),
            hedge_clock: access.policy.reads.hedge.map(|hedge| HedgeClock::new(hedge.after)),
            audited: if access.disqualifies || access.policy.audits.is_some() {
                vec![Audited::new(&access.policy); nodes]
            } else {
                Vec::new()
            },
            rot: RotState::new(access, nodes),
            exits: Vec::new(),
            meter: AccessMeter::of(model.sets.len()),
        }
    }
}

impl Simulation<'_> {
    /// Something happens to reads, writes, audits and so on.
    pub(in crate::simulation) fn access_event(&mut self, event: AccessEvent) {
        match event {
            AccessEvent::ReadArrives { set } => self.read_arrives(set),
            AccessEvent::WriteArrives { set } => self.write_arrives(set),
            AccessEvent::PieceMoves { piece } => self.piece_moves(piece),
            AccessEvent::PieceTimeout { piece } => self.piece_times_out(piece),
            AccessEvent::Hedge { read } => self.read_is_slow(read),
            AccessEvent::Audit { node } => self.audit(node),
            AccessEvent::Rot => self.shard_may_rot(),
            AccessEvent::Scrub { node } => self.scrub(node),
            AccessEvent::Notice { node } => self.notice(node),
            AccessEvent::ExitRetry { node } => self.exit_tries_again(node),
        }
    }

    /// Schedules what is known of reads, writes, audits and rot at t = 0.
    pub(super) fn start_access(&mut self) {
        self.with_objects(|run, state, model| {
            for set in 0..model.access.sets.len() {
                run.schedule_read(state, model, set as u16);
                run.schedule_write(state, model, set as u16);
            }
            run.start_audits(state, model);
            run.rot_changes(state, model);
        });
    }

    pub(super) fn schedule_read(&mut self, state: &mut ObjectState, model: &ObjectModel, set: u16) {
        let access = &model.access.sets[usize::from(set)];
        let Some(reads) = &access.reads else { return };
        let process = &mut state.access.sets[usize::from(set)].reads;
        if let Some(at) = process.next(reads, &access.read_arrival, self.model.start) {
            self.engine.at(at, Event::Access(AccessEvent::ReadArrives { set }));
        }
    }

    pub(super) fn schedule_write(&mut self, state: &mut ObjectState, model: &ObjectModel, set: u16) {
        let access = &model.access.sets[usize::from(set)];
        let Some(writes) = &access.writes else { return };
        let process = &mut state.access.sets[usize::from(set)].writes;
        if let Some(at) = process.next(writes, &access.write_arrival, self.model.start) {
            self.engine.at(at, Event::Access(AccessEvent::WriteArrives { set }));
        }
    }

    /// Whether the controller would ask a node for a shard.
    pub(super) fn would_ask(state: &ObjectState, node: u32) -> bool {
        state.store.is_counted(node) && !state.nodes[node as usize].suspected
    }
}

/// When shards have rotted, and where, by slot.
pub(super) type RotTimes = BTreeMap<u32, (u32, SimTime)>;
