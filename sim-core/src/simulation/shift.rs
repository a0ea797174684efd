//! What sites do with their work while electricity is dear or a battery carries them: cap it, hold it, or send new work elsewhere.
//!
//! Where the price of a tariff passes a bound of the policy is known when a run begins; there is an event at each such time for a fleet
//! entry, and none in scenarios whose policies have no bounds. The battery is looked at when supplies change.

use super::state::Supply;
use super::{EnergyEvent, Event, Model, Simulation};
use crate::kernel::SimTime;
use crate::policy::energy::{EnergyRules, PriceLevel, Restraint};
use crate::quantity::Watts;
use crate::scenario::{NodeType, Policy, PowerCap, Scenario, Tariff};
use crate::world::economics::Prices;
use crate::world::fleet::{NodeId, SiteId};

/// The rules of a policy at each fleet entry.
#[derive(Clone, Debug)]
pub(super) struct ShiftModel {
    pub entries: Vec<Option<ShiftEntry>>,
    /// How speed follows a cap, by class of node.
    exponents: Vec<f64>,
}

/// The rules at the sites of a fleet entry, and when their price passes a bound.
#[derive(Clone, Debug)]
pub(super) struct ShiftEntry {
    pub rules: EnergyRules,
    steps: Vec<(SimTime, PriceLevel)>,
}

impl ShiftModel {
    /// The rules; `None` where no site has any.
    pub(super) fn new(scenario: &Scenario, policy: &Policy) -> Option<Box<Self>> {
        let end = SimTime::ZERO + scenario.duration;
        let free = Tariff::default();
        let entries: Vec<Option<ShiftEntry>> = scenario
            .fleet
            .iter()
            .map(|entry| {
                let tariff = entry.tariff.as_ref().unwrap_or(&free);
                let prices = Prices::of(tariff, scenario.start, scenario.duration);
                let rules = EnergyRules::new(&policy.energy, &prices, end)?;
                let mut steps: Vec<(SimTime, PriceLevel)> = Vec::new();
                for (at, price) in prices.pieces().filter(|(at, _)| *at < end) {
                    let level = rules.level(crate::quantity::DollarsPerJoule(price));
                    if steps.last().is_none_or(|(_, last)| *last != level) {
                        steps.push((at, level));
                    }
                }
                Some(ShiftEntry { rules, steps })
            })
            .collect();
        let exponent = |node: &NodeType| node.power_cap.map_or(PowerCap::EXPONENT, |cap| cap.exponent);
        let exponents = super::bill::types_of_classes(scenario).map(exponent).collect();
        entries.iter().any(Option::is_some).then(|| Box::new(Self { entries, exponents }))
    }
}

/// What each site does about its work now.
#[derive(Clone, Debug)]
pub(super) struct ShiftState {
    /// Empty where no policy asks for anything.
    sites: Vec<Restraint>,
    /// The next step of the price of each fleet entry.
    next: Vec<usize>,
}

impl ShiftState {
    pub(super) fn new(model: &Model) -> Self {
        match &model.shift {
            None => Self { sites: Vec::new(), next: Vec::new() },
            Some(shift) => {
                Self { sites: vec![Restraint::NONE; model.site_count()], next: vec![0; shift.entries.len()] }
            }
        }
    }
}

impl Simulation<'_> {
    /// Something happens because of prices.
    pub(super) fn energy_event(&mut self, event: EnergyEvent) {
        match event {
            EnergyEvent::PriceSteps { entry } => self.price_steps(entry),
            EnergyEvent::ReserveReached { site } => self.reserve_reached(site),
        }
    }

    /// The prices at t = 0, and when they change.
    pub(super) fn start_prices(&mut self) {
        for entry in 0..self.shift.next.len() {
            self.price_steps(entry as u16);
        }
    }

    fn price_steps(&mut self, entry: u16) {
        let model = self.model;
        let index = usize::from(entry);
        let Some(shift) = model.shift.as_ref().and_then(|shift| shift.entries[index].as_ref()) else {
            return;
        };
        let sites = &model.entries[index];
        let sites = || (sites.first_site..sites.first_site + sites.sites).map(SiteId);
        // Whether batteries were charged until now depends on the price of the time before.
        for site in sites() {
            self.charge_site(site);
        }
        self.shift.next[index] += 1;
        if let Some((at, _)) = shift.steps.get(self.shift.next[index]) {
            self.engine.at(*at, Event::Energy(EnergyEvent::PriceSteps { entry }));
        }
        for site in sites() {
            self.refresh_restraint(site);
            self.trade(site);
        }
    }

    /// The rules of a site, and what the price of the moment is for them.
    pub(super) fn energy_rules(&self, site: SiteId) -> Option<(&EnergyRules, PriceLevel)> {
        let shift = self.model.shift.as_ref()?;
        let index = self.model.entry_index(site);
        let entry = shift.entries[index].as_ref()?;
        // Before the prices have begun, that of t = 0 holds.
        let step = self.shift.next[index].saturating_sub(1);
        Some((&entry.rules, entry.steps.get(step).map_or(PriceLevel::default(), |step| step.1)))
    }

    /// The supply of a site, or the price, may have changed: its nodes do what the policy asks for. The caller calls
    /// [`Self::load_changed`] for a site whose supply has changed afterwards.
    pub(super) fn refresh_restraint(&mut self, site: SiteId) {
        let Some((rules, level)) = self.energy_rules(site) else { return };
        let state = &self.sites[site.index()];
        let on_battery = state.supply == Supply::Battery && !state.power.trading;
        let wanted = rules.restraint(level, on_battery);
        let present = self.shift.sites[site.index()];
        for node in self.site_nodes(site) {
            for _ in present.withdrawn..wanted.withdrawn {
                self.control.withdraw(node);
            }
            for _ in wanted.withdrawn..present.withdrawn {
                self.control.readmit(node);
            }
            if wanted.withdrawn != present.withdrawn {
                self.job_candidate_changed(node);
            }
        }
        if wanted.cap == present.cap {
            self.shift.sites[site.index()] = wanted;
            return;
        }
        let running: Vec<NodeId> =
            self.site_nodes(site).filter(|node| !self.node(*node).reasons.halts()).collect();
        for node in &running {
            self.charge_work(*node);
        }
        self.shift.sites[site.index()] = wanted;
        for node in &running {
            self.reschedule_work(*node);
            self.refresh_power(*node);
        }
        self.load_changed(site);
    }

    /// Share of its power above idle that a node may draw.
    fn power_share(&self, node: NodeId) -> f64 {
        self.shift.sites.get(self.node(node).site.index()).map_or(1.0, |restraint| restraint.cap)
    }

    /// What the board of a node may draw.
    pub(super) fn restrained_power(&self, node: NodeId) -> f64 {
        let cap = self.power_share(node);
        if cap >= 1.0 {
            return f64::INFINITY;
        }
        let power = &self.model.classes[usize::from(self.node(node).class)].power;
        let Watts(idle) = power.idle;
        idle + cap * (power.peak.0 - idle)
    }

    /// By how much the cap on its power slows a node down; nothing at 1.
    #[inline]
    pub(super) fn restrained_speed(&self, node: NodeId) -> f64 {
        let Some(shift) = &self.model.shift else { return 1.0 };
        let cap = self.power_share(node);
        if cap >= 1.0 {
            return 1.0;
        }
        let exponent = shift.exponents[usize::from(self.node(node).class)];
        if cap > 0.0 { libm::pow(cap, exponent) } else { 0.0 }
    }
}
