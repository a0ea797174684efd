//! The network beyond latency, loss and outages of single links.
//!
//! - `fabric`: transfers that several limits share by max–min fairness.
//! - `uplink`: the queue before a busy uplink, and the uploads of others that keep it busy.
//! - `access`: what makes a site unreachable: providers, data caps, address translation, changes of address.
//! - `cabinet`: street cabinets, which live on the mains of their neighbours.
//! - `backbone`: links between regions that fail, and routes around them.
//! - `model`: the immutable side of all that.
//!
//! What a scenario does not have costs nothing: the state of it is empty.

mod access;
mod backbone;
mod cabinet;
mod fabric;
mod model;
mod uplink;

pub(super) use fabric::{End, Flow};
pub(super) use model::{NetworkModel, Reached};

use super::{Model, Simulation};
use crate::kernel::SimTime;
use crate::measure::accumulate::TimeWeighted;

/// The mutable side of the network.
#[derive(Clone, Debug)]
pub(super) struct NetworkState {
    /// `None` where no gateway has a rate.
    pub(super) fabric: Option<fabric::Fabric>,
    /// Data caps by site; empty where there are none.
    caps: Vec<access::CapState>,
    cabinets: Vec<cabinet::CabinetState>,
    backbone: Option<backbone::BackboneState>,
    /// Uploads begun, by site; empty where there are none.
    uploads: Vec<u32>,
    /// Number of the next upload, for its flow.
    next_upload: u32,
    /// Small messages that left, for the draws of the queues.
    replies: u32,
    /// Access links that are down, and how often one went down.
    links_down: TimeWeighted,
    /// Outages in force on any link.
    outages: u64,
    link_failures: u64,
}

impl NetworkState {
    /// The network at t = 0.
    pub(super) fn new(model: &Model) -> Self {
        let zero = || TimeWeighted::new(SimTime::ZERO, 0.0);
        Self {
            fabric: model.network.fabric.as_ref().map(fabric::Fabric::new),
            caps: access::caps(model),
            cabinets: vec![cabinet::CabinetState::default(); model.network.cabinets.len()],
            backbone: model.network.graph.as_ref().map(|graph| backbone::BackboneState::new(model, graph)),
            uploads: if model.network.has_uploads { vec![0; model.site_count()] } else { Vec::new() },
            next_upload: 0,
            replies: 0,
            links_down: zero(),
            outages: 0,
            link_failures: 0,
        }
    }

    /// Whether the link of any site is down.
    #[inline]
    pub(super) fn any_link_down(&self) -> bool {
        self.outages > 0
    }

    /// Whether no gateway has a rate and no site a data cap.
    #[inline]
    pub(super) fn is_unlimited(&self) -> bool {
        self.fabric.is_none() && self.caps.is_empty()
    }

    /// Measuring begins anew.
    pub(super) fn warmed_up(&mut self, now: SimTime) {
        self.links_down.restart(now);
        self.link_failures = 0;
        if let Some(backbone) = &mut self.backbone {
            backbone.warmed_up(now);
        }
    }
}

impl Simulation<'_> {
    /// Schedules what is known of the network at t = 0; before any watch has begun.
    pub(super) fn start_network(&mut self) {
        self.start_uploads();
        self.start_backbone();
        self.start_months();
    }

    /// What the network was like, as metrics; nothing where a scenario has none of it.
    pub(super) fn network_metrics(&self, now: SimTime, mut put: impl FnMut(&'static str, f64)) {
        let state = &self.network;
        if self.model.network.reports_links {
            let sites = self.sites.len() as f64;
            let years = now.since(self.collect.from).as_secs_f64() / (365.25 * 86_400.0);
            put("links.uptime", 1.0 - state.links_down.mean(now).unwrap_or(f64::NAN) / sites);
            put("links.outages_per_year", state.link_failures as f64 / (sites * years));
        }
        if let Some(backbone) = &state.backbone {
            backbone.metrics(now, put);
        }
    }
}
