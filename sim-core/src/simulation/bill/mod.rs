//! The bill of a run: meters on what is drawn, accounts of what is done. It watches and changes nothing: months are closed
//! between events, without any of their own.
//!
//! - Each node has a meter on its socket, each site one on whatever else it takes from the mains: cooling where there is no UPS;
//!   where there is one, all that it takes (its load, standby, charging), and the air conditioning on a circuit of its own. A site pays
//!   for `mains × pue`, its peaks and its connection; its nodes share that in proportion to what each would have paid at its socket.
//! - Energy drawn evenly since the last change is priced exactly ([`Prices`](crate::world::economics::Prices)), and so is what a socket
//!   gives for leakage, which is parted where the price changes; what air conditioning draws unevenly between changes, and a UPS
//!   for leakage within a step of it, is taken as even.
//! - Every 730 hours from the end of the warm-up on a month is closed: deeds and uptime of each node become money by the reward scheme.
//! - Peaks are those of nodes, fixed cooling and the UPS; those of air conditioning are left out.

mod machine;
mod model;
mod report;

pub(super) use model::{BillModel, types_of_classes};

use super::state::Supply;
use super::{Model, Simulation};
use crate::kernel::SimTime;
use crate::measure::accumulate::Sum;
use crate::measure::economics::reward::{self, Span, Work};
use crate::measure::economics::{Account, MONTH};
use crate::quantity::{Joules, Watts};
use crate::world::economics::{DemandMeter, Meter};
use crate::world::fleet::{AttemptId, Body, NodeId, SiteId};

/// Meters and accounts.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    /// The end of the month under way; never where nobody is paid.
    pub closes_at: SimTime,
    /// Its beginning.
    month_from: SimTime,
    nodes: Vec<NodeBill>,
    sites: Vec<SiteBill>,
}

/// A node.
#[derive(Clone, Debug, Default)]
struct NodeBill {
    meter: Meter,
    /// Joules metered so far, those of the warm-up included, and of leakage those that the UPS of the site has not seen.
    metered: f64,
    leaked: f64,
    account: Account,
    /// Deeds and nanoseconds down at the beginning of the month.
    work: Work,
    down: u64,
    machine: machine::Machine,
    /// Repairs, and units bought.
    visits: u32,
    bought: u32,
}

/// A site.
#[derive(Clone, Debug)]
struct SiteBill {
    meter: Meter,
    /// Joules metered until `at`, but for air conditioning.
    metered: f64,
    at: SimTime,
    /// Joules of air conditioning metered until `conditioned_at`.
    conditioned: f64,
    conditioned_at: SimTime,
    demand: Option<Box<DemandMeter>>,
}

impl Bill {
    pub(super) fn new(model: &Model) -> Self {
        let Some(bill) = &model.bill else {
            let (nodes, sites) = (Vec::new(), Vec::new());
            return Self { closes_at: SimTime::MAX, month_from: SimTime::ZERO, nodes, sites };
        };
        let paid = bill.economics.as_ref().is_some_and(|economics| economics.reward.is_some());
        let entries = model.entries.iter().zip(&bill.entries);
        let sites = entries.flat_map(|(entry, costs)| {
            let demand = costs
                .tariff
                .demand
                .map(|_| Box::new(DemandMeter::new(model.start, model.duration, bill.counted_from)));
            let site = SiteBill {
                meter: Meter::default(),
                metered: 0.0,
                at: SimTime::ZERO,
                conditioned: 0.0,
                conditioned_at: SimTime::ZERO,
                demand,
            };
            std::iter::repeat_n(site, entry.sites as usize)
        });
        Self {
            closes_at: if paid { bill.counted_from.saturating_add(MONTH) } else { SimTime::MAX },
            month_from: bill.counted_from,
            nodes: vec![NodeBill::default(); model.node_count()],
            sites: sites.collect(),
        }
    }
}

impl Model {
    /// Whether somebody may pay for what nodes do.
    pub(super) fn has_bill(&self) -> bool {
        self.bill.as_ref().is_some_and(|bill| bill.economics.is_some())
    }
}

impl Simulation<'_> {
    /// Meters what `node` has drawn since `since`.
    #[inline]
    pub(super) fn meter_node(&mut self, node: NodeId, since: SimTime) {
        if !self.bill.nodes.is_empty() {
            self.meter_socket(node, since);
        }
    }

    fn meter_socket(&mut self, node: NodeId, since: SimTime) {
        let Some(bill) = &self.model.bill else { return };
        let now = self.engine.now();
        let state = &self.nodes[node.index()];
        let site = state.site;
        let prices = &bill.entries[self.model.entry_index(site)].prices;
        let it = &mut self.bill.nodes[node.index()];
        let drawn = Joules(state.energy - it.metered);
        it.metered = state.energy;
        it.meter.add(drawn, since, now, bill.counted_from, prices);
        // A UPS sees leakage in steps; the mains give what there was.
        let unseen = state.leak_energy - state.leak_seen;
        let leaked = Joules(unseen - it.leaked);
        it.leaked = unseen;
        if leaked.0 != 0.0 && self.model.entry_of(site).ups.is_some() {
            self.bill.sites[site.index()].meter.add(leaked, since, now, bill.counted_from, prices);
        }
    }

    /// Meters what `node` has leaked from `from` until now where the price changes in between, each part at its price. `leaked` tells
    /// the joules from one instant to the next.
    pub(super) fn meter_leakage(
        &mut self,
        node: NodeId,
        from: SimTime,
        mut leaked: impl FnMut(SimTime) -> f64,
    ) {
        let Some(bill) = &self.model.bill else { return };
        let now = self.engine.now();
        let site = self.nodes[node.index()].site;
        let prices = &bill.entries[self.model.entry_index(site)].prices;
        let changes = prices.changes(from, now);
        if changes.is_empty() {
            return;
        }
        let it = &mut self.bill.nodes[node.index()];
        let mut since = from;
        for at in changes.iter().copied().chain([now]) {
            let part = leaked(at);
            it.meter.add(Joules(part), since, at, bill.counted_from, prices);
            it.metered += part;
            since = at;
        }
    }

    /// Meters what a site has taken from the mains since the last time, besides its nodes if it has no UPS. Its accounts are those of now.
    pub(super) fn meter_site(&mut self, site: SiteId) {
        let Some(bill) = &self.model.bill else { return };
        let now = self.engine.now();
        let state = &self.sites[site.index()];
        let total = match self.model.entry_of(site).ups {
            None => state.cooling_energy - state.conditioning_energy,
            Some(_) => state.power.mains_energy,
        };
        let prices = &bill.entries[self.model.entry_index(site)].prices;
        let it = &mut self.bill.sites[site.index()];
        let taken = Joules(total - it.metered);
        it.metered = total;
        it.meter.add(taken, it.at, now, bill.counted_from, prices);
        it.at = now;
    }

    /// Meters what the air conditioning of a site has taken since the last time, on a circuit of its own.
    pub(super) fn meter_conditioning(&mut self, site: SiteId) {
        let Some(bill) = &self.model.bill else { return };
        let now = self.engine.now();
        let total = self.sites[site.index()].conditioning_energy;
        let prices = &bill.entries[self.model.entry_index(site)].prices;
        let it = &mut self.bill.sites[site.index()];
        let taken = Joules(total - it.conditioned);
        it.conditioned = total;
        it.meter.add(taken, it.conditioned_at, now, bill.counted_from, prices);
        it.conditioned_at = now;
    }

    /// The draw of a site may have changed, where its peaks cost something.
    #[inline]
    pub(super) fn watch_demand(&mut self, site: SiteId) {
        if self.bill.sites.get(site.index()).is_some_and(|it| it.demand.is_some()) {
            let power = self.power_from_mains(site);
            let now = self.engine.now();
            if let Some(demand) = &mut self.bill.sites[site.index()].demand {
                demand.set(power, now);
            }
        }
    }

    fn power_from_mains(&self, site: SiteId) -> Watts {
        let entry = self.model.entry_of(site);
        let state = &self.sites[site.index()];
        let nodes: f64 =
            self.model.nodes_of(site).map(|node| self.nodes[node].power.0 + self.nodes[node].leak.0).sum();
        let cooling = entry.cooling.0 + state.climate.rack_power.0;
        let cooling = if state.supply == Supply::Dead { 0.0 } else { cooling };
        match (&entry.ups_spec, state.supply) {
            (None, _) => Watts(nodes + cooling),
            (Some(ups), Supply::Mains) => Watts(nodes + cooling + ups.standby.0 + state.charging.0),
            (Some(_), Supply::Battery | Supply::Dead) => Watts(0.0),
        }
    }

    /// A node has answered an attempt that its sender still wanted.
    pub(super) fn note_deed(&mut self, attempt: AttemptId) {
        if !self.collect.deeds.are_counted() {
            return;
        }
        let Body { workload, number, node, .. } = self.bodies[attempt.index()];
        let work = self.demand(workload, number);
        let reply = self.model.workloads[usize::from(workload)].requests.reply;
        if let Some(deeds) = self.collect.deeds.of_node(node.index()) {
            deeds.requests += 1;
            deeds.compute.add(work);
            deeds.replies.add(reply.0);
        }
    }

    /// Somebody has repaired `node`, or put a new unit in its place.
    pub(super) fn note_visit(&mut self, node: NodeId, replaced: bool) {
        let now = self.engine.now();
        let Some(bill) = &self.model.bill else { return };
        if replaced {
            self.new_machine(node);
        }
        if now >= bill.counted_from {
            let it = &mut self.bill.nodes[node.index()];
            it.visits += 1;
            it.bought += u32::from(replaced);
        }
    }

    /// Closes the months that have ended before now: what has been counted until now was done in them.
    #[cold]
    #[inline(never)]
    pub(super) fn close_months(&mut self) {
        while self.bill.closes_at < self.engine.now() {
            let at = self.bill.closes_at;
            self.close_month(at);
            self.bill.closes_at = at.saturating_add(MONTH);
        }
    }

    /// Closes the month under way at `at`.
    fn close_month(&mut self, at: SimTime) {
        let Some(economics) = self.model.bill.as_ref().and_then(|bill| bill.economics.as_ref()) else {
            return;
        };
        let from = self.bill.month_from;
        let months = from.since(SimTime::ZERO + self.model.warmup).as_secs_f64() / MONTH.as_secs_f64();
        let seconds = at.since(from).as_secs_f64();
        self.bill.month_from = at;
        for (index, it) in self.bill.nodes.iter_mut().enumerate() {
            let down = self.collect.down_until(at, NodeId::from_index(index), self.nodes[index].reasons);
            let work = self.collect.deeds.all().get(index).map_or_else(Work::default, Work::of);
            if let Some(scheme) = &economics.reward {
                let up = seconds - down.saturating_sub(it.down) as f64 / 1e9;
                let span = Span { seconds, up, age: scheme.age_months + months };
                reward::close(&mut it.account, scheme, &work.since(&it.work), &span, economics.discount);
            }
            (it.work, it.down) = (work, down);
        }
    }

    /// Meters everything until now, at the end of the run: nodes and rooms have been settled.
    fn close_meters(&mut self) {
        for site in (0..self.sites.len()).map(SiteId::from_index) {
            self.charge_site(site);
        }
    }

    /// What customers see of the work of all nodes: whole objects, however many shards they are stored in and read from.
    fn delivered_work(&mut self) -> Work {
        let (stored, read) = self.delivered_objects();
        let mut sum = Work { stored, egress: read, ..Work::default() };
        for deeds in self.collect.deeds.all() {
            let replies = deeds.replies.value();
            sum.add(&Work { stored: 0.0, egress: replies, repair: 0.0, ..Work::of(deeds) });
        }
        sum
    }

    /// What the electricity of a site costs, of which its nodes pay these shares.
    fn electricity(&self, site: SiteId, now: SimTime) -> (f64, Vec<f64>) {
        let Some(bill) = &self.model.bill else { return (0.0, Vec::new()) };
        let entry = &bill.entries[self.model.entry_index(site)];
        let it = &self.bill.sites[site.index()];
        let sockets = || self.model.nodes_of(site).map(|node| self.bill.nodes[node].meter);
        let mut cost: Sum = [it.meter.cost.0].into_iter().collect();
        if self.model.entry_of(site).ups.is_none() {
            sockets().for_each(|meter| cost.add(meter.cost.0));
        }
        let peaks = match (&it.demand, entry.tariff.demand) {
            (Some(demand), Some(price)) => demand.charge(price, now).0,
            _ => 0.0,
        };
        let months = now.since(bill.counted_from).as_secs_f64() / MONTH.as_secs_f64();
        let total = entry.costs.pue * (cost.value() + peaks) + entry.tariff.monthly.0 * months;
        // In proportion to money if all pay, else to energy, else alike.
        let by_cost: Vec<f64> = sockets().map(|meter| meter.cost.0).collect();
        let by_energy: Vec<f64> = sockets().map(|meter| meter.energy.0).collect();
        let keys = [by_cost, by_energy]
            .into_iter()
            .find(|keys| keys.iter().all(|key| *key >= 0.0) && keys.iter().sum::<f64>() > 0.0);
        let count = self.model.nodes_of(site).len();
        let keys = keys.unwrap_or_else(|| vec![1.0; count]);
        let sum: f64 = keys.iter().sum();
        (total, keys.iter().map(|key| key / sum).collect())
    }

    /// Joules that a site has been billed for.
    fn billed_energy(&self, site: SiteId) -> f64 {
        let Some(bill) = &self.model.bill else { return 0.0 };
        let mut energy = self.bill.sites[site.index()].meter.energy.0;
        if self.model.entry_of(site).ups.is_none() {
            energy += self.model.nodes_of(site).map(|node| self.bill.nodes[node].meter.energy.0).sum::<f64>();
        }
        bill.entries[self.model.entry_index(site)].costs.pue * energy
    }
}
