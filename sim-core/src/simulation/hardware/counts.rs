//! What is counted of hardware and hosts, and of the quorum.

use super::super::{Model, Simulation};
use crate::kernel::{SimDuration, SimTime};
use crate::measure::accumulate::TimeWeighted;

const YEAR_SECONDS: f64 = 365.25 * 86_400.0;

/// Whether enough nodes are up.
#[derive(Clone, Debug)]
struct QuorumCount {
    needed: u32,
    up: u32,
    since: SimTime,
    met: u128,
    losses: u64,
}

impl QuorumCount {
    fn charge(&mut self, now: SimTime) {
        if self.up >= self.needed {
            self.met += u128::from(now.since(self.since).as_nanos());
        }
        self.since = now;
    }
}

/// Accumulators of this part of the world; they watch and change nothing.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct HardwareCounts {
    pub deaths: u64,
    pub replaced: u64,
    pub departed: u64,
    pub hangs: u64,
    waits: u64,
    waited: u128,
    degraded: TimeWeighted,
    quorum: Option<QuorumCount>,
}

impl HardwareCounts {
    pub fn new(model: &Model) -> Self {
        let up = model.node_count() as u32;
        let quorum = model.hardware.quorum.map(|needed| QuorumCount {
            needed,
            up,
            since: SimTime::ZERO,
            met: 0,
            losses: 0,
        });
        Self {
            deaths: 0,
            replaced: 0,
            departed: 0,
            hangs: 0,
            waits: 0,
            waited: 0,
            degraded: TimeWeighted::new(SimTime::ZERO, 0.0),
            quorum,
        }
    }

    /// Forgets what was counted before `now`.
    pub fn restart(&mut self, now: SimTime) {
        (self.deaths, self.replaced, self.departed, self.hangs) = (0, 0, 0, 0);
        (self.waits, self.waited) = (0, 0);
        self.degraded.restart(now);
        if let Some(quorum) = &mut self.quorum {
            (quorum.since, quorum.met, quorum.losses) = (now, 0, 0);
        }
    }

    /// A node was up, or not, and now is, or not.
    pub fn up_changed(&mut self, now: SimTime, before: bool, after: bool) {
        let Some(quorum) = self.quorum.as_mut().filter(|_| before != after) else { return };
        quorum.charge(now);
        if after {
            quorum.up += 1;
        } else {
            quorum.losses += u64::from(quorum.up == quorum.needed);
            quorum.up -= 1;
        }
    }

    /// A node now shows symptoms, or not any more.
    pub fn degraded_changed(&mut self, now: SimTime, degraded: bool) {
        self.degraded.add(now, if degraded { 1.0 } else { -1.0 });
    }

    /// A repair has waited so long for a crew.
    pub fn crew_wait(&mut self, waited: SimDuration) {
        self.waits += 1;
        self.waited += u128::from(waited.as_nanos());
    }
}

impl Simulation<'_> {
    /// Metrics of what the scenario has of this.
    pub(in crate::simulation) fn hardware_metrics(&mut self, now: SimTime) -> Vec<(&'static str, f64)> {
        let hardware = &self.model.hardware;
        let counts = &mut self.collect.hardware;
        let seconds = now.since(self.collect.from).as_secs_f64();
        let nodes = self.nodes.len() as f64;
        let mut metrics = Vec::new();
        if hardware.any(|class| class.hardware.death.is_some()) {
            metrics.push(("nodes.deaths", counts.deaths as f64));
            let per_year = counts.replaced as f64 / (nodes * seconds / YEAR_SECONDS);
            metrics.push(("nodes.replacements_per_node_year", per_year));
        }
        let gives_up = |class: &super::model::WearClass| {
            class.hardware.repair.as_ref().is_some_and(|repair| repair.give_up > 0.0)
        };
        if hardware.any(|class| class.churn.is_some() || gives_up(class)) {
            metrics.push(("nodes.departed", counts.departed as f64));
        }
        if hardware.any(|class| class.hardware.hangs.is_some()) {
            metrics.push(("nodes.hangs", counts.hangs as f64));
        }
        if hardware.any(|class| class.hardware.degradation.is_some()) {
            metrics.push(("nodes.degraded", counts.degraded.mean(now).unwrap_or(0.0) / nodes));
        }
        if hardware.any(|class| class.has_lives && class.pool.is_some()) && counts.waits > 0 {
            metrics.push(("nodes.crew_wait", counts.waited as f64 * 1e-9 / counts.waits as f64));
        }
        if let Some(quorum) = &mut counts.quorum {
            quorum.charge(now);
            metrics.push(("nodes.quorum_met", quorum.met as f64 * 1e-9 / seconds));
            metrics.push(("nodes.quorum_losses", quorum.losses as f64));
        }
        metrics
    }
}
