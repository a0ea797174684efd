//! Who pays what: tariffs of electricity, costs of sites, rewards, and prices of clouds.
//!
//! A month is 730 hours, a twelfth of 8760, wherever money goes by the month; only the peaks of a demand charge are those of
//! calendar months.

use crate::kernel::SimDuration;
use crate::quantity::*;

/// Prices of electricity, by local standard time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tariff {
    /// Periods with prices of their own; the first that holds counts.
    pub periods: Vec<TariffPeriod>,
    /// The price when none holds.
    pub otherwise: DollarsPerJoule,
    /// For the greatest mean power of a quarter of an hour in each calendar month.
    pub demand: Option<DollarsPerKilowatt>,
    /// For being connected.
    pub monthly: DollarsPerMonth,
}

/// When a price holds: on these months, days and hours, each by the calendar of the moment itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TariffPeriod {
    /// Months, January first.
    pub months: [bool; 12],
    /// Days of the week, Monday first.
    pub days: [bool; 7],
    /// Since midnight; inclusive.
    pub from: SimDuration,
    /// Since midnight; exclusive. Not after `from`: until midnight, and from midnight to it.
    pub to: SimDuration,
    /// The price.
    pub price: DollarsPerJoule,
}

/// What each site of a fleet entry costs besides the electricity that is metered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SiteCosts {
    /// Energy billed over energy metered.
    pub pue: f64,
    /// The access link.
    pub internet: DollarsPerMonth,
    /// Room and whatever else goes by the month.
    pub rent: DollarsPerMonth,
    /// Each repair of a node.
    pub visit: Dollars,
}

impl Default for SiteCosts {
    /// Nothing.
    fn default() -> Self {
        Self { pue: 1.0, internet: DollarsPerMonth(0.0), rent: DollarsPerMonth(0.0), visit: Dollars(0.0) }
    }
}

/// The bill.
#[derive(Clone, Debug)]
pub struct Economics {
    /// What nodes are paid for.
    pub reward: Option<Reward>,
    /// What the same work costs elsewhere.
    pub cloud: Option<Cloud>,
    /// Discount of later money, nominal by the year, compounded by the month.
    pub discount: f64,
}

/// What nodes are paid for, before fees and deductions.
#[derive(Clone, Debug)]
pub struct Reward {
    /// For each request answered.
    pub request: Dollars,
    /// For each hour of work done, at speed 1.
    pub compute: DollarsPerHour,
    /// For being up, by the month.
    pub uptime: DollarsPerMonth,
    /// For being rented.
    pub rental: Option<Rental>,
    /// For data kept.
    pub storage: DollarsPerGigabyteMonth,
    /// For data sent to readers.
    pub egress: DollarsPerGigabyte,
    /// For data sent for repairs and audits.
    pub repair: DollarsPerGigabyte,
    /// The share of all this that reaches the operator; the network keeps the rest.
    pub share: f64,
    /// What a month pays by its uptime, the lowest first; empty: the same at any.
    pub tiers: Vec<UptimeTier>,
    /// What is held back from new nodes.
    pub held_back: Option<HeldBack>,
    /// Penalties for being down.
    pub slashing: Option<Slashing>,
    /// Locked up for each node, which costs its discount.
    pub stake: Dollars,
    /// Age of all nodes at the beginning, in months.
    pub age_months: f64,
}

/// Nodes that are rented a share of the time that they are up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rental {
    /// For each hour rented.
    pub price: DollarsPerHour,
    /// Share of the time.
    pub utilisation: f64,
}

/// What a month with at least this uptime pays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UptimeTier {
    /// Share of the month.
    pub from: f64,
    /// Share or multiple of the full reward.
    pub pays: f64,
}

/// What is held back from new nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldBack {
    /// Share held back until this age in months, the youngest first; beyond the last, nothing is.
    pub until: Vec<(f64, f64)>,
    /// Share of what is held that is given back.
    pub returned: f64,
    /// At this age in months.
    pub at_months: f64,
}

/// Penalties for being down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slashing {
    /// Share of a month that costs nothing.
    pub allowance: f64,
    /// Each hour beyond.
    pub per_hour: DollarsPerHour,
    /// At most, in each month; `None`: no limit.
    pub most: Option<Dollars>,
}

/// What the same work costs in a cloud.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cloud {
    /// An hour of work at speed 1.
    pub compute: DollarsPerHour,
    /// Share of the time paid for in which the rented machines work.
    pub utilisation: f64,
    /// Each request.
    pub request: Dollars,
    /// Data kept.
    pub storage: DollarsPerGigabyteMonth,
    /// Data sent out.
    pub egress: DollarsPerGigabyte,
}
