//! Dips in voltage and surges, as they reach sites and nodes.
//!
//! A sag reaches the nodes of a site unless a UPS corrects it; each node rides through for as long as the ITIC curve and its
//! hold-up allow, then loses power until the sag is over, and boots. A brownout is sustained: above the limit at which equipment
//! runs it only raises currents, below it is as good as an outage, which a UPS carries. Both raise the current through the
//! breaker while they last. A surge damages each node by chance.

use super::state::{DipDomain, Supply, SurgeDomain};
use super::{Event, PowerEvent, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::power::ride_through::{hold_up, ride_through, runs_at};
use crate::world::power::{DipDists, DipProcess};

/// What marks words of dips and surges in the digest of the world.
const DIP_MARK: u64 = 1 << 40;
const SURGE_MARK: u64 = 1 << 41;

impl Simulation<'_> {
    pub(super) fn start_dips(&mut self) {
        let model = self.model;
        for (cause, dips) in (0_u16..).zip(&model.dips) {
            for member in 0..dips.domains.len() as u32 {
                let domain = self.dips.len() as u32;
                self.dips.push(DipDomain { cause, member, process: DipProcess::new(member) });
                self.schedule_dip(domain);
            }
        }
    }

    fn schedule_dip(&mut self, domain: u32) {
        let state = &self.dips[domain as usize];
        let model = &self.model.dips[usize::from(state.cause)];
        let at = state.process.next(self.engine.now(), dists(&model.dips), &model.stream);
        if at < SimTime::MAX {
            self.engine.at(at, Event::Power(PowerEvent::DipBegins { domain }));
        }
    }

    pub(super) fn dip_begins(&mut self, domain: u32) {
        let model = self.model;
        let state = &mut self.dips[domain as usize];
        let cause = &model.dips[usize::from(state.cause)];
        let member = state.member as usize;
        let (lasts, depth) = state.process.begin(dists(&cause.dips), &cause.stream);
        self.exogenous.word(u64::from(domain) << 1 | DIP_MARK);
        self.exogenous.word(self.engine.now().as_nanos());
        self.exogenous.number(depth);
        let left = 1.0 - depth.min(1.0);
        for site in cause.domains[member].iter().cloned().flatten().map(SiteId) {
            self.collect.dip(cause.brownout);
            self.dip_reaches(site, domain, left, lasts, cause.brownout);
        }
        self.engine.after(lasts, Event::Power(PowerEvent::DipEnds { domain }));
    }

    pub(super) fn dip_reaches(
        &mut self,
        site: SiteId,
        domain: u32,
        left: f64,
        lasts: SimDuration,
        brownout: bool,
    ) {
        if self.model.entry_of(site).breaker.is_some() {
            self.charge_site(site);
        }
        self.sites[site.index()].power.dips.push((domain, left));
        if brownout {
            if !runs_at(left) {
                self.sites[site.index()].power.undervoltage += 1;
                if self.sites[site.index()].power.undervoltage == 1 {
                    self.mains_cause_begins(site, Cause::Sag);
                }
            }
        } else if harms(left) && !self.corrects_sags(site) {
            self.sites[site.index()].power.sags += 1;
            if self.sites[site.index()].supply == Supply::Mains {
                for node in self.site_nodes(site) {
                    self.sag_reaches(node, left, lasts);
                }
            }
        }
        if self.model.entry_of(site).breaker.is_some() {
            self.load_changed(site);
        }
    }

    fn corrects_sags(&self, site: SiteId) -> bool {
        self.model.entry_of(site).ups_spec.as_ref().is_some_and(|ups| ups.corrects_sags)
    }

    /// A sag reaches a node: if it lasts too long, power is lost after the time that is ridden through.
    fn sag_reaches(&mut self, node: NodeId, left: f64, lasts: SimDuration) {
        let state = self.node(node);
        if state.reasons.is_off() || state.waiting {
            return;
        }
        let class = &self.model.classes[usize::from(state.class)];
        let store = hold_up(class.hold_up.unwrap_or_default(), state.power, class.peak);
        let rides = ride_through(left, store);
        if rides < lasts {
            self.hold_for(node, rides);
        }
    }

    pub(super) fn dip_ends(&mut self, domain: u32) {
        self.exogenous.word(u64::from(domain) << 1 | 1 | DIP_MARK);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &self.dips[domain as usize];
        let cause = &model.dips[usize::from(state.cause)];
        for site in cause.domains[state.member as usize].iter().cloned().flatten().map(SiteId) {
            self.dip_leaves(site, domain, cause.brownout);
        }
        self.schedule_dip(domain);
    }

    pub(super) fn dip_leaves(&mut self, site: SiteId, domain: u32, brownout: bool) {
        self.charge_site(site);
        let corrects = self.corrects_sags(site);
        let power = &mut self.sites[site.index()].power;
        let place = power.dips.iter().position(|dip| dip.0 == domain).expect("a dip ends once");
        let (_, left) = power.dips.swap_remove(place);
        if brownout {
            if !runs_at(left) {
                power.undervoltage -= 1;
                if power.undervoltage == 0 {
                    self.mains_cause_ends(site, Cause::Sag);
                }
            }
        } else if harms(left) && !corrects {
            power.sags -= 1;
            if power.sags == 0 && (power.undervoltage == 0 || self.model.entry_of(site).ups.is_some()) {
                self.end_for_site(site, Cause::Sag);
            }
        }
        self.load_changed(site);
    }

    pub(super) fn start_surges(&mut self) {
        for (cause, surges) in (0_u16..).zip(&self.model.surges) {
            for member in 0..surges.domains.len() as u32 {
                let domain = self.surges.len() as u32;
                self.surges.push(SurgeDomain { cause, member, count: 0 });
                self.schedule_surge(domain);
            }
        }
    }

    fn schedule_surge(&mut self, domain: u32) {
        let state = &self.surges[domain as usize];
        let model = &self.model.surges[usize::from(state.cause)];
        let after = model.every.draw_duration(&model.stream, state.member, state.count);
        if self.engine.now().saturating_add(after) < SimTime::MAX {
            self.engine.after(after, Event::Power(PowerEvent::Surge { domain }));
        }
    }

    pub(super) fn surge(&mut self, domain: u32) {
        self.exogenous.word(u64::from(domain) | SURGE_MARK);
        self.exogenous.word(self.engine.now().as_nanos());
        let model = self.model;
        let state = &mut self.surges[domain as usize];
        state.count += 1;
        let cause = &model.surges[usize::from(state.cause)];
        for site in cause.domains[state.member as usize].iter().cloned().flatten().map(SiteId) {
            self.surge_at(site);
        }
        self.schedule_surge(domain);
    }

    /// A surge reaches a site: it damages each node by chance, switched on or not.
    pub(super) fn surge_at(&mut self, site: SiteId) {
        let number = self.sites[site.index()].power.surges;
        self.sites[site.index()].power.surges += 1;
        self.surge_numbered(site, number);
    }

    /// A surge whose draws have this number reaches a site.
    pub(super) fn surge_numbered(&mut self, site: SiteId, number: u32) {
        self.collect.surges += 1;
        let mut damaged = false;
        for node in self.site_nodes(site) {
            let chance = self.model.classes[usize::from(self.node(node).class)].surge_damage;
            if chance > 0.0 && self.model.draws.power.damage.unit(node.0, number) < chance {
                damaged |= self.damage(node);
            }
        }
        if damaged {
            self.load_changed(site);
        }
    }
}

fn dists(dips: &crate::scenario::Dips) -> DipDists<'_> {
    DipDists { every: &dips.every, lasts: &dips.lasts, size: &dips.depth }
}

/// Whether a sag that leaves this share of the voltage is not ridden through for ever.
fn harms(left: f64) -> bool {
    ride_through(left, SimDuration::ZERO) < SimDuration::MAX
}
