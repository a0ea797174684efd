//! Identifiers of the things that the world consists of.

use crate::typed_ids;

typed_ids! {
    /// A node, numbered through over the whole fleet: nodes of a site are contiguous.
    NodeId;
    /// A site, numbered through over the whole fleet in the order of the file.
    SiteId;
    /// A rack whose cooling has a state, numbered through over the whole fleet.
    RackId;
    /// A region, in the order of the file.
    RegionId;
    /// An attempt of a request on a node; reused after the attempt is over.
    AttemptId;
    /// A request in flight; reused after the request is over.
    RequestId;
}
