//! Faults on purpose: what is done to whom, when.

use crate::kernel::{Dist, SimDuration};
use crate::quantity::Kelvin;

/// Something that is done to the world at a known time.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Name, in metrics and pictures.
    pub name: String,
    /// When it begins, from t = 0.
    pub at: SimDuration,
    /// How long it holds; `None` = until the end of the run.
    pub lasts: Option<SimDuration>,
    /// What is done.
    pub action: FaultAction,
    /// Whom it befalls.
    pub target: Target,
    /// The share of the targets that it befalls, drawn at random.
    pub share: f64,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub enum FaultAction {
    /// Nodes go down, without regard to power; of gateways and backbone links: nothing passes.
    Kill,
    /// Sites lose their mains.
    GridOutage,
    /// Messages take longer, by a draw for each.
    Latency {
        /// What is added to each message.
        add: Dist,
    },
    /// Messages are lost, on top of what their links lose.
    Loss {
        /// Probability for each message.
        p: f64,
    },
    /// Sites cannot be reached; of gateways and backbone links: nothing passes.
    Partition,
    /// Nodes serve slower and still answer health checks.
    Slow {
        /// By which factor; work takes this many times as long.
        factor: f64,
    },
    /// Nodes are throttled as if too hot.
    Throttle,
    /// The air of sites is hotter.
    Heat {
        /// By how much.
        rise: Kelvin,
    },
    /// All machines that cool sites stand still.
    CoolingFailure,
    /// The voltage at sites is lower.
    Sag {
        /// By which share.
        depth: f64,
    },
    /// A surge reaches sites; it is over at once.
    Surge,
}

impl FaultAction {
    /// The field of a scenario file that names it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::GridOutage => "grid_outage",
            Self::Latency { .. } => "latency",
            Self::Loss { .. } => "loss",
            Self::Partition => "partition",
            Self::Slow { .. } => "slow",
            Self::Throttle => "throttle",
            Self::Heat { .. } => "heat",
            Self::CoolingFailure => "cooling_failure",
            Self::Sag { .. } => "sag",
            Self::Surge => "surge",
        }
    }

    /// Whether it acts on sites as wholes, not on single nodes.
    pub const fn needs_sites(&self) -> bool {
        matches!(
            self,
            Self::GridOutage
                | Self::Partition
                | Self::Heat { .. }
                | Self::CoolingFailure
                | Self::Sag { .. }
                | Self::Surge
        )
    }

    /// Whether it is over at once; only what it leaves behind lasts.
    pub const fn is_instant(&self) -> bool {
        matches!(self, Self::Surge)
    }

    /// Whether it acts on the air of sites.
    pub const fn acts_on_air(&self) -> bool {
        matches!(self, Self::Heat { .. } | Self::CoolingFailure)
    }

    /// Whether it can act on the way of messages: on a gateway, or on a link of the backbone.
    pub const fn acts_on_ways(&self) -> bool {
        matches!(self, Self::Kill | Self::Partition | Self::Latency { .. } | Self::Loss { .. })
    }
}

/// One of several like things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By name, or by path as in "garage/3".
    Name(String),
    /// By number, from 0, in the order of the file.
    Index(u32),
}

/// Whom a fault befalls: what all the fields that are set agree on. At least one is set.
///
/// A number counts within the narrowest thing that is named beside it: `site` within `fleet`, or else over the whole
/// fleet; `node` within `rack`, `site` or `fleet`. A path says the same in one text: "garage/3" is site (or feeder) 3 of
/// fleet entry `garage`, "garage/3/1" its node (or rack) 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Everything.
    pub all: bool,
    /// A fleet entry.
    pub fleet: Option<Which>,
    /// A region.
    pub region: Option<Which>,
    /// An internet service provider, in all regions.
    pub isp: Option<String>,
    /// An operator.
    pub operator: Option<String>,
    /// A feeder: `feeder_size` sites of a fleet entry.
    pub feeder: Option<Which>,
    /// A site.
    pub site: Option<Which>,
    /// What hangs on the breaker of a site.
    pub circuit: Option<Which>,
    /// A rack.
    pub rack: Option<Which>,
    /// A node.
    pub node: Option<Which>,
    /// A batch of manufacture: "TYPE/NUMBER", or its number over all types that have batches.
    pub batch: Option<Which>,
    /// The gateway of a region; stands alone.
    pub gateway: Option<Which>,
    /// The way between two regions, or a link of the backbone's graph; stands alone.
    pub backbone: Option<[Which; 2]>,
}
