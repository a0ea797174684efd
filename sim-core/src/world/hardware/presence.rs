//! Hosts that their owners switch on and off.
//!
//! Each host is of one kind: always on; diurnal, away between two times of day; or alternating at random between drawn
//! times on and off. The times of an alternating host are multiplied by two factors of its own, lognormal with median 1.
//!
//! Nine published fits of times on and off are in the catalog (Javadi, Kondo, Iosup, Epema, "The Failure Trace Archive",
//! JPDC 73(8), 2013), per host: the on time is that of one host, not the time between failures anywhere in the fleet.
//! Of SETI@home hosts a fifth to a third alternate at random (Javadi et al., MASCOTS 2009); the others have a
//! daily rhythm, a trend, or are always on.
//!
//! Draw `2k` of a host is its k-th time on, draw `2k + 1` the time off after it. Left out: weekends, time zones within a
//! region, hosts that change their habits.

use crate::kernel::{Dist, SimDuration, SimTime, Stream, normal_quantile};
use crate::scenario::spec::{LocalDateTime, Presence};

const DAY: i64 = 86_400;

/// The habit of one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Habit {
    /// Always on.
    Always,
    /// Alternating at random, times multiplied by these factors.
    Random {
        /// On times.
        on: f64,
        /// Off times.
        off: f64,
    },
    /// Away between these times of day, in seconds, shifted by the host's own shift.
    Daily {
        /// Goes.
        from: i64,
        /// Comes back.
        to: i64,
    },
}

impl Habit {
    /// The habit of host `node`; `stream` is that of [`crate::kernel::Process::Host`].
    pub fn of(presence: &Presence, stream: &Stream, node: u32) -> Self {
        let kind = stream.unit(node, 0);
        let daily = presence.daily.as_ref().filter(|daily| kind < daily.share);
        if let Some(daily) = daily {
            let spread = daily.spread.as_secs_f64();
            let shift = libm::round(spread * (2.0 * stream.unit(node, 3) - 1.0)) as i64;
            let second = |clock: SimDuration| (clock.as_secs_f64() as i64 + shift).rem_euclid(DAY);
            return Self::Daily { from: second(daily.from), to: second(daily.to) };
        }
        if 1.0 - kind < presence.always || presence.on.is_none() {
            return Self::Always;
        }
        let sigma = presence.heterogeneity;
        let factor = |index| libm::exp(sigma * normal_quantile(stream.unit(node, index)));
        let (on, off) = if sigma > 0.0 { (factor(1), factor(2)) } else { (1.0, 1.0) };
        Self::Random { on, off }
    }

    /// Whether the host is away at the beginning of a run that starts at `start`.
    pub fn starts_away(self, start: LocalDateTime) -> bool {
        match self {
            Self::Daily { from, to } => {
                let second = start.seconds.rem_euclid(DAY);
                (second - from).rem_euclid(DAY) < (to - from).rem_euclid(DAY)
            }
            _ => false,
        }
    }

    /// How long the host stays as it is, `away` or not, from `now` on, after `switches` changes; [`SimDuration::MAX`]: for ever.
    /// `stream` is that of [`crate::kernel::Process::Presence`].
    pub fn stays(
        self,
        presence: &Presence,
        away: bool,
        now: SimTime,
        start: LocalDateTime,
        stream: &Stream,
        place: (u32, u32),
    ) -> SimDuration {
        let (node, switches) = place;
        match self {
            Self::Always => SimDuration::MAX,
            Self::Random { on, off } => {
                let (dist, factor): (Option<&Dist>, f64) =
                    if away { (presence.off.as_ref(), off) } else { (presence.on.as_ref(), on) };
                dist.map_or(SimDuration::MAX, |dist| {
                    SimDuration::from_secs_f64(dist.draw(stream, node, switches) * factor)
                })
            }
            Self::Daily { from, to } => {
                let target = if away { to } else { from };
                let midnight = start.seconds.rem_euclid(DAY) as u64 * 1_000_000_000;
                let day = DAY as u64 * 1_000_000_000;
                let of_day = (midnight + now.as_nanos() % day) % day;
                let wait = (target as u64 * 1_000_000_000 + day - of_day) % day;
                SimDuration::from_nanos(if wait == 0 { day } else { wait })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};
    use crate::scenario::spec::DailyPresence;

    fn hours(h: u64) -> SimDuration {
        SimDuration::from_secs(3600 * h)
    }

    fn presence() -> Presence {
        Presence {
            on: Some(Dist::Constant(7200.0)),
            off: Some(Dist::Constant(3600.0)),
            heterogeneity: 0.5,
            always: 0.3,
            daily: Some(DailyPresence {
                share: 0.2,
                from: hours(22),
                to: hours(6),
                spread: SimDuration::ZERO,
            }),
        }
    }

    #[test]
    fn hosts_are_of_three_kinds() {
        let stream = Streams::new(1, 0).stream(Process::Host, 0);
        let all: Vec<Habit> = (0..20_000).map(|node| Habit::of(&presence(), &stream, node)).collect();
        let share = |of: fn(&Habit) -> bool| all.iter().filter(|it| of(it)).count() as f64 / all.len() as f64;
        assert!((share(|it| matches!(it, Habit::Daily { .. })) - 0.2).abs() < 0.015);
        assert!((share(|it| matches!(it, Habit::Always)) - 0.3).abs() < 0.017);
        // The factors have median 1.
        assert!((share(|it| matches!(it, Habit::Random { on, .. } if *on > 1.0)) - 0.25).abs() < 0.016);
    }

    #[test]
    fn a_diurnal_host_keeps_its_hours_over_midnight() {
        let stream = Streams::new(1, 0).stream(Process::Presence, 0);
        let habit = Habit::Daily { from: 22 * 3600, to: 6 * 3600 };
        let start = |hour: i64| LocalDateTime { seconds: 19_000 * DAY + 3600 * hour };
        assert!(habit.starts_away(start(23)) && habit.starts_away(start(0)) && habit.starts_away(start(22)));
        assert!(!habit.starts_away(start(6)) && !habit.starts_away(start(21)));
        let stays = |away, now: u64, hour| {
            let now = SimTime::ZERO + hours(now);
            habit.stays(&presence(), away, now, start(hour), &stream, (0, 0))
        };
        assert_eq!(stays(false, 0, 10), hours(12));
        assert_eq!(stays(true, 12, 10), hours(8));
        assert_eq!(stays(false, 20, 10), hours(16));
        assert_eq!(stays(true, 0, 23), hours(7));
    }
}
