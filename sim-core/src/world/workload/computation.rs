//! A long computation on a node: work that is done at the speed of the node, saved now and then, and lost since the last save.
//!
//! Work w of `demand` seconds at speed 1. While it computes at speed s, `dw/dt = s`; while it saves or restores, time passes and no work
//! is done. Between two changes of speed everything is linear, so progress is charged exactly when something changes, and the next end of
//! a phase is known. A segment ends when its interval of computing time is over, or the work is done; what is done less than a microsecond
//! after the end of the interval belongs to it, so that rounding makes no extra segment.
//!
//! What a phase used up is told in the same unit, seconds of work that could have been done: time times speed. So all that was started is
//! useful, or wasted by some cause, or in progress, with nothing left over.

use crate::kernel::{SimDuration, SimTime};
use crate::typed_ids;

typed_ids! {
    /// A job; reused after the job is over.
    JobId;
    /// An instance of a job: one computation of it; reused after the job is over.
    InstanceId;
}

/// Slack at the end of an interval, seconds.
const SLACK: f64 = 1e-6;

/// What a computation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing: it has no slot.
    Idle,
    /// Recovering from a checkpoint.
    Restoring,
    /// Working.
    Computing,
    /// Taking a checkpoint.
    Saving,
}

/// What has been used up since the last charge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charge {
    /// What for.
    pub phase: Phase,
    /// Seconds in which the node ran.
    pub seconds: f64,
    /// Work done, or that could have been done.
    pub work: f64,
}

/// A computation.
#[derive(Clone, Copy, Debug)]
pub struct Computation {
    demand: f64,
    progress: f64,
    saved: f64,
    phase: Phase,
    /// Seconds of running left in the phase: infinite while only work or a transfer ends it.
    left: f64,
    speed: f64,
    since: SimTime,
}

impl Computation {
    /// One that has not begun, of `demand` seconds at speed 1.
    pub fn new(demand: f64) -> Self {
        Self {
            demand,
            progress: 0.0,
            saved: 0.0,
            phase: Phase::Idle,
            left: f64::INFINITY,
            speed: 0.0,
            since: SimTime::ZERO,
        }
    }

    /// Work of the whole computation.
    pub fn demand(&self) -> f64 {
        self.demand
    }

    /// Work done and not lost, as of the last charge.
    pub fn progress(&self) -> f64 {
        self.progress
    }

    /// Work in the last checkpoint.
    pub fn saved(&self) -> f64 {
        self.saved
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether all work is done.
    pub fn is_done(&self) -> bool {
        self.progress >= self.demand
    }

    /// Begins a phase of `left` seconds; the time before has been charged.
    pub fn begin(&mut self, now: SimTime, phase: Phase, left: f64, speed: f64) {
        (self.phase, self.left, self.speed, self.since) = (phase, left, speed, now);
    }

    /// Goes on at another speed; the time before has been charged.
    pub fn set_speed(&mut self, now: SimTime, speed: f64) {
        debug_assert_eq!(self.since, now, "the time before is charged first");
        self.speed = speed;
    }

    /// Charges what was done until now.
    pub fn charge(&mut self, now: SimTime) -> Charge {
        let seconds = if self.speed > 0.0 { now.since(self.since).as_secs_f64() } else { 0.0 };
        self.since = now;
        let mut work = seconds * self.speed;
        match self.phase {
            Phase::Idle => return Charge { phase: Phase::Idle, seconds: 0.0, work: 0.0 },
            Phase::Computing => {
                work = work.min(self.demand - self.progress);
                self.progress += work;
            }
            Phase::Restoring | Phase::Saving => {}
        }
        self.left = (self.left - seconds).max(0.0);
        Charge { phase: self.phase, seconds, work }
    }

    /// How long the phase goes on at the present speed; `None` while nothing ends it.
    pub fn ends_after(&self) -> Option<SimDuration> {
        if self.phase == Phase::Idle || self.speed <= 0.0 {
            return None;
        }
        let seconds = match self.phase {
            Phase::Computing if self.finishes_first() => (self.demand - self.progress) / self.speed,
            _ => self.left,
        };
        seconds.is_finite().then(|| SimDuration::from_secs_f64(seconds))
    }

    fn finishes_first(&self) -> bool {
        (self.demand - self.progress) / self.speed <= self.left + SLACK
    }

    /// The phase is over, as [`Self::ends_after`] said: the charge until now. Work that is done is done to the last bit.
    pub fn end(&mut self, now: SimTime) -> Charge {
        let finishes = self.phase == Phase::Computing && self.speed > 0.0 && self.finishes_first();
        let before = self.progress;
        let mut charge = self.charge(now);
        if finishes {
            charge.work = self.demand - before;
            self.progress = self.demand;
        }
        charge
    }

    /// A checkpoint of all work done is taken; the time before has been charged.
    pub fn save(&mut self) {
        self.saved = self.progress;
    }

    /// The last checkpoint is lost as well.
    pub fn forget_save(&mut self) {
        self.saved = 0.0;
    }

    /// It stops, and what is not saved is lost: how much. The time before has been charged.
    pub fn fail(&mut self) -> f64 {
        let lost = self.progress - self.saved;
        self.progress = self.saved;
        self.stop();
        lost
    }

    /// It stops and keeps what it has.
    pub fn stop(&mut self) {
        (self.phase, self.speed) = (Phase::Idle, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::from_secs_f64(seconds)
    }

    #[test]
    fn segments_follow_changes_of_speed() {
        let mut it = Computation::new(100.0);
        it.begin(at(0.0), Phase::Computing, 30.0, 2.0);
        assert_eq!(it.ends_after(), Some(SimDuration::from_secs(30)));
        let charge = it.charge(at(10.0));
        assert_eq!((charge.work, charge.seconds), (20.0, 10.0));
        it.set_speed(at(10.0), 0.0);
        assert_eq!(it.ends_after(), None);
        assert_eq!(it.charge(at(50.0)).work, 0.0);
        it.set_speed(at(50.0), 1.0);
        assert_eq!(it.ends_after(), Some(SimDuration::from_secs(20)));
        assert_eq!(it.end(at(70.0)).work, 20.0);
        it.begin(at(70.0), Phase::Saving, 5.0, 1.0);
        assert_eq!(it.end(at(75.0)), Charge { phase: Phase::Saving, seconds: 5.0, work: 5.0 });
        it.save();
        it.begin(at(75.0), Phase::Computing, 30.0, 3.0);
        assert_eq!(it.ends_after(), Some(SimDuration::from_secs(20)));
        it.charge(at(80.0));
        assert_eq!(it.fail(), 15.0);
        assert_eq!((it.progress(), it.saved(), it.ends_after()), (40.0, 40.0, None));
    }

    #[test]
    fn a_segment_that_rounding_leaves_over_is_part_of_the_last() {
        let mut it = Computation::new(10.0);
        it.begin(at(0.0), Phase::Computing, 10.0 - 1e-9, 1.0);
        assert_eq!(it.ends_after(), Some(SimDuration::from_secs(10)));
        assert_eq!(it.end(at(10.0)).work, 10.0);
        assert!(it.is_done());
    }
}
