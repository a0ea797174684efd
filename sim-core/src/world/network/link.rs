//! Loss of messages on an access link.
//!
//! Loss is independent from message to message ([`Loss::Bernoulli`]) or follows a continuous-time Gilbert–Elliott model
//! ([`Loss::GilbertElliott`]): the link is good or bad, the sojourns are exponential with rates `to_bad` (1/s, out of
//! good) and `to_good` (out of bad), and a message is lost with the probability that belongs to the state at the moment
//! it is sent. The state at t = 0 is drawn from the stationary distribution, `P(bad) = to_bad / (to_bad + to_good)`, so
//! `P(bad at t | bad at 0) = π_B + π_G · exp(−(to_bad + to_good) t)`.
//!
//! The timeline of states is a pure function of (seed, replication, site): any number of cursors can walk it, at their
//! own pace, and all see the same sojourns. Left out: loss that depends on load, reordering beyond what independent
//! latencies cause, and correlation of latency with the state.
//!
//! Sources: E. N. Gilbert, "Capacity of a burst-noise channel", BSTJ 39 (1960); E. O. Elliott, BSTJ 42 (1963).

use crate::kernel::{Dist, SimDuration, SimTime, Stream};
use crate::scenario::Loss;

/// A cursor on the good/bad timeline of one site's link: the sojourn that contains the last moment asked about.
///
/// For a link without a Gilbert–Elliott model the timeline is one endless good sojourn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkState {
    ends: SimTime,
    sojourn: u32,
    bad: bool,
}

impl LinkState {
    /// The cursor at t = 0. `stream` is that of [`crate::kernel::Process::LinkState`].
    pub fn new(loss: Option<&Loss>, stream: &Stream, site: u32) -> Self {
        let Some(Loss::GilbertElliott { to_bad, to_good, .. }) = loss else {
            return Self { ends: SimTime::MAX, sojourn: 0, bad: false };
        };
        let bad = to_bad.0 > 0.0 && stream.unit(site, 0) * (to_bad.0 + to_good.0) < to_bad.0;
        let mut state = Self { ends: SimTime::ZERO, sojourn: 0, bad };
        state.ends = state.end_of_sojourn(SimTime::ZERO, loss, stream, site);
        state
    }

    /// Moves the cursor forward to `now` and says whether the link is in the bad state then. A sojourn includes its
    /// beginning and excludes its end. Moments before the current sojourn are not accepted.
    pub fn bad_at(&mut self, now: SimTime, loss: Option<&Loss>, stream: &Stream, site: u32) -> bool {
        while self.ends <= now && self.ends < SimTime::MAX {
            self.advance(loss, stream, site);
        }
        self.bad
    }

    /// Moves the cursor to the next sojourn.
    pub fn advance(&mut self, loss: Option<&Loss>, stream: &Stream, site: u32) {
        self.bad = !self.bad;
        self.sojourn = self.sojourn.wrapping_add(1);
        self.ends = self.end_of_sojourn(self.ends, loss, stream, site);
    }

    /// When the current sojourn ends; [`SimTime::MAX`] if never.
    pub const fn ends(&self) -> SimTime {
        self.ends
    }

    /// Whether the current sojourn is a bad one.
    pub const fn is_bad(&self) -> bool {
        self.bad
    }

    fn end_of_sojourn(&self, begin: SimTime, loss: Option<&Loss>, stream: &Stream, site: u32) -> SimTime {
        let Some(Loss::GilbertElliott { to_bad, to_good, .. }) = loss else {
            return SimTime::MAX;
        };
        let rate = if self.bad { to_good.0 } else { to_bad.0 };
        // A rate of zero gives an infinite mean, an infinite variate, and so a sojourn without end.
        let lasts =
            Dist::Exponential { mean: 1.0 / rate }.quantile(stream.unit(site, self.sojourn.wrapping_add(1)));
        begin.saturating_add(SimDuration::from_secs_f64(lasts))
    }
}

/// Probability that a message sent in the given state is lost.
pub fn loss_probability(loss: Option<&Loss>, bad: bool) -> f64 {
    match loss {
        None => 0.0,
        Some(Loss::Bernoulli(p)) => *p,
        Some(Loss::GilbertElliott { loss_good, loss_bad, .. }) => {
            if bad {
                *loss_bad
            } else {
                *loss_good
            }
        }
    }
}

/// Whether a message sent in the given state is lost, decided by `unit`, uniform in (0, 1).
pub fn lost(loss: Option<&Loss>, bad: bool, unit: f64) -> bool {
    unit < loss_probability(loss, bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};
    use crate::quantity::PerSecond;

    const LOSS: Loss = Loss::GilbertElliott {
        to_bad: PerSecond(0.05),
        to_good: PerSecond(1.0),
        loss_good: 0.001,
        loss_bad: 0.5,
    };

    fn stream() -> Stream {
        Streams::new(7, 0).stream(Process::LinkState, 0)
    }

    #[test]
    fn cursor_is_small() {
        assert!(size_of::<LinkState>() <= 24);
    }

    #[test]
    fn sojourns_follow_the_two_state_chain() {
        let (stream, cycles) = (stream(), 100_000);
        let mut state = LinkState::new(Some(&LOSS), &stream, 3);
        let (mut begin, mut good, mut bad) = (0.0, 0.0, 0.0);
        for _ in 0..2 * cycles {
            let end = state.ends().as_secs_f64();
            if state.is_bad() {
                bad += end - begin;
            } else {
                good += end - begin;
            }
            begin = end;
            state.advance(Some(&LOSS), &stream, 3);
        }
        // Closed form: 1/21 of the time bad, 171.43 bursts per hour.
        assert!((bad / (good + bad) * 21.0 - 1.0).abs() < 0.02, "{}", bad / (good + bad));
        let bursts_per_hour = f64::from(cycles) / (good + bad) * 3600.0;
        assert!((bursts_per_hour / 171.428_571_429 - 1.0).abs() < 0.02, "{bursts_per_hour}");
    }

    /// Over many sites: stationary at the start, and P(bad at t | bad at 0) in closed form.
    #[test]
    fn correlation_decays_as_the_chain_says() {
        let (stream, sites) = (stream(), 400_000_u32);
        let (mut at_zero, mut both) = (0_u32, [0_u32; 2]);
        for site in 0..sites {
            let mut state = LinkState::new(Some(&LOSS), &stream, site);
            if !state.is_bad() {
                continue;
            }
            at_zero += 1;
            for (i, t) in [1.0, 10.0].into_iter().enumerate() {
                both[i] += u32::from(state.bad_at(SimTime::from_secs_f64(t), Some(&LOSS), &stream, site));
            }
        }
        let share = f64::from(at_zero) / f64::from(sites);
        assert!((share - 1.0 / 21.0).abs() < 4.0 * (share / f64::from(sites)).sqrt());
        for (i, expected) in [0.380_893_094_392, 0.047_645_272_808_9].into_iter().enumerate() {
            let estimate = f64::from(both[i]) / f64::from(at_zero);
            let se = (expected * (1.0 - expected) / f64::from(at_zero)).sqrt();
            assert!((estimate - expected).abs() < 4.0 * se, "{estimate} against {expected}");
        }
    }

    #[test]
    fn cursors_agree_whatever_they_are_asked() {
        let stream = stream();
        let mut every = LinkState::new(Some(&LOSS), &stream, 11);
        for i in 0..2000_u64 {
            let now = SimTime::from_nanos(i * 370_000_000);
            let mut once = LinkState::new(Some(&LOSS), &stream, 11);
            assert_eq!(
                every.bad_at(now, Some(&LOSS), &stream, 11),
                once.bad_at(now, Some(&LOSS), &stream, 11)
            );
            assert_eq!(every, once);
        }
    }

    #[test]
    fn degenerate_rates() {
        let chain = |to_bad, to_good| Loss::GilbertElliott {
            to_bad: PerSecond(to_bad),
            to_good: PerSecond(to_good),
            loss_good: 0.0,
            loss_bad: 1.0,
        };
        let stream = stream();
        for (loss, bad) in [(chain(0.0, 1.0), false), (chain(0.0, 0.0), false), (chain(1.0, 0.0), true)] {
            let mut state = LinkState::new(Some(&loss), &stream, 0);
            assert_eq!(state.bad_at(SimTime::from_secs_f64(1e9), Some(&loss), &stream, 0), bad, "{loss:?}");
            assert_eq!(state.ends(), SimTime::MAX);
        }
        let mut none = LinkState::new(None, &stream, 0);
        assert!(!none.bad_at(SimTime::MAX, None, &stream, 0));
    }

    #[test]
    fn losses_and_latencies() {
        assert!(!lost(None, true, 1e-300));
        assert!(
            lost(Some(&Loss::Bernoulli(0.2)), false, 0.19) && !lost(Some(&Loss::Bernoulli(0.2)), true, 0.21)
        );
        assert!(lost(Some(&LOSS), true, 0.4) && !lost(Some(&LOSS), false, 0.4));
    }
}
