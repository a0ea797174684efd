//! The immutable side of jobs.

use crate::kernel::{Process, Stream, Streams};
use crate::scenario::{FleetEntry, JobPolicy, Jobs, NodeType, Scenario};

/// Workloads of jobs, with the streams of their draws.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct JobsModel {
    pub workloads: Vec<JobWorkload>,
    /// Mean time between failures by node class, in seconds: infinite where nothing fails.
    pub mtbf: Vec<f64>,
    /// All slots of the fleet.
    pub slots: f64,
}

/// A stream of jobs.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct JobWorkload {
    pub name: String,
    /// Its number among all workloads.
    pub number: u32,
    pub jobs: Jobs,
    pub arrival: Stream,
    pub demand: Stream,
    pub slowdown: Stream,
    pub routing: Stream,
    pub error: Stream,
    pub spot: Stream,
    pub latency: Stream,
    pub loss: Stream,
}

impl JobsModel {
    pub(in crate::simulation) fn new(scenario: &Scenario, streams: &Streams) -> Self {
        let workloads = scenario.jobs().map(|(number, name, jobs)| {
            let stream = |process| streams.stream(process, number);
            JobWorkload {
                name: name.clone(),
                number,
                jobs: jobs.clone(),
                arrival: stream(Process::Arrival),
                demand: stream(Process::Demand),
                slowdown: stream(Process::Slowdown),
                routing: stream(Process::Routing),
                error: stream(Process::JobError),
                spot: stream(Process::SpotCheck),
                latency: stream(Process::JobLatency),
                loss: stream(Process::JobLoss),
            }
        });
        let workloads: Vec<JobWorkload> = workloads.collect();
        let (mut mtbf, mut slots) = (Vec::new(), 0.0);
        if !workloads.is_empty() {
            for entry in &scenario.fleet {
                // In the order in which the model numbers its classes.
                for rack in &entry.racks {
                    for (name, count) in rack.nodes.iter().filter(|(_, count)| **count > 0) {
                        let node = &scenario.nodes[name];
                        mtbf.push(1.0 / failures_per_second(scenario, entry, node));
                        slots +=
                            f64::from(entry.sites) * f64::from(rack.count * count) * f64::from(node.slots);
                    }
                }
            }
        }
        Self { workloads, mtbf, slots }
    }

    /// Whether there are jobs at all.
    pub(in crate::simulation) fn exist(&self) -> bool {
        !self.workloads.is_empty()
    }
}

/// How often work on a node is lost, by its own faults and those of its mains.
fn failures_per_second(scenario: &Scenario, entry: &FleetEntry, node: &NodeType) -> f64 {
    let each = |mean: f64| if mean > 0.0 { 1.0 / mean } else { 0.0 };
    let hardware = &node.hardware;
    let faults = hardware.faults.as_ref().map_or(0.0, |faults| each(faults.up.mean()));
    let deaths = hardware.death.as_ref().map_or(0.0, |death| each(death.lifetime.mean()));
    let hangs = hardware.hangs.as_ref().map_or(0.0, |hangs| each(hangs.every.mean()));
    let grid = entry.grid.as_ref().or(scenario.regions[&entry.region].grid.as_ref());
    let outages: f64 =
        grid.map_or(0.0, |grid| grid.outages.iter().map(|outages| each(outages.up.mean())).sum());
    faults + deaths + hangs + outages
}

/// Slots of a node that jobs may hold.
pub(super) fn slots_for_jobs(policy: &JobPolicy, slots: u32) -> u32 {
    slots.saturating_sub(policy.reserve)
}
