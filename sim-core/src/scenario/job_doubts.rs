//! What is doubtful about jobs but can be run, and what they roughly cost.

use super::cost::{mean, messages_take_time, rate};
use super::spec::{CheckpointEvery, Drain, JobPolicy, Policy, Scenario};

/// Pointer, message and help of each doubt.
pub(super) fn doubts(scenario: &Scenario) -> Vec<(String, String, &'static str)> {
    let mut found = Vec::new();
    let exist = scenario.jobs().next().is_some();
    for (name, node) in scenario.nodes.iter().filter(|(_, node)| node.error_rate > 0.0 && !exist) {
        let pointer = format!("/nodes/{}", super::tree::escape(name));
        let message = format!("`error_rate` ({}) is that of jobs, but there are none", node.error_rate);
        found.push((pointer, message, "add a workload of `jobs`"));
    }
    for (name, policy) in &scenario.policies {
        let pointer = format!("/policies/{}/jobs", super::tree::escape(name));
        if !exist && policy.jobs != JobPolicy::default() {
            let message = format!("policy `{name}` protects jobs, but there are none");
            found.push((pointer.clone(), message, "add a workload of `jobs`"));
        }
        let Some(Drain { at, on_battery, .. }) = policy.jobs.drain else { continue };
        if at.is_some() && scenario.nodes.values().all(|node| node.thermal.is_none()) {
            let message = format!("policy `{name}` leaves hot nodes, but no node heats");
            found.push((pointer.clone(), message, "add `thermal` to a node type"));
        }
        if on_battery && scenario.fleet.iter().all(|entry| entry.ups.is_none()) {
            let message = format!("policy `{name}` leaves sites on battery, but no site has one");
            found.push((pointer, message, "add `ups` to the fleet"));
        }
    }
    found
}

/// Work of jobs offered per second, in seconds at speed 1.
pub(super) fn offered(scenario: &Scenario) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    scenario.jobs().map(|(_, _, jobs)| rate(&jobs.arrivals, seconds) * mean(&jobs.demand)).sum()
}

/// Events of jobs per second: three for each instance, two for each checkpoint, and the looks of the controller; where messages take time two
/// more for each instance, and one for each checkpoint.
pub(super) fn events(scenario: &Scenario, policy: &Policy) -> f64 {
    let seconds = scenario.duration.as_secs_f64();
    if scenario.jobs().next().is_none() {
        return 0.0;
    }
    let jobs = &policy.jobs;
    let instances = f64::from(jobs.copies.max(jobs.quorum));
    let checkpoints = |demand: f64| match jobs.checkpoint.as_ref().map(|checkpoint| checkpoint.every) {
        None => 0.0,
        Some(CheckpointEvery::Fixed(every)) => 1.0 + demand / every.as_secs_f64().max(1e-9),
        // About one an hour.
        Some(_) => 1.0 + demand / 3600.0,
    };
    let more = 2.0 * messages_take_time(scenario);
    let work: f64 = scenario
        .jobs()
        .map(|(_, _, it)| {
            rate(&it.arrivals, seconds)
                * instances
                * (3.0 + more + (2.0 + 0.5 * more) * checkpoints(mean(&it.demand)))
        })
        .sum();
    let looks = jobs.drain.map_or(0.0, |drain| 1.0 / drain.period.as_secs_f64())
        + jobs.speculate.map_or(0.0, |speculate| 1.0 / speculate.period.as_secs_f64());
    work + looks
}

/// Memory of jobs: 600 bytes for each instance under way.
pub(super) fn bytes(scenario: &Scenario, policy: &Policy) -> f64 {
    600.0 * offered(scenario) * f64::from(policy.jobs.copies.max(policy.jobs.quorum))
}
