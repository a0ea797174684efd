//! What is made of what is heard of nodes: who is kept back, who gets no new work, and for how long.
//!
//! Each rule that keeps new work from a node is a *hold* of its own; the controller counts them, as it counts announced outages. A
//! node that is held goes on with what it has.

mod metrics;
mod model;
mod rules;
mod state;

pub(super) use model::SupervisionModel;
pub(super) use state::SupervisionState;

use super::{ControlEvent, Simulation};
use crate::world::fleet::NodeId;

impl Simulation<'_> {
    /// Something happens that the controller or a health check waits for.
    pub(super) fn control_event(&mut self, event: ControlEvent) {
        match event {
            ControlEvent::SwimWake { node } => self.swim_wake(node),
            ControlEvent::TrustDue { node } => self.trust_due(node),
            ControlEvent::ReadingDue { node } => self.reading_due(node),
            ControlEvent::ReadingArrives { node } => self.reading_arrives(node),
            ControlEvent::Compare => self.compare_nodes(),
            ControlEvent::EjectionOver { node } => self.ejection_over(node),
            ControlEvent::RetryDue { node } => self.retry_due(node),
            ControlEvent::WindowEnds => self.online_window_ends(),
            ControlEvent::FailoverDue { gateway } => self.failover_due(gateway),
            ControlEvent::ViewWake { watch } => self.view_wake(watch),
        }
    }

    pub(super) fn start_supervision(&mut self) {
        self.start_views();
        self.start_telemetry();
        self.start_online_windows();
    }

    /// What is made of what is heard of nodes begins anew in the middle of a run, without views of gateways.
    pub(super) fn renew_supervision(&mut self) {
        self.supervision = SupervisionState::new(self.model);
        self.supervision.set_up(self.nodes.iter().map(|node| node.reasons.is_up()));
    }

    /// `node` does not answer any more.
    pub(super) fn failed_under_supervision(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.supervision.failed(now, node);
        self.swim_answers(node, false);
        self.host_answers(node, false);
    }

    /// `node` answers again.
    pub(super) fn back_under_supervision(&mut self, node: NodeId) {
        let now = self.engine.now();
        self.supervision.back(now, node);
        self.swim_answers(node, true);
        self.host_answers(node, true);
        self.plan_reading(node);
    }
}
