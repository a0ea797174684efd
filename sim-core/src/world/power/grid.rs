//! Outages of the mains: an alternating renewal process per domain (site, feeder or region), modulated by storms.
//!
//! From restoration to the next outage a domain has a drawn life, a uniform number u. In calm weather that life is
//! `U_c = up.quantile(u)` long, in storms `U_s = up_in_storm.quantile(u)`. A share `dt / U_c` of it is used up in calm and
//! `dt / U_s` in storms; at 1 the outage comes. This is the cumulative-exposure model of step-stress testing (Nelson
//! 1980); for exponential lives it is exactly the process with hazard `1/mean` of the weather of the moment. Outages
//! last their drawn time whatever the weather.
//!
//! Storms are known as intervals beforehand, so each outage is computed once and never rescheduled. Draw `2k` of a
//! domain is its k-th life, draw `2k + 1` the outage after it. Left out: restoration that is slower after large events
//! (see `storm_damage`, or use two outage processes with their own durations).

use crate::kernel::{SimDuration, SimTime, Stream};
use crate::scenario::spec::Outages;

/// Where one domain is in the sequence of its outages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageProcess {
    domain: u32,
    cycle: u32,
}

impl OutageProcess {
    /// Domain number `domain`, with power and no history.
    pub fn new(domain: u32) -> Self {
        Self { domain, cycle: 0 }
    }

    /// When the outage comes after power was restored at `now` (or the run began); [`SimTime::MAX`]: never. `storms` are
    /// disjoint, in order. `stream` is that of [`crate::kernel::Process::GridOutage`], salted by the number of the
    /// outage process.
    pub fn next_down(
        &self,
        now: SimTime,
        outages: &Outages,
        stream: &Stream,
        storms: &[(SimTime, SimTime)],
    ) -> SimTime {
        let Some(up_in_storm) = &outages.up_in_storm else {
            return now.saturating_add(outages.up.draw_duration(stream, self.domain, 2 * self.cycle));
        };
        // Seconds, not durations: a life may be infinite.
        let calm = outages.up.draw(stream, self.domain, 2 * self.cycle);
        let stormy = up_in_storm.draw(stream, self.domain, 2 * self.cycle);
        let first = storms.partition_point(|&(_, end)| end <= now);
        let mut life = Life { left: 1.0, now };
        for &(begin, end) in &storms[first..] {
            if let Some(outage) = life.spend(begin, calm).or_else(|| life.spend(end, stormy)) {
                return outage;
            }
        }
        life.spend(SimTime::MAX, calm).unwrap_or(SimTime::MAX)
    }

    /// When power is restored after the outage that began at `now`.
    pub fn next_up(&mut self, now: SimTime, outages: &Outages, stream: &Stream) -> SimTime {
        let duration = outages.down.draw_duration(stream, self.domain, 2 * self.cycle + 1);
        self.cycle += 1;
        now.saturating_add(duration)
    }
}

/// What is left of a life, as a share.
struct Life {
    left: f64,
    now: SimTime,
}

impl Life {
    /// Lives until `until` in weather in which a whole life takes `whole` seconds; the outage if it comes first.
    fn spend(&mut self, until: SimTime, whole: f64) -> Option<SimTime> {
        let span = until.since(self.now);
        let rest = SimDuration::from_secs_f64(self.left * whole);
        if rest <= span && rest != SimDuration::MAX {
            return Some(self.now.saturating_add(rest));
        }
        self.left -= span.as_secs_f64() / whole;
        self.now = self.now.max(until);
        None
    }
}

#[cfg(test)]
mod tests;
