//! Workloads as tables, with the streams of their draws.

use super::{Builder, EntryModel};
use crate::kernel::{Process, Stream};
use crate::policy::routing::Keys;
use crate::scenario::{Requests, Slo};

/// A stream of requests.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct WorkloadModel {
    pub name: String,
    pub requests: Requests,
    pub slo: Slo,
    /// Cumulative share of the requests that enter at each region.
    gateways: Vec<f64>,
    /// By equal steps of the share: the region from which on to look for it.
    guide: Vec<u16>,
    pub arrival: Stream,
    pub demand: Stream,
    pub gateway: Stream,
    pub slowdown: Stream,
    pub latency: Stream,
    pub loss: Stream,
    pub routing: Stream,
    pub backoff: Stream,
    pub keys: Option<Keys>,
}

impl WorkloadModel {
    /// The region at which a request enters whose draw is `unit`: the first whose cumulative share is not less.
    #[inline]
    pub fn gateway_of(&self, unit: f64) -> u16 {
        let (steps, last) = (self.guide.len(), self.gateways.len() - 1);
        // There are fewer steps than a `u32` counts, whose conversion is quicker than that of a `usize`.
        let step = (unit * steps as f64) as u32 as usize;
        let mut gateway = usize::from(self.guide[step.min(steps - 1)]);
        while gateway < last && self.gateways[gateway] < unit {
            gateway += 1;
        }
        gateway as u16
    }
}

/// For each of as many steps as there are sums, how many of the sums are less than anything in it.
fn guide(sums: &[f64]) -> Vec<u16> {
    let steps = sums.len();
    // A little early, so that rounding does not matter.
    let least = |step: usize| (step as f64 - 1e-6) / steps as f64;
    (0..steps).map(|step| sums.partition_point(|sum| *sum < least(step)).min(steps - 1) as u16).collect()
}

impl Builder<'_> {
    pub(super) fn workloads(&self, entries: &[EntryModel]) -> Vec<WorkloadModel> {
        self.scenario
            .requests()
            .map(|(salt, name, requests)| {
                let stream = |process| self.streams.stream(process, salt);
                let gateways = self.gateways(requests, entries);
                WorkloadModel {
                    name: name.clone(),
                    requests: requests.clone(),
                    slo: self.scenario.slo.get(name).cloned().unwrap_or_default(),
                    guide: guide(&gateways),
                    gateways,
                    arrival: stream(Process::Arrival),
                    demand: stream(Process::Demand),
                    gateway: stream(Process::Gateway),
                    slowdown: stream(Process::Slowdown),
                    latency: stream(Process::MessageLatency),
                    loss: stream(Process::MessageLoss),
                    routing: stream(Process::Routing),
                    backoff: stream(Process::Backoff),
                    keys: requests
                        .keys
                        .map(|keys| Keys::new(&keys, salt as u16, stream(Process::RequestKey))),
                }
            })
            .collect()
    }

    /// Cumulative shares by region: as given, or in proportion to nodes.
    fn gateways(&self, requests: &Requests, entries: &[EntryModel]) -> Vec<f64> {
        let mut shares = vec![0.0; self.regions.len()];
        if requests.from.is_empty() {
            for entry in entries {
                shares[usize::from(entry.region)] += f64::from(entry.sites * entry.nodes_per_site);
            }
        } else {
            for (name, share) in &requests.from {
                shares[usize::from(self.region_index(name))] += share;
            }
        }
        let total: f64 = shares.iter().sum();
        let mut sum = 0.0;
        for share in &mut shares {
            sum += *share / total;
            *share = sum;
        }
        shares
    }
}
