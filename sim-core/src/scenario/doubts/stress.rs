//! Doubts about what policies do with requests under stress, and about routing.

use super::Doubt;
use crate::policy::score::Attribute;
use crate::scenario::cost::size;
use crate::scenario::spec::{Discipline, Policy, Routing, Scenario};
use crate::scenario::tree::escape;

/// What is doubtful in the policies of `scenario`.
pub(super) fn doubts(scenario: &Scenario) -> Vec<Doubt> {
    let all = scenario.policies.iter();
    let found = all.flat_map(|(name, policy)| {
        of(scenario, policy).into_iter().map(move |(message, help)| Doubt {
            pointer: format!("/policies/{}", escape(name)),
            message: format!("policy `{name}` {message}"),
            help: help.to_owned(),
        })
    });
    found.collect()
}

fn of(scenario: &Scenario, policy: &Policy) -> Vec<(&'static str, &'static str)> {
    let requests = &policy.requests;
    let several = requests.copies > 1 || requests.hedge.is_some();
    let deadlines = scenario.requests().any(|(_, _, requests)| requests.deadline.is_some());
    let fails = requests.timeout.is_some()
        || requests.shedding.is_some()
        || scenario.nodes.values().any(|node| node.queue.is_some());
    let shared = scenario.nodes.values().all(|node| node.discipline == Discipline::Ps);
    let by_temperature = match &policy.routing {
        Routing::ThermalAware { .. } => true,
        Routing::Score { score, .. } => score.attributes().contains(&Attribute::Temperature),
        _ => false,
    };
    let keyed = matches!(policy.routing, Routing::ConsistentHashing { .. });
    let keys = scenario.requests().any(|(_, _, requests)| requests.keys.is_some());
    let constant = matches!(&policy.routing, Routing::Score { score, .. } if score.attributes().is_empty());
    let (nodes, _) = size(scenario);
    [
        (
            scenario.requests().next().is_some() && u64::from(requests.copies) > nodes,
            "sends more copies than there are nodes, though each goes to a node of its own",
            "at most as many `copies` as nodes",
        ),
        (
            requests.backoff.is_some() && requests.attempts == 1,
            "waits before it tries again, but never does",
            "add `attempts`, or leave `backoff` out",
        ),
        (
            constant,
            "routes by a constant score: all nodes are alike, and the choice is random",
            "an expression of what is observed of a node, such as `load`",
        ),
        (
            requests.tied && !several,
            "ties attempts, but no request has more than one",
            "add `copies` or `hedge`",
        ),
        (
            requests.tied && shared,
            "ties attempts, but no attempt ever waits: all nodes share their slots",
            "use the discipline \"fifo\"",
        ),
        (
            requests.retry_budget.is_some() && requests.attempts == 1,
            "has a budget for retries, but makes none",
            "add `attempts`",
        ),
        (
            requests.circuit_breaker.is_some() && !fails,
            "has circuit breakers, but nothing ever opens them: no attempt times out or is turned away",
            "add `timeout`, or bound `queue`",
        ),
        (
            requests.shedding.is_some_and(|it| it.overdue) && !deadlines,
            "sheds what is past its deadline, but no workload has one",
            "add `deadline` to the workload",
        ),
        (
            by_temperature && scenario.nodes.values().all(|node| node.thermal.is_none()),
            "routes by temperature, but no node has one",
            "add `thermal` to the node types",
        ),
        (
            keyed && !keys,
            "routes by key, but each request asks for something of its own",
            "add `keys` to the workload",
        ),
    ]
    .into_iter()
    .filter_map(|(holds, message, help)| holds.then_some((message, help)))
    .collect()
}
