//! A limit on the requests that a gateway has under way: additive increase, multiplicative decrease.
//!
//! As the congestion window of TCP (D. Chiu and R. Jain, 1989), and as Netflix's `concurrency-limits` does for requests (2018): a
//! success while at least half of the limit L is used adds 1/L, so one a round trip; a failure, or a reply later than the bound on
//! latency, leaves `decrease` of it, but only once for all requests that entered before the last decrease. What enters beyond the
//! limit is turned away at once.

use crate::kernel::{SimDuration, SimTime};
use crate::scenario::ConcurrencyLimit;

#[derive(Clone, Copy, Debug)]
struct Gateway {
    limit: f64,
    under_way: u32,
    decreased: SimTime,
}

/// The limits of all gateways.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    spec: ConcurrencyLimit,
    gateways: Vec<Gateway>,
}

impl Limits {
    pub fn new(spec: ConcurrencyLimit, gateways: usize) -> Self {
        let gateway = Gateway { limit: f64::from(spec.initial), under_way: 0, decreased: SimTime::ZERO };
        Self { spec, gateways: vec![gateway; gateways] }
    }

    /// A request enters; false if it is turned away.
    pub fn admits(&mut self, gateway: u16) -> bool {
        let gateway = &mut self.gateways[usize::from(gateway)];
        let admits = f64::from(gateway.under_way + 1) <= gateway.limit;
        gateway.under_way += u32::from(admits);
        admits
    }

    /// A request that another has admitted is under way.
    pub fn takes_over(&mut self, gateway: u16) {
        self.gateways[usize::from(gateway)].under_way += 1;
    }

    /// A request that was admitted is over; its latency if it has succeeded.
    pub fn over(&mut self, gateway: u16, arrived: SimTime, latency: Option<SimDuration>, now: SimTime) {
        let spec = self.spec;
        let gateway = &mut self.gateways[usize::from(gateway)];
        let used = f64::from(gateway.under_way);
        gateway.under_way -= 1;
        let is_well = latency.is_some_and(|latency| spec.latency.is_none_or(|bound| latency <= bound));
        if !is_well && arrived >= gateway.decreased {
            gateway.limit = (gateway.limit * spec.decrease).max(f64::from(spec.least));
            gateway.decreased = now;
        } else if is_well && 2.0 * used >= gateway.limit {
            gateway.limit = (gateway.limit + 1.0 / gateway.limit).min(f64::from(spec.most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_one_a_round_trip_and_falls_once() {
        let spec = ConcurrencyLimit { initial: 10, least: 2, most: 11, decrease: 0.5, latency: None };
        let mut limits = Limits::new(spec, 1);
        let (start, later) = (SimTime::ZERO, SimTime::from_secs_f64(1.0));
        let admitted = |limits: &mut Limits| (0..20).filter(|_| limits.admits(0)).count();
        assert_eq!(admitted(&mut limits), 10);
        (0..10).for_each(|_| limits.over(0, start, Some(SimDuration::from_secs(1)), later));
        assert_eq!(admitted(&mut limits), 10, "less than half was used at the end of the round");
        for _ in 0..12 {
            limits.over(0, start, Some(SimDuration::from_secs(1)), later);
            assert!(limits.admits(0));
        }
        assert!(limits.admits(0) && !limits.admits(0), "eleven now");
        (0..11).for_each(|_| limits.over(0, start, None, later));
        assert_eq!(admitted(&mut limits), 5, "halved once");
    }
}
