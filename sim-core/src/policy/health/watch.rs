//! The fast watch of the built-in detectors: visits only messages that can matter.
//!
//! All detectors of beats are one machine. A trusted node has a *deadline*, and is suspected there unless a beat extends
//! it before: with a timeout, beat j arriving at a extends it to `a + timeout`; with freshness points, to τ_{j+1}. A
//! suspected node is trusted again when a beat arrives whose own deadline is still ahead. Probes have no deadline; each
//! brings a success or a miss. A run of good messages changes nothing as long as it begins in time, so it is skipped, all
//! but the last few beats that decide when the node was last heard.
//!
//! Nor is a bad message looked at if the detector cannot be upset by it: with a timeout of four and a half periods, three lost beats in
//! a row between good ones change nothing, so what is looked for is the next run of bad messages that is longer than that
//! (`HealthClass::harmless`), and the watch goes back to just before it.
//!
//! What has happened is committed as time passes; what will happen, if the node goes on as it is, is found by running a
//! copy ahead. The copy goes at most [`LOOK_AHEAD`] messages that are not skipped; then the world is asked to come back. When it
//! comes back at the moment asked for, the copy is what has happened; if something befalls the node before, what has happened until
//! then is gone through again.

use super::class::{HealthContext, Rule, Schedule};
use super::detector::Verdict;
use super::fate::FateWalk;
use crate::kernel::{SimDuration, SimTime};
use crate::world::network::Wait;
use smallvec::SmallVec;

/// How many messages a look ahead visits before it gives up.
const LOOK_AHEAD: u32 = 256;

/// What came of waking a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woken {
    /// The new verdict, if it changed at this moment.
    pub verdict: Option<Verdict>,
    /// When to wake it next, if the node goes on as it is; `None` = not at all.
    pub next: Option<SimTime>,
}

/// A built-in detector's watch of one node. See [the module](super) for how to drive it.
#[derive(Clone, Debug)]
pub struct HealthWatch {
    /// What has happened.
    course: Course,
    /// What will have happened by the moment asked for; the memory is kept.
    ahead: Option<Box<Ahead>>,
}

/// What will have happened.
#[derive(Clone, Debug)]
struct Ahead {
    /// By when; [`SimTime::MAX`] if it has become void.
    by: SimTime,
    course: Course,
}

/// How far a watch has come.
#[derive(Clone, Debug)]
struct Course {
    walk: FateWalk,
    /// The next message to visit; what came of those before is in `pending`, or has been taken in.
    message: u64,
    /// When a trusted node will be suspected unless a beat comes before; [`SimTime::MAX`] for other detectors.
    deadline: SimTime,
    /// What will be learnt of messages visited; rarely more than one, so that most watches need no memory of their own for it.
    pending: SmallVec<[Outcome; 1]>,
    /// Probes missed in a row.
    missed: u32,
    suspected: bool,
    answering: bool,
    /// Whether messages may wait before a busy uplink, so that each is looked at when it goes out.
    busy: bool,
}

/// What will be learnt of a message, and when. The order is that in which things happen: answers before misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    pub(super) at: SimTime,
    pub(super) missed: bool,
    pub(super) message: u64,
}

/// How a run ended.
enum Progress {
    /// The verdict changed.
    Changed(SimTime),
    /// Nothing is left before the end.
    Done,
    /// Too many messages; nothing happens before this moment.
    Exhausted(SimTime),
}

impl HealthWatch {
    /// A watch that begins at `now` over a node that is answering and trusted. Messages before `now` have not been.
    pub fn new(now: SimTime, context: &HealthContext<'_>) -> Self {
        let message = context.first_from(now);
        let course = Course {
            walk: FateWalk::new(context, message),
            message,
            deadline: first_deadline(now, context, message),
            pending: SmallVec::new(),
            missed: 0,
            suspected: false,
            answering: true,
            busy: false,
        };
        Self { course, ahead: None }
    }

    /// From `now` on messages may wait before the uplink of the node: until [`Self::uplink_idle`] the watch wants to be
    /// woken, by [`Self::wake_behind`], whenever a message goes out, for nobody can say before what it will wait for.
    /// Returns when to wake it.
    pub fn uplink_busy(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.commit(now, context);
        self.course.busy = true;
        self.next(now, context)
    }

    /// From `now` on no message waits. Returns when to wake the watch.
    pub fn uplink_idle(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.commit(now, context);
        self.course.busy = false;
        self.next(now, context)
    }

    /// Whether messages may wait before the uplink.
    pub fn is_busy(&self) -> bool {
        self.course.busy
    }

    /// Number of the next message to go out, or to be looked at.
    pub fn next_message(&self) -> u64 {
        self.course.message
    }

    /// Whether the node is suspected.
    pub fn suspected(&self) -> bool {
        self.course.suspected
    }

    /// Whether the watch has been told that the node answers.
    pub fn answering(&self) -> bool {
        self.course.answering
    }

    /// The node stops answering at `now`: it goes down, or its link does. Returns when to wake the watch.
    pub fn node_lost(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.commit(now, context);
        self.course.answering = false;
        self.next(now, context)
    }

    /// The node answers again from `now` on. Returns when to wake the watch.
    pub fn node_back(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.commit(now, context);
        self.course.answering = true;
        self.next(now, context)
    }

    /// Whoever watches dies at `now`: takes in all that was before. Until [`Self::restart`] the verdict stays what it is, and the
    /// watch is to be asked nothing.
    pub fn pause(&mut self, now: SimTime, context: &HealthContext<'_>) {
        self.commit(now, context);
    }

    /// Whoever watches has been told by whom it follows that the node is suspected. To be followed by [`Self::restart`].
    pub fn presume_suspected(&mut self) {
        self.course.suspected = true;
    }

    /// Whoever watches starts again at `now`, over a node that is `answering` or not: deadlines run from now, no probe is missed
    /// yet, messages under way are not heard, and the verdict stays until there is reason to change it. Returns when to wake it.
    pub fn restart(&mut self, now: SimTime, context: &HealthContext<'_>, answering: bool) -> Option<SimTime> {
        let course = &mut self.course;
        course.message = course.message.max(context.first_from(now));
        course.deadline = first_deadline(now, context, course.message);
        course.pending.clear();
        course.missed = 0;
        course.answering = answering;
        self.next(now, context)
    }

    /// Takes in what happens at `now`, a moment the watch asked for.
    pub fn wake(&mut self, now: SimTime, context: &HealthContext<'_>) -> Woken {
        self.wake_behind(now, context, Wait::default())
    }

    /// As [`Self::wake`]; the message that goes out now, if any, meets `wait` before the uplink.
    pub fn wake_behind(&mut self, now: SimTime, context: &HealthContext<'_>, wait: Wait) -> Woken {
        let before = self.course.suspected;
        if context.class.rule == Rule::Truth {
            self.course.suspected = !self.course.answering;
        } else {
            let arrived = self.ahead.as_mut().filter(|ahead| ahead.by == now && wait == Wait::default());
            if let Some(ahead) = arrived {
                std::mem::swap(&mut self.course, &mut ahead.course);
            }
            if self.course.suspected == before {
                self.course.run(context, after(now), u32::MAX, wait);
            }
        }
        let suspected = self.course.suspected;
        let verdict = if suspected { Verdict::Suspect } else { Verdict::Trust };
        Woken { verdict: (suspected != before).then_some(verdict), next: self.next(now, context) }
    }

    /// When to wake the watch if the node goes on as it is; `None` = not before the end of the run.
    pub fn next(&mut self, now: SimTime, context: &HealthContext<'_>) -> Option<SimTime> {
        self.forget_ahead();
        match context.class.rule {
            Rule::Never => return None,
            Rule::Truth => return (self.course.suspected == self.course.answering).then_some(now),
            _ => {}
        }
        let mut ahead = self.course.clone();
        let budget = if self.course.busy { 0 } else { LOOK_AHEAD };
        match ahead.run(context, after(context.until), budget, Wait::default()) {
            Progress::Changed(at) | Progress::Exhausted(at) => {
                let at = at.max(now);
                match &mut self.ahead {
                    Some(place) => **place = Ahead { by: at, course: ahead },
                    None => self.ahead = Some(Box::new(Ahead { by: at, course: ahead })),
                }
                Some(at)
            }
            Progress::Done => None,
        }
    }

    /// Takes in all that precedes `now`, at which the node is about to change.
    fn commit(&mut self, now: SimTime, context: &HealthContext<'_>) {
        self.forget_ahead();
        self.course.commit(now, context);
    }

    /// The node does not go on as it was.
    fn forget_ahead(&mut self) {
        if let Some(ahead) = &mut self.ahead {
            ahead.by = SimTime::MAX;
        }
    }
}

impl Course {
    /// Takes in all that precedes `now`, at which the node is about to change.
    fn commit(&mut self, now: SimTime, context: &HealthContext<'_>) {
        if matches!(context.class.schedule, Schedule::Silent) {
            return;
        }
        let before = self.suspected;
        while let Progress::Changed(_) = self.run(context, now, u32::MAX, Wait::default()) {}
        debug_assert_eq!(before, self.suspected, "a change of verdict before {now} was not fetched");
        let first = context.first_from(now);
        if let (false, Schedule::Probes { timeout, .. }) = (self.answering, context.class.schedule) {
            // Probes to a node known to be away are not visited one by one, but the last of them are still to be missed.
            let open = now.as_nanos().saturating_sub(timeout.as_nanos());
            for message in self.message.max(context.first_from(SimTime::from_nanos(open)))..first {
                let at = context.sent(message).saturating_add(timeout);
                self.pending.push(Outcome { at, missed: true, message });
            }
        }
        self.message = self.message.max(first);
    }

    /// Goes through messages, outcomes and deadlines before `end`, in order, until the verdict changes or `budget`
    /// messages were visited.
    fn run(&mut self, context: &HealthContext<'_>, end: SimTime, mut budget: u32, wait: Wait) -> Progress {
        loop {
            let outcome = self.pending.iter().copied().enumerate().min_by_key(|(_, outcome)| *outcome);
            let deadline = if self.suspected { SimTime::MAX } else { self.deadline };
            let due = outcome.map_or(deadline, |(_, outcome)| outcome.at.min(deadline));
            if let Some(send) = self.next_send(context).filter(|send| *send <= due && *send < end) {
                if budget == 0 {
                    return Progress::Exhausted(send);
                }
                budget -= 1;
                if !self.skip(context, end, &mut budget) {
                    self.visit(context, wait);
                }
                continue;
            }
            match outcome {
                Some((at, outcome)) if outcome.at <= deadline => {
                    if outcome.at >= end {
                        return Progress::Done;
                    }
                    self.pending.swap_remove(at);
                    if self.learn(context, outcome) {
                        return Progress::Changed(outcome.at);
                    }
                }
                _ => {
                    if deadline >= end {
                        return Progress::Done;
                    }
                    self.suspected = true;
                    return Progress::Changed(deadline);
                }
            }
        }
    }

    /// When the next message goes out that can make a difference while the node goes on as it is.
    fn next_send(&self, context: &HealthContext<'_>) -> Option<SimTime> {
        if !self.answering {
            // A beat is not sent. A probe is missed, which changes nothing for a suspect, unless an answer is under way.
            let probes = matches!(context.class.schedule, Schedule::Probes { .. });
            let settled = self.suspected && self.pending.iter().all(|outcome| outcome.missed);
            if !probes || settled {
                return None;
            }
        }
        Some(context.sent(self.message))
    }

    /// Skips messages that change nothing; returns whether there were any.
    fn skip(&mut self, context: &HealthContext<'_>, end: SimTime, budget: &mut u32) -> bool {
        let class = context.class;
        let settled = self.pending.is_empty() || class.overlaps;
        if self.busy || !self.answering || self.suspected || self.missed > 0 || !settled {
            return false;
        }
        let slowest =
            SimDuration::from_nanos(class.backbone.as_nanos().saturating_add(class.most.as_nanos()));
        let heard_by = |message: u64| context.sent(message).saturating_add(slowest);
        if self.deadline < heard_by(self.message) {
            return false;
        }
        let known = self.find_trouble(context, end, budget);
        let target = known.saturating_sub(class.replay);
        if target <= self.message {
            return false;
        }
        self.message = target;
        // Beats under way, if any, were sent before those passed over, and matter as little.
        self.pending.clear();
        match class.rule {
            Rule::Timeout(_) => self.deadline = self.deadline.max(heard_by(target)),
            Rule::Freshness(freshness) => {
                self.deadline = self.deadline.max(context.sent(target).saturating_add(freshness));
            }
            _ => {}
        }
        true
    }

    /// Walks to the next run of bad messages that may upset the detector, or as far as `end` and `budget` let it. Returns up to
    /// which message all is well: those before it can be skipped, but for the last `replay`, which are good; the walk stands so
    /// that it can be followed from there.
    fn find_trouble(&mut self, context: &HealthContext<'_>, end: SimTime, budget: &mut u32) -> u64 {
        let class = context.class;
        let limit = context.first_from(end);
        // Whether enough good messages in a row precede message `until`, if `last` was the last bad one.
        let clear = |last: u64, until: u64| until > last.saturating_add(class.replay.max(1));
        // The walk at the first bad message that is not made up for yet, and the last of them.
        let mut trouble: Option<(FateWalk, u64)> = None;
        let mut run = 0;
        loop {
            let next = self.walk.next();
            if self.walk.is_bad() && next >= self.message && next < limit {
                if next == self.message {
                    return next;
                }
                run = if trouble.is_some_and(|(_, last)| next == last + 1) { run + 1 } else { 1 };
                if class.tail > 0.0 && self.walk.is_late(context) {
                    // It may arrive after messages that went out later.
                    run = class.harmless + 1;
                }
                let first = trouble.filter(|(_, last)| !clear(*last, next));
                trouble = Some((first.map_or(self.walk, |(walk, _)| walk), next));
            }
            if next >= limit || *budget == 0 || run > class.harmless {
                let known = next.min(limit);
                return match trouble {
                    Some((before, last)) if !clear(last, known) => {
                        self.walk = before;
                        before.next()
                    }
                    _ => known,
                };
            }
            self.walk.advance(context);
            *budget -= 1;
        }
    }

    /// Sends the next message and notes what will come of it.
    fn visit(&mut self, context: &HealthContext<'_>, wait: Wait) {
        let message = self.message;
        let sent = context.sent(message);
        self.message += 1;
        let delay = if self.answering { self.walk.delay(context, message) } else { None };
        let delay = behind(delay, wait, context, message);
        let outcome = outcome_of(context.class.schedule, sent, delay, message);
        self.pending.extend(outcome);
    }

    /// Takes in an outcome; returns whether the verdict changes.
    fn learn(&mut self, context: &HealthContext<'_>, outcome: Outcome) -> bool {
        let before = self.suspected;
        let extended = match context.class.rule {
            Rule::Timeout(timeout) => outcome.at.saturating_add(timeout),
            Rule::Freshness(freshness) => context.sent(outcome.message + 1).saturating_add(freshness),
            Rule::Misses(misses) => {
                self.missed = if outcome.missed { self.missed.saturating_add(1).min(misses) } else { 0 };
                self.suspected = if outcome.missed { before || self.missed >= misses } else { false };
                return self.suspected != before;
            }
            Rule::Truth | Rule::Never => return false,
        };
        self.deadline = self.deadline.max(extended);
        self.suspected = before && outcome.at >= extended;
        self.suspected != before
    }
}

/// The deadline of a watch that begins at `now`, before the first message, which is `message`.
fn first_deadline(now: SimTime, context: &HealthContext<'_>, message: u64) -> SimTime {
    match context.class.rule {
        Rule::Timeout(timeout) => now.saturating_add(timeout),
        Rule::Freshness(freshness) => context.sent(message).saturating_add(freshness),
        _ => SimTime::MAX,
    }
}

/// The delay of message `number` that meets `wait` before the uplink; `None` if it is dropped there, or lost anyway.
pub(super) fn behind(
    delay: Option<SimDuration>,
    wait: Wait,
    context: &HealthContext<'_>,
    number: u64,
) -> Option<SimDuration> {
    let passes = wait.loss <= 0.0 || context.streams.queue.unit(context.node, number as u32) >= wait.loss;
    let delay = delay.filter(|_| passes)?;
    Some(SimDuration::from_nanos(delay.as_nanos().saturating_add(wait.delay.as_nanos())))
}

/// The moment after `now`.
pub(super) fn after(now: SimTime) -> SimTime {
    now.saturating_add(SimDuration::from_nanos(1))
}

/// What will be learnt of a message sent at `sent` that takes `delay`, or never arrives; `None` = nothing ever.
pub(super) fn outcome_of(
    schedule: Schedule,
    sent: SimTime,
    delay: Option<SimDuration>,
    message: u64,
) -> Option<Outcome> {
    let answer = delay.map(|delay| Outcome { at: sent.saturating_add(delay), missed: false, message });
    match schedule {
        Schedule::Probes { timeout, .. } => {
            Some(answer.filter(|answer| answer.at.since(sent) <= timeout).unwrap_or(Outcome {
                at: sent.saturating_add(timeout),
                missed: true,
                message,
            }))
        }
        _ => answer,
    }
}
