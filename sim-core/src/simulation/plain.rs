//! Plain requests.
//!
//! A request can have some forty things that most scenarios do not give it: copies, hedges, timeouts, budgets, breakers; rates, losses, relays and
//! queues on its way; work that varies, slots that are shared, nodes that heat up; causes that are asked for. Each costs a step of a request
//! a question, and room to keep the answer while the step goes on. Where a scenario has none of them, that is found out once, and the steps of requests
//! (`traffic`, `service`, and the controller) are compiled a second time without the questions: all that is `if !PLAIN` there. What they do is the
//! same, so any run may take the steps with the questions at any time.

use super::Simulation;

impl Simulation<'_> {
    /// Whether requests have none of what most have no use for, until the end of the run.
    pub(super) fn has_plain_requests(&self) -> bool {
        let (model, network) = (self.model, &self.model.network);
        let links_are_plain = network.relays.is_empty()
            && !network.has_rates
            && !network.has_buffers
            && self.network.is_unlimited()
            && model.entries.iter().all(|entry| entry.link.as_ref().is_none_or(|link| link.loss.is_none()));
        let nodes_are_plain = self.hardware.units.is_empty()
            && !model.jobs.exist()
            && model.shift.is_none()
            && model.classes.iter().all(|class| class.heat.is_none())
            && model.classes_at_hand().all(|class| !class.shares && !class.varies && class.speed > 0.0);
        let nobody_asks = self.blame.is_none()
            && !self.supervision.listens()
            && !self.collect.deeds.are_counted()
            && model.policy.routing != crate::scenario::Routing::Oracle;
        let policy = &model.policy.requests;
        links_are_plain
            && nodes_are_plain
            && nobody_asks
            && model.faults.is_empty()
            && model.policy.gateways.is_none()
            && policy.shedding.is_none()
            && !policy.tied
            && self.control.is_plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{NoFiles, Overrides, Scenario, Source, load};
    use crate::simulation::Model;
    use crate::simulation::trying::{TRYING, scenario_of};
    use serde_json::json;

    fn edge_ring() -> Scenario {
        let text = include_str!("../../../scenarios/edge-ring.json");
        let set = vec![("/duration".to_owned(), json!("40 s"))];
        let overrides = Overrides { set, ..Overrides::default() };
        let plan = load(&Source { name: "edge-ring.json", text }, &NoFiles, &overrides);
        plan.unwrap_or_else(|problems| panic!("{problems}")).variations.remove(0).scenario
    }

    #[test]
    fn the_steps_without_questions_do_what_those_with_them_do() {
        let scenario = edge_ring();
        let model = Model::new(&scenario, "two-choices", 0);
        let run = Simulation::new(&model);
        assert!(run.plain, "the scenario that the speed is measured by has plain requests");
        let mut asking = run.clone();
        asking.plain = false;
        let (plain, asking) = (run.run(0), asking.run(0));
        assert_eq!(format!("{:?}", plain.metrics), format!("{:?}", asking.metrics));
        assert_eq!(plain.trace, asking.trace);
        assert!(plain.metrics["requests.retries.sent"] > 50.0);
    }

    #[test]
    fn requests_that_have_more_are_not_plain() {
        let scenario = scenario_of(TRYING);
        for policy in scenario.policies.keys() {
            assert!(!Simulation::new(&Model::new(&scenario, policy, 0)).plain, "{policy}");
        }
    }
}
