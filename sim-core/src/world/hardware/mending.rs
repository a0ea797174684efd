//! What it takes to mend a node: the stages of a repair and their lengths.
//!
//! A fault is mended in stages: somebody notices; gives up, or orders the parts if any are needed; then comes the
//! hands-on work, which is the job of a crew where there are crews: `act`, plus the swap of a standard unit or the visit
//! of a technician. With `down` instead of a repair the whole of it is one job. A dead unit waits for its replacement
//! and then for the swap or the technician. Neither parts nor replacement are waited for where a spare of a standard unit
//! is on the shelf.
//!
//! A hang ends with a reboot, by the watchdog if it works, else by a human.
//!
//! Defaults (catalog): notice from minutes to days, act in the median 6 h at home, next business day in an office, 3 to
//! 10 d remote, parts 2 to 7 d, give-up 5 to 20 % per failure \[A\]. Left out: repairs that fail, and stocks of spares
//! that run out.

use crate::kernel::{Dist, SimDuration, Stream};
use crate::scenario::spec::{Build, Death, Hangs, Hardware};

/// Draws of one repair: its index is [`DRAWS`] times its number plus one of these.
const NOTICE: u32 = 0;
const GIVES_UP: u32 = 1;
const NEEDS_PARTS: u32 = 2;
const PARTS: u32 = 3;
const ACT: u32 = 4;
const BUILD: u32 = 5;
const SPARE: u32 = 6;
/// Draws that a repair has for itself.
const DRAWS: u32 = 8;

/// The stages of mending one failure. A stage of no length is passed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mending {
    /// Until it is noticed.
    pub notice: SimDuration,
    /// Whether the owner gives up then.
    pub gives_up: bool,
    /// Until parts or a replacement are there; [`SimDuration::MAX`]: never.
    pub wait: SimDuration,
    /// Hands-on work.
    pub work: SimDuration,
}

/// One repair's draws.
struct Draws<'a> {
    stream: &'a Stream,
    node: u32,
    number: u32,
}

impl Draws<'_> {
    fn duration(&self, dist: Option<&Dist>, which: u32) -> SimDuration {
        dist.map_or(SimDuration::ZERO, |dist| dist.draw_duration(self.stream, self.node, self.index(which)))
    }

    fn chance(&self, probability: f64, which: u32) -> bool {
        probability > 0.0 && self.stream.unit(self.node, self.index(which)) < probability
    }

    fn index(&self, which: u32) -> u32 {
        DRAWS * self.number + which
    }

    /// Time that exchanging takes by itself, and whether nothing is waited for.
    fn exchange(&self, build: Option<&Build>) -> (SimDuration, bool) {
        match build {
            None => (SimDuration::ZERO, false),
            Some(Build::Standard { swap, spare }) => {
                (self.duration(Some(swap), BUILD), self.chance(*spare, SPARE))
            }
            Some(Build::Bespoke { technician }) => (self.duration(Some(technician), BUILD), false),
        }
    }
}

impl Mending {
    /// Of fault number `fault` of `node`, numbered from zero. `down` is the time that it takes without a `repair`; `stream` that of
    /// [`crate::kernel::Process::Repair`].
    pub fn of_fault(
        hardware: &Hardware,
        build: Option<&Build>,
        down: SimDuration,
        stream: &Stream,
        node: u32,
        fault: u32,
    ) -> Self {
        let draws = Draws { stream, node, number: fault };
        let (exchange, spare) = draws.exchange(build);
        let Some(repair) = &hardware.repair else {
            let work = SimDuration::from_nanos(down.as_nanos().saturating_add(exchange.as_nanos()));
            return Self { notice: SimDuration::ZERO, gives_up: false, wait: SimDuration::ZERO, work };
        };
        let parts =
            repair.parts.as_ref().filter(|parts| !spare && draws.chance(parts.probability, NEEDS_PARTS));
        Self {
            notice: draws.duration(repair.notice.as_ref(), NOTICE),
            gives_up: draws.chance(repair.give_up, GIVES_UP),
            wait: draws.duration(parts.map(|parts| &parts.wait), PARTS),
            work: SimDuration::from_nanos(
                draws.duration(repair.act.as_ref(), ACT).as_nanos().saturating_add(exchange.as_nanos()),
            ),
        }
    }

    /// Of death number `death` of `node`; `stream` is that of [`crate::kernel::Process::Replacement`].
    pub fn of_death(death: &Death, build: Option<&Build>, stream: &Stream, node: u32, number: u32) -> Self {
        let draws = Draws { stream, node, number };
        let (work, spare) = draws.exchange(build);
        let wait = match &death.replacement {
            _ if spare => SimDuration::ZERO,
            Some(replacement) => draws.duration(Some(replacement), PARTS),
            None => SimDuration::MAX,
        };
        Self { notice: SimDuration::ZERO, gives_up: false, wait, work }
    }
}

/// Time from hang number `hang` of `node` to the reboot; `stream` is that of [`crate::kernel::Process::Hang`], of which draw
/// `3k` is the exposure before hang k.
pub fn time_to_reboot(hangs: &Hangs, stream: &Stream, node: u32, hang: u32) -> SimDuration {
    let works = stream.unit(node, 3 * hang + 1) < hangs.watchdog_works;
    let who = hangs.watchdog.as_ref().filter(|_| works).or(hangs.human.as_ref());
    who.map_or(SimDuration::MAX, |dist| dist.draw_duration(stream, node, 3 * hang + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};
    use crate::scenario::spec::{Parts, Repair};

    const HOUR: f64 = 3600.0;

    fn hours(h: f64) -> SimDuration {
        SimDuration::from_secs_f64(h * HOUR)
    }

    fn repair(give_up: f64, probability: f64) -> Hardware {
        let parts = Parts { probability, wait: Dist::Constant(48.0 * HOUR) };
        Hardware {
            repair: Some(Repair {
                notice: Some(Dist::Constant(HOUR)),
                act: Some(Dist::Constant(2.0 * HOUR)),
                parts: Some(parts),
                give_up,
            }),
            ..Hardware::default()
        }
    }

    #[test]
    fn stages_follow_the_draws() {
        let stream = Streams::new(3, 0).stream(Process::Repair, 0);
        let of = |hardware: &Hardware, build: Option<&Build>| {
            Mending::of_fault(hardware, build, SimDuration::ZERO, &stream, 4, 2)
        };
        let plain = of(&repair(0.0, 1.0), None);
        assert_eq!((plain.notice, plain.wait, plain.work), (hours(1.0), hours(48.0), hours(2.0)));
        assert!(!plain.gives_up && of(&repair(1.0, 0.0), None).gives_up);
        let standard = Build::Standard { swap: Dist::Constant(0.5 * HOUR), spare: 1.0 };
        let swapped = of(&repair(0.0, 1.0), Some(&standard));
        assert_eq!((swapped.wait, swapped.work), (SimDuration::ZERO, hours(2.5)));
        let bespoke = Build::Bespoke { technician: Dist::Constant(24.0 * HOUR) };
        assert_eq!(of(&repair(0.0, 1.0), Some(&bespoke)).work, hours(26.0));
    }

    #[test]
    fn a_share_of_repairs_needs_parts_and_a_share_is_given_up() {
        let stream = Streams::new(3, 0).stream(Process::Repair, 0);
        let hardware = repair(0.2, 0.4);
        let all: Vec<Mending> = (0..20_000)
            .map(|fault| {
                Mending::of_fault(&hardware, None, SimDuration::ZERO, &stream, fault % 10, fault / 10)
            })
            .collect();
        let share =
            |of: fn(&Mending) -> bool| all.iter().filter(|it| of(it)).count() as f64 / all.len() as f64;
        assert!((share(|it| it.gives_up) - 0.2).abs() < 0.015);
        assert!((share(|it| it.wait > SimDuration::ZERO) - 0.4).abs() < 0.018);
    }

    #[test]
    fn a_hang_is_ended_by_the_watchdog_or_a_human() {
        let stream = Streams::new(3, 0).stream(Process::Hang, 0);
        let hangs = Hangs {
            every: Dist::Constant(1.0),
            watchdog: Some(Dist::Constant(300.0)),
            watchdog_works: 0.7,
            human: Some(Dist::Constant(6.0 * HOUR)),
        };
        let all: Vec<f64> =
            (0..20_000).map(|hang| time_to_reboot(&hangs, &stream, 0, hang).as_secs_f64()).collect();
        let quick = all.iter().filter(|time| **time < 301.0).count() as f64 / all.len() as f64;
        assert!((quick - 0.7).abs() < 0.017, "{quick}");
        let never = Hangs { watchdog: None, human: None, ..hangs };
        assert_eq!(time_to_reboot(&never, &stream, 0, 0), SimDuration::MAX);
    }
}
