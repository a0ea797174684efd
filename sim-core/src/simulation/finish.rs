//! The end of the warm-up, and the record at the end of the run.

use super::collect::{self, Collector, RequestCounts};
use super::{Model, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::record::{RunRecord, Timeline};
use crate::measure::sketch::LatencySketch;
use crate::world::fleet::{Cause, NodeId};
use crate::world::thermal::temperature_integral;
use indexmap::IndexMap;

const DAY_SECONDS: f64 = 86_400.0;
const YEAR_SECONDS: f64 = 365.25 * DAY_SECONDS;
const NANOS: f64 = 1e-9;

/// Metrics by name; a value that does not exist (no sample) is left out.
struct Metrics(IndexMap<String, f64>);

impl Metrics {
    fn put(&mut self, name: impl Into<String>, value: f64) {
        if value.is_finite() {
            self.0.insert(name.into(), value);
        }
    }

    fn quantiles(&mut self, prefix: &str, sketch: &LatencySketch, names: &[(&str, f64)]) {
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
    energy: f64,
    /// Energy, as far as it heats, and temperature of each node.
    nodes: Vec<(f64, f64)>,
}

impl Simulation<'_> {
    /// Measuring begins anew.
    pub(super) fn warmed_up(&mut self) {
        let now = self.engine.now();
        let states: Vec<_> = self.nodes.iter().map(|node| (node.reasons, node.throttled)).collect();
        self.settle_nodes();
        self.collect.restart(now, states.into_iter());
        self.baseline = self.energies();
    }

    /// Charges energy and heat of all nodes until now.
    fn settle_nodes(&mut self) {
        for node in 0..self.nodes.len() {
            self.charge_node(NodeId::from_index(node));
        }
    }

    /// Energies and temperatures now, after [`Self::settle_nodes`].
    pub(super) fn energies(&mut self) -> Baseline {
        Baseline {
            energy: self.energy_used(),
            nodes: (0..self.nodes.len())
                .map(|node| (self.heating_energy(node), self.nodes[node].heat.temperature))
                .collect(),
        }
    }

    /// Closes all accounts and writes the record.
    pub(super) fn finish(mut self, variation: u32) -> RunRecord {
        let now = self.engine.now();
        self.settle_nodes();
        for node in 0..self.nodes.len() {
            let (reasons, throttled) = (self.nodes[node].reasons, self.nodes[node].throttled);
            self.collect.charge(now, NodeId::from_index(node), reasons, throttled);
            self.collect.close_trust(now, NodeId::from_index(node), reasons.is_up());
        }
        self.close_requests(now);
        let mut metrics = Metrics(IndexMap::new());
        self.request_metrics(&mut metrics, now);
        self.node_metrics(&mut metrics, now);
        self.detection_metrics(&mut metrics, now);
        self.energy_metrics(&mut metrics);
        for (name, value) in self.hardware_metrics(now) {
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
                .map(|(workload, counts)| (workload.name.clone(), counts.latency.pairs()))
                .collect(),
            timeline: (model.replication == 0).then(|| timeline(model, &self.collect, now)),
            metrics: metrics.0,
        }
    }

    /// Requests that are left: past hope (nothing physical left of them, and nobody waits for a timer) or in flight.
    fn close_requests(&mut self, now: SimTime) {
        let left: Vec<_> = self.control.in_flight().collect();
        for (request, what, arrived, sent) in left {
            let viable = self.viable.get(request.index()).copied().unwrap_or(0);
            if self.control.can_succeed_by_itself(request, viable) {
                self.collect.still_in_flight(now, &what, arrived, sent);
            } else {
                self.collect.resolved(now, &what, arrived, sent, crate::policy::redundancy::Outcome::Failed);
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
        metrics.put("nodes.uptime", 1.0 - down_total / total);
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
    }

    fn temperature_metrics(&self, metrics: &mut Metrics, now: SimTime) {
        let mut sum = crate::measure::accumulate::Sum::default();
        let mut heated = 0_u32;
        for (index, node) in self.nodes.iter().enumerate() {
            let Some(heat) = &self.model.classes[usize::from(node.class)].heat else { continue };
            let (energy, temperature) = self.baseline.nodes[index];
            let used = crate::quantity::Joules(self.heating_energy(index) - energy);
            let change = crate::quantity::Kelvin(node.heat.temperature - temperature);
            sum.add(temperature_integral(&heat.params, &heat.air, self.collect.from, now, used, change));
            heated += 1;
        }
        let seconds = f64::from(heated) * now.since(self.collect.from).as_secs_f64();
        metrics.put("nodes.temperature.mean", sum.value() / seconds);
        metrics.put("nodes.temperature.max", self.collect.hottest);
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
        let energy = self.energy_used() - self.baseline.energy;
        metrics.put("energy.total", energy);
        let completed: u64 = self.collect.requests.iter().map(|counts| counts.completed).sum();
        if energy > 0.0 {
            metrics.put("energy.per_request", energy / completed as f64);
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
    }
}
