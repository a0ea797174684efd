//! The run: physical world and controller coupled through messages, one event at a time.
//!
//! ```text
//!             Model (shared, immutable: parameters, weather, streams)
//!                │
//!  event ──► Simulation::handle ──► world state machines ──► new predictions are scheduled
//!                │        ▲
//!    reply, timer,        │ letters: send, call back, resolved
//!    suspicion ▼          │
//!             Controller (policy): sees observations only
//!                │
//!                └──► Collector (measure): observes everything, changes nothing
//! ```
//!
//! - `model` turns a scenario and one of its policies into flat tables, once per run.
//! - `supply` is the causal chain from grid to socket: mains, breaker (`breaker`), UPS (`ups`); `site` is who draws what from it.
//! - `energy` keeps the accounts of energy; `bill` puts prices on them, and on what nodes have done.
//! - `shift` and `trade` are what sites do about prices and outages: with their work, and with their batteries.
//! - `outages` and `dips` are what goes wrong with the mains; `hold_up` is what the power supply of a node makes of it.
//! - `stress` is what nodes turn away, and attempts that are tied.
//! - `life` is that of a node: down-reasons, boots, faults, sleep.
//! - `climate` is the air of sites and racks that nodes warm and machines cool.
//! - `hardware` wears nodes out, mends them, and lets hosts come and go.
//! - `heat` keeps temperatures and schedules throttling and shutdown.
//! - `links` are access links: their outages, and who shares their rates; `traffic` carries messages, `service` serves attempts.
//! - `ahead` reads what the next events will ask for, so that a wide fleet does not wait for memory at each.
//! - `faults` are those done on purpose, a file for each action.
//! - `objects` are data that is kept, and its repairs.
//! - `network` is what lies beyond a single link: shared gateways, queues, providers, and the backbone.
//! - `gateways` are where requests enter, and what each of them sees.
//! - `plain` says where requests have none of what most have no use for; their steps are then compiled without it.
//! - `watch` turns health checks into suspicions; `swim` those of groups; `telemetry` carries readings of sensors, and
//!   `supervision` makes of all that is heard who gets work.
//! - `transport` is what latency and loss make of the messages of objects and jobs.
//! - `jobs` runs long computations on slots that requests leave.
//! - [`fork`] lets another controller take over in the middle of a run; [`part`] finds where two runs part.
//! - `blame` charges what fails to its root cause.
//! - `rare` forks the whole run, to see what hardly ever happens; `watched` is a group of which too many may be down at once.
//! - `collect` measures; `finish` writes the record; [`trace`] watches some sites closely.
//!
//! The controller answers with *letters*, which are delivered in order before the next event. A letter sent over an
//! ideal link is delivered at once, without an event, so that the smallest scenario costs two events per request.

mod ahead;
mod bill;
mod blame;
mod breaker;
mod climate;
mod collect;
mod dips;
mod energy;
mod event;
mod faults;
mod finish;
pub mod fork;
mod gateways;
mod hardware;
mod heat;
mod hold_up;
mod jobs;
mod leakage;
mod life;
mod links;
mod model;
mod network;
mod objects;
mod outages;
pub mod part;
mod place;
mod plain;
mod post;
mod rare;
mod service;
mod setup;
mod shift;
mod site;
mod spread;
mod state;
mod stress;
mod supervision;
mod supply;
mod swim;
mod telemetry;
pub mod trace;
mod trade;
mod traffic;
mod transport;
mod ups;
mod watch;
mod watched;

pub use event::{
    AccessEvent, ControlEvent, EnergyEvent, Event, FaultEvent, HardwareEvent, HeatEvent, JobEvent,
    NetworkEvent, ObjectEvent, PowerEvent, RequestEvent,
};
pub use model::Model;

use crate::kernel::{Digest, Engine, Handle, SimTime};
use crate::measure::record::RunRecord;
use crate::policy::redundancy::Controller;
use crate::policy::routing::{self, Routing};
use crate::scenario::Scenario;
use crate::world::fleet::{AttemptId, Body, NodeId, SiteId};
use crate::world::thermal::Crossings;
use crate::world::workload::ArrivalProcess;
use climate::Beside;
use collect::Collector;
use post::Letter;
use state::{DipDomain, Node, OutageDomain, Site, SurgeDomain};
use std::collections::VecDeque;

/// Runs replication `replication` of `scenario` under its policy `policy`.
///
/// # Panics
/// If the scenario has no such policy, or breaks an invariant that reading it has checked.
pub fn run(scenario: &Scenario, policy: &str, variation: u32, replication: u32) -> RunRecord {
    run_while(scenario, policy, variation, replication, |_| true).expect("nobody stops it")
}

/// As [`run`], but asks `go_on` after every [`ASKED_EVERY`] events, with the number of them so far; `None` if it said no.
///
/// # Panics
/// As [`run`].
pub fn run_while(
    scenario: &Scenario,
    policy: &str,
    variation: u32,
    replication: u32,
    mut go_on: impl FnMut(u64) -> bool,
) -> Option<RunRecord> {
    let mut record =
        Simulation::new(&Model::new(scenario, policy, replication)).run_while(variation, &mut go_on)?;
    if let Some(rare) = &scenario.rare {
        rare::estimate(scenario, rare, policy, &mut record, &mut go_on)?;
    }
    Some(record)
}

/// As [`run`], with a routing policy of your own in place of the scenario's.
///
/// # Panics
/// As [`run`].
pub fn run_with_routing(
    scenario: &Scenario,
    policy: &str,
    variation: u32,
    replication: u32,
    routing: Box<dyn Routing>,
) -> RunRecord {
    Simulation::with_routing(&Model::new(scenario, policy, replication), routing).run(variation)
}

/// Events between two questions of [`run_while`] whether to go on.
pub const ASKED_EVERY: u64 = 1 << 16;

/// No request has arrived yet.
const NOTHING_DRAWN: (u16, u32, f64) = (u16::MAX, 0, 0.0);

/// The state of one run, over a model that it shares. Cloning it forks the run.
#[derive(Clone)]
pub struct Simulation<'m> {
    model: &'m Model,
    engine: Engine<Event>,
    control: Controller,
    nodes: Vec<Node>,
    sites: Vec<Site>,
    /// When nodes reach temperatures, as far as that has been asked.
    crossings: Crossings<'m>,
    /// Room for what is remembered while nodes are brought to the present.
    beside: Beside<'m>,
    racks: Vec<climate::RackState>,
    outages: Vec<OutageDomain>,
    dips: Vec<DipDomain>,
    surges: Vec<SurgeDomain>,
    link_outages: Vec<links::LinkDomain>,
    network: network::NetworkState,
    watches: Vec<watch::Watch>,
    arrivals: Vec<ArrivalProcess>,
    /// The request that arrived last, by workload and number, and its demand.
    drawn: (u16, u32, f64),
    bodies: Vec<Body>,
    /// Whether requests have none of what most have no use for.
    plain: bool,
    /// Attempts awaited and physically alive, by request.
    viable: Vec<u32>,
    /// The first attempt to be sent, and what follows it.
    sending: AttemptId,
    outbox: VecDeque<Letter>,
    collect: Collector,
    baseline: finish::Baseline,
    faults: faults::FaultState,
    /// Digest of what happens in the same way under every policy.
    exogenous: Digest,
    hardware: hardware::HardwareState,
    stress: stress::StressState,
    supervision: supervision::SupervisionState,
    bill: bill::Bill,
    shift: shift::ShiftState,
    /// `None` where nothing is stored.
    objects: Option<Box<objects::ObjectState>>,
    jobs: jobs::JobState,
    /// `None` where nobody asks for causes.
    blame: Option<Box<blame::BlameState>>,
    /// `None` where no outage is estimated.
    watched: Option<Box<watched::Watched>>,
}

impl<'m> Simulation<'m> {
    /// A run at t = 0, with the routing policy that the scenario names.
    pub fn new(model: &'m Model) -> Self {
        let routing = routing::built_in(&model.policy.routing, &model.places);
        Self::with_routing(model, routing)
    }

    /// The time of the last event handled.
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    /// Runs to the end and says what was measured.
    pub fn run(self, variation: u32) -> RunRecord {
        self.run_while(variation, |_| true).expect("nobody stops it")
    }

    /// As [`run`](Self::run), but asks from time to time whether to go on; `None` if not.
    pub fn run_while(mut self, variation: u32, mut go_on: impl FnMut(u64) -> bool) -> Option<RunRecord> {
        let end = SimTime::ZERO + self.model.duration;
        let mut events = 0_u64;
        while self.handle_many(end) {
            events += ASKED_EVERY;
            if !go_on(events) {
                return None;
            }
        }
        Some(self.finish(variation))
    }

    /// Handles the next [`ASKED_EVERY`] events; false if there were not as many until `end`.
    fn handle_many(&mut self, end: SimTime) -> bool {
        match (self.plain, self.nodes.len() >= ahead::WIDE) {
            (true, false) => self.handle_many_as::<true, false>(end),
            (true, true) => self.handle_many_as::<true, true>(end),
            (false, false) => self.handle_many_as::<false, false>(end),
            (false, true) => self.handle_many_as::<false, true>(end),
        }
    }

    /// The loop that a run spends its time in: nothing of it is called but what handles an event.
    fn handle_many_as<const PLAIN: bool, const WIDE: bool>(&mut self, end: SimTime) -> bool {
        for _ in 0..ASKED_EVERY {
            let ahead = ahead::Ahead {
                model: self.model,
                nodes: &self.nodes,
                units: &self.hardware.units,
                bodies: &self.bodies,
            };
            let look = |event: &Event| {
                if WIDE {
                    ahead.look(event);
                }
            };
            let mut place = None;
            let Some(event) = self.engine.next_unnoted(end, &mut place, look) else { return false };
            let event = *event;
            self.handle_as::<PLAIN, true>(event);
        }
        true
    }

    /// Lets one event happen, and everything that follows from it at once.
    fn handle(&mut self, event: Event) {
        self.handle_as::<false, false>(event);
    }

    /// As [`Self::handle`]; `NOTES` if the event is still to be taken into the digest.
    #[inline(always)]
    fn handle_as<const PLAIN: bool, const NOTES: bool>(&mut self, event: Event) {
        if self.engine.now() > self.bill.closes_at {
            self.close_months();
        }
        match event {
            Event::Arrival { workload } => {
                self.note_in_digest::<NOTES>(event);
                self.arrival::<PLAIN>(workload);
            }
            Event::Delivered { attempt } => {
                self.note_in_digest::<NOTES>(event);
                self.delivered::<PLAIN>(attempt);
            }
            Event::Served { attempt } => {
                self.note_in_digest::<NOTES>(event);
                self.served::<PLAIN>(attempt);
            }
            Event::Replied { attempt } => {
                self.note_in_digest::<NOTES>(event);
                self.replied::<PLAIN>(attempt);
            }
            rarer => {
                self.note_in_digest::<NOTES>(event);
                self.handle_rarer(rarer);
            }
        }
        self.deliver_letters_as::<PLAIN>();
        if !PLAIN {
            self.dispatch_jobs();
        }
    }

    /// Where the kind of the event is known its code costs nothing: that is a sixtieth of a plain run.
    #[inline(always)]
    fn note_in_digest<const NOTES: bool>(&mut self, event: Event) {
        if NOTES {
            self.engine.note(event);
        }
    }

    /// What is not a step of a request on its way. By itself, so that those do not save registers for this.
    #[inline(never)]
    fn handle_rarer(&mut self, event: Event) {
        match event {
            Event::Arrival { .. }
            | Event::Delivered { .. }
            | Event::Served { .. }
            | Event::Replied { .. } => {
                unreachable!("they are handled before")
            }
            Event::WarmedUp => self.warmed_up(),
            Event::SharedServed { node } => self.shared_served(node),
            Event::CalledBack { attempt, stamp } => self.called_back(attempt, stamp),
            Event::Timer(timer) => {
                self.blame_timer(timer);
                let (control, mut post) = self.control_and_post();
                control.timer(&mut post, timer);
            }
            Event::Power(event) => self.power_event(event),
            Event::Heat(event) => self.heat_event(event),
            Event::Hardware(event) => self.hardware_event(event),
            Event::Network(event) => {
                self.network_event(event);
                self.refresh_views();
            }
            Event::Fault(event) => {
                self.fault_event(event);
                self.refresh_views();
            }
            Event::Request(event) => self.request_event(event),
            Event::Energy(event) => self.energy_event(event),
            Event::Object(event) => self.object_event(event),
            Event::Job(event) => self.job_event(event),
            Event::Access(event) => self.access_event(event),
            Event::HealthWake { node } => self.health_wake(node),
            Event::Control(event) => self.control_event(event),
        }
    }

    #[inline]
    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.index()]
    }

    fn site_nodes(&self, site: SiteId) -> impl Iterator<Item = NodeId> + use<> {
        let range = self.model.nodes_of(site);
        range.map(NodeId::from_index)
    }

    /// Cancels the event that `handle` names, if any, and forgets it.
    fn cancel(engine: &mut Engine<Event>, handle: &mut Handle) {
        if *handle != Handle::NONE {
            engine.cancel(*handle);
            *handle = Handle::NONE;
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trying;
