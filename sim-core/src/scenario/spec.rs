//! The typed scenario: what a file says once it has been read, checked and completed with defaults.
//!
//! Everything is in SI units. What is `None` does not exist in the simulated world.

use crate::kernel::{Dist, SimDuration, SimTime};
use crate::quantity::*;
use indexmap::IndexMap;
use std::sync::Arc;

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
    /// Runs per policy and variation.
    pub replications: u32,
    /// Regions by name.
    pub regions: Named<Region>,
    /// Latency between regions.
    pub backbone: Backbone,
    /// Node types by name.
    pub nodes: Named<NodeType>,
    /// Groups of like sites.
    pub fleet: Vec<FleetEntry>,
    /// Workloads by name.
    pub workloads: Named<Workload>,
    /// Policies under test by name.
    pub policies: Named<Policy>,
    /// Service level objectives by workload name.
    pub slo: Named<Slo>,
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
}

/// Outdoor temperature of a region, and its storms.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The base temperature.
    pub base: WeatherBase,
    /// Heat waves on top.
    pub heat_waves: Option<HeatWaves>,
    /// Two-state storms, starting calm.
    pub storms: Option<Storms>,
}

/// The course of the outdoor temperature without heat waves.
#[derive(Clone, Debug)]
pub enum WeatherBase {
    /// Always the same.
    Constant(Celsius),
    /// `mean + swing · cos(2π (clock − hottest) / 24 h)`.
    Daily {
        /// Mean over the day.
        mean: Celsius,
        /// Amplitude: half the range between the hottest and the coldest hour.
        swing: Kelvin,
        /// Time of day of the maximum, since midnight.
        hottest: SimDuration,
    },
    /// Equidistant readings, linear in between, periodic after the last.
    Series {
        /// Time between two readings.
        step: SimDuration,
        /// Readings in degrees Celsius; the first is that of t = 0.
        celsius: Arc<[f64]>,
    },
}

/// Heat waves: alternating calm and heat, starting calm.
#[derive(Clone, Debug)]
pub struct HeatWaves {
    /// From the end of one to the beginning of the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
    /// Added to the temperature meanwhile (with ramps of six hours up and down inside the wave).
    pub rise: Kelvin,
}

/// Storms: a two-state weather shared by the region, starting calm.
#[derive(Clone, Debug)]
pub struct Storms {
    /// From the end of one to the beginning of the next.
    pub every: Dist,
    /// Duration.
    pub lasts: Dist,
}

/// Mains supply.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Independent causes of outages; they may overlap.
    pub outages: Vec<Outages>,
    /// Sites per feeder, numbered through within a fleet entry.
    pub feeder_size: u32,
}

/// An alternating renewal process of outages.
#[derive(Clone, Debug)]
pub struct Outages {
    /// Time from restoration to the next outage.
    pub up: Dist,
    /// Duration.
    pub down: Dist,
    /// Who goes down together.
    pub shared_by: PowerDomain,
    /// Time to the next outage in a storm.
    pub up_in_storm: Option<Dist>,
}

/// Who shares a grid outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerDomain {
    /// One site alone.
    Site,
    /// The sites of a feeder.
    Feeder,
    /// All sites of the region (that have the same grid).
    Region,
}

/// A kind of node.
#[derive(Clone, Debug)]
pub struct NodeType {
    /// Parallel servers.
    pub slots: u32,
    /// Waiting places beyond the slots; `None` = unbounded.
    pub queue: Option<u32>,
    /// How work shares the slots.
    pub discipline: Discipline,
    /// Seconds of demand served per second and slot.
    pub speed: f64,
    /// Multiplies the demand of each attempt.
    pub slowdown: Option<Dist>,
    /// From power to ready.
    pub boot: Option<Dist>,
    /// Draw while booting, as a multiple of peak.
    pub boot_power: f64,
    /// What happens to attempts on a node that goes down.
    pub on_down: OnDown,
    /// Failures of its own.
    pub faults: Option<Renewal>,
    /// Goes to sleep when idle.
    pub sleep: Option<Sleep>,
    /// Draw with no slot busy.
    pub idle: Watts,
    /// Draw with all slots busy.
    pub peak: Watts,
    /// Heat.
    pub thermal: Option<Thermal>,
}

/// How work shares the slots of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served, one attempt per slot.
    Fifo,
    /// Egalitarian processor sharing of the slots.
    Ps,
}

/// What happens to running and waiting attempts when their node goes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDown {
    /// They are lost and the sender learns nothing.
    Lose,
    /// They freeze and resume.
    Hold,
}

/// An alternating renewal process.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// Time up.
    pub up: Dist,
    /// Time down.
    pub down: Dist,
}

/// Sleep of an idle node; a sleeping node accepts work and wakes for it.
#[derive(Clone, Debug)]
pub struct Sleep {
    /// Idle time before it sleeps.
    pub after: SimDuration,
    /// Time from the first arrival to ready.
    pub wake: Dist,
    /// Draw asleep.
    pub power: Watts,
}

/// Lumped thermal model of a node: `dT/dt = (T_air + R·P − T)/τ`.
#[derive(Clone, Debug)]
pub struct Thermal {
    /// R.
    pub resistance: KelvinPerWatt,
    /// τ = R·C.
    pub time_constant: SimDuration,
    /// Slow down when hot.
    pub throttle: Option<Throttle>,
    /// Switch off when too hot.
    pub shutdown: Option<Shutdown>,
}

/// Thermal throttling with hysteresis.
#[derive(Clone, Debug)]
pub struct Throttle {
    /// Begins at this temperature.
    pub at: Celsius,
    /// Ends at this temperature.
    pub resume: Celsius,
    /// Speed meanwhile, as a share of full speed.
    pub speed: f64,
    /// Draw meanwhile.
    pub power: ThrottlePower,
}

/// The draw of a throttled node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThrottlePower {
    /// What it would draw, times this factor.
    Factor(f64),
    /// What it would draw, but not more than this.
    Cap(Watts),
}

/// Thermal shutdown.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// Switches off at this temperature.
    pub at: Celsius,
    /// Switches on again (and boots) at this temperature.
    pub resume: Celsius,
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
    /// The access link of each site.
    pub link: Option<Link>,
    /// Internet service provider; sites with the same name share ISP outages.
    pub isp: Option<String>,
    /// Racks of each site.
    pub racks: Vec<Rack>,
}

/// A building: how the room follows the weather.
#[derive(Clone, Debug, PartialEq)]
pub struct Building {
    /// Time constant with which room air follows outdoor temperature plus gain.
    pub time_constant: SimDuration,
    /// Constant rise over outdoors (solar gain, appliances).
    pub gain: Kelvin,
    /// Air conditioning holds the room at or below this.
    pub setpoint: Option<Celsius>,
    /// Heating holds the room at or above this.
    pub heating: Option<Celsius>,
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

/// Cooling of a rack.
#[derive(Clone, Debug)]
pub struct Cooling {
    /// Multiplies the thermal resistance of each node (a fan lowers it).
    pub resistance_factor: f64,
    /// Rise of the air in the rack over the room.
    pub rise: Kelvin,
    /// Draw of the cooling itself, per rack, while the site has power.
    pub power: Watts,
}

/// A site's breaker: thermal replica `dθ/dt = (i² − θ)/τ` with `i = I / rating`, trips at `θ ≥ k²` or at once at `i ≥ magnetic`.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Rated current.
    pub rating: Amperes,
    /// Supply voltage.
    pub voltage: Volts,
    /// τ.
    pub time_constant: SimDuration,
    /// k.
    pub trip_ratio: f64,
    /// Multiple of the rated current that trips at once.
    pub magnetic: Option<f64>,
    /// Time until a human recloses it; `None` = never.
    pub reclose: Option<Dist>,
}

/// A site's uninterruptible power supply.
#[derive(Clone, Debug)]
pub struct Ups {
    /// Usable energy of the full battery.
    pub energy: Joules,
    /// Greatest load it can carry; `None` = any.
    pub power: Option<Watts>,
    /// Charging power into the battery; `None` = full again at once.
    pub recharge: Option<Watts>,
    /// Load over draw from the battery.
    pub efficiency: f64,
    /// Probability that the battery fails when called.
    pub hidden_failure: f64,
}

/// An access link.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// One-way latency of each message.
    pub latency: Option<Dist>,
    /// Loss of messages.
    pub loss: Option<Loss>,
    /// Rate from the site.
    pub up: Option<BytesPerSecond>,
    /// Rate to the site.
    pub down: Option<BytesPerSecond>,
    /// Outages.
    pub outages: Option<LinkOutages>,
}

/// Loss of messages on a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Each message independently with this probability.
    Bernoulli(f64),
    /// Continuous-time Gilbert–Elliott: good and bad states with exponential sojourns, stationary at the start.
    GilbertElliott {
        /// Rate from good to bad.
        to_bad: PerSecond,
        /// Rate from bad to good.
        to_good: PerSecond,
        /// Loss probability in the good state.
        loss_good: f64,
        /// Loss probability in the bad state.
        loss_bad: f64,
    },
}

/// Outages of links.
#[derive(Clone, Debug)]
pub struct LinkOutages {
    /// Time up.
    pub up: Dist,
    /// Time down.
    pub down: Dist,
    /// Whether all sites of the ISP (in the region) go down together.
    pub shared_by_isp: bool,
}

/// One-way latency between the gateways of regions.
#[derive(Clone, Debug, Default)]
pub struct Backbone {
    /// Region, region, latency; symmetric; what is not listed is zero.
    pub between: Vec<(String, String, SimDuration)>,
}

/// What the fleet is to do.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Short requests.
    Requests(Requests),
}

/// A stream of requests.
#[derive(Clone, Debug)]
pub struct Requests {
    /// When they arrive.
    pub arrivals: Arrivals,
    /// Work of each, in seconds at speed 1; drawn once per request.
    pub demand: Option<Dist>,
    /// Size of the request message.
    pub request: Bytes,
    /// Size of the reply message.
    pub reply: Bytes,
    /// A reply later than this after arrival is late.
    pub deadline: Option<SimDuration>,
    /// Share of requests that enter at each region's gateway; empty = in proportion to nodes.
    pub from: Named<f64>,
}

/// When requests arrive.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// Poisson with rate `rate · (1 + daily_swing · cos(2π (clock − busiest) / 24 h))`.
    Poisson {
        /// Mean rate.
        rate: PerSecond,
        /// Relative amplitude over the day, 0 to 1.
        daily_swing: f64,
        /// Time of day of the maximum, since midnight.
        busiest: SimDuration,
    },
    /// Renewal process with these gaps.
    Every(Dist),
    /// At these times, ascending.
    Trace(Arc<[SimTime]>),
}

/// A policy under test: how health is judged, where requests go, how they are protected.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Health checks.
    pub health: Health,
    /// Choice of node.
    pub routing: Routing,
    /// Redundancy of requests.
    pub requests: RequestPolicy,
}

/// How the health of nodes is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Health {
    /// Knows the truth at once.
    #[default]
    Oracle,
    /// Suspects nobody.
    None,
    /// Nodes send beats; suspect when none has arrived for `timeout`.
    HeartbeatTimeout {
        /// Time between beats.
        period: SimDuration,
        /// Since the last arrival.
        timeout: SimDuration,
    },
    /// NFD-S (Chen, Toueg, Aguilera): beat i is due by i·period + freshness.
    HeartbeatFreshness {
        /// Time between beats.
        period: SimDuration,
        /// δ.
        freshness: SimDuration,
    },
    /// The gateway probes; suspect after `misses` in a row.
    Probe {
        /// Time between probes.
        period: SimDuration,
        /// Consecutive misses that make a suspect.
        misses: u32,
        /// A reply later than this is a miss.
        timeout: SimDuration,
    },
}

/// How a node is chosen among those not suspected.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Routing {
    /// Uniformly at random.
    #[default]
    Random,
    /// In turn.
    RoundRobin,
    /// Shortest of `choices` queues sampled without replacement.
    PowerOfChoices {
        /// How many are sampled.
        choices: u32,
    },
    /// The shortest queue of all.
    LeastLoaded,
}

/// How requests are protected.
#[derive(Clone, Debug)]
pub struct RequestPolicy {
    /// Tries for each copy.
    pub attempts: u32,
    /// An attempt without reply for this long has failed.
    pub timeout: Option<SimDuration>,
    /// Wait before the next try.
    pub backoff: Option<Backoff>,
    /// Copies sent at once to distinct nodes.
    pub copies: u32,
    /// Replies needed.
    pub quorum: u32,
    /// Whether attempts that are no longer needed are cancelled at once.
    pub cancel: bool,
    /// Extra copies for slow requests.
    pub hedge: Option<Hedge>,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self { attempts: 1, timeout: None, backoff: None, copies: 1, quorum: 1, cancel: true, hedge: None }
    }
}

/// Wait before a retry.
#[derive(Clone, Debug, PartialEq)]
pub enum Backoff {
    /// Drawn for each.
    Dist(Dist),
    /// `min(base · factor^(n−1), max) · U(1 − jitter, 1 + jitter)` before the n-th retry.
    Exponential {
        /// Before the first retry.
        base: SimDuration,
        /// Growth.
        factor: f64,
        /// Upper bound.
        max: SimDuration,
        /// Relative half-width of the uniform jitter.
        jitter: f64,
    },
}

/// Extra copies for slow requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// When to send.
    pub after: HedgeAfter,
    /// How many at most.
    pub max: u32,
}

/// When to hedge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HedgeAfter {
    /// This long after the first attempt was sent.
    Fixed(SimDuration),
    /// When the reply is later than this share (0.95 for "p95") of first attempts so far.
    Percentile(f64),
}

/// Service level objective of a workload.
#[derive(Clone, Debug, Default)]
pub struct Slo {
    /// Least success ratio.
    pub success: Option<f64>,
    /// Greatest latency at quantiles.
    pub latency: Vec<(f64, SimDuration)>,
    /// Length of the windows of `requests.windows_met`.
    pub window: Option<SimDuration>,
}
