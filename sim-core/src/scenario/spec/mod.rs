//! The typed scenario: what a file says once it has been read, checked and completed with defaults.
//!
//! Everything is in SI units. What is `None` does not exist in the simulated world.

mod economics;
mod faults;
mod hardware;
mod health;
mod hosts;
mod jobs;
mod network;
mod object_access;
mod objects;
mod policy;
mod power;
mod rare;
mod request_policy;
mod routing;
mod statistics;
mod supervision;
mod thermal;
mod workload;

pub use economics::*;
pub use faults::*;
pub use hardware::*;
pub use health::*;
pub use hosts::*;
pub use jobs::*;
pub use network::*;
pub use object_access::*;
pub use objects::*;
pub use policy::*;
pub use power::*;
pub use rare::*;
pub use request_policy::*;
pub use routing::*;
pub use statistics::*;
pub use supervision::*;
pub use thermal::*;
pub use workload::*;

use crate::kernel::SimDuration;
use indexmap::IndexMap;

/// Named things, in the order of the file.
pub type Named<T> = IndexMap<String, T>;

/// One variation of a scenario file, ready to be built.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name; also the folder of the results.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Seed of all random draws.
    pub seed: u64,
    /// Local date and time of t = 0.
    pub start: LocalDateTime,
    /// Simulated time.
    pub duration: SimDuration,
    /// Time at the beginning that is simulated but not measured.
    pub warmup: SimDuration,
    /// Runs per policy and variation; where what they show decides, at most so many.
    pub replications: u32,
    /// Regions by name.
    pub regions: Named<Region>,
    /// Latency between regions.
    pub backbone: Backbone,
    /// Internet service providers by name, where more than a name is known of them.
    pub isps: Named<Isp>,
    /// Node types by name.
    pub nodes: Named<NodeType>,
    /// Groups of like sites.
    pub fleet: Vec<FleetEntry>,
    /// Workloads by name.
    pub workloads: Named<Workload>,
    /// Policies under test by name.
    pub policies: Named<Policy>,
    /// What is done to the world on purpose, in the order of the file.
    pub faults: Vec<Fault>,
    /// Service level objectives by workload name.
    pub slo: Named<Slo>,
    /// Versions of the software by name; nodes beyond their shares run none of them.
    pub software: Named<Software>,
    /// How many nodes must be up, for `nodes.quorum_met`.
    pub quorum: Option<u32>,
    /// Who pays what; `None`: there is no bill.
    pub economics: Option<Economics>,
    /// Whether what fails, is lost or stands still is charged to its root cause.
    pub blame: bool,
    /// How what hardly ever happens is estimated; `None`: it is only counted.
    pub rare: Option<Rare>,
    /// What decides on the number of replications, and what is to be said about the policies.
    pub statistics: Statistics,
}

impl Scenario {
    /// Streams of requests, each with its number among all workloads.
    pub fn requests(&self) -> impl Iterator<Item = (u32, &String, &Requests)> {
        self.numbered().filter_map(|(number, name, workload)| match workload {
            Workload::Requests(requests) => Some((number, name, requests)),
            _ => None,
        })
    }

    /// Sets of objects, each with its number among all workloads.
    pub fn objects(&self) -> impl Iterator<Item = (u32, &String, &Objects)> {
        self.numbered().filter_map(|(number, name, workload)| match workload {
            Workload::Objects(objects) => Some((number, name, objects)),
            _ => None,
        })
    }

    /// Streams of jobs, each with its number among all workloads.
    pub fn jobs(&self) -> impl Iterator<Item = (u32, &String, &Jobs)> {
        self.numbered().filter_map(|(number, name, workload)| match workload {
            Workload::Jobs(jobs) => Some((number, name, jobs)),
            _ => None,
        })
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &String, &Workload)> {
        (0_u32..).zip(&self.workloads).map(|(number, (name, workload))| (number, name, workload))
    }
}

/// A local calendar date and time, without time zone or daylight saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDateTime {
    /// Seconds since 1970-01-01 00:00 local time (a Thursday).
    pub seconds: i64,
}

/// A region: a place with a weather, a grid, and a gateway by which requests enter.
#[derive(Clone, Debug, Default)]
pub struct Region {
    /// Latitude and longitude in degrees.
    pub location: Option<[f64; 2]>,
    /// Outdoor temperature.
    pub weather: Option<Weather>,
    /// Mains of sites whose fleet entry names no other.
    pub grid: Option<Grid>,
    /// Rates of its gateway.
    pub gateway: Gateway,
    /// Repair crews of the fleet entries that have none of their own; `None` = repairs never wait.
    pub crews: Option<u32>,
}

/// A group of like sites.
#[derive(Clone, Debug)]
pub struct FleetEntry {
    /// Name.
    pub name: String,
    /// Name of its region.
    pub region: String,
    /// Number of sites.
    pub sites: u32,
    /// The building around the racks.
    pub building: Option<Building>,
    /// Mains; `None` takes the region's.
    pub grid: Option<Grid>,
    /// The breaker of each site.
    pub breaker: Option<Breaker>,
    /// The UPS of each site.
    pub ups: Option<Ups>,
    /// How well each site is protected against surges.
    pub surge_protection: SurgeProtection,
    /// The access link of each site.
    pub link: Option<Link>,
    /// Internet service provider; sites with the same name share ISP outages.
    pub isp: Option<String>,
    /// Who runs the sites; entries may share one.
    pub operator: Option<String>,
    /// Prices of electricity; `None`: it is free.
    pub tariff: Option<Tariff>,
    /// Other costs of each site.
    pub costs: SiteCosts,
    /// Traffic of others behind the access link of each site.
    pub uploads: Option<Uploads>,
    /// Repair crews; `None` takes the region's.
    pub crews: Option<u32>,
    /// Hosts that join and leave, of node types that do not say.
    pub churn: Option<Churn>,
    /// Hosts that are switched on and off, of node types that do not say.
    pub presence: Option<Presence>,
    /// Racks of each site.
    pub racks: Vec<Rack>,
}

/// Racks of one kind.
#[derive(Clone, Debug)]
pub struct Rack {
    /// How many at each site.
    pub count: u32,
    /// Cooling of each.
    pub cooling: Option<Cooling>,
    /// Nodes in each, by type name.
    pub nodes: Named<u32>,
}
