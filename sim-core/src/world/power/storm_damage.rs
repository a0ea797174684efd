//! What storms do to feeders: a random share is hit, and they are restored one after another.
//!
//! A storm j from S to E hits each feeder with probability `share_j`, at a uniform moment of [S, E]. Crews begin after it: the
//! first feeder is restored at `E + first_j`, the last at `E + first_j + D_j`, and each feeder hit at a uniform moment between.
//! Total duration, time to the first restoration and progress are drawn apart, as in Ahmad and Dobson, "Typical models of the
//! distribution system restoration process", arXiv:2603.16841 [L: abstract]: duration lognormal, first restoration gamma,
//! normalised progress beta or, acceptably, uniform.
//!
//! A feeder that is hit again before it is restored stays out until the later of both restorations. Share, first restoration
//! and duration are draws of the storm (entity j), hit, moment and restoration draws of the feeder (index 3j, 3j + 1, 3j + 2).
//! Left out: that larger storms take longer (draw longer ones with a heavier `restoration`), and the path of a storm.

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::scenario::spec::StormDamage;

/// Where the draws come from.
#[derive(Clone, Copy, Debug)]
pub struct StormStreams {
    /// Of [`crate::kernel::Process::StormSeverity`].
    pub severity: Stream,
    /// Of [`crate::kernel::Process::StormDamage`].
    pub feeder: Stream,
}

/// What storm number `storm` does to feeder number `feeder`.
fn hit(
    storm: usize,
    feeder: u32,
    damage: &StormDamage,
    storms: &[(SimTime, SimTime)],
    streams: &StormStreams,
) -> Option<(SimTime, SimTime)> {
    let (begin, end) = storms[storm];
    let storm = storm as u32;
    let share = damage.share.draw(&streams.severity, storm, 0);
    if streams.feeder.unit(feeder, 3 * storm) >= share {
        return None;
    }
    let into = end.since(begin).as_secs_f64() * streams.feeder.unit(feeder, 3 * storm + 1);
    let first = damage.first_restore.draw(&streams.severity, storm, 1);
    let all = damage.restoration.draw(&streams.severity, storm, 2);
    let after = first + all * streams.feeder.unit(feeder, 3 * storm + 2);
    Some((
        begin.saturating_add(SimDuration::from_secs_f64(into)),
        end.saturating_add(SimDuration::from_secs_f64(after)),
    ))
}

/// The next outage of feeder number `feeder` by storm number `from` or a later one: its beginning, its end, and the number of
/// the first storm that has nothing to do with it. `storms` are disjoint, in order.
pub fn next_outage(
    from: usize,
    feeder: u32,
    damage: &StormDamage,
    storms: &[(SimTime, SimTime)],
    streams: &StormStreams,
) -> Option<(SimTime, SimTime, usize)> {
    let of = |storm| hit(storm, feeder, damage, storms, streams);
    let (mut storm, (begin, mut end)) = (from..storms.len()).find_map(|storm| Some((storm, of(storm)?)))?;
    storm += 1;
    while storm < storms.len() && storms[storm].0 <= end {
        match of(storm) {
            Some((again, until)) if again <= end => end = end.max(until),
            Some(_) => break,
            None => {}
        }
        storm += 1;
    }
    Some((begin, end, storm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Dist, Process, Streams};

    const HOUR: f64 = 3600.0;

    fn at(hours: f64) -> SimTime {
        SimTime::from_secs_f64(hours * HOUR)
    }

    fn streams(replication: u32) -> StormStreams {
        let streams = Streams::new(9, replication);
        StormStreams {
            severity: streams.stream(Process::StormSeverity, 0),
            feeder: streams.stream(Process::StormDamage, 0),
        }
    }

    fn damage(share: f64) -> StormDamage {
        StormDamage {
            share: Dist::Constant(share),
            first_restore: Dist::Constant(2.0 * HOUR),
            restoration: Dist::Constant(10.0 * HOUR),
        }
    }

    #[test]
    fn a_share_is_hit_in_the_storm_and_restored_after_it() {
        let storms = [(at(10.0), at(14.0))];
        let feeders = 10_000;
        let (mut hits, mut mean_begin, mut mean_end) = (0.0, 0.0, 0.0);
        for feeder in 0..feeders {
            let Some((begin, end, next)) = next_outage(0, feeder, &damage(0.3), &storms, &streams(0)) else {
                continue;
            };
            assert_eq!(next, 1);
            assert!((at(10.0)..=at(14.0)).contains(&begin) && (at(16.0)..=at(26.0)).contains(&end));
            hits += 1.0;
            mean_begin += begin.as_secs_f64() / HOUR;
            mean_end += end.as_secs_f64() / HOUR;
        }
        assert!((hits / f64::from(feeders) - 0.3).abs() < 0.02, "{hits}");
        assert!((mean_begin / hits - 12.0).abs() < 0.1 && (mean_end / hits - 21.0).abs() < 0.3);
    }

    #[test]
    fn a_greater_share_hits_the_same_feeders_and_more() {
        let storms = [(at(10.0), at(14.0))];
        for feeder in 0..2000 {
            let few = next_outage(0, feeder, &damage(0.2), &storms, &streams(1));
            let many = next_outage(0, feeder, &damage(0.6), &storms, &streams(1));
            assert!(few.is_none() || few == many);
        }
    }

    #[test]
    fn outages_of_a_feeder_never_overlap() {
        let storms: Vec<_> =
            (0..40).map(|i| (at(f64::from(i) * 6.0), at(f64::from(i) * 6.0 + 3.0))).collect();
        let mut merged = 0;
        for feeder in 0..500 {
            let (mut from, mut before) = (0, SimTime::ZERO);
            while let Some((begin, end, next)) = next_outage(from, feeder, &damage(0.4), &storms, &streams(2))
            {
                assert!(begin > before || from == 0, "feeder {feeder}: {begin} after {before}");
                assert!(end > begin && next > from);
                merged += u32::from(end.since(begin).as_secs_f64() > 15.0 * HOUR);
                (from, before) = (next, end);
            }
        }
        assert!(merged > 100, "hits in quick succession are one outage");
    }
}
