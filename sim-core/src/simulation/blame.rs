//! Blame: every request that fails or is late is charged to exactly one root cause. (Objects and jobs: `objects::blame`, `jobs::blame`.)
//!
//! ```text
//!   why the node went down ──► attempt lost ──────────► tries left? ──► answered, but too late
//!   (grid, breaker, heat, …)   (on a node that was       │
//!                               down already: not        └──► given up
//!                               detected for so long)
//! ```
//!
//! - **Storms.** What a storm did to the mains is charged to it, down to a battery or a street cabinet that ran empty meanwhile (`storms`).
//! - **Lost.** The first attempt of a request that comes to grief decides. If its node is down, the cause is that which *began* the spell: a node that boots after an
//!   outage is still down for the outage. Else the message was lost, or there was no way (`unreachable`: gateways, backbone), or the node had no place
//!   (`no_place`: full queues, shedding). If the node was down already when the attempt was sent, the failure was not yet detected: that is counted, and for how long.
//! - **Slow.** If none came to grief, but one timed out, the first of those decides, and if none did, the one whose answer came too late: by the largest part of its time
//!   beside its demand. Waiting for a slot is `queueing`; service beyond what the demand takes at the full speed of the node is `throttled`, or that which froze the node
//!   meanwhile, or, where slots are shared, `queueing`; the rest is `slow_network`.
//! - **In any world.** What takes longer than its deadline by itself is charged to `demand`, and what takes longer than the timeout of an attempt to `timeout`, whatever
//!   else befell it: it would have failed all the same.
//! - **Nobody asked.** A request that was never sent is charged to what most of the nodes that are down are down for; with no node down, or if the controller has given
//!   up without any of the above (false suspicion, ejection, breakers), it is `withheld`; what a gateway turns away at once is `shed`.
//!
//! Charged are the requests that make up the complement of `requests.success_ratio`: failed, late, and overdue at the end. The sum is exact. Nothing is drawn and no event is
//! scheduled, so a run is the same with blame and without. It costs 24 bytes for each attempt in flight and a row for each request in trouble.
//!
//! Left out: what a cause did to requests beyond their own nodes (queues that grow since half of the fleet is down are `queueing`).

use super::{Model, Simulation};
use crate::kernel::SimTime;
use crate::measure::blame::{Root, Tally};
use crate::policy::redundancy::{NewRequest, Outcome, Timer};
use crate::world::fleet::{AttemptId, Body, BodyState, DownReasons, NodeId, RequestId};
use std::collections::BTreeMap;

/// What has befallen a request first.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    root: Root,
    /// Whether an attempt was lost, and not merely slow.
    lost: bool,
    /// When the attempt was sent, and since when its node was down by then; the same if it was up.
    sent: SimTime,
    down_since: SimTime,
}

impl Trouble {
    /// What would befall the request in any world comes before what does not, and what is lost before what is slow.
    fn gravity(&self) -> u8 {
        match self.root {
            Root::Timeout | Root::Demand => 2,
            _ => u8::from(self.lost),
        }
    }
}

/// The times of an attempt.
#[derive(Clone, Copy, Debug)]
struct Course {
    sent: SimTime,
    reached: SimTime,
    began: SimTime,
    answered: SimTime,
    /// Seconds of service at the full speed of the node.
    nominal: f64,
}

/// Why a node is down, or was last.
#[derive(Clone, Copy, Debug)]
struct Spell {
    root: Root,
    since: SimTime,
    /// [`SimTime::MAX`] while it lasts.
    until: SimTime,
}

/// What is known of causes.
#[derive(Clone, Debug)]
pub(super) struct BlameState {
    /// The last spell of each node, if there was one.
    spells: Vec<Option<Spell>>,
    /// Nodes that are down, by root.
    down: [u32; Root::TABLE],
    storms: storms::Storms,
    /// By attempt.
    courses: Vec<Course>,
    /// Requests in trouble by workload and number.
    troubles: BTreeMap<(u16, u32), Trouble>,
    /// The attempt whose reply has come last.
    last_reply: AttemptId,
    tally: Tally,
    pub(super) objects: super::objects::ObjectBlame,
    pub(super) jobs: super::jobs::JobBlame,
}

impl BlameState {
    /// `None` if nobody asks for causes.
    pub(super) fn new(model: &Model) -> Option<Box<Self>> {
        model.blames.then(|| {
            Box::new(Self {
                spells: vec![None; model.node_count()],
                down: [0; Root::TABLE],
                storms: storms::Storms::of(model),
                courses: Vec::new(),
                troubles: BTreeMap::new(),
                last_reply: AttemptId::NONE,
                tally: Tally::new(model.workloads.len()),
                objects: super::objects::ObjectBlame::of(
                    model.objects.as_ref().map_or(0, |objects| objects.sets.len()),
                ),
                jobs: super::jobs::JobBlame::of(model.jobs.workloads.len()),
            })
        })
    }

    /// The spell in force of a node.
    fn spell(&self, node: NodeId) -> Option<Spell> {
        self.spells[node.index()].filter(|spell| spell.until == SimTime::MAX)
    }

    /// What most of the nodes that are down are down for.
    pub(super) fn most_common(&self) -> Option<Root> {
        let most =
            Root::of_nodes().max_by_key(|root| (self.down[root.index()], usize::MAX - root.index()))?;
        (self.down[most.index()] > 0).then_some(most)
    }
}

impl Simulation<'_> {
    /// What a node is down for, as that which began its spell, where somebody asks for causes; `None` if it is up.
    pub(super) fn down_for(&self, node: NodeId) -> Option<Root> {
        Some(self.blame.as_ref()?.spell(node)?.root)
    }

    /// Since when a node is down, where somebody asks for causes; `None` if it is up.
    pub(super) fn down_since(&self, node: NodeId) -> Option<SimTime> {
        Some(self.blame.as_ref()?.spell(node)?.since)
    }

    /// What a node was down for last, or is, where somebody asks for causes; `None` if it never was.
    pub(super) fn last_down_for(&self, node: NodeId) -> Option<Root> {
        Some(self.blame.as_ref()?.spells.get(node.index())?.as_ref()?.root)
    }

    /// The reasons of a node have changed.
    pub(super) fn blame_reasons(&mut self, node: NodeId, before: DownReasons, after: DownReasons) {
        if self.blame.is_none() {
            return;
        }
        let began = after.first().filter(|_| before.is_up()).map(|cause| self.root_of_reason(node, cause));
        let Some(blame) = &mut self.blame else { return };
        let now = self.engine.now();
        let spell = &mut blame.spells[node.index()];
        match (began, after.first(), spell) {
            (Some(root), _, spell) => {
                *spell = Some(Spell { root, since: now, until: SimTime::MAX });
                blame.down[root.index()] += 1;
            }
            (None, None, Some(spell)) if !before.is_up() => {
                spell.until = now;
                blame.down[spell.root.index()] -= 1;
                blame.tally.node_down(spell.root, now.since(spell.since.max(self.collect.from)));
            }
            _ => {}
        }
    }

    /// An attempt is sent.
    #[inline]
    pub(super) fn blame_sent(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let course = Course { sent: now, reached: now, began: now, answered: now, nominal: 0.0 };
        if attempt.index() >= blame.courses.len() {
            blame.courses.resize(attempt.index() + 1, course);
        }
        blame.courses[attempt.index()] = course;
    }

    /// An attempt reaches its node.
    #[inline]
    pub(super) fn blame_reached(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let body = &self.bodies[attempt.index()];
        let speed = self.model.classes[usize::from(self.nodes[body.node.index()].class)].speed;
        let course = &mut blame.courses[attempt.index()];
        (course.reached, course.began, course.nominal) = (now, now, body.work / speed);
    }

    /// An attempt has got a slot.
    #[inline]
    pub(super) fn blame_began(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        if let Some(blame) = &mut self.blame {
            blame.courses[attempt.index()].began = now;
        }
    }

    /// A node answers an attempt.
    #[inline]
    pub(super) fn blame_answers(&mut self, attempt: AttemptId) {
        let now = self.engine.now();
        if let Some(blame) = &mut self.blame {
            blame.courses[attempt.index()].answered = now;
        }
    }

    /// The reply to an attempt that is awaited has come.
    #[inline]
    pub(super) fn blame_replied(&mut self, attempt: AttemptId) {
        if let Some(blame) = &mut self.blame {
            blame.last_reply = attempt;
        }
    }

    /// A node has no place for an attempt.
    #[inline]
    pub(super) fn blame_refused(&mut self, attempt: AttemptId) {
        if self.blame.is_some() {
            self.note_trouble(attempt, Root::NoPlace, true);
        }
    }

    /// An attempt is lost.
    #[inline]
    pub(super) fn blame_lost(&mut self, attempt: AttemptId) {
        let Some(blame) = &self.blame else { return };
        let Body { node, gateway, .. } = self.bodies[attempt.index()];
        let root = match blame.spell(node) {
            Some(spell) => spell.root,
            None => {
                let region = self.model.entry_of(self.node(node).site).region;
                if self.gateway_is_mute(gateway) || self.between_regions(gateway, region).is_none() {
                    Root::Unreachable
                } else {
                    Root::MessageLoss
                }
            }
        };
        self.note_trouble(attempt, root, true);
    }

    /// A timer runs out: if an attempt is given up that is only slow, that is its trouble.
    #[inline]
    pub(super) fn blame_timer(&mut self, timer: Timer) {
        let Timer::Timeout(attempt) = timer else { return };
        if self.blame.is_none() || self.bodies[attempt.index()].state == BodyState::Gone {
            return;
        }
        let root = self.slow_root(attempt, Root::Timeout);
        self.note_trouble(attempt, root, false);
    }

    /// Why an attempt that is under way is slow; `own` if that is its own work.
    fn slow_root(&self, attempt: AttemptId, own: Root) -> Root {
        let Some(blame) = &self.blame else { return own };
        let body = &self.bodies[attempt.index()];
        let (now, course) = (self.engine.now(), blame.courses[attempt.index()]);
        if course.nominal > now.since(course.sent).as_secs_f64() {
            return own;
        }
        if let Some(spell) = blame.spell(body.node) {
            return spell.root;
        }
        match body.state {
            BodyState::Waiting => Root::Queueing,
            BodyState::Outbound => Root::SlowNetwork,
            BodyState::Running | BodyState::Sharing => {
                self.longest_part(attempt, Course { answered: now, ..course }).unwrap_or(own)
            }
            BodyState::Inbound | BodyState::Gone => self.longest_part(attempt, course).unwrap_or(own),
        }
    }

    /// The largest part of the time that an attempt has taken until now, beside that of its demand; `None` if there is no other.
    fn longest_part(&self, attempt: AttemptId, course: Course) -> Option<Root> {
        let blame = self.blame.as_ref()?;
        let (now, body) = (self.engine.now(), &self.bodies[attempt.index()]);
        let seconds = |from: SimTime, to: SimTime| if to > from { to.since(from).as_secs_f64() } else { 0.0 };
        let waited = seconds(course.reached, course.began);
        let excess = seconds(course.began, course.answered) - course.nominal;
        let network = seconds(course.sent, course.reached) + seconds(course.answered, now);
        // What froze the node while the attempt was there made it wait, or take longer.
        let frozen = blame.spells[body.node.index()].filter(|spell| spell.until > course.reached);
        let node = self.node(body.node);
        let slowed = match (frozen, &node.shared) {
            (Some(spell), _) => spell.root,
            (None, Some(_)) if !node.is_throttled() => Root::Queueing,
            (None, _) => Root::Throttled,
        };
        let waiting = frozen.map_or(Root::Queueing, |spell| spell.root);
        let parts = [(waited, waiting), (excess, slowed), (network, Root::SlowNetwork)];
        let largest = parts.into_iter().reduce(|most, part| if part.0 > most.0 { part } else { most });
        largest.filter(|(seconds, _)| *seconds > 1e-9).map(|(_, root)| root)
    }

    /// Something has befallen an attempt that is awaited: it decides if it is the first of the gravest.
    fn note_trouble(&mut self, attempt: AttemptId, root: Root, lost: bool) {
        if !self.control.awaits(attempt) {
            return;
        }
        let Body { workload, number, node, .. } = self.bodies[attempt.index()];
        let deadline = self.model.workloads[usize::from(workload)].requests.deadline;
        let speed = self.model.classes[usize::from(self.node(node).class)].speed;
        let root = match deadline {
            Some(deadline) if self.demand(workload, number) / speed > deadline.as_secs_f64() => Root::Demand,
            _ => root,
        };
        let Some(blame) = &mut self.blame else { return };
        let sent = blame.courses[attempt.index()].sent;
        let down_since = blame.spell(node).map_or(sent, |spell| spell.since.min(sent));
        let trouble = Trouble { root, lost, sent, down_since };
        let kept = blame.troubles.entry((workload, number)).or_insert(trouble);
        if trouble.gravity() > kept.gravity() {
            *kept = trouble;
        }
    }

    /// A request is over.
    #[inline]
    pub(super) fn blame_resolved(
        &mut self,
        what: &NewRequest,
        arrived: SimTime,
        sent: u32,
        outcome: Outcome,
    ) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let trouble = blame.troubles.remove(&(what.workload, what.number));
        let deadline = self.model.workloads[usize::from(what.workload)].requests.deadline;
        let late = deadline.is_some_and(|deadline| now.since(arrived) > deadline);
        if (outcome == Outcome::Success && !late) || arrived < self.collect.from {
            return;
        }
        let root = match (trouble, outcome) {
            (Some(trouble), _) => trouble.root,
            (None, Outcome::Success) => {
                let attempt = blame.last_reply;
                let course = blame.courses[attempt.index()];
                let too_long = deadline.is_some_and(|deadline| course.nominal > deadline.as_secs_f64());
                let part = if too_long { None } else { self.longest_part(attempt, course) };
                part.unwrap_or(Root::Demand)
            }
            (None, Outcome::Rejected) if sent == 0 => Root::Shed,
            (None, _) if sent == 0 => blame.most_common().unwrap_or(Root::Withheld),
            (None, _) => Root::Withheld,
        };
        self.charge_request(what.workload, root, trouble, outcome == Outcome::Success);
    }

    /// A request is neither over nor past hope at the end.
    pub(super) fn blame_in_flight(
        &mut self,
        request: RequestId,
        what: &NewRequest,
        arrived: SimTime,
        sent: u32,
    ) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let trouble = blame.troubles.remove(&(what.workload, what.number));
        let deadline = self.model.workloads[usize::from(what.workload)].requests.deadline;
        if arrived < self.collect.from || deadline.is_none_or(|deadline| now.since(arrived) <= deadline) {
            return;
        }
        let most_common = blame.most_common();
        let first = self.control.awaited(request).last().copied();
        let root = match (trouble, first) {
            (Some(trouble), _) => trouble.root,
            (None, Some(attempt)) => self.slow_root(attempt, Root::Demand),
            (None, None) if sent == 0 => most_common.unwrap_or(Root::Withheld),
            (None, None) => Root::Withheld,
        };
        self.charge_request(what.workload, root, trouble, false);
    }

    fn charge_request(&mut self, workload: u16, root: Root, trouble: Option<Trouble>, answered: bool) {
        let Some(blame) = &mut self.blame else { return };
        let lost = trouble.filter(|trouble| trouble.lost);
        let undetected = lost.filter(|it| it.root.is_down() && it.down_since < it.sent);
        let silence = undetected.map(|it| it.sent.since(it.down_since));
        blame.tally.request(usize::from(workload), root, silence, answered && lost.is_some());
    }

    /// Measuring begins anew.
    pub(super) fn blame_warmed_up(&mut self) {
        if let Some(blame) = &mut self.blame {
            blame.tally = Tally::new(self.model.workloads.len());
        }
        self.blame_objects_anew();
        self.blame_jobs_anew();
    }

    /// What was charged to what; the spells in force are closed.
    pub(super) fn blame_metrics(&mut self, now: SimTime) -> Vec<(String, f64)> {
        let Some(blame) = &mut self.blame else { return Vec::new() };
        let from = self.collect.from;
        for spell in blame.spells.iter().flatten().filter(|spell| spell.until == SimTime::MAX) {
            blame.tally.node_down(spell.root, now.since(spell.since.max(from)));
        }
        let node_seconds = now.since(from).as_secs_f64() * self.nodes.len() as f64;
        let names: Vec<&str> = self.model.workloads.iter().map(|workload| &workload.name[..]).collect();
        let mut metrics = blame.tally.metrics(&names, node_seconds);
        self.blame_object_metrics(&mut metrics);
        self.blame_job_metrics(&mut metrics);
        if !self.model.has_storms() {
            metrics.retain(|(name, _)| !name.ends_with(".storm"));
        }
        metrics
    }
}

mod storms;

#[cfg(test)]
mod tests;
