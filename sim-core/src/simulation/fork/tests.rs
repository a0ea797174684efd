use super::super::trying::{TRYING, scenario_of};
use super::*;
use crate::measure::digest::digest;

const AT: SimDuration = SimDuration::from_secs(1200);

/// Metrics that both runs must share but for the name of the policy.
fn same(a: &RunRecord, b: &RunRecord) -> bool {
    let mut renamed = b.clone();
    renamed.policy.clone_from(&a.policy);
    digest([a]) == digest([&renamed])
}

#[test]
fn at_the_start_it_is_a_plain_run_of_the_other_policy() {
    let scenario = scenario_of(TRYING);
    for to in ["bare", "trying", "watching", "knowing"] {
        let [stayed, forked] = what_if(&scenario, ["bare", to], SimDuration::ZERO, (0, 2));
        assert_eq!(digest([&stayed]), digest([&crate::run(&scenario, "bare", 0, 2)]));
        assert_eq!(digest([&forked]), digest([&crate::run(&scenario, to, 0, 2)]), "{to}");
    }
}

/// A policy that keeps nothing in mind is not changed by a successor with the same policy. (The jobs are left out: random choice among
/// nodes with a spare slot depends on the order in which those came to be spare.)
#[test]
fn a_policy_without_memory_goes_on_as_it_was() {
    let mut scenario = scenario_of(TRYING);
    scenario.workloads.shift_remove("films");
    for (one, twin) in [("bare", "bare again"), ("knowing", "knowing again")] {
        for replication in 0..2 {
            let [stayed, forked] = what_if(&scenario, [one, twin], AT, (0, replication));
            assert!(stayed.metrics["requests.arrived"] > 100.0);
            assert!(same(&stayed, &forked), "{one}: {:?} {:?}", stayed.metrics, forked.metrics);
        }
    }
}

#[test]
fn every_policy_can_take_over_from_every_other() {
    let scenario = scenario_of(TRYING);
    let names: Vec<&str> =
        scenario.policies.keys().map(String::as_str).filter(|it| !it.ends_with("again")).collect();
    for from in &names {
        for to in &names {
            assert_eq!(obstacle(&scenario, from, to), None);
            let [stayed, forked] = what_if(&scenario, [from, to], AT, (0, 1));
            assert_eq!(stayed.exogenous, forked.exogenous, "{from} {to}");
            for record in [&stayed, &forked] {
                let count = |name: &str| record.metrics[name];
                let arrived = count("requests.arrived");
                let over =
                    count("requests.completed") + count("requests.failed") + count("requests.in_flight");
                assert!(arrived == over && arrived > 100.0, "{from} {to}: {arrived} {over}");
            }
            assert_eq!(stayed.metrics["requests.arrived"], forked.metrics["requests.arrived"]);
        }
    }
}

/// Far from the moment of the fork, the world is that of the policy that has taken over.
#[test]
fn after_an_early_fork_the_two_policies_are_as_far_apart_as_in_plain_runs() {
    let scenario = scenario_of(TRYING);
    let ratio = |record: &RunRecord| record.metrics["requests.success_ratio"];
    let (mut forked_gain, mut plain_gain) = (0.0, 0.0);
    for replication in 0..3 {
        let [stayed, forked] =
            what_if(&scenario, ["bare", "watching"], SimDuration::from_secs(60), (0, replication));
        forked_gain += ratio(&forked) - ratio(&stayed);
        plain_gain += ratio(&crate::run(&scenario, "watching", 0, replication))
            - ratio(&crate::run(&scenario, "bare", 0, replication));
    }
    assert!(plain_gain > 0.1 && (forked_gain / plain_gain - 1.0).abs() < 0.1, "{forked_gain} {plain_gain}");
}

#[test]
fn suspicions_are_taken_over_and_end_when_the_node_is_heard() {
    let scenario = scenario_of(TRYING);
    let models = ["watching", "accruing"].map(|policy| Model::new(&scenario, policy, 0));
    let mut run = Simulation::new(&models[0]);
    run.run_until(SimTime::ZERO + AT);
    let suspected: Vec<bool> =
        (0..run.nodes.len()).map(|node| !run.control.trusts(NodeId::from_index(node))).collect();
    assert!(suspected.iter().any(|it| *it), "somebody is down for long");
    run.take_over(&models[1]);
    let after: Vec<bool> =
        (0..run.nodes.len()).map(|node| !run.control.trusts(NodeId::from_index(node))).collect();
    assert_eq!(suspected, after);
    // An hour later, those that are up have been heard.
    run.run_until(SimTime::ZERO + SimDuration::from_secs(4000));
    for node in (0..run.nodes.len()).map(NodeId::from_index) {
        if run.control.trusts(node) != run.node(node).reasons.is_up() {
            // It went down or came back within the last minute, or will be found soon.
            run.run_until(run.now() + SimDuration::from_secs(60));
        }
    }
    let agree = (0..run.nodes.len())
        .map(NodeId::from_index)
        .filter(|node| run.control.trusts(*node) == run.node(*node).reasons.is_up());
    assert!(agree.count() + 1 >= run.nodes.len());
}

#[test]
fn what_cannot_take_over_says_why() {
    let mut scenario = scenario_of(TRYING);
    let mut saving = scenario.policies["bare"].clone();
    saving.energy.power_cap = Some(0.8);
    scenario.policies.insert("saving".to_owned(), saving);
    assert_eq!(obstacle(&scenario, "bare", "saving"), Some("they differ in `energy`"));
    assert_eq!(obstacle(&scenario, "saving", "saving"), None);
}
