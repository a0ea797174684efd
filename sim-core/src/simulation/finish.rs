//! The end of the warm-up, and the record at the end of the run.

use super::collect::{self, Collector, RequestCounts};
use super::energy::EnergyAccount;
use super::faults::FaultModel;
use super::{Model, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::catalog::of_workload;
use crate::measure::record::{FaultSpan, RunRecord, Timeline};
use crate::measure::sketch::LatencySketch;
use crate::scenario::FaultAction;
use crate::world::fleet::{Cause, NodeId, SiteId};
use crate::world::thermal::temperature_integral;
use indexmap::IndexMap;

const DAY_SECONDS: f64 = 86_400.0;
const YEAR_SECONDS: f64 = 365.25 * DAY_SECONDS;
const NANOS: f64 = 1e-9;

/// Metrics by name; a value that does not exist (no sample) is left out.
pub(super) struct Metrics(IndexMap<String, f64>);

impl Metrics {
    pub(super) fn put(&mut self, name: impl Into<String>, value: f64) {
        if value.is_finite() {
            self.0.insert(name.into(), value);
        }
    }

    pub(super) fn quantiles(&mut self, prefix: &str, sketch: &LatencySketch, names: &[(&str, f64)]) {
        if let Some(mean) = sketch.mean_secs() {
            self.put(format!("{prefix}.mean"), mean);
        }
        for (name, q) in names {
            if let Some(value) = sketch.quantile(*q) {
                self.put(format!("{prefix}.{name}"), value.as_secs_f64());
            }
        }
    }
}

/// What is remembered of the end of the warm-up.
#[derive(Clone, Debug, Default)]
pub(super) struct Baseline {
    energy: EnergyAccount,
    /// Energy, as far as it heats, temperature and integral of the temperature of each node.
    nodes: Vec<(f64, f64, f64)>,
    /// Integral of the temperature of each room that has a state.
    rooms: Vec<f64>,
}

impl Simulation<'_> {
    /// Measuring begins anew.
    pub(super) fn warmed_up(&mut self) {
        let now = self.engine.now();
        let states: Vec<_> = self.nodes.iter().map(|node| (node.reasons, node.is_throttled())).collect();
        self.settle_nodes();
        self.collect.restart(now, states.into_iter());
        self.network.warmed_up(now);
        self.stress_warmed_up();
        self.supervision.restart(now);
        self.objects_warmed_up();
        self.jobs_warmed_up();
        self.blame_warmed_up();
        self.baseline = self.energies();
    }

    /// Charges energy and heat of all nodes until now.
    fn settle_nodes(&mut self) {
        self.charge_stored();
        for node in 0..self.nodes.len() {
            self.charge_node(NodeId::from_index(node));
        }
        for site in 0..self.sites.len() {
            self.settle_site(SiteId::from_index(site));
        }
    }

    /// Energies and temperatures now, after [`Self::settle_nodes`].
    pub(super) fn energies(&mut self) -> Baseline {
        Baseline {
            energy: self.energy_account(),
            nodes: (0..self.nodes.len())
                .map(|index| {
                    let node = &self.nodes[index];
                    (self.heating_energy(index), node.heat.temperature, node.degree_seconds)
                })
                .collect(),
            rooms: self.rooms().map(|room| room.state.degree_seconds()).collect(),
        }
    }

    /// Closes all accounts and writes the record.
    pub(super) fn finish(mut self, variation: u32) -> RunRecord {
        let now = self.engine.now();
        self.settle_nodes();
        for node in 0..self.nodes.len() {
            let (reasons, throttled) = (self.nodes[node].reasons, self.nodes[node].is_throttled());
            self.collect.charge(now, NodeId::from_index(node), reasons, throttled);
            self.collect.close_trust(now, NodeId::from_index(node), reasons.is_up());
        }
        self.close_requests(now);
        let mut metrics = Metrics(IndexMap::new());
        self.request_metrics(&mut metrics, now);
        self.stress_metrics(|name, value| metrics.put(name, value));
        self.node_metrics(&mut metrics, now);
        self.detection_metrics(&mut metrics, now);
        self.energy_metrics(&mut metrics);
        for (name, value) in self.bill_metrics(now) {
            metrics.put(name, value);
        }
        self.fault_metrics(&mut metrics, now);
        self.network_metrics(now, |name, value| metrics.put(name, value));
        for (name, value) in self.supervision_metrics(now) {
            metrics.put(name, value);
        }
        self.job_metrics(&mut metrics);
        for (name, value) in self.hardware_metrics(now) {
            metrics.put(name, value);
        }
        self.object_metrics(|name, value| metrics.put(name, value));
        for (name, value) in self.blame_metrics(now) {
            metrics.put(name, value);
        }
        metrics.put("engine.events", self.engine.events() as f64);
        metrics.put("engine.ties", self.engine.ties() as f64);
        let model = self.model;
        let latency = model.workloads.iter().zip(&self.collect.requests);
        RunRecord {
            id: String::new(),
            variation,
            policy: model.policy_name.clone(),
            replication: model.replication,
            seed: model.seed,
            trace: format!("{:016x}", self.engine.trace()),
            exogenous: format!("{:016x}", self.exogenous.value()),
            latency: latency
                .map(|(workload, counts)| (workload.name.clone(), counts.latency.coarse_pairs()))
                .collect(),
            timeline: (model.replication == 0).then(|| timeline(model, &self.collect, now)),
            spread: Some(self.spread(now)),
            metrics: metrics.0,
            rare: None,
        }
    }

    /// Requests that are left: past hope (nothing physical left of them, and nobody waits for a timer) or in flight.
    fn close_requests(&mut self, now: SimTime) {
        let left: Vec<_> = self.control.in_flight().collect();
        for (request, what, arrived, sent) in left {
            let viable = self.viable.get(request.index()).copied().unwrap_or(0);
            if self.control.can_succeed_by_itself(request, viable) {
                self.blame_in_flight(request, &what, arrived, sent);
                self.collect.still_in_flight(now, &what, arrived, sent);
            } else {
                // It was lost some time ago; nobody will ever know when.
                self.blame_resolved(&what, arrived, sent, crate::policy::redundancy::Outcome::Failed);
                self.collect.resolved(
                    arrived,
                    &what,
                    arrived,
                    sent,
                    crate::policy::redundancy::Outcome::Failed,
                );
            }
        }
    }

    fn request_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        let seconds = now.since(self.collect.from).as_secs_f64();
        let all = &self.collect.requests;
        if all.is_empty() {
            return;
        }
        put_requests(metrics, "requests", &merged(all), seconds);
        let (judged, met) =
            all.iter().map(|r| r.windows.counts()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        metrics.put("requests.windows_met", met as f64 / judged as f64);
        if all.len() > 1 {
            for (workload, counts) in self.model.workloads.iter().zip(all) {
                let prefix = format!("requests[{}]", workload.name);
                put_requests(metrics, &prefix, counts, seconds);
                metrics.put(format!("{prefix}.windows_met"), counts.windows.share_met().unwrap_or(f64::NAN));
            }
        }
    }

    fn node_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        let span = now.since(self.collect.from).as_secs_f64();
        let count = self.nodes.len() as f64;
        let total = span * count;
        let down: Vec<f64> = self.collect.down.iter().map(|nanos| *nanos as f64 * NANOS).collect();
        let down_total: f64 = down.iter().sum();
        metrics.put("nodes.uptime", ((total - down_total) / total).max(0.0));
        let mut by_node: Vec<u64> = self.collect.down_by_node().collect();
        by_node.sort_unstable_by(|a, b| b.cmp(a));
        for (name, share) in [("p5", 0.05), ("p50", 0.5)] {
            let rank = ((share * count).ceil() as usize).clamp(1, by_node.len()) - 1;
            metrics.put(format!("nodes.uptime.{name}"), 1.0 - by_node[rank] as f64 * NANOS / span);
        }
        for cause in Cause::ALL {
            let seconds = down[cause.index()];
            if cause.is_basic() || seconds > 0.0 {
                metrics.put(format!("nodes.down.{}", cause.name()), seconds / total);
            }
        }
        metrics.put("nodes.throttled", self.collect.throttled as f64 * NANOS / total);
        let failures = self.collect.failures as f64;
        metrics.put("nodes.failures", failures);
        if failures > 0.0 {
            metrics.put("nodes.mtbf", (total - down_total) / failures);
            metrics.put("nodes.mttr", down_total / failures);
        }
        let slots: f64 =
            self.nodes.iter().map(|n| f64::from(self.model.classes[usize::from(n.class)].slots)).sum();
        let mean = |level: &crate::measure::accumulate::TimeWeighted| level.mean(now).unwrap_or(f64::NAN);
        metrics.put("nodes.busy", mean(&self.collect.busy) / slots);
        metrics.put("nodes.queued", mean(&self.collect.queued) / count);
        if self.model.classes.iter().any(|class| class.sleep.is_some()) {
            metrics.put("nodes.asleep", mean(&self.collect.asleep) / count);
            metrics.put("nodes.waking", mean(&self.collect.waking) / count);
        }
        self.temperature_metrics(metrics, now);
        let site_years = self.sites.len() as f64 * span / YEAR_SECONDS;
        metrics.put("sites.outages_per_year", self.collect.site_outages as f64 / site_years);
        metrics.put("sites.grid_outages_per_year", self.collect.grid_outages as f64 / site_years);
        metrics.put("sites.breaker_trips", self.collect.breaker_trips as f64);
        self.power_metrics(metrics, site_years);
    }

    /// What only scenarios with dips, surges or mortal batteries have.
    fn power_metrics(&self, metrics: &mut Metrics, site_years: f64) {
        let (model, collect) = (self.model, &self.collect);
        let dips = |brownout| model.dips.iter().any(|dips| dips.brownout == brownout);
        let injected = |what: fn(&FaultAction) -> bool| model.faults.iter().any(|fault| what(&fault.action));
        let sags = dips(false) || injected(|action| matches!(action, FaultAction::Sag { .. }));
        let at_restoration = model.outages.iter().any(|outages| outages.surge > 0.0);
        let surges = at_restoration
            || !model.surges.is_empty()
            || injected(|action| matches!(action, FaultAction::Surge));
        let ups = || model.entries.iter().filter_map(|entry| entry.ups_spec.as_ref());
        let breakers = || model.entries.iter().filter_map(|entry| entry.breaker.as_ref());
        for (name, exists, count) in [
            ("sites.sags_per_year", sags, collect.sags),
            ("sites.brownouts_per_year", dips(true), collect.brownouts),
            ("sites.surges_per_year", surges, collect.surges),
        ] {
            if exists {
                metrics.put(name, count as f64 / site_years);
            }
        }
        for (name, exists, count) in [
            ("nodes.damaged", surges || collect.damages > 0, collect.damages),
            ("sites.dead_batteries", ups().any(|ups| ups.death.is_some()), collect.dead_batteries),
            ("sites.left", breakers().any(|breaker| breaker.fatigue.is_some()), collect.sites_left),
        ] {
            if exists {
                metrics.put(name, count as f64);
            }
        }
    }

    fn temperature_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        let mut sum = crate::measure::accumulate::Sum::default();
        let mut heated = 0_u32;
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(heat) = &self.model.classes[usize::from(node.class)].heat else { continue };
            heated += 1;
            let (energy, temperature, degree_seconds) = self.baseline.nodes[index];
            if heat.masses.is_some() {
                sum.add(node.degree_seconds - degree_seconds);
                continue;
            }
            let used = crate::quantity::Joules(self.heating_energy(index) - energy);
            let change = crate::quantity::Kelvin(node.heat.temperature - temperature);
            sum.add(temperature_integral(&heat.params, &heat.air, self.collect.from, now, used, change));
        }
        let seconds = f64::from(heated) * now.since(self.collect.from).as_secs_f64();
        metrics.put("nodes.temperature.mean", sum.value() / seconds);
        metrics.put("nodes.temperature.max", self.collect.hottest);
        let (mut rooms, mut sum) = (0_u32, 0.0);
        for (room, before) in self.rooms().zip(&self.baseline.rooms) {
            rooms += 1;
            sum += room.state.degree_seconds() - before;
        }
        let seconds = f64::from(rooms) * now.since(self.collect.from).as_secs_f64();
        metrics.put("sites.temperature.mean", sum / seconds);
        metrics.put("sites.temperature.max", self.collect.hottest_room.0);
    }

    /// Rooms that have a state, in order of sites.
    fn rooms(&self) -> impl Iterator<Item = &super::climate::Room> {
        self.sites.iter().filter_map(|site| site.climate.room.as_deref())
    }

    fn detection_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        let detection = &self.collect.detection;
        let total = now.since(self.collect.from).as_secs_f64() * self.nodes.len() as f64;
        let up = total - self.collect.down.iter().map(|nanos| *nanos as f64 * NANOS).sum::<f64>();
        metrics.quantiles("detection.delay", &detection.delay, &[("p50", 0.5), ("p99", 0.99), ("max", 1.0)]);
        metrics.put("detection.false_per_node_day", detection.false_suspicions as f64 / (up / DAY_SECONDS));
        metrics.quantiles("detection.false_duration", &detection.false_duration, &[]);
        metrics.quantiles("detection.recovery", &detection.recovery, &[]);
        metrics.put("detection.mistrust", detection.mistrusted as f64 * NANOS / up);
        metrics.put("detection.missed", detection.missed as f64 / detection.spells as f64);
    }

    fn energy_metrics(&mut self, metrics: &mut Metrics) {
        let account = self.energy_account().since(&self.baseline.energy);
        let energy = account.total;
        metrics.put("energy.total", energy);
        metrics.put("energy.idle", account.idle());
        metrics.put("energy.work", account.work);
        metrics.put("energy.cooling", account.cooling);
        metrics.put("energy.losses", account.losses());
        metrics.put("energy.mains", account.mains);
        if self.model.entries.iter().any(|entry| entry.ups.is_some()) {
            metrics.put("energy.stored", account.stored);
        }
        let completed: u64 = self.collect.requests.iter().map(|counts| counts.completed).sum();
        if energy > 0.0 {
            metrics.put("energy.per_request", energy / completed as f64);
        }
    }
}

impl Simulation<'_> {
    /// What each fault did that had begun by the end.
    fn fault_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        for (fault, impact) in self.model.faults.iter().zip(&self.collect.impacts) {
            let report = impact.report(now);
            let mut put = |name: &str, value: Option<f64>| {
                metrics.put(of_workload(&format!("faults.{name}"), &fault.name), value.unwrap_or(f64::NAN));
            };
            put("nodes_hit", Some(report.nodes_hit));
            put("time_to_detect.mean", report.detect_mean);
            put("time_to_detect.max", report.detect_max);
            put("undetected", report.undetected);
            if self.model.workloads.is_empty() {
                continue;
            }
            put("time_to_reroute", report.reroute);
            put("time_to_baseline", report.baseline);
            put("requests", Some(report.requests));
            put("requests_lost", Some(report.lost));
            put("success_before", report.success_before);
            put("success_during", report.success_during);
        }
    }
}

fn merged(all: &[RequestCounts]) -> RequestCounts {
    let mut sum = all[0].clone();
    for counts in &all[1..] {
        sum.arrived += counts.arrived;
        sum.completed += counts.completed;
        sum.failed += counts.failed;
        sum.late += counts.late;
        sum.rejected += counts.rejected;
        sum.in_flight += counts.in_flight;
        sum.overdue += counts.overdue;
        sum.attempts += counts.attempts;
        sum.latency.merge(&counts.latency);
        sum.wait.merge(&counts.wait);
    }
    sum
}

/// Success ratio: of the requests that are over, or in flight past their deadline, those answered in time.
fn put_requests(metrics: &mut Metrics, prefix: &str, counts: &RequestCounts, seconds: f64) {
    let in_time = (counts.completed - counts.late) as f64;
    let decided = counts.completed + counts.failed + counts.overdue;
    for (name, value) in [
        ("arrived", counts.arrived),
        ("completed", counts.completed),
        ("failed", counts.failed),
        ("late", counts.late),
        ("rejected", counts.rejected),
        ("in_flight", counts.in_flight),
        ("attempts", counts.attempts),
    ] {
        metrics.put(format!("{prefix}.{name}"), value as f64);
    }
    metrics.put(format!("{prefix}.success_ratio"), in_time / decided as f64);
    metrics.put(format!("{prefix}.goodput"), in_time / seconds);
    metrics.put(format!("{prefix}.extra_load"), counts.attempts as f64 / counts.arrived as f64 - 1.0);
    let names = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("max", 1.0)];
    metrics.quantiles(&format!("{prefix}.latency"), &counts.latency, &names);
    metrics.quantiles(&format!("{prefix}.wait"), &counts.wait, &names[..4]);
}

/// The course of the fleet in equal bins.
fn timeline(model: &Model, collect: &Collector, now: SimTime) -> Timeline {
    let bin = collect::bin_length(model);
    let outdoor = model.regions.iter().filter_map(|region| {
        let series = region.outdoor.as_ref()?;
        let means = (0..collect::BINS as u64).map(|i| {
            let from = SimTime::from_nanos(bin.as_nanos() * i).min(now);
            let to = from.saturating_add(bin).min(now);
            let seconds = to.since(from).as_secs_f64();
            if seconds > 0.0 { series.integral(from, to) / seconds } else { series.at(from).0 }
        });
        Some((region.name.clone(), means.collect()))
    });
    let means: Vec<Vec<f64>> = collect.timeline.clone().means(now).into_iter().collect();
    let nodes = collect::series_names()
        .filter(|(_, place, always)| *always || means[*place].iter().any(|count| *count != 0.0))
        .map(|(name, place, _)| (name.to_owned(), means[place].clone()))
        .collect();
    Timeline {
        bin: SimDuration::as_secs_f64(bin),
        nodes,
        outdoor: outdoor.collect(),
        success: collect.success.shares(),
        faults: model.faults.iter().map(|fault| span(fault, now)).collect(),
    }
}

/// When a fault holds, in seconds.
fn span(fault: &FaultModel, now: SimTime) -> FaultSpan {
    let seconds = |at: SimTime| at.min(now).since(SimTime::ZERO).as_secs_f64();
    FaultSpan {
        name: fault.name.clone(),
        from: seconds(fault.begins),
        to: seconds(fault.ends.unwrap_or(if fault.action.is_instant() { fault.begins } else { now })),
    }
}
