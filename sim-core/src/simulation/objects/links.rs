//! Links that serve the shards of repairs one after another.
//!
//! Each direction of an access link, and of a gateway, is a server that transmits at its full rate in the order in which
//! transfers are asked of it: a transfer of s bytes on a link of rate c that is free at t ends at max(now, t) + s/c. Busy
//! periods, and the time at which a backlog is worked off, are those of fair sharing; what is left out is the order in between,
//! and that other traffic shares the link. A repair costs two events, whatever the number of its shards; ten thousand links take a
//! few hundred kilobytes.

use super::ObjectModel;
use crate::kernel::{SimDuration, SimTime};

/// From sites to gateways, or from gateways to sites.
pub(super) const TO_GATEWAY: usize = 0;
pub(super) const FROM_GATEWAY: usize = 1;

/// When each direction of each link is free.
#[derive(Clone, Debug)]
pub(super) struct RepairLinks {
    sites: Vec<[SimTime; 2]>,
    gateways: Vec<[SimTime; 2]>,
}

impl RepairLinks {
    pub fn new(model: &ObjectModel) -> Self {
        Self {
            sites: vec![[SimTime::ZERO; 2]; model.rates.len()],
            gateways: vec![[SimTime::ZERO; 2]; model.gateways.len()],
        }
    }

    /// Moves `bytes` over the link of `site`; when that is done.
    pub fn over_site(
        &mut self,
        model: &ObjectModel,
        now: SimTime,
        site: u32,
        direction: usize,
        bytes: f64,
    ) -> SimTime {
        // Up is from the site, to the gateway.
        serve(&mut self.sites[site as usize][direction], model.rates[site as usize][direction], now, bytes)
    }

    /// Moves `bytes` through the gateway of `region`; when that is done.
    pub fn through_gateway(
        &mut self,
        model: &ObjectModel,
        now: SimTime,
        region: u16,
        direction: usize,
        bytes: f64,
    ) -> SimTime {
        let region = usize::from(region);
        // The rates of a gateway are those of what goes out, then of what comes in.
        let rate = model.gateways[region][1 - direction];
        serve(&mut self.gateways[region][direction], rate, now, bytes)
    }
}

fn serve(free: &mut SimTime, rate: f64, now: SimTime, bytes: f64) -> SimTime {
    if rate == f64::INFINITY {
        return now;
    }
    *free = now.max(*free).saturating_add(SimDuration::from_secs_f64(bytes / rate));
    *free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfers_wait_for_each_other() {
        let at = |seconds: f64| SimTime::from_secs_f64(seconds);
        let mut free = SimTime::ZERO;
        assert_eq!(serve(&mut free, 10.0, at(1.0), 20.0), at(3.0));
        assert_eq!(serve(&mut free, 10.0, at(2.0), 5.0), at(3.5));
        assert_eq!(serve(&mut free, 10.0, at(9.0), 5.0), at(9.5));
        assert_eq!(serve(&mut free, f64::INFINITY, at(9.0), 5.0), at(9.0));
    }
}
