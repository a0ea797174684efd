//! How a node is chosen.

use crate::kernel::SimDuration;
use crate::policy::score::Score;
use crate::quantity::Celsius;
use std::sync::Arc;

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
        /// Queues are known only as they were when this period last began; `None` = as they are.
        stale: Option<SimDuration>,
    },
    /// The shortest queue of all.
    LeastLoaded {
        /// As for [`Self::PowerOfChoices`].
        stale: Option<SimDuration>,
    },
    /// A node known to have a free slot, the one that has had it longest; failing that, a random one.
    JoinIdleQueue,
    /// Least peak-EWMA latency times queue, of some sampled.
    LatencyAware {
        /// How many are sampled.
        choices: u32,
        /// Time constant of the average.
        decay: SimDuration,
    },
    /// The nearest region that has room.
    Locality(Preference),
    /// The coolest of some sampled.
    ThermalAware {
        /// Whom to compare, and until when.
        among: Preference,
        /// Nodes this hot, or throttled, are a last resort.
        avoid: Celsius,
    },
    /// The one with the cheapest electricity of some sampled.
    PriceAware(Preference),
    /// The fullest battery of some sampled.
    BatteryAware {
        /// Whom to compare, and until when.
        among: Preference,
        /// Nodes on a battery with a charge below this share are a last resort.
        reserve: f64,
    },
    /// The longest up without a suspicion of some sampled.
    AgeBiased(Preference),
    /// At random, weighted by the observed share of successes.
    Reliability {
        /// Power to which the share is raised.
        sharpness: f64,
        /// Successes and failures counted in advance.
        prior: [f64; 2],
        /// Observations fade with this time constant.
        memory: SimDuration,
    },
    /// By hash of the key of a request.
    ConsistentHashing {
        /// No node gets more than this multiple of the mean load; `None` = no bound.
        bound: Option<f64>,
        /// Points on the ring for each slot.
        points: u32,
    },
    /// The greatest value of an expression.
    Score {
        /// The expression.
        score: Arc<Score>,
        /// How many are sampled; `None` = all are compared.
        choices: Option<u32>,
    },
    /// The truth: where an attempt will be done first.
    Oracle,
}

/// A preference among nodes that have room.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preference {
    /// How many nodes are sampled.
    pub choices: u32,
    /// A node has room while its attempts are fewer than this multiple of its slots.
    pub spill: f64,
}

impl Routing {
    /// Whether it reads what nodes say of themselves.
    pub fn reads_telemetry(&self) -> bool {
        match self {
            Self::ThermalAware { .. } | Self::BatteryAware { .. } => true,
            Self::Score { score, .. } => score.reads_telemetry(),
            _ => false,
        }
    }

    /// Whether it reads the price of electricity.
    pub fn reads_prices(&self) -> bool {
        match self {
            Self::PriceAware(_) => true,
            Self::Score { score, .. } => score.reads_prices(),
            _ => false,
        }
    }
}
