//! How a policy reads, writes and checks objects.

use super::HedgeAfter;
use crate::kernel::{Dist, SimDuration};

/// Which nodes a read asks first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadChoice {
    /// Any.
    #[default]
    Random,
    /// Those in the regions that the backbone reaches soonest.
    Nearest,
}

/// More shards asked for by reads that take long.
#[derive(Clone, Copy, Debug)]
pub struct ReadHedge {
    /// When one more is asked for, and again that much later.
    pub after: HedgeAfter,
    /// How many at most.
    pub max: u32,
}

/// How objects are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObjectReads {
    /// Shards asked for beyond the k that are needed.
    pub extra: u32,
    /// Which nodes are asked first.
    pub choice: ReadChoice,
    /// More shards for slow reads; `None` = none.
    pub hedge: Option<ReadHedge>,
    /// A shard that has not come by then is asked for elsewhere; `None` = it is waited for.
    pub timeout: Option<SimDuration>,
}

/// How objects are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObjectUpload {
    /// Uploads that begin at once; `None` = as many as must succeed, and at least n.
    pub start: Option<u32>,
    /// Uploads after which the object is written, and the others are cancelled; `None` = n.
    pub success: Option<u32>,
    /// An upload that has not ended by then begins anew elsewhere; `None` = it is waited for.
    pub timeout: Option<SimDuration>,
}

impl ObjectUpload {
    /// Uploads after which an object of `total` shards is written.
    pub fn successes(&self, total: u32) -> u32 {
        self.success.unwrap_or(total)
    }

    /// Uploads that begin at once.
    pub fn starts(&self, total: u32) -> u32 {
        self.start.unwrap_or(total)
    }
}

/// What audits say of a node, as a mean that forgets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuditReputation {
    /// λ: what is left of the past at each audit.
    pub memory: f64,
    /// Good audits that a new node is credited with.
    pub prior: f64,
    /// A node whose share of good audits is less than this is disqualified.
    pub below: f64,
}

/// Challenges to nodes to show a shard.
#[derive(Clone, Debug)]
pub struct ObjectAudits {
    /// From one audit of a node to the next.
    pub every: Dist,
    /// After so many audits in a row without answer a node is written off; `None` = never.
    pub misses: Option<u32>,
    /// Who is disqualified; `None` = nobody.
    pub reputation: Option<AuditReputation>,
}

/// How objects leave a node that says that it will go.
#[derive(Clone, Copy, Debug)]
pub struct ObjectEvacuation {
    /// Shards of a node that move at once.
    pub parallel: u32,
}
