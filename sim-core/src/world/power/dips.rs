//! Dips of the mains voltage, and other things that come, last and have a size: an alternating process.
//!
//! A dip comes a drawn time after the end of the one before, lasts a drawn time and has a drawn size, all independent.
//! Of cycle k, draw `3k` is the gap, `3k + 1` the duration, `3k + 2` the size. Sags are dips of a minute at most
//! (IEEE 1159), brownouts longer ones. Left out: the course of the voltage within a dip (it is a rectangle), phases.

use crate::kernel::{Dist, SimDuration, SimTime, Stream};

/// What is drawn of a dip.
#[derive(Clone, Copy, Debug)]
pub struct DipDists<'a> {
    /// From the end of one to the next.
    pub every: &'a Dist,
    /// Duration.
    pub lasts: &'a Dist,
    /// Size.
    pub size: &'a Dist,
}

/// Where one domain is in the sequence of its dips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DipProcess {
    domain: u32,
    cycle: u32,
}

impl DipProcess {
    /// Domain number `domain`, at full voltage.
    pub fn new(domain: u32) -> Self {
        Self { domain, cycle: 0 }
    }

    /// When the next dip begins, after the end of the one before (or the beginning of the run) at `now`.
    pub fn next(&self, now: SimTime, dists: DipDists<'_>, stream: &Stream) -> SimTime {
        now.saturating_add(dists.every.draw_duration(stream, self.domain, 3 * self.cycle))
    }

    /// Duration and size of the dip that begins now.
    pub fn begin(&mut self, dists: DipDists<'_>, stream: &Stream) -> (SimDuration, f64) {
        let lasts = dists.lasts.draw_duration(stream, self.domain, 3 * self.cycle + 1);
        let size = dists.size.draw(stream, self.domain, 3 * self.cycle + 2);
        self.cycle += 1;
        (lasts, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Process, Streams};

    /// By renewal theory the share of time in a dip is `E[lasts] / (E[every] + E[lasts])`.
    #[test]
    fn the_share_of_time_in_dips_is_that_of_renewal_theory() {
        let stream = Streams::new(4, 0).stream(Process::Sag, 0);
        let (every, lasts) = (Dist::Exponential { mean: 90.0 }, Dist::Weibull { scale: 10.0, shape: 2.0 });
        let size = Dist::Uniform { min: 0.1, max: 0.9 };
        let dists = DipDists { every: &every, lasts: &lasts, size: &size };
        let (mut down, mut sizes, mut now) = (0.0, 0.0, SimTime::ZERO);
        let mut process = DipProcess::new(7);
        let cycles = 40_000;
        for _ in 0..cycles {
            let begin = process.next(now, dists, &stream);
            let (span, size) = process.begin(dists, &stream);
            down += span.as_secs_f64();
            sizes += size;
            now = begin + span;
        }
        let expected = lasts.mean() / (lasts.mean() + 90.0);
        let share = down / now.as_secs_f64();
        assert!((share / expected - 1.0).abs() < 0.03, "{share} instead of {expected}");
        assert!((sizes / f64::from(cycles) - 0.5).abs() < 0.01);
    }
}
