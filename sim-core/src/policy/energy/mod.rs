//! What sites do about prices and outages: pure rules on what a site can know of itself.
//!
//! A site knows its tariff and whether its UPS carries it. From these, [`EnergyRules`] says how much of the power for work is
//! allowed, whether new work is wanted, and what the battery does. With several reasons at once, the hardest holds.
//!
//! Capping follows the law of power caps: at the share c of the power above idle, work goes on at the speed c^e, with e about 0.3
//! (\[L\] measured on graphics cards, see the catalog). At c = 0 it stands still until the reason is over: that is how work that can
//! wait is shifted to cheap hours.

use crate::kernel::SimTime;
use crate::quantity::DollarsPerJoule;
use crate::scenario::{EnergyPolicy, OnBattery, PriceBound};
use crate::world::economics::Prices;

/// What the price of the moment is for a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriceLevel {
    /// Above the bound of `shift`.
    pub dear: bool,
    /// Above the upper bound of `arbitrage`: batteries carry the load.
    pub discharges: bool,
    /// Below the lower bound of `arbitrage`: batteries are charged.
    pub charges: bool,
}

/// What a site does about its work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Restraint {
    /// Share allowed of the power above idle.
    pub cap: f64,
    /// For how many reasons no new work is wanted.
    pub withdrawn: u8,
}

impl Restraint {
    /// None at all.
    pub const NONE: Self = Self { cap: 1.0, withdrawn: 0 };
}

/// The rules of one policy at the sites of one fleet entry, with its bounds as prices.
#[derive(Clone, Debug)]
pub struct EnergyRules {
    on_battery: OnBattery,
    battery_cap: f64,
    shift: Option<(DollarsPerJoule, f64, bool)>,
    arbitrage: Option<(DollarsPerJoule, DollarsPerJoule, f64)>,
}

impl EnergyRules {
    /// The rules, or `None` where there is nothing to do.
    pub fn new(policy: &EnergyPolicy, prices: &Prices, end: SimTime) -> Option<Self> {
        let bound = |bound: PriceBound| match bound {
            PriceBound::Price(price) => price,
            PriceBound::Percentile(share) => prices.quantile(share, end),
        };
        let rules = Self {
            on_battery: policy.on_battery,
            battery_cap: policy.battery_cap,
            shift: policy.shift.map(|shift| (bound(shift.above), shift.cap, shift.withdraw)),
            arbitrage: policy
                .arbitrage
                .map(|it| (bound(it.charge_up_to), bound(it.discharge_above), it.reserve)),
        };
        let idle = rules.on_battery == OnBattery::Run && rules.shift.is_none() && rules.arbitrage.is_none();
        (!idle).then_some(rules)
    }

    /// What a price is.
    pub fn level(&self, price: DollarsPerJoule) -> PriceLevel {
        PriceLevel {
            dear: self.shift.is_some_and(|shift| price > shift.0),
            discharges: self.arbitrage.is_some_and(|it| price > it.1),
            charges: self.arbitrage.is_some_and(|it| price <= it.0),
        }
    }

    /// What a site does about its work at this price, and on battery for want of mains or not.
    pub fn restraint(&self, level: PriceLevel, on_battery: bool) -> Restraint {
        let mut restraint = Restraint::NONE;
        if on_battery {
            match self.on_battery {
                OnBattery::Run => {}
                OnBattery::Cap => restraint.cap = self.battery_cap,
                OnBattery::Drain => restraint.withdrawn += 1,
            }
        }
        if let Some((_, cap, withdraw)) = self.shift.filter(|_| level.dear) {
            if withdraw {
                restraint.withdrawn += 1;
            } else {
                restraint.cap = restraint.cap.min(cap);
            }
        }
        restraint
    }

    /// Share of the battery that is kept for outages; `None` where batteries are not traded with.
    pub fn reserve(&self) -> Option<f64> {
        self.arbitrage.map(|it| it.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{LocalDateTime, Shift, Tariff};

    #[test]
    fn the_hardest_reason_holds() {
        let prices = Prices::of(
            &Tariff::default(),
            LocalDateTime::default(),
            crate::kernel::SimDuration::from_secs(1),
        );
        let price = |price: f64| DollarsPerJoule(price);
        let shift = Shift { above: PriceBound::Price(price(2.0)), cap: 0.25, withdraw: false };
        let policy = EnergyPolicy {
            on_battery: OnBattery::Cap,
            battery_cap: 0.5,
            shift: Some(shift),
            ..EnergyPolicy::default()
        };
        let rules = EnergyRules::new(&policy, &prices, SimTime::MAX).expect("there is something to do");
        let cap = |level: f64, battery: bool| rules.restraint(rules.level(price(level)), battery).cap;
        assert_eq!(
            [cap(2.0, false), cap(2.1, false), cap(1.0, true), cap(3.0, true)],
            [1.0, 0.25, 0.5, 0.25]
        );
        assert!(EnergyRules::new(&EnergyPolicy::default(), &prices, SimTime::MAX).is_none());
    }
}
