//! What the fleet is to do, and how well.

use super::*;
use crate::kernel::{Dist, SimDuration, SimTime};
use crate::quantity::*;
use std::sync::Arc;

/// What the fleet is to do.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Short requests.
    Requests(Requests),
    /// Data that is kept.
    Objects(Objects),
    /// Long computations.
    Jobs(Jobs),
}

/// Objects that are stored, read and written.
#[derive(Clone, Debug)]
pub struct Objects {
    /// How many there are at the start.
    pub count: u32,
    /// Size of each.
    pub size: Bytes,
    /// When one is read, drawn uniformly; `None` = never.
    pub reads: Option<Arrivals>,
    /// When a new one is written; `None` = never.
    pub writes: Option<Arrivals>,
}

/// Long computations.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// When they arrive.
    pub arrivals: Arrivals,
    /// Work of each, in seconds at speed 1; drawn once per job.
    pub demand: Dist,
    /// Size of a checkpoint.
    pub state: Bytes,
    /// A job not done this long after its arrival has failed; `None` = never.
    pub deadline: Option<SimDuration>,
    /// Whether wrong results are alike.
    pub wrong_results: WrongResults,
}

/// Whether wrong results of a job are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrongResults {
    /// No two are.
    #[default]
    Independent,
    /// All are.
    Colluding,
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
    /// What requests ask for; `None` = each for something of its own.
    pub keys: Option<Keys>,
}

/// What requests ask for, where it matters that they share it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keys {
    /// How many different keys there are.
    pub count: u32,
    /// The k-th is asked for in proportion to k^−skew.
    pub skew: f64,
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
