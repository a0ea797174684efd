//! Objects as a workload.

use super::workload::ArrivalsKind;
use crate::quantity::Bytes;
use crate::scenario::declare::object;
use crate::scenario::read::{Definitions, Kind, Reader};
use crate::scenario::scalar::{Count, Quantity};
use crate::scenario::spec::{Objects, Workload};
use crate::scenario::tree::Node;
use serde_json::Value as Json;

object! {
    /// Data that is kept.
    ObjectsFields: Objects = Objects {
        /// How many objects there are at the start.
        required "count" => count: Count<0>,
        /// Size of each.
        default "size" => size: Quantity<Bytes> = "\"0 B\"",
        /// When an object, drawn uniformly, is read. Left out: never.
        optional "reads" => reads: ArrivalsKind,
        /// When a new object is written. Left out: never.
        optional "writes" => writes: ArrivalsKind,
    }
}

/// [`ObjectsFields`] as a workload.
pub(in crate::scenario) struct ObjectsKind;

impl Kind for ObjectsKind {
    type Out = Workload;

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<(Workload, Json)> {
        ObjectsFields::read(node, reader).map(|(objects, json)| (Workload::Objects(objects), json))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        ObjectsFields::schema(definitions)
    }
}
