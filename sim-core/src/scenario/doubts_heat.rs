//! What is doubtful about the heat of nodes: a node that shuts down and starts again all day long.

use super::cost::mean;
use super::spec::{NodeType, Restart, Scenario};

/// More shutdowns in a day than this are surely not meant.
const OFTEN: f64 = 1000.0;
/// In degrees Celsius: air as it is on a fair day.
const FAIR: f64 = 20.0;
const DAY: f64 = 86_400.0;

/// The node types that shut down too often to be simulated in reasonable time, with an estimate of how often in a day.
pub(super) fn cycling(scenario: &Scenario) -> Vec<(&str, f64)> {
    let known = scenario.nodes.iter();
    known
        .filter_map(|(name, node)| Some((name.as_str(), shutdowns_per_day(node)?)))
        .filter(|(_, rate)| *rate > OFTEN)
        .collect()
}

/// How often in a day a node shuts down that always draws `idle` in fair air, by the slowest of its time constants; `None`: never.
///
/// It heats up from `resume` to `at` in `τ ln((T − resume)/(T − at))`, on its way to T, and cools down again in
/// `τ ln((at − air)/(resume − air))`; then it boots.
fn shutdowns_per_day(node: &NodeType) -> Option<f64> {
    let thermal = node.thermal.as_ref()?;
    let shutdown = thermal.shutdown.as_ref().filter(|shutdown| matches!(shutdown.restart, Restart::Auto))?;
    let chassis = thermal.chassis.as_ref();
    let resistance = thermal.resistance.0 + chassis.map_or(0.0, |chassis| chassis.resistance.0);
    let tau =
        chassis.map_or(thermal.time_constant, |chassis| chassis.time_constant.max(thermal.time_constant));
    let towards = FAIR + resistance * node.idle.0;
    let (at, resume) = (shutdown.at.0, shutdown.resume.0);
    if towards <= at || resume <= FAIR {
        return None;
    }
    let heats = libm::log((towards - resume) / (towards - at));
    let cools = libm::log((at - FAIR) / (resume - FAIR));
    let boot = node.boot.as_ref().map_or(0.0, mean);
    Some(DAY / (tau.as_secs_f64() * (heats + cools) + boot))
}
