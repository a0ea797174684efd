//! The mutable side of a run at t = 0.

use super::climate::Beside;
use super::collect::Collector;
use super::faults::FaultState;
use super::finish::Baseline;
use super::links::LinkDomain;
use super::model;
use super::network::NetworkState;
use super::state::{OutageDomain, node, site};
use super::{Event, Model, Simulation};
use crate::kernel::{Digest, Engine, Handle, SimTime};
use crate::policy::redundancy::Controller;
use crate::policy::routing::Routing;
use crate::world::fleet::{AttemptId, SiteId};
use crate::world::power::OutageProcess;
use crate::world::thermal::Crossings;
use crate::world::workload::ArrivalProcess;
use std::collections::VecDeque;

impl<'m> Simulation<'m> {
    /// A run at t = 0 with a routing policy of your own.
    pub fn with_routing(model: &'m Model, routing: Box<dyn Routing>) -> Self {
        let mut nodes = Vec::with_capacity(model.node_count());
        let mut sites = Vec::with_capacity(model.site_count());
        for entry in &model.entries {
            nodes.extend(model::layout(entry).map(|(s, n, c)| node(model, s, n, c)));
            sites.extend((0..entry.sites).map(|i| site(model, entry, SiteId(entry.first_site + i))));
        }
        let jobs = super::jobs::JobState::new(model, &*routing);
        let control = controller(model, routing);
        let mut run = Self {
            collect: Collector::new(model),
            baseline: Baseline::default(),
            faults: FaultState::new(model),
            engine: Engine::default(),
            control,
            nodes,
            sites,
            crossings: Crossings::default(),
            beside: Beside::default(),
            racks: Vec::new(),
            outages: Vec::new(),
            dips: Vec::new(),
            surges: Vec::new(),
            link_outages: LinkDomain::all(model),
            network: NetworkState::new(model),
            watches: Vec::new(),
            drawn: super::NOTHING_DRAWN,
            arrivals: vec![ArrivalProcess::default(); model.workloads.len()],
            bodies: Vec::new(),
            sending: AttemptId::NONE,
            plain: false,
            viable: Vec::new(),
            outbox: VecDeque::new(),
            exogenous: Digest::default(),
            hardware: super::hardware::HardwareState::new(model),
            stress: super::stress::StressState::new(model),
            supervision: super::supervision::SupervisionState::new(model),
            bill: super::bill::Bill::new(model),
            shift: super::shift::ShiftState::new(model),
            objects: None,
            jobs,
            blame: super::blame::BlameState::new(model),
            watched: None,
            model,
        };
        run.start();
        run.plain = run.has_plain_requests();
        run
    }

    /// Schedules what is known at t = 0.
    fn start(&mut self) {
        let model = self.model;
        for region in &model.regions {
            for knot in region.outdoor.iter().flat_map(|series| series.knots()) {
                self.exogenous.number(*knot);
            }
            for (begin, end) in &region.storms {
                self.exogenous.word(begin.as_nanos());
                self.exogenous.word(end.as_nanos());
            }
        }
        if !model.warmup.is_zero() {
            self.engine.after(model.warmup, Event::WarmedUp);
        }
        self.start_outages();
        self.start_dips();
        self.start_surges();
        self.start_links();
        self.start_faults();
        self.start_network();
        for site in 0..self.sites.len() {
            self.start_site(SiteId::from_index(site));
        }
        self.start_prices();
        self.baseline = self.energies();
        self.start_watch();
        self.start_supervision();
        self.start_nat();
        self.start_hosts();
        self.start_truth();
        self.start_objects();
        for workload in 0..model.workloads.len() {
            self.schedule_arrival(workload as u16);
        }
        self.start_jobs();
        self.deliver_letters();
    }

    fn start_outages(&mut self) {
        let model = self.model;
        for (cause, outages) in (0_u16..).zip(&model.outages) {
            for member in 0..outages.domains.len() as u32 {
                let process = OutageProcess::new(member);
                let domain = self.outages.len() as u32;
                let until = SimTime::MAX;
                self.outages.push(OutageDomain {
                    cause,
                    member,
                    process,
                    count: 0,
                    next: 0,
                    until,
                    announced: false,
                    ended: 0,
                    pending: Handle::NONE,
                    since: SimTime::ZERO,
                    at: SimTime::MAX,
                });
                self.schedule_outage(domain);
            }
        }
    }

    fn start_site(&mut self, site: SiteId) {
        self.start_climate(site);
        for node in self.site_nodes(site) {
            self.start_rest(node);
            self.start_power(node);
        }
        self.start_heat(site);
        for node in self.site_nodes(site) {
            self.resume_exposure(node);
            self.plan_heat_check(node, false);
        }
        self.start_neighbours(site);
        self.install_battery(site);
        self.load_changed(site);
    }
}

/// A controller that has seen nothing yet.
pub(super) fn controller(model: &Model, routing: Box<dyn Routing>) -> Controller {
    Controller::new(
        model.policy.requests.clone(),
        routing,
        model.places.clone(),
        model.workloads.iter().map(|w| w.routing).collect(),
        model.workloads.iter().map(|w| w.backoff).collect(),
        model.is_watched(),
    )
    .with_keys(model.workloads.iter().map(|w| w.keys.clone()).collect())
    .with_prices(model.prices.clone())
}
