//! What is charged of objects: those lost, the time in which they cannot be read, reads that fail, what holds others up, and writes that fail.
//!
//! Time is added up in whole nanoseconds, so the parts make the whole exactly.

use super::Root;
use crate::kernel::SimTime;
use crate::measure::catalog::of_workload;

/// What had become of the shards that an object missed before it lost one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// None was missing: too many went at once.
    AtOnce,
    /// Nobody had noticed.
    Undetected,
    /// Suspected, and given time to come back.
    Grace,
    /// Known, but fewer than the policy repairs for.
    Tolerated,
    /// Their repair waited for its turn, a check, or shards to repair from.
    Queued,
    /// There was no node for them.
    NoSpare,
    /// They were being repaired.
    Repairing,
    /// The policy repairs nothing.
    NoRepair,
}

impl Known {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::AtOnce,
        Self::Undetected,
        Self::Grace,
        Self::Tolerated,
        Self::Queued,
        Self::NoSpare,
        Self::Repairing,
        Self::NoRepair,
    ];

    /// Its name in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "at_once",
            Self::Undetected => "undetected",
            Self::Grace => "grace",
            Self::Tolerated => "tolerated",
            Self::Queued => "queued",
            Self::NoSpare => "no_spare",
            Self::Repairing => "repairing",
            Self::NoRepair => "no_repair",
        }
    }
}

/// Objects that cannot be read, over time.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    count: u64,
    /// Nanoseconds of objects until `since`.
    area: u128,
    since: SimTime,
}

impl Level {
    fn area(self, now: SimTime) -> u128 {
        self.area + u128::from(self.count) * u128::from(now.since(self.since).as_nanos())
    }

    fn change(&mut self, now: SimTime, by: i64) {
        *self = Self { count: self.count.saturating_add_signed(by), area: self.area(now), since: now };
    }
}

/// What is charged of the objects of one workload.
#[derive(Clone, Debug)]
pub struct ObjectTally {
    lost: [u64; Root::TABLE],
    lost_while: [u64; Known::ALL.len()],
    unreadable: [Level; Root::TABLE],
    unreadable_while: [Level; Known::ALL.len()],
    reads: [u64; Root::TABLE],
    /// Nanoseconds that reads were held up, and reads that were done.
    delays: [u128; Root::TABLE],
    done: u64,
    writes: [u64; Root::TABLE],
}

impl Default for ObjectTally {
    fn default() -> Self {
        Self {
            lost: [0; Root::TABLE],
            lost_while: [0; Known::ALL.len()],
            unreadable: [Level::default(); Root::TABLE],
            unreadable_while: [Level::default(); Known::ALL.len()],
            reads: [0; Root::TABLE],
            delays: [0; Root::TABLE],
            done: 0,
            writes: [0; Root::TABLE],
        }
    }
}

impl ObjectTally {
    /// What objects and reads can be charged to, reads that are held up and writes also to `more`.
    fn roots(more: &[Root]) -> impl Iterator<Item = Root> {
        let others = [Root::MessageLoss, Root::Unreachable, Root::SlowNetwork, Root::Withheld, Root::Rot];
        Root::of_nodes().chain(others).chain(more.iter().copied())
    }

    /// Forgets what was before `now`, and whatever objects cannot be read then.
    pub fn restart(&mut self, now: SimTime) {
        *self = Self::default();
        for level in self.unreadable.iter_mut().chain(&mut self.unreadable_while) {
            level.since = now;
        }
    }

    /// An object cannot be read from now on (`by` = 1), or can be again (-1).
    pub fn unreadable(&mut self, now: SimTime, root: Root, known: Known, by: i64) {
        self.unreadable[root.index()].change(now, by);
        self.unreadable_while[known as usize].change(now, by);
    }

    /// An object is lost.
    pub fn lost(&mut self, root: Root, known: Known) {
        self.lost[root.index()] += 1;
        self.lost_while[known as usize] += 1;
    }

    /// A read has failed.
    pub fn read(&mut self, root: Root) {
        self.reads[root.index()] += 1;
    }

    /// A read is done that was held up so many nanoseconds in all, by several roots.
    pub fn read_done(&mut self, delays: impl IntoIterator<Item = (Root, u64)>) {
        self.done += 1;
        for (root, nanoseconds) in delays {
            self.delays[root.index()] += u128::from(nanoseconds);
        }
    }

    /// A write has failed.
    pub fn write(&mut self, root: Root) {
        self.writes[root.index()] += 1;
    }

    /// Adds what another workload was charged, until `now`.
    pub fn merge(&mut self, other: &Self, now: SimTime) {
        let add = |mine: &mut [u64], theirs: &[u64]| mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        add(&mut self.lost, &other.lost);
        add(&mut self.lost_while, &other.lost_while);
        add(&mut self.reads, &other.reads);
        add(&mut self.writes, &other.writes);
        self.delays.iter_mut().zip(other.delays).for_each(|(a, b)| *a += b);
        self.done += other.done;
        let levels = self.unreadable.iter_mut().chain(&mut self.unreadable_while);
        for (mine, theirs) in levels.zip(other.unreadable.iter().chain(&other.unreadable_while)) {
            *mine = Level { count: 0, area: mine.area(now) + theirs.area(now), since: now };
        }
    }

    /// Writes the metrics of a workload, or of all together; `exposure` are the seconds of all objects at risk, `are_read` and `are_written` say whether
    /// any is.
    pub fn put(
        &self,
        now: SimTime,
        exposure: f64,
        (are_read, are_written): (bool, bool),
        workload: Option<&str>,
        metrics: &mut Vec<(String, f64)>,
    ) {
        let mut tell = |name: String, value: f64| {
            let name = workload.map_or_else(|| name.clone(), |workload| of_workload(&name, workload));
            metrics.push((name, value));
        };
        let share = |area: u128| area as f64 * 1e-9 / exposure;
        tell("blame.objects.lost".to_owned(), self.lost.iter().sum::<u64>() as f64);
        let area: u128 = self.unreadable.iter().map(|level| level.area(now)).sum();
        tell("blame.objects.unavailable".to_owned(), share(area));
        for root in Self::roots(&[]) {
            let (name, index) = (root.name(), root.index());
            tell(format!("blame.objects.lost.{name}"), self.lost[index] as f64);
            tell(format!("blame.objects.unavailable.{name}"), share(self.unreadable[index].area(now)));
        }
        for known in Known::ALL {
            let (name, index) = (known.name(), known as usize);
            tell(format!("blame.objects.lost_while.{name}"), self.lost_while[index] as f64);
            tell(
                format!("blame.objects.unavailable_while.{name}"),
                share(self.unreadable_while[index].area(now)),
            );
        }
        if are_read {
            tell("blame.objects.reads".to_owned(), self.reads.iter().sum::<u64>() as f64);
            for root in Self::roots(&[]) {
                tell(format!("blame.objects.reads.{}", root.name()), self.reads[root.index()] as f64);
            }
            self.put_delays(&mut tell);
        }
        if are_written {
            tell("blame.objects.writes".to_owned(), self.writes.iter().sum::<u64>() as f64);
            for root in Self::roots(&[Root::NoPlace]) {
                tell(format!("blame.objects.writes.{}", root.name()), self.writes[root.index()] as f64);
            }
        }
    }

    fn put_delays(&self, tell: &mut impl FnMut(String, f64)) {
        if self.done == 0 {
            return;
        }
        let mean = |nanoseconds: u128| nanoseconds as f64 / self.done as f64 * 1e-9;
        tell("blame.objects.read_delay".to_owned(), mean(self.delays.iter().sum()));
        for root in Self::roots(&[Root::Queueing]) {
            tell(format!("blame.objects.read_delay.{}", root.name()), mean(self.delays[root.index()]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fleet::Cause;

    #[test]
    fn time_that_is_charged_adds_up() {
        let at = |seconds: u64| SimTime::from_nanos(seconds * 1_000_000_000);
        let (grid, rot) = (Root::Down(Cause::Grid), Root::Rot);
        let mut one = ObjectTally::default();
        one.unreadable(at(0), grid, Known::AtOnce, 1);
        one.unreadable(at(10), grid, Known::AtOnce, -1);
        one.unreadable(at(10), rot, Known::Repairing, 1);
        one.lost(rot, Known::Repairing);
        one.read(grid);
        one.read_done([(grid, 3_000_000_000), (Root::Queueing, 1_000_000_000)]);
        one.write(Root::NoPlace);
        let mut all = ObjectTally::default();
        all.merge(&one, at(30));
        all.merge(&one, at(30));
        let mut metrics = Vec::new();
        all.put(at(30), 600.0, (true, true), None, &mut metrics);
        one.put(at(30), 300.0, (false, false), Some("x"), &mut metrics);
        let value = |name: &str| metrics.iter().find(|(it, _)| it == name).map(|(_, value)| *value);
        for (name, expected) in [
            ("blame.objects.unavailable", 0.1),
            ("blame.objects.unavailable.grid", 1.0 / 30.0),
            ("blame.objects.unavailable_while.repairing", 1.0 / 15.0),
            ("blame.objects.lost", 2.0),
            ("blame.objects.lost_while.repairing", 2.0),
            ("blame.objects.reads.grid", 2.0),
            ("blame.objects.read_delay", 4.0),
            ("blame.objects.read_delay.queueing", 1.0),
            ("blame.objects.writes.no_place", 2.0),
            ("blame[x].objects.unavailable.rot", 1.0 / 15.0),
        ] {
            assert!(value(name).is_some_and(|it| (it - expected).abs() < 1e-12), "{name}: {:?}", value(name));
        }
        assert_eq!(value("blame[x].objects.reads"), None);
        assert!(metrics.iter().all(|(name, _)| crate::measure::catalog::lookup(name).is_some()));
    }
}
