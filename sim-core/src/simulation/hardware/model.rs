//! The immutable side: what wears, by node class, and the streams of it.

use super::super::model::NodeClass;
use crate::kernel::{Process, SimTime, Stream, Streams};
use crate::scenario::{Batches, Build, Churn, FleetEntry, Hardware, Presence, Rack, Scenario, Software};
use crate::world::hardware::Ageing;
use crate::world::thermal::{HeatParams, TemperatureSeries};

/// What wears and what mends, of the nodes of a class.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct WearClass {
    /// Number of the node type.
    pub node_type: u32,
    pub hardware: Hardware,
    pub build: Option<Build>,
    pub batches: Option<Batches>,
    pub churn: Option<Churn>,
    pub presence: Option<Presence>,
    /// Where heat has a say.
    pub ageing: Option<Ageing>,
    /// Whether lives are kept here; if not, there are none, or plain faults only.
    pub has_lives: bool,
    /// The pool of crews that mends these nodes.
    pub pool: Option<u32>,
}

impl WearClass {
    /// Nodes of type `name` in `rack` of `entry`; `air` is that of their room.
    pub fn new(
        scenario: &Scenario,
        entry: &FleetEntry,
        name: &str,
        class: &NodeClass,
        rack: &Rack,
        air: &TemperatureSeries,
    ) -> Self {
        let node = &scenario.nodes[name];
        let hardware = node.hardware.clone();
        let churn = node.churn.clone().or_else(|| entry.churn.clone());
        let presence = node.presence.clone().or_else(|| entry.presence.clone());
        let pool = pools(scenario).position(|(of, _)| of == pool_of(scenario, entry));
        let breaks = hardware.faults.is_some() || hardware.death.is_some() || hardware.hangs.is_some();
        let is_plain = scenario.rare_outage().is_none()
            && hardware.death.is_none()
            && hardware.hangs.is_none()
            && hardware.acceleration.is_none()
            && hardware.degradation.is_none()
            && hardware.repair.is_none()
            && hardware.faults.as_ref().is_none_or(|faults| faults.up_in_storm.is_none())
            && node.build.is_none()
            && node.batches.is_none()
            && churn.is_none()
            && pool.is_none();
        let has_lives = breaks && !is_plain;
        let params = class.heat.as_ref().map_or_else(
            || {
                let rise = rack.cooling.as_ref().map_or(crate::quantity::Kelvin(0.0), |cooling| cooling.rise);
                HeatParams::new(crate::quantity::KelvinPerWatt(0.0), crate::kernel::SimDuration::ZERO, rise)
            },
            |heat| heat.params,
        );
        let end = SimTime::ZERO + scenario.duration;
        let powers = if class.heat.is_some() && class.peak != class.idle {
            vec![class.idle, class.peak]
        } else {
            vec![class.idle]
        };
        let ageing = hardware.acceleration.map(|law| Ageing::new(law, params, air.clone(), end, &powers));
        Self {
            node_type: scenario.nodes.get_index_of(name).unwrap_or_default() as u32,
            hardware,
            build: node.build.clone(),
            batches: node.batches.clone(),
            churn,
            presence,
            ageing,
            has_lives,
            pool: pool.map(|pool| pool as u32),
        }
    }

    fn is_in_use(&self) -> bool {
        self.has_lives || self.churn.is_some() || self.presence.is_some() || self.batches.is_some()
    }
}

/// The region or fleet entry whose crews mend the nodes of an entry.
#[derive(Clone, Copy, PartialEq)]
enum PoolOf<'a> {
    Nobody,
    Entry(&'a str),
    Region(&'a str),
}

fn pool_of<'a>(scenario: &'a Scenario, entry: &'a FleetEntry) -> PoolOf<'a> {
    if entry.crews.is_some() {
        PoolOf::Entry(&entry.name)
    } else if scenario.regions[&entry.region].crews.is_some() {
        PoolOf::Region(&entry.region)
    } else {
        PoolOf::Nobody
    }
}

/// All pools, with their numbers of crews.
fn pools(scenario: &Scenario) -> impl Iterator<Item = (PoolOf<'_>, u32)> {
    let regions = scenario.regions.iter();
    let regions = regions.filter_map(|(name, region)| Some((PoolOf::Region(name), region.crews?)));
    let entries = scenario.fleet.iter();
    regions.chain(entries.filter_map(|entry| Some((PoolOf::Entry(&entry.name), entry.crews?))))
}

/// What wears and mends, of the whole fleet.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct HardwareModel {
    /// By node class.
    pub classes: Vec<WearClass>,
    /// Crews of each pool.
    pub pools: Vec<u32>,
    /// Versions of the software.
    pub versions: Vec<Software>,
    pub quorum: Option<u32>,
    /// Whether any node has anything of this.
    pub in_use: bool,
    pub draws: HardwareDraws,
    streams: Streams,
}

/// The streams of it.
#[derive(Clone, Debug)]
pub(in crate::simulation) struct HardwareDraws {
    pub fault: Stream,
    pub unit_life: Stream,
    pub replacement: Stream,
    pub hang: Stream,
    /// Of faults, and of deaths.
    pub symptoms: [Stream; 2],
    pub repair: Stream,
    pub churn: Stream,
    pub exit_notice: Stream,
    pub host_start: Stream,
    pub presence: Stream,
    pub host: Stream,
    pub version: Stream,
    pub bug: Stream,
    pub patch: Stream,
    pub recall: Stream,
    pub successor: Stream,
}

impl HardwareModel {
    pub fn new(scenario: &Scenario, streams: &Streams, classes: Vec<WearClass>) -> Self {
        let stream = |process| streams.stream(process, 0);
        let buggy = scenario.software.values().any(|software| software.bug.is_some());
        Self {
            in_use: buggy || classes.iter().any(WearClass::is_in_use),
            classes,
            pools: pools(scenario).map(|(_, crews)| crews).collect(),
            versions: scenario.software.values().cloned().collect(),
            quorum: scenario.quorum,
            draws: HardwareDraws {
                fault: stream(Process::HardwareFault),
                unit_life: stream(Process::UnitLife),
                replacement: stream(Process::Replacement),
                hang: stream(Process::Hang),
                symptoms: [0, 1].map(|salt| streams.stream(Process::Symptoms, salt)),
                repair: stream(Process::Repair),
                churn: stream(Process::Churn),
                exit_notice: stream(Process::ExitNotice),
                host_start: stream(Process::HostStart),
                presence: stream(Process::Presence),
                host: stream(Process::Host),
                version: stream(Process::SoftwareVersion),
                bug: stream(Process::SoftwareBug),
                patch: stream(Process::SoftwarePatch),
                recall: stream(Process::Recall),
                successor: stream(Process::Successor),
            },
            streams: *streams,
        }
    }

    /// Streams of the batches of a node type: their defects, and who is in which.
    pub fn batch_streams(&self, node_type: u32) -> (Stream, Stream) {
        (self.streams.stream(Process::Batch, node_type), self.streams.stream(Process::BatchPlace, node_type))
    }

    /// Whether any class has what `of` looks for.
    pub fn any(&self, of: impl Fn(&WearClass) -> bool) -> bool {
        self.classes.iter().any(of)
    }
}
