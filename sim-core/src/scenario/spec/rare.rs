//! How what hardly ever happens is estimated.

use super::{Policy, Scenario, Target};
use crate::kernel::{Dist, SimDuration, Streams};
use crate::scenario::faults::{Hits, Mistarget};

/// By which method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RareMethod {
    /// The one that suits the scenario.
    #[default]
    Auto,
    /// Multilevel splitting.
    Splitting,
    /// Failure biasing.
    Biasing,
    /// Splitting of paths under failure biasing.
    Both,
}

/// How the loss of objects, or an outage, is estimated.
#[derive(Clone, Debug, PartialEq)]
pub struct Rare {
    /// The outage; `None`: the loss of an object.
    pub outage: Option<RareOutage>,
    /// The method.
    pub method: RareMethod,
    /// Paths: of each stage of splitting, or in all.
    pub paths: u32,
    /// Levels of danger at which forks begin, ascending; `None`: a pilot finds them.
    pub levels: Option<Vec<u32>>,
    /// Probability that failure biasing gives the next failure before the end of a repair; `None`: a pilot finds how much sooner they come.
    pub bias: Option<f64>,
    /// About how long a repair takes, where none takes a drawn time.
    pub recovery: Option<SimDuration>,
}

/// An outage that is too rare to be counted.
#[derive(Clone, Debug, PartialEq)]
pub struct RareOutage {
    /// So many are down at once.
    pub down: u32,
    /// Of what.
    pub of: RareUnit,
    /// At a stretch, and longer than this.
    pub longer_than: SimDuration,
    /// Of whom; `None`: of the whole fleet.
    pub target: Option<Target>,
}

impl RareOutage {
    /// Whom it is about, in the first replication.
    ///
    /// # Errors
    /// If the target means nobody.
    pub fn hits(&self, scenario: &Scenario) -> Result<Hits, Mistarget> {
        self.hits_in(scenario, &Streams::new(scenario.seed, 0))
    }

    /// Whom it is about in a run with these random draws.
    ///
    /// # Errors
    /// If the target means nobody.
    pub fn hits_in(&self, scenario: &Scenario, streams: &Streams) -> Result<Hits, Mistarget> {
        let all = Target { all: true, ..Target::default() };
        self.target.as_ref().unwrap_or(&all).resolve_in(scenario, streams)
    }
}

/// What is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RareUnit {
    /// Nodes.
    #[default]
    Nodes,
    /// Sites of which no node is up.
    Sites,
}

impl Scenario {
    /// The outage whose probability is asked for.
    pub fn rare_outage(&self) -> Option<&RareOutage> {
        self.rare.as_ref()?.outage.as_ref()
    }

    /// Whether objects can do nothing to one another under `policy`, so that one can be looked at alone.
    pub fn rare_is_alone(&self, policy: &Policy) -> bool {
        let policy = &policy.objects;
        let quiet = self.objects().all(|(_, _, objects)| objects.writes.is_none());
        let free = policy.repair.as_ref().is_none_or(|repair| {
            repair.time.is_some()
                && repair.concurrent.is_none()
                && repair.rate.is_none()
                && repair.budget.is_none()
        });
        let room = self.nodes.values().all(|node| node.storage.is_none());
        quiet && free && room && policy.audits.is_none() && policy.evacuate.is_none()
    }

    /// Whether anything takes nodes down after an exponential time, and so can be hastened for an outage.
    pub fn rare_has_clocks(&self) -> bool {
        let exponential = |dist: &Dist| matches!(dist, Dist::Exponential { .. });
        let units = self.nodes.values().any(|node| {
            let hardware = &node.hardware;
            let faults = hardware.faults.as_ref().is_some_and(|faults| exponential(&faults.up));
            faults || hardware.death.as_ref().is_some_and(|death| exponential(&death.lifetime))
        });
        let links = self.fleet.iter().filter_map(|entry| entry.link.as_ref()?.outages.as_ref());
        let isps = self.isps.values().filter_map(|isp| isp.outages.as_ref());
        let grids =
            self.regions.values().map(|region| &region.grid).chain(self.fleet.iter().map(|it| &it.grid));
        let mut mains = grids.flatten().flat_map(|grid| &grid.outages);
        units || links.chain(isps).any(|it| exponential(&it.up)) || mains.any(|it| exponential(&it.up))
    }

    /// Whether failure biasing applies to losses: whatever holds shards dies after an exponential time, and of nothing else.
    pub fn rare_can_bias(&self) -> bool {
        self.nodes.values().all(|node| {
            let hardware = &node.hardware;
            let exponential = |dist: &Dist| matches!(dist, Dist::Exponential { .. });
            hardware.death.as_ref().is_some_and(|death| exponential(&death.lifetime))
                && hardware.faults.is_none()
                && hardware.acceleration.is_none()
                && hardware.degradation.is_none()
                && node.batches.is_none()
        })
    }
}
