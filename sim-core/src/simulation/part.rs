//! Where two runs part: they are made in step, event by event, until what happens next is no longer the same.
//!
//! Compared are the time of each event, what it is and whom it befalls, for attempts also their request and their node, and after it what the outside
//! world has drawn so far (the exogenous digest). So a policy that sends a request elsewhere is found when that attempt does anything, and
//! a demand that was drawn differently is found at the arrival of its request, not where its service ends.
//!
//! Both runs are made a second time, up to that point, to tell what came before. Left out: differences of the state that nothing shows yet, such as a battery
//! that is emptier.

use super::event::Concerned;
use super::{Event, Model, Simulation};
use crate::kernel::SimTime;
use crate::measure::record::RunRecord;
use crate::scenario::Scenario;
use crate::world::fleet::{AttemptId, NodeId, SiteId};

/// Which run.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Name of the policy.
    pub policy: &'a str,
    /// Number of the variation.
    pub variation: u32,
    /// Number of the replication.
    pub replication: u32,
}

/// An event, and what is known about it just before it has its effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number in the run, from 1.
    pub number: u64,
    /// When it happens.
    pub at: SimTime,
    /// What it is.
    pub name: String,
    /// Whom it befalls, and what was drawn for that.
    pub about: Vec<String>,
    /// Whether it happens at the same nanosecond as the one before, so that only their sequence orders them.
    pub tied: bool,
}

/// What became of the comparison.
#[derive(Clone, Debug)]
pub enum Compared {
    /// The same happens in both, all the time.
    Same {
        /// So many events.
        events: u64,
        /// Metrics that differ nevertheless, since they are measured differently.
        metrics: Vec<String>,
    },
    /// From some event on it is not the same.
    Parted(Box<Parting>),
}

/// Where two runs part.
#[derive(Clone, Debug)]
pub struct Parting {
    /// Events before, which are the same in both.
    pub agreed: u64,
    /// The last of them.
    pub before: Vec<Step>,
    /// The first that differs, in each run; `None` where the run ends.
    pub first: [Option<Step>; 2],
    /// Whether the outside world was the same before anything happened.
    pub same_at_start: bool,
    /// Whether it was the same up to this event.
    pub same_before: bool,
    /// Whether the two events are the same but for what the outside world draws at them.
    pub same_event: bool,
}

/// What is compared of an event.
#[derive(Clone, Copy, PartialEq)]
struct Trait {
    at: SimTime,
    event: Event,
    /// Request and node of the attempt that it befalls.
    attempt: Option<(u16, u32, u16, NodeId)>,
}

/// Finds the first event at which two runs part, with up to `last` events before it.
///
/// # Panics
/// As [`run`](super::run).
pub fn compare(sides: [Side<'_>; 2], last: usize) -> Compared {
    let models = sides.map(|side| Model::new(side.scenario, side.policy, side.replication));
    let [mut a, mut b] = [Simulation::new(&models[0]), Simulation::new(&models[1])];
    let same_at_start = a.exogenous == b.exogenous;
    let mut agreed = 0;
    let mut same_before = same_at_start;
    let same_event = loop {
        let (one, other) = (a.next_trait(), b.next_trait());
        if one != other {
            break false;
        }
        let Some(Trait { event, .. }) = one else {
            let records = [a.finish(sides[0].variation), b.finish(sides[1].variation)];
            return Compared::Same { events: agreed, metrics: differing(&records) };
        };
        a.handle(event);
        b.handle(event);
        let same = a.exogenous == b.exogenous;
        if same_before && !same {
            break true;
        }
        same_before = same;
        agreed += 1;
    };
    let steps = [0, 1].map(|side| steps_around(&models[side], agreed, last));
    let [(before, one), (_, other)] = steps;
    Compared::Parted(Box::new(Parting {
        agreed,
        before,
        first: [one, other],
        same_at_start,
        same_before,
        same_event,
    }))
}

/// Names of the metrics that differ.
fn differing([a, b]: &[RunRecord; 2]) -> Vec<String> {
    let mut names: Vec<String> = a.metrics.keys().chain(b.metrics.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| {
        a.metrics.get(name).map(|it| it.to_bits()) != b.metrics.get(name).map(|it| it.to_bits())
    });
    names
}

/// Of a run, the last events of the first `agreed`, and the one after them.
fn steps_around(model: &Model, agreed: u64, last: usize) -> (Vec<Step>, Option<Step>) {
    let mut run = Simulation::new(model);
    let end = SimTime::ZERO + model.duration;
    let (mut before, mut number) = (Vec::new(), 0);
    loop {
        let ties = run.engine.ties();
        let Some(event) = run.engine.next(end) else { return (before, None) };
        number += 1;
        if number + last as u64 > agreed {
            let step = Step {
                number,
                at: run.engine.now(),
                name: event.name(),
                about: run.about(&event),
                tied: run.engine.ties() > ties,
            };
            if number > agreed {
                return (before, Some(step));
            }
            before.push(step);
        }
        run.handle(event);
    }
}

impl Simulation<'_> {
    /// Takes the next event out; `None` at the end of the run.
    fn next_trait(&mut self) -> Option<Trait> {
        let event = self.engine.next(SimTime::ZERO + self.model.duration)?;
        let attempt = match event.concerned() {
            Concerned::Attempt(attempt) => self
                .bodies
                .get(attempt.index())
                .map(|body| (body.workload, body.number, body.index, body.node)),
            _ => None,
        };
        Some(Trait { at: self.engine.now(), event, attempt })
    }

    /// What is known of whom an event befalls.
    fn about(&self, event: &Event) -> Vec<String> {
        match event.concerned() {
            Concerned::Attempt(attempt) => self.about_attempt(attempt),
            Concerned::Request(request) => {
                let what = self.control.what_of(request);
                vec![self.about_request(what.workload, what.number)]
            }
            Concerned::Workload(workload) => {
                let number = self.arrivals[usize::from(workload)].count() - 1;
                vec![self.about_request(workload, number)]
            }
            Concerned::Node(node) => vec![self.about_node(node)],
            Concerned::Site(site) => vec![self.about_site(site)],
            Concerned::Other => Vec::new(),
        }
    }

    fn about_attempt(&self, attempt: AttemptId) -> Vec<String> {
        let Some(body) = self.bodies.get(attempt.index()) else { return Vec::new() };
        vec![
            self.about_request(body.workload, body.number),
            format!("its attempt {}", body.index),
            self.about_node(body.node),
        ]
    }

    fn about_request(&self, workload: u16, number: u32) -> String {
        let name = &self.model.workloads[usize::from(workload)].name;
        format!("request {number} of {name}, drawn demand {:.6} s", self.demand(workload, number))
    }

    fn about_node(&self, node: NodeId) -> String {
        let it = self.node(node);
        let state = it.reasons.first().map_or("up", |cause| cause.name());
        let queued = it.server.queued();
        format!("node {} on {}, {state}, {queued} waiting", node.0, self.about_site(it.site))
    }

    fn about_site(&self, site: SiteId) -> String {
        let index = self.model.entry_index(site);
        format!(
            "site {} (fleet entry {index}, its site {})",
            site.0,
            site.0 - self.model.entries[index].first_site
        )
    }
}

#[cfg(test)]
mod tests;
