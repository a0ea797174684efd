//! What a node has earned in a month, or a part of one.
//!
//! Gross, by cause: units times price. Of that the operator's share, times what the uptime of the month pays by its tier, is the
//! pay; the network keeps the rest of the share. Of the pay of a young node a part is held back, and a share of all that was held is given back
//! at an age. A penalty is asked for each hour down beyond what a month allows. Prices are the scheme's; see the catalog for sources.

use super::{Account, Earning, MONTH, Spending};
use crate::measure::accumulate::NodeDeeds;
use crate::scenario::Reward;

const GIGABYTE: f64 = 1e9;

/// A part of a month in the life of a node.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Seconds.
    pub seconds: f64,
    /// Seconds of them up.
    pub up: f64,
    /// Age of the node when it begins, in months.
    pub age: f64,
}

/// What was done in a span: the difference of two counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Requests answered.
    pub requests: f64,
    /// Seconds of work at speed 1.
    pub compute: f64,
    /// Byte-seconds kept.
    pub stored: f64,
    /// Bytes to readers.
    pub egress: f64,
    /// Bytes for repairs and audits.
    pub repair: f64,
}

impl Work {
    /// All that was done.
    pub fn of(deeds: &NodeDeeds) -> Self {
        Self {
            requests: deeds.requests as f64,
            compute: deeds.compute.value(),
            stored: deeds.stored.value(),
            egress: deeds.replies.value() + deeds.read.value(),
            repair: deeds.repair.value(),
        }
    }

    /// What has been added since `before`.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            compute: self.compute - before.compute,
            stored: self.stored - before.stored,
            egress: self.egress - before.egress,
            repair: self.repair - before.repair,
        }
    }

    /// Adds more.
    pub fn add(&mut self, more: &Self) {
        self.requests += more.requests;
        self.compute += more.compute;
        self.stored += more.stored;
        self.egress += more.egress;
        self.repair += more.repair;
    }

    /// Gigabyte-months kept.
    pub fn gigabyte_months(&self) -> f64 {
        self.stored / GIGABYTE / MONTH.as_secs_f64()
    }

    /// Gigabytes to readers.
    pub fn egress_gigabytes(&self) -> f64 {
        self.egress / GIGABYTE
    }
}

/// What customers pay for, by cause.
fn gross(reward: &Reward, work: &Work, span: &Span) -> [f64; Earning::ALL.len()] {
    let hour = 3600.0;
    let mut gross = [0.0; Earning::ALL.len()];
    let mut put = |cause: Earning, money: f64| gross[cause.index()] = money;
    put(Earning::Requests, reward.request.0 * work.requests);
    put(Earning::Compute, reward.compute.0 * work.compute / hour);
    put(Earning::Uptime, reward.uptime.0 * span.up / MONTH.as_secs_f64());
    let rental = reward.rental.map_or(0.0, |rental| rental.price.0 * rental.utilisation);
    put(Earning::Rental, rental * span.up / hour);
    put(Earning::Storage, reward.storage.0 * work.gigabyte_months());
    put(Earning::Egress, reward.egress.0 * work.egress_gigabytes());
    put(Earning::Repair, reward.repair.0 * work.repair / GIGABYTE);
    gross
}

/// What a month with this uptime pays.
fn tier(reward: &Reward, uptime: f64) -> f64 {
    // A month without an outage is one of full uptime, whatever rounding has left of it.
    let uptime = if uptime > 1.0 - 1e-12 { 1.0 } else { uptime };
    if reward.tiers.is_empty() {
        return 1.0;
    }
    reward.tiers.iter().rev().find(|tier| uptime >= tier.from).map_or(0.0, |tier| tier.pays)
}

/// The share of the pay held back on average from age `from` to age `to`, in months.
fn held_share(shares: &[(f64, f64)], from: f64, to: f64) -> f64 {
    let (mut begin, mut sum) = (0.0_f64, 0.0);
    for (until, share) in shares {
        sum += share * (until.min(to) - begin.max(from)).max(0.0);
        begin = *until;
    }
    if to > from { sum / (to - from) } else { 0.0 }
}

/// Closes a span: adds to the account what the work in it has earned, and the penalties. A stake costs `discount` by the year.
pub fn close(account: &mut Account, reward: &Reward, work: &Work, span: &Span, discount: f64) {
    let gross = gross(reward, work, span);
    let pays = tier(reward, if span.seconds > 0.0 { span.up / span.seconds } else { 1.0 });
    let months = span.seconds / MONTH.as_secs_f64();
    let end = span.age + months;
    let held = reward.held_back.as_ref().map_or(0.0, |held| held_share(&held.until, span.age, end));
    for (sum, gross) in account.earned.iter_mut().zip(gross) {
        let pay = gross * pays * reward.share;
        *sum += pay * (1.0 - held);
        account.held += pay * held;
        account.fees += gross * pays * (1.0 - reward.share);
    }
    if let Some(held) = &reward.held_back
        && span.age < held.at_months
        && held.at_months <= end
    {
        account.earned[Earning::Returned.index()] += account.held * held.returned;
        account.forfeited += account.held * (1.0 - held.returned);
        account.held = 0.0;
    }
    if let Some(slashing) = &reward.slashing {
        let beyond = (span.seconds - span.up - slashing.allowance * span.seconds).max(0.0);
        let penalty = slashing.per_hour.0 * beyond / 3600.0;
        account.spend(Spending::Slashing, slashing.most.map_or(penalty, |most| penalty.min(most.0 * months)));
    }
    account.spend(Spending::Stake, reward.stake.0 * discount / 12.0 * months);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::*;
    use crate::scenario::{HeldBack, Rental, Slashing, UptimeTier};

    fn nothing() -> Reward {
        Reward {
            request: Dollars(0.0),
            compute: DollarsPerHour(0.0),
            uptime: DollarsPerMonth(0.0),
            rental: None,
            storage: DollarsPerGigabyteMonth(0.0),
            egress: DollarsPerGigabyte(0.0),
            repair: DollarsPerGigabyte(0.0),
            share: 1.0,
            tiers: Vec::new(),
            held_back: None,
            slashing: None,
            stake: Dollars(0.0),
            age_months: 0.0,
        }
    }

    /// Whole months of a node of the given uptime.
    fn months(reward: &Reward, count: u32, uptime: f64, work: &Work) -> Account {
        let mut account = Account::default();
        let seconds = MONTH.as_secs_f64();
        for month in 0..count {
            let span = Span { seconds, up: uptime * seconds, age: reward.age_months + f64::from(month) };
            close(&mut account, reward, work, &span, 0.12);
        }
        account
    }

    fn close_to(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} instead of {expected}");
    }

    #[test]
    fn work_is_paid_by_the_unit() {
        let reward = Reward {
            request: Dollars(0.01),
            compute: DollarsPerHour(0.5),
            storage: DollarsPerGigabyteMonth(0.004),
            egress: DollarsPerGigabyte(0.02),
            repair: DollarsPerGigabyte(0.03),
            share: 0.75,
            ..nothing()
        };
        let work = Work {
            requests: 1000.0,
            compute: 7200.0,
            stored: 5e12 * MONTH.as_secs_f64(),
            egress: 1e11,
            repair: 1e10,
        };
        let account = months(&reward, 1, 0.5, &work);
        let paid = 10.0 + 1.0 + 20.0 + 2.0 + 0.3;
        close_to(account.earned(), 0.75 * paid);
        close_to(account.fees, 0.25 * paid);
        close_to(account.paid(), paid);
    }

    #[test]
    fn young_nodes_are_held_back_as_storj_does() {
        let held =
            HeldBack { until: vec![(3.0, 0.75), (6.0, 0.5), (9.0, 0.25)], returned: 0.5, at_months: 15.0 };
        let reward = Reward { uptime: DollarsPerMonth(4.0), held_back: Some(held), ..nothing() };
        // 4 $ a month: 3, 2 and 1 $ of it held in the first, second and third quarter.
        for (count, earned, still) in
            [(3, 3.0, 9.0), (6, 9.0, 15.0), (9, 18.0, 18.0), (14, 38.0, 18.0), (15, 51.0, 0.0)]
        {
            let account = months(&reward, count, 1.0, &Work::default());
            close_to(account.earned(), earned);
            assert!((account.held - still).abs() < 1e-12, "{count} months hold {}", account.held);
            close_to(account.earned() + account.held + account.forfeited, 4.0 * f64::from(count));
        }
    }

    #[test]
    fn uptime_pays_by_tiers_and_downtime_is_slashed() {
        let tiers = vec![UptimeTier { from: 0.9, pays: 0.5 }, UptimeTier { from: 0.99, pays: 1.0 }];
        let slashing = Slashing { allowance: 0.02, per_hour: DollarsPerHour(0.1), most: Some(Dollars(10.0)) };
        let rental = Rental { price: DollarsPerHour(0.2), utilisation: 0.5 };
        let reward = Reward {
            rental: Some(rental),
            tiers,
            slashing: Some(slashing),
            stake: Dollars(100.0),
            ..nothing()
        };
        for (uptime, pays, penalty) in [(1.0, 1.0, 0.0), (0.95, 0.5, 0.03 * 73.0), (0.5, 0.0, 10.0)] {
            let account = months(&reward, 2, uptime, &Work::default());
            close_to(account.earned(), 2.0 * 73.0 * uptime * pays);
            close_to(account.of(Spending::Slashing), 2.0 * penalty);
            close_to(account.of(Spending::Stake), 2.0);
        }
    }
}
