//! Objects: shards on nodes that come and go, and the repairs of what is gone.
//!
//! ```text
//!   node down, up, dead ──► ObjectStore (what is there)        ObjectStore (what is believed)
//!   suspicion ──► grace ──► node written off ──────────────────► slots missing ──► touched objects
//!   trust, or a new unit answers ──► counts again, or missing       │
//!                                                                   ▼
//!       review ──► Thresholds::decide ──► RepairQueue ──► repair: a drawn time, or shards moved ──► slot restored
//! ```
//!
//! - `model` is the immutable side, `setup` places what there is at t = 0.
//! - `belief` turns what happens to nodes, and what the health check says of them, into transitions of the store.
//! - `repair` decides and starts repairs; `timed` are those that take a drawn time; `moved` those that move shards, over `links` in turn or by `flows`.
//! - `faults` watches what faults on purpose do to objects.
//! - `access` is the head of `pieces`, `reads`, `writes`, `audits`, `rot` and `exit`: who uses and checks objects.
//! - `meter` measures; `metrics` writes; `blame` charges what is lost, cannot be read or written to its cause, and `delays` what holds reads up.
//!
//! **Belief.** A shard is healthy until its node is written off: the grace `after` runs from the suspicion by the health
//! check, and is drawn for each spell. The oracle knows of a death at once, without grace; to any other health check a dead node
//! is a silent one, until its replacement answers, which is new and empty and says so. If a node that has been written off is
//! trusted again, its shards count again, but for those that have been restored elsewhere, which it discards.
//!
//! **Decisions** are taken after all that happens at an instant has happened: when a region goes down node by node, no
//! repair goes to a node of it that has not had its turn.
//!
//! A scenario without objects pays nothing: [`Simulation`] holds no such state.
mod access;
mod access_metrics;
mod audits;
mod belief;
mod blame;
mod delays;
mod exit;
mod faults;
mod flows;
mod fork;
mod links;
mod meter;
mod metrics;
mod model;
mod moved;
mod pieces;
mod reads;
mod repair;
mod rot;
mod rows;
mod scoring;
mod setup;
mod timed;
mod writes;

pub(super) use blame::ObjectBlame;
pub(super) use model::ObjectModel;

use super::{Model, ObjectEvent, Simulation};
use crate::kernel::{Handle, SimDuration, SimTime, Stream};
use crate::policy::placement::{Candidates, Taken};
use crate::policy::repair::RepairQueue;
use crate::world::workload::objects::ObjectStore;
use links::RepairLinks;
use meter::Meter;
use moved::Move;
use rows::Rows;
use scoring::Scoring;

/// After this long what found no node for a shard is tried again: repairs, and departures \[A\].
const RETRY: SimDuration = SimDuration::from_secs(3600);

/// A node in the eyes of the repair policy.
#[derive(Clone, Debug)]
struct Watched {
    /// Since when its present unit is there.
    joined: SimTime,
    /// When it last went down, or lost what it kept.
    went_down: Option<SimTime>,
    /// End of its grace.
    write_off: Handle,
    /// Spells of suspicion so far.
    spells: u32,
    /// Whether the controller suspects it.
    suspected: bool,
    /// Whether its host has said that it will leave, and is heeded.
    leaving: bool,
}

/// The repairs of an object.
#[derive(Clone, Copy, Debug, Default)]
struct Mending {
    /// Repairs begun so far, and their draws.
    repairs: u32,
    /// Under way.
    running: u8,
    /// Whether it waits for the next check.
    pending: bool,
    /// Whether a repair has begun since its object was last well: then repairs go on until it is.
    begun: bool,
    /// Whether it found no node for a shard and waits to be tried again.
    stuck: bool,
}

/// The mutable side of all objects.
#[derive(Clone, Debug)]
pub(super) struct ObjectState {
    store: ObjectStore,
    nodes: Vec<Watched>,
    /// By object; empty without repair.
    mending: Vec<Mending>,
    queue: RepairQueue,
    /// Objects to be looked at by the next check.
    pending: Vec<u32>,
    /// Whether that check is scheduled.
    check_due: bool,
    /// Whether a review is scheduled for now.
    review_due: bool,
    /// Before this no repair begins, so that the rate is kept.
    paced_until: SimTime,
    pace_due: bool,
    /// Repairs under way, and objects whose repair waits for a node.
    running: u32,
    stuck: u32,
    moves: Rows<Move>,
    /// Shards under way where each is a flow.
    flows: Rows<flows::ShardFlow>,
    links: RepairLinks,
    taken: Taken,
    meter: Meter,
    /// What each fault on purpose does.
    impacts: Vec<faults::ObjectImpact>,
    /// Reads, writes, audits, rot and departures.
    access: access::AccessState,
    /// Repairs of drawn time under way, where the world will be forked.
    underway: Option<Vec<fork::Underway>>,
}

/// Who may take a shard, in the eyes of the policy: trusted, reached when asked, and with room.
struct Open<'a> {
    store: &'a ObjectStore,
    nodes: &'a [Watched],
    model: &'a ObjectModel,
    bytes: f64,
    scoring: Option<Scoring<'a>>,
}

impl Candidates for Open<'_> {
    fn is_candidate(&self, node: u32) -> bool {
        self.store.is_up(node)
            && self.store.is_counted(node)
            && !self.nodes[node as usize].suspected
            && !self.nodes[node as usize].leaving
            && self.model.fits(self.store, node, self.bytes)
    }

    fn joined(&self, node: u32) -> u64 {
        self.nodes[node as usize].joined.as_nanos()
    }

    fn score(&self, node: u32) -> f64 {
        self.scoring.as_ref().map_or(f64::NAN, |scoring| scoring.of(node))
    }
}

impl ObjectState {
    /// Lets the meter see what has changed.
    fn see(&mut self, now: SimTime) {
        let repairs = self.queue.len() + (self.running + self.stuck) as usize;
        self.meter.see(now, &mut self.store, repairs);
    }

    /// A node for a shard of `object`, given the nodes that it has `taken`; candidates are drawn from `draws`.
    fn choose_node(
        &mut self,
        model: &ObjectModel,
        object: u32,
        (draws, next): (&Stream, &mut u32),
        scoring: Option<Scoring<'_>>,
    ) -> Option<u32> {
        let bytes = self.store.shard_bytes(object);
        let open = Open { store: &self.store, nodes: &self.nodes, model, bytes, scoring };
        let home = model.draws.placement.bits(object, u32::MAX);
        let draw = |number| draws.bits(object, number);
        model.placement.choose(&mut self.taken, &open, home, next, draw)
    }

    /// Notes what an object has taken: nodes on which a slot of it is healthy, and those that hold what is not.
    fn begin_choice(&mut self, model: &ObjectModel, object: u32) {
        model.placement.begin(&mut self.taken);
        for slot in self.store.slots(object) {
            if let Some(node) = self.store.node_of(slot) {
                model.placement.take(&mut self.taken, node);
            }
        }
    }
}

impl Simulation<'_> {
    /// Something happens to objects.
    pub(super) fn object_event(&mut self, event: ObjectEvent) {
        match event {
            ObjectEvent::WriteOff { node } => self.grace_over(node),
            ObjectEvent::Review => self.review(),
            ObjectEvent::Repaired { object } => self.timed_repair_ends(object),
            ObjectEvent::Moved { number } => self.move_goes_on(number),
            ObjectEvent::Check => self.check_objects(),
            ObjectEvent::Paced => self.pace_over(),
            ObjectEvent::Retry { object } => self.try_again(object),
            ObjectEvent::ShardWaited { flow } => self.shard_waited(flow),
            ObjectEvent::FaultPhase { fault, phase } => self.fault_phase(fault, phase),
        }
    }

    /// Runs `what` on the objects, if there are any, then lets the meter see what has changed.
    fn with_objects<R>(
        &mut self,
        what: impl FnOnce(&mut Self, &mut ObjectState, &ObjectModel) -> R,
    ) -> Option<R> {
        let mut state = self.objects.take()?;
        state.store.set_clock(self.engine.now());
        let model: &Model = self.model;
        let model = model.objects.as_ref().expect("objects have a model");
        let result = what(self, &mut state, model);
        if state.store.has_turns() {
            self.blame_turns(&mut state, model);
        }
        state.see(self.engine.now());
        state.see_faults();
        if state.store.has_touched() && !std::mem::replace(&mut state.review_due, true) {
            self.engine.after(SimDuration::ZERO, super::Event::Object(ObjectEvent::Review));
        }
        self.objects = Some(state);
        Some(result)
    }
}
