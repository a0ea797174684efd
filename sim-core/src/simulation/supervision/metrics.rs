//! What is measured of health checks beyond suspicions.

use super::super::Simulation;
use crate::kernel::SimTime;

const DAY_SECONDS: f64 = 86_400.0;

impl Simulation<'_> {
    /// Figures that only scenarios have of which a policy uses any of this.
    pub(in crate::simulation) fn supervision_metrics(&self, now: SimTime) -> Vec<(&'static str, f64)> {
        let mut figures = Vec::new();
        if !self.model.supervision.reports {
            return figures;
        }
        let state = &self.supervision;
        let node_seconds = now.since(self.collect.from).as_secs_f64() * self.nodes.len() as f64;
        let down = self.collect.down.iter().map(|nanos| *nanos as f64 * 1e-9).sum::<f64>();
        let up = node_seconds - down;
        figures.push(("detection.messages_per_node_s", self.model.supervision.messages));
        let policy = &self.model.policy;
        if let Some(disputed) = state.gateways.disputed(now) {
            figures.push(("detection.disagreement", disputed / self.nodes.len() as f64));
        }
        if state.holds() {
            figures.push(("detection.withdrawn", state.held_seconds(now) / up));
        }
        if policy.forecast.is_some() || policy.symptoms.is_some() {
            let counts = &state.counts;
            figures.push(("detection.predicted", counts.predicted as f64 / counts.failures as f64));
            let hits = counts.predicted.min(counts.predictions);
            figures.push((
                "detection.false_predictions",
                (counts.predictions - hits) as f64 / counts.predictions as f64,
            ));
            if let Some(lead) = state.mean_lead() {
                figures.push(("detection.lead.mean", lead.as_secs_f64()));
            }
        }
        if policy.ejection.is_some() {
            let ejections = state.counts.ejections as f64;
            figures.push(("detection.ejections_per_node_day", ejections / (up / DAY_SECONDS)));
        }
        if let Some(records) = &state.records {
            figures.push(("detection.disqualified", state.counts.disqualified as f64));
            let scores = (0..self.nodes.len())
                .map(|node| records.score(crate::world::fleet::NodeId::from_index(node)));
            figures.push(("detection.reputation", scores.sum::<f64>() / self.nodes.len() as f64));
        }
        figures
    }
}
