//! Counterfactuals: what another policy would have done from some moment on, on the same weather.
//!
//! A run of one policy is made up to a moment, at which all that was to happen has happened. Then it is forked: one copy goes on as it is, in the other a
//! controller of another policy takes over. Both are measured from then on (or from the end of the warm-up, if that comes later), so a request counts if it
//! arrives after the moment.
//!
//! **What stays** is the world: nodes and their queues, attempts in service and messages on their way, heat, batteries, wear, stored objects, instances of jobs,
//! outages that have been announced. All draws are functions of what they are for and not of who asks, so the weather is the same.
//!
//! **What is new** is the controller. It has learnt nothing (latencies, budgets, breakers, records, readings), but takes over whom its predecessor suspected; its health
//! check watches from now on, and readings that were on their way are lost. One that suspects nobody trusts all at once, and the oracle knows the truth. Requests that are not over are
//! handed to it: what is awaited counts as the first try of a copy, what its policy would have sent beyond that is sent at once, and timeouts and hedges run from now on.
//!
//! **At t = 0** nothing has happened yet that could be taken over: the fork is a plain run of the other policy, to the bit.
//!
//! Left out: policies that differ in what the world itself does by them (energy, rerouting of the backbone, how objects are kept), and those whose
//! watchers are part of it (SWIM, views and hosts of gateways), cannot take over after t = 0. Which they are, [`obstacle`] says.

use super::setup::controller;
use super::{Event, JobEvent, Model, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::record::RunRecord;
use crate::policy::routing;
use crate::scenario::{Health, Scenario};
use crate::world::fleet::NodeId;
use std::fmt::Debug;

/// Why `to` cannot take over from `from` in the middle of a run; `None` if it can.
///
/// # Panics
/// If the scenario has no such policies.
pub fn obstacle(scenario: &Scenario, from: &str, to: &str) -> Option<&'static str> {
    let (old, new) = (&scenario.policies[from], &scenario.policies[to]);
    // Not all parts of policies can be compared, but all can be written out.
    fn differ(a: &impl Debug, b: &impl Debug) -> bool {
        format!("{a:?}") != format!("{b:?}")
    }
    let keeps_objects = scenario.objects().next().is_some();
    if differ(&old.energy, &new.energy) {
        Some("they differ in `energy`")
    } else if differ(&old.network, &new.network) {
        Some("they differ in `network`")
    } else if keeps_objects && differ(&old.objects, &new.objects) {
        Some("they differ in `objects`")
    } else if keeps_objects && differ(&old.reputation, &new.reputation) {
        Some("they differ in `reputation`, and objects are kept by it")
    } else if new.gateways.is_some() {
        Some("it has `gateways`")
    } else if matches!(new.health, Health::Swim(_)) {
        Some("its health check is `swim`")
    } else {
        None
    }
}

/// What policy `from` did from `at` on, and what `to` would have done in its place from then on.
///
/// # Panics
/// If the scenario has no such policies, or if there is an [`obstacle`] and `at` is not zero.
pub fn what_if(
    scenario: &Scenario,
    [from, to]: [&str; 2],
    at: SimDuration,
    (variation, replication): (u32, u32),
) -> [RunRecord; 2] {
    let models = [from, to].map(|policy| Model::new(scenario, policy, replication));
    let [old, new] = &models;
    if at.is_zero() {
        return [old, new].map(|model| Simulation::new(model).run(variation));
    }
    assert_eq!(obstacle(scenario, from, to), None, "{to} cannot take over from {from}");
    let mut run = Simulation::new(old);
    run.run_until(SimTime::ZERO + at);
    if at >= old.warmup {
        run.warmed_up();
    }
    let mut forked = run.clone();
    forked.take_over(new);
    [run, forked].map(|run| run.run(variation))
}

/// Whether a pending event is one of the controller and its health checks.
fn is_of_controller(event: &Event) -> bool {
    match event {
        Event::Timer(_) | Event::HealthWake { .. } | Event::Control(_) => true,
        Event::Job(event) => matches!(event, JobEvent::DrainLook | JobEvent::StragglerLook),
        _ => false,
    }
}

impl<'m> Simulation<'m> {
    /// Lets all happen that happens until `moment`, and at it.
    fn run_until(&mut self, moment: SimTime) {
        while let Some(event) = self.engine.next(moment) {
            self.handle(event);
        }
    }

    /// A controller that follows the policy of `model`, whose world is the same, takes the place of the one at work.
    fn take_over(&mut self, model: &'m Model) {
        self.model = model;
        // Requests of the old controller may have what the new one has not.
        self.plain = false;
        self.engine.withdraw(is_of_controller);
        let nodes = || (0..model.node_count()).map(NodeId::from_index);
        let withdrawn = nodes().map(|node| self.control.withdrawals(node) - self.supervision.holds_of(node));
        let withdrawn = withdrawn.collect();
        let suspected: Vec<NodeId> = nodes().filter(|node| !self.control.trusts(*node)).collect();
        self.renew_supervision();
        self.renew_stress();
        let routing = routing::built_in(&model.policy.routing, &model.places);
        let jobs = super::jobs::JobState::new(model, &*routing);
        let old = std::mem::replace(&mut self.control, controller(model, routing));
        let requests = self.control.take_over(old, withdrawn);
        self.start_truth();
        self.start_supervision();
        self.watches.clear();
        self.start_watch();
        self.take_suspicions(&suspected);
        self.renew_jobs(jobs);
        let (control, mut post) = self.control_and_post();
        control.carry_on(&mut post, &requests);
        self.deliver_letters();
        self.write_off_hopeless();
        self.deliver_letters();
        self.dispatch_jobs();
    }

    /// The health check begins with the nodes that the last one suspected.
    fn take_suspicions(&mut self, suspected: &[NodeId]) {
        let is_up = |run: &Self, node: NodeId| run.node(node).reasons.is_up();
        for node in suspected.iter().copied() {
            let forgets = match self.model.policy.health {
                Health::None => true,
                Health::Oracle => is_up(self, node),
                _ => false,
            };
            if forgets {
                self.trust_at_last(node);
            } else {
                let (control, mut post) = self.control_and_post();
                control.suspect(&mut post, node);
            }
        }
        for node in (0..self.nodes.len()).map(NodeId::from_index) {
            if self.model.policy.health == Health::Oracle {
                if !is_up(self, node) && self.control.trusts(node) {
                    self.suspicion(node);
                }
                continue;
            }
            self.presume(node, suspected.binary_search(&node).is_ok());
            self.restart_watch(node);
        }
    }

    /// Requests of which nothing can come under the new policy are over.
    fn write_off_hopeless(&mut self) {
        let left: Vec<_> = self.control.in_flight().map(|(request, ..)| request).collect();
        for request in left {
            let viable = self.viable.get(request.index()).copied().unwrap_or(0);
            if !self.control.can_succeed(request, viable) {
                let (control, mut post) = self.control_and_post();
                control.write_off(&mut post, request);
            }
        }
    }
}

#[cfg(test)]
mod tests;
