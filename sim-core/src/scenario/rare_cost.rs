//! What estimating a rare event will roughly cost.

use super::cost::plain_events;
use super::spec::{Policy, RareMethod, Scenario, Workload};

/// Levels that a pilot leaves, at most: sixteen decades in steps of about a fifth.
const LEVELS_KEPT: f64 = 16.0;
/// What pilots add, as a share of the estimate.
const PILOTS: f64 = 0.5;

/// Memory of states that stages begin at and enter: about 700 bytes a node each, and what the engine and the rest take.
pub(super) fn bytes(scenario: &Scenario, nodes: f64) -> f64 {
    let Some(rare) = &scenario.rare else { return 0.0 };
    // Failure biasing alone keeps none, but nobody knows what will be chosen.
    let kept = if rare.method == RareMethod::Biasing { 0.0 } else { f64::from(rare.paths) };
    kept * (8e3 + 700.0 * nodes)
}

/// Events of paths: all of those of a plain run, or of one with a single object where that is looked at alone; for each stage, of which there is one under
/// failure biasing. A path that ends before the run does costs less.
pub(super) fn events(scenario: &Scenario, policy: &Policy, plain: f64, (nodes, sites): (f64, f64)) -> f64 {
    let Some(rare) = &scenario.rare else { return 0.0 };
    let code = policy.objects.code;
    let (levels, can_bias, path) = match &rare.outage {
        Some(outage) => {
            let moments = if outage.longer_than.is_zero() { 0 } else { 24 };
            (outage.down + moments, scenario.rare_has_clocks() && moments == 0, plain)
        }
        None if scenario.rare_is_alone(policy) => {
            let mut world = scenario.clone();
            for workload in world.workloads.values_mut() {
                if let Workload::Objects(objects) = workload {
                    objects.count = 1;
                }
            }
            let path = plain_events(&world, policy, nodes, sites);
            (code.total - code.data + 1, scenario.rare_can_bias(), path)
        }
        None => (code.total - code.data + 1, scenario.rare_can_bias(), plain),
    };
    let levels = rare.levels.as_ref().map_or(f64::from(levels), |levels| levels.len() as f64 + 1.0);
    let stages = match rare.method {
        RareMethod::Biasing => 1.0,
        RareMethod::Auto if can_bias => 1.0,
        _ => levels.min(LEVELS_KEPT),
    };
    (1.0 + PILOTS) * f64::from(rare.paths) * stages * path.max(1.0)
}
