//! What stays the same in a run of what is made of what is heard of nodes.

use super::super::bill::types_of_classes;
use super::super::model::EntryModel;
use super::super::swim::{SwimModel, group_sizes, members};
use super::super::telemetry::TelemetryDraws;
use crate::kernel::{SimDuration, Streams};
use crate::policy::health::{HealthClass, gossip};
use crate::scenario::{GatewayView, Health, NodeType, Policy, Scenario};

/// Tables and streams.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct SupervisionModel {
    pub swim: Option<SwimModel>,
    pub telemetry: TelemetryDraws,
    /// Temperature that is not to be reached, by class of nodes.
    pub limits: Vec<f64>,
    /// Whether any policy of the scenario has what makes the new figures of detection worth telling.
    pub reports: bool,
    /// Health messages per node and second; of all entries together.
    pub messages: f64,
}

impl SupervisionModel {
    /// The tables; the health check of entries is completed where it depends on the size of groups.
    pub(in crate::simulation) fn new(
        scenario: &Scenario,
        policy: &Policy,
        entries: &mut [EntryModel],
        streams: &Streams,
    ) -> Self {
        if let Health::Gossip(gossip) = &policy.health {
            let sizes = group_sizes(gossip.among, entries);
            for entry in entries.iter_mut() {
                let way = gossip::way(gossip, entry.link.as_ref(), members(gossip.among, &sizes, entry));
                entry.health = HealthClass::new(&policy.health, Some(&way), SimDuration::ZERO);
            }
        }
        let swim = SwimModel::new(policy, entries, streams);
        Self {
            messages: messages(scenario, policy, swim.as_ref(), entries),
            swim,
            telemetry: TelemetryDraws::new(streams),
            limits: limits(scenario, policy),
            reports: scenario.policies.values().any(is_supervised),
        }
    }
}

/// Whether a policy uses anything of this part.
fn is_supervised(policy: &Policy) -> bool {
    let health = matches!(policy.health, Health::PhiAccrual(_) | Health::Swim(_) | Health::Gossip(_));
    health
        || policy.telemetry.is_some()
        || policy.flapping.is_some()
        || policy.ejection.is_some()
        || policy.reputation.is_some()
        || policy.gateways.is_some()
}

/// The temperature that is not to be reached, by class, in the order in which classes are made.
fn limits(scenario: &Scenario, policy: &Policy) -> Vec<f64> {
    let Some(forecast) = policy.forecast else { return Vec::new() };
    let of_type = |node: &NodeType| {
        let thermal = node.thermal.as_ref();
        let own = thermal.and_then(|thermal| {
            let throttle = thermal.throttle.as_ref().map(|throttle| throttle.at);
            throttle.or(thermal.shutdown.as_ref().map(|shutdown| shutdown.at))
        });
        forecast.at.or(own).map_or(f64::INFINITY, |limit| limit.0)
    };
    types_of_classes(scenario).map(of_type).collect()
}

/// Health messages per node and second while all is well, answers included.
fn messages(scenario: &Scenario, policy: &Policy, swim: Option<&SwimModel>, entries: &[EntryModel]) -> f64 {
    let each = |period: SimDuration| 1.0 / period.as_secs_f64();
    let checks = match &policy.health {
        Health::Oracle | Health::None => 0.0,
        Health::HeartbeatTimeout { period, .. } | Health::HeartbeatFreshness { period, .. } => each(*period),
        Health::Probe { period, .. } => 2.0 * each(*period),
        Health::PhiAccrual(phi) => each(phi.period),
        Health::Gossip(gossip) => gossip::messages_per_second(gossip),
        Health::Swim(spec) => {
            let classes = swim.map_or(&[][..], SwimModel::classes);
            let nodes = |entry: &EntryModel| f64::from(entry.sites * entry.nodes_per_site);
            let total: f64 = entries.iter().map(nodes).sum();
            let sum: f64 = entries
                .iter()
                .zip(classes)
                .map(|(entry, class)| nodes(entry) * class.messages_per_second(spec.proxies))
                .sum();
            sum / total.max(1.0)
        }
    };
    let alone = matches!(policy.health, Health::Swim(_) | Health::Gossip(_));
    let own_views = policy.gateways.is_some_and(|gateways| gateways.view == GatewayView::Each);
    let gateways = if own_views && !alone { scenario.regions.len() as f64 } else { 1.0 };
    gateways * checks + policy.telemetry.map_or(0.0, |telemetry| each(telemetry.period))
}
