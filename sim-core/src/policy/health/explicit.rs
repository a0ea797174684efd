//! The watch of any detector, message by message.
//!
//! Slow but plain: every message goes out as an event of its own, every arrival, miss and timer is another. It serves
//! detectors of one's own, and is the reference the fast watch is tested against: both take the fates of messages from
//! the same draws.

use super::class::{HealthContext, Schedule};
use super::detector::{Detector, Observation, Timer, Verdict};
use super::fate::FateWalk;
use super::watch::{Outcome, Woken, behind, outcome_of};
use crate::kernel::SimTime;
use crate::world::network::Wait;

/// A detector's watch of one node. Driven like [`super::HealthWatch`].
#[derive(Clone, Debug)]
pub struct ExplicitWatch {
    pub(super) detector: Box<dyn Detector>,
    pub(super) walk: FateWalk,
    pub(super) message: u64,
    pub(super) pending: Vec<Outcome>,
    pub(super) timer: Option<SimTime>,
    /// What the detector believes.
    pub(super) believed: Verdict,
    /// What the world has been told.
    pub(super) told: Verdict,
    pub(super) answering: bool,
}

impl ExplicitWatch {
    /// A watch that begins at `now` over a node that is answering and trusted. The context's class must have the
    /// schedule of `detector`: see [`super::HealthClass::for_schedule`].
    pub fn new(detector: Box<dyn Detector>, now: SimTime, context: &HealthContext<'_>) -> Self {
        assert_eq!(
            detector.schedule(),
            context.class.schedule,
            "the class has another schedule than the detector"
        );
        let message = context.first_from(now);
        let mut watch = Self {
            detector,
            walk: FateWalk::new(context, message),
            message,
            pending: Vec::new(),
            timer: None,
            believed: Verdict::Trust,
            told: Verdict::Trust,
            answering: true,
        };
        watch.observe(now, Observation::Start { first: context.sent(message), number: message });
        watch
    }

    /// Whether the node is suspected.
    pub fn suspected(&self) -> bool {
        self.told == Verdict::Suspect
    }

    /// Whether the watch has been told that the node answers.
    pub fn answering(&self) -> bool {
        self.answering
    }

    /// The node stops answering at `now`: it goes down, or its link does. Returns when to wake the watch.
    pub fn node_lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.answer(now, context, false)
    }

    /// The node answers again from `now` on. Returns when to wake the watch.
    pub fn node_back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.answer(now, context, true)
    }

    /// Whoever watches dies at `now`. As [`super::HealthWatch::pause`].
    pub fn pause(&mut self, _now: SimTime, _context: &HealthContext<'_>) {}

    /// Whoever watches starts again at `now`. As [`super::HealthWatch::restart`]; the detector is told that the watch begins.
    pub fn restart(&mut self, now: SimTime, context: &HealthContext<'_>, answering: bool) -> Option<SimTime> {
        self.message = self.message.max(context.first_from(now));
        self.pending.clear();
        self.timer = None;
        self.observe(now, Observation::Start { first: context.sent(self.message), number: self.message });
        if answering != self.answering {
            self.answering = answering;
            self.observe(now, Observation::Truth { answering });
        }
        self.next(now, context)
    }

    fn answer(&mut self, now: SimTime, context: &HealthContext<'_>, answering: bool) -> Option<SimTime> {
        self.answering = answering;
        self.observe(now, Observation::Truth { answering });
        self.next(now, context)
    }

    /// Takes in what happens at `now`, a moment the watch asked for, up to the first change of verdict.
    pub fn wake(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken {
        while self.believed == self.told && self.step(now, context, Wait::default()) {}
        let changed = self.believed != self.told;
        self.told = self.believed;
        Woken { verdict: changed.then_some(self.told), next: self.next(now, context) }
    }

    /// When to wake the watch; `None` = not before the end of the run.
    pub fn next(&self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        if self.believed != self.told {
            return Some(now);
        }
        self.next_step(context).filter(|at| *at <= context.until).map(|at| at.max(now))
    }

    /// When the next thing happens.
    pub(super) fn next_step(&self, context: &HealthContext<'_>) -> Option<SimTime> {
        let outcomes = self.pending.iter().map(|outcome| outcome.at);
        outcomes.chain(self.timer).chain(self.next_send(context)).min()
    }

    pub(super) fn next_send(&self, context: &HealthContext<'_>) -> Option<SimTime> {
        (context.class.schedule != Schedule::Silent).then(|| context.sent(self.message))
    }

    /// Takes in the first thing that happens, if that is not after `now`. A message that goes out meets `wait` first.
    pub(super) fn step(&mut self, now: SimTime, context: &HealthContext<'_>, wait: Wait) -> bool {
        let Some(at) = self.next_step(context).filter(|at| *at <= now) else {
            return false;
        };
        if self.next_send(context) == Some(at) {
            let delay = if self.answering { self.walk.delay(context, self.message) } else { None };
            let delay = behind(delay, wait, context, self.message);
            self.pending.extend(outcome_of(context.class.schedule, at, delay, self.message));
            self.message += 1;
            return true;
        }
        let first = self.pending.iter().copied().enumerate().min_by_key(|(_, outcome)| *outcome);
        let observation = match first.filter(|(_, outcome)| outcome.at == at) {
            Some((index, outcome)) => {
                self.pending.swap_remove(index);
                told(context, outcome)
            }
            None => {
                self.timer = None;
                Observation::Timer
            }
        };
        self.observe(at, observation);
        true
    }

    fn observe(&mut self, now: SimTime, observation: Observation) {
        let reaction = self.detector.observe(now, observation);
        match reaction.timer {
            Timer::Keep => {}
            Timer::Set(at) => self.timer = (at < SimTime::MAX).then_some(at.max(now)),
            Timer::Clear => self.timer = None,
        }
        if let Some(verdict) = reaction.verdict {
            self.believed = verdict;
        }
    }
}

/// An outcome as the detector sees it.
fn told(context: &HealthContext<'_>, outcome: Outcome) -> Observation {
    let number = outcome.message;
    let sent = context.sent(number);
    match context.class.schedule {
        Schedule::Probes { .. } if outcome.missed => Observation::ProbeMissed { number },
        Schedule::Probes { .. } => Observation::ProbeAnswered { number, round_trip: outcome.at - sent },
        _ => Observation::Beat { number, sent },
    }
}
