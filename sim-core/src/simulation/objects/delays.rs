//! Blame of reads that are done, but later than they could be.
//!
//! ```text
//!   read begins ──► other shards awaited in vain ──► asked ──► messages ──► node down ──► shard moves ──► the k-th has come
//! ```
//!
//! A read is done when its k-th shard has come; the course of that one decides. The time before it was asked for is charged to what befell the shard that the read had asked for instead. Of
//! the rest, messages there and back and the transfer at the full rate of its way are the read's own; beyond those, messages that were sent again and segments that
//! were lost are `message_loss`, a node that is down meanwhile is charged to what it is down for, and a link that others share (or a cap) to `queueing`. The parts add up to the latency to the
//! nanosecond: own time, and `blame.objects.read_delay`.

use super::super::Simulation;
use super::pieces::Piece;
use crate::kernel::{SimDuration, SimTime};
use crate::measure::blame::Root;

/// Where the time of a shard has gone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    asked: SimTime,
    /// What the time before is charged to.
    before: Root,
    /// Until when all is charged.
    mark: SimTime,
    /// Nanoseconds for lost messages, on shared links, and with the node down, with what it was down for first.
    lost: u64,
    shared: u64,
    down: (Root, u64),
}

impl Course {
    /// The nanoseconds since it was charged last.
    fn lap(&mut self, now: SimTime) -> u64 {
        let lap = now.since(self.mark).as_nanos();
        self.mark = now;
        lap
    }
}

impl Simulation<'_> {
    fn course(&mut self, piece: u32) -> Option<(SimTime, &mut Course)> {
        let now = self.engine.now();
        Some((now, self.blame.as_mut()?.objects.courses.get_mut(piece as usize)?))
    }

    /// A shard is asked for.
    pub(super) fn blame_asked(&mut self, piece: u32) {
        let now = self.engine.now();
        let Some(blame) = &mut self.blame else { return };
        let (before, down) = (Root::Withheld, (Root::Withheld, 0));
        let course = Course { asked: now, before, mark: now, lost: 0, shared: 0, down };
        let courses = &mut blame.objects.courses;
        if courses.len() <= piece as usize {
            courses.resize(piece as usize + 1, course);
        }
        courses[piece as usize] = course;
    }

    /// It was asked for later than the first, since something held the read up.
    pub(super) fn blame_asked_late(&mut self, piece: u32, before: Root) {
        if let Some((_, course)) = self.course(piece) {
            course.before = before;
        }
    }

    /// Its node is asked (again): until now that was down.
    pub(super) fn blame_silence(&mut self, piece: u32, node: u32) {
        let root = self.last_down_for(crate::world::fleet::NodeId(node)).unwrap_or(Root::Withheld);
        if let Some((now, course)) = self.course(piece) {
            let silent = course.lap(now);
            let root = if course.down.1 > 0 { course.down.0 } else { root };
            course.down = (root, course.down.1 + silent);
        }
    }

    /// Its messages have gone there and back, for which they take so long if none is lost; or what loss held up is there.
    pub(super) fn blame_heard(&mut self, piece: u32, alone: Option<SimDuration>) {
        if let Some((now, course)) = self.course(piece) {
            let lap = course.lap(now);
            course.lost += lap.saturating_sub(alone.map_or(0, SimDuration::as_nanos));
        }
    }

    /// The links have done their part.
    pub(super) fn blame_moved(&mut self, piece: u32, it: &Piece) {
        if self.blame.is_none() {
            return;
        }
        let seconds = it.bytes / self.rate_alone(it.site, it.other);
        if let Some((now, course)) = self.course(piece) {
            let lap = course.lap(now);
            course.shared += lap.saturating_sub(SimDuration::from_secs_f64(seconds).as_nanos());
        }
    }

    /// A read is done with this shard.
    pub(super) fn blame_read_done(&mut self, (set, began): (u16, SimTime), piece: u32) {
        let counts = began >= self.collect.from;
        let Some((_, course)) = self.course(piece) else { return };
        let before = (course.before, course.asked.since(began).as_nanos());
        let delays = [before, (Root::MessageLoss, course.lost), (Root::Queueing, course.shared), course.down];
        if let Some(blame) = self.blame.as_mut().filter(|_| counts) {
            blame.objects.sets[usize::from(set)].read_done(delays);
        }
    }
}
