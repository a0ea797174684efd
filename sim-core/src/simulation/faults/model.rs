//! Faults as the run needs them: targets as lists, shares drawn.

use crate::kernel::{Process, SimDuration, SimTime, Stream, Streams};
use crate::scenario::{FaultAction, Scenario, cost};
use crate::world::fleet::{NodeId, SiteId};

/// What a fault acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulation) enum Scope {
    /// Nodes, or sites as wholes.
    Nodes,
    /// All messages by way of the gateway of a region.
    Gateway(u16),
    /// Messages between the gateway of one region and the nodes of the other.
    Backbone([u16; 2]),
    /// Links of the backbone's graph, with what passes over them.
    Links,
}

/// One fault.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct FaultModel {
    pub name: String,
    pub begins: SimTime,
    /// `None` = not before the end of the run.
    pub ends: Option<SimTime>,
    pub action: FaultAction,
    pub scope: Scope,
    /// Nodes that it befalls, ascending.
    pub nodes: Vec<NodeId>,
    /// Sites that it befalls as wholes, ascending.
    pub sites: Vec<SiteId>,
    /// Links of the backbone's graph that it befalls.
    pub links: Vec<u32>,
    /// Length of the windows over which its impact is judged.
    pub window: SimDuration,
    /// Draws for messages, by workload.
    pub draws: Vec<Stream>,
    /// Draws for health messages.
    pub checks: Stream,
    /// Draws for readings of sensors.
    pub readings: Stream,
}

impl FaultModel {
    /// All faults of a scenario. `first_nodes` holds the first node of each site, and one more after the last.
    pub(in crate::simulation) fn all(
        scenario: &Scenario,
        streams: &Streams,
        site_nodes: impl Fn(SiteId) -> std::ops::Range<usize>,
    ) -> Vec<Self> {
        let workloads = scenario.workloads.len() as u32;
        let faults = (0_u32..).zip(&scenario.faults).map(|(number, fault)| {
            let hits = fault.target.resolve_in(scenario, streams).unwrap_or_default();
            let draw = streams.stream(Process::FaultShare, number);
            let (nodes, sites) = if hits.whole_sites && fault.action.needs_sites() {
                let sites: Vec<SiteId> =
                    share_of(&hits.sites, fault.share, &draw).into_iter().map(SiteId).collect();
                (sites.iter().flat_map(|site| site_nodes(*site)).map(NodeId::from_index).collect(), sites)
            } else {
                (share_of(&hits.nodes, fault.share, &draw).into_iter().map(NodeId).collect(), Vec::new())
            };
            let begins = SimTime::ZERO + fault.at;
            let (process, kind) = match fault.action {
                FaultAction::Latency { .. } => (Process::FaultLatency, 0),
                _ => (Process::FaultLoss, 1),
            };
            Self {
                name: fault.name.clone(),
                begins,
                ends: fault.lasts.map(|lasts| begins.saturating_add(lasts)),
                action: fault.action.clone(),
                scope: match (hits.gateway, hits.backbone) {
                    (Some(region), _) => Scope::Gateway(region),
                    (None, Some(_)) if !hits.links.is_empty() => Scope::Links,
                    (None, Some(ends)) => Scope::Backbone(ends),
                    (None, None) => Scope::Nodes,
                },
                links: hits.links,
                nodes,
                sites,
                window: window(scenario, fault.at, fault.lasts),
                draws: scenario
                    .requests()
                    .map(|(workload, _, _)| streams.stream(process, number * workloads + workload))
                    .collect(),
                checks: streams.stream(Process::FaultCheck, 2 * number + kind),
                readings: streams.stream(Process::FaultCheck, (1 << 20) + 2 * number + kind),
            }
        });
        faults.collect()
    }

    /// Whether nothing passes while it holds, where it acts on the way of messages.
    pub(in crate::simulation) fn cuts(&self) -> bool {
        matches!(self.action, FaultAction::Kill | FaultAction::Partition)
    }

    /// Whether the fault befalls messages between a gateway and a node, as far as that does not depend on routes.
    pub(in crate::simulation) fn befalls(&self, gateway: u16, node: NodeId, region: u16) -> bool {
        match self.scope {
            Scope::Nodes => self.nodes.binary_search(&node).is_ok(),
            Scope::Gateway(cut) => cut == gateway,
            Scope::Links => false,
            Scope::Backbone(ends) => ends == [gateway, region] || ends == [region, gateway],
        }
    }
}

/// A share of `all`, to the nearest whole number, in ascending order.
fn share_of(all: &[u32], share: f64, draw: &Stream) -> Vec<u32> {
    let count = (share * all.len() as f64).round() as usize;
    if count >= all.len() {
        return all.to_vec();
    }
    let mut ranked: Vec<(u64, u32)> = all.iter().map(|one| (draw.bits(*one, 0), *one)).collect();
    ranked.sort_unstable();
    let mut chosen: Vec<u32> = ranked[..count].iter().map(|(_, one)| *one).collect();
    chosen.sort_unstable();
    chosen
}

/// Requests that a window should hold on average.
const PER_WINDOW: f64 = 50.0;
/// Least length of a window, in seconds.
const SHORTEST: f64 = 1.0;
/// Windows from the beginning of a fault to as long after its end as it held.
const WINDOWS: f64 = 2000.0;

/// Length of the windows for a fault: some fifty requests each, at least a second, and so that the fault is a whole number of them.
fn window(scenario: &Scenario, at: SimDuration, lasts: Option<SimDuration>) -> SimDuration {
    let left = scenario.duration.as_secs_f64() - at.as_secs_f64();
    let held = lasts.map_or(left, |lasts| lasts.as_secs_f64().min(left)).max(1e-9);
    let seconds = scenario.duration.as_secs_f64();
    let rate: f64 = scenario.requests().map(|(_, _, it)| cost::rate(&it.arrivals, seconds)).sum();
    let wanted = (PER_WINDOW / rate.max(1e-9)).max(SHORTEST).max(2.0 * held / WINDOWS).min(held);
    SimDuration::from_secs_f64(held / (held / wanted).floor().max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_share_holds_the_smaller_one() {
        let draw = Streams::new(5, 0).stream(Process::FaultShare, 0);
        let all: Vec<u32> = (0..100).collect();
        let mut before: Vec<u32> = Vec::new();
        for percent in 0..=100 {
            let now = share_of(&all, f64::from(percent) / 100.0, &draw);
            assert_eq!(now.len(), percent as usize);
            assert!(now.is_sorted() && before.iter().all(|one| now.contains(one)));
            before = now;
        }
    }
}
