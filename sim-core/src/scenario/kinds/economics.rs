//! The bill: rewards and prices of clouds.

use crate::quantity::{
    Dollars, DollarsPerGigabyte, DollarsPerGigabyteMonth, DollarsPerHour, DollarsPerMonth,
};
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{
    AgeMonths, Amount, Discount, NonNegative, Number, Positive, PositiveUnit, Probability, Quantity,
};
use crate::scenario::section::{Catalogued, List, Reference};
use crate::scenario::spec::{Cloud, Economics, HeldBack, Rental, Reward, Slashing, UptimeTier};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

object! {
    /// Who pays what, in US dollars; a month is 730 hours.
    EconomicsKind: Economics = Economics {
        /// What nodes are paid for. Left out: nothing.
        optional "reward" => reward: Reference<RewardKind>,
        /// What the same work costs in a cloud. With it, `economics.breakeven_months` says when own nodes have cost less than the cloud, whatever
        /// they earn; left out, there is no comparison, and it says when they have earned their price.
        optional "cloud" => cloud: Reference<CloudKind>,
        /// Discount of later money, nominal by the year, compounded by the month. [A] 10 %, between a loan and a venture.
        default "discount" => discount: Number<Discount> = "0.1",
    }
}

object! {
    /// What nodes are paid for. All that is left out pays nothing.
    RewardKind: Reward = Reward {
        /// Each request answered with a reply that its sender still wanted.
        default "request" => request: Quantity<Dollars, Amount> = "\"0 $\"",
        /// Each hour of work that led to a result, at speed 1.
        default "compute" => compute: Quantity<DollarsPerHour, Amount> = "\"0 $/h\"",
        /// Being up, by the month.
        default "uptime" => uptime: Quantity<DollarsPerMonth, Amount> = "\"0 $/month\"",
        /// Being rented a share of the time up. Left out: nobody rents.
        optional "rental" => rental: RentalKind,
        /// Data kept.
        default "storage" => storage: Quantity<DollarsPerGigabyteMonth, Amount> = "\"0 $/GB-month\"",
        /// Data sent to readers.
        default "egress" => egress: Quantity<DollarsPerGigabyte, Amount> = "\"0 $/GB\"",
        /// Data sent for repairs and audits.
        default "repair" => repair: Quantity<DollarsPerGigabyte, Amount> = "\"0 $/GB\"",
        /// The share of all this that reaches the operator; the network keeps the rest.
        default "share" => share: Number<PositiveUnit> = "1",
        /// What a month pays by its uptime; below the lowest tier nothing. Left out: the same at any uptime.
        default "tiers" => tiers: List<UptimeTierKind> = "[]",
        /// What is held back from new nodes. Left out: nothing.
        optional "held_back" => held_back: HeldBackKind,
        /// Penalties for being down. Left out: there are none.
        optional "slashing" => slashing: SlashingKind,
        /// Locked up for each node, which costs its discount.
        default "stake" => stake: Quantity<Dollars, Amount> = "\"0 $\"",
        /// Age of all nodes at the beginning, in months.
        default "age_months" => age_months: Number<AgeMonths> = "0",
    }
    check check_reward
}

impl Catalogued for RewardKind {
    const CATALOG: Option<&'static str> = Some("reward");
}

fn check_reward(reward: &Reward, node: &Node, reader: &mut Reader<'_>) {
    if reward.tiers.windows(2).any(|pair| pair[0].from >= pair[1].from) {
        reader.fault_in(node, "tiers", "the tiers do not rise", "the lowest `from` first, each once");
    }
}

object! {
    /// Being rented.
    RentalKind: Rental = Rental {
        /// For each hour rented.
        required "price" => price: Quantity<DollarsPerHour, Amount>,
        /// Share of the time up in which somebody rents.
        default "utilisation" => utilisation: Probability = "1",
    }
}

object! {
    /// What a month pays that has at least this uptime.
    UptimeTierKind: UptimeTier = UptimeTier {
        /// Share of the month up.
        required "from" => from: Probability,
        /// Share or multiple of the full reward.
        required "pays" => pays: Number<NonNegative>,
    }
}

/// What is held back, as written.
pub(in crate::scenario) struct HeldBackAsWritten {
    months: Vec<HeldBackUntil>,
    returned: f64,
    at_months: f64,
}

/// A share held back until an age.
pub(in crate::scenario) struct HeldBackUntil {
    until: f64,
    share: f64,
}

object! {
    /// What is held back from new nodes, so that they stay.
    HeldBackFields: HeldBackAsWritten = HeldBackAsWritten {
        /// Shares by age, the youngest first; beyond the last, nothing is held back.
        required "shares" => months: List<HeldBackUntilKind, 1>,
        /// Share of what is held that is given back.
        default "returned" => returned: Probability = "1",
        /// At this age in months.
        required "at_months" => at_months: Number<Positive>,
    }
    check check_held_back
}

fn check_held_back(it: &HeldBackAsWritten, node: &Node, reader: &mut Reader<'_>) {
    if it.months.windows(2).any(|pair| pair[0].until >= pair[1].until) {
        reader.fault_in(node, "shares", "the ages do not rise", "the youngest first, each once");
    }
}

object! {
    /// A share held back until an age.
    HeldBackUntilKind: HeldBackUntil = HeldBackUntil {
        /// Until this age in months.
        required "until_months" => until: Number<Positive>,
        /// The share.
        required "share" => share: Probability,
    }
}

/// [`HeldBackFields`] as shares by age.
pub(in crate::scenario) struct HeldBackKind;

impl Kind for HeldBackKind {
    type Out = HeldBack;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(HeldBack, Json)> {
        let (it, json) = HeldBackFields::read(node, reader)?;
        let until = it.months.iter().map(|it| (it.until, it.share)).collect();
        Some((HeldBack { until, returned: it.returned, at_months: it.at_months }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        HeldBackFields::schema(definitions)
    }
}

object! {
    /// Penalties for being down.
    SlashingKind: Slashing = Slashing {
        /// Share of each month that costs nothing.
        default "allowance" => allowance: Probability = "0",
        /// Each hour down beyond.
        required "per_hour" => per_hour: Quantity<DollarsPerHour, Amount>,
        /// At most, in each month. Left out: no limit.
        optional "most" => most: Quantity<Dollars, Amount>,
    }
}

object! {
    /// What the same work costs in a cloud. All that is left out costs nothing.
    CloudKind: Cloud = Cloud {
        /// An hour of work at speed 1: of a processor core, or of a graphics card if that is what a slot is.
        default "compute" => compute: Quantity<DollarsPerHour, Amount> = "\"0 $/h\"",
        /// Share of the time paid for in which rented machines work.
        default "utilisation" => utilisation: Number<PositiveUnit> = "1",
        /// Each request.
        default "request" => request: Quantity<Dollars, Amount> = "\"0 $\"",
        /// Objects kept, each by its own size, however many shards or copies own nodes keep of it.
        default "storage" => storage: Quantity<DollarsPerGigabyteMonth, Amount> = "\"0 $/GB-month\"",
        /// Objects and replies that readers have got, each by its own size.
        default "egress" => egress: Quantity<DollarsPerGigabyte, Amount> = "\"0 $/GB\"",
    }
    check check_cloud
}

fn check_cloud(cloud: &Cloud, node: &Node, reader: &mut Reader<'_>) {
    let prices = [cloud.compute.0, cloud.request.0, cloud.storage.0, cloud.egress.0];
    if prices.iter().all(|price| *price == 0.0) {
        let message = "a cloud without a price: all work is free there, and nothing own ever pays";
        reader.fault(node.span, message, "`compute`, `request`, `storage` or `egress`; or leave `cloud` out");
    }
}

impl Catalogued for CloudKind {
    const CATALOG: Option<&'static str> = Some("cloud");
}
