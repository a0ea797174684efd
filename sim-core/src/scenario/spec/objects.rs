//! How a policy keeps objects: code, placement, repair.

use super::{ObjectAudits, ObjectEvacuation, ObjectReads, ObjectUpload};
use crate::kernel::{Dist, SimDuration};
use crate::policy::score::Score;
use crate::quantity::BytesPerSecond;
use std::sync::Arc;

/// How a policy keeps objects.
#[derive(Clone, Debug, Default)]
pub struct ObjectPolicy {
    /// How an object is cut into shards.
    pub code: Code,
    /// Where its shards go.
    pub placement: ObjectPlacement,
    /// How shards that are gone are made anew; `None` = not at all.
    pub repair: Option<ObjectRepair>,
    /// How objects are read.
    pub reads: ObjectReads,
    /// How objects are written.
    pub upload: ObjectUpload,
    /// Challenges to nodes; `None` = none.
    pub audits: Option<ObjectAudits>,
    /// How often each node looks through what it keeps; `None` = never.
    pub scrub: Option<SimDuration>,
    /// How shards leave a node that has given notice; `None` = they do not.
    pub evacuate: Option<ObjectEvacuation>,
}

/// `total` shards of which any `data` give the object back; copies have `data` = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// k.
    pub data: u32,
    /// n.
    pub total: u32,
}

impl Default for Code {
    fn default() -> Self {
        Self { data: 1, total: 1 }
    }
}

/// The failure domains over which the shards of an object are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Nodes.
    #[default]
    Node,
    /// Racks.
    Rack,
    /// Sites.
    Site,
    /// Feeders.
    Feeder,
    /// Internet service providers, by name.
    Isp,
    /// Operators, by name.
    Operator,
    /// Regions.
    Region,
    /// Batches of manufacture.
    Batch,
}

/// How likely each node is to be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlacementWeight {
    /// In proportion to its storage; nodes without a limit count as the largest.
    #[default]
    Capacity,
    /// All alike.
    Uniform,
}

/// Where shards go.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPlacement {
    /// At most ⌈n / domains⌉ shards of an object in one domain of this kind.
    pub spread: Spread,
    /// How likely each node is to be chosen.
    pub weight: PlacementWeight,
    /// Of this many candidates, the one that has been there longest is taken.
    pub oldest_of: u32,
    /// Scatter width of copysets; `None` = shards go anywhere.
    pub copysets: Option<u32>,
    /// Of some candidates, the one of the greatest value of this is taken; `None` = the first.
    pub score: Option<Arc<Score>>,
    /// How many; `None` = two.
    pub choices: Option<u32>,
}

impl Default for ObjectPlacement {
    fn default() -> Self {
        Self {
            spread: Spread::default(),
            weight: PlacementWeight::default(),
            oldest_of: 1,
            copysets: None,
            score: None,
            choices: None,
        }
    }
}

/// What one repair restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairUnit {
    /// One shard.
    Shard,
    /// All that is missing when it ends.
    Object,
}

/// How shards that are moved for repairs share links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepairTransfers {
    /// Every shard is a flow that shares links fairly with everything else.
    Fair,
    /// Each direction of a link serves the shards of repairs one after another at its full rate.
    #[default]
    Queued,
}

/// Which repair comes first where not all can run at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepairPriority {
    /// That of the object with the fewest shards left.
    #[default]
    Margin,
    /// The one that was asked for first.
    Arrival,
}

/// How shards that are gone are made anew.
#[derive(Clone, Debug)]
pub struct ObjectRepair {
    /// Repair of an object starts when fewer shards than this are healthy; `None` = n.
    pub below: Option<u32>,
    /// It goes on until this many are; `None` = n.
    pub to: Option<u32>,
    /// How long a suspected node keeps its shards; `None` = not at all.
    pub after: Option<Dist>,
    /// Objects are looked at only at multiples of this; `None` = at once.
    pub check: Option<SimDuration>,
    /// Repairs started at each check at most.
    pub budget: Option<u32>,
    /// Time that a repair takes, instead of moving bytes.
    pub time: Option<Dist>,
    /// What one repair restores; `None` = a shard with `time`, else the object.
    pub per: Option<RepairUnit>,
    /// Shards of an object repaired at once; `None` = all.
    pub parallel: Option<u32>,
    /// How shards that are moved share links.
    pub transfers: RepairTransfers,
    /// Repairs that run at once in all.
    pub concurrent: Option<u32>,
    /// Bytes moved per second in all.
    pub rate: Option<BytesPerSecond>,
    /// Which repair comes first.
    pub priority: RepairPriority,
}

impl ObjectRepair {
    /// What one repair restores.
    pub fn unit(&self) -> RepairUnit {
        let usual = if self.time.is_some() { RepairUnit::Shard } else { RepairUnit::Object };
        self.per.unwrap_or(usual)
    }
}
