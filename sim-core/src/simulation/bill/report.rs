//! What the bill says at the end.

use super::BillModel;
use super::model::UnitCosts;
use crate::kernel::SimTime;
use crate::measure::catalog::of_workload;
use crate::measure::economics::investment::{NEVER, discounted_payback, net_present_value, payback};
use crate::measure::economics::{Account, Earning, MONTH, Spending, cloud};
use crate::scenario::Economics;
use crate::simulation::Simulation;
use crate::world::fleet::{NodeId, SiteId};

/// Metrics by name.
type Values = Vec<(String, f64)>;

/// Changes of a price for which the bill is told, in per cent.
const CHANGES: [(&str, f64); 4] =
    [("minus_50", -0.5), ("minus_20", -0.2), ("plus_20", 0.2), ("plus_50", 0.5)];

/// Share of all money moved below which a difference is one of rounding.
const NOTHING: f64 = 1e-9;

/// Nodes of one operator, or all.
#[derive(Clone, Debug, Default)]
struct Group {
    nodes: u32,
    losing: u32,
    /// Of those that lose money, how many would not without electricity, capital, downtime, and repairs.
    but_for: [u32; 4],
    account: Account,
    capex: f64,
    present_value: f64,
    /// Seconds up.
    up: f64,
}

/// What would have to be away for a node not to lose money.
const BUT_FOR: [&str; 4] = ["electricity", "capital", "downtime", "visits"];

impl Group {
    fn add(&mut self, account: &Account, unit: &UnitCosts, uptime: f64, seconds: f64, discount: f64) {
        self.nodes += 1;
        self.account.add(account);
        self.capex += unit.capex;
        self.up += uptime * seconds;
        let months = seconds / MONTH.as_secs_f64();
        let surplus = account.surplus() / months;
        self.present_value += net_present_value(unit.capex, surplus, unit.lifetime_months, discount);
        let net = account.net();
        // What is nothing but for rounding is nothing.
        let nothing = -NOTHING * (account.earned() + account.spent());
        if net < nothing {
            self.losing += 1;
            let electricity = account.of(Spending::Electricity);
            let missed =
                if uptime > 0.0 { (account.earned() - electricity) * (1.0 / uptime - 1.0) } else { 0.0 };
            let visits = account.of(Spending::Visits);
            let saved = [electricity, account.of(Spending::Capital), missed, visits];
            for (count, saved) in self.but_for.iter_mut().zip(saved) {
                *count += u32::from(net + saved >= nothing);
            }
        }
    }

    fn main(&self, months: f64) -> Values {
        let account = &self.account;
        let electricity = account.of(Spending::Electricity);
        let mut values: Values = vec![
            ("economics.earned".into(), account.earned()),
            ("economics.spent".into(), account.spent()),
            ("economics.net".into(), account.net()),
            ("economics.unprofitable_nodes".into(), f64::from(self.losing) / f64::from(self.nodes)),
            ("economics.payback_months".into(), payback(self.capex, account.surplus() / months)),
        ];
        if electricity > 0.0 {
            values.push(("economics.efficiency_to_earnings".into(), account.earned() / electricity));
        }
        let running = account.running();
        if running > 0.0 {
            values.push(("economics.earned_per_running_cost".into(), account.earned() / running));
        }
        values
    }
}

impl Simulation<'_> {
    /// Closes the bill: what it has come to, by metric. Nothing where there is none.
    pub(in crate::simulation) fn bill_metrics(&mut self, now: SimTime) -> Values {
        let Some(bill) = &self.model.bill else { return Vec::new() };
        self.close_meters();
        let mut values = Values::new();
        let (mut cost, mut energy) = (0.0, 0.0);
        for site in (0..self.sites.len()).map(SiteId::from_index) {
            let (total, shares) = self.electricity(site, now);
            cost += total;
            energy += self.billed_energy(site);
            for (node, share) in self.model.nodes_of(site).zip(shares) {
                self.bill.nodes[node].account.spend(Spending::Electricity, share * total);
            }
        }
        if bill.has_tariffs {
            values.push(("energy.cost".into(), cost));
            values.push(("energy.price".into(), cost / (energy / 3.6e6)));
        }
        let Some(economics) = &bill.economics else { return values };
        if now > self.bill.month_from {
            self.close_month(now);
        }
        let seconds = now.since(bill.counted_from).as_secs_f64();
        let months = seconds / MONTH.as_secs_f64();
        let groups = self.groups(bill, economics, seconds);
        let (all, operators) = groups.split_last().expect("there is one of all nodes");
        values.extend(all.main(months));
        values.extend(details(all));
        values.extend(investment(all, economics, months));
        values.extend(sensible(all, seconds, energy / 3.6e6));
        values.extend(self.compared(all, economics, seconds));
        if operators.len() > 1 {
            for (name, group) in bill.operators.iter().zip(operators) {
                let named = group.main(months).into_iter();
                values.extend(named.map(|(metric, value)| (of_workload(&metric, name), value)));
            }
        }
        values
    }

    /// The nodes of each operator, and all of them last, with all that they cost.
    fn groups(&mut self, bill: &BillModel, economics: &Economics, seconds: f64) -> Vec<Group> {
        let months = seconds / MONTH.as_secs_f64();
        let mut groups = vec![Group::default(); bill.operators.len() + 1];
        for site in (0..self.sites.len()).map(SiteId::from_index) {
            let entry = &bill.entries[self.model.entry_index(site)];
            let nodes = self.model.nodes_of(site);
            let each = months / nodes.len() as f64;
            for node in nodes {
                let unit = &bill.classes[usize::from(self.nodes[node].class)];
                let it = &mut self.bill.nodes[node];
                let visits = f64::from(it.visits);
                let written_off =
                    it.machine.written_off(bill.counted_from, self.engine.now(), unit.lifetime_months);
                let account = &mut it.account;
                account.spend(Spending::Capital, unit.capex * written_off);
                account.replaced = unit.capex * f64::from(it.bought);
                account.spend(Spending::Maintenance, unit.maintenance * months);
                account.spend(Spending::Visits, entry.costs.visit.0 * visits);
                account.spend(Spending::Internet, entry.costs.internet.0 * each);
                account.spend(Spending::Rent, entry.costs.rent.0 * each);
                let account = *account;
                let reasons = self.nodes[node].reasons;
                let down = self.collect.down_until(self.engine.now(), NodeId::from_index(node), reasons);
                let uptime = (1.0 - down as f64 / 1e9 / seconds).max(0.0);
                for group in [entry.operator, bill.operators.len()] {
                    groups[group].add(&account, unit, uptime, seconds, economics.discount);
                }
            }
        }
        groups
    }

    /// The same work in a cloud.
    fn compared(&mut self, all: &Group, economics: &Economics, seconds: f64) -> Values {
        let months = seconds / MONTH.as_secs_f64();
        let account = &all.account;
        let own = account.running();
        let Some(prices) = &economics.cloud else {
            let repaid = payback(all.capex, account.surplus() / months);
            return vec![("economics.breakeven_months".into(), repaid)];
        };
        let work = self.delivered_work();
        let price = cloud::price(prices, &work);
        let saved = (price - own) / months;
        let slots: f64 = self
            .nodes
            .iter()
            .map(|node| &self.model.classes[usize::from(node.class)])
            .map(|class| f64::from(class.slots) * class.speed)
            .sum();
        let utilisation = work.compute / (slots * seconds);
        let mut values: Values = vec![
            ("economics.cloud_cost".into(), price),
            ("economics.cloud_tax".into(), price / account.spent()),
            ("economics.breakeven_months".into(), payback(all.capex, saved)),
            (
                "economics.breakeven_months_discounted".into(),
                discounted_payback(all.capex, saved, economics.discount),
            ),
            ("economics.breakeven_utilisation".into(), utilisation * account.spent() / price),
        ];
        for (name, change) in CHANGES {
            let saved = (price * (1.0 + change) - own) / months;
            values.push((format!("economics.breakeven_if.cloud_{name}"), payback(all.capex, saved)));
        }
        values
    }
}

/// Earnings and spending by cause, and why nodes lose money.
fn details(all: &Group) -> Values {
    let account = &all.account;
    let mut values = Values::new();
    for cause in Earning::ALL {
        values.push((format!("economics.earned.{}", cause.name()), account.earned[cause.index()]));
    }
    for cause in Spending::ALL {
        values.push((format!("economics.spent.{}", cause.name()), account.of(*cause)));
    }
    values.push(("economics.paid".into(), account.paid() - account.earned[Earning::Returned.index()]));
    values.push(("economics.held_back".into(), account.held));
    values.push(("economics.fees".into(), account.fees));
    values.retain(|(_, value)| *value != 0.0);
    for (reason, count) in BUT_FOR.iter().zip(all.but_for) {
        let share = f64::from(count) / f64::from(all.nodes);
        values.push((format!("economics.unprofitable_but_for.{reason}"), share));
    }
    values
}

/// Whether what was bought pays for itself.
fn investment(all: &Group, economics: &Economics, months: f64) -> Values {
    let surplus = all.account.surplus() / months;
    vec![
        (
            "economics.payback_months_discounted".into(),
            discounted_payback(all.capex, surplus, economics.discount),
        ),
        ("economics.net_present_value".into(), all.present_value),
    ]
}

/// How far prices and uptime may go.
fn sensible(all: &Group, seconds: f64, kilowatt_hours: f64) -> Values {
    let account = &all.account;
    let electricity = account.of(Spending::Electricity);
    let mut values: Values = Vec::new();
    for (name, change) in CHANGES {
        values.push((format!("economics.net_if.electricity_{name}"), account.net() - change * electricity));
    }
    if kilowatt_hours > 0.0 {
        let left = account.surplus() + electricity;
        values.push(("economics.breakeven_price".into(), left / kilowatt_hours));
    }
    let uptime = all.up / (seconds * f64::from(all.nodes));
    if uptime > 0.0 && account.earned() > 0.0 {
        // Earnings and electricity go with uptime, all other costs do not.
        let margin = (account.earned() - electricity) / uptime;
        let fixed = account.spent() - electricity;
        values.push(("economics.breakeven_uptime".into(), if margin > 0.0 { fixed / margin } else { NEVER }));
    }
    values
}
