//! Workloads as tables, with the streams of their draws.

use super::{Builder, EntryModel};
use crate::kernel::{Process, Stream};
use crate::policy::redundancy::Keys;
use crate::scenario::{Requests, Slo};

/// A stream of requests.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct WorkloadModel {
    pub name: String,
    pub requests: Requests,
    pub slo: Slo,
    /// Cumulative share of the requests that enter at each region.
    pub gateways: Vec<f64>,
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

impl Builder<'_> {
    pub(super) fn workloads(&self, entries: &[EntryModel]) -> Vec<WorkloadModel> {
        self.scenario
            .requests()
            .map(|(salt, name, requests)| {
                let stream = |process| self.streams.stream(process, salt);
                WorkloadModel {
                    name: name.clone(),
                    requests: requests.clone(),
                    slo: self.scenario.slo.get(name).cloned().unwrap_or_default(),
                    gateways: self.gateways(requests, entries),
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
