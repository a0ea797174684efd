//! The immutable side of the network.

use super::super::model::EntryModel;
use crate::kernel::{Dist, Process, SimDuration, SimTime, Stream, Streams};
use crate::policy::health::HealthClass;
use crate::scenario::{
    BackboneGraph, Cabinet, Gateway, LinkOutages, LocalDateTime, Policy, Rerouting, Scenario,
};
use crate::world::network::Graph;
use std::ops::Range;
use std::sync::Arc;

/// Tables and streams of the network.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct NetworkModel {
    /// Rates of sites and gateways, where a gateway has one.
    pub fabric: Option<FabricModel>,
    /// Street cabinets, each with its sites.
    pub cabinets: Vec<CabinetModel>,
    /// By site: one more than the cabinet that follows it; empty without cabinets.
    pub leads: Vec<u32>,
    /// Outages of whole providers, each with its sites.
    pub isps: Vec<(LinkOutages, Vec<Range<u32>>)>,
    /// By site: how it is reached; empty where all are reached directly.
    pub relays: Vec<Reached>,
    pub graph: Option<GraphModel>,
    pub has_uploads: bool,
    pub has_caps: bool,
    /// Whether any access link has a rate.
    pub has_rates: bool,
    /// Whether replies wait before busy uplinks.
    pub has_buffers: bool,
    /// Ends of calendar months within the run, where there are caps.
    pub months: Vec<SimTime>,
    /// Whether anything beyond plain link outages is in the scenario, so that links are reported.
    pub reports_links: bool,
    pub draws: NetworkDraws,
}

/// Streams.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct NetworkDraws {
    pub upload: Stream,
    pub queue: Stream,
    pub address: Stream,
    pub isp: Stream,
    pub cabinet: Stream,
    pub backbone: Stream,
    pub convergence: Stream,
}

/// How a site is reached from outside.
#[derive(Clone, Debug)]
pub(in crate::simulation) enum Reached {
    Directly,
    /// By way of a relay, with this extra one-way latency; and the health check over it.
    Relayed(SimDuration, Box<HealthClass>),
    Never,
}

/// Capacities of links: up and down of each site, then up and down of each gateway. Unlimited ones are never full.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct FabricModel {
    pub capacities: Vec<f64>,
    pub limited: Vec<bool>,
    pub sites: u32,
}

/// A street cabinet.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct CabinetModel {
    pub sites: Range<u32>,
    pub spec: Cabinet,
}

/// The graph of the backbone.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct GraphModel {
    pub spec: BackboneGraph,
    pub graph: Arc<Graph>,
    pub policy: Rerouting,
}

/// A capacity that is never used up, in bytes a second.
const UNLIMITED: f64 = 1e18;

impl NetworkModel {
    /// The network of `scenario` under `policy`.
    pub(in crate::simulation) fn new(
        scenario: &Scenario,
        policy: &Policy,
        entries: &[EntryModel],
        streams: &Streams,
    ) -> Self {
        let stream = |process| streams.stream(process, 0);
        let links = || scenario.fleet.iter().filter_map(|entry| entry.link.as_ref());
        let has_caps = links().any(|link| link.cap.is_some());
        let (cabinets, leads) = cabinets(scenario, entries);
        let isps = isps(scenario, entries);
        let relays = relays(scenario, policy, entries, &stream(Process::Nat));
        let unusual = links().any(|link| link.address_change.is_some() || link.buffer.is_some());
        Self {
            fabric: fabric(scenario, entries),
            reports_links: has_caps
                || unusual
                || !cabinets.is_empty()
                || !isps.is_empty()
                || !relays.is_empty(),
            cabinets,
            leads,
            isps,
            relays,
            graph: scenario.backbone.graph.as_ref().map(|spec| GraphModel {
                spec: spec.clone(),
                graph: Arc::new(Graph::new(
                    scenario.regions.len() + spec.points.len(),
                    spec.links.iter().map(|link| (link.ends, link.latency)),
                )),
                policy: policy.network,
            }),
            has_uploads: scenario.fleet.iter().any(|entry| entry.uploads.is_some()),
            months: if has_caps { months(scenario.start, scenario.duration) } else { Vec::new() },
            has_caps,
            has_rates: links().any(|link| link.up.is_some() || link.down.is_some()),
            has_buffers: links().any(|link| link.buffer.is_some()),
            draws: NetworkDraws {
                upload: stream(Process::Upload),
                queue: streams.stream(Process::QueueLoss, 1),
                address: stream(Process::AddressChange),
                isp: stream(Process::IspOutage),
                cabinet: stream(Process::Cabinet),
                backbone: stream(Process::BackboneOutage),
                convergence: stream(Process::Convergence),
            },
        }
    }
}

fn sites_of(entry: &EntryModel) -> Range<u32> {
    entry.first_site..entry.first_site + entry.sites
}

fn fabric(scenario: &Scenario, entries: &[EntryModel]) -> Option<FabricModel> {
    let gateways: Vec<Gateway> = scenario.regions.values().map(|region| region.gateway).collect();
    if gateways.iter().all(|gateway| *gateway == Gateway::default()) {
        return None;
    }
    let rates: Vec<Option<f64>> = entries
        .iter()
        .flat_map(|entry| {
            let link = entry.link.as_ref();
            let rates = [link.and_then(|link| link.up), link.and_then(|link| link.down)];
            std::iter::repeat_n(rates, entry.sites as usize).flatten()
        })
        .chain(gateways.iter().flat_map(|gateway| [gateway.up, gateway.down]))
        .map(|rate| rate.map(|rate| rate.0))
        .collect();
    Some(FabricModel {
        capacities: rates.iter().map(|rate| rate.unwrap_or(UNLIMITED)).collect(),
        limited: rates.iter().map(Option::is_some).collect(),
        sites: entries.iter().map(|entry| entry.sites).sum(),
    })
}

/// Cabinets, and by site one more than the cabinet it leads.
fn cabinets(scenario: &Scenario, entries: &[EntryModel]) -> (Vec<CabinetModel>, Vec<u32>) {
    let mut cabinets = Vec::new();
    let count = entries.iter().map(|entry| entry.sites).sum::<u32>() as usize;
    let mut leads = Vec::new();
    for (entry, spec) in entries.iter().zip(&scenario.fleet) {
        let isp = spec.isp.as_ref().and_then(|name| scenario.isps.get(name));
        let Some(cabinet) = isp.and_then(|isp| isp.cabinet.as_ref()) else { continue };
        leads.resize(count, 0);
        let all = sites_of(entry);
        for first in all.clone().step_by(cabinet.sites as usize) {
            let sites = first..first.saturating_add(cabinet.sites).min(all.end);
            cabinets.push(CabinetModel { sites, spec: cabinet.clone() });
            leads[first as usize] = cabinets.len() as u32;
        }
    }
    (cabinets, leads)
}

fn isps(scenario: &Scenario, entries: &[EntryModel]) -> Vec<(LinkOutages, Vec<Range<u32>>)> {
    let with_outages = scenario.isps.iter().filter_map(|(name, isp)| Some((name, isp.outages.clone()?)));
    with_outages
        .map(|(name, outages)| {
            let members = entries.iter().zip(&scenario.fleet);
            let sites = members.filter(|(_, spec)| spec.isp.as_ref() == Some(name));
            (outages, sites.map(|(entry, _)| sites_of(entry)).collect())
        })
        .collect()
}

/// How each site is reached; empty if there is no address translation.
fn relays(scenario: &Scenario, policy: &Policy, entries: &[EntryModel], draws: &Stream) -> Vec<Reached> {
    if scenario.fleet.iter().all(|entry| entry.link.as_ref().is_none_or(|link| link.nat.is_none())) {
        return Vec::new();
    }
    let reached = |entry: &EntryModel, site: u32| {
        let Some(link) = entry.link.as_ref() else { return Reached::Directly };
        match &link.nat {
            Some(nat) if draws.unit(site, 0) < nat.unreachable => match &nat.relay {
                None => Reached::Never,
                Some(relay) => {
                    let extra = relay.draw_duration(draws, site, 1);
                    let class = HealthClass::new(&policy.health, Some(link), extra);
                    Reached::Relayed(extra, Box::new(class))
                }
            },
            _ => Reached::Directly,
        }
    };
    entries.iter().flat_map(|entry| sites_of(entry).map(move |site| reached(entry, site))).collect()
}

/// The ends of calendar months within the run.
fn months(start: LocalDateTime, duration: SimDuration) -> Vec<SimTime> {
    let (mut year, mut month, ..) = start.parts();
    let mut ends = Vec::new();
    loop {
        month += 1;
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
        let Some(next) = LocalDateTime::new(year, month, 1, 0) else { return ends };
        let seconds = next.seconds - start.seconds;
        let at = SimTime::ZERO + SimDuration::from_secs(seconds.unsigned_abs());
        if at > SimTime::ZERO + duration {
            return ends;
        }
        ends.push(at);
    }
}

/// Times up and down as outages of a link.
pub(in crate::simulation) fn draw_change(
    outages: &(Dist, Dist),
    stream: &Stream,
    entity: u32,
    index: u32,
) -> SimDuration {
    let lasts = if index.is_multiple_of(2) { &outages.0 } else { &outages.1 };
    lasts.draw_duration(stream, entity, index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_the_calendar_says() {
        let start = LocalDateTime::parse("2023-12-30 12:00").expect("a date");
        let days: Vec<f64> = months(start, SimDuration::from_secs(95 * 86_400))
            .into_iter()
            .map(|end| end.as_secs_f64() / 86_400.0)
            .collect();
        assert_eq!(days, [1.5, 32.5, 61.5, 92.5]);
    }
}
