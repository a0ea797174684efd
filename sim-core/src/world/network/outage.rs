//! Outages of links: an alternating renewal process for each domain (one site, or an ISP in a region).
//!
//! A domain starts up. Up time k and down time k are draws `2k` and `2k + 1` of the domain, so the timeline is a pure
//! function of (seed, replication, domain) and the same under every policy.

use crate::kernel::{SimTime, Stream};
use crate::scenario::LinkOutages;

/// Where one domain stands in its timeline of outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkOutage {
    changes: SimTime,
    count: u32,
}

impl LinkOutage {
    /// The domain at t = 0, up. `stream` is that of [`crate::kernel::Process::LinkOutage`].
    pub fn new(outages: &LinkOutages, stream: &Stream, domain: u32) -> Self {
        Self { changes: SimTime::ZERO.saturating_add(outages.up.draw_duration(stream, domain, 0)), count: 0 }
    }

    /// Whether the domain is in an outage.
    pub const fn is_down(&self) -> bool {
        self.count % 2 == 1
    }

    /// When it next goes down, if it is up, or comes up, if it is down; [`SimTime::MAX`] if never.
    pub const fn next_change(&self) -> SimTime {
        self.changes
    }

    /// The next change comes at another time than was drawn.
    pub const fn change_at(&mut self, at: SimTime) {
        self.changes = at;
    }

    /// How often it has gone down.
    pub const fn count(&self) -> u32 {
        self.count.div_ceil(2)
    }

    /// Takes the change due at [`Self::next_change`] and returns the moment of the one after it.
    pub fn advance(&mut self, outages: &LinkOutages, stream: &Stream, domain: u32) -> SimTime {
        self.count = self.count.wrapping_add(1);
        let lasts = if self.is_down() { &outages.down } else { &outages.up };
        self.changes = self.changes.saturating_add(lasts.draw_duration(stream, domain, self.count));
        self.changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Dist, Process, Streams};

    #[test]
    fn alternates_with_the_given_means() {
        let outages = LinkOutages {
            up: Dist::Exponential { mean: 900.0 },
            down: Dist::Weibull { scale: 100.0, shape: 1.0 },
            shared_by_isp: false,
        };
        let stream = Streams::new(3, 1).stream(Process::LinkOutage, 0);
        let mut link = LinkOutage::new(&outages, &stream, 5);
        assert!(!link.is_down());
        let (mut before, mut down) = (SimTime::ZERO, 0.0);
        for _ in 0..80_000 {
            let now = link.next_change();
            if link.is_down() {
                down += (now - before).as_secs_f64();
            }
            before = now;
            link.advance(&outages, &stream, 5);
        }
        assert!((down / before.as_secs_f64() / 0.1 - 1.0).abs() < 0.03, "{}", down / before.as_secs_f64());
    }

    #[test]
    fn constant_times_are_exact() {
        let outages =
            LinkOutages { up: Dist::Constant(10.0), down: Dist::Constant(1.0), shared_by_isp: true };
        let stream = Streams::new(0, 0).stream(Process::LinkOutage, 0);
        let mut link = LinkOutage::new(&outages, &stream, 0);
        assert_eq!(link.next_change(), SimTime::from_secs_f64(10.0));
        assert_eq!(link.advance(&outages, &stream, 0), SimTime::from_secs_f64(11.0));
        assert!(link.is_down());
        assert_eq!(link.advance(&outages, &stream, 0), SimTime::from_secs_f64(21.0));
        assert!(!link.is_down());
    }
}
