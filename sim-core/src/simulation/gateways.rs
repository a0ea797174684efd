//! Gateways: where requests enter. They can fail by faults on purpose, and another can take over.

use super::{Model, Simulation};

/// The state of gateways.
#[derive(Clone, Debug, Default)]
pub(super) struct GatewayState {
    /// By region: whether another gateway takes its requests.
    handed_over: Vec<bool>,
}

impl GatewayState {
    pub(super) fn new(model: &Model) -> Self {
        let wanted = model.policy.gateways.is_some_and(|gateways| gateways.failover.is_some());
        Self { handed_over: vec![false; if wanted { model.regions.len() } else { 0 }] }
    }
}

impl Simulation<'_> {
    /// Another gateway takes the requests of one that has failed.
    pub(super) fn failover_due(&mut self, gateway: u16) {
        if let Some(handed_over) = self.supervision.gateways.handed_over.get_mut(usize::from(gateway)) {
            *handed_over = true;
        }
    }
}
