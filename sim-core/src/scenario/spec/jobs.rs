//! How jobs are protected.

use crate::kernel::SimDuration;
use crate::quantity::Celsius;

/// How long computations are protected.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPolicy {
    /// Checkpoints; `None` = none are taken.
    pub checkpoint: Option<Checkpoint>,
    /// Instances started at once on distinct nodes.
    pub copies: u32,
    /// Identical results needed.
    pub quorum: u32,
    /// What becomes of an instance whose node fails.
    pub on_failure: OnFailure,
    /// Whether instances that are no longer needed are cancelled at once.
    pub cancel: bool,
    /// When instances leave a node before it fails.
    pub drain: Option<Drain>,
    /// Extra instances for stragglers.
    pub speculate: Option<Speculate>,
    /// Adaptive replication: nodes that need no quorum.
    pub trust: Option<Trust>,
    /// An instance not back this long after it was sent is issued once more.
    pub reissue_after: Option<SimDuration>,
    /// Instances of a job at most.
    pub max_instances: u32,
    /// Slots of each node that jobs leave to requests.
    pub reserve: u32,
}

impl Default for JobPolicy {
    fn default() -> Self {
        Self {
            checkpoint: None,
            copies: 1,
            quorum: 1,
            on_failure: OnFailure::Reroute,
            cancel: true,
            drain: None,
            speculate: None,
            trust: None,
            reissue_after: None,
            max_instances: 1000,
            reserve: 0,
        }
    }
}

/// What becomes of an instance whose node fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// It moves to another node once its own is suspected.
    #[default]
    Reroute,
    /// It stays, and goes on when the node is back.
    Wait,
}

/// Checkpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Time of computing between two.
    pub every: CheckpointEvery,
    /// Time to take one; `None` = the state crosses the uplink, or no time where it is kept by the node.
    pub cost: Option<SimDuration>,
    /// Time to recover after a failure; `None` = the state crosses the downlink, or no time.
    pub restart: Option<SimDuration>,
    /// Where they are kept.
    pub keep: Keep,
    /// Mean time between failures that the formulas take; `None` = that of the node type and its mains.
    pub mtbf: Option<SimDuration>,
}

/// When checkpoints are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointEvery {
    /// At fixed intervals of computing.
    Fixed(SimDuration),
    /// By a formula from the known mean time between failures.
    By(IntervalFormula),
    /// By a formula from the mean time between the failures observed so far.
    Adaptive {
        /// Mean time between failures supposed at the beginning.
        prior: SimDuration,
        /// How many failures the supposition is worth.
        weight: f64,
        /// The formula.
        formula: IntervalFormula,
    },
}

/// Interval from cost and mean time between failures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IntervalFormula {
    /// Young 1974.
    #[default]
    Young,
    /// Daly 2006, higher order.
    Daly,
    /// The exact optimum for exponential failures.
    Optimal,
}

/// Where checkpoints are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// With the controller: they survive the node.
    #[default]
    Remote,
    /// On the node: of use there only, and gone with the unit.
    Local,
}

/// When instances leave a node before it fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drain {
    /// When the node is too hot; `None` = heat does not matter.
    pub at: Option<DrainAt>,
    /// Whether they leave when the site falls back on its battery.
    pub on_battery: bool,
    /// How often the controller looks.
    pub period: SimDuration,
    /// Below the limit by this much, a node takes jobs again.
    pub hysteresis: f64,
}

/// The heat at which instances leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DrainAt {
    /// This temperature is reached.
    Temperature(Celsius),
    /// The trend reaches the first limit of the node type before the instances could have left.
    Forecast,
}

/// Extra instances for stragglers, after LATE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speculate {
    /// Speculative instances at most, as a share of all slots.
    pub cap: f64,
    /// Only instances whose rate is below this quantile of all are slow.
    pub slow: f64,
    /// Nothing is judged before it has run this long.
    pub after: SimDuration,
    /// How often the controller looks.
    pub period: SimDuration,
}

/// Adaptive replication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// Consecutive valid results that make a node trusted.
    pub after: u32,
    /// Probability that a result of a trusted node is checked all the same; `None` = `after` over its valid results.
    pub spot_check: Option<f64>,
}
