//! How a policy keeps objects.

use super::object_access::{
    ObjectAuditsKind, ObjectEvacuationKind, ObjectReadsKind, ObjectUploadKind, check_access,
};
use crate::kernel::SimDuration;
use crate::quantity::BytesPerSecond;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Durations;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Duration, Positive, Quantity};
use crate::scenario::section::{Catalogued, Reference};
use crate::scenario::spec::{
    Code, ObjectAudits, ObjectEvacuation, ObjectPlacement, ObjectPolicy, ObjectReads, ObjectRepair,
    ObjectUpload, PlacementWeight, RepairPriority, RepairTransfers, RepairUnit, Spread,
};
use crate::scenario::tree::Node;
use serde_json::{Value as Json, json};

/// Shards of an object at most: Reed–Solomon codes over bytes have no more.
const SHARDS_MAX: u32 = 255;

/// The policy as written: a code, or copies, or neither.
pub(in crate::scenario) struct AsWritten {
    code: Option<Code>,
    copies: Option<u32>,
    placement: ObjectPlacement,
    repair: Option<ObjectRepair>,
    reads: ObjectReads,
    upload: ObjectUpload,
    audits: Option<ObjectAudits>,
    scrub: Option<SimDuration>,
    evacuate: Option<ObjectEvacuation>,
}

object! {
    /// How objects are kept; give at most one of `code` and `copies`. Left out: one copy, and no repair.
    ObjectPolicyFields: AsWritten = AsWritten {
        /// An erasure code: any `data` of the `total` shards give the object back, each of the object's size over `data`.
        optional "code" => code: CodeKind,
        /// Whole copies.
        optional "copies" => copies: Count<1, SHARDS_MAX>,
        /// Where shards go.
        default "placement" => placement: PlacementKind = "{}",
        /// How shards that are gone are made anew. Left out: not at all.
        optional "repair" => repair: RepairKind,
        /// How objects are read.
        default "reads" => reads: ObjectReadsKind = "{}",
        /// How objects are written.
        default "upload" => upload: ObjectUploadKind = "{}",
        /// Challenges to nodes to show that they hold what they should. Left out: none.
        optional "audits" => audits: ObjectAuditsKind,
        /// How often each honest node looks through what it keeps, and says what has rotted. Left out: never.
        optional "scrub" => scrub: Duration<Positive>,
        /// How shards leave a node that has given notice of leaving. Left out: they do not.
        optional "evacuate" => evacuate: ObjectEvacuationKind,
    }
}

object! {
    /// k of n: any `data` of `total` shards give the object back.
    CodeKind: Code = Code {
        /// k.
        required "data" => data: Count<1, SHARDS_MAX>,
        /// n.
        required "total" => total: Count<1, SHARDS_MAX>,
    }
    check check_code
}

fn check_code(code: &Code, node: &Node, reader: &mut Reader<'_>) {
    if code.data > code.total {
        let message = format!("{} of {} shards cannot be had", code.data, code.total);
        reader.fault_in(node, "data", message, format!("a whole number from 1 to {}", code.total));
    }
}

/// [`ObjectPolicyFields`] as a policy.
pub(in crate::scenario) struct ObjectPolicyKind;

impl Kind for ObjectPolicyKind {
    type Out = ObjectPolicy;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(ObjectPolicy, Json)> {
        let (it, json) = ObjectPolicyFields::read(node, reader)?;
        let code = match (it.code, it.copies) {
            (Some(_), Some(_)) => {
                let message = "objects are kept either by `code` or by `copies`";
                reader.fault(node.span, message, "leave one of them out; r copies are 1 of r");
                return None;
            }
            (Some(code), None) => code,
            (None, copies) => Code { data: 1, total: copies.unwrap_or(1) },
        };
        // Of a code that is no code nothing more can be said.
        if code.data <= code.total {
            if let Some(repair) = &it.repair {
                check_repair(repair, code, node, reader);
            }
            check_access(&it.reads, &it.upload, code, node, reader);
        }
        let AsWritten { placement, repair, reads, upload, audits, scrub, evacuate, .. } = it;
        Some((ObjectPolicy { code, placement, repair, reads, upload, audits, scrub, evacuate }, json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ObjectPolicyFields::schema(definitions)
    }
}

impl Catalogued for ObjectPolicyKind {
    const CATALOG: Option<&'static str> = Some("objects");
}

/// [`ObjectPolicyKind`] in full, by name, or `from` a name; other policies are not reached by their names.
pub(in crate::scenario) struct NamedObjectPolicy;

impl Kind for NamedObjectPolicy {
    type Out = ObjectPolicy;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(ObjectPolicy, Json)> {
        let siblings = std::mem::take(&mut reader.siblings);
        let result = Reference::<ObjectPolicyKind>::read(node, reader);
        reader.siblings = siblings;
        result
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Reference::<ObjectPolicyKind>::schema(definitions)
    }
}

/// What a repair asks of its code.
fn check_repair(repair: &ObjectRepair, code: Code, node: &Node, reader: &mut Reader<'_>) {
    let Code { data, total } = code;
    let node = node.get("repair").unwrap_or(node);
    let to = repair.to.unwrap_or(total);
    if to > total || to <= data.min(total - 1) {
        let message = format!("a repair of {data} of {total} shards cannot go on until {to} are there");
        let help = format!("a whole number from {} to {total}; left out: {total}", data + 1);
        reader.fault_in(node, "to", message, help);
    }
    if let Some(below) = repair.below {
        if below <= data && total > data {
            let message = format!(
                "with fewer than {below} of {total} shards, {data} of which are needed, nothing is left to repair from"
            );
            let help = format!("a whole number from {} to {total}", data + 1);
            reader.fault_in(node, "below", message, help);
        } else if below > to {
            let message = format!("repair would start below {below} shards, but stop at {to}");
            reader.fault_in(node, "below", message, format!("a whole number up to {to}"));
        }
    }
    if repair.budget.is_some() && repair.check.is_none() {
        let message = "`budget` bounds the repairs of a check, but there is no `check`";
        reader.fault_in(node, "budget", message, "add `check`, or bound repairs by `concurrent` or `rate`");
    }
}

object! {
    /// Where the shards of an object go: to different nodes, at random. Full nodes, and nodes that are suspected or down, are no candidates.
    PlacementKind: ObjectPlacement = ObjectPlacement {
        /// At most n over the number of these failure domains, rounded up, of the shards of an object in one of them. Where that leaves too few nodes, the bound gives way one by one.
        default "spread" => spread: SpreadKind = "\"node\"",
        /// How likely each node is to be chosen.
        default "weight" => weight: WeightKind = "\"capacity\"",
        /// Of this many candidates, the one that has been there longest is taken.
        default "oldest_of" => oldest_of: Count<1, 16> = "1",
        /// Scatter width of copysets (Cidon et al., 2013): with how many others the shards of a node may share objects. Left out: with all.
        optional "copysets" => copysets: Count<1>,
        /// An expression over what is observed of a node, such as "reliability - price/10". Of `choices` candidates, drawn as `weight` says and
        /// within the bound of `spread`, the one of the greatest value is taken, the first one of equals. Left out: the first.
        optional "score" => score: super::routing::ScoreKind,
        /// How many candidates a score compares. Left out: 2.
        optional "choices" => choices: Count<1, 64>,
    }
    check check_placement
}

fn check_placement(it: &ObjectPlacement, node: &Node, reader: &mut Reader<'_>) {
    if it.score.is_none() {
        if it.choices.is_some() {
            let message = "`choices` are compared by a `score`, but there is none";
            reader.fault_in(node, "choices", message, "add `score`, or leave `choices` out");
        }
        return;
    }
    if it.oldest_of > 1 {
        let message = "candidates are compared either by `score` or by age";
        reader.fault_in(node, "oldest_of", message, "leave it out; a score may contain `age_h`");
    }
    if it.copysets.is_some() {
        let message = "with copysets the set of an object says where it goes, not a `score`";
        reader.fault_in(node, "score", message, "one of the two");
    }
}

choice! {
    /// Failure domains.
    SpreadKind: Spread {
        words {
            /// Nodes.
            "node" => Spread::Node,
            /// Racks.
            "rack" => Spread::Rack,
            /// Sites.
            "site" => Spread::Site,
            /// Feeders.
            "feeder" => Spread::Feeder,
            /// Internet service providers, by name; sites of a region without one count as one.
            "isp" => Spread::Isp,
            /// Operators, by name; sites without one count as one.
            "operator" => Spread::Operator,
            /// Regions.
            "region" => Spread::Region,
            /// Batches of manufacture; nodes of a type without batches stand alone.
            "batch" => Spread::Batch,
        }
    }
}

choice! {
    /// How likely each node is to be chosen.
    WeightKind: PlacementWeight {
        words {
            /// In proportion to `storage`; nodes without count as the largest.
            "capacity" => PlacementWeight::Capacity,
            /// All alike.
            "uniform" => PlacementWeight::Uniform,
        }
    }
}

object! {
    /// How shards that are gone are made anew. A shard is healthy as long as it is believed to be on a live node; shards of a node that returns count again unless they have been replaced.
    RepairFields: ObjectRepair = ObjectRepair {
        /// Repair of an object starts when fewer shards than this are healthy. Left out: as soon as one is not.
        optional "below" => below: Count<1, SHARDS_MAX>,
        /// Once started, it goes on until this many shards are healthy. Left out: all.
        optional "to" => to: Count<1, SHARDS_MAX>,
        /// Grace: how long a node may be suspected, or known to be down, before its shards are written off; drawn for each time. Left out: none.
        optional "after" => after: Durations,
        /// Objects are looked at only at multiples of this. Left out: at once.
        optional "check" => check: Duration<Positive>,
        /// Objects whose repair is started at each check at most, the most endangered first. Left out: no bound.
        optional "budget" => budget: Count<1>,
        /// Time that a repair takes. Left out: that of moving k shards to a gateway and the missing ones from there to nodes.
        optional "time" => time: Durations,
        /// What one repair restores: one missing shard, or all that its object misses by then. Either way k shards are fetched. Left out: a shard if there is
        /// `time`, as in the models of the literature, else all of the object, as real networks do.
        optional "per" => per: UnitKind,
        /// Shards of an object that are repaired at once.
        default "parallel" => parallel: ParallelKind = "1",
        /// How shards that are moved share links.
        default "transfers" => transfers: TransfersKind = "\"queued\"",
        /// Repairs that run at once in all. Left out: no bound.
        optional "concurrent" => concurrent: Count<1>,
        /// Bytes moved for repairs per second in all. Left out: no bound.
        optional "rate" => rate: Quantity<BytesPerSecond, Positive>,
        /// Which repair comes first where not all can run at once.
        default "priority" => priority: PriorityKind = "\"margin\"",
    }
}

/// [`RepairFields`].
pub(in crate::scenario) type RepairKind = RepairFields;

choice! {
    /// What one repair restores.
    UnitKind: RepairUnit {
        words {
            /// One shard.
            "shard" => RepairUnit::Shard,
            /// All that is missing when it ends.
            "object" => RepairUnit::Object,
        }
    }
}

choice! {
    /// How shards that are moved for repairs share links.
    TransfersKind: RepairTransfers {
        words {
            /// Every shard is a flow that shares links max-min fairly with all other traffic. Exact, but a repair costs two events for each shard.
            "fair" => RepairTransfers::Fair,
            /// Each direction of a link and of a gateway serves the shards of repairs one after another at its full rate; other traffic does not notice. Two events for a repair.
            "queued" => RepairTransfers::Queued,
        }
    }
}

choice! {
    /// Which repair comes first.
    PriorityKind: RepairPriority {
        words {
            /// That of the object with the fewest healthy shards.
            "margin" => RepairPriority::Margin,
            /// The one that was asked for first.
            "arrival" => RepairPriority::Arrival,
        }
    }
}

/// A number of shards, or "unlimited".
pub(in crate::scenario) struct ParallelKind;

impl Kind for ParallelKind {
    type Out = Option<u32>;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Option<u32>, Json)> {
        if node.text() == Some("unlimited") {
            return Some((None, "unlimited".into()));
        }
        Count::<1, SHARDS_MAX>::read(node, reader).map(|(count, json)| (Some(count), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let all = json!({ "const": "unlimited", "description": "all that are missing" });
        json!({ "anyOf": [Count::<1, SHARDS_MAX>::schema(definitions), all] })
    }
}
