//! How a policy reads, writes and checks objects.

use super::request_policy::HedgeAfterKind;
use crate::scenario::declare::{choice, object};
use crate::scenario::dist::Spans;
use crate::scenario::read::Reader;
use crate::scenario::scalar::{Count, Duration, NonNegative, Number, Positive, PositiveUnit};
use crate::scenario::spec::{
    AuditReputation, Code, ObjectAudits, ObjectEvacuation, ObjectReads, ObjectUpload, ReadChoice, ReadHedge,
};
use crate::scenario::tree::Node;

object! {
    /// How objects are read. A read asks nodes that are believed to hold a shard, and is done when k shards have come. A node that does not have its shard says so; one that is down is silent, and waited for until the health check suspects it or `timeout` is over. A read fails when too few nodes are left to ask. Messages of objects are never lost: the `loss` of links means nothing to reads and writes, but outages of links do.
    ObjectReadsKind: ObjectReads = ObjectReads {
        /// Shards asked for beyond the k that are needed; the slowest are cancelled.
        default "extra" => extra: Count<0, 254> = "0",
        /// Which nodes are asked first.
        default "choice" => choice: ReadChoiceKind = "\"random\"",
        /// More shards asked for by slow reads. Left out: none.
        optional "hedge" => hedge: ReadHedgeKind,
        /// A shard that has not come by then is asked for elsewhere. Left out: it is waited for.
        optional "timeout" => timeout: Duration<Positive>,
    }
}

choice! {
    /// Which nodes a read asks first.
    ReadChoiceKind: ReadChoice {
        words {
            /// Any, drawn anew for each read.
            "random" => ReadChoice::Random,
            /// Those in the regions that the backbone reaches soonest, any among equals.
            "nearest" => ReadChoice::Nearest,
        }
    }
}

object! {
    /// More shards asked for by slow reads, one at a time.
    ReadHedgeKind: ReadHedge = ReadHedge {
        /// When one more is asked for: this long after the read began, and again that much later; or a percentile of the latencies of reads so far.
        required "after" => after: HedgeAfterKind,
        /// How many at most.
        default "max" => max: Count<1, 254> = "1",
    }
}

object! {
    /// How objects are written: shards go to nodes from the gateway of a region.
    ObjectUploadKind: ObjectUpload = ObjectUpload {
        /// Uploads that begin at once, to different nodes. Left out: n.
        optional "start" => start: Count<1, 1000>,
        /// Uploads after which the object is written; the others, the long tail, are cancelled. Left out: n.
        optional "success" => success: Count<1, 255>,
        /// An upload that has not ended by then begins anew on another node. Left out: it is waited for.
        optional "timeout" => timeout: Duration<Positive>,
    }
}

object! {
    /// Challenges to nodes, trusted and not written off, to show a shard drawn among those they are believed to hold. What cannot be shown is known to be missing.
    ObjectAuditsKind: ObjectAudits = ObjectAudits {
        /// From one audit of a node to the next; the first comes after a uniform share of one.
        required "every" => every: Spans,
        /// After so many audits in a row without answer a node is written off, until it answers one. Left out: never.
        optional "misses" => misses: Count<1>,
        /// Who is disqualified: all on the node is repaired elsewhere. Left out: nobody.
        optional "reputation" => reputation: AuditReputationKind,
    }
}

object! {
    /// A share of good audits that forgets: with each audit α and β shrink by `memory`, and α grows by 1 if it was good, else β. Defaults are those of Storj.
    AuditReputationKind: AuditReputation = AuditReputation {
        /// What is left of the past at each audit.
        default "memory" => memory: Number<PositiveUnit> = "0.999",
        /// α of a new node; its β is 0.
        default "prior" => prior: Number<NonNegative> = "1000",
        /// A node with α / (α + β) less than this is disqualified.
        default "below" => below: Number<PositiveUnit> = "0.96",
    }
}

object! {
    /// How shards leave a node that has given notice of leaving: each is copied to another node, and then gone from this one.
    ObjectEvacuationKind: ObjectEvacuation = ObjectEvacuation {
        /// Shards of a node that move at once.
        default "parallel" => parallel: Count<1, 1000> = "4",
    }
}

/// What reads and uploads ask of their code.
pub(super) fn check_access(
    reads: &ObjectReads,
    upload: &ObjectUpload,
    code: Code,
    node: &Node,
    reader: &mut Reader<'_>,
) {
    let Code { data, total } = code;
    let at = node.get("reads").unwrap_or(node);
    if data + reads.extra > total {
        let message =
            format!("a read asks for {data} and {} more shards, but there are {total}", reads.extra);
        reader.fault_in(at, "extra", message, format!("a whole number up to {}", total - data));
    } else if reads.hedge.is_some() && data + reads.extra == total {
        let message = format!("a read asks for all {total} shards at once: none is left for a hedge");
        reader.fault_in(at, "hedge", message, "fewer `extra`, a code with more shards, or no hedge");
    }
    let at = node.get("upload").unwrap_or(node);
    let (success, start) = (upload.successes(total), upload.starts(total));
    if success < data || success > total {
        let message =
            format!("an object of {total} shards, {data} of which are needed, is not written with {success}");
        reader.fault_in(at, "success", message, format!("a whole number from {data} to {total}"));
    } else if start < success {
        let message = format!("of {start} uploads, {success} cannot succeed");
        reader.fault_in(at, "start", message, format!("a whole number of at least {success}"));
    }
}
